"""Talks beside counts: what the windows hold, what shifted calendars give, what may be said."""

import numpy as np
import pandas as pd
import pytest

from escalation import timing
from escalation.errors import Refusal

WEEK = timing.Design(window_days=7)
LN9 = float(np.log(9))


def days(numbers: object, first: str = "2018-09-01") -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def talks(*spans: tuple[str, str]) -> pd.DataFrame:
    first, last = zip(*spans, strict=True)
    ids = [f"T{number}" for number in range(len(spans))]
    return pd.DataFrame(
        {"talk_id": ids, "date_first": pd.to_datetime(list(first)), "date_last": pd.to_datetime(list(last))}
    )


def scattered(rng: np.random.Generator, counts: pd.Series, n: int) -> pd.DataFrame:
    first = np.sort(rng.choice(np.arange(20, len(counts) - 20), n, replace=False))
    dates = counts.index[first], counts.index[first + rng.integers(0, 3, n)]
    return pd.DataFrame(
        {"talk_id": [f"T{i:02}" for i in range(n)], "date_first": dates[0], "date_last": dates[1]}
    )


def toy() -> tuple[pd.Series, pd.DataFrame]:
    """Eight days, four events on one of them, one day of talks just before it."""
    return days([0, 0, 0, 0, 4, 0, 0, 0]), timing.episodes(
        talks(("2018-09-04", "2018-09-04")), timing.Design(window_days=1)
    )


def test_eight_day_toy() -> None:
    """Worked out by hand: ln 9 observed; of seven shifts one gives −ln 9, four give 0, and two, to the first
    and the last day, have a window that leaves the counts: p = 2 · 1/6. A day of margin before them gives the
    first day back: p = 2 · 1/7."""
    counts, spans = toy()
    shifts = timing.circular_shifts(counts, spans, timing.Design(window_days=1, statistic="typical"))
    assert pytest.approx(LN9) == shifts["log_ratio"].iloc[0]
    assert pytest.approx([-LN9, 0, 0, 0, 0]) == sorted(shifts["log_ratio"].iloc[1:].dropna())
    assert pytest.approx(1 / 3) == timing.shift_test(shifts).p
    longer = pd.concat([days([0], "2018-08-31"), counts])
    more = timing.circular_shifts(
        longer, spans, timing.Design(window_days=1, statistic="typical", first_day="2018-09-01")
    )
    assert (pytest.approx(LN9), pytest.approx(2 / 7), 8) == (
        more["log_ratio"].iloc[0],
        timing.shift_test(more).p,
        len(more),
    )


def test_windows_leave_out_the_days_of_talks() -> None:
    """After counts from the day after the last day, before up to the day before the first; the talks' days
    are in neither."""
    counts = days([1, 2, 4, 100, 100, 8, 16, 32])
    row = timing.contrast(
        counts,
        timing.episodes(talks(("2018-09-04", "2018-09-05")), timing.Design(window_days=2)),
        timing.Design(window_days=2),
    ).iloc[0]
    assert [6.0, 24.0, True] == [row["n_before"], row["n_after"], row["is_full_window"]]
    assert pytest.approx(np.log(24.5 / 6.5)) == row["log_ratio"]


def test_before_side_compares_the_two_windows_before() -> None:
    """The surge before talks: days −w … −1 against −2w … −w−1."""
    counts = days([1, 2, 4, 8, 100, 0, 0, 0])
    spans = timing.episodes(talks(("2018-09-05", "2018-09-05")), timing.Design(window_days=2))
    row = timing.contrast(counts, spans, timing.Design(window_days=2, side="before")).iloc[0]
    assert [3.0, 12.0, True] == [row["n_before"], row["n_after"], row["is_full_window"]]


def test_cut_windows_are_flagged_not_lost() -> None:
    """An episode whose window leaves the counts keeps its row, that sum blank; no average counts it."""
    counts = days(np.ones(60))
    spans = timing.episodes(
        talks(("2018-09-04", "2018-09-04"), ("2018-10-01", "2018-10-01"), ("2018-10-28", "2018-10-28")), WEEK
    )
    contrasts = timing.contrast(counts, spans, WEEK)
    assert [True, False, False] == contrasts["n_before"].isna().tolist()
    assert [False, False, True] == contrasts["n_after"].isna().tolist()
    assert ([False, True, False], 1) == (
        contrasts["is_full_window"].tolist(),
        timing.average(contrasts, WEEK).n,
    )


def test_planted_talks_are_found() -> None:
    """Talks set a day before weeks of doubled counts stand out from every other calendar; counts go up, so p
    is small."""
    rng = np.random.default_rng(11)
    rates = np.full(853, 2.0)
    counts = days(rates)
    rows = scattered(rng, counts, 15)
    spans = timing.episodes(rows, WEEK)
    for last in spans["date_last"]:
        rates[(last - counts.index[0]).days + 1 :][:7] *= 2.5
    counts = days(rng.poisson(rates))
    test = timing.shift_test(timing.circular_shifts(counts, spans, WEEK))
    found = timing.average(timing.contrast(counts, spans, WEEK), WEEK)
    assert test.ratio > test.band_high and test.p < 0.01
    assert "higher" == timing.verdict(
        p=test.p, t_p=found.p, ratio=found.ratio, n=found.n, n_events=float(counts.sum())
    )


