"""The working notebooks as pages in the report's style: prose, folded code, and outputs passed through an
allow-list."""

import re
from typing import Any

from markupsafe import Markup

from escalation.page import blocks, fragments, markup
from escalation.page.content import HIDDEN, Content, Prose, as_run, figures_of
from escalation.page.html import policy, style

_TEMPLATE = fragments.TEMPLATES.get_template("notebook.html.j2")
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


def render(stem: str, notebook: Any, report: Content) -> str:
    """One notebook's page. Its links to figures and evidence lead into the report."""
    draw = fragments.Drawer(
        report.references, prefix="../report.html", plain_links=True, numbers=figures_of(list(report.all()))
    )
    title = stem
    cells: list[dict[str, Any]] = []
    headings: list[tuple[str, str]] = []
    for cell in as_run(notebook["cells"]):
        if set(cell.get("metadata", {}).get("tags", ())) & HIDDEN:
            continue
        if cell["cell_type"] == "markdown":
            tokens = markup.parse(cell["source"])
            for token in tokens:
                if token["type"] == "heading":
                    words = markup.words([token])
                    token["attrs"]["id"] = markup.anchor(words)
                    if token["attrs"]["level"] == 1:
                        title = words
                    elif token["attrs"]["level"] == 2:
                        headings.append((token["attrs"]["id"], words))
            cells.append({"prose": draw.prose(Prose(tuple(tokens)))})
        elif cell["cell_type"] == "code" and cell["source"].strip():
            where = headings[-1][1] if headings else title
            cells.append(
                {
                    "code": fragments.code(cell["source"]),
                    "outputs": [
                        shown for output in cell.get("outputs", ()) if (shown := _output(output, draw, where))
                    ],
                }
            )
    return _TEMPLATE.render(
        title=title, stem=stem, report=report.title, cells=cells, headings=headings, style=Markup(style()),  # noqa: S704
        policy=policy()
    )  # fmt: skip


def _output(output: Any, draw: fragments.Drawer, where: str) -> Markup:
    data = output.get("data", {})
    if blocks.MIME in data:
        block = blocks.read(data[blocks.MIME])
        if isinstance(block, blocks.Figure):
            return _figure(block.name, draw)
        return draw.item(block)
    saved = re.match(r"figure ([\w-]+): ", "".join(data.get("text/plain", "")))
    if saved and saved[1] in draw.known.figures:
        return _figure(saved[1], draw)
    alt = next(
        (
            kind.get("alt")
            for kind in output.get("metadata", {}).values()
            if isinstance(kind, dict) and kind.get("alt")
        ),
        f"Drawn by the code above, in “{where}”",
    )
    if "image/svg+xml" in data:
        return Markup("<figure><img src='{}' alt=\"{}\"></figure>").format(
            fragments.svg_uri("".join(data["image/svg+xml"])), alt
        )
    if "image/png" in data:
        return Markup('<figure><img src="data:image/png;base64,{}" alt="{}"></figure>').format(
            "".join(data["image/png"].split()), alt
        )
    if "text/markdown" in data:
        return draw.markdown("".join(data["text/markdown"]))
    if "text/html" in data:
        # pandas leaves the corner over an index empty, which is no heading; replaced before it is cleaned,
        # since Markup.replace escapes
        inner = fragments.clean("".join(data["text/html"]).replace("<th></th>", "<td></td>"))
        return Markup(
            '<div class="scroll out" role="region" tabindex="0" aria-label="Table {} of this notebook, in'
            ' “{}”">{}</div>'
        ).format(draw.table_number(), where, inner)
    text = "".join(output.get("text", "") or data.get("text/plain", "")) or "\n".join(
        output.get("traceback", ())
    )
    return (
        Markup('<pre class="out" tabindex="0">{}</pre>').format(blocks.plain(_COLOURS.sub("", text)))
        if text.strip()
        else Markup("")
    )


def _figure(name: str, draw: fragments.Drawer) -> Markup:
    drawing = draw.known.figures.get(name)
    if drawing is None:
        return Markup("<p>Figure {} is not there.</p>").format(name)
    inside = (
        Markup(' <a href="../report.html#fig-{}">In the report</a>').format(name)
        if name in draw.numbers
        else ""
    )
    return Markup(
        '<figure id="fig-{}" class="drawing"><picture><img src=\'{}\' alt="{}"></picture><figcaption>{} <span'
        ' class="source">{}</span>{}</figcaption></figure>'
    ).format(
        name, draw.svg(drawing), drawing.fact("alt"), drawing.fact("caption"), drawing.fact("source"), inside
    )
