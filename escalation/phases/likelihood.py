"""A cross-check that shares nothing with the weekly search: daily counts, negative binomial cost, penalty for
autocorrelation."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats
from escalation.phases.segment import Segmentation, breaks

LAG_DAYS = 14


class Dispersion(NamedTuple):
    """Overdispersion α (variance = mean + α·mean²; 0 is Poisson) and the long-run variance factor of the
    residuals."""

    alpha: float
    long_run: float


def segment_cost(total: Floats, length: Floats, alpha: float) -> Floats:
    """−2 log-likelihood of segments with these sums and lengths at their own mean, but for terms that no cut
    changes."""
    mean = total / length
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(total > 0, total * np.log(mean), 0.0)
    rest = total if alpha == 0 else (total + length / alpha) * np.log1p(alpha * mean)
    return np.asarray(-2.0 * (own - rest), dtype=float)


def dispersion(numbers: Floats, cuts: list[int]) -> Dispersion:
    """α by moments and the long-run variance of the Pearson residuals (Bartlett weights over 14 days, at
    least 1), both around the means of the segments between `cuts`."""
    mean = np.concatenate([np.full(len(part), part.mean()) for part in np.split(numbers, cuts)])
    squares = float((mean**2).sum())
    alpha = max(0.0, float(((numbers - mean) ** 2 - mean).sum()) / squares) if squares > 0 else 0.0
    residuals = (numbers - mean) / np.sqrt(np.maximum(mean + alpha * mean**2, 1e-12))
    n = len(numbers)
    weights = 1.0 - np.arange(1, LAG_DAYS + 1) / (LAG_DAYS + 1)
    products = [float((residuals[lag:] * residuals[:-lag]).sum()) / n for lag in range(1, LAG_DAYS + 1)]
    return Dispersion(alpha, max(1.0, float((residuals**2).mean() + 2 * (weights * products).sum())))


def best_cuts(numbers: Floats, *, alpha: float, penalty: float, min_days: int) -> list[int]:
    """The cuts that minimise cost + `penalty` for each, no segment shorter than `min_days`: exact, by dynamic
    programming over the last cut (optimal partitioning, Jackson et al. 2005, IEEE Signal Processing Letters
    12)."""
    n = len(numbers)
    total = np.r_[0.0, np.cumsum(numbers)]
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    last = np.zeros(n + 1, dtype=np.int64)
    for end in range(min_days, n + 1):
        start = np.arange(end - min_days + 1)
        cost = (
            best[start]
            + penalty
            + segment_cost(total[end] - total[start], (end - start).astype(float), alpha)
        )
        last[end] = int(cost.argmin())
        best[end] = cost[last[end]]
    cuts: list[int] = []
    at = int(last[n])
    while at > 0:
        cuts.insert(0, at)
        at = int(last[at])
    return cuts


def likelihood_breaks(counts: pd.Series, how: Segmentation) -> pd.DataFrame:
    """Breaks of the daily counts by negative binomial likelihood: break_number, date, mean_before, mean_after
    (a day).

    α and the long-run variance factor come from the residuals around the breaks of the weekly search; the
    penalty for a break is 2·ln n times that factor, since neighbouring days repeat each other and BIC alone
    would take their runs for phases. Breaks fall on any day. The frame's `attrs` hold alpha, long_run and
    penalty."""
    numbers = daily.values(counts)
    weekly_cuts = breaks(counts, how)
    spread = dispersion(numbers, daily.positions(counts, weekly_cuts["date"]).tolist())
    penalty = 2 * float(np.log(len(numbers))) * spread.long_run
    cuts = best_cuts(numbers, alpha=spread.alpha, penalty=penalty, min_days=7 * how.min_weeks)
    means = [float(part.mean()) for part in np.split(numbers, cuts)]
    frame = pd.DataFrame(
        {
            "break_number": np.arange(1, len(cuts) + 1),
            "date": pd.DatetimeIndex(counts.index[cuts]),
            "mean_before": means[:-1],
            "mean_after": means[1:],
        }
    )
    frame.attrs = {"alpha": spread.alpha, "long_run": spread.long_run, "penalty": penalty}
    return frame


def differing_breaks(
    weekly_breaks: pd.DataFrame, other: pd.DataFrame, *, tolerance_days: int = 14
) -> pd.DataFrame:
    """The two lists of breaks side by side: date, other_date, gap_days (other minus ours), in (both, first,
    second)."""
    ours, theirs = daily.numbers_of(weekly_breaks["date"]).tolist(), daily.numbers_of(other["date"]).tolist()
    left = list(theirs)
    rows: list[tuple[int, int, str]] = []
    for day in ours:
        near = [found for found in left if abs(found - day) <= tolerance_days]
        if near:
            nearest = min(near, key=lambda found: (abs(found - day), found))
            left.remove(nearest)
            rows.append((day, nearest, "both"))
        else:
            rows.append((day, daily.NO_DAY, "first"))
    rows += [(daily.NO_DAY, found, "second") for found in left]
    rows.sort(key=lambda row: row[1] if row[0] == daily.NO_DAY else row[0])
    return pd.DataFrame(
        {
            "date": daily.dates_of(np.array([row[0] for row in rows])),
            "other_date": daily.dates_of(np.array([row[1] for row in rows])),
            "gap_days": pd.array(
                [row[1] - row[0] if row[2] == "both" else pd.NA for row in rows], dtype="Int64"
            ),
            "in": [row[2] for row in rows],
        }
    )
