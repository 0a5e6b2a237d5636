"""The declared tables: read, checked, written and printed as a codebook.

`data/datapackage.json` (Frictionless Data Package) is the one declaration: columns, types, allowed values,
keys, meaning. Frictionless checks the tables. It does not read or print them: its `to_pandas` takes 4 to 14
times as long as `read` and makes whole numbers with blanks and without two types, and its `to_markdown`
leaves no room for what a value means.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from escalation import paths
from escalation.errors import Refusal

DESCRIPTOR = Path("data", "datapackage.json")
_DTYPES = {"integer": "Int64", "number": "float64", "string": "str", "boolean": "boolean"}


def package(root: Path | None = None) -> dict[str, Any]:
    """The descriptor as a dict. Raises Refusal if it is missing or no JSON."""
    file = (root or paths.root()) / DESCRIPTOR
    try:
        loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal([f"{DESCRIPTOR}: not found under the project folder"]) from None
    except UnicodeDecodeError as error:
        raise Refusal([f"{DESCRIPTOR}: is not UTF-8 text (byte {error.start})"]) from None
    except json.JSONDecodeError as error:
        raise Refusal([f"{DESCRIPTOR}, line {error.lineno}: not valid JSON ({error.msg})"]) from None
    return loaded


def resource(name: str, root: Path | None = None) -> dict[str, Any]:
    """The declaration of one table. Raises Refusal with the nearest name."""
    declared = {r["name"]: r for r in package(root)["resources"]}
    if name not in declared:
        raise Refusal([f"{DESCRIPTOR}: no table {name!r}{_nearest(name, declared)}"])
    found: dict[str, Any] = declared[name]
    return found


def _nearest(value: str, allowed: Iterable[str]) -> str:
    near = get_close_matches(value, list(allowed), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def typed(frame: pd.DataFrame, fields: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Text columns turned into the declared types: date → datetime64, integer → Int64, number → float64,
    boolean → boolean, string → str; blank → missing, never zero.

    >>> frame = pd.DataFrame({"day": ["2020-01-05", None], "n": ["3", None]}, dtype="str")
    >>> typed(frame, [{"name": "day", "type": "date"}, {"name": "n", "type": "integer"}])
             day     n
    0 2020-01-05     3
    1        NaT  <NA>
    """
    out = {}
    for field in fields:
        column = frame[field["name"]]
        if field["type"] == "date":
            out[field["name"]] = pd.to_datetime(column, format="%Y-%m-%d")
        elif field["type"] == "boolean":
            strange = column[column.notna() & ~column.isin(["true", "false"])]
            if len(strange):
                raise ValueError(f"column {field['name']}: {strange.iloc[0]!r} is neither true nor false")
            out[field["name"]] = column.map({"true": True, "false": False}).astype("boolean")
        elif field["type"] in ("integer", "number"):
            numbers = pd.to_numeric(column)
            if np.isinf(numbers.astype("float64")).any():
                raise ValueError(f"column {field['name']}: a number is infinite")
            if field["type"] == "integer" and (numbers.astype("float64").abs() > 2**53).any():
                raise ValueError(f"column {field['name']}: a number is too large to be kept exactly")
            out[field["name"]] = numbers.astype(_DTYPES[field["type"]])
        else:
            out[field["name"]] = column.astype(_DTYPES[field["type"]])
        # "nan" and "NaT" are words that pandas would take for blanks
        lost = column.notna() & out[field["name"]].isna()
        if lost.any():
            raise ValueError(f"column {field['name']}: {column[lost].iloc[0]!r} is no {field['type']}")
    return pd.DataFrame(out, index=frame.index)


def _declared(name: str, base: Path, folder: str | None) -> dict[str, Any]:
    """The declaration of a table, with its path in `folder` if a case keeps its own there."""
    declared = resource(name, base)
    return declared if folder is None else {**declared, "path": f"{folder}/{Path(declared['path']).name}"}


def read(name: str, root: Path | None = None, *, folder: str | None = None) -> pd.DataFrame:
    """One declared table with typed columns in the declared order, or that of a case from its `folder` below
    data/; one that a case does not keep has no rows. Raises Refusal where the file, a column or a type is
    wrong; `check` says more."""
    base = root or paths.root()
    declared = _declared(name, base, folder)
    if declared["path"] != resource(name, base)["path"] and not (base / "data" / declared["path"]).is_file():
        names = [field["name"] for field in declared["schema"]["fields"]]
        return typed(pd.DataFrame(columns=names, dtype="str"), declared["schema"]["fields"])
    file = base / "data" / declared["path"]
    fields = declared["schema"]["fields"]
    try:
        frame = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")
        if not isinstance(
            frame.index, pd.RangeIndex
        ):  # pandas takes surplus cells for names of rows, and all others move a column on
            raise ValueError("the rows have more cells than there are columns")
        return typed(frame, fields)
    except FileNotFoundError:
        raise Refusal([f"data/{declared['path']}: the file is missing"]) from None
    except KeyError as error:
        raise Refusal(
            [f"data/{declared['path']}: column {error} is missing; it has {', '.join(frame.columns)}"]
        ) from None
    except (ValueError, TypeError, OverflowError) as error:
        first = str(error).splitlines()[0]
        raise Refusal(check(base, [name]) or [f"data/{declared['path']}: {first}"]) from None


