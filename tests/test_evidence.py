"""Quotes, numbers and dates of the claims: known truth in, known truth out, and refusals a coder
understands."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import Refusal
from escalation.evidence import anchor, numbers, problems

ROOT = Path(__file__).resolve().parent.parent
TEXT = (
    "On Friday 14 civilians were killed. A monitor said at least 150 people fled.\nTens of thousands left."
    " More than 20 died, he said.\n"
)


def small(tmp_path: Path, text: str = TEXT) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A made-up seed of one document with one claim whose answer is known."""
    (tmp_path / "seed.txt").write_bytes(text.encode())
    documents = pd.DataFrame(
        {
            "document_id": ["S900"],
            "file": ["seed.txt"],
            "sha256": [hashlib.sha256(text.encode()).hexdigest()],
            "date_first": [pd.Timestamp("2019-04-27")],
            "date_last": [pd.Timestamp("2019-04-28")],
        }
    )
    quote = "14 civilians were killed"
    start = text.find(quote)
    claims = pd.DataFrame(
        {
            "claim_id": ["S900-01"],
            "document_id": ["S900"],
            "quote": [quote],
            "prefix": ["On Friday "],
            "suffix": ["."],
            "char_start": [start],
            "char_end": [start + len(quote)],
            "status": ["reported"],
            "date_first": [pd.Timestamp("2019-04-26")],
            "date_last": [pd.Timestamp("2019-04-26")],
            "place_ids": ["idlib-city"],
            "qualifier": ["exact"],
            "low": [14],
            "value": [14],
            "high": [14],
            "unit": ["civilians killed"],
        }
    ).astype({"low": "Int64", "value": "Int64", "high": "Int64"})
    return claims, documents, pd.DataFrame({"place_id": ["idlib-city", "khan-shaykhun"]})


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("low", 15, "claims.csv, row 2 (S900-01), low: 15 is above value 14"),
        (
            "qualifier",
            "at_least",
            "qualifier: at_least does not fit low 14, value 14, high 14; allowed: low 14, value 14, high blank",
        ),
        ("qualifier", "verbal", "qualifier: verbal wants a blank value and the bounds of the convention"),
        ("unit", None, "unit: blank beside a number"),
        ("char_start", 3, "char_start: the quote does not stand at 3 to 34; it stands at 10 to 34"),
        ("value", 41, 'value: 41 does not stand in the quote "14 civilians were killed"; allowed: 14'),
        ("suffix", "!", 'suffix: "!" does not stand after the quote'),
        (
            "date_last",
            pd.Timestamp("2019-05-01"),
            "date_last: 2019-05-01 is after its document was published (2019-04-28)",
        ),
        ("date_first", pd.Timestamp("2019-04-27"), "date_first: 2019-04-27 is after date_last 2019-04-26"),
        ("document_id", "S901", "document_id: 'S901' is no document; allowed: S900; did you mean 'S900'?"),
        ("place_ids", "idlib-cty", "place_ids: 'idlib-cty' is not in places.csv; did you mean 'idlib-city'?"),
    ],
)
def test_a_wrong_cell_is_named_with_what_is_allowed(
    tmp_path: Path, column: str, value: object, message: str
) -> None:
    """One wrong cell gives a line with file, row, id, column, the value, and what may stand there."""
    claims, documents, places = small(tmp_path)
    claims.at[0, column] = value
    lines = problems(claims, documents, places, tmp_path)
    assert any(message in line for line in lines), lines


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """A coder sees every wrong cell in one refusal, a line each."""
    claims, documents, places = small(tmp_path)
    claims.loc[0, ["value", "place_ids", "prefix"]] = [41, "nowhere", "Once "]
    with pytest.raises(Refusal) as refused:
        anchor(claims, documents, places, tmp_path)
    assert len(refused.value.problems) == 4  # the value is also above its high bound
    assert all("\n" not in line for line in refused.value.problems)


def test_a_planned_claim_may_lie_after_publication(tmp_path: Path) -> None:
    """What was still to come when it was written may bear a later day; nothing else may."""
    claims, documents, places = small(tmp_path)
    claims.loc[0, "date_last"] = pd.Timestamp("2019-05-01")
    claims.loc[0, "status"] = "planned"
    assert problems(claims, documents, places, tmp_path) == []


def test_a_quote_that_stands_twice_needs_its_surroundings(tmp_path: Path) -> None:
    """Without prefix and suffix a repeated quote is refused; with them it is unique."""
    claims, documents, places = small(
        tmp_path, "He fled. 14 civilians were killed; then 14 civilians were killed."
    )
    start = 9
    claims.loc[0, ["char_start", "char_end"]] = [start, start + 24]
    claims.loc[0, ["prefix", "suffix"]] = [None, None]
    assert [line[-29:] for line in problems(claims, documents, places, tmp_path)] == [
        "lengthen the prefix or suffix"
    ]
    claims.loc[0, "prefix"] = "He fled. "
    assert problems(claims, documents, places, tmp_path) == []


def test_line_ends_and_accents_are_left_alone(tmp_path: Path) -> None:
    """Offsets count code points of the file as it is: CRLF, curly quotes and combining marks move nothing."""
    text = "“Ha\u0301ma”\r\nOn Friday 14 civilians were killed.\r\n"
    claims, documents, places = small(tmp_path, text)
    assert problems(claims, documents, places, tmp_path) == []


def test_a_quote_in_other_signs_is_recognised(tmp_path: Path) -> None:
    """Straight quotation marks, a hyphen for a dash, or composed accents are told apart from a quote that is
    not there."""
    text = "He said “no — never”. Ha\u0301ma fell.\n14 civilians were killed"
    claims, documents, places = small(tmp_path, text)
    claims.loc[0, ["quote", "qualifier", "low", "value", "high"]] = [
        '"no - never"', "none", pd.NA, pd.NA, pd.NA,
    ]  # fmt: skip
    (line,) = problems(claims, documents, places, tmp_path)
    assert (
        'with other quotation marks, dashes or blanks it stands at 8: copy "“no — never”" from the file'
        in line
    )
    claims.loc[0, "quote"] = "H\u00e1ma fell"
    (line,) = problems(claims, documents, places, tmp_path)
    assert "with accents written another way" in line


def test_numbers_are_read_in_digits_and_words() -> None:
    """The forms the seeds use, and a few they do not."""
    said = (
        "14; 100,000; 7.5-mile; 24-hour; eight-year; 12th; second; twice; a million; two hundred and fifty;"
        " 1.5 million"
    )
    assert [14, 100000, Decimal("7.5"), 24, 8, 12, 2, 2, 1000000, 250, 1500000] == [
        n.value for n in numbers(said)
    ]


def test_words_of_quantity_are_ranges_never_numbers() -> None:
    """'Dozens' has bounds by convention and no value; 'few' has neither."""
    found = numbers("dozens, hundreds, thousands, tens of thousands, few")
    assert [n.bounds for n in found] == [(24, 99), (200, 999), (2000, 9999), (20000, 99999), None]
    assert all(n.value is None for n in found)


@given(st.integers(min_value=0, max_value=999_999_999))
def test_any_number_written_with_commas_is_read_back(value: int) -> None:
    """A number in digits with separators is one number, with its own offsets."""
    text = f"said {value:,} people"
    (found,) = numbers(text)
    assert (Decimal(value), f"{value:,}") == (found.value, text[found.start : found.end])
