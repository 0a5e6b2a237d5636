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
WRITE = {"date": "; write 2019-04-25", "boolean": "; write true or false"}
NO_TEXT = "is not UTF-8 text; save it as UTF-8"
_DTYPES = {"integer": "Int64", "number": "float64", "string": "str", "boolean": "boolean"}


def package(root: Path | None = None) -> dict[str, Any]:
    """The descriptor as a dict. Raises Refusal if it is missing or no JSON."""
    file = (root or paths.root()) / DESCRIPTOR
    try:
        loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{DESCRIPTOR}: not found under the project folder") from None
    except UnicodeDecodeError as error:
        raise Refusal(f"{DESCRIPTOR}: is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise Refusal(f"{DESCRIPTOR}, line {error.lineno}: not valid JSON ({error.msg})") from None
    return loaded


def resource(name: str, root: Path | None = None) -> dict[str, Any]:
    """The declaration of one table. Raises Refusal with the nearest name."""
    declared = {r["name"]: r for r in package(root)["resources"]}
    if name not in declared:
        raise Refusal(f"{DESCRIPTOR}: no table {name!r}{nearest(name, declared)}")
    found: dict[str, Any] = declared[name]
    return found


def nearest(value: str, allowed: Iterable[str]) -> str:
    """Words for the end of a refusal that name the allowed value most like this one; blank where none is."""
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
    data/. There a table that a case does not keep has no rows, and one that it keeps may lack columns
    (`completed`). Raises Refusal where the file, a column or a type is wrong; `check` says more."""
    base = root or paths.root()
    declared = _declared(name, base, folder)
    own = declared["path"] != resource(name, base)["path"]
    file = base / "data" / declared["path"]
    fields = declared["schema"]["fields"]
    if own and not file.is_file():
        return typed(pd.DataFrame(columns=[field["name"] for field in fields], dtype="str"), fields)
    try:
        # a spreadsheet may set a mark before the first heading
        frame = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
        if not isinstance(
            frame.index, pd.RangeIndex
        ):  # pandas takes surplus cells for names of rows, and all others move a column on
            raise ValueError("the rows have more cells than there are columns")
        return typed(completed(frame, fields) if own else frame, fields)
    except FileNotFoundError:
        raise Refusal(f"data/{declared['path']}: the file is missing") from None
    except KeyError as error:
        raise Refusal(
            f"data/{declared['path']}: column {error} is missing; it has {', '.join(frame.columns)}"
        ) from None
    except (ValueError, TypeError, OverflowError) as error:
        first = str(error).splitlines()[0]
        found = check_case(base, folder) if own and folder else check(base, [name])
        raise Refusal(found or [f"data/{declared['path']}: {first}"]) from None


def completed(frame: pd.DataFrame, fields: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A case's own table with every declared column, so that a first one may hold as little as `date,title`.

    A column may stand under another of its names (`also` of the declaration); one that is lacking gets what
    the declaration has for it (`absent`: a value, or `{column}` for that of another, `{n}` for a running
    number), else stays blank. Raises KeyError for a column that is needed.

    >>> fields = [{"name": "id", "absent": "T-{day}-{n}"}, {"name": "day", "also": ["date"]}]
    >>> completed(pd.DataFrame({"date": ["2020-01-05"]}), fields)
                   id         day
    0  T-2020-01-05-1  2020-01-05
    """
    names = {other: field["name"] for field in fields for other in field.get("also", ())}
    there = frame.rename(columns={column: names.get(column, column) for column in frame})
    out: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in there.to_dict("records")]
    for field in fields:
        if field["name"] in there:
            continue
        if field.get("constraints", {}).get("required") and "absent" not in field:
            raise KeyError(field["name"])
        for n, row in enumerate(out, 1):
            row[field["name"]] = field["absent"].format(**row, n=n) if field.get("absent") else None
    columns = [field["name"] for field in fields]
    return pd.DataFrame(out, columns=columns, index=frame.index, dtype="str")


def write(frame: pd.DataFrame, name: str, root: Path | None = None, *, folder: str | None = None) -> Path:
    """One declared table written as CSV (that of a case into its `folder` below data/): declared columns in
    their order, UTF-8, LF, ISO dates, ten significant digits."""
    base = root or paths.root()
    declared = _declared(name, base, folder)
    columns = [field["name"] for field in declared["schema"]["fields"]]
    missing = sorted(set(columns) ^ set(frame.columns))
    if missing:
        raise Refusal(f"data/{declared['path']}: columns {', '.join(missing)} do not match the declaration")
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
    return lines


