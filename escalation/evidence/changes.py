"""What changed between two versions of the coded tables: added, changed and removed rows, cell by cell."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence.errata import release

VERSIONS = Path("data", "versions")
COLUMNS = ["table", "row_id", "change", "column", "old_value", "new_value"]


Version = Mapping[str, tuple[list[str], pd.DataFrame]]


def as_written(path: Path) -> pd.DataFrame:
    """A table with every cell as its CSV has it: text, blank for blank."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def read_version(root: Path) -> dict[str, tuple[list[str], pd.DataFrame]]:
    """The coded tables of a project folder by name: key columns, and every cell as written, under the columns'
    names of today (`also` of the declaration has those before): a new name is no change of a fact."""
    found = {}
    today = {
        each["name"]: {
            old: field["name"] for field in each["schema"]["fields"] for old in field.get("also", ())
        }
        for each in schema.package()["resources"]
    }
    fields = {old: name for names in today.values() for old, name in names.items()}
    for resource in schema.package(root)["resources"]:
        if resource["path"].startswith("coded/"):
            key = resource["schema"]["primaryKey"]
            table = as_written(root / "data" / resource["path"])
            names = {old: name for old, name in today.get(resource["name"], {}).items() if name not in table}
            table = table.rename(columns=names)
            if "field" in table:
                table["field"] = table["field"].replace(fields)
            found[resource["name"]] = ([key] if isinstance(key, str) else key, table)
    return found


def changes(old: Version, new: Version) -> pd.DataFrame:
    """One row a change, by table in the order of the new version and by id: table, row_id, change (added,
    removed, changed), column (blank unless changed), old_value, new_value. A table that came or went gives
    all its rows; a new column gives a change a cell that is not blank."""
    rows: list[dict[str, str]] = []
    for table in [*new, *(t for t in old if t not in new)]:
        before, after = (_by_id(*version[table]) if table in version else {} for version in (old, new))
        for row_id in sorted({*before, *after}):
            base = {"table": table, "row_id": row_id, "column": "", "old_value": "", "new_value": ""}
            if row_id not in before:
                rows.append(base | {"change": "added"})
            elif row_id not in after:
                rows.append(base | {"change": "removed"})
            else:
                was, now = before[row_id], after[row_id]
                rows += [
                    base
                    | {
                        "change": "changed",
                        "column": column,
                        "old_value": was.get(column, ""),
                        "new_value": now.get(column, ""),
                    }
                    for column in {**now, **was}
                    if was.get(column, "") != now.get(column, "")
                ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_id(keys: list[str], frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    return {" ".join(record[k] for k in keys): record for record in frame.to_dict("records")}  # type: ignore[misc]


def earlier(root: Path) -> Path:
    """The folder of the version before this one, out of those kept in `data/versions`: the newest that is
    lower than the data's own, or that of the same number once the tables differ from it. Raises Refusal where
    none is kept."""
    now: str = schema.package(root)["version"]
    kept = {
        file.parent.parent.name: file.parent.parent
        for file in (root / VERSIONS).glob("*/data/datapackage.json")
    }
    if now in kept and not changes(read_version(kept[now]), read_version(root)).empty:
        return kept[now]
    lower = [version for version in kept if release(version) < release(now)]
    if not lower:
        raise Refusal(
            f"{VERSIONS.as_posix()}: holds no version before {now}; name the folder of an earlier checkout"
        )
    return kept[max(lower, key=release)]


def keep(root: Path) -> Path:
    """The coded tables and their declaration put by as the data's version, `data/versions/VERSION`; gives
    that folder. Raises Refusal if other tables are kept under that number: what was published stays as it
    was."""
    version: str = schema.package(root)["version"]
    folder = root / VERSIONS / version
    if folder.is_dir():
        if not changes(read_version(folder), read_version(root)).empty:
            said = f"{VERSIONS.as_posix()}/{version}: is kept, and the tables differ from it"
            raise Refusal(f"{said}; raise the version in {schema.DESCRIPTOR.as_posix()}")
        return folder
    paths = [
        schema.DESCRIPTOR,
        *(
            Path("data", r["path"])
            for r in schema.package(root)["resources"]
            if r["path"].startswith("coded/")
        ),
    ]
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, folder / path)
    return folder


def released(root: Path) -> str:
    """The day on which the data's version came out, as `CITATION.cff` gives it. Raises Refusal if that file
    is missing, gives no day, or cites another version."""
    file, version = root / "CITATION.cff", schema.package(root)["version"]
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    cited = re.search(r"^version: *(\S+)$", text, re.M)
    day = re.search(r"^date-released: *(\d{4}-\d{2}-\d{2})$", text, re.M)
    if not cited or not day or cited[1] != version:
        said = f"CITATION.cff: has to say `version: {version}`, as {schema.DESCRIPTOR.as_posix()} does"
        raise Refusal(f"{said}, and `date-released: YYYY-MM-DD`")
    return day[1]


def changelog(found: pd.DataFrame, *, before: str, version: str, date: str) -> str:
    """The changes from version `before` to `version` as a Markdown section for CHANGELOG.md: counts first,
    then each row; nothing changed says so."""
    to = f"{version} ({date})" if version != before else "not yet a version"
    lines = [f"## Data {before} → {to}", ""]
    if found.empty:
        return "\n".join([*lines, "No change in the coded tables.", ""])
    rows = found.drop_duplicates(["table", "row_id", "change"])
    for table, part in rows.groupby("table", sort=False):
        counts = part["change"].value_counts()
        said = ", ".join(f"{counts[c]} {c}" for c in ("added", "changed", "removed") if c in counts)
        lines += [f"### {table}: {said}", ""]
        mine = found[found["table"] == table]
        for change in ("added", "removed"):
            ids = list(mine.loc[mine["change"] == change, "row_id"])
            if ids:
                lines.append(f"- {change}: {', '.join(ids)}")
        for row in mine[mine["change"] == "changed"].to_dict("records"):
            lines.append(
                f"- `{row['row_id']}` {row['column']}: {_said(row['old_value'])} → {_said(row['new_value'])}"
            )
        lines.append("")
    return "\n".join(lines)


def _said(value: str, width: int = 80) -> str:
    line = " ".join(value.split())
    return "blank" if not line else f"“{line if len(line) <= width else line[: width - 1] + '…'}”"
