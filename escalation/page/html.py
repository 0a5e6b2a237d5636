"""The report as one HTML file: no request leaves it, nothing in it needs JavaScript, and its policy allows
only what it holds."""

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

from escalation import sums
from escalation.page import blocks, content, markup
from escalation.page.content import Content
from escalation.page.fragments import TEMPLATES, Drawer, resource, svg_uri
from escalation.page.references import Drawing

SVG_TWICE = 900_000
_TEMPLATE = TEMPLATES.get_template("page.html.j2")


@lru_cache(maxsize=1)
def style() -> str:
    """Our style sheet, for every page."""
    return resource("style.css") + resource("explorer.css")


@lru_cache(maxsize=1)
def script() -> str:
    """What JavaScript adds: sorting and filtering, the place you are in, the choice of dark or light."""
    return resource("script.js") + resource("explorer.js")


def cropped(drawings: Iterable[Drawing]) -> str:
    """Style rules for narrow screens, where a figure's title, subtitle and source stand beside the picture as
    text: those parts of the picture are cut off. Shares of the width, since that is what a margin's per cent
    are of."""
    rules = []
    for drawing in drawings:
        width, head, foot = (float(drawing.fact(name) or 0) for name in ("width_px", "head_px", "foot_px"))
        if width and drawing.name.isidentifier():
            rules.append(
                f"#fig-{drawing.name}.one-size img {{ margin-block: {-100 * head / width:.1f}%"
                f" {-100 * foot / width:.1f}%; }}"
            )
    return "@media screen and (max-width: 40rem) {\n" + "\n".join(rules) + "\n}\n" if rules else ""


def policy(*, scripts: str = "", styles: str = "") -> str:
    """A content security policy for one page: data pictures, this style (ours if none is given), these
    scripts, and nothing else."""
    allowed = f"; script-src '{_digest(scripts)}'" if scripts else ""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(styles or style())}'{allowed}; base-uri"
        " 'none'; form-action 'none'"
    )


def render(content_: Content, *, alone: bool = False) -> str:
    """The page's HTML. `alone`: nothing else lies beside it, so it leads to nothing beside it."""
    draw = Drawer(
        content_.references,
        numbers=content.figures_of(list(content_.all())),
        readable=[block.document_id for block in content_.blocks() if isinstance(block, blocks.SeedReader)],
    )
    shown = [content_.references.figures[name] for name in draw.numbers]
    draw.alone = alone
    draw.embed_svg = alone or sum(len(svg_uri(drawing.svg)) for drawing in shown) <= SVG_TWICE
    sheet = style() + cropped(shown)
    listed = "" if alone else sums.of_data(content_.references.root)
    return _TEMPLATE.render(
        content=content_,
        draw=draw,
        description=_description(content_),
        banner=content_.banner,
        edition=content_.edition,
        by_hand=alone,
        style=Markup(sheet),  # noqa: S704 (ours, with the names and sizes of figures)
        script=Markup(script()),  # noqa: S704 (ours)
        policy=policy(scripts=script(), styles=sheet),
        version=content.version(content_.references.root),
        sums=listed,
        sums_of=hashlib.sha256(listed.encode()).hexdigest(),
    )  # fmt: skip


def _description(content_: Content) -> str:
    """The answers, or the first paragraph, for search results and previews."""
    for item in content_.opening.items:
        if isinstance(item, blocks.Answers):
            return " ".join(markup.words(markup.parse(answer)) for _, answer in item.pairs)
        if isinstance(item, content.Prose):
            return markup.words(item.tokens)
    return content_.title


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
