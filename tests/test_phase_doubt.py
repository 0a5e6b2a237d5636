"""What is left open about phases: ranges that a seed may move, week grids, random cuts, bounds, flat
series, parts of the area."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from escalation import phases, schema
from escalation.errors import Refusal
from escalation.phases.bootstrap import quantile_weeks
from escalation.phases.compare import adjusted_rand
from escalation.phases.segment import cuts_of_each
from tests import plain_statistics as plain

HOW = phases.Segmentation()


def stepped(rates: list[float], weeks: int, seed: int) -> pd.Series:
    """Poisson counts, `weeks` weeks at each rate a day."""
    rng = np.random.default_rng(seed)
    numbers = np.concatenate([rng.poisson(rate, 7 * weeks) for rate in rates]).astype(float)
    return pd.Series(numbers, index=pd.date_range("2018-09-01", periods=len(numbers)))


@pytest.fixture(scope="module")
def recorded() -> pd.Series:
    """The lethal events of the war by day, as the project keeps them."""
    rows = schema.read("ucdp_daily")
    return rows[rows["date"] >= "2018-09-01"].groupby("date")["events_state"].sum().astype(float)


@pytest.mark.parametrize(("n_breaks", "min_weeks"), [(0, 4), (1, 3), (2, 4), (3, 2), (4, 5)])
def test_cuts_of_many_series_are_those_of_each(n_breaks: int, min_weeks: int) -> None:
    """Segmented together, each of 20 series has the cuts that the plain dynamic program over lists gives
    it alone."""
    series = np.random.default_rng(n_breaks).normal(size=(20, 26)).round(3)
    expected = [plain.best_cuts(row.tolist(), n_breaks, min_weeks) for row in series]
    assert expected == cuts_of_each(series, n_breaks=n_breaks, min_weeks=min_weeks).tolist()


def test_more_phases_than_fit_are_refused() -> None:
    """Eleven weeks hold no three phases of four."""
    with pytest.raises(Refusal, match="11 weeks do not hold 3 phases of 4 weeks"):
        cuts_of_each(np.zeros((2, 11)), n_breaks=2, min_weeks=4)


def test_quantile_and_what_another_run_may_give() -> None:
    """Of the weeks 0 to 999, once each, the 5 % quantile is the fiftieth; three standard errors of a
    difference of two such ranks (3·√(2·1000·.05·.95) = 29.2) lead from the twentieth to the eightieth."""
    found = np.random.default_rng(1).permutation(1000)[:, None]
    assert (49, 19, 79) == tuple(int(week[0]) for week in quantile_weeks(found, 0.05))


def test_another_seed_stays_within_what_is_said_to_be_open(recorded: pd.Series) -> None:
    """Ten seeds on the recorded counts: every end of every range lies where each of the others said
    that it may, but for 3 of 1,000; and where nothing was said to be open, all ten agree."""
    found = phases.breaks(recorded, HOW)
    runs = [
        phases.break_ranges(recorded, found, HOW, draws=999, rng=np.random.default_rng(seed))
        for seed in range(10)
    ]
    outside = settled = 0
    for one in runs:
        for end in ("range_first", "range_last"):
            low, high = one[f"{end}_from"], one[f"{end}_to"]
            assert (low <= one[end]).all() and (one[end] <= high).all()
            for other in runs:
                outside += int(((other[end] < low) | (other[end] > high)).sum())
                settled += int((low == high).sum())
    assert outside <= 0.003 * 10 * 10 * 2 * len(found) and settled > 0


def test_ranges_of_a_clear_break_leave_nothing_open() -> None:
    """A tenfold rise between two level stretches is dated to the week by every draw, and no seed moves it."""
    counts = stepped([1.0, 10.0], 20, seed=2)
    found = phases.break_ranges(
        counts, phases.breaks(counts, HOW), HOW, draws=400, rng=np.random.default_rng(1)
    )
    ends = found[
        [
            "range_first", "range_last", "range_first_from", "range_first_to", "range_last_from",
            "range_last_to",
        ]
    ]  # fmt: skip
    assert [pd.Timestamp("2019-01-19")] * 6 == ends.iloc[0].tolist()


def test_breaks_on_all_week_grids_by_a_plain_loop(recorded: pd.Series) -> None:
    """Each row counts the grids with a break within a fortnight of it; a break that no more than four
    grids have is possible only, and none of any grid is lost."""
    table = phases.grids(recorded, HOW)
    found = [phases.breaks(recorded, replace(HOW, anchor=grid))["date"].tolist() for grid in range(7)]
    for row in table.to_dict("records"):
        on = [
            grid
            for grid, dates in enumerate(found)
            if any(abs((date - row["date"]).days) <= 14 for date in dates)
        ]
        assert (len(on), row["status"]) == (row["n_grids"], "holds" if len(on) >= 5 else "possible")
    assert sum(map(len, found)) == table["n_grids"].sum()
    assert found[0] == table.loc[table["on_chosen_grid"], "date"].tolist()


def test_a_break_of_other_grids_is_not_lost() -> None:
    """A small step that six of seven grids find has its row on the seventh too, said not to be on the
    chosen grid."""
    rng = np.random.default_rng(0)
    counts = pd.Series(
        rng.poisson(np.repeat([2.0, 2.9], 150)), index=pd.date_range("2018-09-01", periods=300), dtype=float
    )
    there = {grid: len(phases.breaks(counts, replace(HOW, anchor=grid))) for grid in range(7)}
    assert [2] == [grid for grid, n in there.items() if not n]
    for grid in range(7):
        table = phases.grids(counts, replace(HOW, anchor=grid))
        assert ([6], [grid != 2], ["holds"]) == tuple(
            table[name].tolist() for name in ("n_grids", "on_chosen_grid", "status")
        )


def test_rand_among_random_cuts_by_enumeration() -> None:
    """Ten days, two runs: of the nine places of one boundary each is as likely; the percentile is the
    share of them that agree less with ours, and half of those that agree as well."""
    days = pd.date_range("2020-01-01", periods=10)

    def cut(at: int) -> pd.DataFrame:
        return pd.DataFrame({"date_first": [days[0], days[at]], "date_last": [days[at - 1], days[9]]})

    ours = np.arange(10) >= 4
    every = [
        adjusted_rand(ours.astype(np.int64), (np.arange(10) >= at).astype(np.int64)) for at in range(1, 10)
    ]
    found = phases.rand_by_chance(days, cut(4), cut(6), draws=4000, rng=np.random.default_rng(1))
    assert pytest.approx(every[5]) == found.value
    expected = 100 * np.mean(
        [(value < every[5] - 1e-12) + 0.5 * (abs(value - every[5]) < 1e-12) for value in every]
    )
    assert pytest.approx(expected, abs=3) == found.percentile
    assert pytest.approx(np.median(every), abs=1e-9) == found.middle


def test_random_cuts_keep_the_shortest_run() -> None:
    """Twelve days hold four runs of three in one way only, so every random cut is that one; five such runs
    are refused."""
    days = pd.date_range("2020-01-01", periods=12)
    four = pd.DataFrame({"date_first": days[::3], "date_last": days[2::3]})
    found = phases.rand_by_chance(days, four, four, draws=20, rng=np.random.default_rng(1), shortest_days=3)
    assert (1.0, 1.0, 50.0) == (found.value, found.middle, found.percentile)
    with pytest.raises(Refusal, match="12 days do not hold 4 runs of 4 days"):
        phases.rand_by_chance(days, four, four, draws=20, rng=np.random.default_rng(1), shortest_days=4)
    with pytest.raises(Refusal, match="no day lies in both"):
        phases.rand_by_chance(
            days + pd.Timedelta(days=40), four, four, draws=20, rng=np.random.default_rng(1)
        )


def test_levels_under_other_bounds() -> None:
    """Rates of 1, 3 and 5 around a mean of 3: under 3/2 low, middle, high; under 2 the high one is middle,
    and its days are counted."""
    table = pd.DataFrame({"phase": [1, 2, 3], "days": [10, 70, 20], "per_day": [1.0, 3.0, 5.0]})
    found = phases.levels_by_bound(table, overall=3.0, bounds=(1.5, 2.0, 4.0))
    assert ["low | middle | high", "low | middle | middle", "middle | middle | middle"] == found[
        "levels"
    ].tolist()
    assert ([0, 1, 2], [0.0, 20.0, 30.0]) == (found["n_changed"].tolist(), found["days_changed_pct"].tolist())
    with pytest.raises(Refusal, match=r"bound 1\.0 of a level"):
        phases.levels_by_bound(table, overall=3.0, bounds=(1.0,))


def test_flat_series_are_seldom_cut() -> None:
    """Days that drift together without any change of level: LWZ cuts fewer than one in ten of them, BIC
    more often; where the level does change, every series is cut."""
    options = {"per_day": 2.1, "drift": 0.85, "spread": 0.5, "draws": 60}
    strict, loose = (
        phases.false_breaks(853, how, **options, rng=np.random.default_rng(1))
        for how in (HOW, replace(HOW, criterion="BIC"))
    )
    assert strict.share_pct < 10 < loose.share_pct and 60 == strict.n
    numbers = phases.flat_series(20000, per_day=2.1, drift=0.85, spread=0.5, rng=np.random.default_rng(2))
    assert 2.0 < numbers.mean() < 2.2 and numbers.var() > 1.2 * numbers.mean()
    assert all(len(phases.breaks(stepped([1.0, 4.0], 30, seed), HOW)) for seed in range(10))
