"""A user's event file, scanned, however large, for the rows that a case asks for.

DuckDB streams it: rows pass once, only those a case asks for are kept, and memory does not grow with the
file. (Measured on GED at full size, 418,000 rows: pandas 760 MB and 3.5 s of work, polars 400 MB and 1.1 s,
DuckDB 250 MB and 1.3 s.)
"""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from escalation.cases import Case
from escalation.counts import names
from escalation.counts.formats import BLANK, SHOWN, EventFile, connected, duckdb, literal, quoted
from escalation.errors import Refusal
from escalation.findings import counted, days

ELSEWHERE = 0.01  # of the rows may be faulty, where they are none of the case's
MOST_DEAD = 1_000_000  # in one event; the highest of 176,579 estimates of GED 21.1 is 75,000


@dataclass(frozen=True)
class Check:
    """What every row has to keep to: the column, the SQL condition that is true of a row in order, and in
    words what is allowed."""

    column: str
    right: str
    allowed: str


def among(expression: str, values: Sequence[object]) -> str:
    """SQL: whether an expression is one of these; never, if there are none. (No `in`: for five values and more
    DuckDB joins a table to all rows, those too that a `case` would spare.)"""
    listed = ", ".join(map(literal, values))
    return f"coalesce(list_position([{listed}], {expression}) > 0, false)" if values else "false"


def text(column: str) -> str:
    """SQL: a cell without the blanks around it, no-break spaces as spaces, an empty one as NULL."""
    return f"bare({column})"


# The words that readers write their SQL with. Nearly every file can be read with its numbers and days as
# such, at half the cost; one that cannot is read again as text, with blanks and no-break spaces forgiven and
# every other mistake named. DuckDB also knows infinite days and years without end, which no calendar has.
# A time beside a zone may have moved the day: only midnight is taken for one. Texts are bared where a row or a
# name is kept, and not for every row: that cost a third of the time. So are the signs for nothing looked for
# there, and a number or a day that is one of them sends the file to be read as text.
_SPAN = "between date '0001-01-01' and date '9999-12-31'"
_CLOCK = (
    r"^\d{4}[-/]\d\d?[-/]\d\d?([T ]\d\d:\d\d(:\d\d(\.\d+)?)?|[T ]00:00(:00(\.0+)?)?(Z|[+-]\d\d(:?\d\d)?))?$"
)
_BARE = "nullif(trim(replace(x, chr(160), ' ')), '')"
_TYPED = {
    "bare(x)": f"case when not {among('x', BLANK)} then {_BARE} end",
    "num(x)": "x",
    "degrees(x)": "x",
    "day(x)": f"case when x {_SPAN} and x = date_trunc('day', x) then x::date end",
    "iso_day(x)": "case when regexp_matches(x, '^\\d{4}-\\d\\d-\\d\\d$') then try_cast(x as date) end",
    "blank(x)": "x is null",
}
_AS_TEXT = {
    "bare(x)": _BARE,
    "num(x)": f"coalesce(try_cast(x as double), try_cast({text('x')} as double))",
    # a decimal comma can be no thousands' sign here
    "degrees(x)": f"coalesce(num(x), try_cast(replace({text('x')}, ',', '.') as double))",
    "finite(d)": f"case when d {_SPAN} then d end",
    "iso_day(x)": (
        f"case when regexp_matches({text('x')}, {quoted(_CLOCK)})"
        f" then finite(try_cast(regexp_extract({text('x')}, '^[^T ]+') as date)) end"
    ),
    "day(x)": "iso_day(x)",
    "blank(x)": f"{text('x')} is null",
}


def is_day(expression: str) -> str:
    """SQL: whether a date is one that an event can have. No dataset reaches back to 1970, whose first day
    DuckDB makes of the word "epoch"."""
    return f"{expression} between date '1970-01-02' and date '9999-12-31'"


