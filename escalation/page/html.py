"""The report as one HTML file: no request leaves it, nothing in it needs JavaScript, and its policy allows
only what it holds."""

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from escalation import paths, sums
from escalation.page import about, archive, blocks, content, markup
from escalation.page.content import Content
from escalation.page.fragments import TEMPLATES, Drawer, resource, svg_uri
from escalation.page.references import Drawing

SVG_TWICE = 900_000
# a step down in a line of weeks
ICON = (
    "data:image/svg+xml,%3Csvg%20xmlns=%22http://www.w3.org/2000/svg%22%20viewBox=%220%200%2016%2016%22%3E%3Crect%20width"
    "=%2216%22%20height=%2216%22%20rx=%223%22%20fill=%22%2314597a%22/%3E%3Cpath%20d=%22M2%205h5v6h7%22%20fill=%22none%22"
    "%20stroke=%22%23fff%22%20stroke-width=%222%22/%3E%3C/svg%3E"
)
_TEMPLATE = TEMPLATES.get_template("page.html.j2")


@lru_cache(maxsize=2)
def style(*, explorer: bool = True) -> str:
    """Our style sheet, for every page; `explorer`: with the rules for the reader's own choices."""
    return resource("style.css") + (resource("explorer.css") if explorer else "") + resource("drawings.css")


@lru_cache(maxsize=1)
def script() -> str:
    """What JavaScript adds: sorting and filtering, the place you are in, the choice of dark or light."""
    return "".join(map(resource, ("script.js", "explorer.js", "phases.js", "weeks.js")))


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


def policy(*, scripts: str = "", styles: str = "", fonts: bool = False) -> str:
    """A content security policy for one page: data pictures, this style (ours if none is given), these
    scripts, and nothing else."""
    allowed = f"; script-src '{_digest(scripts)}'" if scripts else ""
    return (
        f"default-src 'none'; img-src data:;{' font-src data:;' if fonts else ''} style-src"
        f" '{_digest(styles or style())}'{allowed}; base-uri"
        " 'none'; form-action 'none'"
    )


def render(content_: Content, *, data: bytes = b"", alone: bool = False, in_arabic: bool = False) -> str:
    """The page's HTML. `data`: the zip that lies beside it, which it names with its hash. `in_arabic`: the Arabic
    edition lies there too. `alone`: nothing else
    lies beside it, so it names nothing there."""
    root = content_.references.root
    draw = Drawer(
        content_.references,
        numbers=content.figures_of(list(content_.all())),
        readable=[block.document_id for block in content_.blocks() if isinstance(block, blocks.SeedReader)],
    )
    shown = [content_.references.figures[name] for name in draw.numbers]
    draw.alone = alone
    draw.cited = next((one.words for one in content_.blocks() if isinstance(one, blocks.Citation)), "")
    draw.embed_svg = alone or sum(len(svg_uri(drawing.svg)) for drawing in shown) <= SVG_TWICE
    faces = typeface(any(drawing.sheets for drawing in shown))
    sheet = style() + cropped(shown) + faces
    listed = "" if alone else sums.of_data(root)
    known, description = about.of(root), _description(content_)
    return _TEMPLATE.render(
        content=content_,
        draw=draw,
        about=known,
        icon=Markup(ICON),  # noqa: S704 (ours)
        structured=structured(content_, known, description),
        data_name=archive.NAME,
        data_hash=hashlib.sha256(data).hexdigest() if data else "",
        description=description,
        banner=content_.banner,
        edition=content_.edition,
        by_hand=alone,
        in_arabic=in_arabic,
        style=Markup(sheet),  # noqa: S704 (ours, with the names and sizes of figures)
        script=Markup(script()),  # noqa: S704 (ours)
        policy=policy(scripts=script(), styles=sheet, fonts=bool(faces)),
        version=content.version(root),
        sums=listed,
        sums_of=hashlib.sha256(listed.encode()).hexdigest(),
    )  # fmt: skip


def _description(content_: Content) -> str:
    """The answers, or the first paragraph, for search results and previews."""
    said = [item for item in content_.opening.items if isinstance(item, blocks.Answers)]
    if said:
        return " ".join(
            " ".join(markup.words(markup.parse(answer)).split()) for one in said for _, answer in one.pairs
        )
    prose = [markup.words(item.tokens) for item in content_.opening.items if isinstance(item, content.Prose)]
    return prose[0] if prose else content_.title


def structured(content_: Content, known: about.About, description: str) -> Markup:
    """What search engines and catalogues read: the report and its data, as schema.org names them."""
    creators = [{"@type": "Organization", "name": name} for name in known.authors]
    common = {
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "version": content.version(content_.references.root),
        **({"creator": creators} if creators else {}),
        **({"datePublished": known.released} if known.released else {}),
    }
    report = {
        "@type": "Report",
        "headline": content_.title,
        "name": content_.title,
        "description": description,
    }
    dataset = {
        "@type": "Dataset",
        "name": f"Data of {content_.title}",
        "description": f"The tables that this report is made of. {description}",
    }
    graph = {"@context": "https://schema.org", "@graph": [{**report, **common}, {**dataset, **common}]}
    # S704: JSON in which nothing can end the element
    return Markup(json.dumps(graph, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c"))  # noqa: S704


def typeface(is_used: bool, family: str = "Noto Sans") -> str:
    """The drawings' typeface as rules of the style sheet, if drawings stand inside the page. `family`: another of
    those in `fonts`."""
    folder = Path(paths.__file__).parent / "fonts"
    file = family.replace(" ", "")
    faces = {f"{file}-Regular": 400, f"{file}-Bold": 700}
    if not is_used or not all((folder / f"{name}.woff2").is_file() for name in faces):
        return ""
    return "".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; font-display: block; src:"
        f" url(data:font/woff2;base64,{base64.b64encode((folder / f'{name}.woff2').read_bytes()).decode()}); }}\n"
        for name, weight in faces.items()
    )


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
