"""What a claim, a comparison, a document or a record says, in the words that page, PDF and Markdown edition
share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from escalation.evidence.detector import detect
from escalation.page import reader
from escalation.page.blocks import CHECKS, plain
from escalation.page.references import Drawing, References, Row

UNCORRECTED = "No correction of what was published is on record for this report."
_MARKS = "“”\"' ."  # around a quote: they make no other value


@dataclass(frozen=True)
class Check:
    """A claim against the record or another claim. `values`: ("Here", …), ("Elsewhere", …); `others`: the
    claims compared with."""

    row: Row
    verdict: str
    values: list[tuple[str, str]]
    claims: list[str]
    others: list[str]

    def __getattr__(self, name: str) -> str:
        """A column of `checks`; blank where the file has none."""
        return self.row.get(name, "")


@dataclass(frozen=True)
class Card:
    """A claim: its row, what stands under the quote, and its checks. `publisher`: who published the document,
    or its id."""

    row: Row
    publisher: str
    place: str
    pairs: list[tuple[str, str]]
    checks: list[Check]


def credited_once(line: str, told: set[str]) -> str:
    """A source line without what stood in one before it (`told`, to which it adds): in its first sentence, the
    credits, what is in brackets, and the sentences after that.

    >>> told: set[str] = set()
    >>> credited_once("Counts 1 (Lee et al. 2021; CC BY 4.0). Some Town; 2019 to 2020.", told)
    'Counts 1 (Lee et al. 2021; CC BY 4.0). Some Town; 2019 to 2020.'
    >>> credited_once("our notes; Counts 1 (Lee et al. 2021; CC BY 4.0). Some Town; 2019 to 2020.", told)
    'our notes; Counts 1.'
    """
    credits, *others = re.split(r"(?<!\bal)\. ", line.removesuffix("."))
    brackets = re.findall(r" \([^()]*\)", credits)
    for bracket in told.intersection(brackets):
        credits = credits.replace(bracket, "")
    kept = [one for one in others if one not in told]
    told.update(brackets, others)
    return ". ".join([credits, *kept]) + "." if line else ""


def credit(drawing: Drawing, told: set[str]) -> str:
    """A figure's source line in a document that has said `told` already; its files keep the whole."""
    line = credited_once(drawing.fact("source").removeprefix("Source: "), told)
    return f"Source: {line}" if line else ""


def card(known: References, claim_id: str) -> Card:
    """Who said it, in which document and where, of when, who to whom, how many, and the coder's note; blanks
    are left out."""
    row = known.claims[claim_id]
    publisher = known.documents.get(row["document_id"], {}).get("publisher") or row["document_id"]
    place = f", letters {row['char_start']} to {row['char_end']}" if row.get("char_start") else ""
    verb, kind, stake = row.get("reporting_verb", ""), row.get("speaker_type", ""), row.get("stake", "")
    said_by = [
        row.get("speaker", ""),
        kind.replace("_", " "),
        f"“{verb}”" if verb else "",
        stake.replace("_", " "),
    ]
    parties = [", ".join(listed(cell)) for cell in (row.get("actor", ""), row.get("target", "")) if cell]
    pairs = [
        ("Said by", "; ".join(one for one in said_by if one)),
        ("In", f"{publisher} ({row['document_id']}){place}"),
        (
            "When",
            dates(row, how=", ".join(row[key] for key in ("date_precision", "date_basis") if row.get(key))),
        ),
        ("Who, to whom", " → ".join(parties)),
        ("Number", quantity(row)),
        ("Note", row.get("note", "")),
    ]
    checks = [check(known, one, under_quote=True) for one in known.checks.get(claim_id, ())]
    return Card(row, publisher, place, [(name, value) for name, value in pairs if value], checks)


