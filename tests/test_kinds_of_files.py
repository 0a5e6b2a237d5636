"""What people really have: each kind of file is read right, or refused in a line that says what to do."""

import bz2
import datetime as dt
import gzip
import json
import lzma
import shlex
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from escalation import cases, schema
from escalation.cases import Case
from escalation.counts import own, series, sources, ucdp
from escalation.counts.event_file import MOST_DEAD
from escalation.errors import Refusal
from escalation.newcase import Asked, new_case
from tests.test_readers import ACLED, GED, Put, rows, text, zipped
from tests.test_readers import put as put

FILES = Path(__file__).resolve().parent.parent.parent / "shared" / "inputs" / "events"

# the files of shared/inputs: how many people died in six events, or what is said
ANSWERS: dict[str, int | str] = {
    "a07_acled_0018_year.csv": "row 2, column event_date: '0018-10-01'; allowed: a date",
    "a08_acled_api.json": 18,
    "a09_acled_actor_export_dup.csv": "export it with one row an event",
    "a10_hdx_weekly_admin1.csv": "these are ACLED's aggregates by week; this needs events",
    "a12_acled_hdx_hxl.csv": 18,
    "a20_acled_isodatetime.csv": 18,
    "a21_acled_datetime_space.csv": 18,
    "a22_acled_R_NA.csv": 18,
    "a23_acled_fatalities_blank.csv": "row 2, column fatalities: empty; allowed",
    "g02_candidate_no_header.csv": "its first line is a row and has no column names; put the line of names",
    "g04_ged_us_dates_excel.csv": "row 2, column date_start: '10/1/2018'; .*give the column the form yyyy-mm-dd",
    "g06_ged_semicolon_decimal_comma.csv": 27,
    "g10_ged5_best_est.csv": 27,
    "g11_ged_hxl_second_row.csv": 27,
    "g15_ged_R_NA.csv": 27,
    "g16_ged_candidate_empty_best.csv": "row 2, column best: empty; .*never zero: fill it",
    "g18_ged_dup_monthly_quarterly.csv": r"rows 2 to 7 .* and rows 8 to 8 .* two files seem to be joined",
    "g21_ged_excel_sep_line.csv": 27,
    "g23_ged_adm1_lower.csv": 27,
    "g26_ucdp_api.json": 27,
    "g31_ged.csv.bz2": 27,
    "g35_ged_blank_last_rows.csv": 27,
    "g36_ged_thousand_sep.csv": "column best: '1,234'; .*without signs between thousands",
    "g37_ged_negative_best.csv": "column best: '-1'; .*if it stands for unknown",
    "h03_real.xlsx": r"is an Excel workbook \(xlsx\); open it and save it as CSV UTF-8",
    "h08_ged.parquet": "neither a UCDP GED file",  # parquet is read; this one holds one column
    "h16_ged_sideb_case.csv": 27,
    "o1_airwars.csv": "these are Airwars' incidents",
}


