"""A user's event file, opened: csv, plain or packed (gz, bz2, xz, a zip with one csv in it), parquet, and JSON as
the publishers' servers give it. Other formats are named, with the remedy."""

import bz2
import csv
import gzip
import json
import lzma
import re
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from escalation.errors import Refusal
from escalation.paths import not_plain

MAX_BYTES = 8 * 2**30  # unpacked; the whole GED is under 0.4 GB
MAX_JSON = 2**26  # one answer of a server, which is read as a whole
MAX_RECORD = 2**21  # one event in it
HEADER_BYTES = 2**16
# event files pack to a tenth of their size; what unpacks to a hundred times as much is made to fill a disk
UNPACKED, ALWAYS = 100, 2**26
SHOWN = 5  # rows named for each kind of mistake
MEMORY = "256MB"  # DuckDB's own share
# how programs and people write a cell that is not known: R, pandas, SQL, Stata, Excel
BLANK = (
    "", "NA", "N/A", "n/a", "#N/A", "NaN", "NAN", "nan", "NaT", "<NA>", "NULL", "Null", "null", "None", "none", "\\N",
    ".", "-", "--", "–", "?",
)  # fmt: skip
PACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
CSV = "save it as CSV UTF-8 there"
# what files begin with that are no text: a name, and the remedy
OTHERS = {
    b"\xd0\xcf\x11\xe0": ("an Excel workbook (xls)", CSV),
    b"RDX": ("an R workspace (RData)", "write the table with write.csv(x, file, row.names = FALSE)"),
    b"RDA": ("an R workspace (RData)", "write the table with write.csv(x, file, row.names = FALSE)"),
    b"X\n\x00\x00": ("R data (rds)", "write the table with write.csv(x, file, row.names = FALSE)"),
    b"A\n": ("R data (rds)", "write the table with write.csv(x, file, row.names = FALSE)"),
    b"<stata_dta>": ("Stata data (dta)", "write it with export delimited"),
    b"$FL": ("SPSS data (sav)", CSV),
    b"ARROW1": ("Arrow data (feather)", "write it as parquet or CSV"),
    b"SQLite format 3": ("a SQLite or GeoPackage database", "write its table as CSV"),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "unpack it"),
    b"7z\xbc\xaf": ("packed by 7-Zip", "unpack it"),
    b"Rar!": ("packed by RAR", "unpack it"),
    b"%PDF": ("a PDF", "take the publisher's CSV file"),
    b"\x80\x04": ("a Python pickle", "write it as parquet or CSV"),
    b"\x80\x05": ("a Python pickle", "write it as parquet or CSV"),
    b"\xff\xfe": ("UTF-16 text (Excel's Unicode Text)", "save it as CSV UTF-8"),
    b"\xfe\xff": ("UTF-16 text (Excel's Unicode Text)", "save it as CSV UTF-8"),
    b"<": ("a page of HTML or XML and no table", "download the publisher's CSV file again"),
}


@dataclass(frozen=True)
class EventFile:
    """An opened file: the name a user knows it by, where its plain text is, how its cells are parted, its
    columns (small letters), how many lines of the text and of the user's file stand before the first row, and
    what is to be said of its form."""

    name: str
    text: Path
    delimiter: str
    columns: tuple[str, ...]
    skip: int = 1
    before: int = 1
    remarks: tuple[str, ...] = ()

    def calling(self, columns: Mapping[str, str]) -> "EventFile":
        """The same with columns under other names, where those are not taken."""
        return replace(
            self,
            columns=tuple(
                columns[each] if each in columns and columns[each] not in self.columns else each
                for each in self.columns
            ),
        )


