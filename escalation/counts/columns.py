"""Whether a file has the columns of an event file, and what it is if not."""

from collections.abc import Sequence

from escalation.cases import Case
from escalation.counts.formats import EventFile
from escalation.errors import Refusal
from escalation.spelling import nearest


def can_tell(file: EventFile, case: Case, *, governorate: str, country: str) -> None:
    """Raises Refusal where the file lacks the column that the case's area is told by: nothing would be found,
    and look like peace."""
    lacking = [(governorate, "governorates", case.governorates), (country, "countries", case.countries)]
    problems = [
        f"{file.name}: no column {column}{_like(column, file)}, which tells the area of this case ({what}:"
        f" {', '.join(given)}); a case may give boxes instead"
        for column, what, given in lacking
        if given and column not in file.columns
    ]
    if problems:
        raise Refusal(problems)


def require(file: EventFile, needed: Sequence[str], publisher: str) -> None:
    """Raises Refusal: in one line where the file is a known table of another kind, else a line for each of
    `needed` that it lacks."""
    missing = [column for column in needed if column not in file.columns]
    if not missing:
        return
    no_events(file)
    raise Refusal(
        [f"{file.name}: no column {column}{_like(column, file)}; {publisher} has it" for column in missing]
    )


def _like(column: str, file: EventFile) -> str:
    """The column of the file that may be meant, where one begins as it does."""
    found = nearest(column, [each for each in file.columns if each.startswith(column[:4])])
    return f" (nearest: {found}; rename it if it is meant)" if found else ""


PAGES = "put the events of all pages into one list"
NO_EVENTS = (  # columns that tell a table which is taken for an event file, what it is, and what is needed
    (("events", "week"), "ACLED's aggregates by week", "this needs events, from ACLED's own export tool"),
    (("events", "month"), "ACLED's aggregates by month", "this needs events, from ACLED's own export tool"),
    (("events", "year"), "ACLED's aggregates by year", "this needs events, from ACLED's own export tool"),
    (("bd_best",), "UCDP's battle-related deaths by year", "this needs its events, the GED"),
    (
        ("intensity_level",),
        "UCDP's list of armed conflicts by year",
        "this needs UCDP's events, the GED",
    ),
    (("incident_date", "belligerent"), "Airwars' incidents", "this needs an event file of UCDP or ACLED"),
    (("incident_date", "civilian_deaths_min"), "Airwars' incidents", "this needs events of UCDP or ACLED"),
    (("eventid", "iyear"), "the Global Terrorism Database", "this needs an event file of UCDP or ACLED"),
    (("globaleventid",), "GDELT's events", "this needs an event file of UCDP or ACLED"),
    (("totalcount", "result"), "pages of the answers of UCDP's server", PAGES),
    (("success", "data"), "pages of the answers of ACLED's server", PAGES),
)


def no_events(file: EventFile) -> None:
    """Raises Refusal where the columns are those of a known table of another kind."""
    if {"event_date", "date_start"} & set(file.columns):
        return
    for columns, what, remedy in NO_EVENTS:
        if set(columns) <= set(file.columns):
            raise Refusal(f"{file.name}: these are {what}; {remedy}")
