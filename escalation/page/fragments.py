"""Blocks and prose as HTML: by Jinja2 with autoescape, so that data is text wherever it stands. The same
fragments make the page, the working notebooks' pages and what JupyterLab shows."""

import csv
import io
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import nh3
from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from escalation import paths
from escalation.page import blocks, facts, markup, reader, references
from escalation.page.content import RIGHT_TO_LEFT, Prose
from escalation.page.facts import host, listed, shortened
from escalation.page.references import ANCHORS, References

SHOWN_ROWS = 120
# figures of 1.0.0 that are drawn no longer, and what shows the same: links to them still lead somewhere
CUT = {"stability": "sources", "survival": "truces", "claim_dates": "coverage"}
# what no address holds as it stands, the per cent sign first
_IN_AN_ADDRESS = {one: f"%{ord(one):02X}" for one in "%#'<>\" |[]"} | {"&": "&amp;"}

_TAGS = {
    "a", "abbr", "b", "bdi", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div",
    "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"class", "dir", "id", "lang", "role", "tabindex", "aria-label", "aria-describedby",
    "aria-labelledby"},
    "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}, "ol": {"start"},
}  # fmt: skip


def clean(markup: str) -> Markup:
    """HTML without anything that runs, loads or styles: the last gate for prose, and the only one for foreign
    HTML."""
    return Markup(  # noqa: S704
        nh3.clean(
            markup,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener",
        )
    )


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("escalation.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # whatever a template prints loses what could turn the text around it
    made.finalize = lambda value: blocks.plain(value) if type(value) is str else value
    made.filters |= {"host": host, "csv_uri": csv_uri}
    made.globals["facts"] = facts
    return made


def resource(name: str) -> str:
    """A file from beside the templates."""
    return (files("escalation.page") / "templates" / name).read_text("utf-8")


@lru_cache(maxsize=128)
def svg_uri(svg: str) -> Markup:
    """A picture as a data address for a single-quoted attribute: a third shorter than base64. What a browser
    does not need is left out: comments and metadata, spaces within paths and styles, the long way to place a
    letter."""
    slim = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>|\sxmlns:xlink=\"[^\"]*\"",
        "",
        svg,
        flags=re.S,
    )
    slim = re.sub(r'\bstyle="[^"]*"', lambda found: re.sub(r"([:;]) ", r"\1", found.group()), slim)
    slim = re.sub(r'(\bd=")([^"]*)"', lambda found: found[1] + _tight(found[2]) + '"', slim)
    slim = re.sub(
        r'<use xlink:href="([^"]*)" transform="translate\(([-\d.]+) 0\)"/>',
        lambda found: f'<use href="{found[1]}" x="{float(found[2]):.1f}"/>',
        slim,
    )
    slim = re.sub(r"\s+", " ", slim.replace("xlink:href=", "href=")).replace("> <", "><").strip()
    # S704: every character that could end the attribute or the address is encoded
    return Markup("data:image/svg+xml," + _in_an_address(slim))  # noqa: S704


_PLACES = re.compile(r' (?:d|x|y|x1|x2|y1|y2|cx|cy|points)="[^"]*"')
_BEYOND_TENTHS = re.compile(r"(?<=\d\.\d)\d+")
_AROUND_LETTERS = re.compile(r"\s+(?=[A-Za-z])|(?<=[A-Za-z])\s+")
_PATH = re.compile(r'<path d="([^"]*)"([^>]*?) ?/>')
_BOX = re.compile(r"M([\d.-]+) ([\d.-]+)L([\d.-]+) \2L\3 ([\d.-]+)L\1 \4z")