def main(file: Path, case: Case) -> own.MainSeries:
    return own.main_series(
        case, events_file=str(file), accessed="2026-01-01", max_date_precision=5, root=Path("/")
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_every_file_of_the_collection(name: str, root: Path) -> None:
    """October 2018 in Idlib: six events with all their dead, or a refusal of few lines that says what to do."""
    if not FILES.is_dir():
        pytest.skip("the collection of files is not here (../shared/inputs/events)")
    october = cases.read("idlib", root).model_copy(
        update={
            "start": dt.date(2018, 10, 1),
            "end": dt.date(2018, 10, 31),
            "margin_start": dt.date(2018, 10, 1),
            "may_be_absent": ("Hama", "Aleppo", "Latakia"),
        }
    )
    right = ANSWERS[name]
    if isinstance(right, str):
        with pytest.raises(Refusal, match=right) as refused:
            main(FILES / name, october)
        assert len(refused.value.problems) <= 7
    else:
        found = main(FILES / name, october)
        assert (6, right) == (found.n, found.counts["fatalities_best"].sum())


@pytest.fixture
def war(case: Case) -> Case:
    return case.model_copy(
        update={
            "may_be_absent": ("South",),
            "acled": cases.Actors(actors=("Military Forces of A",), event_types=("Battles",)),
        }
    )


FIVE = rows(
    GED, *({"id": str(n), "date_start": f"2020-01-0{n}", "date_end": f"2020-01-0{n}"} for n in range(3, 8))
)
LATE = rows(GED, {"id": "9", "date_start": "2020-01-12", "date_end": "2020-01-12"})


def ndjson(table: list[dict[str, str]]) -> bytes:
    return "\n".join(map(json.dumps, table)).encode()


def parquet(tmp_path: Path, table: list[dict[str, str]]) -> bytes:
    frame = pd.DataFrame(table)
    frame = frame.assign(
        date_start=pd.to_datetime(frame["date_start"]),
        best=frame["best"].astype(float),
        id=frame["id"].astype(int),
    )
    file = tmp_path / "made.parquet"
    duckdb.from_df(frame).write_parquet(str(file))
    return file.read_bytes()


@pytest.mark.parametrize(
    "form",
    [
        "bom", "crlf", "capitals", "csv.gz", "zip", "quoted newline", "parquet", "list", "lines", "answer", "pretty", "xz", "bz2", "bars", "sep", "decimal commas", "NaN", "hxl",
        "blank rows", "blank lines", "footer of blanks", "ged 5", "spaces in names", "midnight", "index column",
        "not known", "points in names", "a zone",
    ],
)  # fmt: skip
def test_kinds_that_are_read(form: str, put: Put, tmp_path: Path) -> None:
    """Five events with four dead each come out of every one of them, on their days."""
    plain = text(FIVE)
    names = plain.splitlines()[0]
    content: dict[str, Callable[[], str | bytes]] = {
        "bom": lambda: "\ufeff" + plain,
        "crlf": lambda: text(FIVE, end="\r\n"),
        "capitals": lambda: plain.replace("type_of_violence", " Type_of_Violence\u00a0"),
        "csv.gz": lambda: gzip.compress(plain.encode()),
        "zip": lambda: zipped(put(b"", "one.zip"), {"GEDEvent_v26_1.csv": plain}).read_bytes(),
        "quoted newline": lambda: plain.replace("twice", "twice\nover"),
        "parquet": lambda: parquet(tmp_path, FIVE),
        "list": lambda: json.dumps(FIVE),
        "lines": lambda: ndjson(FIVE),
        "answer": lambda: json.dumps({"TotalCount": 5, "Result": FIVE}),
        "pretty": lambda: json.dumps({"count": 5, "data": FIVE}, indent=1),
        "xz": lambda: lzma.compress(plain.encode()),
        "bz2": lambda: bz2.compress(plain.encode()),
        "bars": lambda: text(FIVE, delimiter="|"),
        "sep": lambda: '\ufeff"sep=;"\r\n' + text(FIVE, delimiter=";", end="\r\n"),
        "decimal commas": lambda: text([{**row, "latitude": "1,25"} for row in FIVE], delimiter=";"),
        "NaN": lambda: text([{**row, "deaths_civilians": "NaN", "date_prec": "NULL"} for row in FIVE]),
        "hxl": lambda: text([dict.fromkeys(GED, "#x+y") | {"relid": ""}, *FIVE]),
        "blank rows": lambda: text([*FIVE[:2], dict.fromkeys(GED, ""), *FIVE[2:], dict.fromkeys(GED, " ")]),
        "blank lines": lambda: "\n\n" + plain + "\n\n",
        "footer of blanks": lambda: plain + "," * (len(GED) - 1) + "\r\n",
        "ged 5": lambda: plain.replace("best,high,low", "best_est,high_est,low_est"),
        "spaces in names": lambda: plain.replace("date_start", "Date Start"),
        "midnight": lambda: plain.replace(",2020-01-03,", ",2020-01-03T00:00:00+00:00,"),
        "not known": lambda: text([{**row, "deaths_civilians": said, "date_end": said} for row, said in zip(FIVE, ("-", "n/a", "<NA>", "NaT", "?"), strict=True)]),
        "points in names": lambda: plain.replace("_", ".", names.count("_")),
        "a zone": lambda: text([{**row, "date_start": f"{row['date_start']}T00:00:00+03:00"} for row in FIVE]),
        "index column": lambda: "," + names + "\n" + "".join(f"{n},{line}\n" for n, line in enumerate(plain.splitlines()[1:])),
    }  # fmt: skip
    events = ucdp.read(put(content[form](), "events.any"))
    assert ["3", "4", "5", "6", "7"] == events["event_id"].tolist()
    assert [f"2020-01-0{n}" for n in range(3, 8)] == events["date_first"].dt.strftime("%Y-%m-%d").tolist()
    assert ([4] * 5, [1.25] * 5) == (events["best"].tolist(), events["lat"].tolist())


def test_signs_for_nothing_and_stray_blanks_in_texts(put: Put) -> None:
    """A file whose numbers and days are all in order is read as such; its texts are bared all the same."""
    said = ("North", " North", "North\u00a0", "NA", " ")
    table = [{**row, "adm_1": name, "where_prec": "nan"} for row, name in zip(FIVE, said, strict=True)]
    events = ucdp.read(put(text(table), "events.csv"))
    assert ["North"] * 3 == events["governorate"].dropna().tolist() and events["has_place"].all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "Excel workbook"),
        (gzip.compress(b"RDX3\nX\n\0\0", mtime=0), "an R workspace"),
        (gzip.compress(b"X\n\x00\x00\x00\x03", mtime=0), r"R data \(rds\); write the table with write.csv"),
        (b"<stata_dta><header>", "Stata data"),
        (b"<!DOCTYPE html><html>", "a page of HTML"),
        (text(FIVE).encode("utf-16"), "UTF-16 text"),
        (b"ARROW1\0\0", "write it as parquet or CSV"),
        (b"{}", "JSON without a list of events"),
        (b'{"status": 403, "error": "no access"}', r"without a list of events \(only error, status\)"),
        (b'{"a": [1', "JSON that is cut or damaged"),
        (b'{"type": "FeatureCollection", "features": []}', "GeoJSON"),
        (json.dumps([{"TotalCount": 10, "Result": FIVE}] * 2), "put the events of all pages into one list"),
        (pd.DataFrame(FIVE).to_json(), "JSON by columns"),
        (text(FIVE) + text(LATE), "row 7: a second line of column names.*take the line out"),
        (text(FIVE) + "Source: UCDP\n", "line 7: fewer cells than column names; if it is a note"),
        (text(FIVE).replace("best,", "best_x,", 1), r"no column best \(nearest: best_x"),
        (text(rows(GED, {"date_prec": "missing"})), "leave the cell empty"),
        (text(rows(GED, {"date_start": "2020-01-03T21:00:00-03:00"})), "a time zone may have moved the day"),
        (json.dumps({"TotalCount": 9, "Result": FIVE}), "5 of 9 events, one page of several"),
        (b"PAR1 and no more", "is damaged or no table"),
        ("Country,Admin1,Month,Year,Events,Fatalities\nA,B,May,2020,1,2\n", "ACLED's aggregates by month"),
        ("#event+id,#date,#affected\n1,2020-01-01,2\n", "its first line holds HXL tags"),
        (text(rows(GED, {"date_start": "43833"})), "a spreadsheet's number of a day"),
        (text(rows(GED, {"date_start": "03.01.2020"})), "day and month could change places"),
        (text(rows(GED, {"date_start": "3-Jan-20"})), "give the column the form yyyy-mm-dd"),
        (text(rows(GED, {"date_start": "2020-01-02T22:00:00Z"})), "a time zone may have moved the day"),
        (text(rows(GED, {"best": "1 234"})), "without signs between thousands"),
        (text(rows(GED, {"best": "1,000"}), delimiter=";"), "without signs between thousands"),
        (text(rows(GED, {"best": "20000000"})), f"a whole number from 0 to {MOST_DEAD:,}"),
        (text(rows(GED, {"date_end": "2091-01-03"})), r"at most 731 days after it \(31 where date_prec is 1"),
        (text(rows(GED, {"date_end": "2020-05-03"})), r"at most 731 days after it \(31 where date_prec is 1"),
    ],
)  # fmt: skip
def test_kinds_that_are_named(content: str | bytes, said: str, put: Put) -> None:
    """One line says what it is and what to do."""
    with pytest.raises(Refusal, match=said) as refused:
        ucdp.read(put(content, "events.csv"))
    assert 1 == len(refused.value.problems)


