"""Talks beside counts: what the windows hold, what shifted calendars give, what may be said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

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


def test_rounds_close_together_are_one_episode() -> None:
    """Rounds no more than the window apart merge; a longer pause parts them; order of the rows does not
    matter."""
    rows = talks(("2019-04-25", "2019-04-26"), ("2019-05-03", "2019-05-03"), ("2019-05-11", "2019-05-11"))
    spans = timing.episodes(rows.iloc[::-1], WEEK)
    assert [("T0 | T1", 9, 2), ("T2", 1, 1)] == list(
        zip(spans["talk_ids"], spans["days"], spans["n_talks"], strict=True)
    )
    assert 3 == len(timing.episodes(rows, timing.Design(window_days=6)))


def test_no_talks_give_no_episodes() -> None:
    """An empty set of talks is empty all the way, not an error."""
    empty = talks(("2019-04-25", "2019-04-26")).iloc[:0]
    counts = days(np.ones(60))
    contrasts = timing.contrast(counts, timing.episodes(empty, WEEK), WEEK)
    assert (0, 0) == (len(contrasts), timing.average(contrasts, WEEK).n)


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


def test_windows_read_the_margin() -> None:
    """With counts from August the meeting of 4 September has its week before, 28 August to 3 September, and
    counts."""
    counts = days(np.arange(60), "2018-08-22")
    spans = timing.episodes(talks(("2018-09-04", "2018-09-04")), WEEK)
    row = timing.contrast(counts, spans, WEEK).iloc[0]
    assert (sum(range(6, 13)), sum(range(14, 21)), True) == (
        row["n_before"],
        row["n_after"],
        row["is_full_window"],
    )


def test_no_calendar_moves_into_the_margin() -> None:
    """Events of the margin alone: they lie in windows before the first days of September, and no shifted
    calendar has talks on them."""
    counts = days([9.0] * 31 + [0.0] * 60, "2018-08-01")
    spans = timing.episodes(talks(("2018-10-01", "2018-10-01")), WEEK)
    shifts = timing.circular_shifts(
        counts, spans, timing.Design(window_days=7, statistic="typical", first_day="2018-09-01")
    )
    assert 60 == len(shifts)
    # the shift that brings 1 October to 1 September reads seven days of August, the next six, then one fewer
    # each
    assert (
        pytest.approx([np.log(0.5 / (9 * n + 0.5)) for n in (7, 6, 5, 4, 3, 2, 1, 0)])
        == shifts["log_ratio"].iloc[30:38].tolist()
    )
    assert pytest.approx(0) == shifts["log_ratio"].iloc[:23].abs().max()
    with pytest.raises(
        Refusal, match=r"episode of 2018-08-20: outside the counts \(2018-09-01 to 2018-10-30\)"
    ):
        early = timing.episodes(talks(("2018-08-20", "2018-08-20")), WEEK)
        timing.circular_shifts(
            counts, early, timing.Design(window_days=7, statistic="typical", first_day="2018-09-01")
        )


def test_the_last_day_is_before_nothing() -> None:
    """One event on the last day: no window before the first episode holds it, whether that window is whole or
    cut."""
    counts = days(np.zeros(90))
    counts.iloc[-1] = 1
    for first, known in (("2018-09-03", False), ("2018-09-08", True)):
        spans = timing.episodes(talks((first, first), ("2018-10-20", "2018-10-20")), WEEK)
        before = timing.contrast(counts, spans, WEEK)["n_before"]
        assert (known, 0.0) == (pd.notna(before.iloc[0]), before.fillna(0).sum())


def test_no_window_reads_the_other_end() -> None:
    """A heap of events on the last day moves nothing measured at the first, in the calendar as it was and in
    any that is shifted: only shifts that bring an episode to within a window of the last day hold it."""
    spans = timing.episodes(talks(("2018-09-10", "2018-09-10")), WEEK)
    heap = np.ones(80)
    heap[-1] = 500
    logs = timing.circular_shifts(days(heap), spans, WEEK)["log_ratio"].to_numpy()
    places = (9 + np.arange(80)) % 80
    assert [72] == places[np.nan_to_num(logs) != 0].tolist()


def test_observed_shift_is_the_average() -> None:
    """Shift 0 of the null is the very number the table prints, for both statistics and both sides."""
    rng = np.random.default_rng(5)
    counts = days(rng.poisson(2, 400))
    spans = timing.episodes(scattered(rng, counts, 12), WEEK)
    for statistic in ("typical", "pooled"):
        for side in ("after", "before"):
            shifts = timing.circular_shifts(
                counts, spans, timing.Design(window_days=7, statistic=statistic, side=side)
            )
            ratio = timing.average(
                timing.contrast(counts, spans, timing.Design(window_days=7, side=side)),
                timing.Design(window_days=7, statistic=statistic),
            ).ratio
            assert pytest.approx(ratio) == timing.shift_test(shifts).ratio


def test_interval_of_the_typical_ratio_is_students() -> None:
    """For the mean of log ratios the jackknife error is s/√n, so interval and p are those of a one-sample
    t-test."""
    rng = np.random.default_rng(6)
    counts = days(rng.poisson(2, 400))
    contrasts = timing.contrast(counts, timing.episodes(scattered(rng, counts, 12), WEEK), WEEK)
    found = timing.average(contrasts, WEEK)
    plain = stats.ttest_1samp(contrasts["log_ratio"], 0.0)
    interval = plain.confidence_interval(0.90)
    assert pytest.approx([plain.pvalue, np.exp(interval.low), np.exp(interval.high)]) == [
        found.p,
        found.low,
        found.high,
    ]


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


@given(move=st.integers(-5000, 5000))
@settings(max_examples=25, deadline=None)
def test_moving_counts_and_calendar_together_changes_nothing(move: int) -> None:
    """Other dates for both: the same ratios, the same p."""
    rng = np.random.default_rng(12)
    counts = days(rng.poisson(2, 120))
    spans = timing.episodes(talks(("2018-10-01", "2018-10-02"), ("2018-11-10", "2018-11-10")), WEEK)
    plain = timing.shift_test(timing.circular_shifts(counts, spans, WEEK))
    moved = counts.copy()
    moved.index = moved.index + pd.Timedelta(days=move)
    later = spans.assign(
        **{name: spans[name] + pd.Timedelta(days=move) for name in ("date_first", "date_last")}
    )
    again = timing.shift_test(timing.circular_shifts(moved, later, WEEK))
    assert pytest.approx(tuple(plain)) == tuple(again)


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


def test_matches_keep_their_distance() -> None:
    """Ten matches each, at least a week from any day of talks and from each other."""
    rng = np.random.default_rng(4)
    counts = days(rng.poisson(2, 600))
    rows = scattered(rng, counts, 6)
    contrasts = timing.contrast(counts, timing.episodes(rows, WEEK), WEEK)
    pairs = timing.matched(counts, contrasts, WEEK)
    assert [10] * len(pairs) == pairs["n_matched"].tolist()
    for text in pairs["matched_dates"]:
        found = pd.to_datetime(pd.Series(text.split(" | ")))
        assert found.diff().dt.days.min() >= 7
        for span in contrasts.itertuples():
            assert not found.between(
                span.date_first - pd.Timedelta(days=6), span.date_last + pd.Timedelta(days=6)
            ).any()


def test_coincidence_is_certain_where_every_day_has_one() -> None:
    """Where violence is recorded daily, n of n rounds are followed by it and chance expects exactly that."""
    counts = days([1] * 50 + [0] * 50)
    phases = pd.DataFrame(
        {"phase": [1, 2], "date_first": counts.index[[0, 50]], "date_last": counts.index[[49, 99]]}
    )
    dates = pd.Series(counts.index[[10, 20, 70]])
    table = timing.coincidence(counts, dates, phases=phases).set_index("phase")
    assert [2, 2, 0] == [table.loc[0, "k"], table.loc[1, "k"], table.loc[2, "k"]]
    assert 1.0 == table.loc[1, "p"] and pytest.approx(2 * 48 / 49, abs=0.01) == table.loc[1, "expected"]


def test_coincidence_leaves_blank_dates_out() -> None:
    """A round without a dated statement is not a round without violence after it; nor is one on the last
    day."""
    counts = days([1] * 10)
    dates = pd.Series(pd.to_datetime(["2018-09-02", None, "2018-09-10"]))
    assert (1, 1) == tuple(timing.coincidence(counts, dates)[["n", "k"]].iloc[0])


def test_phases_alone_give_a_ratio() -> None:
    """Talks on the day a phase ends measure the change of phase: ten a day before, one a day after."""
    counts = days([10] * 50 + [1] * 50)
    phases = pd.DataFrame({"date_first": counts.index[[0, 50]], "date_last": counts.index[[49, 99]]})
    spans = timing.episodes(talks(("2018-10-20", "2018-10-20")), WEEK)
    found = timing.expected_from_phases(counts, phases, spans, WEEK)
    assert pytest.approx(7.5 / 70.5) == found


def test_peri_event_line_holds_the_ratio() -> None:
    """Day +7 over day −1 of a line is the week after over the week before; with ½ added to both it is our
    ratio."""
    rng = np.random.default_rng(9)
    counts = days(rng.poisson(3, 200))
    spans = timing.episodes(talks(("2018-11-20", "2018-11-22")), WEEK)
    line = timing.peri_event(counts, spans).set_index("day")["ratio"]
    assert pytest.approx(timing.contrast(counts, spans, WEEK)["ratio"].iloc[0]) == line[7] / line[-1]
    assert 43 == len(line)


def test_peri_event_is_blank_beyond_the_series() -> None:
    """A round in the second week has no level three weeks before: its line is blank, not borrowed from the
    other end."""
    counts = days(np.ones(200))
    spans = timing.episodes(talks(("2018-09-10", "2018-09-10"), ("2018-09-25", "2018-09-25")), WEEK)
    lines = timing.peri_event(counts, spans)
    assert lines[lines["episode"] == 1]["ratio"].isna().all()
    assert list(range(-18, 22)) == lines[(lines["episode"] == 2) & lines["ratio"].notna()]["day"].tolist()
    assert 1 == timing.peri_median(counts, spans, WEEK).set_index("day").loc[0, "n"]


def truces(*dates: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"truce_id": [f"C{i}" for i in range(len(dates))], "effective_date": pd.to_datetime(list(dates))}
    )


def test_truce_is_censored_by_the_next() -> None:
    """A truce that never broke before the next one began lasted at least so long; nothing beyond it is
    read."""
    counts = days([10] * 30 + [0] * 31 + [9] * 40)
    table = timing.truce_recovery(counts, truces("2018-10-01", "2018-10-31"))
    assert (30, False) == (table["days_50pct"].iloc[0], table["is_regained_50pct"].iloc[0])


def test_truce_without_a_level_before_is_blank() -> None:
    """With fewer than 14 days before it, or none violent, there is no level to regain: blank, not zero."""
    table = timing.truce_recovery(days([1] * 5 + [0] * 60), truces("2018-09-06", "2018-10-20"))
    assert table["days_50pct"].isna().all()


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


def test_two_poisson_rates_known_answer() -> None:
    """60 in 51,477.5 against 30 in 54,308.7 (Gu et al. 2008): score p .000632. The library behaves as its
    paper says."""
    from statsmodels.stats.rates import test_poisson_2indep as two_rates

    assert (
        pytest.approx(0.000632, abs=5e-7)
        == two_rates(60, 51477.5, 30, 54308.7, method="score", alternative="two-sided").pvalue
    )


def test_what_one_meeting_brought_its_episode_brought() -> None:
    """An episode of two meetings, one of them with a text, has one; the labels would call it mixed."""
    day = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"])
    talks = pd.DataFrame(
        {"talk_id": ["a", "b", "c"], "date_first": day, "date_last": day, "has_text": [False, True, False]}
    )
    spans = timing.episodes(talks, timing.Design(window_days=7))
    assert [True, False] == list(timing.episode_has(spans, talks, column="has_text"))
    assert "mixed" == timing.episode_labels(spans, talks, column="has_text").iloc[0]
