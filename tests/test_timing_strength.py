"""How strong the timing tests are: size, power, many specifications, other series, survival; with published
answers where there are any."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from escalation import timing
from escalation.errors import Refusal
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


def test_power_grows_with_the_effect_and_is_the_size_without_one() -> None:
    """Without an effect about 5 % are "detected"; a quarter or a fourfold of the counts nearly always is."""
    counts = days(null_series(np.random.default_rng(3)))
    spans = timing.episodes(scattered(np.random.default_rng(4), counts, 20), WEEK)
    curve = timing.power(
        counts, spans, WEEK, draws=150, rng=np.random.default_rng(5), ratios=(0.25, 0.5, 1.0, 2.0, 4.0)
    )
    found = curve["detected_pct"].to_numpy()
    assert (
        found[2] < 12
        and found[0] > 95
        and found[4] > 95
        and found[1] < found[0] + 1
        and found[3] < found[4] + 1
    )
    reach = timing.detectable(curve)
    assert 0.25 <= reach.down < 1 < reach.up <= 4.0


def test_planted_surge_of_one_kind_before_meetings_is_seen() -> None:
    """If only combatants die more in the week before, the first series rises, the second does not, and their
    ratio does."""
    rng = np.random.default_rng(8)
    counts = days(np.full(853, 3.0))
    talks = scattered(rng, counts, 18)
    spans = timing.episodes(talks, WEEK)
    rates = np.full(853, 3.0)
    for first in spans["date_first"]:
        day = (first - counts.index[0]).days
        rates[day - 7 : day] *= 2.2
    combatants, civilians = days(rng.poisson(rates)), days(rng.poisson(3.0, 853))
    table = timing.compare_series(
        {"combatants": combatants, "civilians": civilians}, spans, timing.Design(window_days=7, side="before")
    ).set_index("series")
    assert table.loc["combatants", "p_shift"] < 0.01 < 0.05 < table.loc["civilians", "p_shift"]
    assert table.loc["combatants / civilians", "p_shift"] < 0.01


def test_label_permutation_tries_every_relabelling() -> None:
    """Five against five, the extreme split: 2 of 252 relabellings are as far."""
    contrasts = pd.DataFrame(
        {"log_ratio": [2.0, 3.0, 2.5, 2.5, 2.5, -2.0, -3.0, -2.5, -2.5, -2.5], "is_full_window": True}
    )
    labels = pd.Series(["agreed"] * 5 + ["failed"] * 5)
    found = timing.label_permutation(
        contrasts, labels, first="agreed", second="failed", draws=999, rng=np.random.default_rng(1)
    )
    assert (pytest.approx(np.exp(5)), pytest.approx(2 / 252), 5, 5) == tuple(found)


def inexact(*rows: tuple[str, int, int]) -> pd.DataFrame:
    first, span, n = zip(*rows, strict=True)
    return pd.DataFrame({"date_first": pd.to_datetime(list(first)), "span_days": span, "n": n})


def test_dates_without_doubt_do_not_move() -> None:
    """Where a span is zero days the draws change nothing; leaving the event out does."""
    counts = days(np.ones(120))
    talks = pd.DataFrame(
        {"talk_id": ["A"], "date_first": counts.index[[50]], "date_last": counts.index[[50]]}
    )
    spans = timing.episodes(talks, WEEK)
    doubt = inexact(("2018-10-23", 0, 1))
    table = timing.date_draws(counts, doubt, spans, WEEK, draws=20, rng=np.random.default_rng(2)).set_index(
        "run"
    )
    assert table.loc["first day", "ratio"] == table.loc["drawn", "ratio"] != table.loc["exact only", "ratio"]


def test_specifications_find_a_planted_effect() -> None:
    """A tripling after every round is found by the joint test."""
    rng = np.random.default_rng(11)
    counts = days(np.full(600, 2.0))
    talks = scattered(rng, counts, 15)
    rates = counts.to_numpy().copy()
    for last in talks["date_last"]:
        rates[(last - counts.index[0]).days + 1 :][:7] *= 3
    _, curves = timing.shift_curves(
        {"a": days(rng.poisson(rates))},
        {"all": talks},
        WEEK,
        windows_days=(3, 7, 14),
        statistics=("typical", "pooled"),
    )
    joint = timing.joint_test(curves)
    assert joint.p_maximum < 0.02 and joint.p_median < 0.02 and 100.0 == joint.above_one_pct


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


def test_log_rank_known_answer() -> None:
    """Glioma survival (scipy's own example, after Grana et al. 2002): z −2.73799, p .00618."""
    grade_3 = stats.CensoredData(
        uncensored=[6, 13, 21, 30, 37, 38, 49, 50, 63, 79, 86, 98, 202, 219], right=[31, 47, 80, 82, 82, 149]
    )
    grade_4 = stats.CensoredData(
        uncensored=[
            10,
            10,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            20,
            24,
            24,
            25,
            28,
            30,
            33,
            35,
            37,
            40,
            40,
            46,
            48,
            76,
            81,
            82,
            91,
            112,
            181,
        ],
        right=[34, 40, 70],
    )
    found = stats.logrank(grade_3, grade_4)
    assert (pytest.approx(-2.73799, abs=5e-6), pytest.approx(0.00618, abs=5e-6)) == (
        found.statistic,
        found.pvalue,
    )


def test_step_is_found_at_its_date_and_not_elsewhere() -> None:
    """Five a day fall to one on a known day: the step there is about 0.2 and stands out among the placebo
    dates."""
    counts = days(np.random.default_rng(12).poisson(np.repeat([5.0, 1.0], [400, 300])))
    test = timing.step_test(timing.interrupted(counts, counts.index[400]))
    assert 0.1 < test.ratio < 0.35 and test.p < 0.05
    away = timing.step_test(timing.interrupted(counts, counts.index[200]))
    assert away.p > 0.05


def test_step_needs_both_sides() -> None:
    """A date within sixty days of the end has no second side: refused."""
    counts = days(np.ones(300))
    with pytest.raises(Refusal, match="60 days on both sides"):
        timing.interrupted(counts, counts.index[-30])


def test_step_line_jumps_only_at_the_date() -> None:
    """The fitted line and the trend carried on are one before the date and part at it."""
    counts = days(np.random.default_rng(12).poisson(np.repeat([5.0, 1.0], [400, 300])))
    line = timing.step_line(counts, counts.index[400])
    assert (120, True, True) == (
        len(line),
        bool(np.allclose(line["fitted"][:60], line["without"][:60])),
        bool((line["fitted"][60:] < line["without"][60:]).all()),
    )


def test_appendix_model_finds_a_planted_rise() -> None:
    """Doubling after every round shows as a rate ratio between 1.5 and 2.5; without one the interval holds
    1."""
    rng = np.random.default_rng(13)
    counts = days(np.full(853, 3.0))
    talks = scattered(rng, counts, 20)
    spans = timing.episodes(talks, WEEK)
    rates = counts.to_numpy().copy()
    for last in spans["date_last"]:
        rates[(last - counts.index[0]).days + 1 :][:7] = 6.0
    rise = timing.after_talks_model(days(rng.poisson(rates)), spans, WEEK)
    none = timing.after_talks_model(days(rng.poisson(3.0, 853)), spans, WEEK)
    assert 1.5 < rise.ratio < 2.5 and rise.low > 1.3 and none.low < 1 < none.high


def test_lag_of_the_first_document() -> None:
    """Talks of 25 to 26 April, strikes first reported on 26 or 27 April: 0 to 2 days, 0 to 1 from the last
    day."""
    apr = [pd.Timestamp(f"2019-04-{day}") for day in (25, 26, 27)]
    assert (0, 2) == tuple(timing.lag(apr[0], apr[1], apr[1], apr[2]))
    assert (0, 1) == tuple(timing.lag(apr[1], apr[1], apr[1], apr[2]))


@given(
    st.integers(0, 60),
    st.integers(0, 9),
    st.integers(0, 60),
    st.integers(0, 9),
    st.integers(0, 5),
    st.integers(0, 5),
)
@settings(max_examples=60)
def test_widening_a_date_never_narrows_a_lag(a: int, b: int, c: int, d: int, wider: int, later: int) -> None:
    """Less known about a day can only mean more possible lags."""
    day = [pd.Timestamp("2019-01-01") + pd.Timedelta(days=k) for k in range(-10, 100)]
    narrow = timing.lag(day[a + 10], day[a + b + 10], day[c + 10], day[c + d + 10])
    wide = timing.lag(
        day[a + 10 - wider], day[a + b + 10 + later], day[c + 10 - later], day[c + d + 10 + wider]
    )
    assert wide.least <= narrow.least and narrow.most <= wide.most


def test_negative_binomial_library_known_answer() -> None:
    """RAND health visits (ships with statsmodels): α 1.29295, AIC 86789.32, the answer of Stata and R."""
    import statsmodels.api as sm
    from statsmodels.datasets import randhie

    data = randhie.load_pandas()
    fit = sm.NegativeBinomial(
        data.endog, sm.add_constant(data.exog, prepend=False), loglike_method="nb2"
    ).fit(disp=False, method="newton")
    assert (pytest.approx(1.29295, abs=5e-5), pytest.approx(86789.32, abs=0.01)) == (
        fit.params["alpha"],
        fit.aic,
    )


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


def test_truces_outside_the_counts_are_refused() -> None:
    """A truce before the first day has no counts to be read against."""
    truces = pd.DataFrame({"truce_id": ["CF-1"], "effective_date": pd.to_datetime(["2017-05-04"])})
    with pytest.raises(Refusal, match="truce CF-1: its effective date lies outside"):
        timing.truce_recovery(days(np.ones(100)), truces)
