"""Wrong files and wrong values by the thousand: each gives a correct result or a refusal in words, never a
traceback, never a lost row.

`FUZZ_CASES` says how many (350 in `make test`, 100,000 in `make fuzz`).
"""

import csv
import gzip
import io
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from escalation import cases, parameters
from escalation.build import graph
from escalation.counts import acled, airwars, ucdp
from escalation.counts.formats import BLANK
from escalation.errors import Refusal

CASES = int(os.environ.get("FUZZ_CASES", "350"))
SEEN: Counter[str] = Counter()


def share(part: float, *, least: int = 10) -> settings:
    """So many of all cases."""
    return settings(
        phases=[Phase.generate, Phase.shrink] if CASES < 10_000 else [Phase.generate],
        max_examples=max(least, round(CASES * part)),
        deadline=None,
        derandomize=CASES < 10_000,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        yield Path(made)


@pytest.fixture(scope="module", autouse=True)
def tally() -> Iterator[None]:
    yield
    total = sum(SEEN.values())
    print(f"\n{total:,} cases: " + ", ".join(f"{name} {count:,}" for name, count in sorted(SEEN.items())))  # noqa: T201


def outcome(what: str, run: Callable[[], Any]) -> Any:
    """The result, or None where it was refused in whole, plain lines. Anything else that is raised fails the
    test."""
    try:
        result = run()
    except Refusal as refusal:
        SEEN[f"{what} refused"] += 1
        assert refusal.problems
        for line in refusal.problems:
            assert line.strip()
            assert "\n" not in line
            assert "Traceback" not in line
        return None
    SEEN[f"{what} read"] += 1
    return result


# ---- event files
# -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """A reader, a row that it takes, the columns it needs, and the columns that hold numbers and days."""

    read: Callable[[Path], pd.DataFrame]
    row: dict[str, str]
    key: tuple[str, ...]
    people: tuple[str, ...]
    day: str
    free: str
    out: str
    out_people: str


FORMATS = {
    "ucdp": Format(
        ucdp.read,
        {
            "id": "1", "type_of_violence": "1", "conflict_name": "A: Government", "side_a": "Government of A",
            "side_b": "Rebels",
            "latitude": "35.5", "longitude": "36.5", "date_start": "2019-04-27", "date_end": "2019-04-28",
            "best": "2", "high": "3", "low": "1",
            "adm_1": "North", "country": "A", "date_prec": "2", "deaths_civilians": "1",
        },
        ("id",), ("best", "high", "low"), "date_start", "side_a", "date_first", "best",
    ),
    "acled": Format(
        acled.read,
        {
            "event_id_cnty": "A1", "event_date": "2019-04-27", "event_type": "Battles",
            "actor1": "Forces of A", "actor2": "Rebels",
            "fatalities": "2", "latitude": "35.5", "longitude": "36.5", "time_precision": "1", "country": "A",
            "admin1": "North",
        },
        ("event_id_cnty",), ("fatalities",), "event_date", "actor1", "date_first", "best",
    ),
    "airwars": Format(
        airwars.read,
        {
            "date": "2019-04-27", "governorate": "North", "incidents": "1",
            "incidents_fair_or_confirmed": "1", "incidents_contested": "0",
            "civilians_killed_min": "2", "civilians_killed_max": "2000",
        },
        ("date", "governorate"), ("civilians_killed_min",), "date", "governorate", "date",
            "civilians_killed_min",
    ),
}  # fmt: skip

ODD = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12
) | st.sampled_from([
    "\ufeff", "\xa0", "\u202eabc\u202c", "“quoted”", "it’s", "a,b", 'say "no"', "two\nlines", "=1+1",
    "x" * 5000, "NULL", "nan", "-", "é", "e\u0301", "محادثات",
])  # fmt: skip
DAYS = st.dates(date(1989, 1, 1), date(2026, 12, 31)) | st.sampled_from(
    [date(2000, 2, 29), date(2020, 2, 29), date(2019, 12, 31)]
)


