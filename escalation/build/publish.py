"""Put a finished build in place of the last one: all of it, or nothing.

Work happens in a stage folder on the same disk. When all is made and checked, a journal says which files will be put where; then they
are renamed, one by one, so that no reader ever finds a file missing or half written. A build that is killed among the
renames is finished by the next command, which finds the journal; one that cannot finish (a folder became read-only) is taken back.
"""

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from escalation import sums
from escalation.build.graph import OUTPUTS, digest, made
from escalation.build.store import write
from escalation.errors import Refusal, place_of

WORK = ".build"
MANIFEST = "reports/manifest.json"
TRIED = 60  # seconds after which nobody is trying anything out any more


@contextmanager
def locked(base: Path, note: Callable[[str], None]) -> Iterator[bool]:
    """Hold the only right to build into `base`, waiting for it if need be; leave no litter of earlier, killed builds there.

    Gives whether anything may have changed meanwhile.
    """
    work = base / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
        filelock = _filelock(work)
        lock, waited = filelock.FileLock(work / "lock"), False
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            waited = True
            note("another build is running here; waiting for it")
            lock.acquire()
    except OSError as error:
        raise Refusal([f"{place_of(error, base)}: cannot be written to ({error.strerror or error})"]) from None
    try:
        recovered = recover(base)
        _remove_stages(base)
        yield waited or recovered
    finally:
        lock.release()


def _filelock(work: Path) -> Any:
    """The library for locks; slow to load, so only when there is something to do. It tries links out while it is imported, in
    the folder for temporary files, where a kill would leave them for good: in one of ours."""
    known, tempfile.tempdir = tempfile.tempdir, str(work)
    try:
        import filelock
    finally:
        tempfile.tempdir = known
    return filelock


def _remove_stages(base: Path) -> None:
    for stale in (base / WORK).glob("stage-*"):
        shutil.rmtree(stale, ignore_errors=True)
    for tried in (base / WORK).glob("tmp*"):  # by `_filelock`; a second one may just be at it
        with contextlib.suppress(OSError):
            if time.time() - tried.stat().st_mtime > TRIED:
                shutil.rmtree(tried, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove what killed builds left, if there is any and no build is running."""
    if any((base / WORK).glob("stage-*")):
        filelock = _filelock(base / WORK)
        with contextlib.suppress(filelock.Timeout, OSError), filelock.FileLock(base / WORK / "lock", timeout=0):
            _remove_stages(base)


@contextmanager
def stage(base: Path) -> Iterator[Path]:
    """A folder to work in, on the disk of `base`; gone afterwards."""
    (base / WORK).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="stage-", dir=base / WORK))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_published(base: Path, outputs: Mapping[str, str]) -> bool:
    """Whether `base` holds exactly these outputs (path to sha256) and no build was cut short there."""
    if (base / WORK / "journal.json").exists():
        return False
    try:
        return all(digest(base / path) == sha for path, sha in outputs.items()) and _last(base) == set(outputs)
    except OSError:
        return False


def _last(base: Path) -> set[str]:
    """What the last build put there, by its manifest."""
    try:
        listed = set(json.loads((base / MANIFEST).read_text("utf-8"))["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {path for path in listed if any(path.startswith(f"{folder}/") for folder in OUTPUTS) and ".." not in path.split("/")} | {
        MANIFEST,
        sums.FILE,
    }


def publish(base: Path, folder: Path, outputs: list[str]) -> None:
    """Move `outputs` (paths) from `folder`, below this base's stage, into `base`, and remove what the last build had and this one has not.

    Raises Refusal, with everything as it was, if a file cannot be put in its place.
    """
    old = folder.parent / "old"
    gone = sorted(_last(base) - set(outputs))
    _may_write(base, [*outputs, *gone])
    for path in [*outputs, *gone]:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        if (base / path).is_file():
            (old / path).parent.mkdir(parents=True, exist_ok=True)
            # a second name for the old file costs no space, so the way back works on a full disk
            _second_name(base / path, old / path)
    journal: dict[str, Any] = {
        "from": folder.relative_to(base).as_posix(),
        "old": old.relative_to(base).as_posix(),
        "put": outputs,
        "remove": gone,
    }
    write(base / WORK / "journal.json", json.dumps(journal))
    try:
        _forward(base, journal)
    except OSError as error:
        _back(base, journal)
        raise Refusal([f"{place_of(error, base)}: cannot be replaced ({error.strerror}); nothing was changed"]) from None


def _second_name(path: Path, other: Path) -> None:
    try:
        other.hardlink_to(path)
    except OSError:  # a disk without second names
        shutil.copy2(path, other)


def _may_write(base: Path, paths: list[str]) -> None:
    home = base.resolve()
    problems = []
    for folder in sorted({(base / path).parent for path in paths}):
        inside = folder
        while not inside.exists():
            inside = inside.parent
        if not inside.resolve().is_relative_to(home):
            problems.append(f"{inside.relative_to(base).as_posix()}: is a link that leads out of the project")
        elif not os.access(inside, os.W_OK) or not inside.is_dir():
            problems.append(f"{inside.relative_to(base).as_posix()}: cannot be written to")
    problems += [
        f"{path}: is a folder where a file should be" for path in paths if (base / path).is_dir() and not (base / path).is_symlink()
    ]
    if problems:
        raise Refusal(sorted(set(problems)))


def _forward(base: Path, journal: Mapping[str, Any]) -> None:
    source = base / journal["from"]
    for path in journal["put"]:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # done before we were killed
            (source / path).replace(base / path)
    for path in journal["remove"]:
        (base / path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (base / path).parent.rmdir()
    (base / WORK / "journal.json").unlink()


def _back(base: Path, journal: Mapping[str, Any]) -> None:
    old = base / journal["old"]
    for path in [*journal["put"], *journal["remove"]]:
        if (old / path).exists():
            if not (base / path).exists() or not (base / path).samefile(old / path):
                (old / path).replace(base / path)
        elif path in journal["put"] and not (base / journal["from"] / path).exists():
            (base / path).unlink(missing_ok=True)
    (base / WORK / "journal.json").unlink()


def recover(base: Path) -> bool:
    """Finish the swap of a build that was killed in it. Returns whether there was one. Call it under the lock."""
    path = base / WORK / "journal.json"
    try:
        journal = json.loads(path.read_text("utf-8"))
        ours = all(str(journal[name]).startswith(f"{WORK}/stage-") for name in ("from", "old"))
        ours &= all(made(each) for name in ("put", "remove") for each in journal[name])
        ours &= not any(".." in each.split("/") for each in [journal["from"], journal["old"], *journal["put"], *journal["remove"]])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        ours = False
    if not ours:
        # ours are written whole or not at all, and never lead elsewhere
        path.unlink()
        return False
    try:
        _forward(base, journal)
    except OSError as error:
        with contextlib.suppress(OSError):
            _back(base, journal)
        raise Refusal([f"{place_of(error, base)}: a build was cut short here and cannot be finished ({error.strerror})"]) from None
    return True
