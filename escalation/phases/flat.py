"""How often a series without any change of level would be cut all the same."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts.daily import Floats
from escalation.phases.segment import Segmentation, choose, segmentations


class FalseBreaks(NamedTuple):
    """The share of flat series in which at least one break was found, in per cent, the mean number of
    breaks, series simulated."""

    share_pct: float
    mean_breaks: float
    n: int


def flat_series(
    n_days: int, *, per_day: float, drift: float, spread: float, rng: np.random.Generator
) -> Floats:
    """Daily counts without any change of level, shape (n_days,): Poisson around `per_day` × exp(AR(1) with
    autocorrelation `drift` and standard deviation `spread`), so that neighbouring days drift together as
    recorded ones do."""
    noise = rng.normal(0.0, spread * np.sqrt(1 - drift**2), n_days)
    noise[0] = rng.normal(0.0, spread)
    state = np.empty(n_days)
    state[0] = noise[0]
    for day in range(1, n_days):
        state[day] = drift * state[day - 1] + noise[day]
    return np.asarray(rng.poisson(per_day * np.exp(state - spread**2 / 2)), dtype=float)


def false_breaks(
    n_days: int,
    how: Segmentation,
    *,
    per_day: float,
    drift: float,
    spread: float,
    draws: int,
    rng: np.random.Generator,
) -> FalseBreaks:
    """In how many of `draws` flat series (see `flat_series`) the segmentation finds a break."""
    days = pd.date_range("2000-01-01", periods=n_days)
    found = [
        choose(
            segmentations(
                pd.Series(
                    flat_series(n_days, per_day=per_day, drift=drift, spread=spread, rng=rng), index=days
                ),
                how,
            ),
            criterion=how.criterion,
        )
        for _ in range(draws)
    ]
    return FalseBreaks(100 * float(np.mean([n > 0 for n in found])), float(np.mean(found)), draws)
