"""The Arabic edition: the report without its evidence as one page, from the same findings and drawings. Words in
the drawings are written over by a list; names of the case come from its file, and what neither has stays English."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape, unescape
from typing import NamedTuple

from markupsafe import Markup

from escalation.findings import ARABIC_MONTHS, arabic_counted
from escalation.page import about, blocks, content, html, markup
from escalation.page.content import Content
from escalation.page.fragments import TEMPLATES, Drawer, lean_svg
from escalation.page.references import Drawing

NAME = "report.ar.html"
WORDS = {
    "lethal events": "أحداث فيها قتلى", "lethal events a week": "أحداث سقط فيها قتلى في الأسبوع",
    "people killed a week": "عدد القتلى في الأسبوع", "killed": "قتلى", "talks": "محادثات", "truces": "هدن",
    "other meetings": "اجتماعات أخرى", "truce until its end": "هدنة حتى انتهائها",
    "people killed in a cell": "القتلى في الخلية", "civilians": "مدنيون",
    "combatants and others": "مقاتلون وغيرهم", "not known who they were": "لا تُعرف صفتهم",
    "civilians killed in 30 days, by count": "المدنيون القتلى في 30 يوماً، بحسب كل عدّ",
    "people displaced in a month, thousands": "النازحون في الشهر، بالآلاف",
    "UCDP: people killed a month": "القتلى في الشهر بحسب UCDP",
    "Airwars: civilians killed, least to most": "المدنيون القتلى بحسب Airwars، من الأقل إلى الأكثر",
    "days before the first and after the last day of the talks": "أيام قبل أول أيام المحادثات وبعد آخرها",
    "shifted calendars: their median, nine times in ten": "تقاويم مزاحة: وسيطها، تسع مرات من عشر",
    "each other episode": "كل جولة أخرى", "after, against before": "بعدها نسبةً إلى ما قبلها",
    "before → after": "قبل ← بعد", "Over all episodes, 90 % interval": "لكل الجولات معاً، مجال 90٪",
    "share of meetings with a record on the next day": "حصة الاجتماعات التي تلاها تسجيل في اليوم التالي",
    "Airwars incidents": "أحداث Airwars", "UCDP events": "أحداث UCDP", "all meetings": "كل الاجتماعات",
    "never fell": "لم ينزل قط", "fell, but not to half": "نزل، لكن ليس إلى النصف",
    "no earlier level to fall from": "لا مستوى سابق ينزل منه",
    "days from the day it took effect": "أيام من يوم سريانها",
    "documents and tables coded by this project": "وثائق وجداول رمّزها هذا المشروع",
    "low": "منخفض", "middle": "متوسط", "high": "مرتفع",
}  # fmt: skip
STYLE = """
.arabic { --sans: "Noto Sans Arabic", "Noto Sans", sans-serif; --serif: var(--sans); line-height: 1.85; }
.arabic :is(main, footer) { padding-inline: 1rem; }
.arabic .skip:not(:focus) { left: auto; right: -100vw; }
.arabic figure svg { overflow: visible; }
.arabic h1 { letter-spacing: 0; line-height: 1.4; }
.arabic .opening h2 { font-size: 1.1rem; line-height: 1.5; margin: 1rem 0 .2rem; }
"""
_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTHS = {
    english: month
    for names in (
        _SHORT,
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
         "November", "December"],
    )
    for english, month in zip(names, (name.split("/")[0] for name in ARABIC_MONTHS), strict=True)
}  # fmt: skip
_DAY = re.compile(rf"(?:(\d+) )?\b({'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b(?: (\d{{4}}))?")
_BREAKS = {
    "no": "بلا تغيّر", "one": "تغيّر واحد", "two": "تغيّران", "three": "ثلاثة تغيّرات", "four": "أربعة تغيّرات",
    "five": "خمسة تغيّرات", "six": "ستة تغيّرات", "seven": "سبعة تغيّرات", "eight": "ثمانية تغيّرات",
    "nine": "تسعة تغيّرات", "ten": "عشرة تغيّرات",
}  # fmt: skip
# the parts of a label that holds numbers: what it says, and how Arabic says it
_PATTERNS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"from (?=\d)", "من "),
    (r"(?<=\d) a day", " يومياً"),
    (r"\b([\d,]+) killed", lambda found: arabic_counted(int(found[1].replace(",", "")), "killed")),
    (r"(?<=\d) of (?=\d)", " من "),
    (r"(?<=\d) → (?=\d)", " ← "),  # the way of the heading above, before to after from the right
    (r" to (?=\d)", " إلى "),
    (r"(?<=\d) in all", " في المجموع"),
    (r" and 1 more\b", " واجتماع آخر"),
    (r" and 2 more\b", " واجتماعان آخران"),
    (r" and (\d+) more\b", r"، واجتماعات أخرى عددها \1"),
    (r"median of (\d+) episodes?", lambda found: f"وسيط {arabic_counted(int(found[1]), 'round')}"),
    (r"Announced ahead", "معلنة سلفاً"),
    (r"At short notice", "على عجل"),
    (r"Both, or not known", "كلتاهما، أو لا يُعرف"),
    (r"half back after (\d+) days", lambda found: f"عاد نصفه بعد {arabic_counted(int(found[1]), 'day')}"),
    (
        r"half not back in (\d+) days",
        lambda found: f"لم يعد نصفه خلال {arabic_counted(int(found[1]), 'day')}",
    ),
    (r"\b(\w+) breaks?\b", lambda found: _BREAKS.get(found[1], f"{found[1]} تغيّراً")),
    (r",(?= |$)", "،"),
)


def label(words: str, names: Mapping[str, str], *, short: bool = False) -> str:
    """A label of a drawing in Arabic, as it stands where there is no word for it. `names`: those of the case.
    `short`: months by their numbers.

    >>> label("27 Apr: 5.15 a day", {}), label("8 of 27", {}), label("Example Town, 2 May", {"Example Town": "مثال"})
    ('27 نيسان: 5.15 يومياً', '8 من 27', 'مثال، 2 أيار')
    >>> label("from 1 Sep 2018", {}, short=True)
    'من 1/9/2018'
    """
    known = WORDS | dict(names)
    if words in known:
        return known[words]
    if words in _SHORT:  # on an axis there is room for the month's number alone
        return str(_SHORT.index(words) + 1)
    head, colon, rest = words.partition(": ")
    if colon and head in known:
        return f"{known[head]}: {label(rest, names, short=short)}"

    def day(found: re.Match[str]) -> str:
        month = _MONTHS[found[2]]
        if short and found[1]:
            return "/".join(filter(None, (found[1], str(list(_MONTHS.values()).index(month) + 1), found[3])))
        return " ".join(filter(None, (found[1], month, found[3])))

    said = words
    for name in sorted(names, key=len, reverse=True):
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", names[name], said)
    said = _DAY.sub(day, said)
    for english, arabic in _PATTERNS:
        said = re.sub(english, arabic, said)
    return said


# widths of letters in the drawings' typeface, in letter sizes; of all others 0.59
_EMS = {
    letter: em
    for letters, em in (
        ("ijltfrI .,:()'/-،ًٌَُِّ", 0.29), ("اأإآلبتثنيئمهة", 0.37), ("رزدذوءفقجحخعغ", 0.53), ("سشصضكىطظ", 0.76),
        ("mwMWO–→%GQ", 0.9),
    )
    for letter in letters
}  # fmt: skip


SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}  # of a line's width that lie before the place it is set at


class _Line(NamedTuple):
    """A line of words in a drawing: where it begins (or, by `anchor`, has its middle or end), and how it looks."""

    x: float
    y: float
    words: str
    anchor: str
    look: str
    turn: str = ""
    plate: str = ""  # the look of what lies under it

    @property
    def wide(self) -> float:
        """About how many pixels it takes."""
        size = re.search(r'font-size="([\d.]+)"', self.look)
        bold = 1.06 if 'font-weight="700"' in self.look else 1.0
        return bold * float(size[1] if size else 12) * sum(_EMS.get(letter, 0.59) for letter in self.words)

    @property
    def left(self) -> float:
        return self.x - SHARES.get(self.anchor, 0.0) * self.wide

    def drawn(self) -> str:
        is_arabic = re.search(r"[\u0621-\u064a←]|\d/\d", self.words)
        shown = f"\u2067{self.words}\u2069" if is_arabic else self.words
        lang = "" if is_arabic or not re.search(r"[A-Za-z]", shown) else ' lang="en"'
        place = self.turn or f'x="{self.x:g}" y="{self.y:g}"'
        return (
            f'<text {self.look} text-anchor="{self.anchor}"{lang} {place}>{escape(shown, quote=False)}</text>'
        )

    def under(self) -> str:
        """The plate that it stands on, if it does."""
        room = SPARE * self.wide + 4
        left = self.x - 2 - SHARES[self.anchor] * (room - 4)
        box = f"M{left:.1f} {self.y + 4:g}h{room:.1f}v-17h-{room:.1f}z"
        return f'<path d="{box}"{self.plate}/>' if self.plate else ""


# a line, and the plate that matplotlib laid under it, as wide as its English words
_TEXT = re.compile(
    r'(<path d="M(?P<x>[-\d.]+) [-\d.]+(?P<way>[Hh])(?P<across>[-\d.]+)[Vv][-\d.]+[Hh][-\d.]+z"'
    r'(?P<plate> fill="#\w+"(?: opacity="[\d.]+")?)/>\s*)?<text\b(?P<look>[^>]*)>(?P<words>[^<]*)</text>'
)
_AT = re.compile(
    r' (?:x="([-\d.]+)"|y="([-\d.]+)"|text-anchor="(\w+)"|transform="translate\(([-\d.]+) ([-\d.]+)\)")'
)
STEP = 16.6  # px at most from one line of a label to its next
SPARE = 1.12  # a line may be as much wider than it is thought to be


def _read(found: re.Match[str]) -> _Line:
    """A line as matplotlib wrote it; of a label in several lines it says no anchor."""
    x = y = 0.0
    anchor = ""
    for one in _AT.finditer(found["look"]):
        x, y = float(one[1] or one[4] or x), float(one[2] or one[5] or y)
        anchor = one[3] or anchor
    look, words = _AT.sub("", found["look"]).strip(), unescape(found["words"])
    turned = re.search(r'transform="[^"]*"', look)
    if turned:
        return _Line(x, y, words, anchor or "start", look.replace(turned[0], "").strip(), turned[0])
    return _Line(x, y, words, anchor, look, plate=(found["plate"] or "") if _is_under(found, x) else "")


def _is_under(found: re.Match[str], x: float) -> bool:
    """Whether the box drawn before a line is its plate and no mark beside it."""
    if not found["plate"]:
        return False
    left, across = float(found["x"]), float(found["across"])
    right = left + across if found["way"] == "h" else across
    return min(left, right) <= x <= max(left, right)


def _labels(lines: Sequence[_Line]) -> list[list[int]]:
    """The places of lines that are one label: alike, and each close under (or above) the one before."""
    labels: list[list[int]] = []
    for place, line in enumerate(lines):
        last = lines[labels[-1][-1]] if labels else None
        step = line.y - last.y if last else 0.0
        if (
            last
            and (last.look, last.anchor, last.turn) == (line.look, line.anchor, "")
            and (not line.anchor or abs(last.x - line.x) < 0.2)
            and 0 < abs(step) <= STEP
            and (len(labels[-1]) == 1 or step * (last.y - lines[labels[-1][-2]].y) > 0)
            and re.search("[A-Za-z]", last.words)
            and last.words not in _SHORT
        ):
            labels[-1].append(place)
        else:
            labels.append([place])
    return labels


def _wrapped(words: str, like: _Line, room: float) -> list[str]:
    parts = [""]
    for word in words.split():
        longer = f"{parts[-1]} {word}".strip()
        if parts[-1] and like._replace(words=longer).wide > room:
            parts.append(word)
        else:
            parts[-1] = longer
    return parts


def _said(lines: list[_Line], names: Mapping[str, str], *, short: bool) -> list[_Line]:
    """One label in Arabic, in at most as many lines."""
    lines = sorted(lines, key=lambda line: line.y)
    first, room = lines[0], max(line.wide for line in lines)
    if not first.anchor and not first.turn:
        # what the lines have in common says how they were set; of the shortest the width is surest
        shortest = min(lines, key=lambda line: line.wide)
        ends = {name: [line.x + share * line.wide for line in lines] for name, share in SHARES.items()}
        anchor = min(ends, key=lambda name: max(ends[name]) - min(ends[name])) if len(lines) > 1 else "middle"
        x = shortest.x + SHARES[anchor] * shortest.wide
        lines = [line._replace(anchor=anchor, x=x) for line in lines]
    said = label(" ".join(line.words for line in lines), names, short=short)
    parts = [said]
    while len(lines) > 1 and len(parts := _wrapped(said, first, room)) > len(lines):
        room += 4
    while room > 40 and len(parts) > 1 and len(even := _wrapped(said, first, room - 4)) == len(parts):
        room, parts = room - 4, even  # no word is left alone on the last line
    down = (lines[-1].y - lines[len(parts) - 1].y) / 2  # fewer lines stand in the middle
    if lines[0].anchor == "start" and not first.plate:
        down = 0.0  # and those of a legend beside their mark
    placed = [line._replace(words=part, y=line.y + down) for line, part in zip(lines, parts, strict=False)]
    if len(parts) > 1 and lines[0].anchor == "start":  # one below the other, Arabic begins on one right side
        right = first.x + SPARE * max(line.wide for line in placed)
        placed = [line._replace(x=right, anchor="end") for line in placed]
    return placed


def _fits(lines: Sequence[_Line], width: float) -> bool:
    """Whether every line stays on the drawing and off what stands to the right of it."""
    for line in lines:
        beside = [one.left - 3 for one in lines if abs(one.y - line.y) < 8 and one.left > line.left]
        if not line.turn and (line.left < -1 or line.left + line.wide > min([width + 1, *beside])):
            return False
    return True


def translated(svg: str, title: str, names: Mapping[str, str]) -> str:
    """A drawing with its labels in Arabic and `title` read out for it. What was broken into lines is said as a whole
    and broken anew; where the months' names do not fit, their numbers stand. A line is isolated, so that numbers
    beside words stand in the order of Arabic within a drawing that runs from left to right.

    >>> two = '<text text-anchor="end" x="90" y="10">people killed</text><text text-anchor="end" x="90" y="25">a week</text>'
    >>> said = translated(f'<svg viewBox="0 0 200 40">{two}</svg>', "", {})
    >>> " ".join(one.strip("\u2067\u2069") for one in re.findall(">([^<]+)<", said))
    'عدد القتلى في الأسبوع'
    """
    lines = [_read(found) for found in _TEXT.finditer(svg)]
    labels = _labels(lines)
    width = float(svg.partition('viewBox="0 0 ')[2].partition(" ")[0])
    said: dict[int, list[_Line]] = {}
    for short in (False, True):
        # where its last line stood: by then the plates of all its lines are drawn
        said = {
            places[-1]: _said([lines[place] for place in places], names, short=short) for places in labels
        }
        if _fits([line for one in said.values() for line in one], width):
            break
    places = iter(range(len(lines)))

    def set_anew(found: re.Match[str]) -> str:
        place = next(places)
        own = said.get(place, ())
        kept = (found[1] or "") if not lines[place].plate else ""  # a mark that is no plate stays
        return "".join([kept, *(line.under() for line in own), *(line.drawn() for line in own)])

    svg = _TEXT.sub(set_anew, svg)
    svg = re.sub(r'aria-label="[^"]*"', lambda _: f'aria-label="{escape(title)}"', svg, count=1)
    return svg.replace("Noto Sans, ", "Noto Sans, Noto Sans Arabic, ", 1)


_TAGS = re.compile(r"(<[^>]*>)")
_ENGLISH = re.compile(r"(?:\d[\d,.]* )?[“(]?[A-Za-z][^\u0600-\u06ff]*[A-Za-z0-9)”]")


def quoted(html: str) -> str:
    """English of three words or more within Arabic, marked as what it is, for voices and for the order of its words.

    >>> quoted("<li>الوثيقة: 24 hours between talks (SOHR). مصدر: UCDP</li>")
    '<li>الوثيقة: <span lang="en" dir="ltr">24 hours between talks (SOHR)</span>. مصدر: UCDP</li>'
    """

    def marked(found: re.Match[str]) -> str:
        is_told = len(re.findall(r"[A-Za-z]{2,}", unescape(found[0]))) >= 3
        return f'<span lang="en" dir="ltr">{found[0]}</span>' if is_told else found[0]

    return "".join(part if part.startswith("<") else _ENGLISH.sub(marked, part) for part in _TAGS.split(html))


class ArabicDrawer(Drawer):
    """Draws the items of the Arabic edition."""

    title = ""
    names: Mapping[str, str] = {}

    def prose(self, item: content.Prose) -> Markup:
        said = [" ".join(words.split()) for token in item.tokens if (words := markup.words([token]))]
        self.title = said[-1] if said else ""  # of the drawing that follows, if one does
        drawn = super().prose(replace(item, lang="en"))  # the page is Arabic already: no frame of its own
        return Markup(quoted(drawn))  # noqa: S704 (clean before, and only spans are put in)

    def source(self, drawing: Drawing) -> str:
        """The source line in Arabic where it names the sources alone, in English where it cites them."""
        line = super().source(drawing).removeprefix("Source: ")
        if "(" in line:
            return line
        parts = [label(part, self.names) for part in line.removesuffix(".").split("; ")]
        return "؛ ".join(parts) + "."

    @staticmethod
    def is_arabic(words: str) -> bool:
        return re.search("[\u0621-\u064a]", words) is not None

    def inline(self, drawing: Drawing, size: str) -> Markup:
        # S704: written by our own figures, and the words in it are escaped
        return Markup(translated(lean_svg(drawing.sheets[size]), self.title, self.names))  # noqa: S704


def corrected(items: Iterable[blocks.Block]) -> str:
    """`content.banner` in Arabic: `items` are those of the English report."""
    told = []
    for block in items:
        versions, kinds = block.now() if isinstance(block, blocks.Corrections) else ([], {})
        if versions:
            nouns = (
                ("result", "result", ""),
                ("sentence", "sentence", ""),
                ("layout", "slip", " في الإخراج"),
            )
            parts = [
                f"{arabic_counted(kinds[kind], noun)}{where}"
                for kind, noun, where in nouns
                if kinds.get(kind)
            ]
            told += [f"إصدار البيانات {'، '.join(versions)} يصحّح مما نُشر قبله {' و'.join(parts)}."]
    return " ".join(told)


def render(content_: Content, *, english: Iterable[blocks.Block] = ()) -> str:
    """The page's HTML. `english`: the blocks of the report that it is an edition of."""
    root = content_.references.root
    draw = ArabicDrawer(content_.references, plain_links=True, numbers=content_.figures_told)
    built = root / "data" / "built" / "case.json"
    draw.names = json.loads(built.read_text("utf-8")).get("arabic", {}) if built.is_file() else {}
    sheet = html.style(explorer=False) + STYLE + html.typeface(True) + html.typeface(True, "Noto Sans Arabic")
    return TEMPLATES.get_template("arabic.html.j2").render(
        content=content_,
        draw=draw,
        about=about.of(root),
        corrected=corrected(english),
        icon=Markup(html.ICON),  # noqa: S704 (ours)
        style=Markup(sheet),  # noqa: S704 (ours)
        policy=html.policy(styles=sheet, fonts=True),
        version=content.version(root),
    )
