"""The steps of a build: which notebooks there are, what each reads and writes, and so in which order they run.

A notebook says in its metadata, under `escalation`, which files it `reads` and `writes` (globs from the project root). A step
that reads what another writes comes after it; nothing else orders them, so steps that share nothing run side by side.
"""

import fnmatch
import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from escalation.errors import Refusal
from escalation.paths import MARK

# What a build makes. Whatever lies there is never an input of the next build.
OUTPUTS = ("data/built", "figures", "reports")


@dataclass(frozen=True)
class Step:
    """One notebook: its text as it was read, what it reads and writes, its cells, and the steps that must be done before it."""

    name: str
    path: Path
    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    cells: tuple[dict[str, Any], ...]
    after: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """All code as one text, without cells (`%%say`) and lines that only a shell of notebooks understands."""
        code = ("".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "code")
        python = (text for text in code if not text.startswith("%%"))
        return "\n".join(line for text in python for line in text.splitlines() if not line.lstrip().startswith(("%", "!")))

    @property
    def identity(self) -> list[Any]:
        """All of the notebook that can change its result: sources, kinds and tags of its cells, what it reads and writes."""
        cells = [[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", []), c.get("id")] for c in self.cells]
        return [cells, self.reads, self.writes]


def notebooks(root: Path) -> list[Path]:
    """The notebooks that make the report: `notebooks/N_name.ipynb`, N one digit. Others are for exploring."""
    return sorted((root / "notebooks").glob("[0-9]_*.ipynb"))


def discover(root: Path) -> list[Step]:
    """The steps in an order in which they can run. Raises Refusal: no notebook, no declaration, a circle, a path outside."""
    problems: list[str] = []
    steps = [step for path in notebooks(root) if (step := _read(path, problems))]
    if not steps and not problems:
        problems.append(f"{root / 'notebooks'}: holds no notebook named like 1_name.ipynb")
    if problems:
        raise Refusal(problems)
    return _ordered(steps)


def _read(path: Path, problems: list[str]) -> Step | None:
    try:
        text = path.read_text("utf-8")
        notebook = json.loads(text)
        cells, declared = notebook["cells"], notebook["metadata"].get("escalation", {})
        step = Step(path.stem, path, text, tuple(declared.get("reads", ())), tuple(declared.get("writes", ())), tuple(cells))
        step.identity, step.source  # noqa: B018  a cell that is no cell shows here
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"{path.name}: is no notebook ({type(error).__name__}: {error})")
        return None
    for pattern in step.reads + step.writes:
        if not _is_inside(pattern):
            problems.append(f"{path.name}: {pattern!r} in its metadata is no path below the project")
    for pattern in step.writes:
        if _is_inside(pattern) and not any(pattern.startswith(folder + "/") for folder in OUTPUTS):
            problems.append(f"{path.name}: writes {pattern!r}, but only {', '.join(OUTPUTS)} are made by notebooks")
    if not step.writes and not step.reads:
        problems.append(f'{path.name}: its metadata lacks "escalation": {{"reads": […], "writes": […]}}')
    return step


def _is_inside(pattern: object) -> bool:
    if not isinstance(pattern, str) or not pattern or "\\" in pattern or ":" in pattern:
        return False
    return not pattern.startswith(("/", "~")) and not {"..", ".", ""} & set(pattern.split("/"))


def _ordered(steps: list[Step]) -> list[Step]:
    needs = {
        step.name: {other.name for other in steps if other is not step and any(overlap(w, r) for w in other.writes for r in step.reads)}
        for step in steps
    }
    done: list[Step] = []
    while len(done) < len(steps):
        names = {step.name for step in done}
        ready = [step for step in steps if step.name not in names and needs[step.name] <= names]
        if not ready:
            left = ", ".join(step.name for step in steps if step.name not in names)
            raise Refusal([f"{left}: each reads what another of them writes, so none can be first; narrow their `reads`"])
        done.append(replace(ready[0], after=tuple(sorted(needs[ready[0].name]))))
    return done


def overlap(one: str, other: str) -> bool:
    """Whether some path could match both globs."""
    return _overlap(tuple(one.split("/")), tuple(other.split("/")))


@functools.cache
def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return all(part == "**" for part in one + other)
    if one[0] == "**":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "**":
        return _overlap(other, one)
    a, b = one[0], other[0]
    wild = re.compile(r"[*?\[]")
    if wild.search(a) and wild.search(b):
        # two wildcards: what stands before the first and after the last decides
        head, tail = (wild.split(a)[0], wild.split(b)[0]), (re.split(r"[*?\]]", a)[-1], re.split(r"[*?\]]", b)[-1])
        same = (head[0].startswith(head[1]) or head[1].startswith(head[0])) and (tail[0].endswith(tail[1]) or tail[1].endswith(tail[0]))
    else:
        same = fnmatch.fnmatchcase(a, b) or fnmatch.fnmatchcase(b, a)
    return same and _overlap(one[1:], other[1:])


@functools.cache
def _pattern(glob: str) -> re.Pattern[str]:
    parts = glob.split("/")
    text = "".join("(?:[^/]+/)*" if part == "**" else _segment(part) + "/" for part in parts[:-1])
    return re.compile(text + (".+" if parts[-1] == "**" else _segment(parts[-1])))


def _segment(part: str) -> str:
    wild = {"*": "[^/]*", "?": "[^/]"}
    words = re.split(r"(\*|\?|\[[^\]]+\])", part)
    return "".join(wild.get(word) or (word if word.startswith("[") and word.endswith("]") else re.escape(word)) for word in words)


def matching(paths: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The paths (with /, from the root) that one of the globs matches; `**` stands for any number of folders."""
    compiled = [_pattern(pattern) for pattern in patterns]
    return sorted(path for path in paths if any(pattern.fullmatch(path) for pattern in compiled))


def files(root: Path, folders: Iterable[str] | None = None) -> list[str]:
    """Every file below these folders of `root` (all, if not told), as sorted paths with /; no hidden ones, no caches, no links out.

    Raises Refusal for a link that leads out of the project: what it points to would be published, or changed, unseen.
    """
    found: list[str] = []
    home = root.resolve()
    for folder in sorted(set(folders)) if folders is not None else [""]:
        for place, below, names in os.walk(root / folder):
            below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
            here = Path(place)
            for name in [*names, *below]:
                if (here / name).is_symlink() and not (here / name).resolve().is_relative_to(home):
                    raise Refusal([f"{(here / name).relative_to(root).as_posix()}: is a link that leads out of the project"])
            prefix = here.relative_to(root).as_posix()
            found += [name if prefix == "." else f"{prefix}/{name}" for name in names if not name.startswith(".")]
    return sorted(set(found))


def inputs(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Path to sha256 of every file under `root` that the globs match and that no build makes, the root's mark among them."""
    patterns = [*patterns, MARK.as_posix()]
    tops = {pattern.split("/")[0] for pattern in patterns}
    plain = [top for top in tops if not re.search(r"[*?\[]", top)]
    found = files(root, [top for top in plain if (root / top).is_dir()] if len(plain) == len(tops) else None)
    found += [top for top in plain if (root / top).is_file()]
    return {path: digest(root / path) for path in matching(found, patterns) if not made(path)}


def made(path: str) -> bool:
    """Whether a path belongs to what a build makes."""
    return any(path == folder or path.startswith(folder + "/") for folder in OUTPUTS)


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(**parts: Any) -> str:
    """One name for everything that determines a result."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def subset(known: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Those of `known` that the globs match."""
    return {path: known[path] for path in matching(known, [*patterns, MARK.as_posix()])}
