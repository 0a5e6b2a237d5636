"""Known truth in, known truth out; nothing in, nothing out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import nile

from escalation import phases
from escalation.errors import Refusal
from escalation.phases.segment import residual_squares

PLAIN = phases.Segmentation()


def days(numbers: object, first: str = "2018-09-01") -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def levels(rng: np.random.Generator, *blocks: tuple[int, float]) -> pd.Series:
    return days(np.concatenate([rng.poisson(rate, length) for length, rate in blocks]))


def nile_flow() -> np.ndarray:
    return nile.load_pandas().data["volume"].to_numpy(dtype=float)


def test_nile_residual_sums_are_those_of_strucchange() -> None:
    """Bai-Perron on the Nile: RSS for 0 to 5 breaks with segments of at least 15 years, as printed by R
    strucchange."""
    found = phases.segment(nile_flow(), min_weeks=15, max_breaks=5)
    assert [2835157, 1597457, 1552924, 1538097, 1507888, 1659994] == found["rss"].round().astype(int).tolist()


def test_nile_criterion_is_that_of_strucchange() -> None:
    """strucchange's BIC keeps the constant of the likelihood, n·(1 + ln 2π), which ours leaves out."""
    found = phases.segment(nile_flow(), min_weeks=15, max_breaks=5)
    constant = 100 * (1 + np.log(2 * np.pi))
    assert [1318, 1270, 1276, 1285, 1292, 1311] == (found["BIC"] + constant).round().astype(int).tolist()


def test_nile_breaks_are_those_of_strucchange() -> None:
    """One break by either criterion, after observation 28 (1898, the first Aswan dam); the best two and five
    are known too."""
    found = phases.segment(nile_flow(), min_weeks=15, max_breaks=5)
    last_years = [[1870 + cut for cut in cuts] for cuts in found["cuts"]]
    assert (1, 1) == (phases.choose(found, criterion="LWZ"), phases.choose(found, criterion="BIC"))
    assert [[1898], [1898, 1953], [1885, 1900, 1915, 1938, 1953]] == [
        last_years[1],
        last_years[2],
        last_years[5],
    ]


def test_library_search_equals_every_segmentation() -> None:
    """Exact means exact: on a short series the search agrees with trying all pairs of cuts."""
    x = np.random.default_rng(3).normal(size=22).round(2)
    pairs = [(i, j) for i in range(4, 15) for j in range(i + 4, 19)]
    best = min(pairs, key=lambda pair: residual_squares(x, list(pair)))
    assert list(best) == phases.segment(x, min_weeks=4, max_breaks=2)["cuts"][2]


def test_weeks_are_whole() -> None:
    """853 days hold 121 whole weeks; an anchor leaves out first days, and the short week at the end never
    counts."""
    counts = days(np.ones(853))
    assert [121, 121, 7.0, "2018-09-07"] == [
        len(phases.weekly(counts, anchor=0)),
        len(phases.weekly(counts, anchor=6)),
        phases.weekly(counts, anchor=6).max(),
        str(phases.weekly(counts, anchor=6).index[0].date()),
    ]


