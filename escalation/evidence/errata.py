"""What was wrong in a published report: the register of corrections that the report prints, held to the
numbers it names."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence.anchors import cell_list
from escalation.findings import day

_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_FIELD = re.compile(r"(?P<finding>\w+)\.(?P<field>\w+)")
_CELL = re.compile(r"(?P<table>\w+)\[(?P<key>[^\[\]|]+)\]\.(?P<column>\w+)")


def release(version: str) -> tuple[int, ...]:
    """A semantic version as numbers to be compared. Raises Refusal for what is none.

    >>> release("1.10.0") > release("1.9.3")
    True
    """
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version, re.ASCII):
        raise Refusal(f"{version!r} is no version; allowed: three numbers, like 1.1.0")
    return tuple(int(part) for part in version.split("."))


def problems(errata: pd.DataFrame, version: str, root: Path, *, file: str = "errata.csv") -> list[str]:
    """A line for each row that cannot be true: a version later than `version` (that of the data) or earlier
    than the row before it, a number changed by a patch version, a correction that changes nothing, a verdict
    without its other side, numbers without something to compare each with. `errata` as declared, in the order
    of the file; `root` holds the declaration of the tables that it names."""
    lines = []
    newest = "0.0.0"
    try:
        release(version)
    except Refusal as refused:
        return [f"{schema.DESCRIPTOR.as_posix()}, version: {line}" for line in refused.problems]
    for number, row in enumerate(errata.astype(object).where(errata.notna(), "").to_dict("records"), 2):
        where, at = f"{file}, row {number} ({row['erratum_id']})", row["data_version"]
        try:
            release(at)
        except Refusal as refused:
            lines += [f"{where}, data_version: {line}" for line in refused.problems]
            continue
        if release(at) > release(version):
            lines.append(
                f"{where}, data_version: {at} is later than the data's own version, {version}"
                " (datapackage.json)"
            )
        if release(at) < release(newest):
            lines.append(
                f"{where}, data_version: {at} stands after {newest}; rows stand in the order of versions, the"
                " newest last"
            )
        newest = max(newest, at, key=release)
        if row["kind"] not in ("sentence", "layout") and release(at)[2]:
            lines.append(
                f"{where}, data_version: {at} is a patch, and a changed {row['kind']} makes a new minor"
                " version"
            )
        lines += row_problems(row, where, root)
    return lines


def row_problems(row: Mapping[Any, Any], where: str, root: Path) -> list[str]:
    """A line for each thing in one row that cannot be true by itself: old_value equal to new_value, one
    verdict blank, numbers of new_value that do not go with the names in compared_with."""
    lines = []
    if row["old_value"] == row["new_value"]:
        lines.append(
            f"{where}, new_value: {row['new_value']!r} is what was published; give what stands there now"
        )
    if bool(row["verdict_before"]) != bool(row["verdict_after"]):
        lines.append(f"{where}, verdict_before, verdict_after: one is blank; give both or none")
    named, numbers = cell_list(row["compared_with"]), _NUMBER.findall(row["new_value"])
    if named and len(named) != len(numbers):
        lines.append(
            f"{where}, compared_with: names {len(named)} values, but new_value holds {len(numbers)} numbers"
            f" ({'; '.join(numbers) or 'none'}); name one for each, in their order"
        )
    lines += [f"{where}, compared_with: {line}" for one in named for line in _unnamed(one, root)]
    return lines


def _unnamed(name: str, root: Path) -> list[str]:
    """What is wrong with a name of a value, as far as it shows before a build."""
    cell = _CELL.fullmatch(name)
    if not cell:
        return (
            []
            if _FIELD.fullmatch(name)
            else [f"{name!r} is neither a finding's field (ratio.low) nor a cell (episodes[1].ratio)"]
        )
    try:
        columns = [field["name"] for field in schema.resource(cell["table"], root)["schema"]["fields"]]
    except Refusal as refused:
        return refused.problems
    return (
        []
        if cell["column"] in columns
        else [f"{cell['table']} has no column {cell['column']!r}{_near(cell['column'], columns)}"]
    )


def unknown(
    errata: pd.DataFrame, findings: Mapping[str, Mapping[str, Any]], *, file: str = "errata.csv"
) -> list[str]:
    """A line for each finding, or field of one, that `compared_with` names and no notebook has written."""
    lines = []
    for row in errata.to_dict("records"):
        for name in cell_list(row["compared_with"]):
            field = _FIELD.fullmatch(name)
            where = f"{file} ({row['erratum_id']}), compared_with"
            if field and field["finding"] not in findings:
                lines.append(f"{where}: no finding {field['finding']!r}{_near(field['finding'], findings)}")
            elif field and field["field"] not in findings[field["finding"]]:
                there = findings[field["finding"]]
                lines.append(
                    f"{where}: {field['finding']} has no {field['field']!r}{_near(field['field'], there)}"
                )
    return lines


def named(
    errata: pd.DataFrame, findings: Mapping[str, Mapping[str, Any]], *, file: str = "errata.csv"
) -> pd.DataFrame:
    """`errata` as it is. Raises Refusal with every line of `unknown`."""
    if lines := unknown(errata, findings, file=file):
        raise Refusal(lines)
    return errata


def untrue(
    errata: pd.DataFrame, findings: Mapping[str, Mapping[str, Any]], root: Path, *, file: str = "errata.csv"
) -> list[str]:
    """A line for each corrected value that is not what was built: every number of `new_value`, to the digits
    it gives, against the finding or cell that `compared_with` names, and `verdict_after` against the finding
    `verdict`. A value that a later row corrects again is not compared. Holds for the published edition alone:
    other parameters give other numbers."""
    lines = unknown(errata, findings, file=file)
    if lines:
        return lines
    last: dict[str, tuple[str, str]] = {}
    for row in errata.to_dict("records"):
        numbers = _NUMBER.findall(row["new_value"])
        last |= {
            name: (row["erratum_id"], said)
            for name, said in zip(cell_list(row["compared_with"]), numbers, strict=True)
        }
        if pd.notna(row["verdict_after"]):
            last["verdict.value"] = (row["erratum_id"], row["verdict_after"])
    for name, (erratum, said) in last.items():
        now = _value(name, findings, root)
        digits = len(said.partition(".")[2])
        shown = now if isinstance(now, str) else "nothing" if now is None else f"{now:,.{digits}f}"
        if shown != said:
            where = f"{file} ({erratum}), new_value"
            lines.append(
                f"{where}: says {said}, but {name} is {shown}; put it right, or add a row that corrects it"
            )
    return lines


def _value(name: str, findings: Mapping[str, Mapping[str, Any]], root: Path) -> Any:
    cell = _CELL.fullmatch(name)
    if not cell:
        finding, _, field = name.partition(".")
        return findings[finding][field]
    (key,) = schema.resource(cell["table"], root)["schema"]["primaryKey"]
    table = schema.read(cell["table"], root)
    found = table.loc[table[key].astype("str") == cell["key"], cell["column"]].dropna()
    return None if found.empty else found.iloc[0]


def _near(name: str, allowed: Mapping[str, Any] | list[str]) -> str:
    close = get_close_matches(name, list(allowed), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(allowed))}"


def shown(errata: pd.DataFrame, verdicts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of the table `errata` as the report shows them, the newest version first: id, kind, what, date (in
    words), version, was, now, reason, and the verdict on the talks before and after where it is concerned.
    `verdicts`: what each is called."""

    def both(before: Any, after: Any) -> str:
        if pd.isna(before) or pd.isna(after):
            return ""
        return (
            f"stays {verdicts[after]}" if before == after else f"was {verdicts[before]}, is {verdicts[after]}"
        )

    return [
        {
            "id": row["erratum_id"],
            "kind": row["kind"],
            "what": row["what"],
            "date": day(row["date"]),
            "version": row["data_version"],
            "was": row["old_value"],
            "now": row["new_value"],
            "verdict": both(row["verdict_before"], row["verdict_after"]),
            "reason": row["reason"],
        }
        for _, part in reversed(list(errata.groupby("data_version", sort=False)))
        for row in part.to_dict("records")
    ]
