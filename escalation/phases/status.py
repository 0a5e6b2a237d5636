"""For each phase an arrow against the one before and a flag for what its last weeks announced: by rule, with
the reason."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from escalation.counts import daily

Status = Literal["deteriorated", "improved", "unchanged", "first"]
LAST_DAYS = 28


def status_of(ratio_low: float, ratio_high: float) -> Status:
    """deteriorated if the whole interval of the ratio to the phase before lies above 1, improved if below,
    else unchanged; first where there is no phase before (or it had no event)."""
    if np.isnan(ratio_low) or np.isnan(ratio_high):
        return "first"
    return "deteriorated" if ratio_low > 1 else "improved" if ratio_high < 1 else "unchanged"


def phase_status(
    counts: pd.Series, table: pd.DataFrame, *, unit: str, said: Callable[[float], str]
) -> pd.DataFrame:
    """The frame of `phase_table` with status, reason (a sentence made of the numbers; `unit` names what is
    counted, say "lethal events"; `said` writes a number as the rest of the report does), last_weeks_ratio
    (rate of the last 28 days to that of the days of the phase before them; blank in a phase shorter than 56
    days) and flag.

    flag: "risk" where those last weeks were at least 3/2 as violent, "opportunity" where at most 2/3, else
    "none". A flag reads the counts alone and foretells nothing."""
    numbers = daily.values(counts)
    first = daily.positions(counts, table["date_first"])
    ratios = []
    for start, length in zip(first, table["days"], strict=True):
        part = numbers[start : start + length]
        early, late = part[:-LAST_DAYS], part[-LAST_DAYS:]
        ratios.append(
            float(late.mean() / early.mean()) if len(part) >= 2 * LAST_DAYS and early.sum() > 0 else np.nan
        )
    statuses = [
        status_of(low, high) for low, high in zip(table["ratio_low"], table["ratio_high"], strict=True)
    ]
    reasons: list[str] = []
    for rate, ratio, low, high in zip(
        table["per_day"], table["ratio"], table["ratio_low"], table["ratio_high"], strict=True
    ):
        known = not np.isnan(low)
        than = (
            f"{said(ratio)} times the phase before (90 % interval {said(low)} to {said(high)})"
            if known
            else "with no phase before it"
        )
        than = "not to be compared with the phase before" if reasons and not known else than
        reasons.append(f"{said(rate)} {unit} a day, {than}")
    return table.assign(
        status=statuses,
        reason=reasons,
        last_weeks_ratio=ratios,
        flag=["risk" if ratio >= 3 / 2 else "opportunity" if ratio <= 2 / 3 else "none" for ratio in ratios],
    )


def truces_in_force(table: pd.DataFrame, truces: pd.DataFrame, *, end: str) -> pd.DataFrame:
    """Which truces were in force in each phase: phase, truce_ids (" | "), days_in_force (days of the phase on
    which at least one was). `truces`: truce_id, effective_date and the column named `end` (its last day;
    blank: still in force)."""
    starts = daily.numbers_of(truces["effective_date"])
    ends = np.array(
        [
            np.iinfo(np.int64).max if pd.isna(day) else daily.numbers_of(pd.DatetimeIndex([day]))[0]
            for day in truces[end]
        ]
    )
    rows = []
    for phase, first, last in zip(
        table["phase"],
        daily.numbers_of(table["date_first"]),
        daily.numbers_of(table["date_last"]),
        strict=True,
    ):
        inside = [
            name
            for name, a, b in zip(truces["truce_id"], starts, ends, strict=True)
            if a <= last and b >= first
        ]
        days = np.arange(first, last + 1)
        covered = ((days[:, None] >= starts) & (days[:, None] <= ends)).any(axis=1)
        rows.append({"phase": phase, "truce_ids": " | ".join(inside), "days_in_force": int(covered.sum())})
    return pd.DataFrame(rows)
