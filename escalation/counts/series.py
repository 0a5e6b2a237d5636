"""Event frames → daily counts by governorate, with zeros written out and unknown kept apart from zero."""

from typing import Any

import numpy as np
import pandas as pd

from escalation.cases import Case
from escalation.errors import Refusal
from escalation.spelling import fold, same_as

CELL_DEGREES = 0.1


def in_area(events: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The events of the case's area and counting window (from `margin_start`), `governorate` under our names
    of the parts of the area.

    A part told by governorate comes before one told by country, that before a box: the more exact word
    decides."""
    named = events.assign(governorate=_part_of_area(events, case))
    inside = named["governorate"].notna() & named["date_first"].between(
        pd.Timestamp(case.margin_start), pd.Timestamp(case.end)
    )
    return named[inside].reset_index(drop=True)


def _part_of_area(events: pd.DataFrame, case: Case) -> pd.Series:
    part = events["governorate"].map(case.parts_of(_distinct(events["governorate"]))).astype("object")
    if case.countries:
        part = part.fillna(
            events["country"]
            .map(case.parts_of(_distinct(events["country"]), countries=True))
            .astype("object")
        )
    for name, (south, west, north, east) in case.boxes.items():
        part = part.mask(
            part.isna() & events["lat"].between(south, north) & events["lon"].between(west, east), name
        )
    return part.astype("str")


def of_the_war(events: pd.DataFrame, case: Case) -> pd.Series:
    """True for state-based events between the sides of the case (UCDP), and for events of its types with one
    of its actors (ACLED). Names are compared folded (`spelling.fold`); an actor's begins like one of the
    case's."""

    def is_one(column: str, names: tuple[str, ...]) -> pd.Series:
        return events[column].isin(same_as(_distinct(events[column]), {name: (name,) for name in names}))

    war = (
        (events["violence"] == "state")
        & is_one("conflict", case.ucdp.conflict)
        & is_one("side_b", case.ucdp.side_b)
    )
    if case.acled is not None and "event_type" in events:
        begins = tuple(fold(name) for name in case.acled.actors)
        ours = {
            name
            for side in ("side_a", "side_b")
            for name in _distinct(events[side])
            if fold(name).startswith(begins)
        }
        war |= is_one("event_type", case.acled.event_types) & (
            events["side_a"].isin(ours) | events["side_b"].isin(ours)
        )
    return war.rename("of_the_war")


def _distinct(names: pd.Series) -> list[str]:
    return [str(name) for name in names.dropna().unique()]


def grid(first: Any, last: Any, governorates: list[str]) -> pd.MultiIndex:
    """Every day of the window times every governorate."""
    return pd.MultiIndex.from_product(
        [pd.date_range(first, last), governorates], names=["date", "governorate"]
    )


def ucdp_daily(events: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Daily counts by governorate from an event frame already `in_area`.

    Columns: date, governorate, events_state (the war's own), events_state_inexact (of these, dated to more
    than one day or with precision code above 1), events_state_precision_unknown, events_all (every kind of
    organised violence), fatalities_best/low/high (of the war's events), civilians (of the war's events;
    missing where one event's count is unknown), civilians_known_events and, over these events alone,
    civilians_known and fatalities_known (best estimate): the two halves of a split that is known. Each event
    counts on its first day.

    >>> case = Case(title="Example", place="Northland", war="a war", start="2020-01-01", end="2020-01-02",
    ...     margin_start="2020-01-01",
    ...             ucdp={"conflict": ["Northland"], "side_b": ["Rebels"]},
    ...             governorates={"North": ["North Province"]})
    >>> days = pd.to_datetime(["2020-01-01", "2020-01-01", "2020-01-02"])
    >>> events = pd.DataFrame({"date_first": days, "date_last": days, "governorate": ["North Province",
    ...     "North Province", "Elsewhere"],
    ...                        "country": "Northland", "lat": 0.0, "lon": 0.0, "violence": "state",
    ...                        "conflict": "Northland",
    ...                        "side_b": "Rebels", "best": 3, "low": 2, "high": 4})
    >>> events = events.assign(date_precision=pd.array([1, 2, 1], "Int64"), civilians=pd.array([1, None, 0],
    ...     "Int64"))
    >>> daily = ucdp_daily(in_area(events, case), case)
    >>> daily[["date", "events_state", "events_state_inexact", "fatalities_best"]]
            date  events_state  events_state_inexact  fatalities_best
    0 2020-01-01             2                     1                6
    1 2020-01-02             0                     0                0
    >>> daily["civilians"].tolist()
    [<NA>, <NA>]
    """
    war = of_the_war(events, case)
    span = (events["date_last"] - events["date_first"]).dt.days
    exactness, known = events["date_precision"], events["civilians"].notna()
    rows = pd.DataFrame(
        {
            "date": events["date_first"],
            "governorate": events["governorate"],
            "events_state": war.astype(int),
            "events_state_inexact": (war & ((span > 0) | (exactness.fillna(1) > 1))).astype(int),
            "events_state_precision_unknown": (war & exactness.isna()).astype(int),
            "events_all": 1,
            **{
                f"fatalities_{name}": events[name].where(war, 0).astype("int64")
                for name in ("best", "low", "high")
            },
            "civilians": events["civilians"].where(war, 0).fillna(0).astype("int64"),
            "civilians_known_events": (war & known).astype(int),
            "civilians_known": events["civilians"].where(war & known, 0).astype("int64"),
            "fatalities_known": events["best"].where(war & known, 0).astype("int64"),
        }
    )
    daily = (
        rows.groupby(["date", "governorate"])
        .sum()
        .reindex(grid(case.margin_start, case.end, case.areas), fill_value=0)
        .astype("Int64")
    )
    unknown = (daily["civilians_known_events"] < daily["events_state"]) | _after_last_known(daily)
    return daily.assign(civilians=daily["civilians"].mask(unknown)).reset_index()


def ucdp_control_daily(events: pd.DataFrame, case: Case) -> pd.DataFrame:
    """What the area is compared with: the same war outside it, by day, from all events of `counts.ucdp` for
    the case (not `in_area`).

    Columns: date (every day from `margin_start` to `end`), events, events_inexact (of these, dated to more
    than one day or with precision code above 1), fatalities_best/low/high. Each event counts on its first
    day. No rows for a war that was fought nowhere else: that case has no control."""
    elsewhere = events[of_the_war(events, case) & _part_of_area(events, case).isna()]
    days = pd.date_range(case.margin_start, case.end, name="date")
    outside = elsewhere[elsewhere["date_first"].isin(days)]
    columns = ["events", "events_inexact", "fatalities_best", "fatalities_low", "fatalities_high"]
    if outside.empty:
        return pd.DataFrame(
            {"date": pd.DatetimeIndex([])} | {name: pd.array([], "Int64") for name in columns}
        )
    span = (outside["date_last"] - outside["date_first"]).dt.days
    rows = pd.DataFrame(
        {
            "date": outside["date_first"],
            "events": 1,
            "events_inexact": ((span > 0) | (outside["date_precision"].fillna(1) > 1)).astype(int),
            **{f"fatalities_{name}": outside[name] for name in ("best", "low", "high")},
        }
    )
    return rows.groupby("date").sum().reindex(days, fill_value=0).astype("Int64").reset_index()


def _after_last_known(daily: pd.DataFrame) -> pd.Series:
    """Days after the last one for which the file knows any civilian count: there a day without events is zero
    all the same, but a total over days is not, so the column ends."""
    known = daily.index.get_level_values("date")[daily["civilians_known_events"] > 0]
    last = known.max() if len(known) else pd.Timestamp.min
    return pd.Series(daily.index.get_level_values("date") > last, index=daily.index)


def ucdp_date_spans(events: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The war's events that are dated to more than one day, counted by first day, length and governorate:
    date, governorate, span_days (2 = two days), events, fatalities_best/low/high, civilians_known_events and,
    over these events alone, civilians_known and fatalities_known: what a stricter demand on dates takes away
    from `ucdp_daily`."""
    inexact = events[of_the_war(events, case) & (events["date_last"] > events["date_first"])]
    known = inexact["civilians"].notna()
    counted = inexact.assign(
        span_days=(inexact["date_last"] - inexact["date_first"]).dt.days + 1,
        date=inexact["date_first"],
        civilians_known_events=known.astype(int),
        civilians_known=inexact["civilians"].fillna(0),
        fatalities_known=inexact["best"].where(known, 0),
    )
    sums = {f"fatalities_{name}": (name, "sum") for name in ("best", "low", "high")}
    sums |= {
        name: (name, "sum") for name in ("civilians_known_events", "civilians_known", "fatalities_known")
    }
    return counted.groupby(["date", "governorate", "span_days"], as_index=False).agg(
        events=("best", "size"), **sums
    )


SPANS = (
    (1, 1),
    (6, 2),
    (7, 3),
    (31, 4),
)  # days at most, and UCDP's code of date precision for them; 5 beyond


def precision_of(span_days: pd.Series) -> pd.Series:
    """UCDP's code of date precision (1 to 5) that an interval of so many days can have at best.

    >>> precision_of(pd.Series([1, 5, 7, 28, 90])).tolist()
    [1, 2, 3, 4, 5]
    """
    code = pd.Series(5, index=span_days.index, dtype="Int64")
    for days, precision in reversed(SPANS):
        code = code.mask(span_days <= days, precision)
    return code


def dated_within(events: pd.DataFrame, max_date_precision: int) -> pd.Series:
    """True for events dated at least so exactly: by the worse of the code they carry and the length of their
    interval. An event without a code is judged by its interval."""
    of_span = precision_of((events["date_last"] - events["date_first"]).dt.days + 1)
    worse = of_span.where(
        events["date_precision"].isna() | (of_span > events["date_precision"]), events["date_precision"]
    )
    return (worse <= max_date_precision).astype(bool)


def without_inexact(daily: pd.DataFrame, spans: pd.DataFrame, max_date_precision: int) -> pd.DataFrame:
    """`ucdp_daily` without the war's events that are dated less exactly than UCDP's code `max_date_precision`
    allows, by `ucdp_date_spans`."""
    gone = (
        spans[precision_of(spans["span_days"]) > max_date_precision]
        .drop(columns="span_days")
        .groupby(["date", "governorate"])
        .sum()
    )
    kept = daily.set_index(["date", "governorate"])
    less = gone.reindex(kept.index, fill_value=0)
    same = [
        "fatalities_best", "fatalities_low", "fatalities_high", "civilians_known_events",
        "civilians_known", "fatalities_known",
    ]  # fmt: skip
    of_events = ["events_state", "events_state_inexact", "events_all"]
    kept = kept.assign(
        **{name: kept[name] - less[name] for name in same},
        **{name: kept[name] - less["events"] for name in of_events},
        civilians=kept["civilians"] - less["civilians_known"],
    )
    return kept.reset_index()


def ucdp_cells(events: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The war's events by first day, length of the date and 0.1° cell (south-west corner; blank where an
    event has no place), for maps.

    Columns: date, span_days (1: dated to one day), cell_lat, cell_lon, events, fatalities_best/low/high."""
    war = events[of_the_war(events, case)]

    def corner(degrees: pd.Series) -> pd.Series:
        cells: pd.Series = (np.floor(degrees / CELL_DEGREES + 1e-9) * CELL_DEGREES).round(1)
        return cells

    return (
        war.assign(
            date=war["date_first"],
            span_days=(war["date_last"] - war["date_first"]).dt.days + 1,
            cell_lat=corner(war["lat"].where(war["has_place"])),
            cell_lon=corner(war["lon"].where(war["has_place"])),
        )
        .groupby(["date", "span_days", "cell_lat", "cell_lon"], as_index=False, dropna=False)
        .agg(
            events=("best", "size"),
            fatalities_best=("best", "sum"),
            fatalities_low=("low", "sum"),
            fatalities_high=("high", "sum"),
        )
    )


def airwars_daily(counts: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Airwars counts with every day of the window written out: date, governorate and the five counts; a day
    without a row is a zero, since the source covers the window."""
    named = counts.assign(
        governorate=counts["governorate"].map(case.parts_of(_distinct(counts["governorate"])))
    )
    values = [column for column in counts.columns if column not in ("date", "governorate")]
    return (
        named.dropna(subset=["governorate"])
        .groupby(["date", "governorate"])[values]
        .sum()
        .reindex(grid(case.start, case.end, case.areas), fill_value=0)
        .astype("Int64")
        .reset_index()
    )


def doubts(events: pd.DataFrame) -> dict[str, int]:
    """How many events carry a known oddity, by reason; none is dropped for it."""
    return {
        "low above best": int((events["low"] > events["best"]).sum()),
        "best above high": int((events["best"] > events["high"]).sum()),
        "dated to more than one day": int((events["date_last"] > events["date_first"]).sum()),
        "date precision unknown": int(events["date_precision"].isna().sum()),
        "civilian deaths unknown": int(events["civilians"].isna().sum()),
    }


def total(
    daily: pd.DataFrame, column: str, *, start: Any, end: Any, governorates: list[str] | None = None
) -> pd.Series:
    """One count a day over the area: Series on a gapless DatetimeIndex from `start` to `end`. A day is
    missing where a governorate's value is unknown. Raises Refusal where the window leaves the table.

    >>> days = pd.date_range("2020-01-01", periods=3)
    >>> daily = pd.DataFrame({"date": days.repeat(2), "governorate": ["North", "South"] * 3,
    ...     "events": pd.array([1, 0, 2, None, 0, 4], "Int64")})
    >>> total(daily, "events", start="2020-01-01", end="2020-01-03")
    2020-01-01    1.0
    2020-01-02    NaN
    2020-01-03    4.0
    Freq: D, Name: events, dtype: float64
    >>> total(daily, "events", start="2020-01-02", end="2020-01-03", governorates=["North"])
    2020-01-02    2.0
    2020-01-03    0.0
    Freq: D, Name: events, dtype: float64
    >>> total(daily, "events", start="2020-01-01", end="2020-02-01")
    Traceback (most recent call last):
    escalation.errors.Refusal: window 2020-01-01 to 2020-02-01 leaves the daily counts of events (2020-01-01
    to 2020-01-03)
    """
    rows = daily if governorates is None else daily[daily["governorate"].isin(governorates)]
    window = pd.date_range(start, end)
    if rows.empty or window[0] < rows["date"].min() or window[-1] > rows["date"].max():
        have = "no rows" if rows.empty else f"{rows['date'].min():%Y-%m-%d} to {rows['date'].max():%Y-%m-%d}"
        raise Refusal(
            f"window {window[0]:%Y-%m-%d} to {window[-1]:%Y-%m-%d} leaves the daily counts of {column}"
            f" ({have})"
        )
    by_day = rows.groupby("date")[column].sum(skipna=False)
    return by_day.reindex(window).astype("float64").rename(column)
