"""The Arabic edition of the published report: it is told from the same numbers, and it can be used."""

import re
from pathlib import Path
from typing import Any

import pytest
from test_browser import axe
from test_browser import pytestmark as pytestmark

REPORTS = Path(__file__).resolve().parents[2] / "reports"
if not (REPORTS / "report.ar.html").is_file():
    pytest.skip("no report has been built yet: make report", allow_module_level=True)


APART = "figure, details, script, .tip, .banner, .explorer, .stamp, #everything, #about, #arabic"


def numbers(opened: Any, name: str) -> set[str]:
    """Every number in the report's sentences, without what is folded, drawn, or the reader's to choose."""
    page = opened(REPORTS / name)
    page.evaluate(
        f"""() => {{
            [...document.querySelectorAll('p')].filter((one) => one.textContent.includes('choices that the page offers'))
                .forEach((one) => one.remove());
            document.querySelectorAll('{APART}').forEach((one) => one.remove());
        }}"""
    )
    return set(re.findall(r"\d[\d,.]*\d|\d", page.locator("main").text_content()))


def test_every_number_of_the_english_report_stands_in_the_arabic(opened: Any) -> None:
    english = numbers(opened, "report.html")
    assert len(english) > 80
    assert english - numbers(opened, "report.ar.html") == set()


def test_it_runs_from_right_to_left_and_axe_finds_nothing(opened: Any) -> None:
    page = opened(REPORTS / "report.ar.html", screen="phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    first, last = page.evaluate(
        """() => {
            const text = [...document.querySelectorAll('svg.drawn text')].find(
                (one) => one.textContent.startsWith('\\u2067من ') && one.getClientRects().length);
            return [1, text.getNumberOfChars() - 2].map((at) => text.getStartPositionOfChar(at).x);
        }"""
    )
    assert last < first, "words of a drawing begin on the right"
    assert axe(page) == [] and page.heard == []