def check(known: References, row: Row, *, under_quote: bool = False) -> Check:
    """A comparison with both values; under the claim's quote, what only repeats it is left out."""
    claims = listed(row.get("claim_id", ""))
    quotes = [known.claims[name]["quote"].strip(_MARKS) for name in claims if name in known.claims]
    own = row.get("our_value", "")
    status = row.get("status", "")
    other = "The accused party" if status == "party_denies" else "Elsewhere"
    pairs = [
        ("Here", "" if under_quote and own.strip(_MARKS) in quotes else own),
        (other, row.get("other_value", "")),
    ]
    values = [(name, plain(value)) for name, value in pairs if value]
    return Check(row, CHECKS.get(status, status), values, claims, other_claims(row, known))


def corrected(row: Row) -> list[tuple[str, str]]:
    """A correction as the report shows it in every edition: name and value, blank for what it does not
    concern."""
    at = ", ".join(
        part
        for part in (row.get("date", ""), f"data version {row['version']}" if row.get("version") else "")
        if part
    )
    return [
        ("Before", row.get("was", "")),
        ("After", row.get("now", "")),
        ("Verdict", row.get("verdict", "")),
        ("Why", row.get("reason", "")),
        ("Corrected", at),
    ]


def source(known: References, claim: Row) -> str:
    """Who says so, where and when published."""
    document = known.documents.get(claim["document_id"], {})
    publisher = document.get("publisher", claim["document_id"])
    speaker = claim.get("speaker", "")
    return plain(
        ", ".join(
            one
            for one in (speaker if speaker != publisher else "", publisher, document.get("date_first", ""))
            if one
        )
    )


def quantity(row: Row) -> str:
    """A claim's number with its range, qualifier and unit."""
    low, best, high = row.get("low", ""), row.get("value", ""), row.get("high", "")
    if not (low or best or high):
        return ""
    number = best or (f"{low} to {high}" if low and high else f"{low} or more" if low else f"up to {high}")
    around = f" ({low or '?'} to {high or '?'})" if best and (low or high) and not low == best == high else ""
    qualifier = row.get("qualifier", "").replace("_", " ")
    return f"{'' if qualifier in ('exact', 'none') else qualifier + ' '}{number}{around} {row.get('unit', '')}".strip()


TOLD = ("opinion", "context")  # a sentence with nothing else is not quoted in the text of its document


def claims_of(known: References, document_id: str) -> list[Row]:
    """The claims coded in a document."""
    return [row for row in known.claims.values() if row["document_id"] == document_id]


def seed(known: References, document_id: str) -> list[list[reader.Run]]:
    """A document's paragraphs, cut at the edges of its claims: sentences in which it tells of something that
    happened, was planned or called off are quoted; of those with nothing but views and background, and of
    headings, only the number is told."""
    text, claims = known.seed(document_id), claims_of(known, document_id)
    found = detect(text).query("kind == 'sentence'")
    sentences = list(zip(found["char_start"], found["char_end"], strict=True))
    return reader.excerpt(
        text, claims, sentences, quoted={row["claim_id"] for row in claims if row.get("status") not in TOLD}
    )


def other_claims(difference: Mapping[str, str], known: References) -> list[str]:
    """The claims that a check compares its own claim with; other records stand in the same column."""
    return [name for name in listed(difference.get("other_id", "")) if name in known.claims]


def listed(cell: str) -> list[str]:
    """The entries of a cell that holds a list."""
    return [one.strip() for one in cell.split(" | ") if one.strip()]


def dates(row: Row, *, how: str = "") -> str:
    """A day, or first and last day, and how they are known."""
    first, last = row.get("date_first", ""), row.get("date_last", "")
    days = f"{first} to {last}" if first and last and first != last else first or last
    return f"{days} ({how})" if days and how else days


def is_key(value: str) -> bool:
    """A date, a number or an id: it stays on one line."""
    return len(value) <= 20 and not any(letter.isspace() for letter in value)


def host(address: str) -> str:
    """The site an address belongs to, for a short link text."""
    return urlsplit(address).netloc.removeprefix("www.") or address


def shortened(value: str, length: int) -> str:
    """The beginning of a long text, cut between words."""
    shown = " ".join(plain(value).split())
    return shown if len(shown) <= length else shown[:length].rsplit(" ", 1)[0] + " …"
