"""Numbers as an English text writes them: digits, words, ordinals, and the quantities that are words only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_BELOW_TWENTY = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth",
)  # fmt: skip
UNITS = {word: n for n, word in enumerate(_BELOW_TWENTY)}
TENS = {word: 10 * n for n, word in enumerate(_TENS, 2)}
ORDINALS = {word: n for n, word in enumerate(_ORDINALS, 1)}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
TIMES = {"once": 1, "twice": 2, "thrice": 3}

# The convention of CODING.md: words that are ranges, never numbers.
VERBAL = {
    "tens of thousands": (20_000, 99_999),
    "thousands": (2_000, 9_999),
    "hundreds": (200, 999),
    "dozens": (24, 99),
}
VAGUE = ("a few", "few", "several", "many", "numerous", "scores")


def _any(words: Iterable[str]) -> str:
    """Alternatives for a verbose pattern, the longest first, spaces kept."""
    return "|".join(word.replace(" ", "[ ]") for word in sorted(words, key=len, reverse=True))


_WORD = _any([*UNITS, *TENS, *SCALES])
_PATTERN = re.compile(
    rf"""
      (?P<verbal>\b(?:{_any(VERBAL)})\b)
    | (?P<digits>(?<![\w.])\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?<![\w.,])\d+(?:\.\d+)?)
      (?P<scale>[ ](?:{_any(SCALES)})\b)?(?P<ordinal>(?:st|nd|rd|th)\b)?
    | (?P<words>\b(?:(?:a[ ](?=(?:{_any(SCALES)})\b))?(?:{_WORD}))(?:(?:[ -]|[ ]and[ ])(?:{_WORD}))*\b)
    | (?P<place>\b(?:{_any(ORDINALS)})\b)
    | (?P<times>\b(?:{_any(TIMES)})\b)
    | (?P<vague>\b(?:{_any(VAGUE)})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Number:
    """A quantity at a place of a text. `value` is None for words that are ranges ("dozens": `bounds`) or
    nothing at all ("few")."""

    start: int
    end: int
    text: str
    kind: str  # number, ordinal, verbal, vague
    value: Decimal | None = None
    bounds: tuple[int, int] | None = None


def _in_words(words: str) -> Decimal:
    total, group = 0, 0
    for word in re.split(r"[ -]+", words.lower()):
        if word in ("a", "and"):
            continue
        if word in SCALES:
            group = max(group, 1) * SCALES[word]
            if SCALES[word] >= 1000:
                total, group = total + group, 0
        else:
            group += UNITS.get(word, TENS.get(word, 0))
    return Decimal(total + group)


def numbers(text: str) -> list[Number]:
    """The numbers of a text in their order, with offsets in code points.

    >>> found = numbers("14 civilians, two soldiers and dozens of others")
    >>> [(each.text, each.value or each.bounds) for each in found]
    [('14', Decimal('14')), ('two', Decimal('2')), ('dozens', (24, 99))]
    """
    found = []
    for hit in _PATTERN.finditer(text):
        start, end, said = hit.start(), hit.end(), hit.group()
        if hit["verbal"]:
            found.append(Number(start, end, said, "verbal", bounds=VERBAL[said.lower()]))
        elif hit["vague"]:
            found.append(Number(start, end, said, "vague"))
        elif hit["digits"]:
            value = Decimal(hit["digits"].replace(",", "")) * SCALES.get(
                (hit["scale"] or "").strip().lower(), 1
            )
            found.append(Number(start, end, said, "ordinal" if hit["ordinal"] else "number", value))
        elif hit["place"]:
            found.append(Number(start, end, said, "ordinal", Decimal(ORDINALS[said.lower()])))
        elif hit["times"]:
            found.append(Number(start, end, said, "number", Decimal(TIMES[said.lower()])))
        else:
            found.append(Number(start, end, said, "number", _in_words(said)))
    return found