def test_planted_breaks_are_found() -> None:
    """Levels 1, 5, 1 and 4 a day change in weeks we chose, and those weeks come out."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 5), (63, 1), (196, 4))
    found = phases.breaks(counts, PLAIN)
    assert ["2019-02-16", "2019-06-22", "2019-08-24"] == found["date"].dt.strftime("%Y-%m-%d").tolist()
    assert pytest.approx(35, abs=4) == found["mean_after"].iloc[0]


@pytest.mark.parametrize("seed", range(10))
def test_flat_series_has_no_break(seed: int) -> None:
    """A constant rate is one phase, however the dice fall."""
    assert 0 == len(phases.breaks(days(np.random.default_rng(seed).poisson(2.1, 853)), PLAIN))


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_series_has_no_break(seed: int) -> None:
    """The days of a violent and a quiet year, dealt out at random, hold no phases any more."""
    rng = np.random.default_rng(seed)
    counts = levels(rng, (400, 5), (453, 0.7))
    shuffled = pd.Series(rng.permutation(counts.to_numpy()), index=counts.index)
    assert (1, 0) == (len(phases.breaks(counts, PLAIN)), len(phases.breaks(shuffled, PLAIN)))


@given(value=st.integers(0, 50), length=st.integers(60, 400), criterion=st.sampled_from(["LWZ", "BIC"]))
@settings(max_examples=40, deadline=None)
def test_constant_series_has_no_break(value: int, length: int, criterion: str) -> None:
    """The same count every day, zero included, is one phase: rounding must not invent a second."""
    assert 0 == len(phases.breaks(days(np.full(length, value)), replace(PLAIN, criterion=criterion)))


@given(move=st.integers(-3000, 3000))
@settings(max_examples=15, deadline=None)
def test_moving_the_calendar_moves_the_breaks(move: int) -> None:
    """The same counts on other dates have the same breaks on other dates."""
    counts = levels(np.random.default_rng(2), (140, 1), (210, 4))
    moved = counts.copy()
    moved.index = moved.index + pd.Timedelta(days=move)
    before, after = phases.breaks(counts, PLAIN), phases.breaks(moved, PLAIN)
    assert (before["date"] + pd.Timedelta(days=move)).tolist() == after["date"].tolist()


def test_short_series_is_one_phase() -> None:
    """Seven weeks cannot hold two phases of four."""
    assert 0 == len(phases.breaks(days([0] * 25 + [9] * 24), PLAIN))


def test_refusals_name_the_place() -> None:
    """A gap, an unknown day, a wrong anchor and a wrong criterion are refused in words."""
    counts = days(np.ones(100))
    gap = counts.drop(counts.index[10])
    unknown = counts.mask(counts.index == counts.index[3])
    with pytest.raises(Refusal, match="the day after 2018-09-10 is missing"):
        phases.weekly(gap, anchor=0)
    with pytest.raises(Refusal, match="1 days are unknown"):
        phases.weekly(unknown, anchor=0)
    with pytest.raises(Refusal, match="week anchor 7"):
        phases.weekly(counts, anchor=7)
    with pytest.raises(Refusal, match="'AIC': allowed are LWZ and BIC"):
        phases.breaks(counts, replace(PLAIN, criterion="AIC"))


def test_break_ranges_hold_the_break_and_repeat() -> None:
    """The range of a sharp break is narrow, that of a weak one wide; the same generator gives the same
    range."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 6), (252, 3.6))
    found = phases.breaks(counts, PLAIN)
    ranges = [
        phases.break_ranges(counts, found, PLAIN, draws=99, rng=np.random.default_rng(7)) for _ in range(2)
    ]
    first = ranges[0]
    pd.testing.assert_frame_equal(*ranges)
    assert (first["range_first"] <= first["date"]).all() and (first["date"] <= first["range_last"]).all()
    assert first["range_weeks"].iloc[0] <= first["range_weeks"].iloc[1]


def test_no_break_has_no_range() -> None:
    """One phase: the frame of ranges is empty and has its columns."""
    counts = days(np.ones(200))
    empty = phases.break_ranges(
        counts,
        phases.breaks(counts, PLAIN),
        PLAIN,
        draws=9,
        rng=np.random.default_rng(1),
    )
    assert (0, True) == (len(empty), {"range_first", "range_last", "range_weeks"} <= set(empty.columns))


def test_blocks_keep_neighbours_together() -> None:
    """In a circular block bootstrap each block is a run of neighbours and every draw has the length of the
    series."""
    picked = phases.block_indices(10, block=4, draws=50, rng=np.random.default_rng(1))
    steps = np.diff(picked[:, :4], axis=1) % 10
    assert ((50, 10), 1, 1) == (picked.shape, steps.min(), steps.max())


