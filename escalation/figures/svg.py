"""A drawing of matplotlib as it stands inside a page: words as words, no styles of its own."""

import re
import xml.etree.ElementTree as ET
from typing import Any

SVG, XLINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
FALLBACK = ", Arial, sans-serif"
NUMBERS = ("d", "x", "y", "transform", "points", "width", "height", "cx", "cy")
# matplotlib's <style> says the first two of everything
INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def for_page(
    drawing: str, *, prefix: str, label: str, family: str, scale: float = 1.0, time: str = ""
) -> str:
    """The SVG that matplotlib wrote (`svg.fonttype` none), made fit to stand in a page: a content security
    policy blocks style attributes, so they become presentation attributes; `prefix` keeps the ids of several
    drawings apart; words run left to right in any page; coordinates keep two decimals, which halves the size.
    `time` says where the first and last day lie (see `save.time_axis`). `label` is the text alternative, `family` the typeface, `scale` how many pixels of a page a unit takes."""
    ET.register_namespace("", SVG)
    root = ET.fromstring(drawing)  # noqa: S314 (matplotlib's, a moment old)
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    _tidy(root)
    used = {name for element in root.iter() for name in _references(element)}
    for element in root.iter():
        if element.get("id") and element.get("id") not in used:
            del element.attrib["id"]
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{prefix}-{value}")
            elif key == "href":
                element.set(key, f"#{prefix}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{prefix}-"))
    _unwrapped(root)
    _colours_at_use(root)
    root.attrib = {
        "class": "drawn",
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width * scale:g}",
        "height": f"{height * scale:g}",
        "role": "img",
        "aria-label": label,
        "direction": "ltr",
        "font-family": f"{family}{FALLBACK}",
        **({"data-time": time} if time else {}),
        **INHERITED,
    }
    return ET.tostring(root, encoding="unicode") + "\n"


def _tidy(parent: ET.Element) -> None:
    """Styles to attributes, short numbers; what a reader does not see goes."""
    for child in list(parent):
        tag = child.tag.partition("}")[2]
        if tag in ("metadata", "style", "title"):
            parent.remove(child)
            continue
        attributes: dict[str, Any] = {}
        for key, value in child.attrib.items():
            if key == "style":
                pairs = (rule.split(":", 1) for rule in value.split(";") if rule.strip())
                attributes |= {name.strip(): text.strip() for name, text in pairs}
            else:
                attributes["href" if key == XLINK else key] = value
        attributes.pop("font-family", None)
        if "font-size" in attributes:
            attributes["font-size"] = attributes["font-size"].removesuffix("px")
        if attributes.get("transform", "").startswith("rotate(-0 "):
            del attributes["transform"]
        for key in NUMBERS:
            if key in attributes and tag != "svg":
                attributes[key] = re.sub(r"-?\d+\.\d{3,}", _short, " ".join(attributes[key].split()))
        for key, value in INHERITED.items():
            if attributes.get(key) == value:
                del attributes[key]
        child.attrib = attributes
        if attributes.get("fill") == "none" and tag == "path" and len(attributes) <= 2:
            parent.remove(child)  # the empty ground of a figure
            continue
        _tidy(child)
    if parent.tag != f"{{{SVG}}}text":
        parent.text = None
    for child in parent:
        child.tail = None


def _colours_at_use(root: ET.Element) -> None:
    """Colours of a mark move from its definition to where it is used: a page's rules do not reach inside."""
    marks = {f"#{element.get('id')}": element for element in root.iter() if element.get("id")}
    for use in root.iter(f"{{{SVG}}}use"):
        mark = marks[use.attrib["href"]]
        for name in ("fill", "stroke"):
            if mark.get(name) and not use.get(name):
                use.set(name, mark.attrib[name])
    for use in root.iter(f"{{{SVG}}}use"):
        for name in ("fill", "stroke"):
            marks[use.attrib["href"]].attrib.pop(name, None)


def _short(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 2) + 0.0:g}"  # no -0


def _references(element: ET.Element) -> list[str]:
    named = [name for value in element.attrib.values() for name in re.findall(r"url\(#([\w-]+)", value)]
    return [*named, element.get("href", "#")[1:]]


def _unwrapped(parent: ET.Element) -> None:
    """Groups that say nothing give way to what they hold."""
    for child in list(parent):
        _unwrapped(child)
    whole: list[ET.Element] = []
    for child in parent:
        whole += list(child) if child.tag == f"{{{SVG}}}g" and not child.attrib else [child]
    parent[:] = whole
