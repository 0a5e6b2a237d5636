"""Truces through the comparison that talks go through: fell or not, by how much, how long, and what other
dates give."""

import numpy as np
import pandas as pd
import pytest

from escalation import timing
from escalation.errors import Refusal
from escalation.figures import style
from escalation.figures import truces as draw

FIRST = pd.Timestamp("2019-01-01")
WEEK = timing.Design(window_days=7)


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(FIRST, periods=len(values)))


def truces_at(*places: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "truce_id": [f"T{place:03}" for place in places],
            "effective_date": [FIRST + pd.Timedelta(days=p) for p in places],
        }
    )


def test_one_row_a_truce_by_hand() -> None:
    """Four a day; from day 31 none for ten days, then four again: 28 before, none after. The mean of seven
    days is back at four when the last empty day has left it, on day 47: it was below on 16 days. A truce
    on day 80, in level counts, never fell."""
    numbers = np.full(120, 4.0)
    numbers[31:41] = 0.0
    found = timing.truce_rows(days(numbers), truces_at(80, 30), WEEK)
    assert ["T030", "T080"] == found["truce_id"].tolist()
    assert [28.0, 28.0] == found["n_before"].tolist() and [0.0, 28.0] == found["n_after"].tolist()
    assert pytest.approx([0.5 / 28.5, 1.0]) == found["ratio"].tolist()
    assert ([True, False], [16, 0]) == (found["is_fallen"].tolist(), found["below_days"].tolist())
    assert found["is_back"][0] and pd.isna(found["is_back"][1])


def test_below_until_the_next_truce_or_the_end() -> None:
    """Counts that stay down: below on all days until the next truce took effect, or the counts ended, and
    not back."""
    numbers = np.r_[np.full(30, 4.0), np.full(30, 1.0), np.full(40, 0.0)]
    found = timing.truce_rows(days(numbers), truces_at(30, 60), WEEK)
    assert ([30, 39], [False, False]) == (found["below_days"].tolist(), found["is_back"].tolist())


def test_a_truce_without_a_whole_week_is_not_judged() -> None:
    """Three days after the counts begin: nothing is said of it. One outside the counts is refused."""
    row = timing.truce_rows(days(np.ones(60)), truces_at(3), WEEK).iloc[0]
    assert (
        row[["n_before", "ratio", "is_fallen", "below_days", "is_back", "lower_elsewhere_pct"]].isna().all()
    )
    with pytest.raises(Refusal, match="episode of 2019-03-12: outside the counts"):
        timing.truce_rows(days(np.ones(60)), truces_at(70), WEEK)
    assert timing.truce_rows(days(np.ones(60)), truces_at(), WEEK).empty


def test_truces_that_work_are_told_from_those_that_do_not() -> None:
    """Seven truces that halve a random series for two weeks: the shifts see it; the same truces in the
    series as it was do not."""
    rng = np.random.default_rng(3)
    numbers = rng.poisson(4, 600).astype(float)
    truces = truces_at(*range(60, 550, 75))
    calm = numbers.copy()
    for place in range(60, 550, 75):
        calm[place + 1 : place + 15] = rng.binomial(numbers[place + 1 : place + 15].astype(int), 0.5)
    spans = timing.episodes(timing.as_talks(truces), WEEK)
    found, nothing = (timing.estimate(days(each), spans, WEEK) for each in (calm, numbers))
    assert 7 == found.ratio.n and found.test.p < 0.01 < 0.1 < nothing.test.p
    assert pytest.approx(0.5, abs=0.1) == found.ratio.ratio
    rows = timing.truce_rows(days(calm), truces, WEEK)
    assert pytest.approx(np.exp(np.log(rows["ratio"]).mean())) == found.ratio.ratio


def test_small_curves() -> None:
    """From two weeks before to a week after, as far as the counts go: the count of each day and the mean
    of the seven days up to it."""
    numbers = np.arange(40.0)
    found = timing.truce_curves(days(numbers), truces_at(8, 36), WEEK, last=7)
    one, two = (found[found["truce_id"] == name] for name in ("T008", "T036"))
    assert (list(range(-8, 8)), list(range(-14, 4))) == (one["day"].tolist(), two["day"].tolist())
    assert numbers[:16].tolist() == one["count"].tolist() and {4.0} == set(one["before"])
    assert one["mean"].isna().sum() == 6 and 12.0 == one.set_index("day")["mean"][7]
    assert timing.truce_curves(days(numbers), truces_at(), WEEK).empty


def test_a_truce_with_nothing_recorded_before_it_is_drawn() -> None:
    """There is no level to come back to, and the figure says so beside one that had a level."""
    numbers = np.zeros(120)
    numbers[60:] = 2.0
    counts, truces = days(numbers), truces_at(30, 90)
    rows = timing.truce_recovery(counts, truces).assign(name="Truce")
    curves = timing.truce_curves(counts, truces, WEEK, first=-21, last=28)
    look = {"said": "t", "what": "Events", "colour": "black", "source": "s"}
    drawn = draw.truces(rows, curves, **look)
    assert "no earlier level to fall from" in drawn.alt and "never fell" in drawn.alt
    assert 2 <= len(drawn.on(style.STANDARD).axes)


def test_base_rate_before_a_day_by_hand() -> None:
    """Of the fourteen days before day 30, those followed by an event: what happens from day 31 on plays no
    part."""
    numbers = np.zeros(60)
    numbers[[17, 18, 25, 30]] = 1.0  # follow days 16, 17, 24, 29
    numbers[31:] = 9.0
    counts = days(numbers)
    assert pytest.approx(100 * 4 / 14) == timing.rate_before(counts, counts.index[30], weeks=2)
    assert pytest.approx(100 * 4 / 7) == timing.rate_before(
        counts, counts.index[30], weeks=1, lags_days=(1, 2)
    )
    for weeks, place in ((5, 30), (0, 30)):
        with pytest.raises(Refusal, match=f"{weeks} weeks before it are not in the counts"):
            timing.rate_before(counts, counts.index[place], weeks=weeks)
