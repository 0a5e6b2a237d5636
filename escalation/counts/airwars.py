"""Airwars daily counts: incidents of alleged civilian harm, by day and governorate."""

from pathlib import Path

import pandas as pd

from escalation.counts.columns import require
from escalation.counts.event_file import Check, Query, is_day, scan, text
from escalation.counts.formats import opened

COUNTS = (
    "incidents",
    "incidents_fair_or_confirmed",
    "incidents_contested",
    "civilians_killed_min",
    "civilians_killed_max",
)


def read(file: Path) -> pd.DataFrame:
    """Columns date (datetime64), governorate (as spelt there) and the counts (Int64), a row for each day and
    governorate with incidents. Raises Refusal, all at once, for missing columns, unreadable dates or numbers,
    a least above the most, or a day that stands twice."""
    with opened(file) as found:
        require(found, ("date", "governorate", *COUNTS), "Airwars' daily counts")
        frame, _ = scan(found, _query())
    counts = {name: frame[f"n_{name}"].round().astype("Int64") for name in COUNTS}
    return pd.DataFrame(
        {"date": frame["day"].astype("datetime64[us]"), "governorate": frame["place"].astype("str"), **counts}
    )


def _query() -> Query:
    return Query(
        columns=("date", "governorate", *COUNTS),
        numbers=COUNTS,
        days=("date",),
        values={
            "day": "day(date)",
            "place": text("governorate"),
            "day_and_governorate": "strftime(day, '%Y-%m-%d') || ' ' || place",
            **{f"n_{name}": f"num({name})" for name in COUNTS},
        },
        keep="true",
        checks=(
            Check("date", is_day("day"), "a date like 2019-04-27"),
            Check("governorate", "place is not null", "a name"),
            *(
                Check(
                    name,
                    f"num({name}) between 0 and 1e9 and num({name}) = floor(num({name}))",
                    "a whole number from 0",
                )
                for name in COUNTS
            ),
            Check(
                "civilians_killed_max",
                "coalesce(n_civilians_killed_max >= n_civilians_killed_min, true)",
                "not below civilians_killed_min",
            ),
        ),
        key=("day_and_governorate", "date and governorate"),
        dated="day",
    )
