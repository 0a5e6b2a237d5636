"""The whole calendar of talks moved to every other date: what the ratio looks like when nothing ties it to
the counts."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import average, contrast, log_ratio, placed, window_sums


class ShiftTest(NamedTuple):
    """The observed ratio among those of all shifted calendars: exact two-sided p, and where 90 of 100 of them
    lie."""

    ratio: float
    p: float
    band_low: float
    band_middle: float
    band_high: float
    n_episodes: int
    n_shifts: int


def shifted_logs(
    series: Floats, first: Ints, lengths: Ints, design: Design, *, margin: int
) -> tuple[Floats, Ints]:
    """Log ratio for every series (rows) and every shift 0 … T−1 (columns), and how many episodes count in it,
    in the same shape.

    `series` (rows, margin + T): the calendar moves within the last T days; the `margin` before them is only
    read by windows. Blank days, where one series begins later than another, cut a window as the end of the
    counts does. One pass over the series for each length of episode, then one slice of the circle for each
    episode: no loop over days."""
    n = series.shape[-1] - margin
    total, below = np.zeros((2, len(series), n))
    n_kept = np.zeros((len(series), n), dtype=np.int64)
    for length in np.unique(lengths):
        sums = window_sums(series, int(length), design)
        after, before = (each[..., margin:] for each in sums)
        kept = ~np.isnan(after + before)
        parts = [log_ratio(after, before)] if design.statistic == "typical" else [after, before]
        circles = [np.concatenate([np.where(kept, part, 0.0)] * 2, axis=-1) for part in parts]
        turned = np.concatenate([kept, kept], axis=-1).astype(np.int64)
        for start in first[lengths == length] - margin:
            total += circles[0][..., start : start + n]
            n_kept += turned[..., start : start + n]
            if design.statistic == "pooled":
                below += circles[1][..., start : start + n]
    value = total / np.maximum(n_kept, 1) if design.statistic == "typical" else log_ratio(total, below)
    return np.asarray(np.where(n_kept > 0, value, np.nan), dtype=float), n_kept


def circular_shifts(counts: pd.Series, spans: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The statistic for the calendar as it was (shift_days 0) and moved by each of 1 … T−1 days around the
    window of T days.

    Columns: shift_days, log_ratio, n_episodes (that count). Days of talks move within the window: what would
    leave it at the end comes in at its beginning. Windows never do that: they read the counts that lie around
    them, the margin before the design's first day too, and an episode with a window that leaves the counts is
    left out of that shift, as it is of the observed calendar. Every shift keeps the calendar's gaps and
    clusters, the overlaps of windows, and the autocorrelation of the counts; slow drift cancels in an
    after-to-before ratio (Harris 2020 warns of circular shifts where it does not). No random numbers."""
    numbers = daily.values(counts)
    check_window(counts, design)
    first, lengths = placed(counts, spans, design)
    margin = margin_of(counts, design)
    logs, n_kept = shifted_logs(numbers[None, :], first, lengths, design, margin=margin)
    return pd.DataFrame(
        {"shift_days": np.arange(len(numbers) - margin), "log_ratio": logs[0], "n_episodes": n_kept[0]}
    )


def tail_p(observed: float, others: Floats) -> float:
    """Two-sided p: twice the smaller share of values at least as large or at least as small, the observed one
    counted among them, at most 1. Equal within rounding counts as equal. Blank if there is nothing observed.

    >>> tail_p(3.0, np.arange(1.0, 20.0)), tail_p(30.0, np.arange(1.0, 20.0))
    (0.4, 0.1)
    """
    if np.isnan(observed):
        return float("nan")
    known = others[~np.isnan(others)]
    slack = 1e-9 * max(1.0, abs(observed))
    least = min(int((known >= observed - slack).sum()), int((known <= observed + slack).sum()))
    return float(min(1.0, 2.0 * (1 + least) / (1 + len(known))))


def band(values: Floats) -> Floats:
    """5, 50 and 95 % over the first axis of what is not blank; blank where nothing is. Shape (3, …)."""
    known = (~np.isnan(values)).any(axis=0)
    held = np.where(known, values, 0.0)
    # of numbers without blanks both give the same, and the plain one takes all columns at once
    quantile = np.nanquantile if np.isnan(held).any() else np.quantile
    return np.asarray(np.where(known, quantile(held, [0.05, 0.5, 0.95], axis=0), np.nan), dtype=float)


def shift_test(shifts: pd.DataFrame) -> ShiftTest:
    """The frame of `circular_shifts` in one line: the observed ratio, p, and the 5 %, 50 % and 95 % of the
    shifted ones.

    >>> counts = pd.Series(np.random.default_rng(1).poisson(2, 200), index=pd.date_range("2020-01-01",
    ...     periods=200), dtype=float)
    >>> day = pd.date_range("2020-01-20", periods=6, freq="28D")
    >>> spans = pd.DataFrame({"episode": range(1, 7), "date_first": day, "date_last": day})
    >>> shifts = circular_shifts(counts, spans, Design(window_days=7))
    >>> found = shift_test(shifts)
    >>> f"{found.ratio:.2f}, p {found.p:.2f}"
    '1.15, p 0.49'
    >>> f"{found.n_shifts} shifted: {found.band_low:.2f} to {found.band_high:.2f}"
    '199 shifted: 0.66 to 1.41'
    """
    daily.needs(shifts, "shifts (see timing.circular_shifts)", ["log_ratio", "n_episodes"])
    logs = shifts["log_ratio"].to_numpy(dtype=float)
    others = logs[1:][~np.isnan(logs[1:])]
    low, middle, high = np.exp(band(logs[1:]))
    return ShiftTest(
        float(np.exp(logs[0])),
        tail_p(float(logs[0]), others),
        float(low),
        float(middle),
        float(high),
        int(shifts["n_episodes"].iloc[0]),
        len(others),
    )


def expected_from_phases(
    counts: pd.Series, phases: pd.DataFrame, spans: pd.DataFrame, design: Design
) -> float:
    """The ratio that the phases alone would give: each day's count replaced by the mean of its phase.

    Talks that happen to stand at a change of phase move the ratio without any change around talks. `phases`:
    date_first, date_last (see `escalation.phases.phase_days`), in order and covering the counts but for a
    margin before the first phase, which takes that phase's mean."""
    numbers = daily.values(counts)
    fitted = np.empty_like(numbers)
    starts, ends = (
        daily.positions(counts, phases["date_first"]),
        daily.positions(counts, phases["date_last"]) + 1,
    )
    for start, end in zip(starts, ends, strict=True):
        fitted[start:end] = numbers[start:end].mean()
    fitted[: starts[0]] = fitted[starts[0]]
    flat = pd.Series(fitted, index=counts.index)
    return average(contrast(flat, spans, design), design).ratio
