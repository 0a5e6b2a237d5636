"""The tables of phases to the last cell: by hand where breaks are given, by plain loops where they are
searched or drawn. (Mutants that lived on coarser tests are killed here.)"""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal
from plain_statistics import best_cuts as plain_cuts
from scipy.stats import nbinom

from escalation import phases
from escalation.counts import daily
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


def noisy() -> pd.Series:
    """Levels 1, 4 and 2 a day, one day before the first whole week and two after the last, when weeks begin
    on the second."""
    rng = np.random.default_rng(16)
    return days(np.concatenate([rng.poisson(rate, length) for length, rate in ((50, 1), (42, 4), (60, 2))]))


def blocks_by_hand(n: int, block: int, draws: int, rng: np.random.Generator) -> list[list[int]]:
    """Runs of neighbours from the starts that the generator gives, end to end on a circle, until a draw is
    full."""
    starts = rng.integers(0, n, size=(draws, math.ceil(n / block)))
    return [[(start + step) % n for start in row for step in range(block)][:n] for row in starts.tolist()]


def value_at(sample: list[int], q: float) -> int:
    """The smallest value that at least the share q of the sample does not exceed."""
    return sorted(sample)[math.ceil(q * len(sample)) - 1]


# --- the daily series itself


def test_counts_are_floats_of_two_days_or_more() -> None:
    """Whole numbers, nullable or not, become floats; two days are enough and one is not."""
    two = dates("2019-01-01", "2019-01-02")
    for dtype in ("int64", "Int64", "float64", "Float64"):
        found = daily.values(pd.Series([0, 2], index=two, dtype=dtype))
        assert ([0.0, 2.0], "float64") == (found.tolist(), str(found.dtype))
    with pytest.raises(Refusal, match="1 days are unknown"):
        daily.values(pd.Series([pd.NA, 2], index=two, dtype="Int64"))
    with pytest.raises(Refusal, match=r"^daily counts: 1 days, at least 2 are needed$"):
        daily.values(pd.Series([0.0], index=two[:1]))


def test_days_as_numbers_and_back() -> None:
    """Days since 1970, before it too; a blank day is refused one way and kept the other; none gives none."""
    texts = ("1969-12-31", "1970-01-01", "2019-01-01")
    found = daily.numbers_of(dates(*texts))
    assert ([-1, 0, 17897], "int64") == (found.tolist(), str(found.dtype))
    back = daily.dates_of(np.array([*found, daily.NO_DAY]))
    assert ([*texts], True) == (back[:3].strftime("%Y-%m-%d").tolist(), pd.isna(back[3]))
    assert (0, "M") == (len(daily.dates_of(np.array([]))), daily.dates_of(np.array([])).dtype.kind)
    with pytest.raises(Refusal, match=r"^dates: 1 of 2 are blank$"):
        daily.numbers_of(dates("2019-01-01", None))


# --- redrawn weeks and days


def test_a_block_longer_than_the_series_is_the_series() -> None:
    """Three days in blocks of a week: the three from some start on."""
    found = phases.block_indices(3, block=7, draws=40, rng=np.random.default_rng(3))
    assert {(0, 1, 2), (1, 2, 0), (2, 0, 1)} == {tuple(row) for row in found.tolist()}
    assert blocks_by_hand(3, 3, 40, np.random.default_rng(3)) == found.tolist()


@pytest.mark.parametrize("measure", ["events", "fatalities"])
def test_ranges_of_breaks_to_the_last_cell(measure: str) -> None:
    """Twenty-five drawn series, each cut the long way: the second and the last but one of the weeks found,
    and how often the very week."""
    counts = noisy()
    found = phases.breaks(counts, replace(CUT, anchor=1, measure=measure))
    cuts = found["week"].tolist()
    assert [7, 14] == cuts
    weeks = [sum(counts.tolist()[1 + 7 * week : 8 + 7 * week]) for week in range(21)]
    x = np.array(
        [2 * math.sqrt(week + 3 / 8) if measure == "events" else math.log(1 + week) for week in weeks]
    )
    rng = np.random.default_rng(3)
    picked = [blocks_by_hand(len(part), 4, 25, rng) for part in np.split(x, cuts)]
    drawn = [
        [x[first + at] for first, rows in zip([0, *cuts], picked, strict=True) for at in rows[draw]]
        for draw in range(25)
    ]
    columns = list(zip(*[plain_cuts(series, 2, 4) for series in drawn], strict=True))
    low, high = [value_at(column, 0.05) for column in columns], [value_at(column, 0.95) for column in columns]
    first_days = counts.index[1::7]
    expected = found.assign(
        range_first=first_days[low],
        range_last=first_days[high],
        range_weeks=[b - a + 1 for a, b in zip(low, high, strict=True)],
        same_week_pct=[100 * column.count(cut) / 25 for column, cut in zip(columns, cuts, strict=True)],
    )
    ranges = phases.break_ranges(
        counts,
        found,
        phases.Segmentation(measure=measure, min_weeks=4, anchor=1),
        draws=25,
        rng=np.random.default_rng(3),
    )
    same(expected, ranges[list(expected)])
    assert (expected["range_weeks"] > 1).all() and (expected["same_week_pct"] < 100).all()