def test_a_system_without_links(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows lets few users make a symbolic link; files of any name are read without one."""

    def refused(*_: object, **__: object) -> None:
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refused)
    for name in ("events.csv", "my [old]* events?.csv", "not packed.csv.gz"):
        assert 5 == len(ucdp.read(put(text(FIVE), name)))


@pytest.mark.parametrize("template", [GED, ACLED])
def test_a_faulty_row_elsewhere_is_only_remarked(template: dict[str, str], put: Put, war: Case) -> None:
    """A year of 0018 in another country keeps no one from his counts, and is said with its row; in the area it
    is refused, under whatever spelling of its name; and a file full of them is none of ours."""
    identifier, column = ("id", "date_start") if template is GED else ("event_id_cnty", "event_date")
    number = {"best": "many"} if template is GED else {"fatalities": "many"}
    abroad = {
        "admin1" if template is ACLED else "adm_1": "Elsewhere", "country": "B", "conflict_name": "B: Government",
        "side_b": "Others", "actor1": "Others",
    }  # fmt: skip
    abroad = {name: value for name, value in abroad.items() if name in template}
    good = [
        {identifier: "1"},
        {identifier: "2", column: "2020-01-12", **({"date_end": "2020-01-12"} if template is GED else {})},
    ]
    faulty = [{identifier: "3", column: "0018-01-03", **abroad}, {identifier: "4", **number, **abroad}]
    found = main(put(text(rows(template, *good, *faulty))), war)
    assert (2, 8) == (found.n, found.counts["fatalities_best"].sum())
    assert "two rows cannot be read, and would not be counted for this case" in found.said
    assert f"row 4, column {column}: '0018-01-03'" in found.said
    for name in ("North Governorate", "north  GOVERNORATE"):
        here = {identifier: "3", column: "0018-01-03", "admin1" if template is ACLED else "adm_1": name}
        with pytest.raises(Refusal, match=f"row 4, column {column}: '0018-01-03'") as refused:
            main(put(text(rows(template, *good, here, faulty[1]))), war)
        assert 1 == len(refused.value.problems), "the row abroad is no reason"
    many = [{**faulty[0], identifier: f"x{n}"} for n in range(9)]
    with pytest.raises(Refusal, match="4 more rows like these"):
        main(put(text(rows(template, *good, *many))), war)


def test_what_contradicts_itself_is_said_or_refused(put: Put, war: Case) -> None:
    """Low above best is a trait of GED: one such event is counted and named; where it turns the sum around,
    nobody can say how many died."""
    odd = rows(FIVE[0], {"id": "odd", "low": "3", "best": "2", "high": "20"})
    found = main(put(text([*FIVE, *odd, *LATE])), war)
    assert "one event of the war with low above best (odd), counted as they stand" in found.said
    with pytest.raises(
        Refusal, match=r"columns low and best: 9 and 6 people killed in all, .* one event \(odd\)"
    ):
        main(put(text([{**odd[0], "low": "6"}, *LATE])), war)


def test_a_file_newer_than_the_case(put: Put, war: Case, project: Path) -> None:
    """Where it overlaps, the days named are read; where it does not, the case begun by the command named."""
    of = rows(FIVE[0], *({"id": str(n), "date_start": day, "date_end": day} for n, day in enumerate(
        ["2020-03-01", "2020-03-20"]
    )))  # fmt: skip
    long = war.model_copy(update={"start": dt.date(2020, 1, 3), "end": dt.date(2020, 3, 10)})
    with pytest.raises(Refusal, match="-p start=2020-03-01 -p end=2020-03-10") as refused:
        main(put(text(of)), long)
    assert 1 == main(put(text(of)), long.within("2020-03-01", "2020-03-10")).n
    with pytest.raises(Refusal, match="escalation new-case NAME --events") as refused:
        main(put(text(of)), war)
    [line] = refused.value.problems
    told = shlex.split(line.split("--events events.csv ")[1])
    asked = {option: [value] for option, value in zip(told[::2], told[1::2], strict=True)}
    new_case(
        "newer",
        put(text(of)),
        Asked(conflicts=asked["--conflict"], sides=asked["--side-b"], provinces=asked["--province"]),
        project,
    )
    begun = schema.read("ucdp_daily", project, folder="cases/newer")
    assert (2, 8) == (begun["events_state"].sum(), begun["fatalities_best"].sum())


@pytest.mark.parametrize(
    ("name", "version", "credit"),
    [
        ("ged261-csv.zip", "26.1", "UCDP GED 26.1 (Sundberg and Melander 2013"),
        ("GEDEvent_v26_0_9.csv", "26.0.9", "UCDP Candidate Events 26.0.9 (Hegre et al. 2020"),
        ("GEDEvent_v26_01_26_06.csv", "26.01.26.06", "UCDP Candidate Events 26.01.26.06 (Hegre"),
        ("ucdp_ged_syria_652.1601.1911.csv", "652.1601.1911", "UCDP GED special release 652.1601.1911 (Sundberg"),
        ("mine.csv", "as in mine.csv", "event file mine.csv of the user's own, in the columns of UCDP GED"),
    ],
)  # fmt: skip
def test_a_file_is_cited_by_what_it_is(name: str, version: str, credit: str, put: Put, war: Case) -> None:
    """A yearly version, a candidate month, several of them, and a special release have each its own name."""
    record = main(put(text([*FIVE, *LATE]), name) if name.endswith(".csv") else packed(put, name), war).record
    assert (version, True) == (record["version"], record["credit"].startswith(credit))
    assert (
        ("Candidate" in record["citation"])
        == ("Candidate" in credit)
        == ("not yet vetted" in record["limits"])
    )


def packed(put: Put, name: str) -> Path:
    return put(gzip.compress(text([*FIVE, *LATE]).encode()), name)


WARS = {
    "Afghanistan": ("Afghanistan: Government", "Taleban"),
    "Philippines": ("Philippines: Government", "CPP"),
    "Syria": ("Syria: Government", "Syrian insurgents"),
}


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("ucdp_ged_21.1_global_reduced.csv.gz", "Afghanistan"),
        ("ucdp_ged_21.1_global_reduced.csv.gz", "Philippines"),
        ("ucdp_ged_21.1_syria_2018-07_2020-12.csv", "Syria"),
        ("ucdp_ged_syria_652.1601.1911_from_2018-07.csv.gz", "Syria"),
    ],
)
def test_counts_of_whole_files_by_plain_pandas(name: str, country: str, datasets: Path) -> None:
    """Every day of every whole file that is here, for three countries: events of the war, of all kinds, and the
    dead by three estimates, as a few lines of pandas count them."""
    conflict, side = WARS[country]
    end = "2019-11-30" if "652" in name else "2020-12-31"
    case = Case.model_validate(
        {
            "title": country, "place": country, "war": "the war", "margin_start": "2018-07-01",
            "start": "2018-07-01", "end": end, "ucdp": {"conflict": [conflict], "side_b": [side]},
            "countries": {country: [country]},
        }
    )  # fmt: skip
    daily = series.ucdp_daily(series.in_area(ucdp.read(datasets / name, case), case), case).set_index("date")
    raw = pd.read_csv(datasets / name, parse_dates=["date_start"], low_memory=False)
    raw = raw[(raw["country"] == country) & raw["date_start"].between("2018-07-01", end)]
    war = raw[(raw["type_of_violence"] == 1) & (raw["conflict_name"] == conflict) & (raw["side_b"] == side)]
    assert len(war) > 100
    by_day = war.groupby("date_start")
    for column, plain in {
        "events_state": by_day.size(),
        "events_all": raw.groupby("date_start").size(),
        **{f"fatalities_{each}": by_day[each].sum() for each in ("best", "low", "high")},
    }.items():
        wanted = plain.reindex(daily.index, fill_value=0).astype("int64")
        assert wanted.tolist() == daily[column].tolist(), column
    assert sources.impossible(name, war.assign(event_id=war["id"].astype(str)))