def check_case(root: Path, folder: str) -> list[str]:
    """The same for the tables that a case keeps in its `folder` below data/; columns that may be absent are
    not missed."""
    descriptor = package(root)
    kept, lines = {}, []
    for table in descriptor["resources"]:
        file = root / "data" / folder / Path(table["path"]).name
        if not table["path"].startswith("coded/") or not file.is_file():
            continue
        own, wrong = _of_case(table, file, f"{folder}/{file.name}")
        lines += wrong
        if not wrong:
            kept[table["name"]] = own
    return lines + _breaches(descriptor, kept, root)


def _of_case(table: Mapping[str, Any], file: Path, path: str) -> tuple[dict[str, Any], list[str]]:
    """The declaration of a table as a case keeps it: the columns that it has, in its order and by its names.
    Names of governorates are those of the case file. Second: what is wrong with its columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            heading = next(csv.reader(text), [])
    except (UnicodeDecodeError, csv.Error):
        return {**table, "path": path}, [f"data/{path}: is not UTF-8 text with commas; save it as CSV UTF-8"]
    fields = {field["name"]: field for field in table["schema"]["fields"]}
    names = {other: name for name, field in fields.items() for other in [name, *field.get("also", ())]}
    lines = [
        f"data/{path}, column {column or 'without a name'}: is not a column of {table['name']}{nearest(column, names)}"
        for column in heading
        if column not in names
    ]
    there = {names[column] for column in heading if column in names}
    lines += [
        f"data/{path}: column {name} is missing; it has {', '.join(heading) or 'none'}"
        for name, field in fields.items()
        if name not in there and field.get("constraints", {}).get("required") and "absent" not in field
    ]
    if lines:
        return {**table, "path": path}, lines
    own = []
    for column in heading:
        limits = dict(fields[names[column]].get("constraints", {}))
        if column == "governorate":
            limits.pop("enum", None)
        own.append({**fields[names[column]], "name": column, "constraints": limits})
    rules = {key: value for key, value in table["schema"].items() if key == "missingValues"}
    key = table["schema"].get("primaryKey", [])
    if set([key] if isinstance(key, str) else key) <= set(heading):
        rules["primaryKey"] = key
    return {**table, "path": path, "schema": {**rules, "fields": own}}, []


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
        path = f"data/{present[task.name]['path']}"
        said = [
            _unknown(path, error, present, base)
            if error.type == "foreign-key"
            else _line(path, error, fields)
            for error in task.errors
        ]
        # one that only points at a table which is no text is not wrong itself
        lines += [line for line in said if not (line.endswith(NO_TEXT) and _is_text(base / path))]
        # of claims the days are told with their ids, in evidence
        if (
            "date_last" in fields
            and task.name != "claims"
            and {e.type for e in task.errors} <= {"foreign-key"}
        ):
            lines += _turned(present[task.name]["path"], base)
    lines += [f"{DESCRIPTOR}: {error.message}" for error in report.errors]
    return lines


def _turned(path: str, base: Path) -> list[str]:
    """A line for each row of a table whose last day is before its first."""
    rows = csv.DictReader(io.StringIO((base / "data" / path).read_text("utf-8-sig"), newline=""))
    days = (
        (number, row.get("date_first") or row.get("date"), row["date_last"])
        for number, row in enumerate(rows, 2)
    )
    return [
        f"data/{path}, row {number}, column date_last: {last} is before the first day, {first}"
        for number, first, last in days
        if first and last and last < first
    ]


def _is_text(file: Path) -> bool:
    try:
        file.read_text("utf-8")
    except UnicodeDecodeError:
        return False
    return True


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
                f" {', '.join(map(str, allowed))}{nearest(str(cell), map(str, allowed))}"
            )
        if error.type == "type-error":
            wanted = fields[column]["type"]
            return f"{where}: {cell!r} is no {wanted}{WRITE.get(wanted, '')}"
    said = error.note or error.message
    return f"{where}: {NO_TEXT}" if "codec can't decode" in said else f"{where}: {said}"


def _unknown(file: str, error: Any, present: Mapping[str, Any], base: Path) -> str:
    """A key that its table does not have, with the nearest that it has and what to do."""
    column, target = error.reference_field_names[0], f"data/{present[error.reference_name]['path']}"
    value = error.field_cells[0]
    known = {
        row.get(column, "") for row in csv.DictReader(io.StringIO((base / target).read_text("utf-8-sig")))
    }
    near = nearest(value, sorted(known))
    return (
        f"{file}, row {error.row_number}, column {error.field_names[0]}: {value!r} is no {column} of"
        f" {target}{f'{near} If not,' if near else '; write one that is there, or'} add its row there first"
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
