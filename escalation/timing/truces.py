"""What became of each truce: how long until violence was back at a share of what it had been."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation import daily
from escalation.errors import Refusal

BEFORE_DAYS = 14
TRAILING_DAYS = 7


def truce_recovery(counts: pd.Series, truces: pd.DataFrame, *, shares: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
    """One row a truce, in the order of its effective dates. `truces`: truce_id, effective_date.

    Columns: truce_id, effective_date, level_before (events a day over the 14 days before), level_week_before (over days −7 … −1;
    blank if cut), level_week (over days +1 … +7; blank if cut), is_fallen (level_week below level_week_before), first_event_days (days until the first recorded event, from +1; blank if none before the end),
    censor_days (days until the next truce took effect or the series ended), and for each share, say 50 %: days_50pct
    (first day on which the mean of the 7 days up to it is back at that share of level_before, or censor_days) and
    is_regained_50pct (false: censored). Windows lie wholly after the effective date, which is in neither level, so the
    smallest value is 7: "at most a week". A truce that begins without 14 full days before it, or after 14 days without
    one event, has no level to regain: its days are blank.

    >>> counts = pd.Series([4.0] * 20 + [0.0] * 10 + [2.0] * 10 + [4.0] * 10, index=pd.date_range("2020-01-01", periods=50))
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
    for number, (name, date, start) in enumerate(zip(ordered["truce_id"], ordered["effective_date"], places.tolist(), strict=True)):
        later = [place for place in places[number + 1 :].tolist() if place > start]
        end = min([n - 1, *later])
        events = np.flatnonzero(numbers[start + 1 : n] > 0)
        level = float(numbers[start - BEFORE_DAYS : start].mean()) if start >= BEFORE_DAYS else np.nan
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
    return table.astype({name: "Int64" for name in whole} | {name: "boolean" for name in ["is_fallen", *flags]})