@lru_cache(maxsize=128)
def lean_svg(svg: str) -> str:
    """A drawing of ours for the page, in fewer letters and to the same eye: places to a tenth of a pixel,
    neighbouring paths that look alike as one, neighbouring marks that look alike in one group, short ids. Paths
    with an id, and see-through ones, stay paths of their own."""
    svg = _PLACES.sub(lambda found: _BEYOND_TENTHS.sub("", found[0]), svg.strip()).replace(" />", "/>")
    out: list[str] = []
    at, last = 0, ""
    for found in _PATH.finditer(svg):
        places, look = _AROUND_LETTERS.sub("", found[1]), found[2]
        places = _BOX.sub(r"M\1 \2H\3V\4H\1z", places)
        between = svg[at : found.start()]
        if out and not between and look == last and "id=" not in look and "opacity" not in look:
            out[-1] = f'{out[-1][: -len(look) - 3]}{places}"{look}/>'
        else:
            out += [between, f'<path d="{places}"{look}/>']
        at, last = found.end(), look
    svg = _PLACED.sub(lambda found: f' d="{_short(found[1])}"', "".join([*out, svg[at:]]))
    names: dict[str, str] = {}
    svg = _HASHED.sub(lambda found: names.setdefault(found[0], f"{found[1]}-{len(names)}"), svg)
    return _ALIKE.sub(_grouped, svg)


_PLACED = re.compile(r' d="([^"]*)"')
_HASHED = re.compile(r"(?<=[\"#])([\w-]+)-[a-z][0-9a-f]{10}(?=[\")])")
_MARK = r'<(?:path d="[^"]*"|use href="[^"]*" x="[^"]*" y="[^"]*")'
_ALIKE = re.compile(rf"{_MARK}( [^>]*?)/>(?:{_MARK}\1/>)+")


def _grouped(found: re.Match[str]) -> str:
    """Neighbours that look alike, with their look said once. How see-through a group is would be mixed once for
    all of it, so it is said of what fills each; of outlines it stays with each."""
    look = found[1]
    if "id=" in look or (" opacity=" in look and "stroke=" in look):
        return found[0]
    marks = found[0].replace(f"{look}/>", "/>")
    return f"<g{look.replace(' opacity=', ' fill-opacity=')}>{marks}</g>"


_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}


def _short(path: str) -> str:
    """The same path with each step in the fewest letters, from the page's corner or from the step before. It
    counts in tenths of a pixel, whole numbers, so that no error adds up. What it does not know stays as it
    was."""
    out, last = [], ""
    here, begun = (0, 0), (0, 0)
    for letter, numbers in _STEP.findall(path):
        values = [round(10 * float(one)) for one in numbers.split()]
        if letter == "H":
            letter, values = "L", [values[0], here[1]]
        elif letter == "V":
            letter, values = "L", [here[0], values[0]]
        if len(values) != _NUMBERS.get(letter):
            return path
        if letter == "z":
            out.append("z")
            last, here = "z", begun
            continue
        steps = [value - here[place % 2] for place, value in enumerate(values)]
        there = (values[-2], values[-1])
        if letter == "L" and 0 in steps:
            along = steps[1] == 0
            letter, values, steps = "HV"[not along], values[not along :][:1], steps[not along :][:1]
            there = (values[0], here[1]) if along else (here[0], values[0])
        absolute, relative = _told(letter, values, last), _told(letter.lower(), steps, last)
        is_relative = len(relative) < len(absolute)
        out.append(relative if is_relative else absolute)
        last = letter.lower() if is_relative else letter
        begun = there if letter == "M" else begun
        here = there
    return "".join(out)


def _told(name: str, values: list[int], last: str) -> str:
    """A step of a path, its letter left out where the step before had the same."""
    text = " ".join(map(_tenth, values)).replace(" -", "-")
    if name != last or name in "Mm":
        return name + text
    return text if text[0] == "-" else f" {text}"


@lru_cache(maxsize=65536)
def _tenth(value: int) -> str:
    """A number of a path from tenths: `-.3` is -3."""
    text = f"{value / 10:.1f}".removesuffix(".0")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _in_an_address(text: str) -> str:
    """What could end the attribute or the address, encoded (`str.translate` takes ten times as long)."""
    for letter, code in _IN_AN_ADDRESS.items():
        text = text.replace(letter, code)
    return text


