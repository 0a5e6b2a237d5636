"""The reader's choices in the page: what it shows is what the notebooks computed, sentence and numbers."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page

from escalation import events, findings, paths, schema
from escalation.counts import sources
from escalation.page import html
from escalation.page.explorer import unpacked, whole_lines
from escalation.prose.check import sentences
from escalation.prose.choices import choice_sentences, plain_sentence
from escalation.prose.phase_choices import phase_sentences

ROOT = paths.root()
PAGE = ROOT / "reports" / "report.html"
AXES = ("counts", "talks_set", "anchor", "statistic", "window_days")


def given(form: str) -> dict[str, Any]:
    """What a form of the published page was given."""
    held = rf'<form class="explorer" id="{form}".*?<script type="application/json">(.*?)</script>'
    found = re.search(held, PAGE.read_text("utf-8"), re.S)
    assert found
    return json.loads(found[1])


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return given("explorer")


@pytest.fixture(scope="module")
def written() -> pd.DataFrame:
    """Every choice with the sentence that the report's cell writes for it."""
    grid = schema.read("choices").assign(counts=lambda rows: rows["series"] + " " + rows["measure"])
    records = sources.records(ROOT)
    pairs = grid["counts"].unique()
    what = {name: sources.of_series(*name.split(), records=records) for name in pairs}
    template = sentences(ROOT / "notebooks" / "4_report.ipynb")["choice"]
    return grid.assign(sentence=choice_sentences(template, grid, what))


def test_every_choice_is_packed_with_its_own_sentence(told: dict[str, Any], written: pd.DataFrame) -> None:
    whole = written[written["left_out"].isna()].set_index(list(AXES))["sentence"]
    order = [[value for value, _ in told["axes"][axis]] for axis in AXES[:-1]] + [told["windows"]]
    expected = whole.loc[pd.MultiIndex.from_product(order)].tolist()
    assert 3000 <= len(expected)
    assert expected == [
        unpacked(one, told["pieces"], told["sentences"])
        for one in whole_lines(told["said"].split("\n"), len(told["windows"]))
    ]
    published = {axis: order[place][told["published"][place]] for place, axis in enumerate(AXES)}
    assert ["ucdp events", "primary", "both", "typical", 7] == list(published.values())
    assert not any(character in "".join(told["pieces"]) for character in "\\<{")


@pytest.fixture(scope="module")
def page(browser: Any) -> Page:
    shown = browser.new_context(viewport={"width": 360, "height": 780}).new_page()
    shown.faults = []
    shown.on("console", lambda message: shown.faults.append(message.text))
    shown.on("pageerror", lambda error: shown.faults.append(str(error)))
    shown.goto(PAGE.as_uri())
    return shown


def said(page: Page) -> str:
    return page.locator("form#explorer .said").inner_text()


@pytest.mark.browser
def test_some_choices_and_the_ends_show_their_sentence(page: Page, written: pd.DataFrame) -> None:
    """By keyboard-operable controls, from a file, on a phone; drawn without a look."""
    whole = written[written["left_out"].isna()].reset_index(drop=True)
    some = [*np.random.default_rng(11).choice(len(whole), 8, replace=False), 0, len(whole) - 1]
    for place in some:
        row = whole.loc[place]
        for axis in AXES[:-1]:
            page.locator(f"form#explorer select[name={axis}]").select_option(row[axis])
        page.locator("form#explorer input[name=window_days]").fill(str(row["window_days"]))
        assert row["sentence"] == said(page)
        drawn = page.locator("form#explorer .chart circle.own").count()
        assert drawn == int(not np.isnan(row["ratio"]))
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_an_episode_left_out_shows_its_sentence(page: Page, written: pd.DataFrame) -> None:
    page.get_by_role("button", name="Back to the report's choice").click()
    apart = written[written["left_out"].notna()]
    for row in apart[(apart["window_days"] == 7) & (apart["statistic"] == "typical")].to_dict("records"):
        page.locator("form#explorer select[name=without]").select_option(str(row["left_out"]))
        assert row["sentence"] == said(page)
    page.locator("form#explorer select[name=talks_set]").select_option("scheduled")
    assert page.locator("form#explorer select[name=without]").is_disabled()


@pytest.mark.browser
def test_a_choice_stands_in_the_address_and_one_key_leads_back(page: Page, written: pd.DataFrame) -> None:
    page.get_by_role("button", name="Back to the report's choice").click()
    published = said(page)
    assert "This is the report's choice." == page.locator("form#explorer .which").inner_text()
    page.locator("form#explorer input[name=window_days]").focus()
    page.keyboard.press("ArrowLeft")
    other, address = said(page), page.url
    assert other != published and "choice=" in address
    fresh = page.context.new_page()
    fresh.goto(address)
    assert other == said(fresh)
    fresh.get_by_role("button", name="Back to the report's choice").press("Enter")
    assert published == said(fresh)
    fresh.close()


