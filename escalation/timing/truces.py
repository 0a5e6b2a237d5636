"""What became of each truce: how long until violence was back at a share of what it had been."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.errors import Refusal
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import day_sums, log_ratio, placed, window_sums

BEFORE_DAYS = 14
TRAILING_DAYS = 7
SHARE = 0.5  # of the level before: the one that sentences speak of
WITHIN_DAYS = 14


def truce_recovery(
    counts: pd.Series,
    truces: pd.DataFrame,
    *,
    shares: Sequence[float] = (0.25, 0.5, 0.75),
    before_days: int = BEFORE_DAYS,
) -> pd.DataFrame:
    """One row a truce, in the order of its effective dates. `truces`: truce_id, effective_date.

    Columns: truce_id, effective_date, level_before (events a day over the `before_days` days before),
    level_week_before (over days −7 … −1; blank if cut), level_week (over days +1 … +7; blank if cut),
    is_fallen (level_week below level_week_before), first_event_days (days until the first recorded event,
    from +1; blank if none before the end), censor_days (days until the next truce took effect or the series
    ended), and for each share, say 50 %: days_50pct (first day on which the mean of the 7 days up to it is
    back at that share of level_before, or censor_days) and is_regained_50pct (false: censored). Windows lie
    wholly after the effective date, which is in neither level, so the smallest value is 7: "at most a week".
    A truce that begins without so many full days before it, or after so many without one event, has no level
    to regain: its days are blank.

    >>> counts = pd.Series([4.0] * 20 + [0.0] * 10 + [2.0] * 10 + [4.0] * 10,
    ...     index=pd.date_range("2020-01-01", periods=50))
    >>> truces = pd.DataFrame({"truce_id": ["T1"], "effective_date": pd.to_datetime(["2020-01-21"])})
    >>> truce_recovery(counts, truces, shares=[0.5]).T
                                         0
    truce_id                            T1
    effective_date     2020-01-21 00:00:00
    level_before                       4.0
    level_week_before                  4.0
    level_week                         0.0
    is_fallen                         True
    first_event_days                    10
    censor_days                         29
    days_50pct                          16
    is_regained_50pct                 True
    """
    numbers = daily.values(counts)
    n = len(numbers)
    ordered = truces.sort_values(["effective_date", "truce_id"])
    places = daily.positions(counts, ordered["effective_date"])
    outside = ordered.loc[(places < 0) | (places >= n), "truce_id"]
    if len(outside):
        raise Refusal([f"truce {name}: its effective date lies outside the counts" for name in outside])
    trailing = np.convolve(numbers, np.ones(TRAILING_DAYS), mode="valid") / TRAILING_DAYS
    rows = []
    for number, (name, date, start) in enumerate(
        zip(ordered["truce_id"], ordered["effective_date"], places.tolist(), strict=True)
    ):
        later = [place for place in places[number + 1 :].tolist() if place > start]
        end = min([n - 1, *later])
        events = np.flatnonzero(numbers[start + 1 : n] > 0)
        level = float(numbers[start - before_days : start].mean()) if start >= before_days else np.nan
        week = numbers[start + 1 : start + 1 + TRAILING_DAYS]
        eve = numbers[start - TRAILING_DAYS : start] if start >= TRAILING_DAYS else numbers[:0]
        cut = len(week) < TRAILING_DAYS or not len(eve)
        row: dict[str, object] = {
            "truce_id": name,
            "effective_date": date,
            "level_before": level,
            "level_week_before": float(eve.mean()) if len(eve) else np.nan,
            "level_week": float(week.mean()) if len(week) == TRAILING_DAYS else np.nan,
            "is_fallen": None if cut else bool(week.sum() < eve.sum() - 1e-9),
            "first_event_days": int(events[0]) + 1 if len(events) else None,
            "censor_days": end - start,
        }
        # trailing[i] is the mean of days i … i+6, known on day i+6
        means = trailing[start + 1 : end - TRAILING_DAYS + 2]
        for share in shares:
            back = np.flatnonzero(means >= share * level - 1e-9)
            days = int(back[0]) + TRAILING_DAYS if len(back) else end - start
            row[f"days_{100 * share:.0f}pct"] = days if level > 0 else None
            row[f"is_regained_{100 * share:.0f}pct"] = bool(len(back)) if level > 0 else None
        rows.append(row)
    whole = ["first_event_days", "censor_days", *(f"days_{100 * share:.0f}pct" for share in shares)]
    flags = [f"is_regained_{100 * share:.0f}pct" for share in shares]
    pairs = [name for both in zip(whole[2:], flags, strict=True) for name in both]
    levels = ["level_before", "level_week_before", "level_week", "is_fallen"]
    table = pd.DataFrame(rows, columns=["truce_id", "effective_date", *levels, *whole[:2], *pairs])
    return table.astype(
        {name: "Int64" for name in whole} | {name: "boolean" for name in ["is_fallen", *flags]}
    )


def as_talks(truces: pd.DataFrame) -> pd.DataFrame:
    """Truces in the form of talks (talk_id, date_first, date_last: the effective date, which is in neither
    window), so that they go through the very comparison that talks go through: `episodes`, `estimate`,
    `strata`."""
    return pd.DataFrame(
        {
            "talk_id": truces["truce_id"],
            "date_first": truces["effective_date"],
            "date_last": truces["effective_date"],
        }
    )


def truce_rows(counts: pd.Series, truces: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Did it fall, by how much, for how long, and what do other dates give? One row a truce, by effective
    date.

    `truces`: truce_id, effective_date. Columns: truce_id, effective_date; n_before, n_after (events in the
    design's window before and after; blank where the counts do not hold it), ratio (½ added to both),
    is_fallen (fewer after than before); below_days (of those that fell: on how many days in a row after it
    the mean of the window up to that day stayed below that of the window before, counted from the
    effective date, so no fewer than the window; 0: never fell) and is_back (false: still below when the
    next truce took effect or the counts ended); lower_elsewhere_pct (share of all days of the design's
    window on which the ratio is at least as low) and fallen_elsewhere_pct (on which there are fewer after
    than before)."""
    check_window(counts, design)
    numbers, width, margin = daily.values(counts), design.window_days, margin_of(counts, design)
    ordered = truces.sort_values(["effective_date", "truce_id"])
    places, _ = placed(counts, as_talks(ordered), design)
    after, before = window_sums(numbers, 1, design)
    logs = log_ratio(after, before)
    elsewhere = np.flatnonzero(~np.isnan(logs) & (np.arange(len(numbers)) >= margin))
    up_to = day_sums(numbers, 1 - width, 0)
    rows = []
    for name, date, place in zip(
        ordered["truce_id"], ordered["effective_date"], places.tolist(), strict=True
    ):
        known = bool(~np.isnan(logs[place]))
        fallen = bool(after[place] < before[place] - 1e-9) if known else None
        end = min([len(numbers) - 1, *(other for other in places.tolist() if other > place)])
        days = up_to[place + width : end + 1]
        back = np.flatnonzero(days >= before[place] - 1e-9) if fallen else np.array([], dtype=int)
        below = (width + int(back[0]) - 1 if len(back) else end - place) if fallen else 0
        rows.append(
            {
                "truce_id": name,
                "effective_date": date,
                "n_before": before[place],
                "n_after": after[place],
                "ratio": float(np.exp(logs[place])),
                "is_fallen": fallen,
                "below_days": below if known else None,
                "is_back": (bool(len(back)) if fallen else None) if known else None,
                "lower_elsewhere_pct": (
                    100 * float((logs[elsewhere] <= logs[place] + 1e-9).mean()) if known else np.nan
                ),
                "fallen_elsewhere_pct": (
                    100 * float((after[elsewhere] < before[elsewhere] - 1e-9).mean()) if known else np.nan
                ),
            }
        )
    columns = ["truce_id", "effective_date", "n_before", "n_after", "ratio", "is_fallen", "below_days",
        "is_back",
               "lower_elsewhere_pct", "fallen_elsewhere_pct"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype(
        {"is_fallen": "boolean", "below_days": "Int64", "is_back": "boolean"}
    )


def truce_curves(
    counts: pd.Series, truces: pd.DataFrame, design: Design, *, first: int = -14, last: int = 28
) -> pd.DataFrame:
    """A small curve for each truce: truce_id, day (`first` … `last` from its effective date), count, mean
    (events a day over the design's window up to that day), before (the same up to the day before the
    truce). Days that the counts do not hold are left out."""
    numbers, width = daily.values(counts), design.window_days
    ordered = truces.sort_values(["effective_date", "truce_id"])
    places, _ = placed(counts, as_talks(ordered), design)
    up_to = day_sums(numbers, 1 - width, 0) / width
    parts = []
    for name, place in zip(ordered["truce_id"], places.tolist(), strict=True):
        days = np.arange(max(first, -place), min(last, len(numbers) - 1 - place) + 1)
        before = up_to[place - 1] if place else np.nan
        parts.append(
            pd.DataFrame(
                {
                    "truce_id": name,
                    "day": days,
                    "count": numbers[place + days],
                    "mean": up_to[place + days],
                    "before": before,
                }
            )
        )
    empty = pd.DataFrame({"truce_id": [], "day": [], "count": [], "mean": [], "before": []})
    return pd.concat(parts, ignore_index=True) if parts else empty
