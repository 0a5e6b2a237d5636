"""The steps of a build: which notebooks there are, what each reads and writes, and so what comes before what.

A notebook says in its metadata, under `escalation`, which files it `reads` and `writes` (globs from the
project root; figures that it shows by name are written without being listed). A step that reads what another writes comes after it; nothing else orders them, so steps that
share nothing run side by side.
"""

import ast
import functools
import hashlib
import itertools
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from escalation.errors import Refusal
from escalation.paths import MARK

# What a build makes. Whatever lies there is never an input of the next build. The last is the page's.
OUTPUTS = ("data/built", "figures", "reports")
MADE_BY_NOTEBOOKS = OUTPUTS[:2]
# a glob, sign by sign: stars, a choice of letters, any other letter
SIGNS = re.compile(r"\*+|\[[^\]/]+\]|.")
# not "3_timing-Copy1" of JupyterLab, nor "3_timing.nbconvert"
NAMED = re.compile(r"(\d+)[a-z]?_[a-z0-9_]+\.ipynb", re.ASCII)


@dataclass(frozen=True)
class Step:
    """One notebook: its text as it was read, what it reads and writes, its cells, and the steps that must be
    done before it."""

    name: str
    path: Path
    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    cells: tuple[dict[str, Any], ...]
    after: tuple[str, ...] = ()

    @property
    def python(self) -> list[str]:
        """The code of each cell, without cells (`%%say`) and lines that only a shell of notebooks understands."""
        code = ("".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "code")
        return [
            "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("%", "!")))
            for text in code
            if not text.startswith("%%")
        ]

    @property
    def source(self) -> str:
        """All of it as one text."""
        return "\n".join(self.python)

    @property
    def identity(self) -> list[Any]:
        """All of the notebook that can change its result: sources, kinds and tags of its cells, what it reads
        and writes."""
        cells = [
            [c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", []), c.get("id")]
            for c in self.cells
        ]
        return [cells, self.reads, self.writes]


def notebooks(root: Path) -> list[Path]:
    """The notebooks that make the report, by number: `notebooks/3_timing.ipynb`, `3b_weekday.ipynb`. Copies
    and others are for exploring."""
    named = ((NAMED.fullmatch(path.name), path) for path in (root / "notebooks").glob("*.ipynb"))
    return [path for _, path in sorted((int(match[1]), path) for match, path in named if match)]


def discover(root: Path) -> list[Step]:
    """The steps, each with those that come before it. Raises Refusal for all of: no notebook, no declaration,
    a path outside, two writers of one file, a reader of what nobody writes, a circle."""
    problems: list[str] = []
    steps = [step for path in notebooks(root) if (step := _read(path, problems))]
    if not steps and not problems:
        problems.append(f"{root / 'notebooks'}: holds no notebook named like 1_name.ipynb")
    if not problems:
        problems += _undeclared(steps)
    if problems:
        raise Refusal(problems)
    return _ordered(steps)


def _read(path: Path, problems: list[str]) -> Step | None:
    try:
        text = path.read_text("utf-8")
        notebook = json.loads(text)
        cells, declared = notebook["cells"], notebook["metadata"].get("escalation", {})
        reads, writes = (tuple(declared.get(name, ())) for name in ("reads", "writes"))
        step = Step(path.stem, path, text, reads, writes, tuple(cells))
        figures = (glob for text in step.python for glob in shown(text))
        step = replace(step, writes=tuple(dict.fromkeys((*writes, *figures))))
        step.identity  # noqa: B018  a cell that is no cell shows here
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problems.append(f"{path.name}: is no notebook ({type(error).__name__}: {error})")
        return None
    for pattern in reads + writes:
        if not _is_inside(pattern):
            problems.append(f"{path.name}: {pattern!r} in its metadata is no path below the project")
        elif pattern in writes and not pattern.startswith(
            tuple(f"{folder}/" for folder in MADE_BY_NOTEBOOKS)
        ):
            problems.append(
                f"{path.name}: writes {pattern!r}, but only {', '.join(MADE_BY_NOTEBOOKS)} are made by "
                "notebooks"
            )
    if not writes and not reads:
        problems.append(f'{path.name}: its metadata lacks "escalation": {{"reads": […], "writes": […]}}')
    return step


def shown(source: str) -> list[str]:
    """The figures that a cell makes by `show(drawn, "name")`, as globs: its metadata need not say them again."""
    if "show" not in source:  # as in most, and reading code takes long
        return []
    try:
        tree = ast.parse(source)
    except SyntaxError:  # told, with its line, by the run
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = (
        call.args[1]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "show" and len(call.args) > 1
    )
    constants = (each.value for each in named if isinstance(each, ast.Constant))
    return [f"figures/{name}.*" for name in constants if isinstance(name, str)]


def _is_inside(pattern: object) -> bool:
    if not isinstance(pattern, str) or not pattern or "\\" in pattern or ":" in pattern:
        return False
    return not pattern.startswith(("/", "~")) and not {"..", ".", ""} & set(pattern.split("/"))


def _undeclared(steps: list[Step]) -> Iterable[str]:
    for one, other in itertools.combinations(steps, 2):
        for pattern, again in itertools.product(one.writes, other.writes):
            if overlap(pattern, again):
                yield f"{pattern}: is written by {one.name} and by {other.name}"
    for step in steps:
        for pattern in step.reads:
            others = (glob for other in steps if other is not step for glob in other.writes)
            if made(pattern) and not any(overlap(pattern, glob) for glob in others):
                yield f"{step.path.name}: reads {pattern!r}, which no other notebook declares to write"


def _ordered(steps: list[Step]) -> list[Step]:
    def feeds(other: Step, step: Step) -> bool:
        return other is not step and any(
            overlap(*pair) for pair in itertools.product(other.writes, step.reads)
        )

    needs = {step.name: {other.name for other in steps if feeds(other, step)} for step in steps}
    done: list[Step] = []
    while len(done) < len(steps):
        names = {step.name for step in done}
        ready = next((step for step in steps if step.name not in names and needs[step.name] <= names), None)
        if not ready:
            left = ", ".join(step.name for step in steps if step.name not in names)
            raise Refusal(
                f"{left}: each reads what another of them writes, so none can be first; narrow their `reads`"
            )
        done.append(replace(ready, after=tuple(sorted(needs[ready.name]))))
    return done


@functools.cache
def overlap(one: str, other: str) -> bool:
    """Whether some path could match both globs."""
    heads = _head(one), _head(other)
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False
    return _meet(
        *(tuple(re.sub(r"\[[^\]/]+\]", "?", sign) for sign in SIGNS.findall(each)) for each in (one, other))
    )


@functools.cache
def _head(glob: str) -> str:
    """What stands before its first sign."""
    return re.split(r"[*?\[]", glob)[0]


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return all("*" in sign for sign in one + other)
    for first, second in ((one, other), (other, one)):
        if "*" in first[0]:
            return _meet(first[1:], second) or (
                (second[0] != "/" or first[0] == "**") and _meet(first, second[1:])
            )
    same = one[0] == other[0] or ("?" in (one[0], other[0]) and "/" not in (one[0], other[0]))
    return same and _meet(one[1:], other[1:])


@functools.cache
def _pattern(glob: str) -> re.Pattern[str]:
    wild = {"**": ".+", "*": "[^/]*", "?": "[^/]"}
    signs = (wild.get(sign) or (sign if len(sign) > 1 else re.escape(sign)) for sign in SIGNS.findall(glob))
    return re.compile("".join(signs).replace(".+/", "(?:.+/)?"))


def matching(paths: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The paths (with /, from the root) that one of the globs matches; `**` stands for any number of
    folders."""
    compiled = [_pattern(pattern) for pattern in patterns]
    return sorted(path for path in paths if any(pattern.fullmatch(path) for pattern in compiled))


def files(root: Path, folders: Iterable[str] | None = None) -> list[str]:
    """Every file below these folders of `root` (all, if not told), as sorted paths with /; no hidden ones, no
    caches, no links out.

    Raises Refusal for a link that leads out of the project (what it points to would be published, or changed,
    unseen), and for what is no file at all, such as a pipe (whoever reads it may wait for ever).
    """
    found: list[str] = []
    home = root.resolve()
    for folder in sorted(set(folders)) if folders is not None else [""]:
        for place, below, names in os.walk(root / folder):
            below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
            here = Path(place)
            prefix = here.relative_to(root).as_posix()
            shown = {name: name if prefix == "." else f"{prefix}/{name}" for name in [*names, *below]}
            for name in shown:
                if (here / name).is_symlink() and not (here / name).resolve().is_relative_to(home):
                    raise Refusal(f"{shown[name]}: is a link that leads out of the project")
            found += [shown[name] for name in names if not name.startswith(".")]
    return sorted(set(found))


def inputs(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Path to sha256 of every file under `root` that the globs match and that no build makes, the root's mark
    among them."""
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
    """The sha256 of a file. Raises Refusal for what is no file, such as a pipe, which might never end."""
    # a pipe that nobody writes to would hold up the opening itself
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refusal(f"{path}: is no plain file")
        return hashlib.file_digest(file, "sha256").hexdigest()


def key(**parts: Any) -> str:
    """One name for everything that determines a result."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def subset(known: Mapping[str, str], patterns: Iterable[str]) -> dict[str, str]:
    """Those of `known` that the globs match."""
    return {path: known[path] for path in matching(known, [*patterns, MARK.as_posix()])}
