"""All formats of the evidence into one folder."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence.link import link
from escalation.export.geojson import geojson
from escalation.export.spans import annotations, brat, brat_configuration
from escalation.export.tables import ged, hxl, inert, plover

FORMATS = ("annotations", "brat", "ged", "plover", "hxl", "geojson")


def export(root: Path, folder: Path, *, formats: Iterable[str] = FORMATS, tiers: str = "all") -> list[Path]:
    """Writes the evidence of a project into `folder` and returns the files, sorted. brat gets a copy of each seed beside its
    annotations: a third-party text, not for passing on. Raises Refusal for an unknown format or a folder that is a file."""
    wanted = list(formats)
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise Refusal([f"format {name!r}; allowed: {', '.join(FORMATS)}" for name in unknown])
    if folder.exists() and not folder.is_dir():
        raise Refusal([f"{folder.name}: is a file; name a folder"])
    names = ("claims", "documents", "incidents", "merges", "origins", "places", "talks")
    table = {name: schema.read(name, root) for name in names}
    events = link(table["claims"], table["incidents"], table["merges"], table["origins"], table["places"], tiers=tiers)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    if "annotations" in wanted:
        written.append(_json(annotations(table["claims"], table["documents"]), folder / "claims.jsonld"))
    if "brat" in wanted:
        written += _brat(table["claims"], table["documents"], root, folder / "brat")
    if "ged" in wanted:
        written.append(_csv(ged(events, table["incidents"], table["places"]), folder / "events_ged.csv"))
    if "plover" in wanted:
        written.append(_csv(plover(table["claims"], events, table["talks"]), folder / "plover.csv"))
    if "hxl" in wanted:
        written.append(_csv(hxl(events, table["incidents"], table["places"]), folder / "events_hxl.csv"))
    if "geojson" in wanted:
        written.append(_json(geojson(events, table["places"]), folder / "events.geojson"))
    return sorted(written)


def _json(content: object, path: Path) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8", newline="\n")
    return path


def _csv(frame: pd.DataFrame, path: Path) -> Path:
    inert(frame).to_csv(path, index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d", float_format="%.10g")
    return path


def _brat(claims: pd.DataFrame, documents: pd.DataFrame, root: Path, folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    configuration = folder / "annotation.conf"
    kinds, statuses = (sorted(claims[column].unique()) for column in ("claim_type", "status"))
    configuration.write_text(brat_configuration(kinds, statuses), encoding="utf-8", newline="\n")
    written = [configuration]
    for document in documents.to_dict("records"):
        text, spans = (folder / f"{document['document_id']}.{ending}" for ending in ("txt", "ann"))
        shutil.copyfile(root / document["file"], text)
        spans.write_text(brat(claims[claims["document_id"] == document["document_id"]]), encoding="utf-8", newline="\n")
        written += [text, spans]
    return written