def test_phase_table_adds_up() -> None:
    """Phases cover each day once; totals and deaths sum to those of the series; levels follow the rule."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 6), (256, 1))
    deaths = pd.DataFrame(
        {f"fatalities_{name}": counts * k for name, k in (("low", 1), ("best", 2), ("high", 3))}
    )
    table = phases.phase_table(
        counts, phases.breaks(counts, PLAIN), fatalities=deaths, draws=199, rng=np.random.default_rng(2)
    )
    assert ["low", "high", "low"] == table["level"].tolist()
    assert (550, counts.sum(), 2 * counts.sum()) == (
        table["days"].sum(),
        table["total"].sum(),
        table["fatalities_best"].sum(),
    )
    assert (table["per_day_low"] <= table["per_day"]).all() and (
        table["per_day"] <= table["per_day_high"]
    ).all()
    assert (
        pd.isna(table["ratio"].iloc[0])
        and 4.5 < table["ratio_low"].iloc[1] < table["ratio"].iloc[1] < table["ratio_high"].iloc[1] < 8
    )


def test_ratio_after_an_empty_phase_is_blank() -> None:
    """A phase without one event has no ratio after it: blank, not infinite."""
    counts = days([0] * 140 + [5] * 140)
    table = phases.phase_table(
        counts, phases.breaks(counts, PLAIN), fatalities=None, draws=9, rng=np.random.default_rng(2)
    )
    assert [0.0, 5.0, True] == [*table["per_day"], bool(table["ratio"].isna().all())]


@pytest.mark.parametrize(
    ("rate", "name"), [(0.6, "low"), (2 / 3, "middle"), (1.0, "middle"), (1.5, "middle"), (1.6, "high")]
)
def test_level_names(rate: float, name: str) -> None:
    """Two thirds and three halves of the mean are the bounds of the middle."""
    assert name == phases.level(rate, 1.0)


def test_sharp_break_holds_for_all_week_anchors() -> None:
    """A fivefold change is found whatever day the weeks begin on, within a week."""
    counts = levels(np.random.default_rng(4), (200, 1), (353, 5))
    found = phases.anchor_stability(counts, PLAIN)
    assert ([7], True) == (found["n_anchors"].tolist(), bool((found["move_days"] <= 7).all()))


def source(*rows: tuple[str, int]) -> pd.DataFrame:
    dates, anchors = zip(*rows, strict=True)
    return pd.DataFrame({"date": pd.to_datetime(list(dates)), "n_anchors": anchors})


def test_stable_means_two_sources_and_five_anchors() -> None:
    """Two weeks apart in two sources is one break; three weeks apart, or four anchors, is only possible."""
    table = phases.stable_breaks(
        {
            "ucdp": source(("2019-02-16", 7), ("2019-04-27", 7), ("2019-08-31", 7), ("2020-03-07", 7)),
            "airwars": source(("2019-05-11", 5), ("2019-08-31", 4), ("2020-03-28", 7)),
        }
    )
    assert ["possible", "stable", "possible", "possible", "possible"] == table["status"].tolist()
    assert ["ucdp", "ucdp | airwars", "ucdp | airwars", "ucdp", "airwars"] == table["sources"].tolist()


@given(names=st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=2, unique=True))
@settings(max_examples=20)
def test_relabelling_sources_changes_names_only(names: list[str]) -> None:
    """What a source is called decides nothing."""
    frames = [source(("2019-04-27", 7), ("2020-03-07", 6)), source(("2019-05-04", 7))]
    plain = phases.stable_breaks(dict(zip(["x", "y"], frames, strict=True)))
    named = phases.stable_breaks(dict(zip(names, frames, strict=True)))
    assert plain[["date", "status", "n_sources", "n_anchors"]].equals(
        named[["date", "status", "n_sources", "n_anchors"]]
    )


def test_recurring_breaks_stand_beside_breaks_at_random() -> None:
    """Of three breaks one recurs; moved around 400 days, the other source's one break meets each of two on 29
    days (the third holds on too few grids), and the three are no other number than the reader counts."""
    span = pd.date_range("2019-01-01", periods=400)
    ours, theirs = source(("2019-03-01", 7), ("2019-06-01", 3), ("2019-10-01", 7)), source(("2019-03-08", 6))
    found = phases.recurring_by_chance(ours["date"], {"a": ours, "b": theirs}, span)
    assert (1, 3) == (found.value, found.n)
    assert pytest.approx((2 * 29 - 1) / 399) == found.expected
    alone = phases.recurring_by_chance(ours["date"], {"a": ours}, span)
    assert (0, 3, True) == (alone.value, alone.n, np.isnan(alone.expected))


def test_a_further_candidate_lies_more_than_a_week_from_every_break() -> None:
    """And by the generous criterion alone."""
    known = source(("2019-03-01", 7), ("2019-03-09", 7), ("2019-06-01", 7)).assign(
        found_by=["BIC", "BIC", "LWZ | BIC"]
    )
    found = phases.further_candidates(pd.Series(pd.to_datetime(["2019-03-02"])), known)
    assert found.empty
    found = phases.further_candidates(pd.Series(pd.to_datetime(["2019-03-01"])), known)
    assert ["2019-03-09"] == found["date"].dt.strftime("%Y-%m-%d").tolist()
    assert 2 == len(phases.further_candidates(pd.Series([], dtype="datetime64[ns]"), known))


def test_candidates_join_the_two_criteria() -> None:
    """A break that LWZ and BIC both find stands once; what only BIC finds is marked so."""
    counts = levels(np.random.default_rng(4), (200, 1), (353, 5))
    found = phases.candidates(counts, PLAIN)
    assert "LWZ | BIC" in found["found_by"].tolist()
    assert found["date"].is_unique and found["date"].is_monotonic_increasing


def test_flat_sources_have_no_stable_break() -> None:
    """Where no source has a break the tables are empty and have their columns."""
    empty = phases.candidates(days(np.ones(200)), PLAIN)
    table = phases.stable_breaks({"a": empty, "b": empty})
    assert (0, 0, ["date_a", "date_b"]) == (
        len(empty),
        len(table),
        [name for name in table if name.startswith("date_")],
    )
