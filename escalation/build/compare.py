"""What changed between two builds, in words: parameters, conclusions, numbers, rows, figures.

Reads only what a build leaves in its folder: the manifest, the findings, the figures' titles and data. It
knows of them what every build has: a finding has a `value` and perhaps `low`, `high`, `n` and `unit`; a
figure has a title and a table of what it draws.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation.build.publish import MANIFEST, is_cut
from escalation.errors import Refusal
from escalation.paths import not_plain

FINDINGS, FIGURES = Path("data/built/findings"), Path("figures")
TABLES = ("data/coded", "data/built")
SHOWN = 5  # changes within one thing that are told one by one


@dataclass(frozen=True)
class Comparison:
    """A line for each thing that changed, by kind. `counted`: how many there are of each kind in both builds
    together."""

    parameters: tuple[str, ...]
    conclusions: tuple[str, ...]
    numbers: tuple[str, ...]
    tables: tuple[str, ...]
    figures: tuple[str, ...]
    counted: dict[str, int]

    def lines(self) -> Iterator[str]:
        """All of it, ready to print; the last line sums up."""
        for title, lines in (
            ("Parameters", self.parameters),
            ("Conclusions", self.conclusions),
            ("Numbers", self.numbers),
            ("Tables", self.tables),
            ("Figures", self.figures),
        ):
            if lines:
                yield f"{title}:"
                yield from (f"  {line}" for line in lines)
        kinds = ("conclusions", "numbers", "tables", "figures")
        said = ", ".join(f"{len(getattr(self, kind))} of {self.counted[kind]} {kind}" for kind in kinds)
        yield (
            f"changed: {said}"
            if any(getattr(self, kind) for kind in kinds)
            else f"nothing changed ({', '.join(f'{self.counted[k]} {k}' for k in kinds)})"
        )


def compare(one: Path, other: Path) -> Comparison:
    """What is different in the build in folder `other`, seen from the one in `one`. Raises Refusal for a
    folder that holds no build."""
    problems = [
        f"{folder}: holds no build (no {FINDINGS.as_posix()})"
        for folder in (one, other)
        if not (folder / FINDINGS).is_dir()
    ]
    problems += [
        f"{folder}: is part old and part new, since a build was cut short there; build into it again"
        for folder in (one, other)
        if is_cut(folder)
    ]
    for folder in (one, other):
        found = (
            path
            for part in (*TABLES, FINDINGS, FIGURES, Path(MANIFEST).parent)
            for path in (folder / part).glob("*.*")
        )
        problems += [problem for path in found if (problem := not_plain(path, most=2**28))]
    if problems:
        raise Refusal(problems)
    conclusions, numbers, counted = _findings(findings(one), findings(other))
    figures, drawn = _figures(one / FIGURES, other / FIGURES)
    tables, held = _tables(one, other)
    counted |= {"figures": drawn, "tables": held}
    return Comparison(
        tuple(_parameters(one, other)),
        tuple(conclusions),
        tuple(numbers),
        tuple(tables),
        tuple(figures),
        counted,
    )


def findings(folder: Path) -> dict[str, dict[str, Any]]:
    """`notebook.key` to finding, for all findings of a build. Raises Refusal for a file that is none."""
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for path in sorted((folder / FINDINGS).glob("*.json")):
        try:
            content = json.loads(path.read_text("utf-8"))
            found |= {f"{path.stem}.{key}": dict(finding) for key, finding in content.items()}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            problems.append(f"{path.name}: holds no findings ({error})")
    if problems:
        raise Refusal(problems)
    return found


def _parameters(one: Path, other: Path) -> Iterator[str]:
    first, second = (_settings(folder) for folder in (one, other))
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            yield f"{name}: {_shown(first.get(name))} became {_shown(second.get(name))}"


def _settings(folder: Path) -> dict[str, Any]:
    try:
        resolved = json.loads((folder / MANIFEST).read_text("utf-8"))["parameters"]
        return {name: value for values in resolved.values() for name, value in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _findings(
    first: Mapping[str, dict[str, Any]], second: Mapping[str, dict[str, Any]]
) -> tuple[list[str], list[str], dict[str, int]]:
    conclusions: list[str] = []
    numbers: list[str] = []
    names = sorted({*first, *second})
    said = [name for name in names if is_conclusion((second.get(name) or first[name]).get("value"))]
    for name in names:
        lines = conclusions if name in said else numbers
        if name not in first or name not in second:
            lines.append(f"{name}: is only in the {'second' if name in second else 'first'}")
        elif first[name] != second[name]:
            lines.append(f"{name}: {_change(first[name], second[name])}")
    return conclusions, numbers, {"conclusions": len(said), "numbers": len(names) - len(said)}


def is_conclusion(value: Any) -> bool:
    """Whether a finding's value is said and not counted."""
    return isinstance(value, str | bool)


