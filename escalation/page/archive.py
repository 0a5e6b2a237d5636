"""All data of a report as one zip beside its page, with a metadata file for every table."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

NAME = "data.zip"
_README = """{title}, data version {version}.

Every table of data/datapackage.json that this report was made of, as CSV (UTF-8). Beside each stands
NAME.metadata.json: what the table and its columns mean, their types, units and sources, in the words of
Frictionless Table Schema.
Licence: CC BY 4.0; please credit the sources named in the metadata.
"""
# the first day that a zip can name: no clock in a published file
_DAY = (1980, 1, 1, 0, 0, 0)


def of_data(root: Path) -> bytes:
    """The zip's bytes, the same for the same data: sorted, without dates, and stored as they are, since
    compressors differ. What `data/datapackage.json` says of sizes and hashes is left out; a table that is not
    there is, too. Of another war its own tables are taken, without what the package says of those of the published
    one."""
    package = json.loads((root / "data" / "datapackage.json").read_text("utf-8"))
    files = {"README.txt": _README.format(title=package.get("title", ""), version=package.get("version", ""))}
    built = root / "data" / "built" / "case.json"
    case = json.loads(built.read_text("utf-8")) if built.is_file() else {}
    folders = {"coded": case.get("tables", "coded"), "series": case.get("series", "series")}
    file = built.with_name("sources.json")
    records = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for resource in package.get("resources", ()):
        folder, _, name = str(resource.get("path", "")).partition("/")
        path = f"{folders.get(folder, folder)}/{name}"
        resource = resource if folders["coded"] == "coded" else _of_another(resource, path, records)
        table = root / "data" / path
        if not path.endswith(".csv") or not table.is_file():
            continue
        files[path] = table.read_text("utf-8")
        files[path.removesuffix(".csv") + ".metadata.json"] = _metadata(resource, package)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, text)
    return out.getvalue()


def _of_another(resource: dict[str, Any], path: str, records: dict[str, Any]) -> dict[str, Any]:
    """What the package says of the columns of a table, for that of another war: not which names the published one
    has in them. `records`: where its counts come from."""
    fields = [
        {key: field[key] for key in ("name", "type", "format", "unit", "description") if key in field}
        for field in resource.get("schema", {}).get("fields", ())
    ]
    sources = [{"title": record["credit"]} for record in records.values() if record.get("credit")]
    return {"name": resource.get("name", ""), "path": path, "schema": {"fields": fields}, "sources": sources}


def _metadata(resource: dict[str, Any], package: dict[str, Any]) -> str:
    said = {key: value for key, value in resource.items() if key not in ("bytes", "hash")}
    said["version"] = package.get("version", "")
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
