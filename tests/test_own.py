"""A file of the user's own becomes the main series: counts and source line go on, rows never do."""

import json
from pathlib import Path

import pytest
from test_readers import ACLED, GED, rows, text

from escalation import cases, schema
from escalation.cases import Case
from escalation.counts import own, sources
from escalation.errors import Refusal

MARK = "never to be passed on"


def put(folder: Path, content: str, name: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def main(
    case: Case, file: Path | str, root: Path, *, accessed: str = "", precision: int = 5
) -> own.MainSeries:
    return own.main_series(
        case, events_file=str(file), accessed=accessed, max_date_precision=precision, root=root
    )


@pytest.fixture
def war(case: Case) -> Case:
    """The made-up case with a rule for ACLED."""
    return Case.model_validate(
        {
            **case.model_dump(),
            "acled": {"actors": ("Military Forces of A",), "event_types": ("Battles",)},
            "tables": "cases/x",
            "series": "cases/x",
        }
    )


def test_precision_changes_n_and_says_so(tmp_path: Path, war: Case) -> None:
    """Of four events one is dated to a week by its code, one to three days by its interval; the paragraph
    counts what is left out."""
    some = rows(
        GED,
        {"id": "1"},
        {"id": "2", "date_prec": "3"},
        {"id": "3", "date_end": "2020-01-05"},
        {"id": "4", "date_prec": ""},
    )
    file = put(tmp_path, text(some), "ged.csv")
    left = {precision: main(war, file, tmp_path, precision=precision).left_out for precision in (5, 3, 2, 1)}
    assert {5: 0, 3: 0, 2: 1, 1: 2} == left
    strict = main(war, file, tmp_path, precision=1)
    assert (2, 8) == (strict.counts["events_state"].sum(), strict.counts["fatalities_best"].sum())
    assert "2" in strict.said.replace("two", "2")
    assert "left out, since their dates are less exact" in strict.said


def test_kept_counts_and_the_file_they_were_made_of_agree(datasets: Path, root: Path) -> None:
    """For every demand on dates, the counts that the case keeps and the whole event file give the same
    tables."""
    case = cases.read("idlib", root)
    file = datasets / "ucdp_ged_21.1_syria_2018-07_2020-12.csv"
    for precision in (5, 2, 1):
        kept, made = main(case, "", root, precision=precision), main(case, file, root, precision=precision)
        assert (kept.n, kept.left_out) == (made.n, made.left_out)
        same = [
            "events_state", "events_state_inexact", "fatalities_best", "fatalities_low",
            "fatalities_high", "civilians_known",
        ]  # fmt: skip
        assert kept.counts[same].equals(made.counts[same])
        assert (
            kept.cells["fatalities_best"].sum()
            == made.cells["fatalities_best"].sum()
            == kept.counts["fatalities_best"].sum()
        )


def test_a_special_release_is_counted(datasets: Path, root: Path) -> None:
    """A whole real file other than that of the case, by its exact days alone."""
    case = cases.read("idlib", root).within("2018-09-01", "2019-11-30")
    found = main(case, datasets / "ucdp_ged_syria_652.1601.1911_from_2018-07.csv.gz", root, precision=1)
    assert (1208, 68) == (found.n, found.left_out)


def test_a_file_that_begins_later_has_no_peaceful_margin(tmp_path: Path, war: Case) -> None:
    """The case counts from 1 January and its window begins on the 3rd: a file whose first event is of the 2nd
    gives one day of margin, one that begins in the window gives none, since nobody says that it looked at the
    days before."""
    for first, begins in (
        ("2019-12-30", "2020-01-01"),
        ("2020-01-02", "2020-01-02"),
        ("2020-01-05", "2020-01-03"),
    ):
        some = rows(
            GED,
            {"id": "1", "date_start": first, "date_end": first},
            {"id": "2", "date_start": "2020-01-06", "date_end": "2020-01-06"},
        )
        found = main(war, put(tmp_path, text(some), "ged.csv"), tmp_path)
        assert begins == f"{found.counts['date'].min():%Y-%m-%d}"


def test_acled_needs_a_day_of_access_and_a_rule(tmp_path: Path, war: Case, case: Case) -> None:
    """Without either the run does not begin; both are said at once."""
    file = put(tmp_path, text(rows(ACLED, {})), "export.csv")
    with pytest.raises(Refusal, match="accessed=YYYY-MM-DD"):
        main(war, file, tmp_path)
    with pytest.raises(Refusal) as refused:
        main(case, file, tmp_path, accessed="last week")
    assert 2 == len(refused.value.problems)


def test_acled_is_credited_and_its_rows_stay(tmp_path: Path, war: Case, root: Path) -> None:
    """The source line has publisher, address, day of access and filters; nothing that is written holds a row,
    a note or an id of theirs."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/datapackage.json").write_bytes((root / "data/datapackage.json").read_bytes())
    some = rows(ACLED, *({"event_id_cnty": f"AAA{n}", "event_date": f"2020-01-0{n}"} for n in range(3, 8)))
    found = main(war, put(tmp_path, text(some), "export.csv"), tmp_path, accessed="2026-11-20")
    for said in ("ACLED", "acleddata.com", "accessed 20 November 2026", "Battles", "Military Forces of A"):
        assert said in found.record["credit"]
        assert said in found.said
    own.write(found, war, tmp_path)
    line = sources.credit(tmp_path, war, "ucdp")
    assert "accessed 20 November 2026" in line
    assert "UCDP" not in line
    written = [
        path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.name != "datapackage.json"
    ]
    assert {"areas.csv", "spans.csv", "cells.csv", "sources.json", "case.json"} == {
        path.name for path in written
    }
    for path in written:
        content = path.read_text(encoding="utf-8")
        assert not any(secret in content for secret in (MARK, "AAA3", "Armed clash", "Town")), path.name
    assert 20 == len(schema.read("areas_daily", tmp_path)), "ten days, two parts of the area: counts, no rows"


def test_files_that_cannot_answer(tmp_path: Path, war: Case) -> None:
    """Another table, another time: said, and never counted as peace."""
    for content, said in (
        ("a,b\n1,2\n", "neither a UCDP GED file"),
        (
            text(rows(GED, {"date_start": "2019-01-03", "date_end": "2019-01-03"})),
            "choose start and end within the file",
        ),
    ):
        with pytest.raises(Refusal, match=said):
            main(war, put(tmp_path, content, "file.csv"), tmp_path)


def test_a_case_that_keeps_nothing(tmp_path: Path, war: Case, root: Path) -> None:
    """Without counts of its own and without a file there is nothing to count; tables it does not keep have no
    rows."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/datapackage.json").write_bytes((root / "data/datapackage.json").read_bytes())
    with pytest.raises(Refusal, match=r"data/cases/x: keeps no ucdp_daily\.csv"):
        main(war, "", tmp_path)
    assert schema.read("claims", tmp_path, folder=war.tables).empty


