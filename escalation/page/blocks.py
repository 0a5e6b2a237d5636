"""What the cells of `4_report` display: small frozen blocks, each readable in JupyterLab and read back by the
page, the PDF and the Markdown edition. Strings named `markdown` are our own prose; whatever comes from a
table is data and is shown as it stands: pass it through `text` before it enters prose."""

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

import pandas as pd

from escalation.errors import Refusal
from escalation.findings import days, number

MIME = "application/vnd.escalation.block+json"
NOT_KNOWN = "–"
KINDS_OF_CALLOUT = {"limit": "Limit", "check": "Checked", "correction": "Correction", "note": "Note"}
STATUSES = {
    "deteriorated": "▲ Deteriorated",
    "unchanged": "■ Unchanged",
    "improved": "▼ Improved",
    "unknown": "○ Not known",
}
CHECKS = {
    "contradicted": "✕ Contradicted",
    "differs": "≠ Differs",
    "party_denies": "¬ The accused party denies",
    "cannot_tell": "? Cannot tell",
    "agrees": "✓ Agrees",
}
LINKED = ("claim", "figure", "talk", "truce", "place", "url")

# control characters, and the bidirectional overrides with which a cell could turn the text around it
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029]")
_MARKUP = re.compile(r"([!#$&()*+\-./:<=>@\[\\\]^_`{|}~])")


def plain(value: object) -> str:
    """A cell as a reader sees it: blank for unknown, ISO dates, thousands separated, no control or override
    characters."""
    if type(value) is str:  # most are, and without a letter that nobody sees
        return value if value.isprintable() else _UNSEEN.sub("", value)
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d") if value == value.normalize() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, int):
        return f"{value:,}"
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, float):
        if value != value:
            return ""
        return (
            f"{value:,.0f}"
            if value.is_integer()
            else f"{value:,.3g}"
            if abs(value) < 1000
            else f"{value:,.0f}"
        )
    return _UNSEEN.sub("", str(value))


def text(value: object) -> str:
    """A piece of data made safe for use inside Markdown prose: shown character for character, never read as
    markup.

    >>> text("**bold**") == r"\\*\\*bold\\*\\*"
    True
    """
    # a space that may not break, as before a per cent sign, stays what it is
    return _unread(plain(value))


@lru_cache(maxsize=4096)  # the same few thousand numbers stand in every choice's sentence
def _unread(words: str) -> str:
    return _MARKUP.sub(r"\\\1", re.sub(r"[ \t\n]+", " ", words).strip(" "))


# how a block is shown outside a build, by MIME type; `fragments`, which draws blocks, says so here
DRAWN: dict[str, Callable[["Block"], str]] = {}


