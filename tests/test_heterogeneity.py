"""How far episodes differ: against a plain bisection, and planted differences found again."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from escalation import timing

WEEK = timing.Design(window_days=7)


def rows(after: list[float], before: list[float]) -> pd.DataFrame:
    first = pd.date_range("2020-01-01", periods=len(after), freq="28D")
    return pd.DataFrame(
        {
            "episode": range(1, len(after) + 1),
            "date_first": first,
            "n_after": after,
            "n_before": before,
            "is_full_window": True,
        }
    )


def test_the_model_by_bisection() -> None:
    """τ² is the value at which the weighted squares are as many as they have degrees of freedom (Paule &
    Mandel 1982); mean and intervals follow by hand."""
    contrasts = rows([5, 40, 8, 22, 3, 60], [20, 10, 16, 44, 9, 31])
    found = timing.heterogeneity(contrasts, dispersion=2.0)
    y = np.log((contrasts["n_after"] + 0.5) / (contrasts["n_before"] + 0.5))
    v = 2.0 * (1 / (contrasts["n_after"] + 0.5) + 1 / (contrasts["n_before"] + 0.5))
    low, high = 0.0, 50.0
    for _ in range(200):
        tau = (low + high) / 2
        w = 1 / (v + tau)
        mean = (w * y).sum() / w.sum()
        low, high = (tau, high) if (w * (y - mean) ** 2).sum() > 5 else (low, tau)
    assert pytest.approx(tau, rel=1e-4) == found.tau_squared
    assert pytest.approx(np.exp(mean), rel=1e-4) == found.ratio
    reach = stats.t.ppf(0.95, 4) * np.sqrt(tau + 1 / w.sum())
    assert pytest.approx([np.exp(mean - reach), np.exp(mean + reach)], rel=1e-3) == [
        found.single_low,
        found.single_high,
    ]
    of_mean = stats.t.ppf(0.95, 5) * np.sqrt((w * (y - mean) ** 2).sum() / 5 / w.sum())
    assert pytest.approx([np.exp(mean - of_mean), np.exp(mean + of_mean)], rel=1e-3) == [
        found.low,
        found.high,
    ]


def test_episodes_that_differ_by_counting_alone_are_one() -> None:
    """Poisson counts with one true ratio: τ² is near 0 and a single episode is as the mean; with true
    ratios spread by a standard deviation of .6 the model finds it again, and nine of ten true ratios lie
    in the interval."""
    rng = np.random.default_rng(3)
    n = 400
    same = timing.heterogeneity(
        rows(rng.poisson(40, n).tolist(), rng.poisson(50, n).tolist()), dispersion=1.0
    )
    assert same.tau_squared < 0.01 and same.ratio == pytest.approx(0.8, rel=0.05)
    assert 0.6 < same.single_low < same.single_high < 1.1
    true = np.exp(rng.normal(np.log(0.8), 0.6, n))
    spread = timing.heterogeneity(
        rows(rng.poisson(50 * true).tolist(), rng.poisson(50, n).tolist()), dispersion=1.0
    )
    assert pytest.approx(0.36, abs=0.06) == spread.tau_squared
    assert 0.86 < ((true > spread.single_low) & (true < spread.single_high)).mean() < 0.94


def test_two_episodes_have_no_spread() -> None:
    """Blank, with their number; an episode with a cut window is none."""
    contrasts = rows([5, 40, 8], [20, 10, 16])
    contrasts.loc[2, "is_full_window"] = False
    found = timing.heterogeneity(contrasts, dispersion=1.5)
    assert (1.5, 2) == (found.dispersion, found.n) and np.isnan(found[1:7]).all()


def test_dispersion_of_ordinary_days_by_a_loop() -> None:
    """Every day after the margin with both windows in the counts, read on both sides of that day:
    Pearson's χ² of the split of their events, over the number of days that have any."""
    counts = pd.Series(
        np.random.default_rng(5).poisson(1, 90) * 2.0, index=pd.date_range("2020-01-01", periods=90)
    )
    design = timing.Design(window_days=3, first_day=counts.index[12])
    numbers = counts.tolist()
    pairs = [(sum(numbers[day + 1 : day + 4]), sum(numbers[day - 3 : day])) for day in range(12, 87)]
    pairs = [pair for pair in pairs if sum(pair)]
    share = sum(a for a, _ in pairs) / sum(map(sum, pairs))
    squares = [(a - (a + b) * share) ** 2 / ((a + b) * share * (1 - share)) for a, b in pairs]
    assert pytest.approx(np.mean(squares)) == timing.ordinary_dispersion(counts, design)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [(np.zeros(60), 1.0), (np.ones(60), 1.0), (np.r_[np.zeros(30), 5.0, np.zeros(29)], 5.0)],
)
def test_dispersion_of_plain_series(numbers: np.ndarray, expected: float) -> None:
    """No event, or one every day: no more than Poisson's, which is the least; five events, all on one day,
    spread five times as much."""
    counts = pd.Series(numbers, index=pd.date_range("2020-01-01", periods=60))
    assert pytest.approx(expected) == timing.ordinary_dispersion(counts, WEEK)


def test_what_one_thin_episode_weighs() -> None:
    """One event after none weighs a fourth in the plain mean of four, next to nothing by information;
    without it the plain ratio is that of the others."""
    contrasts = rows([20, 30, 25, 1], [40, 60, 50, 0])
    found = timing.weight_of_each(contrasts, timing.heterogeneity(contrasts, dispersion=3.0)).set_index(
        "episode"
    )
    assert [25.0] * 4 == found["plain_pct"].tolist() and pytest.approx(100) == found["information_pct"].sum()
    assert found.loc[4, "information_pct"] < 8
    assert (
        pytest.approx(np.exp(np.mean(np.log([20.5 / 40.5, 30.5 / 60.5, 25.5 / 50.5]))))
        == found.loc[4, "ratio_without"]
    )
