"""Event files of all kinds are read, and what is wrong with one is said with row, column and value."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from escalation.cases import Case
from escalation.counts import acled, formats, ucdp
from escalation.errors import Refusal

GED = {
    "id": "1", "relid": "R", "year": "2020", "active_year": "1", "code_status": "Clear",
    "type_of_violence": "1", "conflict_new_id": "299",
    "conflict_name": "A: Government", "dyad_name": "A - Rebels", "side_a": "Government of A",
    "side_b": "Rebels", "source_article": 'He said "no", twice',
    "adm_1": "North Governorate", "latitude": "1.25", "longitude": "5.65", "country": "A", "date_prec": "1",
    "date_start": "2020-01-03",
    "date_end": "2020-01-03", "deaths_civilians": "1", "best": "4", "high": "5", "low": "3",
}  # fmt: skip
ACLED = {
    "event_id_cnty": "AAA1", "event_date": "2020-01-03", "year": "2020", "time_precision": "1",
    "disorder_type": "Political violence",
    "event_type": "Battles", "sub_event_type": "Armed clash", "actor1": "Military Forces of A (2000-)",
    "actor2": "Rebels", "country": "A",
    "admin1": "North Governorate", "location": "Town", "latitude": "1.25", "longitude": "5.65",
    "fatalities": "4", "notes": "never to be passed on",
}  # fmt: skip
OLDER = {
    "data_id": "77", "iso": "760", "event_id_no_cnty": "9", "event_date": "03 January 2020",
    "time_precision": "2", "event_type": "Battle-No change of territory",
    "actor1": "Military Forces of A (2000-)", "actor2": "", "country": "A", "admin1": "Nord",
    "latitude": "1.2", "longitude": "5.6", "fatalities": "0",
}  # fmt: skip
Rows = list[dict[str, str]]


def text(rows: Rows, *, delimiter: str = ",", end: str = "\n") -> str:
    def cell(value: str) -> str:
        return (
            '"' + value.replace('"', '""') + '"'
            if any(sign in value for sign in f'"{delimiter}\n')
            else value
        )

    return (
        end.join(
            delimiter.join(cell(each) for each in row)
            for row in [list(rows[0]), *(list(row.values()) for row in rows)]
        )
        + end
    )


def rows(template: dict[str, str], *changes: dict[str, str]) -> Rows:
    return [{**template, **change} for change in changes]


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str | bytes, str], Path]:
    def write(content: str | bytes, name: str = "events.csv") -> Path:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


Put = Callable[..., Path]


def zipped(file: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def test_blanks_and_no_break_spaces_are_forgiven(put: Put) -> None:
    """A no-break space around a number, a day or a name changes nothing; the file is then read as text."""
    odd = rows(
        GED,
        {
            "best": "\u00a04",
            "date_start": " 2020-01-03",
            "adm_1": "North\u00a0Governorate ",
            "date_prec": " ",
        },
    )
    event = ucdp.read(put(text(odd))).iloc[0]
    assert (4, pd.Timestamp("2020-01-03"), "North Governorate") == (
        event["best"],
        event["date_first"],
        event["governorate"],
    )
    assert pd.isna(event["date_precision"])


def test_all_mistakes_at_once_with_their_rows(put: Put) -> None:
    """Five kinds of mistake in three rows are five lines; more than five of a kind are counted."""
    wrong = rows(
        GED,
        {"id": "1"},
        {"id": "2", "date_start": "03/01/2020", "best": "4.5"},
        {"id": "3", "date_end": "2020-01-01", "latitude": "91", "date_prec": "9"},
        {"id": "1", "low": "-1", "type_of_violence": "9"},
    )
    with pytest.raises(Refusal) as refused:
        ucdp.read(put(text(wrong)))
    said = "\n".join(refused.value.problems)
    for place in (
        "events.csv, row 3, column date_start: '03/01/2020'; allowed: a date",
        "row 3, column best: '4.5'; allowed: a whole number",
        "row 4, column date_end: '2020-01-01'",
        "row 4, column latitude: '91'",
        "row 4, column date_prec: '9'",
        "row 5, column low: '-1'",
        "row 5, column type_of_violence: '9'",
        "row 5, column id: '1'; allowed: each id once",
    ):
        assert place in said
    many = rows(GED, *({"id": str(number), "best": "x"} for number in range(12)))
    with pytest.raises(Refusal) as refused:
        ucdp.read(put(text(many)))
    assert (6, "events.csv, column best: 7 more rows like these") == (
        len(refused.value.problems),
        refused.value.problems[-1],
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no line of column names"),
        (text(rows(GED, {})).splitlines()[0].encode() + b"\n", "no rows"),
        (b"id,year\n1,2020\n", "no column type_of_violence; a UCDP GED file has it"),
        (text(rows(GED, {})).replace("id,relid", "id,id").encode(), "column id stands twice"),
        (b"id,name\xe9\n1,2\n", "not UTF-8"),
        (text(rows(GED, {"side_b": "Caf\u00e9"})).encode("latin-1"), "line 2: not UTF-8 text"),
        (text(rows(GED, {})).encode() + b"2,only,four,cells\n", "line 3: fewer cells than column names"),
        (
            text(rows(GED, {})).encode() + b",".join([b"2"] * 30) + b"\n",
            "line 3: more cells than column names",
        ),
        (
            text(rows(GED, {}, {"id": "2"})).encode().replace(b"2020", b"2\r020", 1),
            "line 2: a carriage return stands inside it",
        ),
        (b"\x1f\x8b\x08\x00broken", "damaged or cut short"),
        (gzip.compress(text(rows(GED, {})).encode())[:-20], "damaged or cut short"),
        (b"PK\x03\x04broken", "damaged or cut short"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, said: str, put: Put) -> None:
    """One line says which line of the file, and why; once, however many cells it lacks."""
    with pytest.raises(Refusal, match=said) as refused:
        ucdp.read(put(content))
    assert len(set(refused.value.problems)) == len(refused.value.problems)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"../GEDEvent.csv": "x"}, "a path and not a plain name"),
        ({"/etc/GEDEvent.csv": "x"}, "a path and not a plain name"),
        ({"folder/GEDEvent.csv": "x"}, "a path and not a plain name"),
        ({"C:\\GEDEvent.csv": "x"}, "a path and not a plain name"),
        ({"readme.txt": "x"}, "holds readme.txt; exactly one csv"),
        ({"a.csv": "x", "b.csv": "x"}, "holds a.csv, b.csv; exactly one csv"),
        ({}, "holds nothing"),
    ],
)
def test_strange_archives_are_refused(members: dict[str, str], said: str, put: Put) -> None:
    """Nothing is ever written where a zip says; one plain csv is all it may hold."""
    with pytest.raises(Refusal, match=said):
        ucdp.read(zipped(put(b"", "ged.zip"), members))


def test_bombs_are_refused(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file that is larger than any event file is not unpacked to its end."""
    monkeypatch.setattr(formats, "MAX_BYTES", 1000)
    for file in (
        put(gzip.compress(b"0" * 100_000), "b.csv.gz"),
        zipped(put(b"", "b.zip"), {"b.csv": "0" * 100_000}),
    ):
        with pytest.raises(Refusal, match=r"100,000 bytes|more than 1,000;"):
            ucdp.read(file)


