"""What a count "k of n" would be on other dates: the same calendar moved to every other day of the window, by the
rule of `shifts.circular_shifts`. Dates go round the window, the days around them do not: these are read in the
counts, the margin before the window too. A date for which they leave the counts is left out of that shift, and
the share of the others stands for all."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.timing.design import Design, margin_of
from escalation.timing.episodes import counted, day_sums, log_ratio, window_sums
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
    every day of the window (blank: left out there); `places`: where it stands."""
    if not len(places):
        return Chance(k, 0, *(float("nan"),) * 5)
    days = len(hits[0])
    moves = np.arange(1, days)
    shifted = hits_of_all([hit[(moves + place) % days] for hit, place in zip(hits, places, strict=True)])
    low, high = np.quantile(shifted, [0.05, 0.95], method="inverted_cdf") if len(shifted) else [np.nan] * 2
    known = np.concatenate(hits)
    rate = 100 * float(np.nanmean(known)) if not np.isnan(known).all() else float("nan")
    return Chance(
        k,
        len(places),
        float(shifted.mean()) if len(shifted) else float("nan"),
        float(low),
        float(high),
        tail_p(float(k), shifted) if len(shifted) else float("nan"),
        rate,
    )


def hits_of_all(moved: Sequence[Floats] | Floats) -> Floats:
    """How many of n dates hit, for each shift. `moved` (n, shifts): 1, 0 or blank. Where some are blank, the share
    of the others times n; a shift without any other is left out."""
    known = (~np.isnan(moved)).sum(axis=0)
    return np.asarray((np.nansum(moved, axis=0) * len(moved))[known > 0] / known[known > 0], dtype=float)


def in_windows(contrasts: pd.DataFrame) -> float:
    """Events in all windows that count, before and after together. `contrasts`: the frame of
    `episodes.contrast`."""
    return float(counted(contrasts)[["n_before", "n_after"]].to_numpy(dtype=float).sum())


def more_after(counts: pd.Series, length: int, design: Design) -> Floats:
    """1 on every day of the window on which an episode of this length would have more events in the days after
    it than in those before, else 0; blank where these leave the counts."""
    after, before = window_sums(daily.values(counts), length, design)
    hits = np.where(np.isnan(after + before), np.nan, after > before + 1e-9)
    return np.asarray(hits[margin_of(counts, design) :], dtype=float)


def rising_by_chance(counts: pd.Series, contrasts: pd.DataFrame, design: Design) -> Chance:
    """How many episodes had more events in the window after than before, of those that count, beside shifted
    calendars. `contrasts`: of `contrast`, for the same counts and design."""
    used = counted(contrasts)
    first = daily.positions(counts, used["date_first"])
    lengths = daily.positions(counts, used["date_last"]) - first + 1
    of_length = {int(length): more_after(counts, int(length), design) for length in np.unique(lengths)}
    k = int((used["n_after"] > used["n_before"]).sum())
    return by_chance(k, [of_length[int(length)] for length in lengths], first - margin_of(counts, design))


def not_falling_by_chance(counts: pd.Series, recovery: pd.DataFrame, design: Design) -> Chance:
    """After how many truces the 7 days after held no fewer events than the 7 before, of those that have both
    weeks, beside shifted calendars. `recovery`: the frame of `truce_recovery` of the same counts; of the design
    its first day."""
    known = recovery[recovery["is_fallen"].notna()]
    numbers, margin = daily.values(counts), margin_of(counts, design)
    after, before = day_sums(numbers, 1, TRAILING_DAYS), day_sums(numbers, -TRAILING_DAYS, -1)
    hits = np.where(np.isnan(after + before), np.nan, after >= before - 1e-9)[margin:]
    return by_chance(
        int((~known["is_fallen"].astype(bool)).sum()),
        [hits] * len(known),
        daily.positions(counts, known["effective_date"]) - margin,
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
    design: Design,
    *,
    share: float,
    within_days: int,
    before_days: int = BEFORE_DAYS,
) -> Chance:
    """After how many truces the mean of 7 days was back at `share` of the level of the days before (14)
    within `within_days`, or before the next truce if that came first; of those that had a level to regain.
    `recovery`: the frame of `truce_recovery` of the same counts with that share; of the design its first day.

    A shifted truce on a date after so many days without an event has nothing to regain, and is left out there,
    as it would be on its own date."""
    name = f"{100 * share:.0f}pct"
    known = recovery[recovery[f"days_{name}"].notna()]
    k = int((known[f"is_regained_{name}"] & (known[f"days_{name}"] <= within_days)).sum())
    numbers, margin = daily.values(counts), margin_of(counts, design)
    level = day_sums(numbers, -before_days, -1) / before_days
    trailing = range(TRAILING_DAYS, within_days + 1)
    means = np.array([day_sums(numbers, day - TRAILING_DAYS + 1, day) for day in trailing]) / TRAILING_DAYS
    reached = np.maximum.accumulate(means >= share * level - 1e-9, axis=0)
    hits = []
    for cut in known["censor_days"]:
        last = min(int(cut), within_days) - TRAILING_DAYS
        back = reached[last] if last >= 0 else np.zeros(len(numbers), dtype=bool)
        # what is back before the counts end is back, whatever they do not hold
        unseen = ~back & np.isnan(means[max(last, 0)])
        hits.append(np.where((level > 0) & ~unseen, back, np.nan)[margin:])
    return by_chance(k, hits, daily.positions(counts, known["effective_date"]) - margin)
