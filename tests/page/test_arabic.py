"""The Arabic edition of the published report: it is told from the same numbers, and it can be used."""

import re
from pathlib import Path
from typing import Any

import pytest
from test_browser import axe
from test_browser import pytestmark as pytestmark

from escalation.page import arabic

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


def test_p_stands_nowhere_before_it_is_explained(opened: Any) -> None:
    before, explained, _ = (
        opened(REPORTS / "report.ar.html").locator(".opening").text_content().partition("p:")
    )
    assert explained and "p =" not in before


def test_a_plate_is_as_wide_as_the_arabic_on_it_and_a_mark_beside_words_stays() -> None:
    plate, mark = (f'<path d="M{left} 14H{left + 9}V0H{left}z" fill="#fff"/>' for left in (2, 60))
    word = '<text font-size="12" text-anchor="start" x="{}" y="10">killed</text>'
    drawn = f'<svg viewBox="0 0 200 20">{plate}{word.format(4)}{mark}{word.format(80)}</svg>'
    said = arabic.translated(drawn, "", {"killed": "عدد كبير من القتلى"})
    assert plate not in said and mark in said
    assert said.count("<path") == 2 and float(re.search(r"h([\d.]+)v-17", said)[1]) > 70


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
