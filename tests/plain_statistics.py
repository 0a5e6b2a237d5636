"""The same numbers the long way: loops over days, weeks and draws, as one would write them first. Tests hold
the package to them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def window_log_ratio(counts: pd.Series, first: int, length: int, window_days: int) -> float | None:
    """ln((after + ½) / (before + ½)) of one episode, None if a window leaves the series."""
    if first - window_days < 0 or first + length + window_days > len(counts):
        return None
    after = before = 0.0
    for step in range(window_days):
        after += counts.iloc[first + length + step]
        before += counts.iloc[first - 1 - step]
    return float(np.log((after + 0.5) / (before + 0.5)))


def shift_log_ratios(
    counts: pd.Series, spans: pd.DataFrame, window_days: int, margin: int = 0
) -> list[float]:
    """The typical log ratio for every shift of the calendar around the days after the margin, episodes with
    cut windows left out."""
    n = len(counts) - margin
    starts = [(date - counts.index[0]).days for date in spans["date_first"]]
    out = []
    for shift in range(n):
        logs = []
        for start, length in zip(starts, spans["days"], strict=True):
            value = window_log_ratio(counts, (start - margin + shift) % n + margin, int(length), window_days)
            if value is not None:
                logs.append(value)
        out.append(float(np.mean(logs)) if logs else float("nan"))
    return out


def best_cuts(x: Sequence[float], n_breaks: int, min_weeks: int) -> list[int]:
    """The least-squares segmentation with `n_breaks` breaks, by dynamic programming over lists."""
    n = len(x)
    cost = {}
    for start in range(n):
        for end in range(start + min_weeks, n + 1):
            part = np.asarray(x[start:end])
            cost[start, end] = float(((part - part.mean()) ** 2).sum())
    best: dict[tuple[int, int], tuple[float, list[int]]] = {
        (0, end): (cost[0, end], []) for end in range(min_weeks, n + 1)
    }
    for k in range(1, n_breaks + 1):
        for end in range((k + 1) * min_weeks, n + 1):
            options = [
                (best[k - 1, cut][0] + cost[cut, end], [*best[k - 1, cut][1], cut])
                for cut in range(k * min_weeks, end - min_weeks + 1)
            ]
            best[k, end] = min(options)
    return best[n_breaks, n][1]