def packed(text: str, how: str, folder: Path) -> Path:
    """The file in one of the ways in which it goes about."""
    raw = text.encode("utf-8-sig" if "bom" in how else "utf-8")
    file = folder / "events.csv"
    if "gz" in how:
        file.write_bytes(gzip.compress(raw, mtime=0, compresslevel=1))
    elif "zip" in how:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("GED.csv", raw)
    else:
        file.write_bytes(raw)
    return file


def written(rows: list[dict[str, str]], columns: list[str], *, delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def plain(cell: str) -> str:
    return cell.replace("\xa0", " ").strip(" ")


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@share(0.04)
def test_every_good_row_arrives(name: str, folder: Path, data: st.DataObject) -> None:
    """Whatever the order of columns, delimiter, line ends, packing and odd letters: each row comes out once,
    with its day and its dead."""
    form = FORMATS[name]
    n = data.draw(st.integers(1, 6))
    rows = []
    for number in range(n):
        changed = {
            form.day: data.draw(DAYS).isoformat(),
            **{each: str(data.draw(st.integers(0, 10**6))) for each in form.people},
        }
        if name == "airwars":
            changed["civilians_killed_max"] = str(10**6)
            changed[form.free] = f"{number} " + data.draw(ODD)
        else:
            changed[form.key[0]] = f"e{number}"
            changed[form.free] = data.draw(ODD)
        if name == "ucdp":
            changed["date_end"] = changed["date_start"]
        rows.append({**form.row, **changed, "surplus": data.draw(ODD)})
    columns = data.draw(st.permutations([*form.row, "surplus"]))
    text = written(
        rows,
        columns,
        delimiter=data.draw(st.sampled_from(",;\t")),
        end=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    file = packed(text, data.draw(st.sampled_from(["plain", "bom", "gz", "zip", "bom gz"])), folder)
    frame = outcome(name, lambda: form.read(file))
    assert frame is not None, "a good file was refused"
    assert sorted((row[form.day], int(row[form.people[0]])) for row in rows) == sorted(
        (f"{day:%Y-%m-%d}", int(dead))
        for day, dead in zip(frame[form.out], frame[form.out_people], strict=True)
    )
    if name == "airwars":
        assert sorted(plain(row[form.free]) for row in rows) == sorted(frame[form.free])
    else:
        # NA, NULL and their like are how programs write what is not known
        names = ["" if (name := plain(row[form.free])) in BLANK else name for row in rows]
        assert sorted(names) == sorted(frame["side_a"].fillna(""))


BAD_NUMBERS = st.sampled_from([
    "-1", "inf", "-inf", "Infinity", "nan", "NaN", "1e400", "1.5", "four", "", " ", "\xa0", "1,5", "0x10",
    "٣a", "9" * 40, "--", "1e10",
])  # fmt: skip
BAD_DAYS = st.sampled_from([
    "2019-02-29", "2019-13-01", "2019-00-10", "1899-12-31", "0001-01-01", "99999-01-01", "not a day", "",
    "\xa0", "2019/04", "NaT", "inf", "-inf", "infinity", "epoch", "today", "2100-02-29",
])  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@share(0.03)
def test_every_bad_cell_is_refused(name: str, folder: Path, data: st.DataObject) -> None:
    """A number that is none, a day that was none, an id that stands twice: the refusal names the file, the
    row and the column."""
    form = FORMATS[name]
    n = data.draw(st.integers(1, 4))
    rows = [{**form.row, **{form.key[-1]: f"e{number}"}} for number in range(n)]
    at = data.draw(st.integers(0, n - 1))
    column = data.draw(st.sampled_from([*form.people, form.day]))
    rows[at][column] = data.draw(BAD_DAYS if column == form.day else BAD_NUMBERS)
    file = packed(written(rows, list(form.row)), "plain", folder)
    with pytest.raises(Refusal) as refused:
        form.read(file)
    SEEN[f"{name} refused"] += 1
    assert any(f"events.csv, row {at + 2}, column {column}: " in line for line in refused.value.problems), (
        rows[at][column],
        refused.value.problems,
    )


def spoil(raw: bytes, data: st.DataObject) -> bytes:
    """A few bytes of a file changed, cut, doubled or put in."""
    out = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(out) - 1)))
        piece = data.draw(st.sampled_from([b"\0", b'"', b",", b"\n", b"\r", b"\r\n", b"\xff\xfe", b"\xc3",
            b"\xef\xbb\xbf", b";", b"\t", b"\xc2\xa0", b"\xe2\x80\xae", b"''", b"9" * 300,
            b"," * 200]) | st.binary(max_size=6))  # fmt: skip
        match data.draw(st.integers(0, 3)):
            case 0:
                out[place:place] = piece
            case 1:
                out[place : place + len(piece)] = piece
            case 2:
                del out[place : place + data.draw(st.integers(1, 40))]
            case _:
                out[place:place] = out[place : place + data.draw(st.integers(1, 80))]
    return bytes(out)


