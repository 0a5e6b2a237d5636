"""The report as a tagged PDF by Typst. The content goes to the template as JSON: Typst prints its strings and
never reads them as markup, so data cannot become layout. Bundled fonts only, no date: the same content gives
the same bytes."""

import importlib.util
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import typst

from escalation import paths
from escalation.errors import Refusal
from escalation.page import blocks, facts, markup
from escalation.page.content import Content, Item, Prose, Section, figures_of, version
from escalation.page.facts import UNCORRECTED, corrected, dates, host, listed
from escalation.page.fragments import resource
from escalation.page.references import ANCHORS, Row

Node = dict[str, Any]

# centimetres of A4 between our margins, and letters a centimetre of table text holds
WIDTH, HEIGHT, LETTERS = 16.6, 21.0, 6.4
WIDE_TABLE = 9
# letters beyond which a card, a box or an entry may go over to the next page
LONG = 1500
# figures are drawn for screens; on paper smaller letters are read as easily
PAPER = 0.88


def fonts() -> list[str]:
    """DejaVu Sans comes with matplotlib and has the Arabic that Typst's own fonts lack; the drawings' words are
    set in the typeface of the page, if it is there."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    folders = [
        Path(found.origin).parent / "mpl-data" / "fonts" / "ttf",
        Path(paths.__file__).parent / "fonts",
    ]
    return [str(folder) for folder in folders if folder.is_dir()]


def typeset(document: Node, root: Path) -> bytes:
    """The PDF's bytes, with the pictures from `root`. Raises `Refusal` with Typst's message if one cannot be
    set."""
    try:
        # the stubs want input and root to be of one type; the library takes a source as bytes and a folder as
        # text
        made = typst.compile(  # type: ignore[call-overload]
            resource("report.typ").encode(),
            root=str(root),
            sys_inputs={"content": json.dumps(document, ensure_ascii=False)},
            font_paths=fonts(),
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            format="pdf",
        )
    except typst.TypstError as error:
        raise Refusal([f"report.pdf: {error}"]) from error
    if not isinstance(made, bytes):
        raise Refusal(["report.pdf: Typst gave no PDF"])
    return made


def _visible(node: Any) -> Any:
    """The same without control characters and overrides of direction, which no font can show."""
    if isinstance(node, str):
        return blocks.plain(node)
    if isinstance(node, list | tuple):
        return [_visible(each) for each in node]
    return {key: _visible(value) for key, value in node.items()} if isinstance(node, Mapping) else node


def document(content: Content, *, appendix: bool = False) -> Node:
    """The report, or its evidence and methods, as plain JSON for the template. What the other file holds is not
    linked to."""
    opening, sections = _appendix(content) if appendix else _report(content)
    draw = _Setter(content, [opening, *sections])
    whole = {
        "appendix": appendix,
        "first_figure": len(content.figures_told) if appendix else 0,
        "title": content.full_title,
        "shown": re.sub(r"(?<=\d) (?=[A-Z][a-z]+)", "\u00a0", content.title),
        "running": content.title.split(":")[0],
        "version": version(content.references.root),
        "banner": content.banner,
        "edition": content.edition,
        "corrections": "corrections-log" in draw.labels,
        "opening": [draw.item(item) for item in opening.items],
        "sections": [
            {
                "id": section.id,
                "title": section.words,
                "lang": section.lang,
                "items": [draw.item(item) for item in section.items],
            }
            for section in sections
        ],
    }
    return {key: _visible(value) for key, value in whole.items()}


def _report(content: Content) -> tuple[Section, list[Section]]:
    """What the report itself says."""
    return replace(content.opening, evidence=[]), [replace(one, evidence=[]) for one in content.report]


def _appendix(content: Content) -> tuple[Section, list[Section]]:
    """What is folded in the page: under each section of the report, then by itself."""
    sections = [replace(one, told=[]) for one in content.sections if one.evidence]
    if content.opening.evidence:
        sections.insert(0, replace(content.opening, id="evidence-top", told=[]))
    return replace(content.opening, told=[], evidence=[]), sections


class _Setter:
    """Turns blocks into nodes. A link leads to a label only if the document holds it. `sections`: those that
    it holds."""

    def __init__(self, content: Content, sections: Sequence[Section]) -> None:
        self.known = content.references
        self.credited: set[str] = set()
        self.numbers = {name: number for number, name in enumerate(figures_of(list(content.all())), start=1)}
        held = [item for section in sections for item in section.items if isinstance(item, blocks.Block)]
        readers = [block.document_id for block in held if isinstance(block, blocks.SeedReader)]
        self.register = next((block for block in held if isinstance(block, blocks.Corrections)), None)
        self.labels = (
            {f"fig-{block.name}" for block in held if isinstance(block, blocks.Figure)}
            | {
                f"claim-{name}"
                for block in held
                if isinstance(block, blocks.ClaimCards)
                for name in block.claim_ids
            }
            | {section.id for section in sections}
            | ({"corrections-log"} if self.register else set())
        )
        self.labels |= {
            f"seed-{key}"
            for key, row in self.known.claims.items()
            if row["document_id"] in readers and row.get("char_start")
        }
        for block in held:
            if isinstance(block, blocks.Table) and block.anchors:
                self.labels |= {
                    f"{ANCHORS.get(block.anchors, block.anchors + '-')}{row[0]}" for row in block.rows
                }
            if isinstance(block, blocks.Glossary):
                self.labels |= {f"{block.anchors}-{entry['id']}" for entry in block.entries if entry["id"]}
        for section in sections:
            for item in section.items:
                if isinstance(item, Prose):
                    self.labels |= {
                        str(token["attrs"]["id"])
                        for token in item.tokens
                        if token["type"] == "heading" and token["attrs"].get("id")
                    }

    def target(self, address: str) -> dict[str, str]:
        named = markup.scheme_of(address)
        label = f"{ANCHORS[named[0]]}{named[1]}" if named else address[1:] if address.startswith("#") else ""
        if label:
            return {"to": label} if label in self.labels else {}
        return {"url": address} if address.startswith(("https://", "http://", "mailto:")) else {}

    def markdown(self, source: str) -> list[Node]:
        return markup.nodes(markup.parse(source), self.target)

    def links(self, cell: str, kind: str) -> list[Node]:
        """A cell's content as inline nodes."""
        if not kind or not cell:
            return [_string(", ".join(listed(cell)) or blocks.NOT_KNOWN)]
        out: list[Node] = []
        for one in listed(cell):
            where = self.target(one if kind == "url" else f"{kind}:{one}")
            out += [_string(", ")] if out else []
            out.append({"t": "link", "c": [_string(host(one) if kind == "url" else one)], **where})
        return out

    def item(self, item: Item) -> Node:
        if isinstance(item, Prose):
            return {"k": "prose", "lang": item.lang, "c": markup.nodes(list(item.tokens), self.target)}
        if isinstance(item, blocks.Explorer):  # only the page has controls
            return {"k": "prose", "lang": "en", "c": []}
        drawers: Mapping[type, Callable[[Any], Node]] = {
            blocks.Answers: lambda b: {"pairs": [[_broken(q), self.markdown(a)] for q, a in b.pairs]},
            blocks.Stamp: lambda b: {"pairs": [[_broken(name), _broken(value)] for name, value in b.pairs]},
            blocks.Findings: lambda b: {"items": [self.finding(one) for one in b.items]},
            blocks.Figure: self.figure,
            blocks.Table: self.table,
            blocks.Callout: lambda b: {"breakable": len(b.markdown) > LONG,
            "tone": b.title or blocks.KINDS_OF_CALLOUT[b.tone], "c": self.markdown(b.markdown)},
            blocks.ClaimCards: lambda b: {"cards": [self.card(name) for name in b.claim_ids]},
            blocks.SeedReader: self.seed,
            blocks.Register: lambda b: {"rows": [self.difference(row) for _,
            rows in b.by_status() for row in rows]},
            blocks.Glossary: lambda b: {"entries": [self.entry(b, one) for one in b.entries]},
            blocks.Statuses: lambda b: {"rows": [{key: _broken(blocks.STATUSES[row["status"]] if key == "status" else row.get(key, "")) for key in ("period", "status", "reason")} for row in b.rows]},
            blocks.Corrections: lambda b: {"label": "corrections-log" if b is self.register else "",
            "none": UNCORRECTED, "rows": [self.correction(row) for row in b.rows]},
            blocks.Citation: lambda b: {"words": _broken(b.words), "bibtex": _broken(b.bibtex)},
            blocks.Details: lambda b: {"summary": _broken(b.summary), "c": self.markdown(b.markdown)},
        }  # fmt: skip
        return {"k": item.kind, **drawers[type(item)](item)}

    def finding(self, item: Mapping[str, Any]) -> Node:
        meta: list[Node] = [
            _string(one) for one in (f"n = {item['n']}" if item["n"] else "", item["doubt"]) if one
        ]
        if item["figure"]:
            meta.append(
                {
                    "t": "link",
                    "c": [_string(f"Figure {self.numbers.get(item['figure'], '')}")],
                    **self.target(f"figure:{item['figure']}"),
                }
            )
        meta += [
            {"t": "link", "c": [_string(claim)], **self.target(f"claim:{claim}")} for claim in item["claims"]
        ]
        spaced = [node for one in meta for node in (_string("  ·  "), one)][1:]
        return {"c": self.markdown(item["text"]), "meta": spaced}

    def figure(self, block: blocks.Figure) -> Node:
        drawing = self.known.figures[block.name]
        wide, high = float(drawing.facts.get("width_px") or 0), float(drawing.facts.get("height_px") or 0)
        width = min(WIDTH, PAPER * wide / 96 * 2.54, HEIGHT * wide / high) if wide and high else WIDTH
        return {
            "label": f"fig-{block.name}", "path": f"/figures/{block.name}.svg", "alt": drawing.fact("alt"),
            "width": round(width, 2),
            "title": _broken("" if drawing.says_title else drawing.fact("title")),
            "subtitle": _broken("" if drawing.says_title else drawing.fact("subtitle")),
            "caption": _broken(drawing.fact("caption")),
            "source": _broken(facts.credit(drawing, self.credited)),
        }  # fmt: skip

    def table(self, block: blocks.Table) -> Node:
        widths = [
            max((len(cell) for cell in (heading, *column)), default=1)
            for heading, column in zip(
                block.headings, list(zip(*block.rows, strict=True)) or [()] * len(block.headings), strict=True
            )
        ]
        whole = [all(facts.is_key(cell) for cell in column) for column in zip(*block.rows, strict=True)] or [
            True
        ] * len(widths)
        short = [
            width <= 24 or number or keyed
            for width, number, keyed in zip(widths, block.numeric, whole, strict=True)
        ]
        # short columns stay on one line as long as that leaves half of the line to the others
        crowded = sum(width for width, one in zip(widths, short, strict=True) if one) > WIDTH * LETTERS * 0.5
        spare = [
            0.0 if one and (not crowded or number or keyed) else max(min(width, 90), 8) ** 0.6
            for width, one, number, keyed in zip(widths, short, block.numeric, whole, strict=True)
        ]
        flipped = len(block.headings) >= WIDE_TABLE
        share = [
            WIDTH
            * LETTERS
            * (1.5 if flipped else 1)
            * (weight / sum(spare) if sum(spare) else 1 / len(spare))
            for weight in spare
        ]
        lines = sum(
            max(
                (
                    ceil(min(len(cell), 10**6) / max(room, 4))
                    for cell, room, weight in zip(row, share, spare, strict=True)
                    if weight
                ),
                default=1,
            )
            for row in block.rows
        )
        return {
            "caption": _broken(block.caption), "note": _broken(block.note),
            "label": f"table-{block.name}" if block.name else "",
            "headings": [_broken(one) for one in block.headings], "right": list(block.numeric),
            "spare": [round(one, 3) for one in spare],
            "rows": [[self.links(cell, kind) for cell, kind in zip(row, block.links,
            strict=True)] for row in block.rows],
            "anchors": [f"{ANCHORS.get(block.anchors, block.anchors + '-')}{row[0]}" if block.anchors else "" for row in block.rows],
            "breakable": lines > (22 if flipped else 36), "flipped": flipped,
        }  # fmt: skip

    def card(self, claim_id: str) -> Node:
        card = facts.card(self.known, claim_id)
        quote, rows = card.row["quote"], [one.row for one in card.checks]
        length = (
            len(quote)
            + sum(len(value) for _, value in card.pairs)
            + sum(len(value) for row in rows for value in row.values())
        )
        return {
            # a long card that may not be broken would run off the foot of a page on which the cards begin
            "breakable": length > LONG // 2,
            "label": f"claim-{claim_id}",
            "id": claim_id,
            "status": card.row.get("status", ""),
            "quote": _broken(quote),
            "reader": self.target(f"#seed-{claim_id}").get("to", ""),
            "pairs": [[name, _broken(value)] for name, value in card.pairs],
            "checks": [self.check(one) for one in card.checks],
        }

    def check(self, check: facts.Check) -> Node:
        return {
            "verdict": _broken(check.verdict),
            "reason": _broken(check.reason),
            "values": _broken(" ".join(f"{name}: {value.rstrip('.')}." for name, value in check.values)),
            "sources": self.links(check.source_urls, "url") if check.source_urls else [],
        }

    def difference(self, row: Row) -> Node:
        check = facts.check(self.known, row)
        return {
            **self.check(check),
            "breakable": sum(map(len, row.values())) > LONG,
            "subject": _broken(check.subject),
            "claims": self.links(" | ".join(check.claims + check.others), "claim") if check.claims else [],
        }

    def correction(self, row: Row) -> Node:
        pairs = [(name, value) for name, value in corrected(row) if value]
        return {
            "what": _broken(row.get("what", "")),
            "pairs": [[name, _broken(value)] for name, value in pairs],
            "breakable": sum(map(len, row.values())) > LONG,
        }

    def entry(self, block: blocks.Glossary, entry: Mapping[str, str]) -> Node:
        return {
            **{key: _broken(entry[key]) for key in ("term", "meaning", "name_ar", "spellings")},
            "label": f"{block.anchors}-{entry['id']}" if entry["id"] else "",
            "breakable": sum(map(len, entry.values())) > LONG,
        }

    def seed(self, block: blocks.SeedReader) -> Node:
        row = self.known.documents[block.document_id]
        runs = facts.seed(self.known, block.document_id)
        return {
            "id": block.document_id, "head": _broken(", ".join(one for one in (row.get("publisher"),
            row.get("title"), dates(row)) if one)), "rights": _broken(row.get("rights", "")),
            "lang": row.get("language") or "en",
            "paragraphs": [[{"v": _broken(run.text), "n": len(run.claims),
            "starts": [f"seed-{one}" for one in run.starts], "ends": [[one.split("-")[-1],
            self.target(f"claim:{one}").get("to",
            "")] for one in run.ends]} for run in runs_] for runs_ in runs],
        }  # fmt: skip


def _broken(value: object) -> str:
    return markup.breakable(blocks.plain(value))


def _string(value: str) -> Node:
    return {"t": "s", "v": _broken(value)}
