"""A user's event file, opened and scanned: csv, csv.gz, or a zip with one csv in it, however large.

DuckDB streams it: rows pass once, only those a case asks for are kept, and memory does not grow with the
file. (Measured on GED at full size, 418,000 rows: pandas 760 MB and 3.5 s of work, polars 400 MB and 1.1 s,
DuckDB 250 MB and 1.3 s.)
"""

import csv
import gzip
import io
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from escalation.cases import Case
from escalation.errors import Refusal
from escalation.paths import not_plain

MAX_BYTES = 8 * 2**30  # unpacked; the whole GED is under 0.4 GB
HEADER_BYTES = 2**16
# event files pack to a tenth of their size; what unpacks to a hundred times as much is made to fill a disk
UNPACKED, ALWAYS = 100, 2**26
SHOWN = 5  # rows named for each kind of mistake
MEMORY = "256MB"  # DuckDB's own share


@dataclass(frozen=True)
class EventFile:
    """An opened file: the name a user knows it by, where its plain text is, how its cells are parted, its
    columns (small letters)."""

    name: str
    text: Path
    delimiter: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """What every row has to keep to: the column, the SQL condition that is true of a row in order, and in
    words what is allowed."""

    column: str
    right: str
    allowed: str


@contextmanager
def opened(file: Path) -> Iterator[EventFile]:
    """The file, unpacked to a temporary folder if it is packed. Raises Refusal: no such file, an empty one,
    not UTF-8, a damaged archive, a zip that holds not exactly one csv or a path that leads elsewhere, more
    text than an event file of that size holds."""
    if problem := not_plain(file):
        raise Refusal([problem.replace(str(file), file.name, 1)])
    with tempfile.TemporaryDirectory(prefix="event-file-") as folder:
        text = Path(folder, "events.csv")
        try:
            _unpack(file, text)
        except (
            zipfile.BadZipFile,
            gzip.BadGzipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Refusal(
                [
                    f"{file.name}: the archive is damaged or cut short"
                    f" ({str(error) or type(error).__name__}); download it again"
                ]
            ) from None
        delimiter, columns = _header(text, file.name)
        yield EventFile(file.name, text, delimiter, columns)


def _unpack(file: Path, text: Path) -> None:
    with file.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(raw) as plain:
                _copy(plain, text, file.name, packed=file.stat().st_size)
        elif start[:2] == b"PK":
            with zipfile.ZipFile(raw) as archive, archive.open(only_member(archive, file.name)) as plain:
                _copy(plain, text, file.name, packed=file.stat().st_size)
        else:
            # another name, since DuckDB reads *, ? and [ in a path as a pattern
            text.symlink_to(file.resolve())


def only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one csv of an archive. Raises Refusal if there is none or more than one, if a name leads out of a
    folder, or if it is too large."""
    members = [
        each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]
    strange = [each.filename for each in members if re.search(r"[\\/:]|^\.\.?$", each.filename)]
    if strange:
        raise Refusal(
            [
                f"{name}: holds {each!r}, a path and not a plain name; this is not the publisher's file"
                for each in strange[:SHOWN]
            ]
        )
    tables = [each for each in members if each.filename.lower().endswith(".csv")]
    if len(tables) != 1:
        held = ", ".join(sorted(each.filename for each in members)[:SHOWN]) or "nothing"
        raise Refusal([f"{name}: holds {held}; exactly one csv file is expected"])
    if tables[0].file_size > MAX_BYTES:
        raise Refusal(
            [f"{name}: {tables[0].filename} is {tables[0].file_size:,} bytes; allowed: up to {MAX_BYTES:,}"]
        )
    return tables[0]


def _copy(plain: IO[bytes] | gzip.GzipFile, text: Path, name: str, *, packed: int) -> None:
    written, most = 0, min(MAX_BYTES, max(UNPACKED * packed, ALWAYS))
    with text.open("wb") as out:
        while block := plain.read(2**20):
            written += len(block)
            if written > most:
                raise Refusal(
                    [f"{name}: {packed:,} bytes unpack to more than {most:,}; this is no event file"]
                )
            out.write(block)


def _header(text: Path, name: str) -> tuple[str, tuple[str, ...]]:
    with text.open("rb") as raw:
        start = raw.read(HEADER_BYTES)
    if len(start) == HEADER_BYTES and b"\n" not in start:
        raise Refusal(
            [
                f"{name}: its first line is longer than {HEADER_BYTES:,} bytes; an event file as CSV is"
                " expected"
            ]
        )
    try:
        line = io.StringIO(
            start[: start.find(b"\n") + 1 or len(start)].decode("utf-8-sig"), newline=None
        ).read()
    except UnicodeDecodeError as error:
        raise Refusal(
            [f"{name}: is not UTF-8 text (byte {error.start} of its first line); save it as CSV UTF-8"]
        ) from None
    if not line.strip() or "\0" in line:
        raise Refusal([f"{name}: has no line of column names; an event file as CSV is expected"])
    if "\n" in line.rstrip("\n"):
        raise Refusal(
            [
                f"{name}: a carriage return stands alone in its first line; save it as CSV with line ends of"
                " Unix or Windows"
            ]
        )
    delimiter = max(",;\t", key=line.count)
    columns = tuple(
        _plain(cell).lower() for cell in next(csv.reader([line.strip("\n")], delimiter=delimiter))
    )
    twice = sorted(each for each, times in Counter(columns).items() if times > 1 and each)[:SHOWN]
    if twice:
        raise Refusal([f"{name}: column {each} stands twice" for each in twice])
    return delimiter, columns


def _plain(cell: str) -> str:
    return cell.replace("\xa0", " ").strip()


def text(column: str) -> str:
    """SQL: a cell without the blanks around it, no-break spaces as spaces, an empty one as NULL."""
    return f"nullif(trim(replace({column}, chr(160), ' ')), '')"


# The words that readers write their SQL with. Nearly every file can be read with its numbers and days as
# such, at half the cost; one that cannot is read again as text, with blanks and no-break spaces forgiven and
# every other mistake named. DuckDB also knows infinite days and years without end, which no calendar has.
_SPAN = "between date '0001-01-01' and date '9999-12-31'"
_TYPED = {"num(x)": "x", "day(x)": f"case when x {_SPAN} then x::date end", "blank(x)": "x is null"}
_AS_TEXT = {
    "num(x)": f"coalesce(try_cast(x as double), try_cast({text('x')} as double))",
    "finite(d)": f"case when d {_SPAN} then d end",
    "day(x)": (
        f"coalesce(finite(try_cast(left(x, 10) as date)), finite(try_cast(left({text('x')}, 10) as date)))"
    ),
    "blank(x)": f"{text('x')} is null",
}


def is_day(expression: str) -> str:
    """SQL: whether a date is one that an event can have. No dataset reaches back to 1970, whose first day
    DuckDB makes of the word "epoch"."""
    return f"{expression} between date '1970-01-02' and date '9999-12-31'"


def literal(value: object) -> str:
    """SQL: a date, a number or a text as a constant."""
    if isinstance(value, int | float):
        return repr(float(value))
    return "'" + str(value).replace("'", "''") + "'"


def among(expression: str, values: Sequence[object]) -> str:
    """SQL: whether an expression is one of these; never, if there are none."""
    return f"coalesce({expression} in ({', '.join(map(literal, values))}), false)" if values else "false"


@dataclass(frozen=True)
class Query:
    """What to take from a file, in DuckDB's SQL with `num(cell)`, `day(cell)` and `blank(cell)` for cells of
    the columns named.

    `columns` may be named by the SQL (one that the file lacks is NULL); `numbers` and `days` of them hold
    nothing else. `values`: name to expression; one may use earlier names. `keep`: the rows wanted. `checks`
    are made on every row, kept or not. `key`: the value that every kept row has once, and how the file calls
    it; `dated`: the value that is its day. `names`: values whose combinations are counted over all rows, kept
    or not.
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

    @property
    def computed(self) -> str:
        """The values as a list for SELECT."""
        return ", ".join(f"{sql} as {name}" for name, sql in self.values.items())


def scan(file: EventFile, query: Query) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The wanted rows, one column for each value, in order of day and key; `attrs`: rows_in, first_day and
    last_day of the whole file. And each combination of the query's `names` in the whole file with its number
    of `rows`. Raises Refusal with the first rows of each mistake and how many there are."""
    with tempfile.TemporaryDirectory(prefix="event-scan-") as folder, _connection(folder) as connection:
        try:
            _say(connection, _TYPED)
            found = _once(connection, file, query, typed=True)
        except _duckdb().Error:
            found = None
        if found is None or found[0]["n_right"] < found[0]["n"]:
            _say(connection, _AS_TEXT)
            try:
                found = _once(connection, file, query, typed=False)
            except _duckdb().Error as error:
                raise Refusal(_unreadable(connection, file, query, error)) from None
        whole, frame, names = found
        if not whole["n"]:
            raise Refusal([f"{file.name}: has column names and no rows"])
        again = frame[query.key[0]].duplicated() | frame[query.key[0]].isna()
        if whole["n_right"] < whole["n"] or again.any():
            _say(connection, _AS_TEXT)
            wrong = _mistakes(connection, file, query) if whole["n_right"] < whole["n"] else []
            raise Refusal([*wrong, *_repeated(connection, file, query, frame.loc[again, query.key[0]])])
    frame = frame.sort_values([query.dated, query.key[0]], ignore_index=True)
    frame.attrs.update(
        rows_in=int(whole["n"]),
        first_day=pd.Timestamp(whole["first_day"]),
        last_day=pd.Timestamp(whole["last_day"]),
    )
    return frame, names


def _once(
    connection: Any, file: EventFile, query: Query, *, typed: bool
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """One pass for counts, names and rows alike: `case` spares all other rows the cost of being packed."""
    right = " and ".join(f"({each.right})" for each in query.checks)
    cells = ", ".join(f"{name} := {name}" for name in query.values)
    connection.execute(
        f"create or replace temp table found as select {''.join(f'{name}, ' for name in query.names)}"  # noqa: S608  our own SQL
        f"count(*) as n, count(*) filter (where {right}) as n_right, "
        f"min({query.dated}) as first_day, max({query.dated}) as last_day, "
        f"list(case when {query.keep} then struct_pack({cells}) end) filter (where {query.keep}) as kept "
        f"from (select *, {query.computed} from ({_source(file, query, typed=typed)})) group by all"
    )
    of_all = {
        "n": "sum(n)",
        "n_right": "sum(n_right)",
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
    names = connection.execute(
        f"select {''.join(f'{name}, ' for name in query.names)}n as rows from found"  # noqa: S608
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
    if case is None:
        return "true"
    spellings = [each for every in case.governorates.values() for each in every]
    countries = [each for every in case.countries.values() for each in every]
    area = f"{among('governorate', spellings)} or {among('place_country', countries)} or box is not null"
    # `case`, not `and`: the area of a row outside the window is never looked at
    return f"case when in_window then {area} else false end"


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


def can_tell(file: EventFile, case: Case, *, governorate: str, country: str) -> None:
    """Raises Refusal where the file lacks the column that the case's area is told by: nothing would be found,
    and look like peace."""
    lacking = [(governorate, "governorates", case.governorates), (country, "countries", case.countries)]
    problems = [
        f"{file.name}: no column {column}, which tells the area of this case ({what}: {', '.join(given)}); a"
        " case may give boxes instead"
        for column, what, given in lacking
        if given and column not in file.columns
    ]
    if problems:
        raise Refusal(problems)


def require(file: EventFile, needed: Sequence[str], publisher: str) -> None:
    """Raises Refusal, a line for each of `needed` that the file lacks."""
    missing = [column for column in needed if column not in file.columns]
    if missing:
        raise Refusal([f"{file.name}: no column {column}; {publisher} has it" for column in missing])


def _duckdb() -> Any:
    import duckdb  # 0.1 s, and only own files need it

    return duckdb


@contextmanager
def _connection(folder: str) -> Iterator[Any]:
    # nothing is looked for on the network or written beside the user's files
    options = {
        "memory_limit": MEMORY,
        "temp_directory": folder,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    connection = _duckdb().connect(":memory:", config=options)
    try:
        # a bar of its own in a notebook's output would be another text each time
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


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
        f"delim={literal(file.delimiter)}, quote='\"', escape='\"', header=false, skip=1, auto_detect=false,"
        f" columns={{{shape}}}"
    )
    options += ", store_rejects=true" if rejects else ""
    return f"select {cells} from read_csv({literal(file.text)}, {options})"  # noqa: S608


def _numbered(file: EventFile, query: Query) -> str:
    """The rows as a spreadsheet counts them; the header is row 1."""
    rows = f"select row_number() over () + 1 as row, * from ({_source(file, query, typed=False)})"  # noqa: S608
    return f"select *, {query.computed} from ({rows})"  # noqa: S608


def _mistakes(connection: Any, file: EventFile, query: Query) -> list[str]:
    wrong_of = {check: f"not coalesce({check.right}, false)" for check in query.checks}
    counts = ", ".join(f"count(*) filter (where {wrong})" for wrong in wrong_of.values())
    found = connection.execute(f"select {counts} from ({_numbered(file, query)})").fetchone()  # noqa: S608
    lines = []
    for (check, is_wrong), count in zip(wrong_of.items(), found, strict=True):
        if not count:
            continue
        wrong = f"from ({_numbered(file, query)}) where {is_wrong}"
        rows = connection.execute(f"select row, {check.column} {wrong} order by row limit {SHOWN}").fetchall()
        lines += [
            f"{file.name}, row {row}, column {check.column}: {value!r}; allowed: {check.allowed}"
            for row, value in rows
        ]
        if count > SHOWN:
            lines.append(f"{file.name}, column {check.column}: {count - SHOWN} more rows like these")
    return lines


def _repeated(connection: Any, file: EventFile, query: Query, again: pd.Series) -> list[str]:
    """The later rows of each value that stands more than once, and rows without one."""
    if again.empty:
        return []
    value, column = query.key
    twice = among(value, sorted(set(again.dropna()))[:SHOWN])
    found = connection.execute(
        f"select row, {value}, row_number() over (partition by {value} order by row) as nth "  # noqa: S608
        f"from ({_numbered(file, query)}) where {query.keep} and ({twice} or {value} is null) order by row"
    ).fetchall()
    shown = [(row, cell) for row, cell, nth in found if nth > 1 or cell is None][:SHOWN]
    lines = [
        f"{file.name}, row {row}, column {column}: {cell!r}; allowed: each {column} once"
        for row, cell in shown
    ]
    return lines + (
        [f"{file.name}, column {column}: {len(again) - len(shown)} more rows like these"]
        if len(again) > len(shown)
        else []
    )


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
    except _duckdb().Error:
        rejects = []
    said = {
        "MISSING COLUMNS": "fewer cells than column names",
        "TOO MANY COLUMNS": "more cells than column names",
        "UNQUOTED VALUE": "a quotation mark that is never closed, or text behind a closed one",
        "INVALID ENCODING": "not UTF-8 text",
        "INVALID UNICODE": "not UTF-8 text",
        "LINE SIZE OVER MAXIMUM": "longer than any line of an event file",
    }
    lines = [
        f"{file.name}, line {line}: {said.get(kind, message.splitlines()[0])}"
        for line, kind, message in rejects[:SHOWN]
    ]
    if len(rejects) > SHOWN:
        lines.append(f"{file.name}: {len(rejects) - SHOWN} more lines like these")
    return lines or [f"{file.name}: is no table that can be read ({str(error).splitlines()[0]})"]