@dataclass(frozen=True)
class Query:
    """What to take from a file, in DuckDB's SQL with `num(cell)`, `day(cell)` and `blank(cell)` for cells of
    the columns named.

    `columns` may be named by the SQL (one that the file lacks is NULL); `numbers` and `days` of them hold
    nothing else. `values`: name to expression; one may use earlier names. `keep`: the rows wanted. `checks`
    are made on every row, kept or not; one that fails them is refused where `concerns` is true of it, since it
    might be counted, and else only remarked. `key`: the value that every kept row has once, and how the file
    calls it; `dated`: the value that is its day. `names`: values whose combinations are counted over all rows,
    kept or not. `is_survey`: what is taken is looked over and read again; rows with mistakes are left out, and
    ids that stand twice let be.
    """

    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    days: tuple[str, ...]
    values: Mapping[str, str]
    keep: str
    checks: tuple[Check, ...]
    key: tuple[str, str]
    dated: str
    names: tuple[str, ...] = ()
    concerns: str = "true"
    is_survey: bool = False

    @property
    def computed(self) -> str:
        """The values as a list for SELECT, with what is true of a row: is_blank, is_right, is_concerning (wrong,
        and it might be counted), is_kept."""
        right = " and ".join(f"coalesce({each.right}, false)" for each in self.checks)
        values = "".join(f"{sql} as {name}, " for name, sql in self.values.items())
        # `case`, not `and`: the names of other rows are never looked at
        return (
            f"{values}{' and '.join(f'blank({each})' for each in self.columns)} as is_blank, {right} as is_right,"
            f" case when is_right or is_blank then false else {self.concerns} end as is_concerning,"
            f" case when is_right or is_concerning then {self.keep} else false end as is_kept"
        )


