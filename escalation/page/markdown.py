"""The report as Markdown, for reading on a forge: the same prose, findings, tables and cards, with the
figures beside it."""

from collections.abc import Callable, Mapping
from typing import Any

from escalation.page import blocks, facts, markup
from escalation.page.content import Content, Item, Prose, figures_of
from escalation.page.facts import UNCORRECTED, corrected, dates, host, listed
from escalation.page.markup import rough
from escalation.page.references import ANCHORS


def render(content: Content) -> str:
    """The Markdown edition; links to evidence lead to anchors in it, figures to `../figures`."""
    write = _Writer(content)
    banner = (
        [f"> **Corrected.** {rough(content.banner)} [Before, after and why](#corrections-log)"]
        if content.banner
        else []
    )
    edition = [f"> **Other values.** {rough(content.edition)}"] if content.edition else []
    parts = [
        f"# {rough(content.full_title)}",
        *edition,
        *banner,
        *(write.item(item) for item in content.opening.items),
    ]
    for section in content.sections:
        parts += [
            f'<a id="{section.id}"></a>',
            f"## {rough(section.words)}",
            *(write.item(item) for item in section.items),
        ]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def address(url: str) -> str:
    """Where a link leads in this edition."""
    named = markup.scheme_of(url)
    return f"#{ANCHORS[named[0]]}{named[1]}" if named else url


def cells(values: list[str] | tuple[str, ...]) -> str:
    """One row of a table."""
    return "| " + " | ".join(value or blocks.NOT_KNOWN for value in values) + " |"


def linked(cell: str, kind: str) -> str:
    """A cell's ids as links, or its text."""
    if not kind:
        return rough(", ".join(listed(cell)))
    if kind == "url":
        return ", ".join(
            f"[{rough(host(one))}](<{one}>)" if markup.is_web(one) else rough(one) for one in listed(cell)
        )
    return ", ".join(f"[{rough(one)}](#{ANCHORS[kind]}{one})" for one in listed(cell))