def test_an_area_the_file_cannot_tell_is_refused(put: Put, case: Case) -> None:
    """Without adm_1 nothing would be found in any governorate, and would look like peace."""
    lacking = [{key: value for key, value in GED.items() if key != "adm_1"}]
    with pytest.raises(Refusal, match="no column adm_1, which tells the area of this case"):
        ucdp.read(put(text(lacking)), case)


@pytest.mark.parametrize(("template", "identifier", "precision"), [(ACLED, "AAA1", 1), (OLDER, "77", 3)])
def test_acled_current_and_older(template: dict[str, str], identifier: str, precision: int, put: Put) -> None:
    """Names of columns, dates and battles of both times give one frame; civilians are known only where nobody
    was killed."""
    event = acled.read(put(text([template]))).iloc[0]
    assert (identifier, pd.Timestamp("2020-01-03"), "Battles", precision) == (
        event["event_id"],
        event["date_first"],
        event["event_type"],
        event["date_precision"],
    )
    assert (int(template["fatalities"]), template["fatalities"] == "0") == (
        event["best"],
        bool(pd.notna(event["civilians"])),
    )


@pytest.mark.parametrize(
    "said", ["14 May 2019", "14 may 2019", "2019-05-14", "14-May-2019", "14-MAY-2019", " 14 May 2019"]
)
def test_acled_dates(said: str, put: Put) -> None:
    """Days are read as the exports write them; one that could be two days is refused."""
    assert (
        pd.Timestamp("2019-05-14")
        == acled.read(put(text(rows(ACLED, {"event_date": said})))).iloc[0]["date_first"]
    )


def test_acled_refusals(put: Put) -> None:
    """A date that could be read two ways, an unknown precision, half a death, and an export by actor, which
    has events twice."""
    wrong = rows(ACLED, {"event_date": "05/04/2019", "time_precision": "4", "fatalities": "0.5"})
    with pytest.raises(Refusal) as refused:
        acled.read(put(text(wrong)))
    assert 3 == len(refused.value.problems)
    with pytest.raises(Refusal, match="one row an event"):
        acled.read(put(text(rows(ACLED, {}, {"actor1": "Rebels"}))))
    with pytest.raises(Refusal, match="no column actor1; an ACLED export has it"):
        acled.read(put("event_id_cnty,event_date\n1,2020-01-01\n"))


def test_whole_real_files(datasets: Path, case: Case) -> None:
    """The global file and the special release are read whole, with as many events as they have rows."""
    assert 176_579 == len(ucdp.read(datasets / "ucdp_ged_21.1_global_reduced.csv.gz"))
    special = ucdp.read(datasets / "ucdp_ged_syria_652.1601.1911_from_2018-07.csv.gz")
    assert (2959, 0) == (len(special), special["civilians"].isna().sum())
