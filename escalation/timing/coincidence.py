"""How many rounds were followed by recorded violence the next day, and how many would be on any other
dates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.errors import Refusal
from escalation.timing.base_rates import by_chance


def followed(numbers: Floats, lags_days: Sequence[int]) -> Floats:
    """1 for each day with at least one event on any of the days that lie `lags_days` after it, else 0; blank
    where one of those days lies beyond the series and none of the others has an event."""
    padded = np.r_[numbers, np.full(max(lags_days), np.nan)]
    shifted = np.array([padded[lag : lag + len(numbers)] for lag in lags_days])
    seen = (shifted > 0).any(axis=0)
    return np.where(seen, 1.0, np.where(np.isnan(shifted).any(axis=0), np.nan, 0.0))


def coincidence(
    counts: pd.Series, days: pd.Series, *, lags_days: Sequence[int] = (1,), phases: pd.DataFrame | None = None
) -> pd.DataFrame:
    """k of n rounds with at least one recorded event `lags_days` after their day, beside what shifted
    calendars give.

    `days`: one date a round; blank dates are not counted. One row for the whole series (phase 0) and, if
    `phases` (phase, date_first, date_last) is given, one for each phase. Columns: phase, n, k, expected, low,
    high (mean and 5–95 % over all circular shifts, within the phase for a phase), p (two-sided, exact),
    base_rate_pct (share of all days that are so followed: the chance for a random day). Counts come by the
    day, so "within 24 hours" is day +1; never finer.

    >>> counts = pd.Series([0.0, 0.0, 1.0, 0.0, 2.0] * 8, index=pd.date_range("2020-01-01", periods=40))
    >>> days = pd.Series(pd.to_datetime(["2020-01-02", "2020-01-09", "2020-01-16"]))
    >>> coincidence(counts, days)
       phase  n  k  expected  low  high    p  base_rate_pct
    0      0  3  2  1.217949  0.0   2.0  0.8      41.025641
    """
    if not lags_days or min(lags_days) < 0:
        raise Refusal([f"lags {list(lags_days)}: at least one, none negative"])
    numbers = daily.values(counts)
    hits = followed(numbers, lags_days)
    known = days.dropna()
    places = daily.positions(counts, known)
    outside = int(((places < 0) | (places >= len(hits))).sum())
    if outside:
        raise Refusal([f"coincidence: {outside} of {len(known)} dates lie outside the counts"])
    spans = [(0, 0, len(hits))]
    if phases is not None:
        starts, ends = (
            daily.positions(counts, phases["date_first"]),
            daily.positions(counts, phases["date_last"]) + 1,
        )
        spans += [
            (int(name), int(a), int(b)) for name, a, b in zip(phases["phase"], starts, ends, strict=True)
        ]
    rows = []
    for name, a, b in spans:
        inside = places[(places >= a) & (places < b)] - a
        rows.append({"phase": name, **counted_hits(hits[a:b], inside)})
    return pd.DataFrame(rows)


def rate_before(
    counts: pd.Series, date: pd.Timestamp, *, weeks: int, lags_days: Sequence[int] = (1,)
) -> float:
    """The share of days, in per cent, that were followed by a recorded event, over the `weeks` before `date`:
    what a reader could have expected on that day. Days −7·weeks … −1 count; the last is followed by the date
    itself.

    The base rate of a phase that begins with the very event in question is circular; this one ends before it.
    Raises Refusal where these weeks are not all in the counts.

    >>> counts = pd.Series([0.0] * 7 + [1.0] * 7, index=pd.date_range("2020-01-01", periods=14))
    >>> rate_before(counts, pd.Timestamp("2020-01-10"),
    ...     weeks=1)  # 3 to 9 January; the days from the 7th on are followed by one
    42.857142857142854
    """
    numbers = daily.values(counts)
    place = int(daily.positions(counts, pd.DatetimeIndex([date]))[0])
    if weeks < 1 or place - 7 * weeks < 0 or place > len(numbers):
        raise Refusal([f"base rate before {date:%Y-%m-%d}: {weeks} weeks before it are not in the counts"])
    hits = followed(numbers[: place + 1], lags_days)[place - 7 * weeks : place]
    return 100 * float(np.nanmean(hits))


def counted_hits(hits: Floats, places: Ints) -> dict[str, float]:
    """One row of `coincidence`: the hits of the places against those of the same places moved around the
    window."""
    known = ~np.isnan(hits)
    places = places[known[places]]
    chance = by_chance(int(hits[places].sum()), [hits] * len(places), places)
    rate = 100 * float(hits[known].mean()) if known.any() else np.nan
    return {name: getattr(chance, name) for name in ("n", "k", "expected", "low", "high", "p")} | {
        "base_rate_pct": rate
    }


def coincidence_by_anchor(
    counts: pd.Series,
    talks: pd.DataFrame,
    *,
    anchors: Sequence[str] = ("date_first", "date_last"),
    lags_days: Sequence[int] = (1,),
    phases: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`coincidence` for each date column of `talks` in turn (first day, last day, day of the statement …):
    column anchor first, then those of `coincidence`."""
    parts = [
        coincidence(counts, talks[anchor], lags_days=lags_days, phases=phases).assign(anchor=anchor)
        for anchor in anchors
    ]
    joined = pd.concat(parts, ignore_index=True)
    return joined[["anchor", *[name for name in joined.columns if name != "anchor"]]]