def _tight(path: str) -> str:
    """A path's commands without the spaces around letters, and a letter that repeats said once."""
    out, last = [], ""
    for letter, numbers in re.findall(r"([A-Za-z])\s*([^A-Za-z]*)", path):
        shown = " ".join(numbers.split()).replace(" -", "-")
        out.append(
            (" " if not shown.startswith("-") else "") + shown
            if letter == last and letter in "LQC"
            else letter + shown
        )
        last = letter
    return "".join(out)


def csv_uri(rows: str) -> Markup:
    """A file to download that needs no second file and no network, and in which no cell is a formula."""
    rows = blocks.spreadsheet(csv.reader(io.StringIO(rows, newline="")))
    return Markup(  # noqa: S704
        "data:text/csv;charset=utf-8," + quote("\ufeff" + rows, safe=",;:/()=!*'~+@?$")
    )


def code(source: str) -> Markup:
    """Python with quiet colours; the Markdown of a `%%say` cell as it stands."""
    if source.startswith("%%say"):
        return escape(source)
    return Markup(highlight(source, _LEXER, _FORMATTER))  # noqa: S704 (Pygments escapes)


# made when this is imported, which a build does while it waits for the notebooks
TEMPLATES = _environment()  # ours, strict and escaping
_BLOCKS = TEMPLATES.get_template("blocks.html.j2")
_LEXER, _FORMATTER = PythonLexer(), HtmlFormatter(nowrap=True)


