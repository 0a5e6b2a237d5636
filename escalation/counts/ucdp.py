"""UCDP Georeferenced Event Dataset (GED) files → event frame: GED 20.1 to 26.1, candidate events (versions
like 26.0.9), and the special releases of single countries; csv, csv.gz or zip.

Source of the columns: Högbladh, UCDP GED Codebook (date_prec 1 = exact day, 2 = two to six days, 3 = week, 4
= month, 5 = year; where_prec 1 = exact place, 2 = within 25 km, 3 = district, 4 = province, 5 = a line or an
area without bounds, 6 = country, 7 = sea or air; type_of_violence 1 = state-based, 2 = non-state, 3 =
one-sided). What changed between the versions (identifiers of conflicts and sides, `active_year`,
`code_status`, times behind the dates) is nothing that is read here.
"""

from dataclasses import replace
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
    scan,
    text,
    typed_as_event,
    within,
)
from escalation.counts.formats import EventFile, literal, opened

REQUIRED = (
    "id", "type_of_violence", "conflict_name", "side_a", "side_b", "latitude", "longitude", "date_start",
    "best", "high", "low",
)  # fmt: skip
OPTIONAL = ("adm_1", "country", "where_prec", "date_end", "date_prec", "deaths_civilians")
VIOLENCE = {"1": "state", "2": "non_state", "3": "one_sided"}
EARLIER = {"best_est": "best", "high_est": "high", "low_est": "low"}  # names of GED 5.0 and before
# days from start to end: UCDP keeps events within a year, and code 1 is for a day
LONGEST, LONGEST_EXACT = 731, 31
DAY = "a date like 2019-04-27"


def read(file: Path, case: Case | None = None) -> pd.DataFrame:
    """The event frame of a GED file; with a `case` only the events of its area and counting window, and those
    of its war elsewhere in that window (a control for the area: `series.ucdp_control_daily`), whatever the
    size of the file.

    Raises Refusal, all at once, for missing columns, unreadable dates or numbers, an end before its start, or
    repeated ids (among the events that are kept), and for names of the case that the file does not have, or
    has under a near spelling (`counts.names`). `frame.attrs`: rows_in, first_day and last_day of the whole
    file; with a case `remarks`, sentences on how its names were found."""
    with opened(file) as found:
        return of(found, case)


def survey(file: Path) -> pd.DataFrame:
    """The event frame of a whole GED file to choose a war from: rows with mistakes are left out, since they may be
    those of another war, and `read` refuses those that are not."""
    with opened(file) as found:
        file_of = found.calling(EARLIER)
        require(file_of, REQUIRED, "a UCDP GED file")
        query = replace(_query(None), concerns="false", is_survey=True)
        frame, _ = scan(file_of, query)
    events = _typed(frame)
    events.attrs.update(frame.attrs)
    return events


def of(file: EventFile, case: Case | None = None) -> pd.DataFrame:
    """The same of an opened file."""
    file = file.calling(EARLIER)
    require(file, REQUIRED, "a UCDP GED file")
    if case is not None:
        can_tell(file, case, governorate="adm_1", country="country")
    return frame_of(file, case, _query, _typed, lambda found, case: names.of_ucdp(file.name, found, case))


def _query(case: Case | None) -> Query:
    kinds = " ".join(f"when {code} then {literal(name)}" for code, name in VIOLENCE.items())
    return Query(
        columns=(*REQUIRED, *OPTIONAL),
        numbers=(
            "type_of_violence",
            "latitude",
            "longitude",
            "best",
            "high",
            "low",
            "where_prec",
            "date_prec",
            "deaths_civilians",
        ),
        days=("date_start", "date_end"),
        values={
            "event_id": text("id"),
            "date_first": "day(date_start)",
            "date_last": "coalesce(day(date_end), case when blank(date_end) then day(date_start) end)",
            "date_precision": "num(date_prec)",
            "governorate": text("adm_1"),
            "place_country": text("country"),
            "lat": "degrees(latitude)",
            "lon": "degrees(longitude)",
            "place_known": (
                "degrees(latitude) is not null and degrees(longitude) is not null and"
                " coalesce(nullif(num(where_prec), 'nan'::double), 1) <= 3"
            ),
            "conflict": text("conflict_name"),
            "side_a_name": text("side_a"),
            "side_b_name": text("side_b"),
            "violence": f"case num(type_of_violence) {kinds} end",
            **{f"{name}_deaths": f"num({name})" for name in ("best", "low", "high")},
            "civilians": "num(deaths_civilians)",
            **place_values(case),
        },
        keep=within(case) if case is None else f"({within(case)} or {_of_the_war(case)})",
        checks=(
            Check("date_start", is_day("date_first"), DAY),
            Check(
                "date_end",
                f"date_first is null or not {is_day('date_first')} or (date_last >= date_first and date_last - date_first <="
                f" case when num(date_prec) = 1 then {LONGEST_EXACT} else {LONGEST} end)",
                f"{DAY}, a day not before date_start and at most {LONGEST} days after it ({LONGEST_EXACT} where"
                " date_prec is 1), or nothing",
            ),
            Check(
                "date_prec",
                f"blank(date_prec) or {among('num(date_prec)', (1, 2, 3, 4, 5))}",
                "1 to 5, or nothing",
            ),
            Check("type_of_violence", "num(type_of_violence) in (1, 2, 3)", "1, 2 or 3"),
            *(people(name) for name in ("best", "low", "high")),
            Check(
                "deaths_civilians",
                f"blank(deaths_civilians) or ({people('deaths_civilians').right})",
                f"{people('deaths_civilians').allowed}, or nothing",
            ),
            *PLACE,
        ),
        key=("event_id", "id"),
        dated="date_first",
        names=(
            ("governorate", "place_country", "conflict", "side_b_name", "violence", "in_window", "box")
            if case
            else ()
        ),
        concerns=may_concern(case, _sides(case)) if case else "true",
    )


def _sides(case: Case) -> str:
    return f"({among('conflict', case.ucdp.conflict)} and {among('side_b_name', case.ucdp.side_b)})"


def _of_the_war(case: Case) -> str:
    """SQL: whether a row of the counting window is a state-based event between the sides of the case,
    wherever it happened."""
    return f"case when in_window then violence = 'state' and {_sides(case)} else false end"


def _typed(found: pd.DataFrame) -> pd.DataFrame:
    dead = {f"{name}_deaths": name for name in ("best", "low", "high")}
    return typed_as_event(found, {"side_a_name": "side_a", "side_b_name": "side_b", **dead})
