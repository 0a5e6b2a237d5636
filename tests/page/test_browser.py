"""The page in a real browser: Debian's Chromium, driven headless. The made-up report, and the published one
if it is there."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NEEDS_BROWSER
from tests.page.conftest import SCREENS

UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
PUBLISHED = Path(__file__).resolve().parents[2] / "reports"

pytestmark = [pytest.mark.browser, NEEDS_BROWSER]


@pytest.fixture(params=["made up", "published"])
def reports(request: pytest.FixtureRequest, rendered: Path) -> Path:
    """The folder of a rendered report."""
    if request.param == "made up":
        return rendered / "reports"
    if not (PUBLISHED / "report.html").is_file():
        pytest.skip("no report has been built yet: make report")
    return PUBLISHED


def axe(page: Any) -> list[str]:
    """What axe-core finds wrong, in one line each."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("needs axe-core: axe-playwright-python is not installed")
    page.evaluate((Path(package.origin).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"][:4]
    ]


@pytest.mark.parametrize(
    ("screen", "scheme", "scripts"),
    [
        ("desktop", "light", True),
        ("phone", "dark", False),
    ],
)
def test_axe_finds_nothing(
    opened: Any, reports: Path, tmp_path: Path, screen: str, scheme: str, scripts: bool
) -> None:
    """On a desktop and a phone, light and dark, with what JavaScript adds and without it: each by one of two
    ways. What is folded is opened. The published report is long: of its many cards, entries and figures' tables
    only the first, the others being alike."""
    path = reports / "report.html"
    if not scripts:
        # axe itself needs JavaScript: it sees the page that a browser without it shows
        source = path.read_text("utf-8")
        path = tmp_path / "report.html"
        path.write_text(
            source[: source.rindex("<script>")] + source[source.rindex("</script>") + 9 :], "utf-8"
        )
    page = opened(path, screen=screen, scheme=scheme)
    folds = "main details" if reports != PUBLISHED else "main details.more"
    page.evaluate(f"document.querySelectorAll('{folds}').forEach((fold) => {{ fold.open = true; }})")
    if reports == PUBLISHED:
        page.evaluate(
            "document.querySelectorAll('.card:nth-child(n+9), .register > li:nth-child(n+9), .glossary >"
            " div:nth-child(n+9), tbody tr:nth-child(n+9), .drawing details').forEach((one) => one.remove())"
        )
    assert [] == axe(page)


def test_axe_finds_nothing_in_the_working_notebooks(opened: Any, reports: Path) -> None:
    """The pages behind the report are for everyone too."""
    for path in sorted((reports / "notebooks").glob("*.html")):
        page = opened(path)
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        page.evaluate(
            "document.querySelectorAll('tbody tr:nth-child(n+4), pre code >"
            " span:nth-child(n+9)').forEach((one) => one.remove())"
        )
        assert [] == axe(page), path.name
        assert [] == page.heard
        page.set_viewport_size(SCREENS["phone"])
        assert 360 == page.evaluate("document.documentElement.scrollWidth"), path.name


def test_no_request_leaves_the_page_and_the_console_is_silent(opened: Any, reports: Path) -> None:
    """Scrolled to its end, opened wherever it folds, hovered where it answers: nothing is fetched, nothing
    complains, no data runs."""
    page = opened(reports / "report.html")
    page.mouse.wheel(0, 100_000)
    for fold in page.locator("details:not(#contents details) > summary").all()[:10]:
        fold.click()
    page.locator(".ev a").first.hover()
    page.wait_for_timeout(100)
    assert [] == page.heard
    assert "PWNED" not in page.title()
    broken = page.evaluate(
        "[...document.images].filter((one) => one.complete && one.naturalWidth === 0).map((one) => one.alt)"
    )
    assert [] == broken


def test_a_phone_does_not_scroll_sideways(opened: Any, reports: Path) -> None:
    """At 360 pixels nothing but tables and code is wider than the screen, whatever the data; what a map's frame cuts
    off is not seen."""
    page = opened(reports / "report.html", screen="phone")
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")
    assert 360 == page.evaluate("document.documentElement.scrollWidth")
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((one) => !one.closest('.scroll, pre, .tip, .map') &&"
        " one.getBoundingClientRect().right > 360.5).map((one) => one.outerHTML.slice(0, 120))"
    )
    assert [] == wide


WORDS = """() => [...document.querySelectorAll('figure.inside svg.drawn')].filter(one => one.clientWidth).flatMap(drawing => {
  const frame = drawing.getBoundingClientRect();
  const words = [...drawing.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
  const cut = words.filter(([, at]) => at.left < frame.left - 1 || at.right > frame.right + 1 || at.top < frame.top - 1
    || at.bottom > frame.bottom + 1).map(([text]) => `cut off: ${text}`);
  const over = words.flatMap(([text, at], place) => words.slice(place + 1).filter(([, other]) =>
    Math.min(at.right, other.right) - Math.max(at.left, other.left) > 1 &&
    Math.min(at.bottom, other.bottom) - Math.max(at.top, other.top) > 4).map(([other]) => `${text} over ${other}`));
  return [...cut, ...over].map(text => `${drawing.closest('figure').id}: ${text}`);
})"""


@pytest.mark.parametrize("screen", list(SCREENS))
def test_the_words_of_drawings_are_whole_and_apart(opened: Any, reports: Path, screen: str) -> None:
    """In every drawing of the page no word is cut off at its edge or stands on another, on a phone as on a desktop."""
    page = opened(reports / "report.html", screen=screen)
    page.evaluate(UNFOLD)
    assert [] == page.evaluate(WORDS)


def test_tooltips_stay_on_the_screen(opened: Any, reports: Path) -> None:
    """Evidence shown on focus, on a phone and on a desktop, is inside the window, with JavaScript off."""
    for screen, size in SCREENS.items():
        page = opened(reports / "report.html", screen=screen, scripts=False)
        page.evaluate(UNFOLD)
        for link in page.locator(".ev > a").all()[:12:3]:
            link.focus()
            tip = page.locator(".ev:focus-within > .tip")
            assert tip.is_visible()
            box = tip.bounding_box()
            assert 0 <= box["x"] and box["x"] + box["width"] <= size["width"], screen
            assert page.locator(f"#{link.get_attribute('aria-describedby')}").is_visible()


def test_escape_puts_a_tooltip_away(opened: Any, rendered: Path) -> None:
    """It can be dismissed without moving the pointer or the focus, and comes back."""
    page = opened(rendered / "reports" / "report.html")
    page.evaluate(UNFOLD)
    links = page.locator(".ev > a")
    links.nth(0).focus()
    page.keyboard.press("Escape")
    assert 0 == page.locator(".ev:focus-within > .tip:visible").count()
    links.nth(1).focus()
    links.nth(0).focus()
    assert 1 == page.locator(".ev:focus-within > .tip:visible").count()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_the_keyboard_reaches_everything(opened: Any, rendered: Path, scripts: bool) -> None:
    """Tab visits every link, fold, button and scrolling region, in order, beginning with the skip link; focus
    is always seen."""
    page = opened(rendered / "reports" / "report.html", scripts=scripts)
    reachable = """[...document.querySelectorAll('a[href], summary, button, input, [tabindex="0"]')].filter((one) => one.checkVisibility({contentVisibilityAuto: true}) )"""
    page.evaluate(
        f"window.wanted = {reachable}; window.wanted.forEach((one, at) => {{ one.dataset.at = at; }})"
    )
    count = page.evaluate("window.wanted.length")
    seen = set()
    first = None
    for _ in range(count + 10):
        page.keyboard.press("Tab")
        at, outline, text = page.evaluate(
            "(() => { const one = document.activeElement; return [one.dataset.at ?? null,"
            " getComputedStyle(one).outlineStyle, one.textContent.trim()]; })()"
        )
        if at is None or at in seen:
            break
        first = first or text
        seen.add(at)
        assert "none" != outline, text
    assert "Skip to the report" == first
    missed = page.evaluate(
        "(seen) => window.wanted.filter((one) => !seen.includes(one.dataset.at)).map((one) =>"
        " one.outerHTML.slice(0, 140))",
        sorted(seen),
    )
    assert [] == missed


def test_the_skip_link_leads_past_the_contents(opened: Any, rendered: Path) -> None:
    """One key and one more, and the reader is in the report."""
    page = opened(rendered / "reports" / "report.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "main" == page.evaluate("document.activeElement.id")


def test_without_scripts_nothing_is_missing(opened: Any, reports: Path) -> None:
    """The words of the page are the same with JavaScript off; scripts add only their own controls."""
    words = []
    for scripts in (True, False):
        page = opened(reports / "report.html", scripts=scripts)
        words.append(
            page.evaluate(
                "(() => { const copy = document.querySelector('main').cloneNode(true);"
                " copy.querySelectorAll('.filter, form').forEach((one) => one.remove()); return"
                " copy.textContent.split(/\\s+/).join(' '); })()"
            )
        )
    assert words[0] == words[1]


def test_the_contents_stand_beside_the_text_on_a_wide_screen(opened: Any, rendered: Path) -> None:
    """With JavaScript on or off; with it on, they show the place the reader is in."""
    for scripts in (True, False):
        page = opened(rendered / "reports" / "report.html", scripts=scripts)
        links = page.locator("#contents ol a")
        assert links.first.is_visible()
        if scripts:
            links.nth(1).click()
            page.wait_for_timeout(300)
            assert "true" == links.nth(1).get_attribute("aria-current")


def test_tables_sort_and_filter(opened: Any, rendered: Path) -> None:
    """A click on a heading sorts by it, numbers as numbers, unknown last."""
    page = opened(rendered / "reports" / "report.html")
    table = page.locator("#table-hostile table")
    button = table.locator("thead button").nth(1)
    assert ["1,234", "5", "–"] == table.locator("tbody td:nth-child(2)").all_inner_texts()
    button.click()
    assert ["5", "1,234", "–"] == table.locator("tbody td:nth-child(2)").all_inner_texts()
    assert "ascending" == table.locator("thead th").nth(1).get_attribute("aria-sort")
    button.click()
    assert ["1,234", "5", "–"] == table.locator("tbody td:nth-child(2)").all_inner_texts()


def test_dark_is_dark_and_can_be_chosen(opened: Any, rendered: Path) -> None:
    """The system's choice holds with JavaScript off; a button changes it for the visit."""
    paper = (
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum"
        " + Number(one), 0) / 3"
    )
    dark = opened(rendered / "reports" / "report.html", scheme="dark", scripts=False)
    assert 60 > dark.evaluate(paper)
    light = opened(rendered / "reports" / "report.html")
    assert 230 < light.evaluate(paper)
    light.get_by_role("button", name="Dark page").click()
    assert 60 > light.evaluate(paper)


def test_print_shows_the_report_and_not_its_controls(opened: Any, reports: Path) -> None:
    """On paper: no contents, code or buttons, black on white, nothing wider than the sheet."""
    page = opened(reports / "report.html", scheme="dark", media="print")
    page.set_viewport_size({"width": 680, "height": 960})
    for gone in ("nav", ".code", ".under", ".lamp"):
        assert 0 == page.locator(f"{gone}:visible").count(), gone
    assert page.locator("h1").is_visible()
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.evaluate("document.documentElement.scrollWidth") <= 680


def test_a_link_into_a_folded_part_opens_it(opened: Any, rendered: Path) -> None:
    """Nothing a link leads to stays hidden."""
    page = opened(rendered / "reports" / "report.html")
    page.evaluate(
        "document.querySelector('details.more').insertAdjacentHTML('beforeend', '<p id=\"deep\">deep</p>');"
        " location.hash = '#deep'"
    )
    page.wait_for_timeout(100)
    assert page.locator("#deep").is_visible()


def test_the_page_is_there_at_once(opened: Any, reports: Path) -> None:
    """At most 3 MB, something painted before anything is fetched or run, layout that does not jump."""
    assert (reports / "report.html").stat().st_size <= 3_000_000
    assert (reports / "report.pdf").stat().st_size <= 6_000_000
    page = opened(reports / "report.html")
    page.evaluate(
        "new Promise((tell) => new PerformanceObserver(tell).observe({type: 'paint', buffered: true}))"
    )
    assert [] == page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).map((one) =>"
        " one.name)"
    )
    shift = page.evaluate(
        "new Promise((tell) => { let sum = 0; new PerformanceObserver((list) =>"
        " list.getEntries().forEach((one) => { sum += one.value; })).observe({type: 'layout-shift', buffered:"
        " true}); setTimeout(() => tell(sum), 200); })"
    )
    assert shift < 0.1


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_the_first_screen_holds_title_sentence_and_the_main_drawing(
    opened: Any, size: tuple[int, int]
) -> None:
    """Without scrolling: the title, the first sentence whole, the top of the main drawing."""
    if not (PUBLISHED / "report.html").is_file():
        pytest.skip("no report has been built yet: make report")
    page = opened(PUBLISHED / "report.html")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    bottom = "e => e.getBoundingClientRect().bottom"
    assert page.locator("h1").evaluate(bottom) < size[1]
    assert page.locator(".answers").first.evaluate(bottom) < size[1]
    drawing = page.locator("#fig-phases svg:visible").first
    assert drawing.evaluate("e => e.getBoundingClientRect().top") < size[1] - 100
