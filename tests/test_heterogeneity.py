"""How far episodes differ: against a plain bisection, and planted differences found again."""

import numpy as np
import pandas as pd
import pytest

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
