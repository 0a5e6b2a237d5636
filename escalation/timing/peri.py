"""Every episode laid over the others, three weeks before to three weeks after, with the band of shifted
calendars."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from escalation.counts import daily
from escalation.counts.daily import Floats
from escalation.timing.design import Design, margin_of
from escalation.timing.episodes import HALF, placed
from escalation.timing.shifts import band

TRAILING = 7  # days of the moving mean
BASE_FIRST, BASE_LAST = 21, 8  # the level each line is measured against: days −21 … −8


def around(numbers: Floats, length: int, *, span_days: int) -> Floats:
    """The smoothed course around an episode of `length` days that begins on each day in turn, shape (days,
    2·span + 1); blank where it needs a day beyond the series."""
    n, reach = len(numbers), span_days + TRAILING - 1
    back = max(reach, BASE_FIRST)
    padded = np.pad(numbers, (back, length + span_days), constant_values=np.nan)
    start = np.arange(n)[:, None] + back
    early, own, late = (
        start + np.arange(-reach, 0),
        start + np.arange(length),
        start + length + np.arange(span_days),
    )
    course = np.concatenate([padded[early], padded[own].mean(axis=1, keepdims=True), padded[late]], axis=1)
    level = (sliding_window_view(course, TRAILING, axis=1).sum(axis=-1) + HALF) / TRAILING
    base_days = start + np.arange(-BASE_FIRST, -BASE_LAST + 1)
    weeks = base_days.shape[1] / TRAILING
    base = (padded[base_days].sum(axis=1) + HALF * weeks) / base_days.shape[1]
    return np.asarray(level / base[:, None], dtype=float)


def peri_event(counts: pd.Series, spans: pd.DataFrame, *, span_days: int = 21) -> pd.DataFrame:
    """Each episode's line: episode, day (−span … +span), ratio.

    ratio: mean of the 7 days up to that day, divided by the episode's own mean over days −21 … −8 (half an
    event a week is added to both). Days below 0 count from the first day of the talks, days above from the
    last; day 0 is the mean of the days of the talks. A trailing mean, so that day −1 is the week before and
    day +7 the week after, and no value before the talks holds a day after them. Days that need what lies
    beyond the counts are blank."""
    numbers = daily.values(counts)
    first, lengths = placed(counts, spans)
    courses = {
        int(length): around(numbers, int(length), span_days=span_days) for length in np.unique(lengths)
    }
    lines = np.array([courses[int(length)][start] for start, length in zip(first, lengths, strict=True)])
    day = np.arange(-span_days, span_days + 1)
    return pd.DataFrame(
        {
            "episode": np.repeat(spans["episode"].to_numpy(), len(day)),
            "day": np.tile(day, len(spans)),
            "ratio": lines.reshape(-1),
        }
    )


def peri_median(
    counts: pd.Series, spans: pd.DataFrame, design: Design, *, span_days: int = 21
) -> pd.DataFrame:
    """The median line with its placebo band: day, median, n (episodes known on that day), band_low,
    band_middle, band_high (5, 50 and 95 % of the medians of all shifted calendars, as `circular_shifts` moves
    them)."""
    numbers = daily.values(counts)
    first, lengths = placed(counts, spans, design)
    margin = margin_of(counts, design)
    n = len(numbers) - margin
    cube = np.empty((n, len(first), 2 * span_days + 1))
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        lines = around(numbers, int(length), span_days=span_days)[margin:]
        cube[:, same] = lines[(np.arange(n)[:, None] + first[same][None, :] - margin) % n]
    medians = known_median(cube) if len(first) else np.full((n, 2 * span_days + 1), np.nan)
    low, middle, high = band(medians[1:])
    return pd.DataFrame(
        {
            "day": np.arange(-span_days, span_days + 1),
            "median": medians[0],
            "n": (~np.isnan(cube[0])).sum(axis=0),
            "band_low": low,
            "band_middle": middle,
            "band_high": high,
        }
    )


def known_median(cube: Floats) -> Floats:
    """Median over axis 1 of what is not blank: blanks sort last, so the middle is that of the known ones."""
    ordered = np.sort(cube, axis=1)
    known = (~np.isnan(cube)).sum(axis=1)
    at = np.maximum(known - 1, 0)
    pair = [
        np.take_along_axis(ordered, place[:, None, :], axis=1)[:, 0] for place in (at // 2, (at + 1) // 2)
    ]
    return np.asarray((pair[0] + pair[1]) / 2, dtype=float)
