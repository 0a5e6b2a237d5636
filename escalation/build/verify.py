"""Prove a report: make it again somewhere else, from its inputs alone, and compare every file.

On x86-64 every byte has to be the same. Another processor rounds the last digit of a sum differently, so
there tables and JSON have to be the same and pictures may differ within a bound that is stated here; which of
the two was done is part of the answer.

Or prove a copy, without making anything: are these files, downloaded from somewhere, the published ones?
`copies` says it by their hashes.
"""

import json
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from escalation import sums
from escalation.build.code import LOCK
from escalation.build.graph import OUTPUTS, digest, discover, files, inputs
from escalation.build.make import How, Project, build
from escalation.build.progress import Progress
from escalation.build.publish import MANIFEST
from escalation.errors import Refusal
from escalation.paths import MARK, not_plain

# On another processor: no pixel channel further off than this, and no more than this share of pixels off at
# all,
LEVELS, SHARE = 8, 0.001
# no number in a drawing or a page further off than this, in its own units (points, pixels),
POINTS = 0.01
# and a document's size no further off than this share (its streams are compressed, so its bytes cannot be
# compared piece by piece).
SIZE = 0.01


@dataclass(frozen=True)
class Verified:
    """`differences`: a line for every file that is not as published. `manner`: how they were compared.
    `summary`: how many are the same."""

    differences: tuple[str, ...]
    manner: str
    summary: str


def verify(
    project: Project, *, how: How | None = None, progress: Progress | None = None, exact: bool | None = None
) -> Verified:
    """Build a copy of `project` in a fresh folder, without stored results, and compare it with what is
    published.

    `exact`: byte for byte, or within the bounds of this module; None: what this processor allows.
    """
    exact = platform.machine().lower() in ("x86_64", "amd64") if exact is None else exact
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        copy = Path(folder) / "copy"
        _copy(project, copy)
        built = build(
            replace(project, root=copy), how=replace(how or How(), cache=False, force=True), progress=progress
        )
        published = set(files(project.root, OUTPUTS))
        lines = [
            f"{path}: is made by the build but not published"
            for path in sorted(set(built.outputs) - published)
        ]
        lines += [
            f"{path}: is published but not made by the build"
            for path in sorted(published - set(built.outputs))
        ]
        same = 0
        for path in sorted(published & set(built.outputs)):
            reason = difference(project.root / path, copy / path, exact=exact)
            if reason:
                lines.append(f"{path}: {reason}")
            else:
                same += 1
    manner = "compared byte for byte" + _committed(project.root)
    if not exact:
        manner = (
            f"{platform.machine()} is not x86-64: tables and JSON compared byte for byte, pictures within "
            f"{LEVELS} of 255 levels and {POINTS} points"
        )
    if not published:
        lines.append("nothing is published yet; run `escalation build`")
    return Verified(tuple(lines), manner, f"reproduced {same}/{len(published | set(built.outputs))} outputs")


def _committed(root: Path) -> str:
    """Whether what is published is what git has, for whoever has the project from there: the build may be
    right for files that nobody else has. Nothing where there is no git, or no commit."""
    command = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=all", "--", *OUTPUTS]
    try:
        said = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, timeout=60
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return ""
    return (
        f"; not as git has them: {len(said)} of the published files" if said else "; git has the same files"
    )


def copies(root: Path, paths: Iterable[Path]) -> Verified:
    """Whether files and folders from anywhere are what `root` publishes, by the hashes of
    `reports/SHA256SUMS`. A file is known by its bytes, and by its name if they are not known; a folder is a
    copy of the project or of one of its folders of outputs, and nothing may lack in it. Raises Refusal where
    nothing is published or a path does not exist."""
    paths = list(paths)
    problems = [problem for path in paths if not path.is_dir() and (problem := not_plain(path))]
    if not (root / sums.FILE).is_file():
        problems.append(
            f"{sums.FILE}: is missing, so there is nothing to compare with; run `escalation build`"
        )
    if problems:
        raise Refusal(problems)
    published = sums.read((root / sums.FILE).read_text("utf-8", errors="replace")) | {
        sums.FILE: digest(root / sums.FILE)
    }
    lines: list[str] = []
    same = whole = 0
    for path in paths:
        pairs = _in_folder(path, published, lines) if path.is_dir() else [(path, _named(path, published))]
        for copy, name in pairs:
            whole += 1
            reason = _unlike(root, copy, name, published)
            same += not reason
            lines += [f"{copy}: {reason}"] if reason else []
    return Verified(
        tuple(lines),
        f"compared with the hashes in {sums.FILE}, which are no signature: trust them as far as the "
        "place you have them from",
        f"{same} of {whole} files are the published ones",
    )


def _named(copy: Path, published: Mapping[str, str]) -> str | None:
    """The published file that a single file may be a copy of."""
    sha, called = (
        digest(copy),
        re.sub(r" ?\(\d+\)$", "", copy.stem) + copy.suffix,
    )  # a browser calls the second download "report (1).html"
    return next(
        (name for name in published if published[name] == sha),
        next((n for n in published if Path(n).name == called), None),
    )