def scan(file: EventFile, query: Query) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The wanted rows, one column for each value, in order of day and key; `attrs`: rows_in, first_day and
    last_day of the whole file, and remarks on its form. And each combination of the query's `names` in the
    whole file with its number of `rows`. Raises Refusal with the first rows of each mistake and how many there
    are."""
    with tempfile.TemporaryDirectory(prefix="event-scan-") as folder, connected(folder) as connection:
        try:
            _say(connection, _TYPED)
            found = _once(connection, file, query, typed=True)
        except duckdb().Error:
            found = None
        if found is None or found[0]["n_right"] < found[0]["n"]:
            _say(connection, _AS_TEXT)
            try:
                found = _once(connection, file, query, typed=False)
            except duckdb().Error as error:
                raise Refusal(_unreadable(connection, file, query, error)) from None
        whole, frame, names = found
        if not whole["n"]:
            raise Refusal(f"{file.name}: has column names and no rows")
        remarks = [*file.remarks]
        if whole["n_blank"]:
            remarks.append(f"{file.name}: {counted(whole['n_blank'], 'row')} without any value: left out.")
        wrong = whole["n"] - whole["n_right"]
        again = (frame[query.key[0]].duplicated() | frame[query.key[0]].isna()) & (not query.is_survey)
        _say(connection, _AS_TEXT)
        # a few rows that no count of the case holds are another's to mend; many are a file of another form
        if whole["n_concerning"] or again.any() or wrong > max(SHOWN, whole["n"] * ELSEWHERE):
            of = "is_concerning" if whole["n_concerning"] else "is_right is not null"
            said = _mistakes(connection, file, query, of) if whole["n_concerning"] or not again.any() else []
            raise Refusal([*said, *_repeated(connection, file, query, frame.loc[again, query.key[0]])])
        if wrong:
            said = _mistakes(connection, file, query, "is_right is not null")
            remarks.append(
                f"{file.name}: {counted(wrong, 'row')} cannot be read, and would not be counted for this case:"
                f" {'; '.join(said)}."
            )
    frame = frame.sort_values([query.dated, query.key[0]], ignore_index=True)
    frame.attrs.update(
        rows_in=int(whole["n"]),
        first_day=pd.Timestamp(whole["first_day"]),
        last_day=pd.Timestamp(whole["last_day"]),
        remarks=remarks,
    )
    return frame, names


def _once(
    connection: Any, file: EventFile, query: Query, *, typed: bool
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """One pass for counts, names and rows alike: `case` spares all other rows the cost of being packed, and names
    are bared when they are counted."""
    cells = ", ".join(f"{name} := {sql}" for name, sql in query.values.items())
    raw = {text(column): column for column in query.columns}
    keys = "".join(f"{raw.get(query.values[name], name)} as the_{name}, " for name in query.names)
    connection.execute(
        f"create or replace temp table found as select {keys}"  # noqa: S608  our own SQL
        "count(*) filter (where not is_blank) as n, count(*) filter (where is_blank) as n_blank, "
        "count(*) filter (where is_right and not is_blank) as n_right, "
        "count(*) filter (where is_concerning) as n_concerning, "
        f"min({query.dated}) filter (where is_right) as first_day, "
        f"max({query.dated}) filter (where is_right) as last_day, "
        f"list(case when is_kept then struct_pack({cells}) end) filter (where is_kept) as kept "
        f"from (select *, {query.computed} from ({_source(file, query, typed=typed)})) group by all"
    )
    of_all = {
        **{name: f"sum({name})" for name in ("n", "n_blank", "n_right", "n_concerning")},
        "first_day": "min(first_day)",
        "last_day": "max(last_day)",
    }
    whole = dict(
        zip(
            of_all,
            connection.execute(f"select {', '.join(of_all.values())} from found").fetchone(),  # noqa: S608
            strict=True,
        )
    )
    named = "".join(
        f"{text(f'the_{name}') if query.values[name] in raw else f'the_{name}'} as {name}, "
        for name in query.names
    )
    names = connection.execute(
        f"select {named}sum(n)::bigint as rows from found where n > 0 group by all"  # noqa: S608
    ).df()
    kept = (
        connection.execute("select unnest(kept, recursive := true) from found")
        .df()
        .reindex(columns=list(query.values))
    )
    return whole, kept, names


def _say(connection: Any, words: Mapping[str, str]) -> None:
    for word, meaning in words.items():
        connection.execute(f"create or replace temp macro {word} as {meaning}")


def within(case: Case | None) -> str:
    """SQL: whether a row with the values of `place_values` and place_country lies in the counting window and
    area of the case; every row does where there is no case. Names count as the case spells them
    (`names.with_spellings` adds those of a file)."""
    # `case`, not `and`: the area of a row outside the window is never looked at
    return "true" if case is None else f"case when in_window then {_area(case)} else false end"


def may_concern(case: Case | None, war: str) -> str:
    """SQL: whether a row with a mistake might belong into the window and the area of the case, or (by the SQL
    `war`) into its war."""
    if case is None:
        return "true"
    unplaced = "lat is null or lon is null" if case.boxes else "false"
    return f"(in_window or not coalesce({is_day('date_first')}, false)) and ({_area(case)} or {unplaced} or {war})"


def _area(case: Case) -> str:
    spellings = [each for every in case.governorates.values() for each in every]
    countries = [each for every in case.countries.values() for each in every]
    return f"({among('governorate', spellings)} or {among('place_country', countries)} or box is not null)"


def place_values(case: Case | None) -> dict[str, str]:
    """SQL of two values more, from date_first, lat and lon: whether a row lies in the counting window, and
    the first box it lies in."""
    if case is None:
        return {}
    window = (
        f"coalesce(date_first between date {literal(case.margin_start)} and date {literal(case.end)}, false)"
    )
    boxes = " ".join(
        f"when lat between {literal(south)} and {literal(north)} and lon between {literal(west)} and"
        f" {literal(east)} then {literal(name)}"
        for name, (south, west, north, east) in case.boxes.items()
    )
    return {"in_window": window, "box": f"case {boxes} end" if boxes else "null::varchar"}


PLACE = (
    Check("latitude", "blank(latitude) or degrees(latitude) between -90 and 90", "degrees from -90 to 90"),
    Check(
        "longitude", "blank(longitude) or degrees(longitude) between -180 and 180", "degrees from -180 to 180"
    ),
)


def people(column: str) -> Check:
    """A number of dead in one event."""
    right = f"num({column}) between 0 and {MOST_DEAD} and num({column}) = floor(num({column}))"
    return Check(column, right, f"a whole number from 0 to {MOST_DEAD:,}")


# the columns of an event frame
EVENT: Mapping[str, Any] = {
    "event_id": "str", "date_first": "datetime64[us]", "date_last": "datetime64[us]", "date_precision": "Int64",
    "governorate": "str", "country": "str", "lat": "float64", "lon": "float64", "conflict": "str", "side_a": "str",
    "side_b": "str", "violence": "str", "event_type": "str", "best": "Int64", "low": "Int64", "high": "Int64",
    "civilians": "Int64", "has_place": "bool",
}  # fmt: skip
CALLED = {"place_country": "country", "place_known": "has_place"}


def typed_as_event(found: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """The values of a query as `EVENT` has them, whole numbers rounded, missing where the publisher says nothing.
    `called`: the event frame's names of values that the query calls otherwise."""
    given = found.rename(columns={**CALLED, **called})
    nothing = pd.Series(pd.NA, index=given.index, dtype="str")
    return pd.DataFrame(
        {
            name: (given[name].round() if kind == "Int64" else given.get(name, nothing)).astype(kind)
            for name, kind in EVENT.items()
        }
    )


