"""How many days lay between two things whose days are not known for certain."""

from typing import NamedTuple

import pandas as pd

from escalation.counts import daily
from escalation.errors import Refusal


class Lag(NamedTuple):
    """The fewest and the most days from the one to the other; negative if the other came first."""

    least: int
    most: int


def lag(
    earlier_first: pd.Timestamp,
    earlier_last: pd.Timestamp,
    later_first: pd.Timestamp,
    later_last: pd.Timestamp,
) -> Lag:
    """Days from one event to another, each known to lie between a first and a last day: from the latest start
    to the earliest follower, and from the earliest start to the latest follower."""
    a, b, c, d = daily.numbers_of(
        pd.DatetimeIndex([earlier_first, earlier_last, later_first, later_last])
    ).tolist()
    pairs = ((earlier_first, earlier_last), (later_first, later_last))
    problems = [f"lag: {last:%Y-%m-%d} is before {first:%Y-%m-%d}" for first, last in pairs if last < first]
    if problems:
        raise Refusal(problems)
    return Lag(c - b, d - a)