def _in_folder(folder: Path, published: Mapping[str, str], lines: list[str]) -> list[tuple[Path, str | None]]:
    """Each file of a folder of copies with what it should be; a line for one that should not be there."""
    parts = ("", *(f"{output}/" for output in OUTPUTS))
    part = max(
        parts,
        key=lambda part: sum(
            (folder / name.removeprefix(part)).is_file() for name in published if name.startswith(part)
        ),
    )
    wanted = {name.removeprefix(part): name for name in published if name.startswith(part)}
    there = files(folder, [output for output in OUTPUTS if (folder / output).is_dir()] if not part else None)
    lines += [f"{folder / path}: is not published" for path in sorted(set(there) - set(wanted))]
    return [(folder / path, name) for path, name in sorted(wanted.items())]


def _unlike(root: Path, copy: Path, name: str | None, published: Mapping[str, str]) -> str | None:
    """What is wrong with a copy, in words; None if it is the published file."""
    if name is None:
        return "is no published file, neither by its bytes nor by its name"
    if not copy.is_file():
        return "is missing"
    if digest(copy) == published[name]:
        return None
    original = root / name
    if original.is_file() and digest(original) == published[name]:
        return f"is not the published {name}: it {_first(original, copy, 'in the copy')}"
    return f"is not the published {name}: its sha256 is {digest(copy)}, published is {published[name]}"


def _copy(project: Project, target: Path) -> None:
    reads = {pattern for step in discover(project.root) for pattern in step.reads} | set(project.reads)
    for path in [*inputs(project.root, reads), LOCK, "pyproject.toml", MARK.as_posix()]:
        if (project.root / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / path, target / path)
    (target / "notebooks").mkdir(parents=True)
    for step in discover(project.root):
        (target / "notebooks" / step.path.name).write_text(step.text, "utf-8", newline="")


def difference(published: Path, again: Path, *, exact: bool) -> str | None:
    """What sets two files apart, in words; None if nothing that counts does."""
    if digest(published) == digest(again):
        return None
    compare = _bounded(published)
    if exact or compare is None:
        return _first(published, again)
    return compare(published, again)


def _first(one: Path, other: Path, again: str = "made again") -> str:
    """Where two files begin to differ, by line for text."""
    a, b = one.read_bytes(), other.read_bytes()
    place = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    line = a.count(b"\n", 0, place) + 1
    where = f"line {line}" if one.suffix in (".csv", ".json", ".md", ".html", ".svg", "") else f"byte {place}"
    return f"differs from {where} on ({len(a)} bytes published, {len(b)} {again})"


def _manifests(one: Path, other: Path) -> str | None:
    """On another processor the hashes of pictures differ with them; all else must be the same."""
    first, second = json.loads(one.read_text("utf-8")), json.loads(other.read_text("utf-8"))
    for each in (first, second):
        each["outputs"] = _exact(each["outputs"])
    return None if first == second else _first(one, other)


def _lists(one: Path, other: Path) -> str | None:
    """The same of the lists of hashes."""
    first, second = (_exact(sums.read(each.read_text("utf-8"))) for each in (one, other))
    return None if first == second else _first(one, other)


def _exact(hashes: Mapping[str, str]) -> dict[str, str]:
    return {path: "" if _bounded(Path(path)) else sha for path, sha in hashes.items()}


def _pixels(one: Path, other: Path) -> str | None:
    import numpy as np
    from PIL import Image

    with Image.open(one) as a, Image.open(other) as b:
        if a.size != b.size or a.mode != b.mode:
            return (
                f"is {a.size[0]}×{a.size[1]} {a.mode} published, {b.size[0]}×{b.size[1]} {b.mode} made again"
            )
        off = np.abs(np.asarray(a, dtype=np.int16) - np.asarray(b, dtype=np.int16))
    off = off.reshape(*off.shape[:2], -1).max(axis=2)
    if off.max() <= LEVELS and (off > 0).mean() <= SHARE:
        return None
    return f"{(off > 0).mean():.3%} of its pixels differ, by up to {off.max()} of 255 levels"


_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|(?<=base64,)[A-Za-z0-9+/=]+|\b[0-9a-f]{64}\b")


def _numbers(one: Path, other: Path) -> str | None:
    """Text around numbers must be the same, numbers with a decimal point nearly so; embedded pictures, and
    files that the page names by their hashes, are compared as files."""
    a, b = one.read_text("utf-8"), other.read_text("utf-8")
    if _NUMBER.split(a) != _NUMBER.split(b):
        return _first(one, other)
    far = [
        abs(float(x) - float(y))
        for x, y in zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
        if x != y and "." in x and "." in y
    ]
    return f"a number in it differs by {max(far):.3g}" if far and max(far) > POINTS else None


def _sizes(one: Path, other: Path) -> str | None:
    a, b = one.stat().st_size, other.stat().st_size
    return None if abs(a - b) <= SIZE * a else f"is {a} bytes published, {b} made again"


BOUNDED: dict[str, Callable[[Path, Path], str | None]] = {
    ".png": _pixels, ".svg": _numbers, ".html": _numbers, ".pdf": _sizes, Path(MANIFEST).name: _manifests,
    Path(sums.FILE).name: _lists,
}  # fmt: skip


def _bounded(path: Path) -> Callable[[Path, Path], str | None] | None:
    """How a file is compared where bytes may differ; None where they may not."""
    return BOUNDED.get(path.name) or BOUNDED.get(path.suffix)