def frame_of(
    file: EventFile,
    case: Case | None,
    query: Callable[[Case | None], Query],
    typed: Callable[[pd.DataFrame], pd.DataFrame],
    remarks: Callable[[pd.DataFrame, Case], list[str]],
) -> pd.DataFrame:
    """The event frame of a file: rows by `query` under the names of the case, and again under every spelling
    that the file has of them; then `typed`. `remarks`: how the names of a case stand in the file, as a table of
    `counts.names`."""
    frame, found = scan(file, query(case))
    said: list[str] = []
    spelt: dict[str, list[str]] = {}
    if case is not None:
        found = found.rename(
            columns={"place_country": "country", "side_b_name": "side_b", "kind": "event_type"}
        )
        said = remarks(found, case)
        wider = names.with_spellings(found, case)
        for column in ("country", "governorate"):
            seen = found[column].dropna().unique()
            spelt[column] = sorted(case.parts_of(seen, countries=column == "country"))
        frame = frame if wider == case else scan(file, query(wider))[0]
    events = typed(frame)
    events.attrs.update({**frame.attrs, "remarks": [*frame.attrs["remarks"], *said], "spelt": spelt})
    return events


def _source(file: EventFile, query: Query, *, typed: bool, rejects: bool = False) -> str:
    # places, not names: what a stranger's header holds never becomes SQL
    kinds = (
        {**dict.fromkeys(query.numbers, "DOUBLE"), **dict.fromkeys(query.days, "TIMESTAMP")} if typed else {}
    )
    shape = ", ".join(
        f"'c{place}': '{kinds.get(name, 'VARCHAR')}'" for place, name in enumerate(file.columns)
    )
    cells = ", ".join(
        (
            f"c{file.columns.index(name)} as {name}"
            if name in file.columns
            else f"null::{kinds.get(name, 'VARCHAR')} as {name}"
        )
        for name in query.columns
    )
    options = (
        f"delim={literal(file.delimiter)}, quote='\"', escape='\"', header=false, skip={file.skip},"
        f" auto_detect=false, compression='none', columns={{{shape}}},"
        f" nullstr=[{', '.join(map(literal, BLANK[:1] if typed else BLANK))}]"
    )
    options += ", store_rejects=true" if rejects else ""
    return f"select {cells} from read_csv({literal(file.text)}, {options})"  # noqa: S608


def _numbered(file: EventFile, query: Query) -> str:
    """The rows as a spreadsheet counts them, blank ones left out; the header is row 1."""
    rows = f"select row_number() over () + {file.before} as row, * from ({_source(file, query, typed=False)})"  # noqa: S608
    return f"select * from (select *, {query.computed} from ({rows})) where not is_blank"  # noqa: S608


def _mistakes(connection: Any, file: EventFile, query: Query, of: str) -> list[str]:
    """The mistakes in the rows of which the SQL `of` is true."""
    wrong_of = {check: f"{of} and not coalesce({check.right}, false)" for check in query.checks}
    counts = ", ".join(f"count(*) filter (where {wrong})" for wrong in wrong_of.values())
    found = connection.execute(f"select {counts} from ({_numbered(file, query)})").fetchone()  # noqa: S608
    lines: list[str] = []
    heads: set[int] = set()
    for (check, is_wrong), count in zip(wrong_of.items(), found, strict=True):
        if not count:
            continue
        wrong = f"from ({_numbered(file, query)}) where {is_wrong}"
        rows = connection.execute(f"select row, {check.column} {wrong} order by row limit {SHOWN}").fetchall()
        again = {row for row, value in rows if value is not None and value.strip().lower() == check.column}
        lines += [
            f"{file.name}, row {row}: a second line of column names: two files seem to be joined; take the line out"
            for row in sorted(again - heads)
        ]
        heads |= again
        lines += [
            f"{file.name}, row {row}, column {check.column}: {'empty' if value is None else repr(value)};"
            f" allowed: {check.allowed}{_remedy(value, check)}"
            for row, value in rows
            if row not in heads
        ]
        if count > SHOWN:
            lines.append(f"{file.name}, column {check.column}: {count - SHOWN} more rows like these")
    return lines


# what people's programs make of cells, and how to have them right
_REMEDIES = {
    r"\d{1,2}[/. -][A-Za-z]+[/. -]\d{2}": (
        "two digits are no year: give the column the form yyyy-mm-dd in the spreadsheet, and save again"
    ),
    r"(19|20)\d{6}": "write it as yyyy-mm-dd",
    r"\d{1,2}[/. -](\d{1,2}|[A-Za-z]+)[/. -]\d{2,4}( .*)?": (
        "day and month could change places: give the column the form yyyy-mm-dd in the spreadsheet, and save again"
    ),
    r"\d{4}-\d\d-\d\d[T ].*(Z|[+-]\d\d:?(\d\d)?)": "a time zone may have moved the day: write the day alone",
    r"\d{5}(\.0)?": "a spreadsheet's number of a day: give the column the form yyyy-mm-dd there, and save again",
    r"\d{1,3}([,.' \u202f\xa0]\d{3})+": "save it without signs between thousands (in a spreadsheet: format General)",
    r"-\d+(\.\d+)?": "if it stands for unknown, ask its publisher for the number or leave the row out",
    r"\d+,\d+": "write a decimal point",
}


