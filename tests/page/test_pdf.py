"""The PDF: tagged, complete, in order, with nothing empty and nothing cut off."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageChops


@pytest.fixture(scope="module")
def book(rendered: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(rendered / "reports" / "report.pdf")


@pytest.fixture(scope="module")
def texts(book: pypdf.PdfReader) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in book.pages]


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


def test_no_page_is_empty_and_every_page_has_its_number(texts: list[str]) -> None:
    """The cover has the title; all others have running head and page number."""
    assert "Talks and strikes, made up" in texts[0]
    assert "Corrected. Data version 0.1.0 corrects one published result. Before, after and why" in " ".join(
        texts[0].split()
    )
    for number, text in enumerate(texts[1:], start=2):
        assert f"{number} / {len(texts)}" in text
        assert len(text) > 60


def test_text_stays_inside_the_page(book: pypdf.PdfReader, texts: list[str]) -> None:
    """Words of ten thousand letters are broken, so nothing runs over the edge."""
    outside: list[str] = []

    def visit(text: str, _cm: object, tm: list[float], _font: object, _size: float) -> None:
        if text.strip() and not (0 <= tm[4] <= 842 and 0 <= tm[5] <= 842):
            outside.append(text)

    for page in book.pages:
        page.extract_text(visitor_text=visit)
    assert not outside
    # in prose, in a cell, on a card and in the register
    assert 40_000 <= "".join(texts).count("x")


def test_hostile_text_is_printed_as_text(texts: list[str]) -> None:
    """Typst markup, LaTeX and HTML in a cell are letters."""
    text = re.sub(r"\s|\u200b|\u00ad|-\n", "", "".join(texts))
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


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("pdftoppm") and not os.environ.get("CI"),
    reason="needs pdftoppm: apt-get install poppler-utils",
)
@pytest.mark.parametrize("which", ["made up", "published"])
def test_pages_as_pictures_are_neither_empty_nor_clipped(rendered: Path, tmp_path: Path, which: str) -> None:
    """Every page has ink, and none of it touches the edge of the sheet."""
    file = (
        (rendered if which == "made up" else Path(__file__).resolve().parents[2]) / "reports" / "report.pdf"
    )
    if not file.is_file():
        pytest.skip("no report has been built yet: make report")
    subprocess.run(["pdftoppm", "-r", "40", "-gray", "-png", str(file), str(tmp_path / "page")], check=True)
    pages = sorted(tmp_path.glob("page-*.png"))
    assert len(pypdf.PdfReader(file).pages) == len(pages)
    for path in pages:
        page = Image.open(path)
        ink = ImageChops.invert(page).point(lambda level: 255 if level > 40 else 0)
        box = ink.getbbox()
        assert box, f"{path.name} is empty"
        assert sum(ink.histogram()[128:]) > 150, f"{path.name} is nearly empty"
        width, height = page.size
        edge = 12  # pixels at 40 dots an inch: 8 mm
        assert box[0] >= edge and box[1] >= edge and box[2] <= width - edge and box[3] <= height - edge, (
            f"{path.name}: something runs over the margin: {box} of {page.size}"
        )