def write(frame: pd.DataFrame, name: str, root: Path | None = None, *, folder: str | None = None) -> Path:
    """One declared table written as CSV (that of a case into its `folder` below data/): declared columns in
    their order, UTF-8, LF, ISO dates, ten significant digits."""
    base = root or paths.root()
    declared = _declared(name, base, folder)
    columns = [field["name"] for field in declared["schema"]["fields"]]
    missing = sorted(set(columns) ^ set(frame.columns))
    if missing:
        raise Refusal([f"data/{declared['path']}: columns {', '.join(missing)} do not match the declaration"])
    file: Path = base / "data" / declared["path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    out = frame[columns].copy()
    for field in declared["schema"]["fields"]:
        if field["type"] == "boolean":
            out[field["name"]] = out[field["name"]].map({True: "true", False: "false"})
    out.to_csv(
        file, index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d", float_format="%.10g"
    )
    return file


def check(root: Path | None = None, names: Iterable[str] | None = None) -> list[str]:
    """Every breach of the declaration, a line each: file, row, column, value, what is allowed, nearest match.
    Empty when all is well.

    Without `names` every table that is not built: what a build starts from. Rows are counted as a spreadsheet
    shows them (the header is row 1). The validator is Frictionless; keys that point at another table are
    checked when that table is among `names`."""

    base = root or paths.root()
    try:
        descriptor = package(base)
    except Refusal as refused:
        return refused.problems
    wanted = (
        set(names)
        if names is not None
        else {r["name"] for r in descriptor["resources"] if not r["path"].startswith("built/")}
    )
    lines = [
        f"data/{r['path']}: the file is missing"
        for r in descriptor["resources"]
        if r["name"] in wanted and not (base / "data" / r["path"]).is_file()
    ]
    present = {
        r["name"]: r
        for r in descriptor["resources"]
        if r["name"] in wanted and (base / "data" / r["path"]).is_file()
    }
    lines += _breaches(descriptor, present, base)
    if names is None:
        for folder in sorted(path for path in (base / "data" / "cases").glob("*") if path.is_dir()):
            lines += _breaches(descriptor, _of_case(descriptor, folder), base)
    return lines


def _of_case(descriptor: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The declarations of the tables that a case keeps in its folder; names of governorates are those of the
    case file."""
    kept = {}
    for table in descriptor["resources"]:
        file = Path(table["path"]).name
        if not table["path"].startswith("built/") and (folder / file).is_file():
            fields = [
                {
                    **f,
                    "constraints": {
                        k: v
                        for k, v in f.get("constraints", {}).items()
                        if f["name"] != "governorate" or k != "enum"
                    },
                }
                for f in table["schema"]["fields"]
            ]
            kept[table["name"]] = {
                **table,
                "path": f"cases/{folder.name}/{file}",
                "schema": {**table["schema"], "fields": fields},
            }
    return kept


def _breaches(descriptor: Mapping[str, Any], present: Mapping[str, Any], base: Path) -> list[str]:
    from frictionless import (
        FrictionlessException,
        Package,
    )  # 0.3 s to import, and most commands never need it

    selected = {
        **descriptor,
        "resources": [
            {
                **r,
                "schema": {
                    **r["schema"],
                    "foreignKeys": [k for k in r["schema"].get("foreignKeys", []) if _reaches(k, present)],
                },
            }
            for r in present.values()
        ],
    }
    lines = [line for r in present.values() for line in _cut(r["path"], descriptor, base)]
    if not present:
        return lines
    try:
        report = Package.from_descriptor(selected, basepath=str(base / "data")).validate()
    except FrictionlessException as error:
        return lines + [
            f"{DESCRIPTOR}: {reason.note or reason.message}" for reason in error.reasons or [error.error]
        ]
    for task in report.tasks:
        fields = {f["name"]: f for f in present[task.name]["schema"]["fields"]}
        lines += [_line(f"data/{present[task.name]['path']}", error, fields) for error in task.errors]
    lines += [f"{DESCRIPTOR}: {error.message}" for error in report.errors]
    return lines


def _cut(path: str, descriptor: Mapping[str, Any], base: Path) -> list[str]:
    """Whether a table seems to have been cut short: in the midst of a line, or between two rows."""
    raw = (base / "data" / path).read_bytes()
    if not raw.endswith((b"\n", b"\r")):
        return [
            f"data/{path}: its last line has no end, as if the file were cut short; if it is whole, end that"
            " line"
        ]
    rows, before = _rows(raw), descriptor.get("rows", {}).get(path, 0)
    if rows < before:
        return [
            f"data/{path}: has {rows} rows, {before} are on record, as if it were cut short; if rows were"
            " meant to go: `escalation codebook`"
        ]
    return []


def _rows(raw: bytes) -> int:
    """How many rows a CSV has below its first."""
    try:
        return max(
            0,
            sum(1 for row in csv.reader(io.StringIO(raw.decode("utf-8", "replace"), newline="")) if row) - 1,
        )
    except csv.Error:  # a quotation mark without its second, over the rest of a large file
        return 0


def recorded(root: Path | None = None) -> str:
    """The declaration's text with the number of rows that each coded table has now, those of cases too.
    `check` refuses a table that has fewer; one that has grown it takes as it is."""
    base = root or paths.root()
    descriptor = package(base)
    coded = {Path(r["path"]).name for r in descriptor["resources"] if r["path"].startswith("coded/")}
    files = sorted(
        file
        for place in ("coded/*.csv", "cases/*/*.csv")
        for file in (base / "data").glob(place)
        if file.name in coded
    )
    rows = {file.relative_to(base / "data").as_posix(): _rows(file.read_bytes()) for file in files}
    if rows == descriptor.get("rows"):
        return (base / DESCRIPTOR).read_text(encoding="utf-8")
    return json.dumps(descriptor | {"rows": rows}, indent=1, ensure_ascii=False) + "\n"


def _reaches(key: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    target = key["reference"]["resource"]
    return target == "" or target in present


def _line(file: str, error: Any, fields: Mapping[str, Any]) -> str:
    row, column = getattr(error, "row_number", None), getattr(error, "field_name", None)
    where = file + (f", row {row}" if row else "") + (f", column {column}" if column else "")
    cell = getattr(error, "cell", None)
    if column is not None and column in fields:
        allowed = fields[column].get("constraints", {}).get("enum")
        if allowed and cell is not None and str(cell) not in allowed:
            return (
                f"{where}: {cell!r} is not allowed; allowed:"
                f" {', '.join(map(str, allowed))}{_nearest(str(cell), map(str, allowed))}"
            )
        if error.type == "type-error":
            return f"{where}: {cell!r} is no {fields[column]['type']}"
    said = error.note or error.message
    return (
        f"{where}: is not UTF-8 text; save it as UTF-8"
        if "codec can't decode" in said
        else f"{where}: {said}"
    )


def codebook(root: Path | None = None) -> str:
    """The codebook as Markdown, printed from the declaration: a table of columns for each table, allowed
    values with their meaning."""
    descriptor = package(root)
    out = [
        f"# Codebook: {descriptor['title']}",
        "",
        "Printed from `datapackage.json` by `escalation codebook`; edit that file, not this one.",
        "",
    ]
    out += [
        (
            f"Data version {descriptor['version']}. Blank means unknown, never zero. Dates are ISO; lists in"
            " a cell are separated by ` | `."
        ),
        "",
    ]
    for table in descriptor["resources"]:
        out += [f"## {table['name']}", "", f"`{table['path']}`: {table['description']}", ""]
        out += ["| column | type | meaning | allowed |", "|---|---|---|---|"]
        for field in table["schema"]["fields"]:
            out.append(
                f"| `{field['name']}` | {field['type']} | {field['description']} | {_allowed(field)} |"
            )
        keys = table["schema"].get("primaryKey")
        if keys:
            out += ["", f"Key: {', '.join(f'`{k}`' for k in ([keys] if isinstance(keys, str) else keys))}."]
        for key in table["schema"].get("foreignKeys", []):
            points = key["reference"]
            out.append(
                f"`{_joined(key['fields'])}` points at"
                f" `{points['resource'] or table['name']}.{_joined(points['fields'])}`."
            )
        labelled = [field for field in table["schema"]["fields"] if field.get("enumLabels")]
        for field in labelled:
            out += ["", f"Values of `{field['name']}`:", ""]
            out += [f"- `{value}`: {meaning}" for value, meaning in field["enumLabels"].items()]
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def _joined(names: str | list[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _allowed(field: Mapping[str, Any]) -> str:
    limits = field.get("constraints", {})
    said = [f"{name} {limits[name]}" for name in ("minimum", "maximum", "pattern") if name in limits]
    said = [text.replace("|", "\\|") for text in said]
    if limits.get("enum"):
        said.append(", ".join(f"`{value}`" for value in limits["enum"]))
    return "; ".join((["required"] if limits.get("required") else []) + said)


def meanings(table: str, column: str, root: Path | None = None) -> dict[str, str]:
    """What each allowed value of a column means, from the declaration."""
    field = next(f for f in resource(table, root)["schema"]["fields"] if f["name"] == column)
    return dict(field.get("enumLabels", {}))
