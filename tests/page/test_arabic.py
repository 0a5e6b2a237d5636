"""The Arabic edition of the published report: it is told from the same numbers, and it can be used."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from test_browser import axe, browser, opened  # noqa: F401 (a fixture)
from test_browser import pytestmark as pytestmark

REPORTS = Path(__file__).resolve().parents[2] / "reports"
if not (REPORTS / "report.ar.html").is_file():
    pytest.skip("no report has been built yet: make report", allow_module_level=True)


def told(name: str, *, until: str) -> str:
    """What the report says as text, without drawings and what is folded."""
    page = (REPORTS / name).read_text("utf-8").partition("<main")[2].partition(until)[0]
    for inner in ("figure", "details", "script", "svg"):
        page = re.sub(rf"<{inner}\b.*?</{inner}>", "", page, flags=re.DOTALL)
    # a corrected version, the dates of the tips of links and the second summary stand in the English page alone
    page = re.sub(r'<span class="tip".*?</span>|<p class="banner">.*?</p>', "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_every_number_of_the_english_report_stands_in_the_arabic() -> None:
    english = told("report.html", until='<div id="everything"')
    numbers = set(re.findall(r"\d[\d,.]*\d|\d", english.split("How it was done")[0]))
    arabic = set(re.findall(r"\d[\d,.]*\d|\d", told("report.ar.html", until="</main")))
    assert len(numbers) > 80
    assert numbers - arabic == set()


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_it_runs_from_right_to_left_and_axe_finds_nothing(browser: Any, screen: str) -> None:  # noqa: F811
    page = opened(browser, REPORTS / "report.ar.html", screen=screen)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    first, last = page.evaluate(
        """() => {
            const text = [...document.querySelectorAll('svg.drawn text')].find(
                (one) => one.textContent.startsWith('\\u2067من ') && one.getClientRects().length);
            return [0, text.getNumberOfChars() - 2].map((at) => text.getStartPositionOfChar(at + 1).x);
        }"""
    )
    assert last < first, "words of a drawing begin on the right"
    assert axe(page) == [] and page.heard == []
