"""The Arabic edition: the report without its evidence as one page, from the same findings and drawings. Words in
the drawings are written over by a list; names of the case come from its file, and what neither has stays English."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape, unescape

from markupsafe import Markup

from escalation.findings import ARABIC_MONTHS
from escalation.page import about, content, html, markup
from escalation.page.content import Content
from escalation.page.fragments import TEMPLATES, Drawer, lean_svg
from escalation.page.references import Drawing

NAME = "report.ar.html"
WORDS = {
    "lethal events": "أحداث دامية", "lethal": "أحداث سقط", "events": "فيها قتلى", "a week": "في الأسبوع",
    "killed": "القتلى", "people": "عدد", "talks": "المحادثات", "truces": "الهدن",
    "other meetings": "اجتماعات أخرى",
    "people killed in a cell": "القتلى في الخلية", "civilians": "مدنيون",
    "combatants and others": "مقاتلون وغيرهم", "not known who they were": "لا تُعرف صفتهم",
    "civilians killed in 30 days, by count": "المدنيون القتلى في 30 يوماً، بحسب كل عدّ",
    "people displaced in a month, thousands": "النازحون في الشهر، بالآلاف",
    "UCDP: people killed a month": "UCDP: القتلى في الشهر",
    "Airwars: civilians killed, least to most": "Airwars: المدنيون القتلى، من الأقل إلى الأكثر",
    "days before the first and after the last day of the talks": "أيام قبل أول أيام المحادثات وبعد آخرها",
    "shifted calendars: their": "تقاويم مزاحة: وسيطها،", "median, nine times in ten": "وتسع مرات من عشر",
    "each other episode": "كل جولة أخرى", "after, against before": "بعدها نسبةً إلى ما قبلها",
    "before → after": "قبل ← بعد",
    "share of meetings with a record on the next day": "حصة الاجتماعات التي تلاها تسجيل في اليوم التالي",
    "Airwars incidents": "أحداث Airwars", "UCDP events": "أحداث UCDP", "all meetings": "كل الاجتماعات",
    "never fell": "لم ينزل قط", "days from the day it took effect": "أيام من يوم سريانها",
    "low": "أدنى", "middle": "متوسط", "high": "مرتفع",
}  # fmt: skip
STYLE = """
.arabic { --sans: "Noto Sans Arabic", "Noto Sans", sans-serif; --serif: var(--sans); line-height: 1.85; }
.arabic :is(main, footer) { padding-inline: 1rem; }
.arabic .skip:not(:focus) { left: auto; right: -100vw; }
.arabic figure svg { overflow: visible; }
.arabic h1 { letter-spacing: 0; line-height: 1.4; }
"""
_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTHS = {
    english: month
    for names in (
        _SHORT,
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    )
    for english, month in zip(names, (name.split("/")[0] for name in ARABIC_MONTHS), strict=True)
}
_DAY = rf"(\d+ )?({'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b"
# the parts of a label that holds numbers: what it says, and how Arabic says it
_PATTERNS = (
    (r"from (?=\d)", "من "),
    (r"(?<=\d) a day", " يومياً"),
    (r"(?<=\d) killed", " قتيلاً"),
    (r"(?<=\d) of (?=\d)", " من "),
    (r" to\b", " إلى"),
    (r"(?<=\d) in all", " في المجموع"),
    (r"median of (\d+) episodes?", r"وسيط \1 جولة"),
    (r"Announced ahead", "معلنة سلفاً"),
    (r"At short notice", "على عجل"),
    (r"Both, or not known", "كلتاهما، أو لا يُعرف"),
    (r"half back after (\d+) days", r"عاد نصفه بعد \1 من الأيام"),
    (r"half not back in (\d+) days", r"لم يعد نصفه في \1 من الأيام"),
    (r"(\w+) breaks?\b", "تغيّراته الخاصة"),
)


def label(words: str, names: Mapping[str, str]) -> str:
    """A label of a drawing in Arabic, as it stands where there is no word for it. `names`: those of the case.

    >>> label("27 Apr: 5.15 a day", {}), label("8 of 27", {}), label("Example Town", {"Example Town": "مثال"})
    ('27 نيسان: 5.15 يومياً', '8 من 27', 'مثال')
    """
    known = WORDS | dict(names)
    if words in known:
        return known[words]
    if words in _SHORT:  # on an axis there is room for the month's number alone
        return str(_SHORT.index(words) + 1)
    head, colon, rest = words.partition(": ")
    if colon and head in known:
        return f"{known[head]}: {label(rest, names)}"
    said = re.sub(_DAY, lambda found: f"{found[1] or ''}{_MONTHS[found[2]]}", words)
    for english, arabic in _PATTERNS:
        said = re.sub(english, arabic, said)
    return said


def translated(svg: str, title: str, names: Mapping[str, str]) -> str:
    """A drawing with its labels in Arabic and `title` read out for it. A label is isolated, so that numbers beside
    words stand in the order of Arabic within a drawing that runs from left to right."""

    def text(found: re.Match[str]) -> str:
        words = unescape(found[2])
        said = label(words, names)
        is_arabic = re.search(r"[\u0621-\u064a]", said)
        shown = f"\u2067{said}\u2069" if is_arabic else said
        lang = "" if is_arabic or not re.search(r"[A-Za-z]", said) else ' lang="en"'
        return f"{found[1][:-1]}{lang}>{escape(shown, quote=False)}</text>"

    svg = re.sub(r"(<text\b[^>]*>)([^<]*)</text>", text, svg)
    svg = re.sub(r'aria-label="[^"]*"', lambda _: f'aria-label="{escape(title)}"', svg, count=1)
    return svg.replace("Noto Sans, ", "Noto Sans, Noto Sans Arabic, ", 1)


class ArabicDrawer(Drawer):
    """Draws the items of the Arabic edition."""

    title = ""
    names: Mapping[str, str] = {}

    def prose(self, item: content.Prose) -> Markup:
        self.title = " ".join(markup.words(item.tokens).split())  # of the drawing that follows, if one does
        return super().prose(replace(item, lang="en"))  # the page is Arabic already: no frame of its own

    def inline(self, drawing: Drawing, size: str) -> Markup:
        # S704: written by our own figures, and the words in it are escaped
        return Markup(translated(lean_svg(drawing.sheets[size]), self.title, self.names))  # noqa: S704


def render(content_: Content) -> str:
    """The page's HTML."""
    root = content_.references.root
    draw = ArabicDrawer(content_.references, plain_links=True, numbers=content_.figures_told)
    built = root / "data" / "built" / "case.json"
    draw.names = json.loads(built.read_text("utf-8")).get("arabic", {}) if built.is_file() else {}
    sheet = html.style() + STYLE + html.typeface(True) + html.typeface(True, "Noto Sans Arabic")
    return TEMPLATES.get_template("arabic.html.j2").render(
        content=content_,
        draw=draw,
        about=about.of(root),
        icon=Markup(html.ICON),  # noqa: S704 (ours)
        style=Markup(sheet),  # noqa: S704 (ours)
        policy=html.policy(styles=sheet, fonts=True),
        version=content.version(root),
    )