def test_the_second_case_is_in_order(root: Path) -> None:
    """Its talks and truces keep to the declared columns, each with an address; its counts are those of its
    source record."""
    case = cases.read("afghanistan", root)
    talks, truces = (
        schema.read("talks", root, folder=case.tables),
        schema.read("truces", root, folder=case.tables),
    )
    assert 8 <= len(talks) <= 15
    assert talks["source_urls"].str.startswith("http").all()
    assert truces["source_urls"].str.startswith("http").all()
    assert (talks["date_last"] >= talks["date_first"]).all()
    counts = schema.read("ucdp_daily", root, folder=case.series)
    assert (
        json.loads((root / "data/cases/afghanistan/ucdp.source.json").read_text())["rows_of_the_war"]
        == counts["events_state"].sum()
    )


def test_the_second_case_is_made_by_code(datasets: Path, project: Path, root: Path) -> None:
    """Run on the whole global file, the code gives the committed counts byte for byte."""
    for file in sources.embed(
        datasets / "ucdp_ged_21.1_global_reduced.csv.gz", None, case_name="afghanistan", root=project
    ):
        assert (root / file.relative_to(project)).read_bytes() == file.read_bytes(), file.name


# the view of the curated incidents under GED's column names: these incidents are of one case, and so are
# their names
def test_labels_name_who_counted() -> None:
    """By the record where it says so; by the name the project has for a source where it does not."""
    assert "ACLED events of the war" == sources.series_short({"ucdp": {"name": "ACLED"}})["ucdp"]
    assert "UCDP deaths" == sources.series_short({})["ucdp_deaths"]
    assert "Airwars incidents" == sources.series_short({"ucdp": {"name": "ACLED"}})["airwars"]
