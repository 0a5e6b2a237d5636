"""Figures say what they draw: words from data, nothing clipped, refusals where words are missing."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation.errors import Refusal
from escalation.figures import strips, style
from escalation.figures.dataset import coverage
from escalation.figures.save import Chart, save


def drawn() -> Chart:
    days = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", periods=40),
            "n_seed": 0,
            "n_curated": [1, *[0] * 39],
            "n_main": [2] * 20 + [0] * 20,
            "n_second": 0,
        }
    )
    return coverage(days.assign(is_silent=days["n_main"] == 0), source="Source: made up.")


def test_four_files_and_the_same_bytes(tmp_path: Path) -> None:
    """SVG, PNG, CSV and JSON leave together; drawn twice they are the same; no date and no path is in
    them."""
    for folder in ("a", "b"):
        save(drawn(), "cover", notebook="1_dataset", root=tmp_path / folder)
    for end in ("svg", "png", "csv", "json"):
        one, two = ((tmp_path / folder / "figures" / f"cover.{end}").read_bytes() for folder in ("a", "b"))
        assert one == two and str(tmp_path).encode() not in one and b"<dc:date>" not in one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alt", "A chart of violence over time, very generic indeed and without any figure"),
        ("source", " "),
        ("caption", ""),
    ],
)
def test_a_figure_without_words_does_not_leave(tmp_path: Path, field: str, value: str) -> None:
    """No number in the alt text, no source or no caption: refused, and no file is written."""
    with pytest.raises(Refusal, match="figure cover"):
        save(replace(drawn(), **{field: value}), "cover", notebook="x", root=tmp_path)
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("sheet", [style.STANDARD, style.NARROW])
def test_a_drawing_obeys_the_page(sheet: style.Sheet) -> None:
    """Words stay words of at least 12 px, no style attribute, ids of its own, and no colour that has no dark twin; on
    a phone as on a wide screen."""
    svg = drawn().svg(sheet, name="cover")
    assert "<style" not in svg and " style=" not in svg and "UCDP events" in svg
    assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)) >= 12
    assert all(name.startswith("cover-") for name in re.findall(r' id="([^"]+)"', svg))
    assert set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg)) <= set(style.DARK)


def test_colours_stand_out_on_white() -> None:
    """Every colour that carries meaning has at least 3:1 on white (WCAG), and neighbours in meaning differ in
    lightness."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    contrast = {name: 1.05 / (luminance(colour) + 0.05) for name, colour in style.MEANING.items()}
    assert all(ratio >= 3 for ratio in contrast.values()), contrast


def test_strips_count_from_the_edges_of_the_talks() -> None:
    """An event the day before the first day is -1, the day after the last +1, on the days 0; a vague one or
    one too far is left out."""
    stamp = pd.Timestamp
    episodes = pd.DataFrame(
        {
            "episode": [1],
            "label": ["talks"],
            "date_first": [stamp("2020-02-10")],
            "date_last": [stamp("2020-02-11")],
        }
    )
    spans = [
        ("2020-02-09", "2020-02-09"),
        ("2020-02-12", "2020-02-13"),
        ("2020-02-11", "2020-02-11"),
        ("2020-01-01", "2020-01-01"),
        ("2020-02-01", "2020-02-20"),
    ]
    happened = pd.DataFrame(
        {
            "event_id": list("abcde"),
            "tier": "curated",
            "event_type": "airstrike",
            "date_first": [stamp(a) for a, _ in spans],
            "date_last": [stamp(b) for _, b in spans],
        }
    )
    around = strips.marks(episodes, happened)
    assert [("a", -1, -1), ("b", 1, 2), ("c", 0, 0)] == list(
        around[["event_id", "days_first", "days_last"]].itertuples(index=False, name=None)
    )


def test_lanes_only_for_who_could_have_spoken() -> None:
    """Without documents and a second publisher their rows are gone; with documents the title speaks of
    them."""
    first = drawn()
    assert "the three documents" not in first.alt and "Airwars" not in first.alt
    days = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", periods=40),
            "n_seed": [1] * 5 + [0] * 35,
            "n_curated": 0,
            "n_main": [1] * 20 + [0] * 20,
            "n_second": 0,
        }
    )
    second = coverage(days.assign(is_silent=days["n_main"] == 0), source="Source: made up.")
    assert "The documents date claims to 5 of 40 days; UCDP has events on 20" == second.title


def test_the_page_has_the_dark_colours_of_the_drawings() -> None:
    """The page's style sheet holds what the palette says, by the system's choice and by the reader's."""
    sheet = (Path(style.__file__).parents[1] / "page" / "templates" / "drawings.css").read_text("utf-8")
    for selector in (':root:not([data-theme="light"])', ':root[data-theme="dark"]'):
        assert style.dark_css(selector) in sheet
