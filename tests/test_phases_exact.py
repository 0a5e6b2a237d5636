"""The tables of phases to the last cell: by hand where breaks are given, by plain loops where they are
searched or drawn."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import nbinom

from escalation import phases
from escalation.errors import Refusal
from escalation.findings import number
from escalation.phases import likelihood, stability
from escalation.phases.status import status_of

DAY = pd.Timestamp
CUT = phases.Segmentation(max_breaks=5)


def days(numbers: object, first: str = "2019-01-01") -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def dates(*texts: str | None) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([pd.NaT if text is None else DAY(text) for text in texts])


def same(expected: pd.DataFrame, found: pd.DataFrame) -> None:
    """Equal to the last cell, whatever the unit in which a date is kept."""
    one_unit = [
        frame.astype({name: "datetime64[ns]" for name in frame if frame[name].dtype.kind == "M"})
        for frame in (expected, found)
    ]
    assert_frame_equal(*one_unit)


def blocks_by_hand(n: int, block: int, draws: int, rng: np.random.Generator) -> list[list[int]]:
    """Runs of neighbours from the starts that the generator gives, end to end on a circle, until a draw is
    full."""
    starts = rng.integers(0, n, size=(draws, math.ceil(n / block)))
    return [[(start + step) % n for start in row for step in range(block)][:n] for row in starts.tolist()]


# --- weeks and their cuts


def test_as_many_breaks_as_fit() -> None:
    """A break needs two parameters and a week to spare, a phase its shortest length, and no more are tried
    than asked."""
    x = np.arange(12.0)
    assert [1, 2, 2, 3, 3, 4, 4] == [
        len(phases.segment(x[:n], min_weeks=1, max_breaks=9)) for n in range(4, 11)
    ]
    assert [1, 1, 2, 2, 3] == [
        len(phases.segment(x[:n], min_weeks=4, max_breaks=9)) for n in (4, 7, 8, 11, 12)
    ]
    assert [1, 2, 3] == [len(phases.segment(x, min_weeks=2, max_breaks=most)) for most in (0, 1, 2)]


@pytest.mark.parametrize(("n", "shortest"), [(3, 1), (6, 7), (8, 0)])
def test_too_few_weeks_are_refused(n: int, shortest: int) -> None:
    """Fewer than four weeks, than one phase, or phases of no length."""
    told = (
        f"segmentation: {n} weeks with a shortest phase of {shortest}; at least 4 weeks and one whole phase"
        " are needed"
    )
    with pytest.raises(Refusal, match=f"^{told}$"):
        phases.segment(np.arange(float(n)), min_weeks=shortest, max_breaks=1)


def test_of_equal_criteria_the_fewest_breaks() -> None:
    """Each criterion reads its own column; a tie goes to the first."""
    found = pd.DataFrame({"n_breaks": [0, 1, 2], "LWZ": [5.0, 3.0, 3.0], "BIC": [5.0, 3.0, 2.0]})
    assert [1, 2] == [phases.choose(found, criterion="LWZ"), phases.choose(found, criterion="BIC")]


# --- likelihood


def test_cost_is_the_negative_binomial_likelihood() -> None:
    """−2 log-likelihoods of the days at their mean; two ways to cut the same days differ by as much as the
    likelihood itself."""
    y, alpha = np.array([0, 3, 1, 4, 9, 2, 7]), 0.4

    def whole(cuts: list[int]) -> float:
        parts = np.split(y, cuts)
        return -2 * sum(
            float(nbinom.logpmf(part, 1 / alpha, 1 / (1 + alpha * part.mean())).sum()) for part in parts
        )

    def ours(cuts: list[int]) -> float:
        sums, lengths = zip(
            *[(float(part.sum()), float(len(part))) for part in np.split(y, cuts)], strict=True
        )
        return float(likelihood.segment_cost(np.array(sums), np.array(lengths), alpha).sum())

    for cuts in ([3], [4], [2, 5]):
        assert whole(cuts) - whole([]) == pytest.approx(ours(cuts) - ours([]), abs=1e-9)


def test_dispersion_between_cuts_by_hand() -> None:
    """Two parts with means 1/5 and 6: α from the squares beyond Poisson, the long run from products of
    residuals up to 14 days apart."""
    left, right = [0.0] * 16 + [1.0] * 4, [0.0] * 15 + [12.0] * 15
    found = likelihood.dispersion(np.array(left + right), [20])
    mean = [0.2] * 20 + [6.0] * 30
    beyond = (16 * 0.2**2 + 4 * 0.8**2 - 20 * 0.2) + 30 * (36 - 6)
    alpha = beyond / (20 * 0.2**2 + 30 * 36)
    r = [(x - m) / math.sqrt(m + alpha * m * m) for x, m in zip(left + right, mean, strict=True)]
    total = sum(each * each for each in r) / 50
    for lag in range(1, 15):
        total += 2 * (1 - lag / 15) * sum(r[at] * r[at - lag] for at in range(lag, 50)) / 50
    assert total > 2
    assert (pytest.approx(alpha), pytest.approx(total)) == tuple(found)


@pytest.mark.parametrize(
    ("first", "penalty", "shortest"),
    [(1.0, 1.0, 2), (1.0, 6.0, 3), (1.0, 40.0, 1), (1.0, 3.0, 5), (1.0, 0.0, 4), (30.0, 3.0, 1)],
)
def test_cuts_of_days_equal_every_way_to_cut(first: float, penalty: float, shortest: int) -> None:
    """Against all cuts of ten days, for several penalties and shortest phases; the last case cuts after the
    first day."""
    y, alpha = np.array([first, 0, 2, 8, 9, 7, 2, 1, 0, 5]), 0.1
    ways = [
        list(cuts)
        for k in range(10)
        for cuts in combinations(range(1, 10), k)
        if min(np.diff([0, *cuts, 10])) >= shortest
    ]

    def cost(cuts: list[int]) -> float:
        sums, lengths = zip(
            *[(float(part.sum()), float(len(part))) for part in np.split(y, cuts)], strict=True
        )
        return penalty * len(cuts) + float(
            likelihood.segment_cost(np.array(sums), np.array(lengths), alpha).sum()
        )

    assert min(ways, key=cost) == likelihood.best_cuts(y, alpha=alpha, penalty=penalty, min_days=shortest)


def test_two_lists_of_breaks_to_the_last_cell() -> None:
    """Fourteen days are near and fifteen are not; the nearest, of two as near the earlier; none is used
    twice; in the order of the days."""
    ours = pd.DataFrame({"date": dates("2019-03-01", "2019-03-08", "2019-06-01", "2019-09-01", "2019-12-01")})
    second = "2019-03-03 2019-02-27 2019-06-16 2019-08-18 2019-11-20 2019-12-03 2019-01-05"
    theirs = pd.DataFrame({"date": dates(*second.split())})
    found = phases.differing_breaks(ours, theirs)
    assert [
        (None, "2019-01-05", None, "second"),
        ("2019-03-01", "2019-02-27", -2, "both"),
        ("2019-03-08", "2019-03-03", -5, "both"),
        ("2019-06-01", None, None, "first"),
        (None, "2019-06-16", None, "second"),
        ("2019-09-01", "2019-08-18", -14, "both"),
        (None, "2019-11-20", None, "second"),
        ("2019-12-01", "2019-12-03", 2, "both"),
    ] == [
        tuple(None if pd.isna(cell) else str(cell.date()) if hasattr(cell, "date") else cell for cell in row)
        for row in found.itertuples(index=False, name=None)
    ]
    assert ["both"] == phases.differing_breaks(ours[2:3], theirs[2:3], tolerance_days=15)["in"].tolist()
    assert phases.differing_breaks(ours[:0], theirs[:0]).empty


def test_a_break_of_another_grid_is_the_same_within_two_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fourteen days off is the same break, fifteen is another."""
    given = ["2019-03-01", "2019-03-15", "2019-03-16"]

    def breaks(_: pd.Series, how: phases.Segmentation) -> pd.DataFrame:
        return pd.DataFrame({"break_number": [1], "date": dates(given[min(how.anchor, 2)])})

    monkeypatch.setattr(stability, "breaks", breaks)
    assert (2, 14) == tuple(
        phases.anchor_stability(days(np.ones(50)), CUT).loc[0, ["n_anchors", "move_days"]]
    )