# --- weeks and their cuts


def test_weeks_to_the_last_cell() -> None:
    """Twenty days numbered from 0, the first three left out: two whole weeks, with their first days and the
    series' name."""
    counts = days(range(20)).rename("events")
    expected = pd.Series([42.0, 91.0], index=dates("2019-01-04", "2019-01-11"), name="events")
    assert_series_equal(expected, phases.weekly(counts, anchor=3), check_freq=False)
    assert [6, 2] == [phases.weekly(counts, anchor=6).index[0].day - 1, len(phases.weekly(counts, anchor=6))]
    with pytest.raises(Refusal, match=r"^week anchor -1: allowed are 0 to 6$"):
        phases.weekly(counts, anchor=-1)


def test_segmentations_to_the_last_cell() -> None:
    """Nine weeks, up to three breaks: the squares by hand, the criteria by their formulas."""
    x = np.array([0.0, 0.5, 0.0, 6.0, 6.5, 6.0, 2.0, 2.5, 2.25])
    found = phases.segment(x, min_weeks=2, max_breaks=9)
    assert ["n_breaks", "rss", "LWZ", "BIC", "cuts"] == list(found)
    assert [0, 1, 2, 3] == found["n_breaks"].tolist()
    ways = [
        [list(cuts) for cuts in combinations(range(1, 9), k) if min(np.diff([0, *cuts, 9])) >= 2]
        for k in range(4)
    ]

    def squares(cuts: list[int]) -> float:
        return sum(float(((part - part.mean()) ** 2).sum()) for part in np.split(x, cuts))

    best = [min(options, key=squares) for options in ways]
    assert best == found["cuts"].tolist()
    for k, cuts in enumerate(best):
        rss, p = squares(cuts), 2 * (k + 1)
        expected = [
            rss,
            9 * math.log(rss / (9 - p)) + p * 0.299 * math.log(9) ** 2.1,
            9 * math.log(rss / 9) + p * math.log(9),
        ]
        assert np.allclose(expected, found.loc[k, ["rss", "LWZ", "BIC"]].astype(float), rtol=1e-12)


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


@pytest.mark.parametrize(("value", "size"), [(0.25, 1.0), (-1000.0, 1000.0), (3.0, 3.0)])
def test_rounding_counts_as_zero(value: float, size: float) -> None:
    """A constant series has no residual sum: a thousand-millionth of its size (at least of 1), squared, a
    week, stands for it."""
    found = phases.segment(np.full(8, value), min_weeks=4, max_breaks=1)
    floor = 8 * (1e-9 * size) ** 2
    assert [[], [4]] == found["cuts"].tolist()
    for k, p in ((0, 2), (1, 4)):
        assert 8 * math.log(floor / (8 - p)) + p * 0.299 * math.log(8) ** 2.1 == pytest.approx(
            found["LWZ"][k], rel=1e-12
        )
        assert 8 * math.log(floor / 8) + p * math.log(8) == pytest.approx(found["BIC"][k], rel=1e-12)


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


def test_breaks_to_the_last_cell() -> None:
    """Levels of 1, 5 and 2 a day in whole weeks from the fourth day on: the totals of a week on either
    side."""
    counts = days([9] * 3 + [1] * 42 + [5] * 35 + [2] * 49 + [0] * 2)
    found = phases.breaks(counts, replace(CUT, anchor=3))
    expected = pd.DataFrame(
        {
            "break_number": [1, 2],
            "date": dates("2019-02-15", "2019-03-22"),
            "week": [6, 11],
            "mean_before": [7.0, 35.0],
            "mean_after": [35.0, 14.0],
        }
    )
    same(expected, found)


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


