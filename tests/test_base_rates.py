"""What a count would be on other dates: against plain loops over every shift, and on series whose answer is
known."""

import numpy as np
import pandas as pd
import pytest

from escalation import timing

WEEK = timing.Design(window_days=7)
DAYS = pd.date_range("2019-01-01", periods=120)


def test_rising_episodes_against_a_plain_loop() -> None:
    """For every shift the episodes are moved by hand around the ends of the series, the days around them are not,
    and those with more after than before are counted: of those with both windows, as if of all."""
    counts = pd.Series(np.random.default_rng(3).poisson(2, 120).astype(float), index=DAYS)
    places, lengths = [20, 45, 80], [1, 3, 1]
    first, last = (
        DAYS[places],
        DAYS[[place + length - 1 for place, length in zip(places, lengths, strict=True)]],
    )
    spans = pd.DataFrame({"episode": [1, 2, 3], "date_first": first, "date_last": last})
    numbers = counts.tolist()

    def rising(shift: int) -> float:
        found = []
        for place, length in zip(places, lengths, strict=True):
            start = (place + shift) % 120
            if start >= 7 and start + length + 6 < 120:
                found.append(
                    sum(numbers[start + length : start + length + 7]) > sum(numbers[start - 7 : start])
                )
        return 3 * sum(found) / len(found)

    chance = timing.rising_by_chance(counts, timing.contrast(counts, spans, WEEK), WEEK)
    others = [rising(shift) for shift in range(1, 120)]
    assert (rising(0), 3) == (chance.k, chance.n)
    assert pytest.approx(np.mean(others)) == chance.expected
    assert chance.low <= np.median(others) <= chance.high


def test_returns_after_truces_against_a_plain_loop() -> None:
    """Three truces, the second nine days after the first: moved to every other day, each is followed until 14
    days or the next truce."""
    counts = pd.Series(np.random.default_rng(4).poisson(1, 120).astype(float), index=DAYS)
    counts.iloc[60:85] = 0.0
    places = [30, 39, 58]
    numbers = counts.tolist()

    def back(shift: int) -> float:
        found = []
        for number, place in enumerate(places):
            start, limit = (place + shift) % 120, min(14, ([*places, 999][number + 1]) - place)
            level = sum(numbers[start - 14 : start]) / 14 if start >= 14 else 0
            weeks = [numbers[start + day - 6 : start + day + 1] for day in range(7, limit + 1)]
            back_at = [sum(week) / 7 >= level / 2 - 1e-9 for week in weeks if len(week) == 7]
            if level and (any(back_at) or len(back_at) == len(weeks)):
                found.append(any(back_at))
        return 3 * sum(found) / len(found)

    recovery = timing.truce_recovery(
        counts, pd.DataFrame({"truce_id": list("abc"), "effective_date": DAYS[places]})
    )
    chance = timing.back_by_chance(counts, recovery, WEEK, share=0.5, within_days=14)
    assert (back(0), 3) == (chance.k, chance.n)
    assert pytest.approx(np.mean([back(shift) for shift in range(1, 120)])) == chance.expected


def test_the_days_before_make_the_level_to_regain() -> None:
    """Quiet for a week, level before that: after it half of the week's level is there at once, half of 14
    days' is not."""
    counts = pd.Series(0.0, index=DAYS)
    counts.iloc[30:44], counts.iloc[44:51], counts.iloc[52:90] = 10.0, 2.0, 2.0
    truces = pd.DataFrame({"truce_id": ["a"], "effective_date": DAYS[[51]]})
    found = {}
    for before_days in (7, 14):
        recovery = timing.truce_recovery(counts, truces, shares=[0.5], before_days=before_days)
        chance = timing.back_by_chance(
            counts, recovery, WEEK, share=0.5, within_days=14, before_days=before_days
        )
        found[before_days] = (recovery["level_before"].tolist(), chance.k, chance.n)
    assert {7: ([2.0], 1, 1), 14: ([6.0], 0, 1)} == found


def test_quick_returns_are_what_a_level_series_gives() -> None:
    """One event on every day: the level is always back, so two of two truces are no finding."""
    counts = pd.Series(1.0, index=DAYS)
    recovery = timing.truce_recovery(
        counts, pd.DataFrame({"truce_id": list("ab"), "effective_date": DAYS[[30, 70]]})
    )
    chance = timing.back_by_chance(counts, recovery, WEEK, share=0.5, within_days=14)
    never = timing.not_falling_by_chance(counts, recovery, WEEK)
    assert [(2, 2, 2.0, 1.0, 100.0)] * 2 == [
        (each.k, each.n, each.high, each.p, each.base_rate_pct) for each in (chance, never)
    ]
    assert [False, False] == recovery["is_fallen"].tolist()


def test_falls_as_deep_as_on_few_dates() -> None:
    """One week in which nothing happens, in 100 days of one event each: of two truces the one before that
    week saw the deepest fall there is, the other none; few of all dates have one."""
    counts = pd.Series(1.0, index=pd.date_range("2020-01-01", periods=100))
    counts.iloc[50:57] = 0.0
    truces = pd.DataFrame({"truce_id": ["A", "B"], "effective_date": counts.index[[20, 49]]})
    design = timing.Design(window_days=7)
    found = timing.falling_by_chance(counts, timing.truce_rows(counts, truces, design), design, share_pct=5)
    assert (1, 2) == (found.k, found.n)
    assert 0 < found.base_rate_pct <= 5 and found.expected < 0.2