def _remedy(value: str | None, check: Check) -> str:
    if value is not None and not re.search(r"\d", value) and "nothing" in check.allowed:
        return "; if it stands for not known, leave the cell empty"
    if value is None:
        return "; empty is not known, and never zero: fill it from the publisher's page of the event, or leave the row out"
    return next((f"; {what}" for form, what in _REMEDIES.items() if re.fullmatch(form, value.strip())), "")


def _repeated(connection: Any, file: EventFile, query: Query, again: pd.Series) -> list[str]:
    """The later rows of each value that stands more than once, rows without one, and whether two files were
    joined."""
    if again.empty:
        return []
    value, column = query.key
    kept = connection.execute(
        f"select row, {value} as key, {query.dated} as day from ({_numbered(file, query)}) "  # noqa: S608
        "where is_kept order by row"
    ).df()
    later = kept["key"].duplicated()
    wrong = kept[later | kept["key"].isna()]
    lines = [
        f"{file.name}, row {row}, column {column}: {'empty' if pd.isna(key) else repr(key)}; allowed: each"
        f" {column} once"
        for row, key in wrong[["row", "key"]].head(SHOWN).itertuples(index=False)
    ]
    if len(wrong) > SHOWN:
        lines.append(f"{file.name}, column {column}: {len(wrong) - SHOWN} more rows like these")
    twice = kept[kept["key"].isin(kept.loc[later, "key"].dropna())]
    first, second = twice[~twice["key"].duplicated()]["row"], twice[twice["key"].duplicated()]["row"]
    if len(second) and first.max() < second.min() and not second.equals(first + 1):
        parts = [kept[kept["row"] < second.min()], kept[kept["row"] >= second.min()]]
        told = " and ".join(
            f"rows {part['row'].min()} to {part['row'].max()} ({days(part['day'].min(), part['day'].max())})"
            for part in parts
        )
        lines.append(
            f"{file.name}: {told} have {counted(len(second), 'event')} in common: two files seem to be joined, as"
            " a month and the quarter that holds it; keep one of the two"
        )
    return lines


def _unreadable(connection: Any, file: EventFile, query: Query, error: Exception) -> list[str]:
    """Which lines are no rows of the table, and why."""
    try:
        connection.execute(
            f"select count(columns(*)) from ({_source(file, query, typed=False, rejects=True)})"  # noqa: S608
        ).fetchall()
        # once a line: a cut one lacks many cells, and each is an error of its own
        rejects = connection.execute(
            "select line, error_type, min(error_message) from reject_errors group by line, error_type order"
            " by line, error_type"
        ).fetchall()
    except duckdb().Error:
        rejects = []
    said = {
        "MISSING COLUMNS": "fewer cells than column names; if it is a note and no event, take it out",
        "TOO MANY COLUMNS": "more cells than column names",
        "UNQUOTED VALUE": "a quotation mark that is never closed, or text behind a closed one",
        "INVALID ENCODING": "not UTF-8 text; save it as CSV UTF-8",
        "INVALID UNICODE": "not UTF-8 text; save it as CSV UTF-8",
        "LINE SIZE OVER MAXIMUM": "longer than any line of an event file",
    }
    lines = [
        f"{file.name}, line {line + file.before - file.skip}: {said.get(kind, message.splitlines()[0])}"
        for line, kind, message in rejects[:SHOWN]
    ]
    if len(rejects) > SHOWN:
        lines.append(f"{file.name}: {len(rejects) - SHOWN} more lines like these")
    return (
        lines
        or _broken_lines(file)
        or [f"{file.name}: is no table that can be read ({str(error).splitlines()[0]})"]
    )


def _broken_lines(file: EventFile) -> list[str]:
    """The lines with an end of old Macintosh files inside, at which the parser gives up."""
    with file.text.open("rb") as text:
        first = 1 + file.before - file.skip
        broken = [number for number, line in enumerate(text, first) if b"\r" in line.removesuffix(b"\r\n")]
    return [
        f"{file.name}, line {number}: a carriage return stands inside it; take it out, or save the table anew as CSV UTF-8"
        for number in broken[:SHOWN]
    ]
