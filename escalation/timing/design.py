"""What every comparison around talks rests on: one frozen object, handed from function to function."""

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from escalation.counts import daily
from escalation.errors import Refusal

Side = Literal["after", "before"]
Statistic = Literal["typical", "pooled"]
Anchor = Literal["both", "start", "end"]


@dataclass(frozen=True, kw_only=True)
class Design:
    """How the days around talks are compared; `dataclasses.replace` varies one choice. Raises Refusal for
    words that are none.

    - window_days: days in each of the two windows, 1 or more.
    - statistic: typical (mean of the episodes' log ratios, each alike) or pooled (ratio of the sums over
      episodes).
    - first_day: first day of the window within which calendars of talks are moved. Days of the counts before
      it are a margin, which windows read and to which no talks move. None: the counts have no margin.
    - side: after (days +1 … +w after the last day of talks against −w … −1 before the first) or before (−w …
      −1 against −2w … −w−1: was there a surge before the talks?).
    - talks_set: the name of the set of talks (see `escalation.events.talks`).
    - anchor: the days of talks that windows lie around: both (from the first to the last), start or end (that
      day alone).

    >>> Design(window_days=7, statistic="mean")
    Traceback (most recent call last):
    escalation.errors.Refusal: statistic 'mean': allowed are typical and pooled
    """

    window_days: int
    statistic: Statistic = "typical"
    first_day: str | pd.Timestamp | None = None
    side: Side = "after"
    talks_set: str = "primary"
    anchor: Anchor = "both"

    def __post_init__(self) -> None:
        problems = daily.whole("window_days", self.window_days, 1)
        if self.first_day is not None and pd.isna(pd.to_datetime(self.first_day, errors="coerce")):
            problems.append(f"first_day {self.first_day!r}: a date like 2019-04-27 is needed")
        for name, allowed in (("statistic", Statistic), ("side", Side), ("anchor", Anchor)):
            given, words = getattr(self, name), list(get_args(allowed))
            if given not in words:
                problems.append(f"{name} {given!r}: allowed are {', '.join(words[:-1])} and {words[-1]}")
        if problems:
            raise Refusal(problems)


def check_window(counts: pd.Series, design: Design) -> None:
    """Raises Refusal for windows longer than a third of the counts."""
    longest = len(counts) // 3
    if design.window_days > longest:
        raise Refusal(
            [
                f"window of {design.window_days} days: allowed are 1 to {longest} for a series of"
                f" {len(counts)} days"
            ]
        )


def margin_of(counts: pd.Series, design: Design) -> int:
    """How many days of the counts lie before `first_day`, 0 if none is given. Raises Refusal if it is not in
    the counts."""
    if design.first_day is None:
        return 0
    margin = int(daily.positions(counts, pd.DatetimeIndex([design.first_day]))[0])
    if not 0 <= margin < len(counts):
        covered = f"{counts.index[0]:%Y-%m-%d} to {counts.index[-1]:%Y-%m-%d}"
        raise Refusal(
            [f"window from {pd.Timestamp(design.first_day):%Y-%m-%d}: outside the counts ({covered})"]
        )
    return margin


def anchored(talks: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The talks (date_first, date_last) as the design's windows see them: whole, or as their first or last
    day alone."""
    match design.anchor:
        case "start":
            return talks.assign(date_last=talks["date_first"])
        case "end":
            return talks.assign(date_first=talks["date_last"])
        case _:
            return talks