def test_dispersion_has_floors() -> None:
    """Days of 1 and 3 in turn vary less than Poisson and undo each other: α 0, factor 1. So do days without
    any."""
    with np.errstate(all="raise"):
        assert (0.0, 1.0) == tuple(likelihood.dispersion(np.tile([1.0, 3.0], 20), []))
        assert (0.0, 1.0) == tuple(likelihood.dispersion(np.zeros(30), []))


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


def test_likelihood_breaks_to_the_last_cell() -> None:
    """Planted levels with days above and below: breaks on their days, means a day, and what the penalty was
    made of."""
    counts = days([0, 2] * 40 + [4, 8] * 30 + [1, 3] * 45)
    found = phases.likelihood_breaks(counts, CUT)
    expected = pd.DataFrame(
        {
            "break_number": [1, 2],
            "date": dates("2019-03-22", "2019-05-21"),
            "mean_before": [1.0, 6.0],
            "mean_after": [6.0, 2.0],
        }
    )
    same(expected, found)
    weekly_cuts = [(day - counts.index[0]).days for day in phases.breaks(counts, CUT)["date"]]
    alpha, long_run = likelihood.dispersion(counts.to_numpy(), weekly_cuts)
    assert {
        "alpha": alpha,
        "long_run": long_run,
        "penalty": pytest.approx(2 * math.log(230) * long_run),
    } == found.attrs


def test_two_lists_of_breaks_to_the_last_cell() -> None:
    """Fourteen days are near and fifteen are not; the nearest, of two as near the earlier; none is used
    twice; in the order of the days."""
    ours = pd.DataFrame({"date": dates("2019-03-01", "2019-03-08", "2019-06-01", "2019-09-01", "2019-12-01")})
    theirs = pd.DataFrame(
        {
            "date": dates(
                "2019-03-03",
                "2019-02-27",
                "2019-06-16",
                "2019-08-18",
                "2019-11-20",
                "2019-12-03",
                "2019-01-05",
            )
        }
    )
    expected = pd.DataFrame(
        {
            "date": dates(
                None, "2019-03-01", "2019-03-08", "2019-06-01", None, "2019-09-01", None, "2019-12-01"
            ),
            "other_date": dates(
                "2019-01-05",
                "2019-02-27",
                "2019-03-03",
                None,
                "2019-06-16",
                "2019-08-18",
                "2019-11-20",
                "2019-12-03",
            ),
            "gap_days": pd.array([None, -2, -5, None, None, -14, None, 2], dtype="Int64"),
            "in": ["second", "both", "both", "first", "second", "both", "second", "both"],
        }
    )
    same(expected, phases.differing_breaks(ours, theirs))
    june = phases.differing_breaks(ours[2:3], theirs[2:3])
    assert (["first", "second"], "Int64") == (june["in"].tolist(), str(june["gap_days"].dtype))
    assert ["both"] == phases.differing_breaks(ours[2:3], theirs[2:3], tolerance_days=15)["in"].tolist()
    none = phases.differing_breaks(ours[:0], theirs[:0])
    assert (0, ["M", "M", "i"]) == (
        len(none),
        [none[name].dtype.kind for name in ("date", "other_date", "gap_days")],
    )


# --- stability


def test_anchors_to_the_last_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks given for each of the seven anchors: the nearest counts where it is no farther than two weeks.
    Of 20 February and 11 March the latter is the nearer to 2 March."""
    given = [
        ["2019-03-01", "2019-06-01"],
        ["2019-03-02", "2019-06-15"],
        ["2019-03-03", "2019-06-16"],
        ["2019-02-20", "2019-03-11", "2019-05-18"],
        [],
        ["2019-01-01"],
        ["2019-03-15"],
    ]
    asked = []

    def breaks(counts: pd.Series, how: phases.Segmentation) -> pd.DataFrame:
        asked.append((len(counts), replace(how, anchor=0)))
        return pd.DataFrame(
            {"break_number": range(1, len(given[how.anchor]) + 1), "date": dates(*given[how.anchor])}
        )

    monkeypatch.setattr(stability, "breaks", breaks)
    found = phases.anchor_stability(days(np.ones(50)), replace(CUT, anchor=1))
    expected = pd.DataFrame(
        {
            "break_number": [1, 2],
            "date": dates("2019-03-02", "2019-06-15"),
            "n_anchors": [5, 3],
            "move_days": [13, 14],
            "date_earliest": dates("2019-03-01", "2019-06-01"),
            "date_latest": dates("2019-03-15", "2019-06-16"),
        }
    )
    same(expected, found)
    assert [(50, CUT)] * 7 == asked
    assert [5, 3] == phases.anchor_stability(days(np.ones(50)), CUT)["n_anchors"].tolist()
    assert [5, 4] == phases.anchor_stability(days(np.ones(50)), CUT, tolerance_days=15)["n_anchors"].tolist()
    none = phases.anchor_stability(days(np.ones(50)), replace(CUT, anchor=4))
    assert (0, ["i", "i", "M", "M"]) == (len(none), [none[name].dtype.kind for name in list(expected)[2:]])


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


def candidates_of(strict: pd.DataFrame, loose: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The candidates of a series for which the two criteria find these."""
    asked = []

    def found(counts: pd.Series, how: phases.Segmentation) -> pd.DataFrame:
        asked.append((how, len(counts)))
        return {"LWZ": strict, "BIC": loose}[how.criterion]

    monkeypatch.setattr(stability, "anchor_stability", found)
    table = phases.candidates(days(np.ones(50)), replace(CUT, anchor=3))
    assert [(replace(CUT, anchor=3, criterion=rule), 50) for rule in ("LWZ", "BIC")] == asked
    return table


