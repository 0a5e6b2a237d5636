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
    there is, too."""
    package = json.loads((root / "data" / "datapackage.json").read_text("utf-8"))
    files = {"README.txt": _README.format(title=package.get("title", ""), version=package.get("version", ""))}
    for resource in package.get("resources", ()):
        path = resource.get("path", "")
        table = root / "data" / path
        if not isinstance(path, str) or not path.endswith(".csv") or not table.is_file():
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


def _metadata(resource: dict[str, Any], package: dict[str, Any]) -> str:
    said = {key: value for key, value in resource.items() if key not in ("bytes", "hash")}
    said["version"] = package.get("version", "")
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