def _change(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    a, b = first.get("value"), second.get("value")
    if isinstance(a, str) and isinstance(b, str) and a != b:
        return _retold(_sentences(a), _sentences(b))
    if not (isinstance(a, dict | list) and type(a) is type(b)):
        before, after = _described(first), _described(second)
        if before != after:
            return f"{before} became {after}{_direction(a, b)}"
    return "; ".join(_few(list(_differences(first, second))))


def _sentences(text: str) -> list[str]:
    """The sentences of a text in Markdown, as they are read: links by their words, without marks."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    plain = re.sub(r"\\([^\w\s])", r"\1", plain)
    plain = re.sub(r"^ *(?:#+|[-*]) +|\*\*", "", plain, flags=re.MULTILINE)
    return [sentence.strip() for sentence in re.split(r"(?<=[.?!])\s+|\n+", plain) if sentence.strip()]


def _retold(first: list[str], second: list[str]) -> str:
    """The sentences that only one of two texts has."""
    gone = [sentence for sentence in first if sentence not in second]
    new = [sentence for sentence in second if sentence not in first]
    if not gone and not new:
        return "the same sentences with other links or marks"
    return f"{_shown(' '.join(gone)) if gone else 'nothing'} became {_shown(' '.join(new)) if new else 'nothing'}"


def _few(words: list[str]) -> list[str]:
    return words if len(words) <= SHOWN else [*words[:SHOWN], f"{len(words) - SHOWN:,} more changes"]


def _differences(first: Any, second: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """What sets two nested values apart, by the words that lead to it; of what only one of them has, the
    whole and not each part."""
    if type(first) is not type(second) or not isinstance(first, dict | list):
        if first != second:
            yield f"{', '.join(place)}: {_shown(first)} became {_shown(second)}".removeprefix(": ")
        return
    if isinstance(first, list):
        names = _names(first, second)
        first, second = (dict(zip(names(each), each, strict=True)) for each in (first, second))
    for name in [*first, *(name for name in second if name not in first)]:
        # the value of a finding is what the finding is
        inner = place if name == "value" and not place else (*place, str(name).replace("_", " "))
        if name in first and name in second:
            yield from _differences(first[name], second[name], inner)
        else:
            yield f"{', '.join(inner)} is {'gone' if name in first else 'new'}"


def _names(*lists: list[Any]) -> Callable[[list[Any]], list[str]]:
    """How to call the entries of these lists: a row by as many first columns as tell it apart, a word by
    itself, else by its place."""

    def by_columns(width: int) -> Callable[[list[Any]], list[str]]:
        return lambda rows: [", ".join(f"{name} {row[name]}" for name in [*row][:width]) for row in rows]

    ways: list[Callable[[list[Any]], list[str]]] = []
    if all(isinstance(each, dict) for entries in lists for each in entries):
        ways = (
            [
                by_columns(width)
                for width in range(1, max(2, *(len(each) for entries in lists for each in entries)))
            ]
            if any(lists)
            else []
        )
    elif all(isinstance(each, str) for entries in lists for each in entries):
        ways = [lambda words: [f"“{word}”" for word in words]]
    ways = [way for way in ways if all(len(set(way(entries))) == len(entries) for entries in lists)]
    return ways[0] if ways else lambda entries: [f"entry {number}" for number in range(1, len(entries) + 1)]


def _described(finding: Mapping[str, Any]) -> str:
    """Value, unit, range and n in words; a value that is not known has neither unit nor range."""
    value = finding.get("value")
    around = []
    if value is not None and "low" in finding and "high" in finding:
        around = [f"{_shown(finding['low'])} to {_shown(finding['high'])}"]
    around += [f"n {_shown(finding['n'])}"] if "n" in finding else []
    unit = f" {finding['unit']}" if finding.get("unit") and isinstance(value, int | float) else ""
    return _shown(value) + unit + (f" ({', '.join(around)})" if around else "")


def _direction(a: Any, b: Any) -> str:
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (a, b)) or a == b:
        return ""
    by = f" by {abs(b - a) / abs(a):.1%}" if a else ""
    return f": {'up' if b > a else 'down'}{by}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.3g}"
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:,.0f}"
    return (
        {None: "nothing", True: "yes", False: "no"}.get(value, str(value))
        if not isinstance(value, dict | list)
        else f"{len(value)} entries"
    )


def _tables(one: Path, other: Path) -> tuple[list[str], int]:
    """The tables that both folders have, by the ids of their rows: what was coded (claims, talks, truces),
    and what was made of it."""
    lines = []
    paths = [
        path
        for folder in TABLES
        for path in sorted((one / folder).glob("*.csv"))
        if (other / folder / path.name).is_file()
    ]
    for path in paths:
        again = other / path.relative_to(one)
        if path.read_bytes() != again.read_bytes():
            words = list(_differences(_by_id(path), _by_id(again)))
            lines.append(
                f"{path.stem}: {'; '.join(_few(words)) if words else 'the same rows stand in another way'}"
            )
    return lines, len(paths)


def _by_id(path: Path) -> dict[str, dict[str, str]]:
    """A table's rows by their first column, by as many as it takes to tell them apart."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    width = next(
        (n for n in range(1, len(header)) if len({tuple(row[:n]) for row in rows}) == len(rows)), len(header)
    )
    return {" ".join(row[:width]): dict(zip(header[width:], row[width:], strict=False)) for row in rows}