def test_matching_takes_out_a_fall_that_follows_every_surge() -> None:
    """Talks called at the top of surges that always fade: the raw ratio shows a fall, the adjusted one about
    none."""
    rng = np.random.default_rng(3)
    rates = np.full(900, 1.0)
    tops = np.arange(40, 860, 20)
    for top in tops:
        rates[top - 8 : top] = 6.0
    counts = days(rng.poisson(rates))
    rows = pd.DataFrame(
        {"talk_id": [f"T{i}" for i in range(12)], "date_first": counts.index[tops[::3][:12]]}
    ).assign(date_last=lambda frame: frame["date_first"])
    contrasts = timing.contrast(counts, timing.episodes(rows, WEEK), WEEK)
    raw = timing.average(contrasts, WEEK)
    adjusted = timing.adjusted_ratio(timing.matched(counts, contrasts, WEEK))
    assert raw.ratio < 0.35 and 0.75 < adjusted.ratio < 1.35


def test_refusals_name_the_talks() -> None:
    """Turned dates, dates outside the counts, impossible windows and unknown words are refused in words."""
    counts = days(np.ones(60))
    with pytest.raises(Refusal, match="T0: date_last is before date_first"):
        timing.episodes(talks(("2018-10-02", "2018-10-01")), WEEK)
    outside = timing.episodes(talks(("2018-08-01", "2018-08-01")), WEEK)
    with pytest.raises(Refusal, match="episode of 2018-08-01: outside the counts"):
        timing.contrast(counts, outside, WEEK)
    inside = timing.episodes(talks(("2018-10-01", "2018-10-01")), WEEK)
    with pytest.raises(Refusal, match="window of 25 days: allowed are 1 to 20"):
        timing.contrast(counts, inside, timing.Design(window_days=25))
    contrasts = timing.contrast(counts, inside, WEEK)
    with pytest.raises(Refusal, match="'median': allowed are typical and pooled"):
        timing.average(contrasts, timing.Design(window_days=7, statistic="median"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("p", "t_p", "adjusted", "key"),
    [
        (0.08, 0.19, (0.8, 0.23), "no_detectable_change"),  # what was published: no test below .05
        (0.05, 0.05, (0.8, 0.02), "no_detectable_change"),  # at the level is not below it
        (0.07, 0.06, (1.3, 0.03), "no_detectable_change"),
        (0.30, 0.30, None, "no_detectable_change"),
        (0.049, 0.19, (0.8, 0.23), "unclear"),
        (0.19, 0.049, (0.8, 0.23), "unclear"),
        (0.19, 0.19, (0.8, 0.019), "unclear"),
        (0.01, 0.01, (0.8, 0.02), "unclear"),
        (0.01, 0.01, (1.2, 0.01), "unclear"),  # seen by all, on opposite sides
        (0.01, 0.06, None, "unclear"),
        (0.049, 0.049, (0.8, 0.019), "lower"),
        (0.049, 0.049, None, "lower"),
        (0.049, 0.049, (0.8, float("nan")), "lower"),  # an adjustment counts only with both its numbers
        (float("nan"), 0.01, (0.8, 0.01), "too_few"),
        (0.01, float("nan"), (0.8, 0.01), "too_few"),
    ],
)
def test_verdict_follows_the_written_rule(
    p: float, t_p: float, adjusted: tuple[float, float] | None, key: str
) -> None:
    """Every test below its level on one side: lower, and for the reciprocal ratios higher. None below: no
    detectable change, also between .05 and .10. Else unclear."""
    for turned, said in ((False, key), (True, {"lower": "higher"}.get(key, key))):
        ratio, near = (0.5 if not turned else 2.0), adjusted
        if adjusted and turned:
            near = (1 / adjusted[0], adjusted[1])
        both = {"adjusted_ratio": near[0], "adjusted_p": near[1]} if near else {}
        assert said == timing.verdict(p=p, t_p=t_p, ratio=ratio, n=20, n_events=100, **both)


def test_verdict_without_enough_to_judge() -> None:
    """Four episodes are too few and five are not; where neither side held an event there is nothing to
    compare, with no episode there is none."""
    low = {"p": 0.01, "t_p": 0.01, "ratio": 0.5}
    assert ("too_few", "lower") == tuple(timing.verdict(**low, n=n, n_events=50) for n in (4, 5))
    assert "no_events" == timing.verdict(p=1.0, t_p=1.0, ratio=1.0, n=20, n_events=0)
    assert "too_few" == timing.verdict(p=float("nan"), t_p=float("nan"), ratio=float("nan"), n=0, n_events=0)


def test_what_one_meeting_brought_its_episode_brought() -> None:
    """An episode of two meetings, one of them with a text, has one; the labels would call it mixed."""
    day = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"])
    talks = pd.DataFrame(
        {"talk_id": ["a", "b", "c"], "date_first": day, "date_last": day, "has_text": [False, True, False]}
    )
    spans = timing.episodes(talks, timing.Design(window_days=7))
    assert [True, False] == list(timing.episode_has(spans, talks, column="has_text"))
    assert "mixed" == timing.episode_labels(spans, talks, column="has_text").iloc[0]
