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


@pytest.mark.parametrize(
    ("rate", "name"), [(0.6, "low"), (2 / 3, "middle"), (1.0, "middle"), (1.5, "middle"), (1.6, "high")]
)
def test_level_names(rate: float, name: str) -> None:
    """Two thirds and three halves of the mean are the bounds of the middle."""
    assert name == phases.level(rate, 1.0)


def source(*rows: tuple[str, int]) -> pd.DataFrame:
    dates, anchors = zip(*rows, strict=True)
    return pd.DataFrame({"date": pd.to_datetime(list(dates)), "n_anchors": anchors})


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


def test_flat_sources_have_no_stable_break() -> None:
    """Where no source has a break the tables are empty and have their columns."""
    empty = phases.candidates(days(np.ones(200)), PLAIN)
    table = phases.stable_breaks({"a": empty, "b": empty})
    assert (0, 0, ["date_a", "date_b"]) == (
        len(empty),
        len(table),
        [name for name in table if name.startswith("date_")],
    )
