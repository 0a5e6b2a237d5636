"""What a count "k of n" would be on other dates: the same calendar moved to every other day of the window,
going round its ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.timing.design import Design, margin_of
from escalation.timing.episodes import counted, log_ratio, window_sums
from escalation.timing.shifts import tail_p
from escalation.timing.truces import BEFORE_DAYS, TRAILING_DAYS


class Chance(NamedTuple):
    """k of n as it was, beside the shifted calendars: their mean and 5 and 95 % of k, two-sided p (exact),
    and the share of all days for which it would hold, in per cent. Blank for n = 0."""

    k: int
    n: int
    expected: float
    low: float
    high: float
    p: float
    base_rate_pct: float

    @property
    def finding(self) -> dict[str, float]:
        """As a finding has it: k is its value."""
        return {"value": self.k} | {name: value for name, value in self._asdict().items() if name != "k"}


def by_chance(k: int, hits: Sequence[Floats], places: Ints) -> Chance:
    """`k` beside the number of hits on every shift 1 … T−1. `hits`: for each date of the calendar 1 or 0 on
    every day on which it could stand (blank: neither); `places`: where it stands."""
    if not len(places):
        return Chance(k, 0, *(float("nan"),) * 5)
    days = len(hits[0])
    moves = np.arange(1, days)
    shifted = np.array(
        [np.nan_to_num(hit)[(moves + place) % days] for hit, place in zip(hits, places, strict=True)]
    ).sum(axis=0)
    low, high = np.quantile(shifted, [0.05, 0.95], method="inverted_cdf")
    known = np.concatenate(hits)
    rate = 100 * float(np.nanmean(known)) if not np.isnan(known).all() else float("nan")
    return Chance(
        k, len(places), float(shifted.mean()), float(low), float(high), tail_p(float(k), shifted), rate
    )


def circular_means(numbers: Floats, first: int, last: int) -> Floats:
    """For every day the mean over the days `first` … `last` from it (0 is the day itself), going round the
    ends of the series."""
    at = np.arange(len(numbers))[:, None] + np.arange(first, last + 1)[None, :]
    return np.asarray(numbers[at % len(numbers)].mean(axis=1), dtype=float)


def in_windows(contrasts: pd.DataFrame) -> float:
    """Events in all windows that count, before and after together. `contrasts`: the frame of
    `episodes.contrast`."""
    return float(counted(contrasts)[["n_before", "n_after"]].to_numpy(dtype=float).sum())


def hits_of(numbers: Floats, length: int, window_days: int) -> Floats:
    """1 on every day on which an episode of this length would have more events in the window after it than in
    that before, else 0; windows go round the ends of the series."""
    after = circular_means(numbers, length, length + window_days - 1)
    return np.asarray(after > circular_means(numbers, -window_days, -1) + 1e-9, dtype=float)


def rising_by_chance(counts: pd.Series, contrasts: pd.DataFrame, design: Design) -> Chance:
    """How many episodes had more events in the window after than before, of those that count, beside shifted
    calendars.

    Calendars go round the days from the design's first on; `contrasts` (of `contrast`) may have read the
    margin before it."""
    used = counted(contrasts)
    counts = counts.iloc[margin_of(counts, design) :]
    numbers, window_days = daily.values(counts), design.window_days
    places = daily.positions(counts, used["date_first"])
    lengths = daily.positions(counts, used["date_last"]) - places + 1
    of_length = {int(length): hits_of(numbers, int(length), window_days) for length in np.unique(lengths)}
    k = int((used["n_after"] > used["n_before"]).sum())
    return by_chance(k, [of_length[int(length)] for length in lengths], places)


def not_falling_by_chance(counts: pd.Series, recovery: pd.DataFrame) -> Chance:
    """After how many truces the 7 days after held no fewer events than the 7 before, of those that have both
    weeks, beside shifted calendars. `recovery`: the frame of `truce_recovery`."""
    known = recovery[recovery["is_fallen"].notna()]
    numbers = daily.values(counts)
    hits = (
        circular_means(numbers, 1, TRAILING_DAYS) >= circular_means(numbers, -TRAILING_DAYS, -1) - 1e-9
    ).astype(float)
    return by_chance(
        int((~known["is_fallen"].astype(bool)).sum()),
        [hits] * len(known),
        daily.positions(counts, known["effective_date"]),
    )


def falling_by_chance(counts: pd.Series, rows: pd.DataFrame, design: Design, *, share_pct: float) -> Chance:
    """After how many truces the count fell as deep as on at most `share_pct` per cent of all days of the
    design's window, of those with both windows, beside shifted calendars. `rows`: the frame of
    `truces.truce_rows` of the same counts and design."""
    known = rows[rows["lower_elsewhere_pct"].notna()]
    margin = margin_of(counts, design)
    after, before = window_sums(daily.values(counts), 1, design)
    logs = log_ratio(after, before)[margin:]
    held = np.sort(logs[~np.isnan(logs)])
    lower = 100 * np.searchsorted(held, logs + 1e-9, side="right") / max(len(held), 1)
    hits = np.where(np.isnan(logs), np.nan, (lower <= share_pct).astype(float))
    places = daily.positions(counts, known["effective_date"]) - margin
    return by_chance(int((known["lower_elsewhere_pct"] <= share_pct).sum()), [hits] * len(known), places)


def back_by_chance(
    counts: pd.Series,
    recovery: pd.DataFrame,
    *,
    share: float,
    within_days: int,
    before_days: int = BEFORE_DAYS,
) -> Chance:
    """After how many truces the mean of 7 days was back at `share` of the level of the days before (14)
    within `within_days`, or before the next truce if that came first; of those that had a level to regain.
    `recovery`: the frame of `truce_recovery` with that share.

    A shifted truce on a date after so many days without an event has nothing to regain: it is none of the k
    there."""
    name = f"{100 * share:.0f}pct"
    known = recovery[recovery[f"days_{name}"].notna()]
    k = int((known[f"is_regained_{name}"] & (known[f"days_{name}"] <= within_days)).sum())
    numbers = daily.values(counts)
    level = circular_means(numbers, -before_days, -1)
    back = np.array(
        [
            circular_means(numbers, day - TRAILING_DAYS + 1, day)
            for day in range(TRAILING_DAYS, within_days + 1)
        ]
    )
    reached = np.maximum.accumulate(back >= share * level - 1e-9, axis=0).astype(float)
    hits = []
    for cut in known["censor_days"]:
        seen = (
            reached[min(int(cut), within_days) - TRAILING_DAYS]
            if cut >= TRAILING_DAYS
            else np.zeros(len(numbers))
        )
        hits.append(np.where(level > 0, seen, np.nan))
    return by_chance(k, hits, daily.positions(counts, known["effective_date"]))
