"""When after talks the counts differ from before, in which series: windows side by side, judged together by
the same shifts.

Exploratory: these windows were looked at after the one of the frozen specification.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.errors import Refusal
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import day_sums, log_ratio, placed
from escalation.timing.shifts import band, shifted_logs, tail_p
from escalation.timing.verdicts import FEWEST

Days = tuple[int, int]  # first and last, counted from the talks

LAGS: tuple[Days, ...] = ((1, 3), (4, 7), (8, 14))
BEFORE: Days = (-14, -4)  # leaves the eve out, so that a lull or a surge just before talks moves no lag
WINDOWS = tuple(range(1, 15))


class Largest(NamedTuple):
    """The rows of a profile judged together: position of the one farthest from what shifted calendars give
    (counted in its own spread over them), the p of its being so far, and how many rows with a p of their
    own were judged."""

    row: int
    p: float
    n: int


def together(series: Mapping[str, pd.Series]) -> tuple[pd.Series, Floats]:
    """Daily series as rows over all days from the first to the last that any of them knows, blank where
    one does not; and the days as a series of zeros. Unlike `daily.side_by_side` they may end on different
    days: what one does not know is no zero."""
    if not series:
        raise Refusal(["profile: no series given"])
    for counts in series.values():
        daily.values(counts)
    days = pd.date_range(
        min(counts.index[0] for counts in series.values()),
        max(counts.index[-1] for counts in series.values()),
    )
    rows = [counts.reindex(days).to_numpy(dtype=float, na_value=np.nan) for counts in series.values()]
    return pd.Series(0.0, index=days), np.array(rows)


def lag_logs(
    stack: Floats, first: Ints, lengths: Ints, *, margin: int, after: Days, before: Days
) -> tuple[Floats, Ints]:
    """As `shifts.shifted_logs`, for the rate of the days `after` the last day of talks against that of the
    days `before` the first: mean over episodes of ln((A + ½) / days of A) − ln((B + ½) / days of B)."""
    n = stack.shape[-1] - margin
    rates = float(np.log((before[1] - before[0] + 1) / (after[1] - after[0] + 1)))
    total, n_kept = np.zeros((len(stack), n)), np.zeros((len(stack), n), dtype=np.int64)
    earlier = day_sums(stack, *before)
    for length in np.unique(lengths):
        later = day_sums(stack, int(length) - 1 + after[0], int(length) - 1 + after[1])
        logs = (log_ratio(later, earlier) + rates)[..., margin:]
        kept = ~np.isnan(logs)
        circle, turned = (np.concatenate([part, part], axis=-1) for part in (np.where(kept, logs, 0.0), kept))
        for start in first[lengths == length] - margin:
            total += circle[..., start : start + n]
            n_kept += turned[..., start : start + n]
    return np.asarray(np.where(n_kept > 0, total / np.maximum(n_kept, 1), np.nan), dtype=float), n_kept


def row_of(logs: Floats, n: int) -> dict[str, float]:
    """One row's n_episodes, ratio, and, with at least 5 episodes, p_shift, band_low, band_middle,
    band_high."""
    row: dict[str, float] = {"n_episodes": n, "ratio": float(np.exp(logs[0]))}
    if n >= FEWEST:
        low, middle, high = np.exp(band(logs[1:]))
        row |= {
            "p_shift": tail_p(float(logs[0]), logs[1:]),
            "band_low": float(low),
            "band_middle": float(middle),
            "band_high": float(high),
        }
    return row


def whole_window_p(
    series: Mapping[str, pd.Series], spans: pd.DataFrame, design: Design
) -> dict[str, float | None]:
    """The two-sided p of the design's typical ratio for each series, the calendar moved over all days that any of
    them knows; an episode whose windows a series does not know counts there for nothing, moved or not. None with
    fewer than 5 episodes. `series`: daily counts by name; they may begin and end on different days."""
    days, stack = together(series)
    first, lengths = placed(days, spans, design)
    typical = replace(design, statistic="typical")
    logs, n_kept = shifted_logs(stack, first, lengths, typical, margin=margin_of(days, design))
    rows = (row_of(line, int(n[0])) for line, n in zip(logs, n_kept, strict=True))
    return {name: row.get("p_shift") for name, row in zip(series, rows, strict=True)}


COLUMNS = ["n_episodes", "ratio", "p_shift", "band_low", "band_middle", "band_high"]


def lag_profile(
    series: Mapping[str, pd.Series],
    spans: pd.DataFrame,
    design: Design,
    *,
    lags: Sequence[Days] = LAGS,
    before: Days = BEFORE,
) -> tuple[pd.DataFrame, Largest]:
    """Each series (panel) and each lag after talks against the same days before them, and the farthest of all
    of them judged by the same shifts (`largest`).

    `series`: daily counts by name; they may begin and end on different days. `spans`: of `episodes.episodes`;
    `lags` and `before`: first and last day, counted from the last and the first day of talks. The width of
    the design's window plays no part here.

    Columns: series, day_first, day_last, n_episodes (with both windows known), ratio (of daily rates,
    typical), p_shift (two-sided, exact), band_low, band_middle, band_high (5, 50 and 95 % of shifted
    calendars). Short windows of thin counts do not lie around 1 when nothing happens, because of the ½:
    read the ratio against its own band. Fewer than 5 episodes: no p, no band."""
    wrong = [f"days {a} to {b}" for a, b in lags if not 1 <= a <= b]
    wrong += [f"days {before[0]} to {before[1]} before"] if not before[0] <= before[1] <= -1 else []
    if wrong:
        raise Refusal(
            [
                f"profile, {each}: lags are days from 1 on, those before are days to −1, the first not after"
                " the last"
                for each in wrong
            ]
        )
    days, stack = together(series)
    first, lengths = placed(days, spans, design)
    rows, curves, kept = [], [], []
    margin = margin_of(days, design)
    for a, b in lags:
        logs, n_kept = lag_logs(stack, first, lengths, margin=margin, after=(a, b), before=before)
        for name, line, n in zip(series, logs, n_kept, strict=True):
            rows.append({"series": name, "day_first": a, "day_last": b, **row_of(line, int(n[0]))})
            curves.append(line)
            kept.append(n)
    frame = pd.DataFrame(rows, columns=["series", "day_first", "day_last", *COLUMNS])
    # panel by panel, as a figure shows them
    order = np.argsort([list(series).index(name) for name in frame["series"]], kind="stable")
    curves_by_row, kept_by_row = np.array(curves)[order], np.array(kept)[order]
    return frame.iloc[order].reset_index(drop=True), largest(curves_by_row, kept_by_row)


def window_profile(
    counts: pd.Series, spans: pd.DataFrame, design: Design, *, windows: Sequence[int] = WINDOWS
) -> tuple[pd.DataFrame, Largest]:
    """The contrast of the design under windows of other widths, the episodes held: window_days and the
    columns of `lag_profile` from n_episodes on; and the farthest of all widths judged by the same shifts.

    Six widths looked at one by one give a p below .05 in 24 of 100 series without any effect; the farthest
    judged in this way does so in 4 (METHODS 4.6)."""
    check_window(counts, replace(design, window_days=max(windows)))
    numbers = daily.values(counts)[None]
    first, lengths = placed(counts, spans, design)
    margin = margin_of(counts, design)
    found = [
        shifted_logs(numbers, first, lengths, replace(design, window_days=width), margin=margin)
        for width in windows
    ]
    curves, kept = (np.array([each[part][0] for each in found]) for part in (0, 1))
    rows = [
        {"window_days": width, **row_of(line, int(n[0]))}
        for width, line, n in zip(windows, curves, kept, strict=True)
    ]
    return pd.DataFrame(rows, columns=["window_days", *COLUMNS]), largest(curves, kept)


def largest(curves: Floats, n_kept: Ints) -> Largest:
    """The farthest of several rows of shifted log ratios, (rows, shifts) with the calendar as it was in
    column 0, and how often a shifted calendar has a row as far from its own middle (one-sided: large counts).
    `n_kept`: episodes in each.

    Each row is measured in its own spread over the shifts; where fewer episodes count than usual, the mean
    of fewer scatters more and is scaled down by the root of their number. Rows with fewer than 5 episodes
    as observed are not judged."""
    judged = np.flatnonzero(n_kept[:, 0] >= FEWEST)
    if not len(judged):
        return Largest(-1, float("nan"), 0)
    weight = np.sqrt(n_kept[judged])
    middle = np.nanmedian(curves[judged, 1:], axis=1, keepdims=True)
    scaled = (curves[judged] - middle) * weight
    spread = np.sqrt(np.nanmean(scaled[:, 1:] ** 2, axis=1, keepdims=True))
    size = np.abs(scaled) / np.where(spread > 0, spread, np.inf)
    farthest = np.nanmax(np.where(np.isnan(size), -1.0, size), axis=0)
    p = float((1 + (farthest[1:] >= farthest[0] - 1e-9).sum()) / len(farthest))
    return Largest(int(judged[int(np.nanargmax(size[:, 0]))]), p, len(judged))
