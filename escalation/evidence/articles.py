"""A further article: its row for `documents.csv`, a claims template with every place filled in and every
judgement left blank, and what the detector finds in it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from escalation import places
from escalation.errors import Refusal
from escalation.evidence.detector import detect
from escalation.evidence.quantities import numbers
from escalation.paths import not_plain

METADATA = (
    "publisher", "title", "address", "date_first", "date_last", "date_basis", "date_reason", "language",
    "rights", "leaning",
)  # fmt: skip
AROUND = 32


@dataclass(frozen=True)
class Article:
    """What `add_document` makes: `document` (one row for documents.csv), `template` (rows for claims.csv,
    judgement blank), `found` (what the detector lists; see `detector.detect`)."""

    document: pd.DataFrame
    template: pd.DataFrame
    found: pd.DataFrame


def add_document(
    text_path: Path, metadata: dict[str, str], documents: pd.DataFrame, claim_columns: list[str]
) -> Article:
    """Reads a text and prepares it for coding; writes nothing.

    `metadata` holds the `METADATA` columns and may hold author and document_id (by default the next free S
    number). The template has one row a sentence that says anything with a number, a date word or an act, and
    one more for each further number in it. Raises Refusal with all problems: a missing, empty or undecodable
    file, missing or unknown metadata, an address or language that is none, dates that are none or in the
    wrong order, an id or text that is there already."""
    lines, text = _read(text_path)
    lines += _metadata_problems(metadata)
    document_id = metadata.get("document_id") or _next_id(documents)
    digest = hashlib.sha256(text_path.read_bytes()).hexdigest() if text is not None else ""
    if document_id in set(documents["document_id"]):
        lines.append(f"document_id: {document_id} is used already; leave it out for the next free one")
    if digest in set(documents["sha256"]):
        lines.append(f"{text_path.name}: this text stands in documents.csv already")
    if lines or text is None:
        raise Refusal(lines)
    row = {
        **dict.fromkeys(documents.columns, ""),
        **{name: metadata.get(name, "") for name in (*METADATA, "author")},
        "document_id": document_id,
        "tier": "seed",
        "file": f"seeds/{text_path.name}",
        "sha256": digest,
    }
    document = pd.DataFrame([row], columns=list(documents.columns))
    found = detect(text)
    return Article(document, _template(document_id, text, found, claim_columns), found)


def write_article(article: Article, folder: Path) -> list[Path]:
    """Writes document.csv, claims_template.csv and found.csv into a folder of their own; the coded tables
    stay as they are.

    Raises Refusal, and writes nothing, where one of them stands there with other content: it may hold hours
    of coding.
    """
    tables = {"document": article.document, "claims_template": article.template, "found": article.found}
    drafts = {
        folder / f"{name}.csv": frame.to_csv(index=False, lineterminator="\n").encode("utf-8")
        for name, frame in tables.items()
    }
    return places.put(
        drafts, "it may hold coding, so nothing was written: go on with it, or name another folder with --out"
    )


def _read(path: Path) -> tuple[list[str], str | None]:
    if path.exists() and not path.is_dir() and (problem := not_plain(path, most=2**24)):
        return [problem.replace(str(path), path.name, 1)], None
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            text = handle.read()
    except FileNotFoundError:
        return [f"{path.name}: no such file"], None
    except (IsADirectoryError, PermissionError) as error:
        return [f"{path.name}: cannot be read ({error.strerror})"], None
    except UnicodeDecodeError as error:
        return [f"{path.name}: not UTF-8 (byte {error.start}); save it as UTF-8"], None
    return ([f"{path.name}: no text in it"], None) if not text.strip() else ([], text)


def _metadata_problems(metadata: dict[str, str]) -> list[str]:
    lines = [f"{name}: missing; a document needs it" for name in METADATA if not metadata.get(name)]
    allowed = (*METADATA, "author", "document_id")
    lines += [f"{name}: unknown; allowed: {', '.join(allowed)}" for name in metadata if name not in allowed]
    wanted = metadata.get("document_id")
    if wanted and not re.fullmatch(r"S\d{3}", wanted):
        lines.append(f"document_id: {wanted!r} is no id like S003; leave it out for the next free one")
    address, language = metadata.get("address"), metadata.get("language")
    if address and not re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", address):
        lines.append(f"address: {address!r} is no address like https://example.org/article")
    if language and not re.fullmatch(r"[a-z]{2,3}", language):
        lines.append(f"language: {language!r} is no ISO 639 code like en or ar")
    dates = {}
    for name in ("date_first", "date_last"):
        if metadata.get(name):
            try:
                dates[name] = pd.to_datetime(metadata[name], format="%Y-%m-%d")
            except ValueError:
                lines.append(f"{name}: {metadata[name]!r} is no date like 2019-04-27")
    if len(dates) == 2 and dates["date_first"] > dates["date_last"]:
        lines.append(f"date_first: {metadata['date_first']} is after date_last {metadata['date_last']}")
    return lines


def _next_id(documents: pd.DataFrame) -> str:
    return f"S{max(int(name[1:]) for name in documents['document_id']) + 1:03d}" if len(documents) else "S000"


def _template(document_id: str, text: str, found: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    words = found[found["kind"] != "sentence"]
    for start, end in found.loc[found["kind"] == "sentence", ["char_start", "char_end"]].to_numpy():
        inside = words[(words["char_start"] >= start) & (words["char_end"] <= end)]
        if inside.empty:
            continue
        said = [n.text for n in numbers(text[start:end])]
        for number in said or [""]:
            rows.append(
                dict.fromkeys(columns, "")
                | {
                    "claim_id": f"{document_id}-{len(rows) + 1:02d}",
                    "document_id": document_id,
                    "quote": text[start:end],
                    "prefix": text[max(0, start - AROUND) : start].rpartition("\n")[2],
                    "suffix": text[end : end + AROUND].partition("\n")[0].removesuffix("\r"),
                    "char_start": start,
                    "char_end": end,
                    "note": f"number: {number}" if number else "",
                }
            )
    return pd.DataFrame(rows, columns=columns)