class _Writer:
    def __init__(self, content: Content) -> None:
        self.known = content.references
        self.numbers = {name: number for number, name in enumerate(figures_of(list(content.all())), start=1)}
        self.tables = 0

    def markdown(self, source: str) -> str:
        return markup.markdown(markup.parse(source), address).strip()

    def item(self, item: Item) -> str:
        if isinstance(item, Prose):
            shown = markup.markdown(list(item.tokens), address).strip()
            return shown if item.lang == "en" else f'<div lang="{item.lang}" dir="rtl">\n\n{shown}\n\n</div>'
        writers: Mapping[type, Callable[[Any], str]] = {
            blocks.Answers: lambda b: "\n\n".join(f"**{rough(question)}**  \n{self.markdown(answer)}" for question, answer in b.pairs),
            blocks.Stamp: lambda b: " · ".join(f"{rough(name)}: {rough(value)}" for name, value in b.pairs),
            blocks.Findings: lambda b: "\n".join(self.finding(number, one) for number,
            one in enumerate(b.items, start=1)),
            blocks.Figure: self.figure,
            blocks.Table: self.table,
            blocks.Callout: lambda b: "\n".join(f"> {line}".rstrip() for line in f"**{rough(b.title or blocks.KINDS_OF_CALLOUT[b.tone])}**\n\n{self.markdown(b.markdown)}".split("\n")),
            blocks.ClaimCards: lambda b: "\n\n".join(self.card(name) for name in b.claim_ids),
            blocks.SeedReader: self.seed,
            blocks.Register: lambda b: "\n".join(f"- {self.check(facts.check(self.known, row), row.get('subject', ''))}" for _, rows in b.by_status() for row in rows),
            blocks.Glossary: lambda b: "\n".join(self.entry(b, one) for one in b.entries),
            blocks.Statuses: lambda b: "\n".join(f"- **{rough(row['period'])}** {rough(blocks.STATUSES[row['status']])}: {rough(row.get('reason', ''))}" for row in b.rows),
            blocks.Corrections: self.corrections,
            blocks.Citation: lambda b: rough(b.words) + (f"\n\n```bibtex\n{blocks.plain(b.bibtex).replace('```', '')}\n```" if b.bibtex else ""),
            blocks.Details: lambda b: f"**{rough(b.summary)}**\n\n{self.markdown(b.markdown)}",
        }  # fmt: skip
        return (
            "" if isinstance(item, blocks.Explorer) else writers[type(item)](item)
        )  # only the page has controls

    def finding(self, number: int, item: Mapping[str, Any]) -> str:
        meta = [rough(one) for one in (f"n = {item['n']}" if item["n"] else "", item["doubt"]) if one]
        if item["figure"]:
            meta.append(f"[figure {self.numbers.get(item['figure'], '')}](#fig-{item['figure']})")
        meta += [f"[{claim}](#claim-{claim})" for claim in item["claims"]]
        return f"{number}. {self.markdown(item['text'])}" + (f" ({'; '.join(meta)})" if meta else "")

    def figure(self, block: blocks.Figure) -> str:
        drawing = self.known.figures[block.name]
        alt = rough(drawing.fact("alt"))
        return (
            f'<a id="fig-{block.name}"></a>\n\n![{alt}](../figures/{block.name}.svg)\n\n**Figure'
            f" {self.numbers[block.name]}.** {rough(drawing.fact('caption'))}"
            f" *{rough(drawing.fact('source'))}* [Data](../figures/{block.name}.csv)"
        )

    def table(self, block: blocks.Table) -> str:
        self.tables += 1
        rule = "|" + "|".join(" --: " if number else " --- " for number in block.numeric) + "|"
        anchored = [
            [
                (
                    f'<a id="{ANCHORS.get(block.anchors, block.anchors + "-")}{row[0]}"></a>'
                    if block.anchors and not at
                    else ""
                )
                + linked(cell, kind)
                for at, (cell, kind) in enumerate(zip(row, block.links, strict=True))
            ]
            for row in block.rows
        ]
        lines = [cells([rough(one) for one in block.headings]), rule, *(cells(row) for row in anchored)]
        return (
            f"**Table {self.tables}.** {rough(block.caption)}\n\n"
            + "\n".join(lines)
            + (f"\n\n{rough(block.note)}" if block.note else "")
        )

    def card(self, claim_id: str) -> str:
        card = facts.card(self.known, claim_id)
        said = dict(card.pairs) | {"In": f"{card.publisher} ({card.row['document_id']})"}
        shown = [rough(said[name]) for name in ("Said by", "In", "When", "Number") if name in said]
        lines = [
            f'<a id="claim-{claim_id}"></a>**{claim_id}** “{rough(card.row["quote"])}”',
            "; ".join(shown) + ".",
        ]
        return "  \n".join(lines + [self.check(one, "") for one in card.checks])

    def check(self, check: facts.Check, subject: str) -> str:
        """One comparison: under a card without a subject, in the register with it."""
        verdict = rough(check.verdict)
        if subject:
            verdict += f": **{rough(subject)}**" + (
                f" ({linked(check.claim_id, 'claim')})" if check.claims else ""
            )
        said = [f"{name}: {rough(value)}" for name, value in check.values]
        said += [rough(check.reason)] if check.reason else []
        said += [f"Sources: {linked(check.source_urls, 'url')}"] if check.source_urls else []
        return " ".join(one.rstrip(".") + "." for one in (verdict, *said))

    def entry(self, block: blocks.Glossary, entry: Mapping[str, str]) -> str:
        mark = f'<a id="{block.anchors}-{entry["id"]}"></a>' if entry["id"] else ""
        also = f" Also spelled: {rough(entry['spellings'])}." if entry["spellings"] else ""
        return f"- {mark}**{rough(entry['term'])}** {rough(entry['name_ar'])} {rough(entry['meaning'])}{also}"

    def corrections(self, block: blocks.Corrections) -> str:
        if not block.rows:
            return f'<a id="corrections-log"></a>{UNCORRECTED}'
        rows = [
            f"- **{rough(row.get('what', ''))}**  \n"
            + "  \n".join(f"  {name}: {rough(value)}" for name, value in corrected(row) if value)
            for row in block.rows
        ]
        return '<a id="corrections-log"></a>\n\n' + "\n".join(rows)

    def seed(self, block: blocks.SeedReader) -> str:
        row = self.known.documents[block.document_id]
        head = ", ".join(
            rough(one) for one in (row.get("publisher", ""), row.get("title", ""), dates(row)) if one
        )
        return (
            f"**{block.document_id}** {head}: the annotated text stands in [report.html](report.html), the"
            " text itself in [seeds/](../seeds/)."
        )
