"""ACLED exports → event frame: current and older columns, dates like 2019-05-14 and 14 May 2019.

ACLED data may not be passed on. Their rows stay in memory: what is written, and only into the folder that the
user names, are counts by day and part of the area. Whoever shows these counts must name ACLED, the day of
access and the filters (`attribution`).

Source of the columns: ACLED Codebook (time_precision 1 = exact day, 2 = week, 3 = month; fatalities are
reported ones, one number an event). ACLED does not count civilians apart, so their number is known only where
nobody was killed.
"""

from pathlib import Path

import pandas as pd

from escalation.cases import Case
from escalation.counts import names
from escalation.counts.columns import can_tell, require
from escalation.counts.event_file import (
    PLACE,
    Check,
    Query,
    among,
    frame_of,
    is_day,
    may_concern,
    people,
    place_values,
    text,
    typed_as_event,
    within,
)
from escalation.counts.formats import EventFile, literal, opened
from escalation.errors import Refusal
from escalation.findings import day, days

NEEDED = ("event_date", "event_type", "actor1", "fatalities", "latitude", "longitude")
IDS = ("event_id_cnty", "data_id")
OPTIONAL = ("actor2", "time_precision", "geo_precision", "country", "admin1")
# what is counted beside the war itself: organised violence, not protest or a change of position
VIOLENT = ("Battles", "Explosions/Remote violence", "Violence against civilians")
PRECISION = {1: 1, 2: 3, 3: 4}  # ACLED's day, week, month as UCDP's codes
CITATION = (
    "Raleigh, Clionadh, Roudabeh Kishi and Andrew Linke (2023). Political instability patterns are obscured"
    " by conflict dataset scope conditions, sources, and coding choices. Humanities and Social Sciences"
    " Communications 10."
)
_FORMS = ["%d %B %Y", "%d %b %Y", "%d-%B-%Y", "%d-%b-%Y", "%B %d, %Y", "%b %d, %Y"]
_DAY = "a date like 2019-05-14 or 14 May 2019"


def read(file: Path, case: Case | None = None) -> pd.DataFrame:
    """The event frame of an ACLED export; with a `case` only the events of its area and counting window.

    Raises Refusal, all at once, for missing columns, unreadable dates or numbers, or repeated events (an
    export by actor has each event twice), and for names of the case that the file does not have, or has under
    a near spelling (`counts.names`). `frame.attrs`: rows_in, first_day and last_day of the whole file; with a
    case `remarks`, sentences on how its names were found.

    >>> from tempfile import TemporaryDirectory
    >>> columns = "event_id_cnty,event_date,event_type,actor1,fatalities,latitude,longitude"
    >>> def reading(row):
    ...     with TemporaryDirectory() as folder:
    ...         file = Path(folder, "export.csv")
    ...         _ = file.write_text(columns + "\\n" + row)
    ...         return read(file)[["event_id", "date_first", "event_type", "best"]]
    >>> reading("X1,14 May 2020,Battles,Army,2,1.5,2.5")
      event_id date_first event_type  best
    0       X1 2020-05-14    Battles     2
    >>> reading("X1,May,Battles,Army,-2,1.5,2.5")
    Traceback (most recent call last):
    escalation.errors.Refusal: export.csv, row 2, column event_date: 'May'; allowed: a date like 2019-05-14 or
    14 May 2019 export.csv, row 2, column fatalities: '-2'; allowed: a whole number from 0 to 1,000,000; if it
    stands for unknown, ask its publisher for the number or leave the row out
    """
    with opened(file) as found:
        return of(found, case)


def of(file: EventFile, case: Case | None = None) -> pd.DataFrame:
    """The same of an opened file."""
    identifier = next((name for name in IDS if name in file.columns), IDS[0])
    require(file, [identifier, *NEEDED], "an ACLED export")
    if case is not None:
        can_tell(file, case, governorate="admin1", country="country")
    try:
        return frame_of(
            file,
            case,
            lambda case: _query(identifier, case),
            _typed,
            lambda found, case: names.of_acled(file.name, found, case, violent=VIOLENT),
        )
    except Refusal as refusal:
        twice = any(f"each {identifier} once" in line for line in refusal.problems)
        hint = (
            [f"{file.name}: has events twice; export it with one row an event (dyadic), not one an actor"]
            if twice
            else []
        )
        raise Refusal([*refusal.problems, *hint]) from None


def _query(identifier: str, case: Case | None) -> Query:
    precision = " ".join(f"when {theirs} then {ours}" for theirs, ours in PRECISION.items())
    return Query(
        columns=(identifier, *NEEDED, *OPTIONAL),
        numbers=("fatalities", "latitude", "longitude", "time_precision", "geo_precision"),
        days=(),
        values={
            "event_id": text(identifier),
            "date_first": (
                f"coalesce(iso_day(event_date), try_strptime({text('event_date')},"
                f" [{', '.join(map(literal, _FORMS))}])::date)"
            ),
            "date_precision": f"case num(time_precision) {precision} end",
            "governorate": text("admin1"),
            "place_country": text("country"),
            "lat": "degrees(latitude)",
            "lon": "degrees(longitude)",
            "place_known": (
                "degrees(latitude) is not null and degrees(longitude) is not null and"
                " coalesce(nullif(num(geo_precision), 'nan'::double), 1) <= 2"
            ),
            "side_a": text("actor1"),
            "side_b": text("actor2"),
            # until 2019 battles had three names and remote violence another one
            "kind": (
                f"case when {text('event_type')} ilike 'battle%' then 'Battles' when {text('event_type')}"
                f" ilike '%remote violence' then 'Explosions/Remote violence' when {text('event_type')} ilike"
                " 'violence against civilians' then 'Violence against civilians' else"
                f" {text('event_type')} end"
            ),
            "deaths": "num(fatalities)",
            **place_values(case),
        },
        keep=within(case) if case is None else f"({within(case)} and {among('kind', types(case))})",
        checks=(
            Check("event_date", is_day("date_first"), _DAY),
            Check(
                "time_precision",
                "blank(time_precision) or num(time_precision) in (1, 2, 3)",
                "1 to 3, or nothing",
            ),
            Check("event_type", "kind is not null", "a type of event"),
            people("fatalities"),
            *PLACE,
        ),
        key=("event_id", identifier),
        dated="date_first",
        names=(
            ("governorate", "place_country", "side_a", "side_b", "kind", "in_window", "box") if case else ()
        ),
        concerns=may_concern(case, "false"),
    )


def types(case: Case) -> list[str]:
    """The types of event that are counted for a case."""
    return sorted({*VIOLENT, *(case.acled.event_types if case.acled else ())})


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    deaths = found["deaths"]
    events = found.assign(date_last=found["date_first"], civilians=deaths.where(deaths.round() == 0))
    return typed_as_event(events.assign(best=deaths, low=deaths, high=deaths), {"kind": "event_type"})


def attribution(*, accessed: str, case: Case) -> str:
    """The line that ACLED's terms of use ask for beside whatever is made of its data: source, address, day of
    access, filters, and what was done with them."""
    actors = f"; actors named {', '.join(case.acled.actors)}" if case.acled else ""
    return (
        f"Armed Conflict Location & Event Data (ACLED), acleddata.com, accessed {day(accessed)}. Filters:"
        f" {', '.join(case.areas)}; {days(case.margin_start, case.end)}; {', '.join(types(case))}{actors}."
        " Counted by day and part of the area by this project."
    )
