"""The grid of phases that the page offers: every phase is the one that the cut itself gives."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation import cases, events, paths, phases, schema
from escalation.phases import Segmentation

KEYS = ["series", "measure", "area", "criterion", "min_weeks"]


def alone(counts: pd.Series, dead: pd.DataFrame, how: Segmentation) -> pd.DataFrame:
    """One choice by the functions that compute it one at a time."""
    found = phases.with_grids(phases.breaks(counts, how), phases.grids(counts, how))
    table = phases.phase_table(counts, found, fatalities=dead, draws=99, rng=np.random.default_rng(1))
    per_week = [*found["mean_before"], *found["mean_after"].tail(1)]
    return table.assign(n_grids=[pd.NA, *found["n_grids"]], per_week=per_week or [np.nan])


def same(rows: pd.DataFrame, wanted: pd.DataFrame) -> None:
    columns = ["phase", "date_first", "date_last", "days", "level"]
    assert wanted[columns].to_numpy().tolist() == rows[columns].to_numpy().tolist()
    assert wanted["n_grids"].tolist()[1:] == rows["n_grids"].tolist()[1:]
    numbers = ["total", "per_day", "fatalities_low", "fatalities_best", "fatalities_high"]
    numbers += ["per_week"] if len(rows) > 1 else []
    assert wanted[numbers].to_numpy(float) == pytest.approx(rows[numbers].to_numpy(float), rel=1e-9)


def made_up() -> tuple[dict[Any, pd.Series], dict[str, pd.DataFrame]]:
    """A series with two levels, one of single days that hardly change, one that does not at all."""
    rng = np.random.default_rng(4)
    days = pd.date_range("2020-01-01", periods=207)
    stepped = pd.Series(rng.poisson(np.where(np.arange(207) // 40 % 2, 6.0, 0.8)), index=days, dtype=float)
    faint = pd.Series(rng.poisson(0.4, 207), index=days, dtype=float)
    dead = pd.DataFrame({f"fatalities_{name}": stepped + n for n, name in enumerate(("low", "best", "high"))})
    series = {
        ("a", "events", "all"): stepped,
        ("a", "fatalities", "all"): stepped**2,
        ("a", "events", "part"): faint,
        ("b", "events", "all"): 0 * faint,
    }
    return series, {"all": dead, "part": dead.iloc[::-1]}


def test_every_choice_is_what_it_would_be_alone() -> None:
    """Weeks that begin on another day, the shortest phases allowed, and a series without a break."""
    series, dead = made_up()
    how = Segmentation(max_breaks=6, anchor=2)
    grid = phases.choices(series, dead, how, min_weeks=(2, 3, 9))
    assert 4 * 2 * 3 == len(phases.breaks_of_each(grid))
    assert {0} == set(phases.breaks_of_each(grid).loc["b"]) and 2 <= phases.breaks_of_each(grid).max()
    for (source, measure, area, criterion, length), rows in grid.groupby(KEYS):
        chosen = replace(how, measure=measure, criterion=criterion, min_weeks=length)
        same(rows, alone(series[source, measure, area], dead[area].sort_index(), chosen))


def test_two_breaks_of_one_grid_are_two_however_near() -> None:
    """Phases of two weeks lie within the days in which a break of another grid is the same: each kept its own."""
    days = pd.date_range("2020-01-01", periods=140)
    counts = pd.Series(np.where(np.arange(140) // 14 == 4, 40.0, 1.0), index=days)
    laid = phases.grids(counts, Segmentation(min_weeks=2))
    assert [pd.Timestamp("2020-02-26"), pd.Timestamp("2020-03-11")] == laid["date"].tolist()
    assert (laid["n_grids"] >= phases.ENOUGH).all()


def test_choices_of_the_report_are_what_they_would_be_alone() -> None:
    """Drawn without a look from all that the page offers for the whole area."""
    case, by_day, grid = cases.read("idlib", paths.root()), schema.read("daily"), schema.read("phase_choices")
    dead = by_day.set_index("date")[[f"main_fatalities_{name}" for name in ("low", "best", "high")]]
    dead.columns = ["fatalities_low", "fatalities_best", "fatalities_high"]
    whole = [(key, rows) for key, rows in grid.groupby(KEYS) if key[2] == phases.WHOLE]
    assert 264 == len(phases.breaks_of_each(grid)) and 88 == len(whole)
    for place in np.random.default_rng(3).choice(len(whole), 12, replace=False):
        (source, measure, _, criterion, length), rows = whole[place]
        counts = events.counts(by_day, source=source, measure=measure, start=case.start, end=case.end)
        same(rows, alone(counts, dead, Segmentation(measure=measure, criterion=criterion, min_weeks=length)))
