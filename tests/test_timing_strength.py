"""How strong the timing tests are: size, power, many specifications, other series, survival; with published
answers where there are any."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from escalation import timing
from escalation.timing.matching import matched_days
from escalation.timing.power import p_of_each
from escalation.timing.shifts import shifted_logs

WEEK = timing.Design(window_days=7)


def days(numbers: object, first: str = "2018-09-01") -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def scattered(rng: np.random.Generator, counts: pd.Series, n: int) -> pd.DataFrame:
    first = np.sort(rng.choice(np.arange(20, len(counts) - 20), n, replace=False))
    return pd.DataFrame(
        {
            "talk_id": [f"T{i:02}" for i in range(n)],
            "date_first": counts.index[first],
            "date_last": counts.index[first],
        }
    )


def null_series(rng: np.random.Generator, n_days: int = 853) -> np.ndarray:
    """Counts like UCDP's: six phases at random dates, days that drift together (AR(1) of the log rate),
    bursts (gamma)."""
    rates = rng.permutation([1.2, 2.7, 5.2, 1.3, 4.1, 0.7])
    cuts = np.sort(rng.choice(np.arange(4, n_days // 7 - 4), 5, replace=False)) * 7
    level = np.log(rates[np.searchsorted(cuts, np.arange(n_days), side="right")])
    drift = np.empty(n_days)
    drift[0] = rng.normal(0, 0.3)
    noise = rng.normal(0, 0.3 * np.sqrt(1 - 0.6**2), n_days)
    for day in range(1, n_days):
        drift[day] = 0.6 * drift[day - 1] + noise[day]
    return rng.poisson(np.exp(level + drift) * rng.gamma(4, 1 / 4, n_days)).astype(float)


@pytest.mark.slow
def test_size_of_our_own_test() -> None:
    """Of 400 series without any effect the exact shifts reject 2 to 8 % at 5 % (99 % band of the binomial);
    the obvious test, pooled Poisson counts before against after, rejects more than 10 %."""
    rng = np.random.default_rng(20190427)
    ours, pooled = [], []
    for _ in range(400):
        numbers = null_series(rng)
        gaps = rng.choice([8, 9, 11, 14, 15, 20, 26, 33, 41, 55, 70], 20)
        first = (rng.integers(20, 60) + np.cumsum(gaps)).astype(np.int64)
        first = first[first < 830]
        logs, _ = shifted_logs(numbers[None], first, np.ones_like(first), WEEK, margin=0)
        ours.append(p_of_each(logs, np.zeros(1, dtype=np.int64))[0] < 0.05)
        after = sum(numbers[start + 1 : start + 8].sum() for start in first)
        before = sum(numbers[start - 7 : start].sum() for start in first)
        pooled.append(stats.binomtest(int(after), int(after + before)).pvalue < 0.05)
    assert 0.02 <= np.mean(ours) <= 0.08
    assert np.mean(pooled) > 0.10


def test_kaplan_meier_known_answer() -> None:
    """Remission on 6-MP (Freireich et al. 1963, in every textbook): .857 .807 .753 .690 .627 .538 .448."""
    failed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    held = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = timing.kaplan_meier(
        pd.Series(failed + held), pd.Series([True] * len(failed) + [False] * len(held))
    )
    assert [0, 6, 7, 10, 13, 16, 22, 23] == curve["day"].tolist()
    assert [100.0, 85.7, 80.7, 75.3, 69.0, 62.7, 53.8, 44.8] == curve["holding_pct"].round(1).tolist()
    assert 23 == timing.median_days(curve, n=21, n_failed=9).days
    library = stats.ecdf(stats.CensoredData(uncensored=failed, right=held)).sf.confidence_interval(
        0.90, method="log-log"
    )
    at_failures = np.isin(library.low.quantiles, failed)
    assert pytest.approx(library.low.probabilities[at_failures]) == curve["low_pct"].iloc[1:].to_numpy() / 100
    assert (
        pytest.approx(library.high.probabilities[at_failures]) == curve["high_pct"].iloc[1:].to_numpy() / 100
    )


def test_kaplan_meier_that_reaches_zero() -> None:
    """Where the last truce failed the curve ends at 0 and the limits there are blank."""
    curve = timing.kaplan_meier(pd.Series([7, 9, 12]), pd.Series([True] * 3))
    assert [False, False, True] == curve["low_pct"].iloc[1:].isna().tolist() and 0.0 == curve[
        "holding_pct"
    ].iloc[-1]


def test_kaplan_meier_without_failures() -> None:
    """If no truce failed the curve stays at 100 and has no median and no interval."""
    curve = timing.kaplan_meier(pd.Series([30, 60]), pd.Series([False, False]))
    assert ([100.0], True) == (
        curve["holding_pct"].tolist(),
        bool(np.isnan(timing.median_days(curve, n=2, n_failed=0).days)),
    )
    assert 1 == len(timing.kaplan_meier(pd.Series([], dtype="Int64"), pd.Series([], dtype="boolean")))


def test_step_is_found_at_its_date_and_not_elsewhere() -> None:
    """Five a day fall to one on a known day: the step there is about 0.2 and stands out among the placebo
    dates."""
    counts = days(np.random.default_rng(12).poisson(np.repeat([5.0, 1.0], [400, 300])))
    test = timing.step_test(timing.interrupted(counts, counts.index[400]))
    assert 0.1 < test.ratio < 0.35 and test.p < 0.05
    away = timing.step_test(timing.interrupted(counts, counts.index[200]))
    assert away.p > 0.05


def test_no_talks_and_no_truces_are_empty_all_the_way() -> None:
    """A set without talks, or a window without truces, gives blanks and empty tables, never a crash or a
    number."""
    counts = days(np.random.default_rng(1).poisson(2, 300))
    none = scattered(np.random.default_rng(1), counts, 3).iloc[:0]
    spans = timing.episodes(none, WEEK)
    contrasts = timing.contrast(counts, spans, WEEK)
    test = timing.shift_test(timing.circular_shifts(counts, spans, WEEK))
    ratio = timing.average(contrasts, WEEK)
    adjusted = timing.adjusted_ratio(timing.matched(counts, contrasts, WEEK))
    assert [0, 0, 0] == [test.n_episodes, ratio.n, adjusted.n] and np.isnan(
        [test.p, test.ratio, ratio.ratio, adjusted.ratio]
    ).all()
    assert "too_few" == timing.verdict(p=test.p, t_p=ratio.p, ratio=ratio.ratio, n=ratio.n, n_events=0.0)
    assert 0 == len(timing.without_each(contrasts, WEEK))
    assert (0, True) == (
        len(timing.peri_event(counts, spans)),
        bool(timing.peri_median(counts, spans, WEEK)["median"].isna().all()),
    )
    assert 0 == timing.coincidence(counts, none["date_last"])["k"].iloc[0]
    assert np.isnan(
        timing.detectable(timing.power(counts, spans, WEEK, draws=5, rng=np.random.default_rng(1))).up
    )
    truces = pd.DataFrame(
        {"truce_id": pd.Series(dtype="str"), "effective_date": pd.Series(dtype="datetime64[s]")}
    )
    assert (0, True) == (
        len(timing.truce_recovery(counts, truces)),
        "days_50pct" in timing.truce_recovery(counts, truces),
    )
    recovery = timing.truce_recovery(counts, truces)
    back = timing.back_by_chance(counts, recovery, WEEK, share=0.5, within_days=14)
    rising = timing.rising_by_chance(counts, contrasts, WEEK)
    assert [(0, 0), (0, 0)] == [(chance.k, chance.n) for chance in (back, rising)] and np.isnan(
        [back.expected, rising.p]
    ).all()


def test_a_blank_day_is_like_no_other_and_takes_nobodys_place() -> None:
    """Days of which nothing is known are never matches, and the ten nearest of the others still are."""
    rng = np.random.default_rng(1)
    logs, seen = rng.normal(size=(1, 200)), rng.normal(size=(1, 200, 2))
    seen[0, 50:60] = np.nan
    starts, lengths = np.array([[100, 120]]), np.array([1, 1])
    chosen, _ = matched_days((logs, seen), starts, lengths, WEEK, margin=0, n_matches=10)
    assert (chosen >= 0).all() and not np.isin(chosen, np.arange(50, 60)).any()