def counted(raw: bytes) -> int:
    """The rows of a CSV as Python's own reader counts them, without empty lines."""
    text = raw.decode("utf-8-sig")
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    return sum(1 for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row) - 1


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@share(0.06, least=84)  # of fewer none might still be read
def test_a_spoilt_file_loses_no_row_silently(name: str, folder: Path, data: st.DataObject) -> None:
    """Any bytes may be wrong: what is still read has as many rows as the file has, or it is refused."""
    form = FORMATS[name]
    rows = [{**form.row, **{form.key[-1]: f"e{number}"}} for number in range(data.draw(st.integers(0, 4)))]
    raw = spoil(written(rows, list(form.row), end=data.draw(st.sampled_from(["\n", "\r\n"]))).encode(), data)
    file = folder / "events.csv"
    file.write_bytes(raw)
    frame = outcome(f"spoilt {name}", lambda: form.read(file))
    if frame is not None:
        assert (frame[form.out_people].dropna() >= 0).all()
        assert b"\r" in raw.replace(b"\r\n", b"") or counted(raw) == len(
            frame
        )  # the csv module stumbles over a lone CR


# ---- values
# --------------------------------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = {path.stem: path for path in graph.notebooks(ROOT)}
NAMES = sorted({name for path in NOTEBOOKS.values() for name in parameters.defaults(path)})
VALUES = (
    st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.sampled_from(["../../x",
    "/etc/passwd", "2020-02-30", "2019-01-01", "ucdp", "idlib\n", "a" * 10**4])
)  # fmt: skip


@given(
    stem=st.sampled_from(sorted(NOTEBOOKS)),
    overrides=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=4),
)
@share(0.3)
def test_parameters_keep_their_types(stem: str, overrides: dict[str, Any]) -> None:
    """What comes through has the type of the published value and the notebook's own names, in their order."""
    published = parameters.defaults(NOTEBOOKS[stem])
    values = outcome("parameters", lambda: parameters.resolve(NOTEBOOKS[stem], overrides))
    if values is not None:
        assert list(published) == list(values)
        assert [type(each) for each in published.values()] == [type(each) for each in values.values()]
        assert ".." not in str(values["case"])


TOML = (ROOT / "data" / "cases" / "idlib.toml").read_bytes()


@given(data=st.data())
@share(0.12)
def test_a_spoilt_case_is_refused_or_a_case(data: st.DataObject, folder: Path) -> None:
    """A case file with wrong bytes, keys, dates or boxes says what is wrong with it."""
    (folder / "data" / "cases").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "cases" / "c.toml").write_bytes(spoil(TOML, data))
    case = outcome("case", lambda: cases.read("c", folder))
    if case is not None:
        assert case.margin_start <= case.start < case.end
        assert case.areas
        assert ".." not in case.tables + case.series