def test_a_break_is_laid_to_the_nearest_within_two_weeks() -> None:
    """Day 24 is fourteen days from day 10 and the same break, 25 would be fifteen and another. Day 32 is laid to
    39, not by way of 24 to 10: the first day of a break says how far."""
    assert [[10, 24], [39, 32]] == stability.together([[10], [24, 39], [32]])
    assert [[10], [25]] == stability.together([[10], [25]])


def anchored(*rows: tuple[str, int, int]) -> pd.DataFrame:
    days_of, anchors, moves = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {
            "break_number": range(1, len(rows) + 1),
            "date": dates(*days_of),
            "n_anchors": np.array(anchors, dtype=np.int64),
            "move_days": np.array(moves, dtype=np.int64),
        }
    )


def test_stable_breaks_to_the_last_cell() -> None:
    """The nearest within fourteen days, of two as near the earlier, each used once; two sources of five
    anchors are stable, four are not counted."""
    found = phases.stable_breaks(
        {
            "a": anchored(("2019-06-01", 7, 0), ("2019-03-01", 5, 0), ("2019-03-11", 6, 0)),
            "b": anchored(
                ("2019-02-24", 7, 0), ("2019-03-06", 4, 0), ("2019-06-15", 5, 0), ("2019-10-01", 5, 0)
            ),
            "c": anchored(
                ("2019-02-15", 7, 0), ("2019-03-14", 6, 0), ("2019-06-16", 7, 0), ("2019-09-25", 4, 0)
            ),
        }
    )
    assert [
        ("2019-02-15", "possible", 1, "c", 7),
        ("2019-03-01", "stable", 3, "a | b | c", 5),
        ("2019-03-11", "possible", 2, "a | b", 4),
        ("2019-06-01", "stable", 2, "a | b", 5),
        ("2019-06-16", "possible", 1, "c", 7),
        ("2019-10-01", "possible", 2, "b | c", 4),
    ] == [
        (str(row.date.date()), row.status, row.n_sources, row.sources, row.n_anchors)
        for row in found.itertuples()
    ]


