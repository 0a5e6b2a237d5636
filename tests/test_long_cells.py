"""Cells longer than the 131,072 letters at which Python's csv module stops by itself: read as they stand, or
refused in a line."""

import csv
import importlib
from pathlib import Path

import pytest

import escalation
from escalation import schema
from escalation.counts import acled
from escalation.errors import LONGEST, Refusal
from escalation.evidence.check import check
from escalation.page import references

LONG = "a note, with a comma " * 7000
HEAD = "event_id_cnty,event_date,event_type,actor1,fatalities,latitude,longitude,notes\n"


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> None:
    """Python's limit, then what importing the package makes of it; frictionless lifts the limit too, but only
    once it was used."""
    csv.field_size_limit(131_072)
    importlib.reload(escalation)


def test_a_long_note_in_an_event_file_changes_nothing(tmp_path: Path) -> None:
    """The row counts, and so does the one after it."""
    assert len(LONG) > 131_072
    (tmp_path / "e.csv").write_text(
        f'{HEAD}X1,14 May 2020,Battles,Army,2,1.5,2.5,"{LONG}"\nX2,15 May'
        f' 2020,Battles,"{LONG}",3,1.5,2.5,short\n'
    )
    events = acled.read(tmp_path / "e.csv")
    assert ["X1", "X2"] == events["event_id"].tolist()
    assert [2, 3] == events["best"].tolist()
    assert len(LONG.strip()) == len(events["side_a"][1].strip())


def test_a_long_cell_that_is_wrong_is_refused_in_a_line_that_can_be_read(tmp_path: Path) -> None:
    """Place and remedy stand at its ends; a line longer than any line of an event file is named by its
    number."""
    (tmp_path / "e.csv").write_text(f'{HEAD}X1,"{LONG}",Battles,Army,2,1.5,2.5,x\n')
    with pytest.raises(Refusal) as refused:
        acled.read(tmp_path / "e.csv")
    (line,) = refused.value.problems
    assert line.startswith("e.csv, row 2, column event_date: 'a note, with a comma ")
    assert " more letters … " in line
    assert line.endswith("allowed: a date like 2019-05-14 or 14 May 2019")
    assert LONGEST < len(line) < LONGEST + 50
    (tmp_path / "e.csv").write_text(f"{HEAD}X1,14 May 2020,Battles,Army,2,1.5,2.5,{'n' * 3_000_000}\n")
    with pytest.raises(Refusal) as refused:
        acled.read(tmp_path / "e.csv")
    assert ["e.csv, line 2: longer than any line of an event file"] == refused.value.problems


def test_a_long_cell_of_a_coded_table_is_read_checked_and_shown(project: Path) -> None:
    """By the tables, the checks and the page alike; a wrong one is refused with its place."""
    file = project / "data/coded/checks.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    place = rows[0].index("reason")
    rows[1][place] = LONG
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    shown = [row for rows in references.load(project).checks.values() for row in rows]
    assert LONG in [row["reason"] for row in shown]
    assert LONG == schema.read("checks", project)["reason"][0]
    assert [] == schema.check(project)
    assert [] == check(project)
    rows[1][rows[0].index("status")] = LONG
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    (line,) = schema.check(project)
    assert line.startswith("data/coded/checks.csv, row 2, column status: 'a note, with a comma ")


def test_rows_of_a_figure_end_where_the_file_says(tmp_path: Path) -> None:
    """Signs that Unicode takes for the end of a line are letters of their cell."""
    (tmp_path / "a.csv").write_text("said,n\none\u2028two\x85three,1\n", encoding="utf-8")
    assert [["said", "n"], ["one\u2028two\x85three", "1"]] == references.Drawing("a", {}, tmp_path).rows
