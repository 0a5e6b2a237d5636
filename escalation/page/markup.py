"""Markdown prose, parsed once and written three ways: safe HTML, nodes for Typst, and Markdown again. Raw
HTML in it is shown as text; a link may use our schemes (claim, figure, talk, truce, place), a web address or
an anchor."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import mistune
from markupsafe import Markup
from mistune.core import BlockState
from mistune.renderers.html import HTMLRenderer
from mistune.renderers.markdown import MarkdownRenderer

from escalation.page.blocks import plain
from escalation.page.references import ANCHORS

Token = dict[str, Any]
Link = Callable[[str, Markup], Markup]

_parse = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])
_WEB = re.compile(r"(https?://|mailto:|#|\.\./|notebooks/)[^\s\"'<>`]*\Z")
_ROUGH = re.compile(r"([\\`*_\[\]<>#|~&$])")


def parse(markdown: str) -> list[Token]:
    """The tokens of a piece of prose, without the blank lines."""
    tokens = _parse(markdown)
    if isinstance(tokens, str):
        raise TypeError("the parser gave text instead of tokens")
    return [token for token in tokens if token["type"] != "blank_line"]


def is_web(address: str) -> bool:
    """Whether an address may be a link of the page."""
    return _WEB.match(address) is not None


def scheme_of(address: str) -> tuple[str, str] | None:
    """("claim", "A-13") for `claim:A-13`, else None."""
    scheme, _, name = address.partition(":")
    return (scheme, name) if scheme in ANCHORS else None


def links(tokens: Sequence[Token]) -> Iterator[str]:
    """Every address the prose links to."""
    for token in tokens:
        if token["type"] == "link":
            yield str(token["attrs"]["url"])
        yield from links(token.get("children", ()))


def words(tokens: Sequence[Token]) -> str:
    """The prose without markup, for titles, anchors and contents."""
    parts = []
    for token in tokens:
        parts.append(
            " "
            if token["type"] in ("softbreak", "linebreak")
            else words(token["children"])
            if "children" in token
            else token.get("raw", "")
        )
    return plain("".join(parts)).strip()


def anchor(title: str) -> str:
    """A readable anchor for a heading."""
    return "-".join(re.findall(r"\w+", title.lower()))[:60].strip("-") or "section"


def html(tokens: Sequence[Token], link: Link) -> str:
    """Blocks of prose as HTML, raw HTML in it as text. `link` draws a link from address and inner HTML."""
    return plain(_Html(link)(tokens, BlockState()))


class _Html(HTMLRenderer):
    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return self._link(url, Markup(text))  # noqa: S704 (just escaped)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text

    def block_code(self, code: str, info: str | None = None) -> str:
        return Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(code)

    def table(self, text: str) -> str:
        label = Markup(text.partition("</thead>")[0]).striptags()  # noqa: S704 (just escaped)
        frame = Markup(
            '<div class="scroll" role="region" tabindex="0" aria-label="Table: {}"><table>\n'
        ).format(label)
        return f"{frame}{text}</table></div>\n"

    def table_head(self, text: str) -> str:
        return f"<thead><tr>{text}</tr></thead>\n"

    def table_body(self, text: str) -> str:
        return f"<tbody>{text}</tbody>\n"

    def table_row(self, text: str) -> str:
        return f"<tr>{text}</tr>\n"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        side = ' class="number"' if align == "right" else ""
        return f'<th scope="col"{side}>{text}</th>' if head else f"<td{side}>{text}</td>"

    def strikethrough(self, text: str) -> str:
        return f"<del>{text}</del>"


def nodes(tokens: Sequence[Token], target: Callable[[str], Mapping[str, str]]) -> list[Token]:
    """The same prose as nodes for the Typst template, which prints strings and never reads markup: `t` is the
    kind, `v` a string, `c` children. `target` tells where an address leads: {"to": label} or {"url":
    address}."""
    out: list[Token] = []
    for token in tokens:
        kind, attrs = token["type"], token.get("attrs", {})
        if kind in ("text", "inline_html", "codespan", "block_html", "block_code"):
            shape = {"codespan": "code", "block_code": "pre", "block_html": "p"}.get(kind, "s")
            shown = breakable(plain(token["raw"]))
            out.append(
                {"t": "p", "c": [{"t": "s", "v": shown}]} if shape == "p" else {"t": shape, "v": shown}
            )
            continue
        if kind == "image":
            out.append({"t": "s", "v": words([token])})
            continue
        node: Token = {"t": kind, "c": nodes(token.get("children", ()), target)}
        if kind == "link":
            node |= target(str(attrs["url"]))
        if kind == "heading":
            node |= {"level": attrs["level"], "id": attrs.get("id", "")}
        if kind == "list":
            node["ordered"] = bool(attrs.get("ordered"))
        if kind == "table_cell":
            node["right"] = attrs.get("align") == "right"
        if kind != "blank_line":
            out.append(node)
    return out


def breakable(value: str, every: int = 24) -> str:
    """Data with places to break inside words that no line could hold."""
    return (
        re.sub(rf"[^\s\u200b]{{{every}}}(?=[^\s\u200b])", lambda found: found.group() + "\u200b", value)
        if len(value) > every
        else value
    )


def rough(value: object) -> str:
    """Data for the Markdown edition: what could be read as markup is escaped, the rest stays legible in the
    source."""
    shown = _ROUGH.sub(r"\\\1", " ".join(plain(value).split()))
    return re.sub(
        r"^([+\-=]|\d+[.)])(?=\s|$)", lambda found: found.group()[:-1] + "\\" + found.group()[-1], shown
    )


def markdown(tokens: Sequence[Token], target: Callable[[str], str]) -> str:
    """The same prose as Markdown, with links led to where this edition has their targets."""
    return plain(_Markdown(target)(tokens, BlockState()))


class _Markdown(MarkdownRenderer):
    def __init__(self, target: Callable[[str], str]) -> None:
        super().__init__()
        self._target = target

    def text(self, token: Token, state: BlockState) -> str:
        return _ROUGH.sub(r"\\\1", token["raw"])

    inline_html = text

    def link(self, token: Token, state: BlockState) -> str:
        return f"[{self.render_children(token, state)}]({self._target(str(token['attrs']['url']))})"

    def image(self, token: Token, state: BlockState) -> str:
        return rough(words([token]))

    def block_html(self, token: Token, state: BlockState) -> str:
        return rough(token["raw"]) + "\n\n"
