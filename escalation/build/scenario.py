"""Named sets of parameters: `scenarios/NAME.toml`, a sentence on what it asks and the values that differ from
the published ones."""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation.build.project import Value
from escalation.errors import Refusal
from escalation.paths import not_plain

FOLDER = "scenarios"


@dataclass(frozen=True)
class Scenario:
    """`about`: the question it answers. `parameters`: name to value."""

    name: str
    about: str
    parameters: dict[str, Value]


@dataclass(frozen=True)
class Grid:
    """Many of them, for a sweep. `sets`: the values of each run that differ from the published ones. `steps`:
    the notebooks that are asked for (none: all)."""

    name: str
    about: str
    sets: tuple[dict[str, Value], ...]
    steps: tuple[str, ...]


def names(root: Path) -> list[str]:
    """The scenarios of a project."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.toml"))


def read(name: str, root: Path) -> Scenario:
    """The scenario of this name. Raises Refusal if there is none, or if its file is not as it should be."""
    known = names(root)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise Refusal(
            f"{name}: is no scenario; "
            f"{f'did you mean {near[0]}?' if near else 'there are ' + (', '.join(known) or 'none')}"
        )
    content = toml(root / FOLDER / f"{name}.toml", {"about": str, "parameters": dict})
    return Scenario(name, content.get("about", ""), content.get("parameters", {}))


def toml(path: Path, expected: dict[str, type]) -> dict[str, Any]:
    """The content of a TOML file that has only these keys, of these types. Raises Refusal with a line for
    each that is not so."""
    if problem := not_plain(path, most=2**20):
        raise Refusal(problem)
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{path.name}: cannot be read ({error})") from None
    problems = [
        f"{path.name}: {key} is not known; there are {', '.join(expected)}"
        for key in content
        if key not in expected
    ]
    problems += [
        f"{path.name}: {key} is not as it should be"
        for key, kind in expected.items()
        if key in content and not isinstance(content[key], kind)
    ]
    if problems:
        raise Refusal(problems)
    return content