@pytest.mark.browser
def test_a_stretch_of_time_is_counted_as_the_table_counts_it(page: Page) -> None:
    page.get_by_role("button", name="Back to the report's choice").click()
    by_day = schema.read("daily")
    counts = events.counts(by_day, source="ucdp", measure="events", start=None, end=by_day["date"].max())
    days = pd.DatetimeIndex(counts.index)
    total = page.locator("form#explorer .total")
    for first, last in [(0, len(days) - 1), (0, 0), (len(days) - 1, len(days) - 1), (100, 320)]:
        page.locator("form#explorer input[name=from]").fill(f"{days[first]:%Y-%m-%d}")
        page.locator("form#explorer input[name=to]").fill(f"{days[last]:%Y-%m-%d}")
        assert total.inner_text().endswith(
            f"(days: {last - first + 1:,}): {int(counts.iloc[first : last + 1].sum()):,}."
        )
    fresh = page.context.new_page()
    fresh.goto(page.url)
    assert total.inner_text() == fresh.locator("form#explorer .total").inner_text()
    fresh.close()
    page.locator("form#explorer input[name=to]").fill(f"{days[0]:%Y-%m-%d}")
    assert "Choose two days, the last not before the first." == total.inner_text()


def test_without_javascript_the_controls_are_not_there_and_the_sentence_stands() -> None:
    text = PAGE.read_text("utf-8")
    for name in ("explorer", "phase-explorer", "weeks"):
        assert f'<form class="explorer" id="{name}" hidden>' in text


def test_the_script_is_small_and_depends_on_nothing() -> None:
    script = html.script()
    assert len(script.encode()) <= 30_000 and not re.search(
        r"import |fetch\(|XMLHttp|https?:", script.replace("http://www.w3.org/2000/svg", "")
    )


PHASES = ("counts", "area", "criterion", "min_weeks")


@pytest.fixture(scope="module")
def phase_rows() -> pd.DataFrame:
    """Every phase of every choice, with the sentence of the choice."""
    grid = schema.read("phase_choices").assign(counts=lambda rows: rows["series"] + " " + rows["measure"])
    records = sources.records(ROOT)
    what = {name: sources.of_series(*name.split(), records=records) for name in grid["counts"].unique()}
    template = sentences(ROOT / "notebooks" / "4_report.ipynb")["phase-choice"]
    said_of = phase_sentences(template, grid, what)
    return grid.assign(
        sentence=[said_of[key] for key in grid[list(PHASES)].itertuples(index=False, name=None)]
    )


def test_the_published_phases_are_said_in_the_words_of_the_notebooks_findings(
    phase_rows: pd.DataFrame,
) -> None:
    """The notebook's own run, which knows nothing of the grid, and the same sentence."""
    template = sentences(ROOT / "notebooks" / "4_report.ipynb")["phase-choice"]
    told = given("phase-explorer")
    values = [[value for value, _ in told["axes"][axis]] for axis in PHASES[:-1]] + [told["lengths"]]
    key = [of[place] for of, place in zip(values, told["published"], strict=True)]
    rows = phase_rows[(phase_rows[list(PHASES)] == key).all(axis=1)]
    assert [plain_sentence(template, findings.read(ROOT))] == rows["sentence"].unique().tolist()


