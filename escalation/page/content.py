"""The executed `4_report` read as one content: a title, an opening, and sections of prose and blocks in
reading order, each with the code that made it. Page, PDF and Markdown edition are drawn from it and from
nothing else."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from escalation import parameters
from escalation.errors import Refusal
from escalation.findings import counted
from escalation.findings import listed as listed_words
from escalation.page import blocks, markup
from escalation.page.facts import listed, other_claims
from escalation.page.references import ANCHORS, References

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
HIDDEN = {"hidden", "interactive"}
# cells of the Arabic edition; of the others it takes the drawings
ARABIC = "arabic"
# what a cell with this tag shows is for those who want everything: folded in the page, in the PDF's appendix
EVIDENCE = "evidence"
RECORDS = {
    "talk": ("Talks linked above", {"talk_id": "Talk", "title": "What", "date_first": "First day",
    "date_last": "Last day", "place": "Place", "outcome": "Outcome", "source_urls": "Sources"}),
    "truce": ("Truces linked above", {"truce_id": "Truce", "name": "What", "effective_date": "In effect from",
    "parties": "Parties", "collapse_first": "Ended, earliest", "collapse_last": "Ended, latest",
    "source_urls": "Sources"}),
    "place": ("Places linked above", {"place_id": "Place", "name": "Name", "name_ar": "Arabic name",
    "governorate": "Governorate", "kind": "Kind"}),
}  # fmt: skip


@dataclass(frozen=True)
class Prose:
    """A stretch of prose in one language."""

    tokens: tuple[markup.Token, ...]
    lang: str = "en"


Item = Prose | blocks.Block


@dataclass
class Section:
    """A heading, what stands under it, and the code of the cells that made it. `told`: what the report itself
    says; `evidence`: what is folded under it. `is_evidence`: the heading is folded too."""

    id: str
    title: list[markup.Token]
    told: list[Item] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    lang: str = "en"
    evidence: list[Item] = field(default_factory=list)
    is_evidence: bool = False

    @property
    def items(self) -> list[Item]:
        """All that stands under it, in reading order."""
        return [*self.told, *self.evidence]

    def put(self, item: Item, *, evidence: bool) -> None:
        """Adds an item at its place."""
        (self.evidence if evidence or self.is_evidence else self.told).append(item)

    @property
    def rtl(self) -> bool:
        return self.lang in RIGHT_TO_LEFT

    @property
    def words(self) -> str:
        return markup.words(self.title)


@dataclass(frozen=True)
class Content:
    """The whole report. `carded` names the claims whose card stands somewhere."""

    opening: Section
    sections: list[Section]
    references: References
    notebooks: tuple[str, ...]
    carded: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.opening.words

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """The parameters that are not the published ones, with the values here and there."""
        return parameters.departures_of(self.references.root)

    @property
    def full_title(self) -> str:
        """The title with those values."""
        said = ", ".join(f"{name} = {here}" for name, (here, _) in self.changed.items())
        return f"{self.title} ({said})" if said else self.title

    @property
    def edition(self) -> str:
        """The sentence on them for the head of every edition; blank where there are none. The report of another
        war does not name the values of this one."""
        said = listed_words(
            f"{name} = {here!r}" + ("" if "case" in self.changed else f" (published: {there!r})")
            for name, (here, there) in self.changed.items()
        )
        return f"This is not the published report: it was made with {said}." if self.changed else ""

    @property
    def banner(self) -> str:
        """What stands at the head of every edition when published numbers or sentences were corrected; blank
        if none were."""
        return " ".join(
            said
            for block in self.blocks()
            if isinstance(block, blocks.Corrections) and (said := banner(block))
        )

    def all(self) -> Iterator[Section]:
        yield self.opening
        yield from self.sections

    @property
    def has_evidence(self) -> bool:
        """Whether anything is folded."""
        return any(section.evidence for section in self.all())

    @property
    def figures_told(self) -> list[str]:
        """The figures of the report itself, in reading order."""
        return figures_of([replace(section, evidence=[]) for section in self.all()])

    @property
    def report(self) -> list[Section]:
        """The sections of the report itself."""
        return [section for section in self.sections if not section.is_evidence]

    @property
    def rest(self) -> list[Section]:
        """The sections that are evidence as a whole."""
        return [section for section in self.sections if section.is_evidence]

    def blocks(self) -> Iterator[blocks.Block]:
        for section in self.all():
            for item in section.items:
                if isinstance(item, blocks.Block):
                    yield item


def banner(block: blocks.Corrections) -> str:
    """The sentence on what the minor version now, and its patches, correct; blank if they correct nothing."""
    versions, kinds = block.now()
    if not versions:
        return ""
    told = (
        (kinds["result"], "published result"),
        (kinds["sentence"], "published sentence"),
        (kinds["layout"], "fault of layout"),
    )
    parts = [counted(n, noun, {"fault of layout": "faults of layout"}.get(noun)) for n, noun in told if n]
    by = (
        f"version {versions[0]} corrects"
        if len(versions) == 1
        else f"versions {' and '.join(versions)} correct"
    )
    return f"Data {by} {listed_words(parts)}."


def read(executed: Mapping[str, Any], references: References) -> Content:
    """The content of the executed report notebook (the last of `executed` by name). Refused, with every
    problem at once: an output that is no block, an error, a link or a block that leads nowhere, a figure
    without words of its own."""
    stem = sorted(executed)[-1]
    opening, sections, problems = _sections(stem, executed[stem])
    content = Content(opening, sections, references, tuple(sorted(name for name in executed if name != stem)))
    problems += _dangling(content)
    if problems:
        raise Refusal(list(dict.fromkeys(problems)))
    return _completed(content)


def read_arabic(executed: Mapping[str, Any], references: References) -> Content | None:
    """The Arabic edition of the executed report notebook: what its cells tagged `arabic` say, and the drawings of
    the report; none where no such cell gives a title. Raises Refusal as `read` does."""
    stem = sorted(executed)[-1]
    opening, sections, problems = _sections(stem, executed[stem], arabic=True)
    if not opening.title:
        return None
    content = Content(opening, sections, references, ())
    problems += _dangling(content)
    if problems:
        raise Refusal(list(dict.fromkeys(problems)))
    return content


def as_run(cells: Iterable[Any]) -> list[Any]:
    """The cells with the values of this run: what papermill injected stands in the notebook's own cell of
    parameters, behind each name, instead of the published value."""
    injected, shown = "", []
    for cell in cells:
        tags = cell.get("metadata", {}).get("tags", ())
        if "injected-parameters" in tags:
            injected = cell["source"]
        else:
            shown.append(cell)
    values = dict(re.findall(r"^(\w+) = (.*)$", injected, re.MULTILINE))

    def line(found: re.Match[str]) -> str:
        name, kind, _, comment = found.groups()
        return f"{name}{kind or ''} = {values[name]}{comment or ''}" if name in values else found[0]

    own = re.compile(r"^(\w+)(: [\w.]+)? = (\"[^\"]*\"|\S+)(  #.*)?$", re.MULTILINE)
    return [
        {**cell, "source": own.sub(line, cell["source"])}
        if "parameters" in cell.get("metadata", {}).get("tags", ())
        else cell
        for cell in shown
    ]


def _sections(stem: str, notebook: Any, *, arabic: bool = False) -> tuple[Section, list[Section], list[str]]:
    opening = Section("top", [])
    sections: list[Section] = []
    problems: list[str] = []
    taken: set[str] = set()
    hidden = set(HIDDEN)
    level = 1

    def unique(wanted: str) -> str:
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name)
        return name

    def add(markdown: str, cell_id: str, lang: str, evidence: bool) -> None:
        nonlocal level
        named = cell_id if re.search(r"[g-z_-]", cell_id) and not re.fullmatch(r"cell-?\d*", cell_id) else ""
        kept: list[markup.Token] = []

        def put() -> None:
            if kept:
                (sections[-1] if sections else opening).put(Prose(tuple(kept), lang), evidence=evidence)
                kept.clear()

        for token in markup.parse(markdown):
            if token["type"] != "heading":
                kept.append(token)
                continue
            depth = token["attrs"]["level"]
            if depth == 1 and opening.title:
                problems.append(
                    f"{stem}, cell {cell_id}: a second title “{markup.words([token])}”; the report has one"
                )
            is_question = (
                arabic and not sections and depth == 3
            )  # under the title, as the answers of the other
            if depth > level + 1 and not is_question:
                problems.append(f"{stem}, cell {cell_id}: heading “{markup.words([token])}” skips a level")
            level = depth
            put()
            if depth == 1:
                opening.title = token["children"]
                continue
            name = unique(named or markup.anchor(markup.words([token])))
            named = ""
            if depth == 2:
                sections.append(Section(name, token["children"], lang=lang, is_evidence=evidence))
            else:
                kept.append(
                    {**token, "attrs": {**token["attrs"], "id": name, "level": 2 if is_question else depth}}
                )
        put()

    for number, cell in enumerate(as_run(notebook["cells"]), start=1):
        cell_id = str(cell.get("id", f"cell-{number}"))
        tags = set(cell.get("metadata", {}).get("tags", ()))
        if tags & hidden or (ARABIC in tags and not arabic):
            continue
        evidence = EVIDENCE in tags
        if arabic and ARABIC not in tags:
            shown = [out for out in cell.get("outputs", ()) if _is_shared(out) and not evidence]
            cell = {**cell, "cell_type": "code", "source": "", "outputs": shown}
        if cell["cell_type"] == "markdown":
            add(cell["source"], cell_id, "en", evidence)
        elif cell["cell_type"] == "code":
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if blocks.MIME in data:
                    block = blocks.read(data[blocks.MIME])
                    if isinstance(block, blocks.LeaveOut):
                        hidden.add(block.tag)
                    elif isinstance(block, blocks.Say):
                        add(block.markdown, cell_id, block.lang, evidence)
                    else:
                        (sections[-1] if sections else opening).put(block, evidence=evidence)
                elif output["output_type"] == "error":
                    problems.append(f"{stem}, cell {cell_id}: {output.get('ename')}: {output.get('evalue')}")
                elif "text/markdown" in data:
                    add("".join(data["text/markdown"]), cell_id, "en", evidence)
                else:
                    what = output.get("text") or data.get("text/plain") or ", ".join(data)
                    problems.append(
                        f"{stem}, cell {cell_id}: shows {''.join(what).strip()[:60]!r}, which is no block;"
                        " use say, table or figure"
                    )
            if cell["source"].strip():
                (sections[-1] if sections else opening).code.append(cell["source"])
    if not opening.title and not arabic:
        problems.append(f"{stem}: no title; the first cell begins with “# …”")
    return opening, sections, problems


def _is_shared(output: Any) -> bool:
    """Whether the Arabic edition takes this output from a cell in another language: a drawing, or what leaves
    cells out."""
    kinds = (blocks.Figure.kind, blocks.LeaveOut.kind)
    return output.get("data", {}).get(blocks.MIME, {}).get("block") in kinds


def markdown_of(block: blocks.Block) -> list[str]:
    """The pieces of our own prose that a block holds."""
    match block:
        case blocks.Answers(pairs):
            return [answer for _, answer in pairs]
        case blocks.Findings(items):
            return [item["text"] for item in items]
        case blocks.Callout(markdown) | blocks.Details(_, markdown) | blocks.Say(markdown):
            return [markdown]
        case _:
            return []


def addresses(content: Content) -> Iterator[str]:
    """Every address the report links to from prose, findings, tables and registers."""
    for section in content.all():
        yield from markup.links(section.title)
        for item in section.items:
            if isinstance(item, Prose):
                yield from markup.links(item.tokens)
                continue
            for markdown in markdown_of(item):
                yield from markup.links(markup.parse(markdown))
            match item:
                case blocks.Findings(items):
                    for one in items:
                        yield from (f"claim:{claim}" for claim in one["claims"])
                        if one["figure"]:
                            yield f"figure:{one['figure']}"
                case blocks.Table():
                    for row in item.rows:
                        for cell, kind in zip(row, item.links, strict=True):
                            if kind and kind != "url":
                                yield from (f"{kind}:{name}" for name in listed(cell))
                case blocks.Register(differences):
                    for difference in differences:
                        yield from (f"claim:{name}" for name in listed(difference.get("claim_id", "")))
                        yield from (f"claim:{name}" for name in other_claims(difference, content.references))
                case blocks.SeedReader(document):
                    yield from (
                        f"claim:{key}"
                        for key, row in content.references.claims.items()
                        if row["document_id"] == document
                    )
                case _:
                    pass


def _dangling(content: Content) -> list[str]:
    references, problems = content.references, []
    shown = [block.name for block in content.blocks() if isinstance(block, blocks.Figure)]
    problems += [
        f"figure {name} stands in the report twice"
        for name in sorted({one for one in shown if shown.count(one) > 1})
    ]
    alts: dict[str, str] = {}
    for name in dict.fromkeys(shown):
        missing = references.missing("figure", name)
        if missing:
            problems.append(f"block {missing}")
            continue
        problems += references.figures[name].problems()
        alt = references.figures[name].fact("alt")
        if alt in alts:
            problems.append(f"figures/{name}.json: the same alt text as {alts[alt]}")
        alts[alt] = name
    for block in content.blocks():
        if isinstance(block, blocks.ClaimCards):
            problems += [
                f"block {gone}" for name in block.claim_ids if (gone := references.missing("claim", name))
            ]
        if isinstance(block, blocks.SeedReader) and block.document_id not in references.documents:
            problems.append(
                f"block seed_reader: no document {block.document_id}; there are"
                f" {', '.join(references.documents)}"
            )
    anchors = {section.id for section in content.all()} | {
        str(t["attrs"].get("id"))
        for s in content.all()
        for i in s.items
        if isinstance(i, Prose)
        for t in i.tokens
        if t["type"] == "heading"
    }
    for address in dict.fromkeys(addresses(content)):
        named = markup.scheme_of(address)
        if named:
            missing = references.missing(*named)
            if missing:
                problems.append(f"link {missing}")
            elif named[0] == "figure" and named[1] not in shown:
                problems.append(
                    f"link figure:{named[1]}: the figure is there, but the report does not show it"
                )
        elif address.startswith("#"):
            if address[1:] not in anchors and not address.startswith(
                tuple(f"#{one}" for one in (*ANCHORS.values(), "table-", "seed-"))
            ):
                problems.append(
                    f"link {address}: no section of that name; there are {', '.join(sorted(anchors))}"
                )
        elif not markup.is_web(address):
            problems.append(f"link {address!r}: not a web address, an anchor or one of {', '.join(ANCHORS)}")
    return problems


def _completed(content: Content) -> Content:
    """Cards and records that the report links to but does not show are put at its end; a claim has one
    card."""
    linked = dict.fromkeys(named for address in addresses(content) if (named := markup.scheme_of(address)))
    named_cards = {
        name for block in content.blocks() if isinstance(block, blocks.ClaimCards) for name in block.claim_ids
    }
    placed: set[str] = set()
    sections: list[Section] = []

    def carded(items: Sequence[Item]) -> list[Item]:
        kept: list[Item] = []
        for item in items:
            if isinstance(item, blocks.ClaimCards):
                ids = item.claim_ids or tuple(
                    name for name in content.references.claims if name not in named_cards
                )
                item = blocks.ClaimCards(tuple(name for name in ids if name not in placed))
                placed.update(item.claim_ids)
                if not item.claim_ids:
                    continue
            kept.append(item)
        return kept

    for section in content.all():
        sections.append(replace(section, told=carded(section.told), evidence=carded(section.evidence)))
    rest = tuple(sorted(name for scheme, name in linked if scheme == "claim" and name not in placed))
    if rest:
        sections.append(
            Section(
                "evidence-cards",
                [{"type": "text", "raw": "The claims behind the numbers"}],
                evidence=[blocks.ClaimCards(rest)],
                is_evidence=True,
            )
        )
    held = {
        f"{block.anchors}:{row[0]}"
        for block in content.blocks()
        if isinstance(block, blocks.Table) and block.anchors
        for row in block.rows
    }
    held |= {
        f"{block.anchors}:{entry['id']}"
        for block in content.blocks()
        if isinstance(block, blocks.Glossary)
        for entry in block.entries
    }
    records: list[Item] = []
    for scheme, (caption, columns) in RECORDS.items():
        rows = [
            content.references.known(scheme)[name]
            for one, name in sorted(linked)
            if one == scheme and f"{one}:{name}" not in held
        ]
        if rows:
            keys = [key for key in columns if key in rows[0]]
            records.append(blocks.Table(
                caption, tuple(columns[key] for key in keys),
                tuple(tuple(blocks.plain(row[key]) for key in keys) for row in rows),
                tuple(False for _ in keys), tuple("url" if key == "source_urls" else "" for key in keys),
                anchors=scheme,
            ))  # fmt: skip
    if records:
        title = [{"type": "text", "raw": "The records linked above"}]
        sections.append(Section("records", title, evidence=records, is_evidence=True))
    return replace(
        content, opening=sections[0], sections=sections[1:], carded=tuple(sorted(placed | set(rest)))
    )


def version(root: Path) -> str:
    """The data version that `data/datapackage.json` states."""
    return str(json.loads((root / "data" / "datapackage.json").read_text("utf-8")).get("version", ""))


def figures_of(sections: Sequence[Section]) -> list[str]:
    """The figures of the report and then those of its evidence, in reading order: they are numbered by it."""
    ordered = [item for section in sections for item in section.told]
    ordered += [item for section in sections for item in section.evidence]
    return [item.name for item in ordered if isinstance(item, blocks.Figure)]
