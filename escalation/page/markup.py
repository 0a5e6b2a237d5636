"""Markdown prose, parsed once and written three ways: safe HTML, nodes for Typst, and Markdown again. Raw HTML in it is
shown as text; a link may use our schemes (claim, figure, talk, truce, place), a web address or an anchor."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import mistune
from markupsafe import Markup, escape

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
    """("claim", "S000-13") for `claim:S000-13`, else None."""
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


def html(tokens: Sequence[Token], link: Link) -> Markup:
    """Blocks of prose as HTML. `link` draws a link from address and inner HTML."""

    def inner(token: Token) -> Markup:
        return Markup("").join(one(child) for child in token.get("children", ()))

    def one(token: Token) -> Markup:
        kind, attrs = token["type"], token.get("attrs", {})
        match kind:
            case "text" | "inline_html":
                return escape(plain(token["raw"]))
            case "block_html":
                return Markup("<p>{}</p>").format(plain(token["raw"].strip()))
            case "softbreak":
                return Markup("\n")
            case "linebreak":
                return Markup("<br>\n")
            case "emphasis":
                return Markup("<em>{}</em>").format(inner(token))
            case "strong":
                return Markup("<strong>{}</strong>").format(inner(token))
            case "strikethrough":
                return Markup("<del>{}</del>").format(inner(token))
            case "codespan":
                return Markup("<code>{}</code>").format(plain(token["raw"]))
            case "link":
                return link(str(attrs["url"]), inner(token))
            case "image":
                return escape(words([token]))
            case "paragraph":
                return Markup("<p>{}</p>\n").format(inner(token))
            case "block_text":
                return inner(token)
            case "heading":
                level = attrs["level"]
                named = Markup(' id="{}"').format(attrs["id"]) if attrs.get("id") else Markup("")
                return Markup("<h{}{}>{}</h{}>\n").format(level, named, inner(token), level)
            case "list":
                frame = Markup('<ol start="{0}">\n{1}</ol>\n') if attrs.get("ordered") else Markup("<ul>\n{1}</ul>\n")
                return frame.format(attrs.get("start", 1), inner(token))
            case "list_item":
                return Markup("<li>{}</li>\n").format(inner(token))
            case "block_quote":
                return Markup("<blockquote>\n{}</blockquote>\n").format(inner(token))
            case "block_code":
                return Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(plain(token["raw"]))
            case "thematic_break":
                return Markup("<hr>\n")
            case "table":
                label = words(token["children"][0]["children"])
                return Markup('<div class="scroll" role="region" tabindex="0" aria-label="Table: {}"><table>\n{}</table></div>\n').format(
                    label, inner(token)
                )
            case "table_head":
                return Markup("<thead><tr>{}</tr></thead>\n").format(inner(token))
            case "table_body":
                return Markup("<tbody>{}</tbody>\n").format(inner(token))
            case "table_row":
                return Markup("<tr>{}</tr>\n").format(inner(token))
            case "table_cell":
                side = Markup(' class="number"') if attrs.get("align") == "right" else Markup("")
                frame = Markup('<th scope="col"{}>{}</th>') if attrs.get("head") else Markup("<td{}>{}</td>")
                return frame.format(side, inner(token))
            case _:
                return inner(token) if "children" in token else escape(plain(token.get("raw", "")))

    return Markup("").join(one(token) for token in tokens)


def nodes(tokens: Sequence[Token], target: Callable[[str], Mapping[str, str]]) -> list[Token]:
    """The same prose as nodes for the Typst template, which prints strings and never reads markup: `t` is the kind, `v` a
    string, `c` children. `target` tells where an address leads: {"to": label} or {"url": address}."""
    out: list[Token] = []
    for token in tokens:
        kind, attrs = token["type"], token.get("attrs", {})
        if kind in ("text", "inline_html", "codespan", "block_html", "block_code"):
            shape = {"codespan": "code", "block_code": "pre", "block_html": "p"}.get(kind, "s")
            shown = breakable(plain(token["raw"]))
            out.append({"t": "p", "c": [{"t": "s", "v": shown}]} if shape == "p" else {"t": shape, "v": shown})
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
    return re.sub(rf"[^\s\u200b]{{{every}}}(?=[^\s\u200b])", lambda found: found.group() + "\u200b", value) if len(value) > every else value


def rough(value: object) -> str:
    """Data for the Markdown edition: what could be read as markup is escaped, the rest stays legible in the source."""
    shown = _ROUGH.sub(r"\\\1", " ".join(plain(value).split()))
    return re.sub(r"^([+\-=]|\d+[.)])(?=\s|$)", lambda found: found.group()[:-1] + "\\" + found.group()[-1], shown)


def markdown(tokens: Sequence[Token], target: Callable[[str], str], indent: str = "") -> str:
    """The same prose as Markdown, with links led to where this edition has their targets."""

    def inline(token: Token) -> str:
        inner = "".join(inline(child) for child in token.get("children", ()))
        match token["type"]:
            case "emphasis":
                return f"*{inner}*"
            case "strong":
                return f"**{inner}**"
            case "strikethrough":
                return f"~~{inner}~~"
            case "codespan":
                return f"`{plain(token['raw']).replace('`', '')}`"
            case "link":
                return f"[{inner}]({target(str(token['attrs']['url']))})"
            case "softbreak":
                return "\n" + indent
            case "linebreak":
                return "  \n" + indent
            case _:
                return str(inner or _ROUGH.sub(r"\\\1", plain(token.get("raw", ""))))

    def block(token: Token) -> str:
        kind, attrs, children = token["type"], token.get("attrs", {}), token.get("children", [])
        match kind:
            case "heading":
                return "#" * int(attrs["level"]) + " " + inline(token)
            case "paragraph" | "block_text":
                shown: str = inline(token)
                return re.sub(r"^([+\-=]|\d+[.)])(?=\s|$)", lambda found: found.group()[:-1] + "\\" + found.group()[-1], shown)
            case "block_html":
                return rough(token["raw"])
            case "list":
                marks = [f"{number}. " if attrs.get("ordered") else "- " for number in range(1, len(children) + 1)]
                return "\n".join(
                    mark + markdown(item["children"], target, indent + " " * len(mark)).strip()
                    for mark, item in zip(marks, children, strict=True)
                )
            case "block_quote":
                return "\n".join("> " + line for line in markdown(children, target).strip().split("\n"))
            case "block_code":
                return f"```{attrs.get('info') or ''}\n{plain(token['raw']).replace('```', '')}```"
            case "thematic_break":
                return "---"
            case "table":
                head = children[0]["children"]
                rows = [head, *(row["children"] for part in children[1:] for row in part["children"])]
                lines = ["| " + " | ".join(inline(cell) for cell in row) + " |" for row in rows]
                rule = "|" + "|".join(" --: " if cell.get("attrs", {}).get("align") == "right" else " --- " for cell in head) + "|"
                return "\n".join([lines[0], rule, *lines[1:]])
            case _:
                return markdown(children, target, indent)

    shown = ("\n\n" + indent).join(block(token) for token in tokens if token["type"] != "blank_line")
    return shown + ("\n" if not indent else "")