@pytest.mark.browser
def test_choices_of_phases_show_their_sentence_and_their_dead(page: Page, phase_rows: pd.DataFrame) -> None:
    """Drawn without a look; the map's sum over the days of each phase is what the notebook gives for it."""
    form = page.locator("form#phase-explorer")
    keys = phase_rows[list(PHASES)].drop_duplicates().reset_index(drop=True)
    for place in [*np.random.default_rng(5).choice(len(keys), 5, replace=False), 0, len(keys) - 1]:
        key = keys.loc[place]
        form.locator("select[name=counts]").select_option(key["counts"])
        form.locator("select[name=criterion]").select_option(key["criterion"])
        form.locator("input[name=min_weeks]").fill(str(key["min_weeks"]))
        form.locator("select[name=area]").select_option(key["area"])
        rows = phase_rows[(phase_rows[list(PHASES)] == key).all(axis=1)]
        assert rows["sentence"].iloc[0] == form.locator(".said").inner_text()
        assert len(rows) == form.locator("rect.phase").count() == form.locator("input[name=phase]").count()
        if key["area"] == "all":
            last = len(rows) - 1
            form.locator("input[name=phase]").nth(last).check()
            numbers = re.findall(r": ([\d,]+) killed|; ([\d,]+) more", form.locator(".placed").inner_text())
            shown = sum(int("".join(pair).replace(",", "")) for pair in numbers)
            assert rows["fatalities_best"].iloc[last] == shown
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_a_count_that_is_not_kept_by_part_falls_back_to_the_whole_area(page: Page) -> None:
    form = page.locator("form#phase-explorer")
    form.locator("select[name=area]").select_option(index=1)
    form.locator("select[name=counts]").select_option("airwars events")
    assert "all" == form.locator("select[name=area]").input_value()
    assert form.locator("select[name=area] option").nth(1).is_disabled()
    other = form.locator(".said").inner_text()
    fresh = page.context.new_page()
    fresh.goto(page.url)
    assert other == fresh.locator("form#phase-explorer .said").inner_text()
    fresh.get_by_role("button", name="Back to the report's phases").press("Enter")
    assert "These are the report's phases." == fresh.locator("form#phase-explorer .which").inner_text()
    fresh.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_a_place_on_the_drawings_time_axis_is_its_week(page: Page, width: int) -> None:
    """Where the drawing writes the year 2020, a tap tells of the week of 1 January 2020, on either sheet: the sums
    of the daily table, and each incident of these days with a source."""
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    drawing = page.locator("#fig-phases svg[data-time]:visible")
    year = drawing.locator("text", has_text=re.compile(r"^2020$")).first.bounding_box()
    box = drawing.bounding_box()
    assert year and box
    x = year["x"] + year["width"] / 2 - box["x"] if width == 1280 else 100
    y = year["y"] + year["height"] / 2 - box["y"] if width == 360 else 100
    drawing.click(position={"x": x, "y": y})
    form = page.locator("form#weeks")
    weeks = pd.date_range(schema.read("daily")["date"].min(), "2020-01-01", freq="7D")
    days = schema.read("daily").set_index("date").loc[weeks[-1] : weeks[-1] + pd.Timedelta(days=6)]
    killed = [f"{int(days[f'main_fatalities_{name}'].sum()):,}" for name in ("best", "low", "high")]
    said = form.locator(".said").inner_text()
    assert said.startswith(findings.days(days.index[0], days.index[-1]))
    assert f"Lethal events {int(days['main_events'].sum())};" in said
    assert said.endswith("people killed {} ({} to {}).".format(*killed))
    happened = schema.read("incidents")
    within = (happened["date_first"] <= days.index[-1]) & (happened["date_last"] >= days.index[0])
    listed = form.locator("li", has=page.locator("a[href^='#incident-']"))
    assert int(within.sum()) == listed.count() > 0
    for item in listed.all():
        assert item.locator("a[href^='http']").count()


@pytest.mark.browser
def test_weeks_are_reached_by_keyboard_and_by_name(page: Page) -> None:
    form = page.locator("form#weeks")
    truces = schema.read("built_truces")
    form.locator("select[name=go]").select_option(label=truces["name"].iloc[1])
    first = form.locator(".said").inner_text()
    assert form.locator(f"a[href='#truce-{truces['truce_id'].iloc[1]}']").count()
    form.locator("input[name=week]").press("ArrowRight")
    assert first != form.locator(".said").inner_text()
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_one_search_covers_every_record_and_counts_what_it_finds(page: Page) -> None:
    """A claim by its id, letters without their marks, Arabic names; and what is not there is none of them all."""
    form, count = page.locator("#search"), page.locator("#search output")
    words = form.locator("input")
    words.fill("no such thing anywhere")
    least = sum(len(schema.read(name)) for name in ("claims", "talks", "incidents", "places"))
    assert re.fullmatch(r"0 of [\d,]+ records", count.inner_text())
    assert least <= int(count.inner_text().split()[2].replace(",", ""))
    claim = schema.read("claims")["claim_id"].iloc[3]
    words.fill(claim)
    assert "1 claim" in count.inner_text() and form.locator(f"a[href='#claim-{claim}']").count()
    told = page.locator(f"#claim-{claim}").text_content()
    shown = form.locator(f"a[href='#claim-{claim}']").inner_text()
    assert shown[-1] == "…" and " ".join(told.split()).startswith(shown[:-1] + " "), "cut at a word"
    place = schema.read("places").dropna(subset="name_ar").iloc[0]
    words.fill(place["name_ar"])
    assert form.locator(f"a[href='#place-{place['place_id']}']").count()
    form.locator(f"a[href='#place-{place['place_id']}']").click()
    assert page.locator(f"#place-{place['place_id']}").is_visible()
