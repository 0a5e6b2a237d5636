"""Quotes found again: each claim stands at its offsets in an unchanged seed, says its number, and ends before
its document appeared."""

import hashlib
from collections.abc import Hashable, Iterable
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pandas as pd

from escalation.errors import Refusal
from escalation.evidence.quantities import numbers

TABLE = "claims.csv"
MOST_CLAIMS = 10_000
Record = dict[Hashable, Any]


def seed_text(root: Path, file: str) -> str:
    """A document as it was published: UTF-8, line ends and every character untouched."""
    with (root / file).open(encoding="utf-8", newline="") as handle:
        return handle.read()


def anchor(claims: pd.DataFrame, documents: pd.DataFrame, places: pd.DataFrame, root: Path) -> pd.DataFrame:
    """The claims in the order of their documents and offsets, every one proven to stand where it says. Raises
    Refusal with all problems at once; see `problems`.

    >>> text = "On Friday 14 people left. A monitor said so."
    >>> claims = pd.DataFrame({"claim_id": ["A-1"], "document_id": ["A"], "quote": ["14 people left"],
    ...     "prefix": [""], "suffix": [""],
    ...                        "char_start": [10], "char_end": [24], "status": ["reported"],
    ...                        "qualifier": ["exact"], "unit": ["people"],
    ...                        "low": [14], "value": [14], "high": [14], "place_ids": [None]})
    >>> claims = claims.assign(date_first=pd.Timestamp("2020-01-03"), date_last=pd.Timestamp("2020-01-03"))
    >>> documents = pd.DataFrame({"document_id": ["A"], "file": ["a.txt"],
    ...     "sha256": [hashlib.sha256(text.encode()).hexdigest()]})
    >>> documents = documents.assign(date_first=pd.Timestamp("2020-01-04"),
    ...     date_last=pd.Timestamp("2020-01-04"))
    >>> places = pd.DataFrame({"place_id": ["town"]})
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text(text)
    ...     found = anchor(claims, documents, places, Path(folder))
    ...     wrong = problems(claims.assign(char_start=0, char_end=14), documents, places, Path(folder))
    >>> found[["claim_id", "quote"]]
      claim_id           quote
    0      A-1  14 people left
    >>> wrong
    ['claims.csv, row 2 (A-1), char_start: the quote does not stand at 0 to 14; it stands at 10 to 24']
    """
    found = problems(claims, documents, places, root)
    if found:
        raise Refusal(found)
    return claims.sort_values(["document_id", "char_start", "char_end", "claim_id"], ignore_index=True)


def problems(claims: pd.DataFrame, documents: pd.DataFrame, places: pd.DataFrame, root: Path) -> list[str]:
    """Everything wrong with documents and claims, a line each: file, row, id, column, value, what is allowed,
    nearest match.

    Frames are as `schema.read` returns them; rows are counted as a spreadsheet shows them (the header is row
    1)."""
    if len(claims) > MOST_CLAIMS:
        return [
            f"{TABLE}: has {len(claims):,} claims; {MOST_CLAIMS:,} are the most, since each is looked for in the"
            " whole of its document and printed on the page"
        ]
    lines, texts = _texts(documents, root)
    known_places = sorted(places["place_id"].dropna())
    published = documents.set_index("document_id")[["date_first", "date_last"]]
    seen: dict[str, int] = {}
    for row, claim in enumerate(claims.to_dict("records"), 2):
        where = f"{TABLE}, row {row} ({claim['claim_id']})"
        if claim["claim_id"] in seen:
            lines.append(
                f"{where}, claim_id: already used in row {seen[claim['claim_id']]}; ids are given once"
            )
        seen.setdefault(claim["claim_id"], row)
        if claim["document_id"] not in published.index:
            allowed = sorted(published.index)
            lines.append(
                f"{where}, document_id: {claim['document_id']!r} is no document; allowed:"
                f" {', '.join(allowed)}" + _nearest(claim["document_id"], allowed)
            )
        else:
            last = published.loc[claim["document_id"], "date_last"]
            if claim["status"] != "planned" and claim["date_last"] > last:
                lines.append(
                    f"{where}, date_last: {claim['date_last']:%Y-%m-%d} is after its document was published"
                    f" ({last:%Y-%m-%d}); allowed: up to that day, or status planned"
                )
            if claim["document_id"] in texts:
                lines += _quote(where, claim, texts[claim["document_id"]])
        if claim["date_first"] > claim["date_last"]:
            lines.append(
                f"{where}, date_first: {claim['date_first']:%Y-%m-%d} is after date_last"
                f" {claim['date_last']:%Y-%m-%d}"
            )
        lines += _numbers(where, claim)
        for place in cell_list(claim["place_ids"]):
            if place not in known_places:
                lines.append(
                    f"{where}, place_ids: {place!r} is not in places.csv{_nearest(place, known_places)}"
                )
    return lines


def _texts(documents: pd.DataFrame, root: Path) -> tuple[list[str], dict[str, str]]:
    lines, texts = [], {}
    for row, document in enumerate(documents.to_dict("records"), 2):
        where = f"documents.csv, row {row} ({document['document_id']})"
        path = root / document["file"]
        if Path(document["file"]).is_absolute() or ".." in Path(document["file"]).parts:
            lines.append(
                f"{where}, file: {document['file']!r} leads out of the project; allowed: a file below it,"
                " such as seeds/NAME.txt"
            )
            continue
        if not path.is_file():
            lines.append(f"{where}, file: {document['file']} is missing")
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != document["sha256"]:
            lines.append(
                f"{where}, sha256: {document['file']} has changed ({digest[:12]}…, declared"
                f" {document['sha256'][:12]}…); put it back"
            )
        try:
            texts[document["document_id"]] = seed_text(root, document["file"])
        except UnicodeDecodeError as error:
            lines.append(f"{where}, file: {document['file']} is not UTF-8 (byte {error.start})")
    return lines, texts


