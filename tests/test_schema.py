"""The declared tables: what they must be, and how a breach is named."""

from pathlib import Path

import pytest

from escalation import schema
from escalation.errors import Refusal


def spoil(project: Path, table: str, old: str, new: str) -> None:
    file = project / "data" / schema.resource(table, project)["path"]
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_committed_tables_hold(root: Path) -> None:
    """Every table that a build starts from keeps its declaration, and so does every built one."""
    assert [] == schema.check(root)
    built = [r["name"] for r in schema.package(root)["resources"] if r["path"].startswith("built/")]
    assert [] == schema.check(root, built)


def test_wrong_value_names_the_nearest(project: Path) -> None:
    """A misspelt status is named with file, row, column, what is allowed and what was probably meant."""
    spoil(project, "claims", ",reported,", ",repotred,")
    lines = schema.check(project, ["claims"])
    assert 1 == len(lines)
    assert (
        "data/coded/claims.csv, row" in lines[0]
        and "'repotred'" in lines[0]
        and "did you mean 'reported'?" in lines[0]
    )


def test_all_problems_at_once(project: Path) -> None:
    """A wrong date and a wrong governorate are both named in one run."""
    spoil(project, "ucdp_daily", "2018-07-01,Idlib", "2018-07-32,Idlip")
    lines = "\n".join(schema.check(project, ["ucdp_daily"]))
    assert "'2018-07-32' is no date" in lines and "did you mean 'Idlib'?" in lines


def test_a_last_day_before_the_first_is_named(project: Path) -> None:
    """Days the wrong way round are no span of days."""
    spoil(project, "talks", ",2018-09-14,2018-09-14,", ",2018-09-14,2018-09-13,")
    (line,) = schema.check(project, ["talks"])
    assert "column date_last: 2018-09-13 is before the first day, 2018-09-14" in line


def test_a_key_that_leads_nowhere_names_the_nearest(project: Path) -> None:
    """A misspelt key of another table is told with its file, row, column, the nearest key and what to do."""
    spoil(project, "talks", ",ankara,", ",ankarra,")
    spoil(project, "duties", "U01,DE-2018-09-17-003,", "U01,DE-2018-09-17-093,")
    of_talks, of_duties = schema.check(project)
    assert of_talks == (
        "data/coded/talks.csv, row 15, column place_id: 'ankarra' is no place_id of data/coded/places.csv;"
        " did you mean 'ankara'? If not, add its row there first"
    )
    assert of_duties.startswith("data/coded/duties.csv, row 2, column talk_id: 'DE-2018-09-17-093' is no")


def test_missing_file_and_unknown_table(project: Path) -> None:
    """A table that is not there, and a name that no table has."""
    (project / "data/coded/talks.csv").unlink()
    assert ["data/coded/talks.csv: the file is missing"] == [
        line for line in schema.check(project) if "missing" in line
    ]
    with pytest.raises(Refusal, match="did you mean 'claims'"):
        schema.read("claim", project)


@pytest.mark.parametrize("column", ["date", "events_state"])
@pytest.mark.parametrize(
    "wrong", ["maybe", "nan", "NaT", "-inf", "1e400", "1.5x", "2019-02-30", "0x1", "\u202e1"]
)
def test_a_wrong_cell_is_never_a_blank(project: Path, column: str, wrong: str) -> None:
    """A word where a number or a day belongs is refused; it does not become a gap in the series."""
    file = project / "data/series/ucdp_daily.csv"
    head, row, *rest = file.read_text(encoding="utf-8").splitlines()
    cells = row.split(",")
    cells[head.split(",").index(column)] = wrong
    file.write_text("\n".join([head, ",".join(cells), *rest, ""]), encoding="utf-8")
    with pytest.raises(Refusal, match=f"row 2, column {column}"):
        schema.read("ucdp_daily", project)


def test_types_and_blanks(root: Path) -> None:
    """Dates are dates, counts whole numbers, and a blank stays unknown."""
    claims = schema.read("claims", root)
    assert "datetime64" in str(claims["date_first"].dtype) and "Int64" == str(claims["value"].dtype)
    assert claims["value"].isna().any() and not (claims["value"] == 0).any()


def test_write_reads_back(project: Path) -> None:
    """What is written is read back equal, and extra or missing columns are refused."""
    frame = schema.read("truces", project)
    before = (project / "data/coded/truces.csv").read_bytes()
    schema.write(frame, "truces", project)
    assert before == (project / "data/coded/truces.csv").read_bytes()
    with pytest.raises(Refusal, match="do not match"):
        schema.write(frame.assign(extra=1), "truces", project)


def test_codebook_is_fresh_and_whole(root: Path) -> None:
    """`data/CODEBOOK.md` is the declaration's print, and names every column and every allowed value with its
    meaning."""
    printed = schema.codebook(root)
    assert printed == (root / "data/CODEBOOK.md").read_text(encoding="utf-8"), "run `escalation codebook`"
    for table in schema.package(root)["resources"]:
        for field in table["schema"]["fields"]:
            assert f"`{field['name']}`" in printed and field["description"].strip()
