"""Results by content: what a step made, kept under the hash of everything that went into it.

doit keeps one state a task, by the times of files, and looks only whether a result is there. Here editions
stand beside each other, and a result that a hand changed is put right from its bytes.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from escalation.build.graph import digest

# enough for every scenario and a day of trying; a record is a few kB, its files are shared by content
KEPT = 200
PART = ".new-"  # how the names of files begin that are not whole yet


class Damaged(Exception):
    """Something stored is not what it was."""


class Store:
    """A folder of `records` (key to the hashes of what was made) and `objects` (the files, named by their
    hash)."""

    def __init__(self, folder: Path) -> None:
        self.records, self.objects = folder / "records", folder / "objects"

    def get(self, key: str) -> dict[str, Any] | None:
        """What is stored under a key; None if nothing is, or if a file of it is lost."""
        try:
            record: dict[str, Any] = json.loads((self.records / key).read_text("utf-8"))
            hashes = [*record["outputs"].values(), *record.get("others", {}).values()]
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None
        return record if all((self.objects / sha).is_file() for sha in hashes) else None

    def put(self, key: str, record: Mapping[str, Any], files: Mapping[str, Path]) -> None:
        """Store a record and the files it names (`files`: sha256 to where it lies)."""
        self.objects.mkdir(parents=True, exist_ok=True)
        self.records.mkdir(parents=True, exist_ok=True)
        for sha, path in files.items():
            if not (self.objects / sha).exists() or digest(self.objects / sha) != sha:
                with tempfile.NamedTemporaryFile(dir=self.objects, prefix=PART, delete=False) as part:
                    try:
                        with path.open("rb") as whole:
                            shutil.copyfileobj(whole, part)
                        part.close()
                        Path(part.name).replace(self.objects / sha)
                    except BaseException:
                        Path(part.name).unlink(missing_ok=True)
                        raise
        write(self.records / key, json.dumps(record, sort_keys=True))

    def fetch(self, sha: str, target: Path) -> bool:
        """Copy a stored file out. False, and the file forgotten, if it is no longer what its name says."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self.objects / sha, target)
        except FileNotFoundError:
            return False
        if digest(target) == sha:
            return True
        target.unlink()
        (self.objects / sha).unlink()
        return False

    def used(self, key: str) -> None:
        """Note that a record is still of use."""
        os.utime(self.records / key)

    def prune(self, *, age: float = 3600) -> None:
        """Forget the records that were not used for longest, files that none names and that are `age` seconds
        old."""
        if not self.records.is_dir():
            return
        # what another build is just writing is no record yet
        whole = [path for path in self.records.iterdir() if not path.name.startswith(PART)]
        records = sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)
        for path in records[KEPT:]:
            path.unlink()
        kept: set[str] = set()
        for path in records[:KEPT]:
            try:
                record = json.loads(path.read_text("utf-8"))
                kept |= {*record["outputs"].values(), *record.get("others", {}).values()}
            except (ValueError, KeyError, AttributeError):
                path.unlink()
        # a build into another folder may be about to name what it has just stored
        settled = time.time() - age
        for path in [*self.objects.glob("*"), *self.records.glob(f"{PART}*")]:
            if path.name not in kept and path.stat().st_mtime < settled:
                path.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; one that is there keeps its mode, and a link to one leads on."""
    path = path.resolve()
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=PART, delete=False, encoding="utf-8", newline="\n"
    ) as part:
        try:
            part.write(text)
            part.flush()
            os.fsync(part.fileno())
            part.close()
            if path.exists():
                shutil.copymode(path, part.name)
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