def _quote(where: str, claim: Record, text: str) -> list[str]:
    quote, start, end = str(claim["quote"]), int(str(claim["char_start"])), int(str(claim["char_end"]))
    prefix, suffix = _blank(claim["prefix"]), _blank(claim["suffix"])
    if text[start:end] != quote:
        at = find_all(text, quote)
        if not at:
            return [f"{where}, quote: not in its document: {_short(quote)}{_like(text, quote)}"]
        stands = ", ".join(f"{i} to {i + len(quote)}" for i in at)
        return [f"{where}, char_start: the quote does not stand at {start} to {end}; it stands at {stands}"]
    lines = []
    if not text[:start].endswith(prefix):
        lines.append(
            f"{where}, prefix: {_short(prefix)} does not stand before the quote; there stands"
            f" {_short(text[max(0, start - 32) : start])}"
        )
    if not text[end:].startswith(suffix):
        lines.append(
            f"{where}, suffix: {_short(suffix)} does not stand after the quote; there stands"
            f" {_short(text[end : end + 32])}"
        )
    if not lines and len(find_all(text, prefix + quote + suffix)) > 1:
        lines.append(
            f"{where}, quote: with prefix and suffix it stands {len(find_all(text, quote))} times in its document; lengthen the"
            " prefix or suffix"
        )
    return lines


def _numbers(where: str, claim: Record) -> list[str]:
    number: dict[str, int | None] = {
        name: None if pd.isna(claim[name]) else int(claim[name]) for name in ("low", "value", "high")
    }
    low, value, high = number["low"], number["value"], number["high"]
    said, lines = numbers(str(claim["quote"])), []
    for name, other in (("low", "value"), ("value", "high"), ("low", "high")):
        left, right = number[name], number[other]
        if left is not None and right is not None and left > right:
            lines.append(f"{where}, {name}: {left} is above {other} {right}")
    if value is not None and value not in [n.value for n in said]:
        allowed = (
            ", ".join(f"{n.value}" for n in said if n.value is not None) or "blank: no number stands in it"
        )
        lines.append(
            f"{where}, value: {value} does not stand in the quote {_short(str(claim['quote']))}; allowed:"
            f" {allowed}"
        )
    expected = _expected(str(claim["qualifier"]), value)
    if not lines and expected is not None and (low, value, high) != expected:
        has, wants = (
            ", ".join(f"{n} {_show(v)}" for n, v in zip(number, three, strict=True))
            for three in (number.values(), expected)
        )
        lines.append(f"{where}, qualifier: {claim['qualifier']} does not fit {has}; allowed: {wants}")
    if claim["qualifier"] == "verbal":
        bounds = [n.bounds for n in said if n.bounds]
        if value is not None or (low, high) not in bounds:
            allowed = (
                " or ".join(f"low {first}, high {last}" for first, last in bounds)
                or "none: no word of quantity stands in the quote"
            )
            lines.append(
                f"{where}, qualifier: verbal wants a blank value and the bounds of the convention; allowed:"
                f" {allowed}"
            )
    if (value is not None or low is not None) and not _blank(claim["unit"]):
        lines.append(f"{where}, unit: blank beside a number")
    return lines


def _expected(qualifier: str, value: int | None) -> tuple[int | None, int | None, int | None] | None:
    """Low, value and high that a qualifier asks for, by the table of CODING.md; None for a verbal
    quantity."""
    return {
        "exact": (value, value, value),
        "at_least": (value, value, None),
        "more_than": (value, value, None),
        "about": (None, value, None),
        "none": (None, None, None),
    }.get(qualifier)


def find_all(text: str, part: str) -> list[int]:
    """Every offset at which `part` stands in `text`, overlapping ones too."""
    places, at = [], text.find(part)
    while at >= 0:
        places.append(at)
        at = text.find(part, at + 1)
    return places


# One for one, so that offsets hold: what a word processor changes in a quote that is pasted through it.
_TYPEWRITER = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "}
)


def _like(text: str, quote: str) -> str:
    """Where a quote that is gone seems to have stood: the same words in other signs, or the longest stretch
    it shares with the text."""
    at = text.translate(_TYPEWRITER).find(quote.translate(_TYPEWRITER))
    if at >= 0:
        return (
            f"; with other quotation marks, dashes or blanks it stands at {at}: copy"
            f" {_short(text[at : at + len(quote)])} from the file"
        )
    if normalize("NFC", quote) in normalize("NFC", text):
        return "; it stands there with accents written another way: copy it from the file"
    match = SequenceMatcher(None, text, quote, autojunk=False).find_longest_match()
    if match.size < 8:
        return ""
    start = max(0, match.a - match.b)
    return f"; nearest, at {start}: {_short(text[start : start + len(quote)])}"


def cell_list(cell: Any) -> list[str]:
    """The parts of a cell that holds a list; none for a blank one."""
    return [] if pd.isna(cell) else [part for part in str(cell).split(" | ") if part]


def _blank(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell)


def _show(number: int | None) -> str:
    return "blank" if number is None else str(number)


def _short(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return (
        f'"{line}"'
        if len(line) <= width
        else f'"{line[: width // 2].rstrip()}…{line[-width // 2 :].lstrip()}"'
    )


def _nearest(value: str, allowed: Iterable[str]) -> str:
    near = get_close_matches(str(value), list(allowed), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
