"""Event files become daily counts: zero and unknown stay apart, nothing is dropped in silence."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from escalation import cases
from escalation.counts import series, sources, ucdp
from escalation.errors import Refusal

HEADER = "id,type_of_violence,conflict_name,side_a,side_b,latitude,longitude,date_start,date_end,date_prec,best,high,low,adm_1,deaths_civilians\n"
ROWS = [
    "1,1,A: Government,Government of A,Rebels,1.23,5.67,2020-01-03,2020-01-03,1,4,5,3,North Governorate,1",
    "2,1,A: Government,Government of A,Rebels,1.29,5.61,2020-01-03,2020-01-05,2,2,1,2,Nord,",
    # best above high, interval, civilians unknown
    "3,3,A: Government,Government of A,Civilians,1.2,5.6,2020-01-04,2020-01-04,1,7,7,7,South Governorate,7",
    "4,1,A: Government,Government of A,Rebels,9.9,9.9,2020-01-04,2020-01-04,1,9,9,9,Elsewhere,0",
    "5,1,A: Government,Government of A,Rebels,1.2,5.6,2020-01-12,,,1,1,0,South Governorate,",
]


def ged(tmp_path: Path, rows: list[str] = ROWS, header: str = HEADER, name: str = "ged.csv") -> Path:
    file = tmp_path / name
    file.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_doubts_are_counted(tmp_path: Path, case: cases.Case) -> None:
    """Each oddity of the file is counted and none dropped."""
    events = series.in_area(ucdp.read(ged(tmp_path)), case)
    assert {
        "low above best": 0,
        "best above high": 1,
        "dated to more than one day": 1,
        "date precision unknown": 1,
        "civilian deaths unknown": 2,
    } == series.doubts(events[series.of_the_war(events, case)])


def test_optional_columns_and_gz(tmp_path: Path) -> None:
    """A gzipped file without precision, end date or governorate is read, and what it does not know stays
    missing."""
    header = "id,type_of_violence,conflict_name,side_a,side_b,latitude,longitude,date_start,best,high,low\n"
    file = tmp_path / "ged.csv.gz"
    file.write_bytes(
        gzip.compress((header + "1,1,A: Government,G,Rebels,1,2,2020-01-03 00:00:00.000,4,5,3\n").encode())
    )
    event = ucdp.read(file).iloc[0]
    assert pd.Timestamp("2020-01-03") == event["date_first"] == event["date_last"]
    assert pd.isna(event["date_precision"]) and pd.isna(event["civilians"])


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    """Each column that a GED file must have, at once."""
    with pytest.raises(Refusal) as refused:
        ucdp.read(ged(tmp_path, ["1,2"], "id,year\n"))
    assert len(ucdp.REQUIRED) - 1 == len(refused.value.problems)


def test_case_refusals(project: Path) -> None:
    """An unknown case names those there are; a wrong key is named; a window outside the case is refused."""
    with pytest.raises(Refusal, match="idlib"):
        cases.read("idlip", project)
    with pytest.raises(Refusal, match="no such file"):
        cases.read("../idlib", project)
    file = project / "data/cases/other.toml"
    file.write_text((project / "data/cases/idlib.toml").read_text().replace("[ucdp]", "[ucpd]"))
    with pytest.raises(Refusal, match="ucpd"):
        cases.read("other", project)
    with pytest.raises(Refusal, match="allowed: within"):
        cases.read("idlib", project).within("2017-01-01", "2020-01-01")


def test_embedded_series_are_what_the_code_makes(datasets: Path, project: Path, root: Path) -> None:
    """Run on the whole event files, the code gives the committed tables and source records byte for byte."""
    written = sources.embed(
        datasets / "ucdp_ged_21.1_syria_2018-07_2020-12.csv",
        datasets / "airwars_russian_military_nw_daily_counts.csv",
        case_name="idlib",
        root=project,
    )
    for file in written:
        assert (root / file.relative_to(project)).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("where", "known"), [("1", True), ("3", True), ("", True), ("4", False), ("5", False), ("6", False)]
)
def test_a_province_is_no_place_on_the_map(tmp_path: Path, case: cases.Case, where: str, known: bool) -> None:
    """UCDP's point of a province, a line or a country is not where people died: such an event counts on its
    day and stands in no cell."""
    header = HEADER.replace("latitude", "where_prec,latitude")
    row = ROWS[0].replace("1.23", f"{where},1.23")
    events = series.in_area(ucdp.read(ged(tmp_path, [row], header)), case)
    cells = series.ucdp_cells(events, case)
    assert ([1], [4], known) == (
        cells["events"].tolist(),
        cells["fatalities_best"].tolist(),
        bool(cells["cell_lat"].notna().all()),
    )