@dataclass(frozen=True)
class Block:
    """Anything a cell of the report displays."""

    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        whole = {"text/plain": f"<{self.kind}>", MIME: self.bundle()}
        if os.environ.get("ESCALATION_BLOCKS") == "bundles":  # in a build, whose page is drawn from them
            return whole
        markdown = {"text/markdown": self.markdown} if isinstance(self, Say | Callout | Details) else {}
        return {kind: draw(self) for kind, draw in DRAWN.items()} | markdown | whole

    def bundle(self) -> dict[str, Any]:
        """The block as JSON; `read` makes it a block again."""
        return {"block": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Say(Block):
    """Prose in Markdown, with links like `[14](claim:A-13)`, `(figure:phases)`, `(talk:T-19)`.
    `lang="ar"` is set from right to left."""

    markdown: str
    lang: str = "en"


@dataclass(frozen=True)
class Answers(Block):
    """The two questions, each with its answer in one sentence."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stamp(Block):
    """As-of date, data version and the like: short pairs in one line."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Findings(Block):
    """The findings of the first screen: text, n, doubt, figure, claims."""

    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Figure(Block):
    """The picture `figures/NAME.svg` with caption, source line, alt text, long description and data."""

    name: str


@dataclass(frozen=True)
class Table(Block):
    """A real table. `headings` and `rows` hold strings; `links` names what the ids in a column point to."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    links: tuple[str, ...]
    note: str = ""
    anchors: str = ""
    name: str = ""

    def csv(self) -> str:
        """The rows as a file for a spreadsheet; a cell that would run as a formula there starts with an
        apostrophe."""
        return spreadsheet([self.headings, *self.rows])


@dataclass(frozen=True)
class Callout(Block):
    """A limit, a check or a correction, beside the claim it belongs to."""

    markdown: str
    tone: str = "limit"
    title: str = ""


@dataclass(frozen=True)
class ClaimCards(Block):
    """Claims with quote, speaker, document, offsets, dates and checks. No ids: every claim."""

    claim_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeedReader(Block):
    """A seed's text with its coded spans marked and linked to their cards."""

    document_id: str


@dataclass(frozen=True)
class Register(Block):
    """Where sources differ: subject, status, both values, reason, sources."""

    rows: tuple[dict[str, str], ...]

    def by_status(self) -> list[tuple[str, list[dict[str, str]]]]:
        """The rows under each status, the sharpest first."""
        known = [*CHECKS, *sorted({row.get("status", "") for row in self.rows} - set(CHECKS))]
        return [
            (status, found)
            for status in known
            if (found := [row for row in self.rows if row.get("status", "") == status])
        ]


@dataclass(frozen=True)
class Glossary(Block):
    """Terms with meaning, Arabic name and other spellings."""

    entries: tuple[dict[str, str], ...]
    anchors: str = "term"


@dataclass(frozen=True)
class Statuses(Block):
    """Periods, each with a status and the reason for it in one line."""

    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Corrections(Block):
    """The register of what was published and is corrected. A correction stands in the banner at the head of
    the report for the whole of the minor version that made it: `version` is that of the data now."""

    rows: tuple[dict[str, str], ...]
    version: str = ""

    def now(self) -> tuple[list[str], Mapping[str, int]]:
        """The minor version now and its patches, as far as they correct something, and how many a result, a
        sentence or the layout."""
        minor = self.version.split(".")[:2]
        now = [row for row in self.rows if self.version and row.get("version", "").split(".")[:2] == minor]
        others = ("sentence", "layout")
        kinds = Counter(row["kind"] if row.get("kind") in others else "result" for row in now)
        return sorted({row["version"] for row in now}), kinds


@dataclass(frozen=True)
class Citation(Block):
    """How to cite, as text and as BibTeX."""

    words: str
    bibtex: str = ""


@dataclass(frozen=True)
class Details(Block):
    """Prose behind a summary line (methods, long lists); printed open."""

    summary: str
    markdown: str


@dataclass(frozen=True)
class Explorer(Block):
    """Controls with which a reader changes the choices, and what each gives: `data` is the JSON of
    `page.explorer`. Only the page has it; elsewhere the published choice stands in the text. `about`: talks,
    phases or weeks."""

    data: str
    about: str = "talks"

    @property
    def shades(self) -> list[list[float]]:
        """Of its map, if it has one: how many killed each shade begins with, and its strength."""
        found: list[list[float]] = json.loads(self.data).get("map", {}).get("classes", [])
        return found


@dataclass(frozen=True)
class LeaveOut(Block):
    """Keeps the cells with this tag that follow out of the report, with their headings: what a choice or a
    case has no use for."""

    tag: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": f"<cells tagged {self.tag} stay out of the report>", MIME: self.bundle()}


# blocks that take what they are given
say, figure, seed_reader, citation, details, leave_out = Say, Figure, SeedReader, Citation, Details, LeaveOut

ALL = {cls.kind: cls for cls in Block.__subclasses__()}


def read(bundle: Mapping[str, Any]) -> Block:
    """The block that a notebook's output holds under `MIME`."""
    kind = bundle.get("block")
    if kind not in ALL:
        raise Refusal([f"block {kind!r} is not known; known: {', '.join(ALL)}"])
    return ALL[kind](**{key: _frozen(value) for key, value in bundle.items() if key != "block"})


def answers(pairs: Iterable[tuple[str, str]]) -> Answers:
    """The questions and their one-sentence answers (Markdown), for the first screen."""
    return Answers(tuple((question, answer) for question, answer in pairs))


def stamp(pairs: Mapping[str, object]) -> Stamp:
    """Short facts about this edition, such as `{"Data version": "1.0.0", "Data up to": "2020-12-31"}`."""
    return Stamp(tuple((name, plain(value)) for name, value in pairs.items()))


def findings_list(items: Iterable[Mapping[str, Any]]) -> Findings:
    """Findings in the order given. Each is `{"text": Markdown}` and, if there is, `"n"`, `"doubt"` (in
    words), `"figure"` (a figure's name) and `"claims"` (claim ids). A finding made by `escalation.findings`
    can be passed as it stands."""
    kept = []
    for item in items:
        if not item.get("text"):
            raise Refusal([f"findings_list: a finding without text: {dict(item)!r}"])
        kept.append({
            "text": str(item["text"]), "n": plain(item.get("n")), "doubt": str(item.get("doubt") or ""),
            "figure": str(item.get("figure") or ""), "claims": [str(one) for one in item.get("claims") or ()],
        })  # fmt: skip
    return Findings(tuple(kept))


def table(
    frame: pd.DataFrame, *, caption: str, columns: Mapping[str, str] | None = None, note: str = "",
    formats: Mapping[str, str] | None = None, links: Mapping[str, str] | None = None, anchors: str = "",
    name: str = "",
) -> Table:  # fmt: skip
    """`frame`'s columns in the order of `columns` ({column: "Heading (unit)"}), or all of them. Cells are
    data: shown as they stand, blank for unknown. `formats` gives a column a format such as `"{:.2f}"`;
    `links` says what the ids in a column are (claim, figure, talk, truce, place or url; several are separated
    by " | "); `anchors="talk"` makes each row the target of links to the id in its first column; `name` is
    the table's own anchor, `#table-NAME`.

    >>> shown = table(pd.DataFrame({"talk": ["A"], "ratio": [0.7613]}), caption="One talk",
    ...     columns={"ratio": "Ratio"}, formats={"ratio": "{:.2f}"})
    >>> shown.headings, shown.rows
    (('Ratio',), (('0.76',),))
    """
    headings = dict(columns) if columns is not None else {str(one): str(one) for one in frame.columns}
    links, formats = dict(links or {}), dict(formats or {})
    problems = [f"table “{caption}”: no column {one!r}; there are {', '.join(map(str, frame.columns))}"
                for one in {**headings, **links, **formats} if one not in frame.columns]  # fmt: skip
    problems += [
        f"table “{caption}”: column {one} links to {to!r}; allowed: {', '.join(LINKED)}"
        for one, to in links.items()
        if to not in LINKED
    ]
    if not caption:
        problems.append(f"table of {', '.join(headings)}: it has no caption")
    if problems:
        raise Refusal(problems)
    cells = [[_cell(value, formats.get(one)) for value in frame[one]] for one in headings]
    return Table(
        caption=caption,
        headings=tuple(headings.values()),
        rows=tuple(zip(*cells, strict=True)),
        numeric=tuple(
            pd.api.types.is_numeric_dtype(frame[one]) and frame[one].dtype != bool for one in headings
        ),
        links=tuple(links.get(one, "") for one in headings),
        note=note,
        anchors=anchors,
        name=name,
    )


def spans(rows: pd.DataFrame, name: str = "date") -> list[str]:
    """A column of date ranges in words, out of `NAME_first` and `NAME_last`; blank where the first is."""
    pairs = zip(rows[f"{name}_first"], rows[f"{name}_last"], strict=True)
    return ["" if pd.isna(first) else days(first, last) for first, last in pairs]


def with_interval(rows: pd.DataFrame, name: str) -> list[str]:
    """A column of numbers with their intervals, out of `NAME`, `NAME_low` and `NAME_high`; blank where the
    number is.

    >>> with_interval(pd.DataFrame({"ratio": [2.29, None], "ratio_low": [1.83, None], "ratio_high": [2.87,
    ...     None]}), "ratio")
    ['2.29 (1.83 to 2.87)', '']
    """
    cells = zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    return [
        "" if pd.isna(size) else f"{number(size)} ({number(low)} to {number(high)})"
        for size, low, high in cells
    ]


def callout(markdown: str, *, kind: str = "limit", title: str = "") -> Callout:
    """A boxed remark. `kind`: limit, check, correction or note."""
    if kind not in KINDS_OF_CALLOUT:
        raise Refusal([f"callout: kind {kind!r} is not one of {', '.join(KINDS_OF_CALLOUT)}"])
    return Callout(markdown, kind, title)


def claim_card(claim_id: str) -> ClaimCards:
    """One claim's card, where the prose discusses it. Links to the claim lead there."""
    return ClaimCards((claim_id,))


def claim_cards(claim_ids: Sequence[str] = ()) -> ClaimCards:
    """The cards of these claims, or of every claim that has no card of its own elsewhere."""
    return ClaimCards(tuple(claim_ids))


def register(frame: pd.DataFrame) -> Register:
    """The contradiction register from `checks` (check_id, claim_id, subject, status, our_value, other_value,
    reason, source_urls; `against` if there)."""
    return Register(_rows(frame))


def glossary(frame: pd.DataFrame | Iterable[Mapping[str, object]], *, anchors: str = "term") -> Glossary:
    """Entries with `term` (or `name`), and if there `meaning` (or `kind`), `name_ar`, `spellings`, `id` (or
    `place_id`). `anchors="place"` makes them the target of `(place:…)` links."""
    entries = []
    for row in _rows(frame):
        term = row.get("term") or row.get("name", "")
        entries.append({
            "term": term, "meaning": row.get("meaning") or row.get("kind", ""), "name_ar": row.get("name_ar",
            ""),
            "spellings": row.get("spellings", "").replace(" | ", ", "),
            "id": row.get("id") or row.get("place_id") or "",
        })  # fmt: skip
    return Glossary(tuple(entries), anchors)


def statuses(frame: pd.DataFrame | Iterable[Mapping[str, object]]) -> Statuses:
    """Rows of `period`, `status` (deteriorated, unchanged, improved, unknown) and `reason`."""
    rows = _rows(frame)
    problems = [f"statuses: {row.get('period')}: status {row.get('status')!r} is not one of {', '.join(STATUSES)}"
                for row in rows if row.get("status") not in STATUSES]  # fmt: skip
    if problems:
        raise Refusal(problems)
    return Statuses(rows)


def corrections(frame: pd.DataFrame | Iterable[Mapping[str, object]], *, version: str) -> Corrections:
    """Rows of `id`, `kind` (sentence, or what else was wrong), `what`, `date`, `version`, `was`, `now`,
    `verdict` and `reason`; none is a statement too. `version`: that of the data now."""
    return Corrections(_rows(frame), version)


def _rows(frame: pd.DataFrame | Iterable[Mapping[str, object]]) -> tuple[dict[str, str], ...]:
    records = frame.to_dict("records") if isinstance(frame, pd.DataFrame) else frame
    return tuple({str(key): plain(value) for key, value in record.items()} for record in records)


def _cell(value: object, form: str | None) -> str:
    shown = plain(value)
    if not form or not shown:
        return shown
    formatted = form.format(value)
    if isinstance(value, float) and value and not formatted.strip("-0."):
        return number(value)  # small, but not nothing
    return formatted


def spreadsheet(rows: Iterable[Sequence[str]]) -> str:
    """Rows, headings among them, as CSV in which nothing is a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_inert(cell) for cell in row] for row in rows])
    return out.getvalue()


def _inert(cell: str) -> str:
    return (
        "'" + cell
        if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")
        and not re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?%?", cell)
        else cell
    )


def _frozen(value: Any) -> Any:
    """JSON lists are tuples again."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
