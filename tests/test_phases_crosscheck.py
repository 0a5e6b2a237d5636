"""Phases seen from other sides: by likelihood, by a plain rule, under other choices, and what their arrows
say."""

import numpy as np
import pandas as pd
import pytest

from escalation import phases
from escalation.phases.compare import adjusted_rand
from escalation.phases.likelihood import best_cuts, dispersion, segment_cost

PLAIN = phases.Segmentation()

# British coal mines, explosions with ten deaths or more, 1851 to 1962: 191 in 112 years (Jarrett 1979, as in
# Carlin, Gelfand & Smith 1992). Two versions of single years are about; totals and break are the same.
COAL = [
    int(digit)
    for digit in "454104340633402633545314415534252234213221111300101100310322011101010002100011023311"
    "2111124200014000100000100101"
]


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range("2018-09-01", periods=len(values)))


def levels(rng: np.random.Generator, *blocks: tuple[int, float]) -> pd.Series:
    return days(np.concatenate([rng.poisson(rate, length) for length, rate in blocks]))


def test_coal_mining_break() -> None:
    """One Poisson break after 1891: 127 disasters in 41 years, then 64 in 71; twice the log-likelihood ratio
    is 69.988."""
    y = np.array(COAL, dtype=float)
    total, n = np.cumsum(y), len(y)
    k = np.arange(1, n)
    cost = segment_cost(total[k - 1], k.astype(float), 0.0) + segment_cost(
        total[-1] - total[k - 1], (n - k).astype(float), 0.0
    )
    at = int(k[cost.argmin()])
    whole = float(segment_cost(total[-1:], np.array([float(n)]), 0.0)[0])
    assert (112, 191, 41, 127) == (n, y.sum(), at, y[:at].sum())
    assert pytest.approx(69.988, abs=5e-4) == whole - cost.min()


def test_coal_mining_break_is_the_only_one() -> None:
    """With twice BIC's penalty the exact search over all cuts finds that break alone; BIC itself adds one
    after 1947."""
    y = np.array(COAL, dtype=float)
    cuts = [best_cuts(y, alpha=0.0, penalty=penalty * np.log(112), min_days=15) for penalty in (4, 2)]
    assert [[41], [41, 97]] == cuts


def test_dispersion_of_poisson_is_small() -> None:
    """Independent Poisson days have no overdispersion to speak of and no long memory; repeated days have
    both."""
    rng = np.random.default_rng(2)
    plain = dispersion(rng.poisson(4, 2000).astype(float), [])
    sticky = dispersion(np.repeat(rng.poisson(4, 200), 10).astype(float), [])
    assert plain.alpha < 0.02 and 1.0 <= plain.long_run < 1.3 and sticky.long_run > 4


def test_likelihood_agrees_with_the_weekly_search_on_planted_breaks() -> None:
    """Two methods with nothing in common but the data find the same planted changes, within a week."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 5), (63, 1), (196, 4))
    sides = phases.differing_breaks(phases.breaks(counts, PLAIN), phases.likelihood_breaks(counts, PLAIN))
    assert ["both"] * 3 == sides["in"].tolist() and (sides["gap_days"].abs() <= 7).all()


def test_likelihood_finds_nothing_in_nothing() -> None:
    """A flat and an empty series are one phase by likelihood too."""
    flat = days(np.random.default_rng(3).poisson(2, 600))
    assert [0, 0] == [len(phases.likelihood_breaks(counts, PLAIN)) for counts in (flat, days(np.zeros(200)))]


def test_adjusted_rand_known_answer() -> None:
    """The worked example of Hubert & Arabie's formula: {1,1,2,2} and {1,1,2,3} agree at 4/7."""
    assert pytest.approx(4 / 7) == adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2]))
    assert (1.0, 1.0) == (
        adjusted_rand(np.zeros(5, dtype=int), np.zeros(5, dtype=int)),
        adjusted_rand(np.arange(5), np.arange(5)),
    )


def test_threshold_rule_finds_plain_levels() -> None:
    """Low, high, low by rule, each long enough; a spike of a week is no phase."""
    counts = days([1] * 150 + [6] * 120 + [1] * 80 + [3] * 6 + [1] * 150)
    found = phases.threshold_phases(counts)
    assert ["low", "high", "low"] == found["level"].tolist()
    assert len(counts) == found["days"].sum()
