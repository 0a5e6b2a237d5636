"""How long truces held, as a curve: Kaplan-Meier with log-log interval, for as many truces as there are."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

FEWEST_TRUCES = 6  # below this a curve would pretend: the table of truces says it all


class Median(NamedTuple):
    """The day by which half the truces had failed, its 90 % limits (blank where the curve does not get
    there), truces, failures."""

    days: float
    low: float
    high: float
    n: int
    n_failed: int


def kaplan_meier(days: pd.Series, failed: pd.Series, *, level: float = 0.90) -> pd.DataFrame:
    """Share of truces still holding by day: day, holding_pct, low_pct, high_pct, n_at_risk; one row a failure
    day, and day 0.

    `days`: until failure or censoring; `failed`: whether it failed then. `scipy.stats.ecdf` with
    right-censoring; the interval is Greenwood's on the log-log scale (Kalbfleisch & Prentice), which stays
    between 0 and 100. Limits that are not defined (before the first failure, after the last if none is left)
    are blank.

    >>> curve = kaplan_meier(pd.Series([7, 9, 14, 30, 60, 60]), pd.Series([True, True, True, True, False,
    ...     False]))
    >>> curve.round(0)
        day  holding_pct  low_pct  high_pct  n_at_risk
    0   0.0        100.0      NaN       NaN          6
    1   7.0         83.0     39.0      97.0          6
    2   9.0         67.0     27.0      88.0          5
    3  14.0         50.0     16.0      77.0          4
    4  30.0         33.0      7.0      63.0          3
    >>> median_days(curve, n=6, n_failed=4).days
    14.0
    """
    known = days.notna() & failed.notna()
    times, events = days[known].to_numpy(dtype=float), failed[known].to_numpy(dtype=bool)
    start = pd.DataFrame(
        {
            "day": [0.0],
            "holding_pct": [100.0],
            "low_pct": [np.nan],
            "high_pct": [np.nan],
            "n_at_risk": [len(times)],
        }
    )
    if not events.any():
        return start
    curve = stats.ecdf(stats.CensoredData(uncensored=times[events], right=times[~events])).sf
    at_risk = np.array([(times >= day).sum() for day in curve.quantiles])
    failures = np.array([((times == day) & events).sum() for day in curve.quantiles])
    holding = curve.probabilities
    # scipy's own limits warn where the curve reaches 0: there Greenwood's variance is infinite and the limits
    # are undefined
    inside = (holding > 0) & (holding < 1)
    growth = np.cumsum(failures / (at_risk * np.maximum(at_risk - failures, 1)))
    reach = float(stats.norm.ppf(0.5 + level / 2)) * np.sqrt(growth[inside]) / np.log(holding[inside])
    low, high = np.full((2, len(holding)), np.nan)
    low[inside], high[inside] = holding[inside] ** np.exp(-reach), holding[inside] ** np.exp(reach)
    steps = pd.DataFrame(
        {
            "day": curve.quantiles,
            "holding_pct": 100 * holding,
            "low_pct": 100 * low,
            "high_pct": 100 * high,
            "n_at_risk": at_risk,
        }
    )
    return pd.concat([start, steps[np.isin(curve.quantiles, times[events])]], ignore_index=True)


def median_days(curve: pd.DataFrame, *, n: int, n_failed: int) -> Median:
    """The median of a curve of `kaplan_meier` with its limits: the first day on which the curve, or its
    limit, is at or below one half. A blank upper limit means: it may be longer than was observed."""

    def first(name: str) -> float:
        reached = curve.loc[curve[name] <= 50 + 1e-9, "day"]
        return float(reached.iloc[0]) if len(reached) else float("nan")

    return Median(first("holding_pct"), first("low_pct"), first("high_pct"), n, n_failed)