class Drawer:
    """Draws blocks for one document. `prefix` leads to the report page from elsewhere; `plain_links` leaves
    tooltips out."""

    def __init__(
        self,
        known: References,
        *,
        prefix: str = "",
        plain_links: bool = False,
        numbers: Iterable[str] = (),
        readable: Iterable[str] = (),
    ) -> None:
        self.known = known
        self.prefix = prefix
        self.plain_links = plain_links
        self.numbers = {name: number for number, name in enumerate(numbers, start=1)}
        self.tables = 0
        self.tips = 0
        self.credited: set[str] = set()
        self.readable = frozenset(readable)
        self.module: Any = _BLOCKS.make_module({"draw": self})

    tones, verdicts, trends, shown_rows = blocks.KINDS_OF_CALLOUT, blocks.CHECKS, blocks.STATUSES, SHOWN_ROWS
    corrected, uncorrected = staticmethod(facts.corrected), facts.UNCORRECTED
    # where pictures are heavy, the page holds each once, and their download leads to the file beside it
    embed_svg = True
    # a page made by hand has no others beside it
    alone = False
    # JupyterLab needs the picture and its words, not what hangs below them
    lean = False
    # the report as each of its figures is cited
    cited = ""

    def link(self, address: str, inner: Markup) -> Markup:
        """A link in prose. Evidence shows itself on hover and focus, and leads to its card."""
        named = markup.scheme_of(address)
        if not named:
            if not markup.is_web(address):
                return inner
            return Markup('<a href="{}">{}</a>').format(address, inner)
        scheme, name = named
        href = f"{self.prefix}#{ANCHORS[scheme]}{name}"
        hint = self.hint(scheme, name)
        if self.plain_links or not hint:
            return Markup('<a href="{}">{}</a>').format(href, inner)
        self.tips += 1
        return Markup(
            '<span class="ev"><a href="{}" aria-describedby="tip-{}">{}</a><span class="tip" role="tooltip"'
            ' id="tip-{}">{}</span></span>'
        ).format(href, self.tips, inner, self.tips, hint)

    def hint(self, scheme: str, name: str) -> Markup:
        """What a tooltip says: the quote, who said it, and how it was checked; or what a record is."""
        row = self.known.known(scheme).get(name) if scheme != "figure" else None
        if row is None:
            return Markup("")
        if scheme == "claim":
            verdicts = ", ".join(
                dict.fromkeys(
                    blocks.CHECKS.get(check.get("status", ""), "")
                    for check in self.known.checks.get(name, ())
                )
            )
            return Markup('<q>{}</q> <span class="by">{}{}</span>').format(
                shortened(row["quote"], 220),
                facts.source(self.known, row),
                Markup(" · <b>{}</b>").format(verdicts) if verdicts.strip(", ") else "",
            )
        title = row.get("title") or row.get("name", "")
        days = row.get("date_first") or row.get("effective_date") or row.get("announced_date") or ""
        last = row.get("date_last", "")
        return Markup('{} <span class="by">{}</span>').format(
            blocks.plain(title),
            f"{days} to {last}" if last and last != days else days or row.get("governorate", ""),
        )

    def prose(self, item: Prose) -> Markup:
        drawn = clean(markup.html(item.tokens, self.link))
        if item.lang == "en":
            return drawn
        side = "rtl" if item.lang in RIGHT_TO_LEFT else "ltr"
        return Markup('<div lang="{}" dir="{}" class="foreign">\n{}</div>\n').format(item.lang, side, drawn)

    def markdown(self, source: str) -> Markup:
        return clean(markup.html(markup.parse(source), self.link))

    def line(self, source: str) -> Markup:
        """Prose of one line, without its paragraph."""
        drawn = self.markdown(source).strip()
        single = drawn.startswith("<p>") and drawn.count("<p>") == 1 and drawn.endswith("</p>")
        return Markup(drawn[3:-4]) if single else Markup(drawn)  # noqa: S704 (just cleaned)

    def item(self, item: Prose | blocks.Block) -> Markup:
        """Any item of a section."""
        if isinstance(item, Prose):
            return self.prose(item)
        if isinstance(item, blocks.Say):
            return self.prose(Prose(tuple(markup.parse(item.markdown)), item.lang))
        return Markup(getattr(self.module, item.kind)(item))  # noqa: S704 (an escaping template)

    def cell(self, value: str, kind: str) -> Markup:
        """A table cell: data, or links to what its ids name."""
        if not kind or not value:
            return self.roomy(", ".join(listed(value)) or blocks.NOT_KNOWN)
        if kind == "url":
            return Markup(", ").join(
                Markup('<a href="{}">{}</a>').format(one, host(one)) if markup.is_web(one) else escape(one)
                for one in listed(value)
            )
        return Markup(", ").join(
            Markup('<a href="{}#{}{}">{}</a>').format(self.prefix, ANCHORS[kind], one, one)
            for one in listed(value)
        )

    def code(self, source: str) -> Markup:
        return code(source)

    @staticmethod
    def json(data: str) -> Markup:
        """JSON for a script element that is not run: nothing in it can end the element."""
        return Markup(data.replace("<", "\\u003c"))  # noqa: S704

    def web(self, address: str) -> str:
        return address if markup.is_web(address) else ""

    def anchor(self, scheme: str) -> str:
        return ANCHORS.get(scheme, f"{scheme}-")

    def notebook_page(self, stem: str) -> str:
        return f"notebooks/{stem}.html"

    def callout_name(self, block: blocks.Callout) -> str:
        return block.title or shortened(markup.words(markup.parse(block.markdown)), 50)

    def where(self, card: facts.Card) -> Markup:
        """The claim's place in its document, linked if the document can be read here."""
        name, document_id = card.publisher, card.row["document_id"]
        if card.place and document_id in self.readable:
            return Markup('<a href="#seed-{}">{} ({}){}</a>').format(
                card.row["claim_id"], name, document_id, card.place
            )
        return Markup("{} ({}){}").format(name, document_id, card.place)

    def values(self, value: str, claim_ids: list[str]) -> Markup:
        if not claim_ids:
            return escape(blocks.plain(value))
        return Markup("{} ({})").format(
            blocks.plain(value),
            Markup(", ").join(self.link(f"claim:{one}", escape(one)) for one in claim_ids),
        )

    def roomy(self, value: str) -> Markup:
        """Data with places to break inside words longer than a column; ordinary words stay whole."""
        shown = str(escape(markup.breakable(blocks.plain(value)))).replace("\u200b", "<wbr>")
        return Markup(re.sub(r"\b\d{4}-\d\d(-\d\d)?\b", r'<span class="key">\g<0></span>', shown))  # noqa: S704

    def breadths(self, block: blocks.Table) -> list[str]:
        """How much room a column asks for."""
        if not block.rows:
            return [""] * len(block.headings)
        longest = [
            sorted(map(len, column))[int(len(column) * 0.8)] for column in zip(*block.rows, strict=True)
        ]
        shape = [
            "" if number or long <= 24 else " wide" if long > 70 else " medium"
            for long, number in zip(longest, block.numeric, strict=True)
        ]
        return [" sources" if kind == "url" else one for one, kind in zip(shape, block.links, strict=True)]

    def sources(self, cell: str) -> Markup:
        return self.cell(cell, "url")

    def table_number(self) -> int:
        self.tables += 1
        return self.tables

    def source(self, drawing: references.Drawing) -> str:
        return facts.credit(drawing, self.credited)

    def svg(self, drawing: references.Drawing) -> Markup:
        if self.lean:
            return Markup("data:image/svg+xml," + _in_an_address(drawing.svg.replace("\n", " ")))  # noqa: S704
        return svg_uri(drawing.svg)

    def former(self, name: str) -> list[str]:
        """Figures that were cut, whose anchors lead to this one now."""
        return [cut for cut, now in CUT.items() if now == name and cut not in self.numbers]

    def inline(self, drawing: references.Drawing, size: str) -> Markup:
        """The drawing for one width of screen, its words as text of the page."""
        # S704: written by our own figures; the page's policy lets nothing in it run, load or style
        return Markup(lean_svg(drawing.sheets[size]))  # noqa: S704

    def headline(self, title: str) -> Markup:
        """The title, in which a day stays with its month, a number with its per cent sign and an n with what it
        is."""
        together = r"(?<=\d) (?=%|[A-Z][a-z]+)|(?<=\b[np]) (?==)|(?<=\b[np] =) "
        return Markup(re.sub(together, "&nbsp;", str(escape(title))))  # noqa: S704

    def phone_svg(self, drawing: references.Drawing) -> Markup:
        """The narrow version of a figure, if there is one."""
        path = drawing.folder / f"{drawing.name}.phone.svg"
        return svg_uri(path.read_text("utf-8")) if path.is_file() else Markup("")

    def coded(self, document_id: str) -> str:
        share = reader.coded_share(self.known.seed(document_id), facts.claims_of(self.known, document_id))
        return f"{share:.0%}".replace("%", " %")

    def quoted(self, document_id: str) -> str:
        """The share of a document's letters that its reader quotes."""
        letters = sum(
            len(run.text) for runs in reader.paragraphs(self.known.seed(document_id), []) for run in runs
        )
        told = sum(
            len(run.text) for runs in facts.seed(self.known, document_id) for run in runs if not run.is_told
        )
        return f"{told / letters if letters else 0:.0%}".replace("%", " %")


def for_jupyter(block: blocks.Block) -> str:
    """What JupyterLab shows when a cell displays a block: the same fragment, with links that lead into the
    built page."""
    place = paths.root()
    try:
        draw = Drawer(_loaded(place), plain_links=True)
        draw.lean = True
        drawn = draw.item(block)
    except (KeyError, FileNotFoundError, jinja2.UndefinedError) as missing:
        drawn = Markup("<p>This block needs something that is not built yet: {}.</p>").format(str(missing))
    # JupyterLab would typeset what stands between dollar signs
    return f'<div class="escalation tex2jax_ignore mathjax_ignore">{drawn}</div>'


@lru_cache(maxsize=4)
def _loaded(place: Path) -> References:
    return references.load(place)


blocks.DRAWN["text/html"] = for_jupyter