@contextmanager
def opened(file: Path) -> Iterator[EventFile]:
    """The file, unpacked to a temporary folder if it is packed, as CSV. Raises Refusal: no such file, an empty
    one, a format that is not read, not UTF-8, a damaged archive, a zip that holds not exactly one csv or a path
    that leads elsewhere, more text than an event file of that size holds, a page of a longer answer."""
    if problem := not_plain(file):
        raise Refusal(problem.replace(str(file), file.name, 1))
    with tempfile.TemporaryDirectory(prefix="event-file-") as folder:
        try:
            text = _unpacked(file, Path(folder, "events.csv"))
        except (
            zipfile.BadZipFile,
            gzip.BadGzipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Refusal(
                f"{file.name}: the archive is damaged or cut short"
                f" ({str(error) or type(error).__name__}); download it again"
            ) from None
        found = _header(_as_csv(text, file.name, folder), file.name)
        yield found if found.before == 1 else _without_head(found, Path(folder, "body.csv"))


def _unpacked(file: Path, text: Path) -> Path:
    """Where the plain content of a file is: at `text`, if it has to be unpacked."""
    with file.open("rb") as raw:
        start = raw.read(8)
        raw.seek(0)
        unpack = next((opener for sign, opener in PACKED.items() if start.startswith(sign)), None)
        try:
            if unpack:
                with unpack(raw) as plain:
                    _copy(plain, text, file.name, packed=file.stat().st_size)
                return text
            if start[:2] == b"PK":
                with zipfile.ZipFile(raw) as archive, archive.open(only_member(archive, file.name)) as plain:
                    _copy(plain, text, file.name, packed=file.stat().st_size)
                return text
        except OSError as error:
            if error.errno is None:  # bz2's word for a damaged stream
                raise EOFError(str(error)) from None
            raise
    if not re.search(r"[*?\[]", str(file.resolve())):
        return file.resolve()
    shutil.copyfile(file, text)  # DuckDB reads these signs in a path as a pattern
    return text


def only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one csv of an archive. Raises Refusal if there is none or more than one, if a name leads out of a
    folder, if it is too large, and for workbooks, which are archives too."""
    members = [
        each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]
    held = {each.filename for each in members}
    if "[Content_Types].xml" in held:
        raise Refusal(f"{name}: is an Excel workbook (xlsx); open it and save it as CSV UTF-8")
    if {"mimetype", "content.xml"} <= held:
        raise Refusal(f"{name}: is a LibreOffice document (ods); open it and save it as CSV UTF-8")
    if any(each.lower().endswith(".shp") for each in held):
        raise Refusal(f"{name}: is a shapefile; take the publisher's CSV file")
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
        listed = ", ".join(sorted(held)[:SHOWN]) or "nothing"
        raise Refusal(f"{name}: holds {listed}; exactly one csv file is expected")
    if tables[0].file_size > MAX_BYTES:
        raise Refusal(
            f"{name}: {tables[0].filename} is {tables[0].file_size:,} bytes; allowed: up to {MAX_BYTES:,}"
        )
    return tables[0]


def _copy(plain: IO[bytes] | gzip.GzipFile, text: Path, name: str, *, packed: int) -> None:
    written, most = 0, min(MAX_BYTES, max(UNPACKED * packed, ALWAYS))
    with text.open("wb") as out:
        while block := plain.read(2**20):
            written += len(block)
            if written > most:
                raise Refusal(f"{name}: {packed:,} bytes unpack to more than {most:,}; this is no event file")
            out.write(block)


def _as_csv(file: Path, name: str, folder: str) -> Path:
    """Parquet and JSON written out as CSV; anything else as it is. Raises Refusal for a format that is not
    read."""
    with file.open("rb") as raw:
        start = raw.read(300)
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:4] == b"PAR1":
        return _written_out("parquet", file, name, folder)
    if bare[:1] in (b"{", b"["):
        return _json(file, name, folder)
    for sign, (what, remedy) in OTHERS.items():
        if bare.startswith(sign):
            raise Refusal(f"{name}: is {what}; {remedy}")
    if start[257:262] == b"ustar":
        raise Refusal(f"{name}: is a tar archive; unpack it")
    return file


def _json(file: Path, name: str, folder: str) -> Path:
    """Records in a list, a line each, or in the one list of an answer. Raises Refusal where that is one page of
    several: the days of the others would be zeros."""
    with file.open(encoding="utf-8-sig", errors="replace") as opened_text:
        first = opened_text.readline(HEADER_BYTES)
        more = opened_text.readline(HEADER_BYTES).strip()
    if first.lstrip().startswith("["):
        return _written_out("json", file, name, folder, ", format = 'array'")
    if first.strip().endswith("}") and more.startswith("{"):
        return _written_out("json", file, name, folder, ", format = 'newline_delimited'")
    if file.stat().st_size > MAX_JSON:
        raise Refusal(f"{name}: is {file.stat().st_size:,} bytes of JSON; allowed: up to {MAX_JSON:,}; {CSV}")
    try:
        answer = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{name}: is JSON that is cut or damaged ({error}); download it again") from None
    if answer.get("type") == "FeatureCollection":
        raise Refusal(f"{name}: is GeoJSON; write its properties as CSV")
    lists = [each for each in answer.values() if isinstance(each, list)]
    if answer and all(isinstance(each, dict) for each in answer.values()):
        raise Refusal(
            [
                f"{name}: is JSON by columns, not by events; write it with orient='records' in pandas, or as CSV"
            ]
        )
    records = next((each for each in lists if each and all(isinstance(row, dict) for row in each)), None)
    if records is None:
        raise Refusal(
            f"{name}: is JSON without a list of events (only {', '.join(sorted(answer)[:SHOWN]) or 'nothing'});"
            " keep the whole answer of the publisher's server"
        )
    whole = next(
        (answer[key] for key in ("TotalCount", "total_count") if isinstance(answer.get(key), int)), 0
    )
    if whole > len(records):
        raise Refusal(
            f"{name}: is JSON with {len(records):,} of {whole:,} events, one page of several; put the events"
            " of all pages into one list"
        )
    plain = Path(folder, "records.json")
    plain.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return _written_out("json", plain, name, folder, ", format = 'newline_delimited'")


def _written_out(form: str, file: Path, name: str, folder: str, options: str = "") -> Path:
    """A table that DuckDB reads, as CSV, each cell as it stands there."""
    rows = Path(folder, "rows.csv")
    try:
        with connected(folder) as connection:
            if form == "json":  # as text: what looks like a number or a date is judged with the cells of CSV
                options += f", maximum_object_size = {MAX_RECORD}"
                found = connection.execute(
                    f"describe select * from read_json({literal(file)}{options}, sample_size = -1)"  # noqa: S608
                ).fetchall()
                shape = ", ".join(f"{literal(column)}: 'VARCHAR'" for column, *_ in found)
                options += f", columns = {{{shape}}}"
            table = f"read_{form}({literal(file)}{options})"
            connection.execute(f"copy (from {table}) to {literal(rows)} (format csv, header true)")
    except duckdb().Error as error:
        raise Refusal(
            f"{name}: is damaged or no table ({str(error).splitlines()[0]}); write it as CSV UTF-8"
        ) from None
    return rows


def separator(line: str) -> str:
    """What stands between the names of columns; spreadsheets of many countries write semicolons.

    >>> separator("date;title;place")
    ';'
    """
    return max(",;\t|", key=line.count)


def _header(text: Path, name: str) -> EventFile:
    with text.open("rb") as raw:
        start = raw.read(HEADER_BYTES)
    if len(start) == HEADER_BYTES and b"\n" not in start:
        raise Refusal(
            f"{name}: its first line is longer than {HEADER_BYTES:,} bytes; an event file as CSV is expected"
        )
    try:
        lines = start[: start.rfind(b"\n") + 1 or len(start)].decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        first = b"\n" not in start[: error.start]
        if first or b"\n" not in start:
            raise Refusal(
                f"{name}: is not UTF-8 text (byte {error.start} of its first line); save it as CSV UTF-8"
            ) from None
        lines = start[: error.start].decode("utf-8-sig").split("\n")[:-1]
    before = 0
    told = re.fullmatch(r'"?sep=(.)"?\s*', lines[0])  # Excel's own first line
    while before < len(lines) - 1 and (not lines[before].strip() or (told and not before)):
        before += 1
    line = lines[before].removesuffix("\r")
    if not line.strip() or "\0" in line:
        raise Refusal(f"{name}: has no line of column names; an event file as CSV is expected")
    if "\r" in line:
        raise Refusal(
            f"{name}: a carriage return stands alone in its first line; save it as CSV with line ends of"
            " Unix or Windows"
        )
    delimiter = told[1] if told else separator(line)
    cells = [_plain(cell) for cell in next(csv.reader([line], delimiter=delimiter))]
    if sum(bool(re.fullmatch(r"-?\d+([.,]\d+)?|\d{4}-\d\d-\d\d.*", cell)) for cell in cells) > 2:
        raise Refusal(
            f"{name}: its first line is a row and has no column names; put the line of names of another"
            " file of its publisher above it (for UCDP's candidate months that of GED, which has the same"
            " columns)"
        )
    if all(cell.startswith("#") for cell in cells if cell):
        raise Refusal(
            f"{name}: its first line holds HXL tags; put a line of the publisher's column names above it"
        )
    columns = tuple(
        "_".join(re.split(r"[\s.]+", cell.lower())) for cell in cells
    )  # R writes points for blanks
    twice = sorted(each for each, times in Counter(columns).items() if times > 1 and each)[:SHOWN]
    if twice:
        raise Refusal([f"{name}: column {each} stands twice" for each in twice])
    found = EventFile(name, text, delimiter, columns, before=before + 1)
    try:
        under = next(csv.reader(lines[before + 1 : before + 2], delimiter=delimiter), [])
    except csv.Error:  # no line of tags; whether it is an event its reader says
        under = []
    tags = [cell.strip() for cell in under if cell.strip()]
    if tags and all(re.match(r"#[A-Za-z]", tag) for tag in tags):
        said = f"{name}: row {before + 2} holds HXL tags and is no event."
        return replace(found, before=before + 2, remarks=(said,))
    return found


def _without_head(file: EventFile, body: Path) -> EventFile:
    """The rows alone: DuckDB takes several lines to skip for a part of a quoted cell, if a mark of the order of
    bytes stands before them."""
    with file.text.open("rb") as whole, body.open("wb") as rows:
        for _ in range(file.before):
            whole.readline()
        shutil.copyfileobj(whole, rows)
    return replace(file, text=body, skip=0)


def _plain(cell: str) -> str:
    return cell.replace("\xa0", " ").strip()


def duckdb() -> Any:
    import duckdb  # 0.1 s, and only own files need it

    return duckdb


@contextmanager
def connected(folder: str) -> Iterator[Any]:
    # nothing is looked for on the network or written beside the user's files
    options = {
        "memory_limit": MEMORY,
        "temp_directory": folder,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    connection = duckdb().connect(":memory:", config=options)
    try:
        # a bar of its own in a notebook's output would be another text each time
        connection.execute("set enable_progress_bar = false")
        connection.execute("set timezone = 'UTC'")  # the same file is the same day on every machine
        yield connection
    finally:
        connection.close()


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def literal(value: object) -> str:
    """SQL: a date, a number or a text as a constant."""
    if isinstance(value, int | float):
        return repr(float(value))
    return quoted(str(value))
