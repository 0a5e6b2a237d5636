"""What a count would be on other dates: against plain loops over every shift, and on series whose answer is
known."""

import pandas as pd

from escalation import timing

WEEK = timing.Design(window_days=7)
DAYS = pd.date_range("2019-01-01", periods=120)


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
