"""The PDF: tagged, complete, in order, with nothing empty and nothing cut off."""

import re
from pathlib import Path

import pypdf
import pytest


@pytest.fixture(scope="module")
def book(rendered: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(rendered / "reports" / "report.pdf")


def test_it_is_tagged_and_says_what_it_is(book: pypdf.PdfReader) -> None:
    """Title, language, structure tags, PDF/UA, no date."""
    catalog = book.trailer["/Root"]
    assert "Talks and strikes, made up" == book.metadata.title
    assert catalog["/Lang"].startswith("en")
    assert catalog["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in catalog["/Metadata"].get_object().get_data()
    assert book.metadata.creation_date is None


def test_bookmarks_follow_the_sections(book: pypdf.PdfReader) -> None:
    """Every section of the page has its bookmark."""
    titles = [item.title for item in book.outline if not isinstance(item, list)]
    assert ["Summary", "In Arabic", "The phases", "Evidence"] == titles[:4]


def test_no_page_is_empty_and_every_page_has_its_number(book: pypdf.PdfReader) -> None:
    """The cover has the title; all others have running head and page number."""
    pages = [page.extract_text() for page in book.pages]
    assert "Talks and strikes, made up" in pages[0]
    for number, text in enumerate(pages[1:], start=2):
        assert f"{number} / {len(pages)}" in text
        assert len(text) > 100


def test_text_stays_inside_the_page(book: pypdf.PdfReader) -> None:
    """Words of ten thousand letters are broken, so nothing runs over the edge."""
    outside: list[str] = []

    def visit(text: str, _cm: object, tm: list[float], _font: object, _size: float) -> None:
        if text.strip() and not (0 <= tm[4] <= 842 and 0 <= tm[5] <= 842):
            outside.append(text)

    for page in book.pages:
        page.extract_text(visitor_text=visit)
    assert not outside
    assert 10_000 <= max(
        len(found) for found in re.findall("x+", re.sub(r"\s|\u200b|\d+ / \d+", "", "".join(page.extract_text() for page in book.pages)))
    )


def test_hostile_text_is_printed_as_text(book: pypdf.PdfReader) -> None:
    """Typst markup, LaTeX and HTML in a cell are letters."""
    text = re.sub(r"\s|\u200b|\u00ad|-\n", "", "".join(page.extract_text() for page in book.pages))
    assert "#letx=1" in text
    assert "<script>document.title='PWNED'</script>" in text
    assert "\\frac{1}{2}" in text


def test_pictures_carry_their_alt_text(book: pypdf.PdfReader) -> None:
    """Every figure in the structure tree says what it shows."""
    alts: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, pypdf.generic.IndirectObject):
            node = node.get_object()
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if "/Alt" in node:
                alts.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    walk(book.trailer["/Root"]["/StructTreeRoot"])
    assert 3 == len([alt for alt in alts if "rising from 3 on 26 April 2019" in alt])