# --- arrows, flags, truces


def test_status_to_the_last_cell() -> None:
    """Up and down by the interval; the last weeks against the days before them, blank in 55 days or after
    days without any."""
    parts = [
        [1.0] * 28 + [3.0] * 28,
        [2.0] * 27 + [4.0] * 28,
        [0.0] * 28 + [5.0] * 28,
        [6.0] * 10 + [2.0] * 30 + [1.0] * 28,
        [1.0] + [0.0] * 53 + [4.0, 4.0],
    ]
    counts = days([number for part in parts for number in part])
    table = pd.DataFrame(
        {
            "phase": [1, 2, 3, 4, 5],
            "date_first": counts.index[[0, 56, 111, 167, 235]],
            "days": [56, 55, 56, 68, 56],
            "per_day": [0.5, 2.0, 3.0, 2.76, 1.0],
            "ratio": [np.nan, 4.0, 1.5, 0.92, 0.36],
            "ratio_low": [np.nan, 3.14, 0.97, np.nan, 0.126],
            "ratio_high": [np.nan, 5.06, 2.0, 1.1, 0.99],
        }
    )
    expected = table.assign(
        status=["first", "deteriorated", "unchanged", "first", "improved"],
        last_weeks_ratio=[3.0, np.nan, np.nan, 1 / 3, 8.0],
        flag=["risk", "none", "none", "opportunity", "risk"],
    )
    with np.errstate(all="raise"):
        found = phases.phase_status(counts, table, unit="events", said=number)
    same(expected, found.drop(columns="reason"))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(np.nan, 2, "first"), (0.5, np.nan, "first"), (1.0, 2, "unchanged"), (0.5, 1.0, "unchanged")],
)
def test_an_arrow_needs_both_ends_of_the_interval(low: float, high: float, said: str) -> None:
    """One unknown end is no comparison; an interval that touches 1 is no change."""
    assert said == status_of(low, high)


def test_truces_in_force_to_the_last_cell() -> None:
    """A truce of one day, one that ends on a phase's first day, one that begins on its last, one still in
    force; days count once."""
    table = phases.phase_days(
        days(np.ones(60)), pd.DataFrame({"date": dates("2019-01-11", "2019-01-21", "2019-02-10")})
    )
    truces = pd.DataFrame(
        {
            "truce_id": ["A", "B", "C", "D"],
            "effective_date": dates("2019-01-05", "2019-01-08", "2019-01-20", "2019-02-20"),
            "until": dates("2019-01-05", "2019-01-11", "2019-01-22", None),
            "other": dates("2019-01-31", "2019-01-31", "2019-01-31", "2019-02-21"),
        }
    )
    expected = pd.DataFrame(
        {"phase": [1, 2, 3, 4], "truce_ids": ["A | B", "B | C", "C", "D"], "days_in_force": [4, 2, 2, 10]}
    )
    same(expected, phases.truces_in_force(table, truces, end="until"))
    assert [6, 10, 11, 2] == phases.truces_in_force(table, truces, end="other")["days_in_force"].tolist()
    none = phases.truces_in_force(table, truces[:0], end="until")
    same(expected.assign(truce_ids="", days_in_force=0), none)