def test_candidates_to_the_last_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven days are the same break and eight are not; the nearer of two; the larger count of anchors, the
    strict date and move."""
    strict = anchored(("2019-03-01", 4, 1), ("2019-06-01", 7, 2), ("2019-09-01", 5, 3))
    loose = anchored(
        ("2019-01-10", 3, 9),
        ("2019-02-22", 6, 8),
        ("2019-03-03", 5, 7),
        ("2019-06-08", 6, 6),
        ("2019-09-09", 7, 5),
    )
    expected = pd.DataFrame(
        {
            "date": dates("2019-01-10", "2019-02-22", "2019-03-01", "2019-06-01", "2019-09-01", "2019-09-09"),
            "found_by": ["BIC", "BIC", "LWZ | BIC", "LWZ | BIC", "LWZ", "BIC"],
            "n_anchors": [3, 6, 5, 7, 5, 7],
            "move_days": [9, 8, 1, 2, 3, 5],
        }
    )
    same(expected, candidates_of(strict, loose, monkeypatch))


def sources() -> dict[str, pd.DataFrame]:
    """Three sources, the first in no order."""
    return {
        "a": anchored(("2019-06-01", 7, 0), ("2019-03-01", 5, 0), ("2019-03-11", 6, 0)),
        "b": anchored(("2019-02-24", 7, 0), ("2019-03-06", 4, 0), ("2019-06-15", 5, 0), ("2019-10-01", 5, 0)),
        "c": anchored(("2019-02-15", 7, 0), ("2019-03-14", 6, 0), ("2019-06-16", 7, 0), ("2019-09-25", 4, 0)),
    }


def test_stable_breaks_to_the_last_cell() -> None:
    """The nearest within fourteen days, of two as near the earlier, each used once; two sources of five
    anchors are stable, four are not counted."""
    expected = pd.DataFrame(
        {
            "date": dates("2019-02-15", "2019-03-01", "2019-03-11", "2019-06-01", "2019-06-16", "2019-10-01"),
            "status": ["possible", "stable", "possible", "stable", "possible", "possible"],
            "n_sources": [1, 3, 2, 2, 1, 2],
            "sources": ["c", "a | b | c", "a | b", "a | b", "c", "b | c"],
            "n_anchors": [7, 5, 4, 5, 7, 4],
            "date_a": dates(None, "2019-03-01", "2019-03-11", "2019-06-01", None, None),
            "date_b": dates(None, "2019-02-24", "2019-03-06", "2019-06-15", None, "2019-10-01"),
            "date_c": dates("2019-02-15", "2019-03-14", None, None, "2019-06-16", "2019-09-25"),
        }
    )
    same(expected, phases.stable_breaks(sources()))


# --- arrows, flags, truces


def test_status_to_the_last_cell() -> None:
    """Reasons word by word; the last weeks against the days before them, blank in 55 days or after days
    without any."""
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
        reason=[
            "0.50 events a day, with no phase before it",
            "2 events a day, 4 times the phase before (90 % interval 3.14 to 5.06)",
            "3 events a day, 1.50 times the phase before (90 % interval 0.97 to 2)",
            "2.76 events a day, not to be compared with the phase before",
            "1 events a day, 0.36 times the phase before (90 % interval 0.13 to 0.99)",
        ],
        last_weeks_ratio=[3.0, np.nan, np.nan, 1 / 3, 8.0],
        flag=["risk", "none", "none", "opportunity", "risk"],
    )
    with np.errstate(all="raise"):
        same(expected, phases.phase_status(counts, table, unit="events", said=number))


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
