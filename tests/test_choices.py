"""The grid of choices that the page offers: every number is the one that the comparison itself gives."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation import cases, events, paths, schema, timing

WHOLE = timing.Design(window_days=7, first_day="2020-02-01")


def made_up() -> tuple[dict[str, pd.Series], dict[str, pd.DataFrame]]:
    """Two counts, one of which knows no day before the window; talks many, few and none."""
    rng = np.random.default_rng(3)
    days = pd.date_range("2020-01-01", periods=330)
    long = pd.Series(rng.poisson(2.0, 330), index=days, dtype=float)
    short = pd.Series(rng.poisson(0.3, 299), index=days[31:], dtype=float)
    first = pd.Timestamp("2020-02-01") + pd.to_timedelta(np.sort(rng.choice(299, 12, replace=False)), "D")
    last = np.minimum(first + pd.to_timedelta(rng.integers(0, 4, 12), "D"), days[-1])
    talks = pd.DataFrame({"talk_id": [f"t{n:02}" for n in range(12)], "date_first": first, "date_last": last})
    return {"long": long, "short": short}, {"many": talks, "few": talks.iloc[[2, 9]], "none": talks.iloc[:0]}


def alone(counts: pd.Series, talks: pd.DataFrame, design: timing.Design, *, left_out: Any = None) -> dict:
    """One choice by the functions that compute it one at a time."""
    spans = timing.episodes(talks, design)
    if left_out is not None and not pd.isna(left_out):
        spans = spans[spans["episode"] != left_out]
    found = timing.estimate(counts, spans, design)
    dispersion = timing.ordinary_dispersion(counts, design)
    spread = timing.heterogeneity(found.contrasts, dispersion=dispersion)
    return {
        "n_episodes": len(spans),
        "n": found.ratio.n,
        "n_rising": found.rising.k,
        "rising_expected": found.rising.expected,
        "rising_low": found.rising.low,
        "rising_high": found.rising.high,
        "rising_p": found.rising.p,
        "ratio": found.ratio.ratio,
        "low": found.ratio.low,
        "high": found.ratio.high,
        "t_p": found.ratio.p,
        "p": found.test.p,
        "band_low": found.test.band_low,
        "band_high": found.test.band_high,
        "n_shifts": found.test.n_shifts,
        "adjusted": found.adjusted.ratio,
        "adjusted_p": found.adjusted.p,
        "single_low": spread.single_low,
        "single_high": spread.single_high,
    } | {"verdict": found.verdict}


def same(row: pd.Series, wanted: dict) -> None:
    for name, value in wanted.items():
        if name == "verdict":
            assert value == row[name]
        else:
            assert row[name] == pytest.approx(value, rel=1e-9, nan_ok=True), name


def of(row: pd.Series, design: timing.Design) -> timing.Design:
    days, anchor, statistic = int(row["window_days"]), row["anchor"], row["statistic"]
    return replace(design, window_days=days, anchor=anchor, statistic=statistic)


def test_every_choice_is_what_it_would_be_alone() -> None:
    """Counts with and without days before the window, talks many, few and none, each anchor and statistic."""
    series, sets = made_up()
    grid = timing.choices(series, sets, WHOLE, windows_days=(1, 5, 20))
    assert 2 * 3 * 3 * 3 * 2 == len(grid) == len(grid.drop_duplicates([*list(grid.columns[:4]), "statistic"]))
    for _, row in grid.iterrows():
        if row["talks_set"] == "none":
            assert (0, "too_few") == (row["n"], row["verdict"]) and np.isnan(row["ratio"])
        else:
            same(row, alone(series[row["series"]], sets[row["talks_set"]], of(row, WHOLE)))


def test_each_episode_left_out_is_what_it_would_be_alone() -> None:
    series, sets = made_up()
    grid = timing.choices_without_each(
        {"long": series["long"]}, sets["many"], replace(WHOLE, talks_set="many"), windows_days=(3, 9)
    )
    assert (2 * grid["left_out"].nunique() <= len(grid)) and set(grid["left_out"]) >= {1, 2, 3}
    for _, row in grid.iterrows():
        same(row, alone(series["long"], sets["many"], of(row, WHOLE), left_out=row["left_out"]))


def test_the_spans_of_a_calendar_are_its_episodes() -> None:
    series, sets = made_up()
    days, widths = pd.DatetimeIndex(series["long"].index), (1, 5, 20)
    for talks in sets.values():
        for anchor in ("both", "start", "end"):
            found = timing.spans(talks, days, anchor=anchor, windows_days=widths)
            for width, placed in zip(widths, found, strict=True):
                wanted = timing.episodes(talks, replace(WHOLE, window_days=width, anchor=anchor))
                assert [(days[at], n) for at, n in placed] == list(
                    zip(wanted["date_first"], wanted["days"], strict=True)
                )


def test_twenty_choices_of_the_report_are_what_they_would_be_alone() -> None:
    """Drawn without a look from all that the page offers, and the published one."""
    case = cases.read("idlib", paths.root())
    by_day = pd.concat([schema.read("margin"), schema.read("daily")], ignore_index=True)
    kept, talks = schema.read("choices"), schema.read("built_talks")
    rng = np.random.default_rng(7)
    whole = kept[kept["left_out"].isna()].reset_index(drop=True)
    published = (whole[["series", "measure", "talks_set", "anchor", "statistic"]] == PUBLISHED).all(axis=1)
    assert 3000 <= len(whole)
    for place in [
        *rng.choice(len(whole), 20, replace=False),
        *whole[published & (whole["window_days"] == 7)].index,
    ]:
        row = whole.loc[place]
        counts = events.counts(by_day, source=row["series"], measure=row["measure"], start=None, end=case.end)
        design = of(row, timing.Design(window_days=7, first_day=case.start))
        wanted = alone(counts, events.talks_of(talks, row["talks_set"], case), design)
        assert wanted.pop("verdict") == row["verdict"]
        for name, value in wanted.items():
            assert row[name] == pytest.approx(value, abs=1e-5, nan_ok=True), name


PUBLISHED = ["ucdp", "events", "primary", "both", "typical"]
