"""The numbers and words that sentences may use: one JSON file a notebook, and the few ways in which a number
is written out."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from escalation import paths
from escalation.errors import Refusal

SPELT = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
ARABIC_MONTHS = (
    "كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيو",
    "تموز/يوليو", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر",
    "كانون الأول/ديسمبر",
)  # fmt: skip
FOLDER = Path("data", "built", "findings")
LEVEL = 90  # per cent: of every interval, and of the shifted calendars that a band holds
OFTEN = "nine times in ten"  # the same of a band, in words


def plain(value: Any) -> Any:
    """JSON's own types only: ten significant digits, ISO dates, blanks as null. Raises Refusal for a number
    that is infinite."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series, pd.Index)):
        return [plain(item) for item in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return None
        if math.isinf(value):
            raise Refusal(["a finding is infinite; say what it is instead"])
        return float(f"{value:.10g}")
    if isinstance(value, (date, pd.Timestamp)):
        return pd.Timestamp(value).date().isoformat()
    return str(value)


def write(found: Mapping[str, Mapping[str, Any]], notebook: str, root: Path | None = None) -> None:
    """`data/built/findings/<notebook>.json`: for each key a `value` and what goes with it (low, high, unit,
    n, text, claims)."""
    for key, finding in found.items():
        if "value" not in finding:
            raise Refusal([f"{notebook}: finding {key!r} has no value"])
    file = (root or paths.root()) / FOLDER / f"{notebook}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps(plain(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def same(what: str, numbers: Mapping[str, float]) -> None:
    """Raises Refusal where outputs give different numbers for one thing, to nine digits: a build does not
    print both.

    >>> same("people killed", {"the map": 462, "the phase table": 462.0})
    >>> same("people killed", {"the map": 462, "the phase table": 527})
    Traceback (most recent call last):
    escalation.errors.Refusal: people killed: 462 in the map, but 527 in the phase table
    """
    (first, number), *others = numbers.items()
    wrong = [
        f"{what}: {number:.10g} in {first}, but {other:.10g} in {name}"
        for name, other in others
        if not (
            math.isclose(number, other, rel_tol=1e-9, abs_tol=1e-12)
            or (math.isnan(number) and math.isnan(other))
        )
    ]
    if wrong:
        raise Refusal(wrong)


class Finding(Mapping[str, Any]):
    """One finding: `finding.value`, `finding.low`, `finding["unit"]`."""

    def __init__(self, key: str, fields: Mapping[str, Any]) -> None:
        self._key, self._fields = key, fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(
                f"finding {self._key!r} has no {name!r}; it has {', '.join(self._fields)}"
            ) from None


def read(root: Path | None = None) -> dict[str, Finding]:
    """All findings of all notebooks by key. Raises Refusal if two notebooks use one key or there are none."""
    files = sorted(((root or paths.root()) / FOLDER).glob("*.json"))
    if not files:
        raise Refusal([f"{FOLDER}: no findings yet; run the notebooks before the report"])
    return _read(files)


def _read(files: Iterable[Path]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for file in files:
        for key, fields in json.loads(file.read_text(encoding="utf-8")).items():
            if key in found:
                raise Refusal([f"{FOLDER / file.name}: finding {key!r} stands in another notebook too"])
            found[key] = Finding(key, fields)
    return found


@dataclass
class _Recorder:
    """The notebook that runs in this process, and what it has found so far."""

    notebook: str = ""
    edition: str = ""
    found: dict[str, dict[str, Any]] = field(default_factory=dict)


_here = _Recorder()


def begin(notebook: str) -> None:
    """Says which notebook runs here: `find` and `figures.save.show` write under its name. Run again, it
    starts afresh."""
    if not re.fullmatch(r"\w+", notebook):
        raise Refusal([f"begin({notebook!r}): the notebook's name without its ending, such as 3_timing"])
    _here.notebook, _here.found = notebook, {}


def made_with(other: Mapping[str, Any]) -> None:
    """Says which parameters are not the published ones here, with their values: every figure names them."""
    said = ", ".join(f"{name} = {value}" for name, value in other.items())
    _here.edition = f" · not the published values: {said}" if said else ""


def edition() -> str:
    """What a figure's source line ends with, after `made_with`."""
    return _here.edition


def notebook() -> str:
    """The name given to `begin`. Raises Refusal before that."""
    if not _here.notebook:
        raise Refusal(
            [
                'which notebook is this? Its first cell after the parameters says so: begin("3_timing"), from'
                " escalation.prose"
            ]
        )
    return _here.notebook


def find(key: str, value: Any, **fields: Any) -> Finding:
    """Records a finding where it arises, and gives it back: `ratio = find("ratio", 0.76, low=0.54, high=1.07,
    n=20, unit="times")`.

    All findings of the notebook so far are written at once (`write`), in the order in which they arose.
    Raises Refusal for a key that a sentence could not name.
    """
    if not key.isidentifier():
        raise Refusal([f"find({key!r}): a finding's name is letters, digits and _, such as next_day"])
    _here.found[key] = plain({"value": value, **fields})
    write(_here.found, notebook())
    return Finding(key, _here.found[key])


def known() -> dict[str, Finding]:
    """What a sentence of this notebook may name: the findings of notebooks before it, and its own so far
    (never those of an earlier run). Raises Refusal if two notebooks use one key."""
    before = [file for file in sorted((paths.root() / FOLDER).glob("*.json")) if file.stem < notebook()]
    found = _read(before)
    twice = sorted(found.keys() & _here.found.keys())
    if twice:
        raise Refusal([f"{notebook()}: finding {key!r} stands in another notebook too" for key in twice])
    return found | {key: Finding(key, fields) for key, fields in _here.found.items()}


def number(value: float | None, digits: int | None = None) -> str:
    """A number as a sentence shows it: thousands separated; `digits` decimals, by default none for whole
    numbers and from 100, one from ten, two below, and below a hundredth as many as show one figure that is
    not zero, as they do where `digits` would show none.

    >>> number(12345.0), number(12.345), number(0.5), number(0.0023), number(float("nan"))
    ('12,345', '12.3', '0.50', '0.002', 'not known')
    >>> number(3.0, 1), number(0.04, 1)
    ('3.0', '0.04')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not known"
    if digits is None or (digits and 0 < abs(value) < 0.5 * 10**-digits):
        digits = 0 if float(value).is_integer() or abs(value) >= 100 else (1 if abs(value) >= 10 else 2)
        if 0 < abs(value) < 0.01:
            digits = math.ceil(-math.log10(abs(value)))
    return f"{value:,.{digits}f}"


def p_value(p: float | None) -> str:
    """A p-value: three decimals below .1, so that it can be read against .05 and .02, else two.

    >>> p_value(0.0469), p_value(0.0023), p_value(0.13), p_value(1.0), p_value(None)
    ('0.047', '0.002', '0.13', '1', 'not known')
    """
    return number(p, 3) if p is not None and 0.0005 <= p < 0.0995 else number(p)


def interval(found: Mapping[str, Any], name: str = "interval") -> str:
    """A 90 % interval as a sentence shows it, or why there is none. `found`: low, high.

    >>> interval({"low": 0.5, "high": 1.25}), interval({"low": None, "high": None})
    ('90 % interval 0.50 to 1.25', 'no interval: that takes two episodes')
    """
    if not is_known(found["low"], found["high"]):
        return f"no {name}: that takes two episodes"
    return f"{LEVEL} % {name} {number(found['low'])} to {number(found['high'])}"


def arabic_interval(found: Mapping[str, Any]) -> str:
    """`interval` in Arabic."""
    if not is_known(found["low"], found["high"]):
        return "لا مجال للثقة"
    return f"مجال الثقة {LEVEL}٪: من {number(found['low'])} إلى {number(found['high'])}"


def arabic_percent(share: float) -> str:
    """`percent` with the sign as Arabic writes it: 68٪."""
    return f"{100 * share:.0f}٪"


def usual_range(found: Mapping[str, Any]) -> str:
    """Where shifted calendars lie, and whether the value itself lies outside of that. `found`: value, low,
    high (5 and 95 % of the shifted ones).

    >>> usual_range({"value": 0.78, "low": 0.77, "high": 1.27})
    '0.77 to 1.27 nine times in ten'
    >>> usual_range({"value": 0.36, "low": 0.62, "high": 1.53})
    '0.62 to 1.53 nine times in ten, and this lies outside'
    """
    outside = is_known(found["value"]) and not found["low"] <= found["value"] <= found["high"]
    return f"{number(found['low'])} to {number(found['high'])} {OFTEN}" + (
        ", and this lies outside" if outside else ""
    )


def percentile(value: float) -> str:
    """A share of random draws in per cent; one that rounds to all of them is not said to be all.

    >>> percentile(92.66), percentile(99.95), percentile(100.0)
    ('92.7\\xa0%', 'more than 99.9\\xa0%', 'more than 99.9\\xa0%')
    """
    most = 99.9
    return f"more than {percent(most / 100, 1)}" if value > most else percent(value / 100, 1)


def by_chance(found: Mapping[str, Any]) -> str:
    """What other dates give for a count, whether the count itself lies outside nine in ten of them, and its
    exact two-sided p. `found`: value, expected, low, high, p.

    >>> by_chance({"value": 19, "expected": 18.48, "low": 15.0, "high": 22.0, "p": 1.0})
    '18.5 (15 to 22 nine times in ten; p = 1)'
    >>> by_chance({"value": 4, "expected": 6.34, "low": 5.0, "high": 7.0, "p": 0.0539})
    '6.3 (5 to 7 nine times in ten, and this lies outside; p = 0.054)'
    >>> by_chance({"value": 3, "expected": 2.99, "low": 3.0, "high": 3.0, "p": 1.0})
    '3.0 (3 nine times in ten; p = 1)'
    >>> by_chance({"value": 6, "expected": 9.95, "low": 6.3, "high": 13.65, "p": 0.0938})
    '9.9 (6.3 to 13.7 nine times in ten, and this lies outside; p = 0.094)'
    >>> by_chance({"value": 191, "expected": 112.02, "low": 38.0, "high": 188.4, "p": 0.01})
    '112.0 (38 to 188 nine times in ten, and this lies outside; p = 0.010)'
    """
    outside = "" if found["low"] <= found["value"] <= found["high"] else ", and this lies outside"
    band = " to ".join(dict.fromkeys(_end_of_band(found[end], found["value"]) for end in ("low", "high")))
    return f"{number(found['expected'], 1)} ({band} {OFTEN}{outside}; p = {p_value(found['p'])})"


def _end_of_band(end: float, count: float) -> str:
    """Whole where it is and from 100, as `number`, else with so many decimals that it does not read as the count
    it is not."""
    whole = float(end).is_integer()
    digits = 0 if whole or abs(end) >= 100 else 1
    while not whole and round(end, digits) == count and digits < 9:
        digits += 1
    return f"{end:.{digits}f}"


def is_known(*values: Any) -> bool:
    """Whether every one of these is a value, and none a blank."""
    return not any(value is None or pd.isna(value) for value in values)


def window(length: int) -> str:
    """The days of a window, after "the": day, or seven days.

    >>> window(1), window(7), window(30)
    ('day', 'seven days', '30 days')
    """
    return "day" if length == 1 else counted(length, "day")


def percent(share: float, digits: int = 0) -> str:
    """A share as per cent, its sign never on a line of its own."""
    return f"{100 * share:.{digits}f}\u00a0%"


def day(value: Any) -> str:
    """A date as a reader says it: 5 March 2020."""
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {stamp:%B %Y}"


def dates_said(words: str) -> str:
    """Words with every ISO date in them as a reader says it.

    >>> dates_said("2019-04-26 and 2019-04-27 (AFP chronology)")
    '26 April 2019 and 27 April 2019 (AFP chronology)'
    """
    # not part of an id, such as TALK-2019-04-25
    return re.sub(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])", lambda found: _if_day(found[0]), words)


def _if_day(iso: str) -> str:
    try:
        return day(iso)
    except ValueError:  # the 30th of February
        return iso


def days(first: Any, last: Any) -> str:
    """A date range as a reader says it: 27 April to 25 May 2019, or one day.

    >>> days("2019-04-27", "2019-05-25"), days("2020-03-05", "2020-03-05")
    ('27 April to 25 May 2019', '5 March 2020')
    """
    a, b = pd.Timestamp(first), pd.Timestamp(last)
    if a == b:
        return day(a)
    if (a.year, a.month) == (b.year, b.month):
        return f"{a.day} to {day(b)}"
    return f"{a.day} {a:%B} to {day(b)}" if a.year == b.year else f"{day(a)} to {day(b)}"


def listed_days(dates: Iterable[Any]) -> str:
    """Days as a sentence lists them, the year said once: 16 February and 27 April 2019 and 7 March 2020.

    >>> listed_days(["2020-01-05", "2020-02-01", "2021-03-07"])
    '5 January and 1 February 2020 and 7 March 2021'
    """
    by_year: dict[int, list[str]] = {}
    for value in dates:
        stamp = pd.Timestamp(value)
        by_year.setdefault(stamp.year, []).append(f"{stamp.day} {stamp:%B}")
    said = [
        (", ".join(found[:-1]) + " and " if found[1:] else "") + f"{found[-1]} {year}"
        for year, found in by_year.items()
    ]
    return " and ".join(said) if said else "none"


def arabic_day(value: Any) -> str:
    """A date in Arabic, month names of the Levant and of Egypt side by side."""
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {ARABIC_MONTHS[stamp.month - 1]} {stamp.year}"


_ARABIC_NOUNS = {  # one, two, three to ten, eleven to 99, whole hundreds
    "day": ("يوم واحد", "يومين", "أيام", "يوماً", "يوم"),
    "week": ("أسبوع واحد", "أسبوعين", "أسابيع", "أسبوعاً", "أسبوع"),
    "meeting": ("اجتماع واحد", "اجتماعين", "اجتماعات", "اجتماعاً", "اجتماع"),
    "truce": ("هدنة واحدة", "هدنتين", "هدن", "هدنة", "هدنة"),
    "round": ("جولة واحدة", "جولتين", "جولات", "جولة", "جولة"),
    "killed": ("قتيل واحد", "قتيلين", "قتلى", "قتيلاً", "قتيل"),
    "phase": ("مرحلة واحدة", "مرحلتين", "مراحل", "مرحلة", "مرحلة"),
    "document": ("وثيقة واحدة", "وثيقتين", "وثائق", "وثيقة", "وثيقة"),
    "publisher": ("ناشر واحد", "ناشرَين", "ناشرين", "ناشراً", "ناشر"),
    "result": ("نتيجة واحدة", "نتيجتين", "نتائج", "نتيجة", "نتيجة"),
    "sentence": ("جملة واحدة", "جملتين", "جمل", "جملة", "جملة"),
    "slip": ("هفوة واحدة", "هفوتين", "هفوات", "هفوة", "هفوة"),
    "person": ("شخص واحد", "شخصين", "أشخاص", "شخصاً", "شخص"),
}


def arabic_counted(n: float, noun: str) -> str:
    """A count in Arabic (genitive). `noun`: a key of `_ARABIC_NOUNS`.

    >>> arabic_counted(2, "day"), arabic_counted(7, "day"), arabic_counted(14, "day"), arabic_counted(300, "day")
    ('يومين', '7 أيام', '14 يوماً', '300 يوم')
    """
    one, two, few, many, hundreds = _ARABIC_NOUNS[noun]
    rest = n % 100
    form = few if 3 <= rest <= 10 else many if rest > 10 else hundreds
    return {1: one, 2: two}.get(int(n)) or f"{number(n, 0)} {form}"


def arabic_range(found: Mapping[str, Any]) -> str:
    """`usual_range` in Arabic."""
    outside = is_known(found["value"]) and not found["low"] <= found["value"] <= found["high"]
    said = f"من {number(found['low'])} إلى {number(found['high'])} تسع مرات من عشر"
    return said + ("، وهذا خارجها" if outside else "")


def arabic_by_chance(found: Mapping[str, Any], *, with_p: bool = True) -> str:
    """`by_chance` in Arabic; without its p where p is not explained yet."""
    outside = "" if found["low"] <= found["value"] <= found["high"] else "، وهذا خارجها"
    return (
        f"{number(found['expected'], 1)} (من {_end_of_band(found['low'], found['value'])} إلى"
        f" {_end_of_band(found['high'], found['value'])} تسع مرات من عشر{outside}"
        + (f"؛ p = {p_value(found['p'])})" if with_p else ")")
    )


def spelt(n: int) -> str:
    """A small count in words, a larger one in figures.

    >>> spelt(7), spelt(13)
    ('seven', '13')
    """
    return SPELT[n] if n < len(SPELT) else f"{n:,}"


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun, small ones spelt: one phase, six phases, 20 episodes."""
    return f"{spelt(n)} {noun if n == 1 else plural or noun + 's'}"


def listed(items: Iterable[Any]) -> str:
    """Entries as a sentence lists them; none is said too.

    >>> listed(["a", "b", "c"]), listed([])
    ('a, b and c', 'none')
    """
    *first, last = [str(item) for item in items] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def part(k: int, n: int, noun: str, plural: str | None = None) -> str:
    """A part of a whole, both in figures: 4 of 7 truces, 1 of 1 truce.

    >>> part(4, 7, "truce"), part(0, 1, "episode")
    ('4 of 7 truces', '0 of 1 episode')
    """
    return f"{k:,} of {n:,} {noun if n == 1 else plural or noun + 's'}"


# nearest of these is said; a reader pictures a fifth, not 0.22
_SHARES = {
    0.1: "a tenth", 0.2: "a fifth", 0.25: "a quarter", 1 / 3: "a third", 0.4: "two fifths", 0.5: "half",
    0.6: "three fifths", 2 / 3: "two thirds", 0.75: "three quarters", 0.8: "four fifths", 0.9: "nine tenths",
}  # fmt: skip


def change(ratio: float) -> str:
    """A ratio as a change in words, to the nearest plain fraction; from twice on, as times.

    >>> change(0.5628), change(1.088), change(1.02), change(2.29), change(1.94)
    ('two fifths fewer', 'a tenth more', 'as many', '2.3 times as many', 'nine tenths more')
    """
    size = abs(ratio - 1)
    if size < 0.05:
        return "as many"
    if ratio >= 2:
        return f"{number(ratio, 1)} times as many"
    share = min(_SHARES, key=lambda one: abs(one - size))
    return f"{_SHARES[share]} {'more' if ratio > 1 else 'fewer'}"


_FRACTIONS_AR = (
    "عُشر", "خُمس", "ربع", "ثلث", "خُمسين", "نصف", "ثلاثة أخماس", "ثلثين", "ثلاثة أرباع", "أربعة أخماس", "تسعة أعشار",
)  # fmt: skip
_ARABIC_SHARES = dict(zip(_SHARES, _FRACTIONS_AR, strict=True))


def arabic_change(ratio: float) -> str:
    """`change` in Arabic: a fall or a rise by a plain fraction.

    >>> arabic_change(0.5628), arabic_change(1.0), arabic_change(2.29)
    ('نقصان بقدر خُمسين', 'عدم التغيّر', 'زيادة إلى 2.3 أضعاف')
    """
    size = abs(ratio - 1)
    if size < 0.05:
        return "عدم التغيّر"
    if ratio >= 2:
        return f"زيادة إلى {number(ratio, 1)} أضعاف"
    share = min(_ARABIC_SHARES, key=lambda one: abs(one - size))
    return f"{'زيادة' if ratio > 1 else 'نقصان'} بقدر {_ARABIC_SHARES[share]}"
