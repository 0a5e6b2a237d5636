"""All formats of the evidence into one folder."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from escalation import cases, places, schema
from escalation.errors import Refusal
from escalation.evidence.link import link
from escalation.export.geojson import geojson
from escalation.export.spans import annotations, brat, brat_configuration
from escalation.export.tables import ged, hxl, inert, plover, spreadsheet

FORMATS = ("annotations", "brat", "ged", "plover", "hxl", "geojson", "spreadsheet")


def export(root: Path, folder: Path, *, formats: Iterable[str] = FORMATS, tiers: str = "all") -> list[Path]:
    """Writes the evidence of a project into `folder` and returns the files, sorted. brat gets a copy of each
    seed beside its annotations: a third-party text, not for passing on. Raises Refusal for an unknown format,
    for a folder that is a file or a project's own, and, with nothing written, where one of the files stands
    there with other content."""
    wanted = list(formats)
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise Refusal([f"format {name!r}; allowed: {', '.join(FORMATS)}" for name in unknown])
    folder = places.outside(folder, root, option="")
    names = ("claims", "documents", "incidents", "merges", "origins", "places", "talks")
    table = {name: schema.read(name, root) for name in names}
    case = cases.of_tables("coded", root)
    if "ged" in wanted and case.export is None:
        raise Refusal("format 'ged': the case has no [export] in its file, which names the sides and country")
    linking = [table[name] for name in ("claims", "incidents", "merges", "origins", "places")]
    events = link(*linking, tiers=tiers, actors=case.actors)
    files: dict[str, bytes] = {}
    if "annotations" in wanted:
        files["claims.jsonld"] = _json(annotations(table["claims"], table["documents"]))
    if "brat" in wanted:
        files |= _brat(table["claims"], table["documents"], root)
    if "ged" in wanted:
        files["events_ged.csv"] = _csv(ged(events, table["incidents"], table["places"], case))
    if "plover" in wanted:
        files["plover.csv"] = _csv(plover(table["claims"], events, table["talks"]))
    if "hxl" in wanted:
        files["events_hxl.csv"] = _csv(hxl(events, table["incidents"], table["places"]))
    if "geojson" in wanted:
        files["events.geojson"] = _json(geojson(events, table["places"]))
    if "spreadsheet" in wanted:
        for path in sorted(resource["path"] for resource in schema.package(root)["resources"]):
            if (root / "data" / path).is_file():
                files[f"spreadsheet/{path.replace('/', '_')}"] = spreadsheet(
                    (root / "data" / path).read_bytes()
                )
    remedy = "remove it if it is an earlier export, or name another folder; nothing was written"
    return places.put({folder / name: content for name, content in sorted(files.items())}, remedy)


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def _csv(frame: pd.DataFrame) -> bytes:
    return (
        inert(frame)
        .to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d", float_format="%.10g")
        .encode("utf-8")
    )


def _brat(claims: pd.DataFrame, documents: pd.DataFrame, root: Path) -> dict[str, bytes]:
    kinds, statuses = (sorted(claims[column].unique()) for column in ("claim_type", "status"))
    files = {"brat/annotation.conf": brat_configuration(kinds, statuses).encode("utf-8")}
    for document in documents.to_dict("records"):
        name = f"brat/{document['document_id']}"
        files[f"{name}.txt"] = (root / document["file"]).read_bytes()
        files[f"{name}.ann"] = brat(claims[claims["document_id"] == document["document_id"]]).encode("utf-8")
    return files