# --- the table of phases


def test_phase_table_to_the_last_cell() -> None:
    """Three phases, their draws the long way; the second without any day, so that the ratio after it is
    blank; a death unknown."""
    numbers = (
        [1.0, 0.0, 2.0, 3.0, 0.0, 1.0, 5.0, 4.0, 0.0, 2.0]
        + [0.0] * 8
        + [6.0, 7.0, 0.0, 9.0, 8.0, 6.0, 5.0, 4.0, 0.0, 3.0, 8.0, 9.0]
    )
    counts = days(numbers)
    cut = pd.DataFrame(
        {
            "date": counts.index[[10, 18]],
            "range_first": dates("2019-01-09", "2019-01-18"),
            "range_last": dates("2019-01-12", "2019-01-20"),
        }
    )
    best = pd.array([2 * number for number in numbers], dtype="Int64")
    best[20] = pd.NA
    deaths = pd.DataFrame(
        {"fatalities_low": counts, "fatalities_best": best, "fatalities_high": 3 * counts}, index=counts.index
    )
    earlier = pd.DataFrame(100, index=dates("2018-12-30", "2018-12-31"), columns=deaths.columns)
    parts = [numbers[:10], numbers[10:18], numbers[18:]]
    rng = np.random.default_rng(4)
    means = [
        [np.mean([part[at] for at in row]) for row in blocks_by_hand(len(part), 7, 25, rng)] for part in parts
    ]
    falls = [b / a for a, b in zip(means[0], means[1], strict=True)]
    first_ratio = [np.quantile(falls, q) for q in (0.05, 0.95)]
    expected = pd.DataFrame(
        {
            "phase": [1, 2, 3],
            "date_first": dates("2019-01-01", "2019-01-11", "2019-01-19"),
            "date_last": dates("2019-01-10", "2019-01-18", "2019-01-30"),
            "days": [10, 8, 12],
            "level": ["low", "low", "high"],
            "range_first": dates(None, "2019-01-09", "2019-01-18"),
            "range_last": dates(None, "2019-01-12", "2019-01-20"),
            "total": [18.0, 0.0, 65.0],
            "share_of_days_with_pct": [70.0, 0.0, 1000 / 12],
            "per_day": [1.8, 0.0, 65 / 12],
            "per_day_low": [np.quantile(mean, 0.05) for mean in means],
            "per_day_high": [np.quantile(mean, 0.95) for mean in means],
            "ratio": [np.nan, 0.0, np.nan],
            "ratio_low": [np.nan, first_ratio[0], np.nan],
            "ratio_high": [np.nan, first_ratio[1], np.nan],
            "fatalities_low": [18.0, 0.0, 65.0],
            "fatalities_best": [36.0, 0.0, np.nan],
            "fatalities_high": [54.0, 0.0, 195.0],
        }
    )
    with np.errstate(all="raise"):
        found = phases.phase_table(
            counts, cut, fatalities=pd.concat([earlier, deaths]), draws=25, rng=np.random.default_rng(4)
        )
    same(expected, found)


def test_one_phase_has_a_table_too() -> None:
    """Without a break: one row, its rate and its interval, nothing to compare with."""
    counts = days([1.0, 3.0] * 10)
    none = pd.DataFrame({"date": counts.index[:0]})
    found = phases.phase_table(counts, none, fatalities=None, draws=30, rng=np.random.default_rng(1))
    assert [(1, 20, 40.0, 2.0, 100.0, "middle")] == list(
        found[["phase", "days", "total", "per_day", "share_of_days_with_pct", "level"]].itertuples(
            index=False, name=None
        )
    )
    assert found[["ratio", "ratio_low", "ratio_high", "range_first", "range_last"]].isna().all(axis=None)
