"""How far one round of talks differs from another, beyond what any two weeks of these counts differ."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]
from statsmodels.stats.meta_analysis import combine_effects  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats
from escalation.timing.design import Design, margin_of
from escalation.timing.episodes import HALF, counted, log_ratio, window_sums, without_each

FEWEST_SPREAD = 3  # a spread of two values has no degree of freedom left for a prediction


class Heterogeneity(NamedTuple):
    """A random-effects model over episodes.

    dispersion: how many times the variance of Poisson counts the two windows around any day have;
    tau_squared: variance of the episodes' true log ratios; ratio, low, high: the mean weighted by
    information, with its 90 % interval; single_low, single_high: the 90 % prediction interval of the true
    ratio of one further episode; n episodes."""

    dispersion: float
    tau_squared: float
    ratio: float
    low: float
    high: float
    single_low: float
    single_high: float
    n: int


def ordinary_dispersion(counts: pd.Series, design: Design) -> float:
    """The variance of "how many of the events around a day fall after it" against that of the binomial
    (Pearson's χ² over the number of days), over every day of the design's window whose two windows the counts
    hold; at least 1, and 1 without events.

    These are the days on which shifted calendars stand. Bursts, drift and phases are all in it: it is how
    much two neighbouring windows differ when nothing is known of talks."""
    numbers = daily.values(counts)
    after, before = (sums[margin_of(counts, design) :] for sums in window_sums(numbers, 1, design))
    both = after + before
    held = both > 0  # neither blank nor empty
    after, both = after[held], both[held]
    if not 0 < after.sum() < both.sum():
        return 1.0
    share = after.sum() / both.sum()
    return max(1.0, float(((after - both * share) ** 2 / (both * share * (1 - share))).mean()))


def counting_variance(contrasts: pd.DataFrame, dispersion: float) -> Floats:
    """The variance of each log ratio that counting alone gives: dispersion × (1 / (after + ½) + 1 /
    (before + ½))."""
    after, before = (contrasts[name].to_numpy(dtype=float) + HALF for name in ("n_after", "n_before"))
    return np.asarray(dispersion * (1 / after + 1 / before), dtype=float)


def heterogeneity(contrasts: pd.DataFrame, *, dispersion: float, level: float = 0.90) -> Heterogeneity:
    """The random-effects model for the frame of `episodes.contrast`; `dispersion` from `ordinary_dispersion`
    of the same counts.

    Each log ratio is its episode's own true one plus counting noise of known variance (`counting_variance`);
    τ² by Paule and Mandel (1982, `statsmodels`' `combine_effects`). Prediction interval of Higgins, Thompson
    and Spiegelhalter (2009, J. Royal Statistical Society A 172): μ ± t(n − 2)·√(τ² + se²); with τ² = 0 it is
    hardly wider than that of the mean. Interval of the mean by t(n − 1) with the scale of Hartung, Knapp,
    Sidik and Jonkman. Fewer than 3 episodes with full windows: all blank.

    >>> rows = pd.DataFrame({"n_after": [15, 40, 8, 22, 30, 11], "n_before": [20, 30, 16, 44, 28, 30],
    ...     "is_full_window": True})
    >>> found = heterogeneity(rows, dispersion=1.0)
    >>> f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})"
    '0.72 (0.48 to 1.08)'
    >>> f"a single one {found.single_low:.2f} to {found.single_high:.2f}"
    'a single one 0.28 to 1.82'
    """
    used = counted(contrasts)
    n = len(used)
    if n < FEWEST_SPREAD:
        blank = float("nan")
        return Heterogeneity(dispersion, blank, blank, blank, blank, blank, blank, n)
    after, before = (used[name].to_numpy(dtype=float) for name in ("n_after", "n_before"))
    found = combine_effects(
        log_ratio(after, before), counting_variance(used, dispersion), method_re="iterated"
    )
    middle, tau_squared = float(found.mean_effect_re), float(found.tau2)
    reach = float(np.sqrt(found.var_hksj_re)) * float(stats.t.ppf(0.5 + level / 2, n - 1))
    single = float(np.sqrt(tau_squared + found.var_eff_w_re)) * float(stats.t.ppf(0.5 + level / 2, n - 2))
    low, high, single_low, single_high = np.exp(
        [middle - reach, middle + reach, middle - single, middle + single]
    ).tolist()
    return Heterogeneity(
        dispersion, tau_squared, float(np.exp(middle)), low, high, single_low, single_high, n
    )


def weight_of_each(contrasts: pd.DataFrame, found: Heterogeneity) -> pd.DataFrame:
    """What each episode weighs in the plain mean of log ratios and in the one weighted by information:
    episode, date_first, n_before, n_after, plain_pct (the same for all), information_pct, ratio_without
    (the plain typical ratio over the others)."""
    used = counted(contrasts)
    weights = 1 / (counting_variance(used, found.dispersion) + np.nan_to_num(found.tau_squared))
    return (
        used[["episode", "date_first", "n_before", "n_after"]]
        .assign(plain_pct=100 / max(len(used), 1), information_pct=100 * weights / weights.sum())
        .merge(without_each(contrasts, Design(window_days=1))[["episode", "ratio_without"]], on="episode")
    )