def _figures(one: Path, other: Path) -> tuple[list[str], int]:
    lines = []
    names = sorted({path.stem for folder in (one, other) for path in folder.glob("*.json")})
    for name in names:
        there = [(folder / f"{name}.json").is_file() for folder in (one, other)]
        if not all(there):
            lines.append(f"{name}: is only in the {'first' if there[0] else 'second'}")
            continue
        changes = list(_figure(one, other, name))
        if changes:
            lines.append(f"{name}: {'; '.join(changes)}")
    return lines, len(names)


def _figure(one: Path, other: Path, name: str) -> Iterator[str]:
    titles = [_title(folder / f"{name}.json") for folder in (one, other)]
    if titles[0] != titles[1]:
        yield f"its title “{titles[0]}” became “{titles[1]}”"
    tables = [_rows(folder / f"{name}.csv") for folder in (one, other)]
    if tables[0] != tables[1]:
        gone, new = (tables[0] - tables[1]).total(), (tables[1] - tables[0]).total()
        yield f"it draws {tables[1].total()} rows, {new} of them new; {gone} of {tables[0].total()} are gone"
    elif (
        (one / f"{name}.svg").is_file()
        and (other / f"{name}.svg").is_file()
        and (one / f"{name}.svg").read_bytes() != (other / f"{name}.svg").read_bytes()
    ):
        yield "the same rows are drawn in another way"


def _title(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8")).get("title")
    except (OSError, ValueError, AttributeError) as error:
        raise Refusal(f"{path}: is no record of a figure ({error})") from None


def _rows(path: Path) -> Counter[tuple[str, ...]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return Counter(tuple(row) for row in list(csv.reader(file))[1:])
    except FileNotFoundError:
        return Counter()
