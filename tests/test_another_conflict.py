"""ANOTHER-CONFLICT.md, followed to the letter with a made-up country: a sound report, and no word of another
war in it."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from escalation import parameters, schema
from escalation.counts import sources, ucdp
from escalation.errors import Refusal
from escalation.newcase import Asked, new_case
from escalation.page import about

ROOT = Path(__file__).resolve().parent.parent
TOLD = (ROOT / "ANOTHER-CONFLICT.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", TOLD, re.M | re.S)
HEAD = (
    "id",
    "type_of_violence",
    "conflict_name",
    "side_a",
    "side_b",
    "adm_1",
    "country",
    "latitude",
    "longitude",
)
HEAD += ("date_prec", "date_start", "date_end", "deaths_civilians", "best", "high", "low")
# words of the published case that are no names of its tables
WORDS = (
    "Idlib", "Syria", "Russia", "Turk", "Iran", "Astana", "Sochi", "Moscow", "guarantor", "northwest", "nw_on",
    "three documents", "Khan Shaykhun", "سوريا", "روسيا", "تركيا", "إيران", "إدلب", "Taliban", "Afghan",
)  # fmt: skip
IDS = r"\b(?:S00\d-\d\d|V\d{3}|DE-20(?:18|19|20)-|2018-09-01|2020-12-31)\b"


def events(file: Path) -> int:
    """A small GED file of four years: a war in Arandia, on both sides of the date line south of the equator,
    with a second side, and another country beside it. Gives how many events the war has in the window."""
    days = [date(2002, 1, 3) + timedelta(days=3 * n) for n in range(480)]
    days = [day for n, day in enumerate(days) if not (day.year == 2004 and n % 4)]
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(HEAD)
        own = ("1", "Arandia: Lake district", "Government of Arandia")
        for n, day in enumerate(days):
            side = "Lake Front - Renewal" if n % 40 == 7 else "Lake Front"
            place = ("Lake Province", "Arandia", -12.5, (179.95, -179.9)[n % 2])
            table.writerow((n, *own, side, *place, 1, day, day, 0, 2, 3, 1))
        table.writerow((9999, "1", "Borduria: Government", "Government of Borduria", "BLA", "", "Borduria",
                        50, 20, 1, "2005-12-30", "2005-12-30", 0, 1, 1, 1))  # fmt: skip
    return sum(n % 40 != 7 for n, _ in enumerate(days))


def run(project: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """A command of the page."""
    name, *words = shlex.split(command)
    assert name == "escalation"
    return subprocess.run(
        [sys.executable, "-m", "escalation.cli", *words],
        cwd=project,
        env=os.environ | {"ESCALATION_ROOT": str(project), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, list[str]]]:
    """The page followed in a copy of the project's inputs: the copy, how many events the war has, what the
    commands said."""
    copy = tmp_path_factory.mktemp("another")
    for folder in ("seeds", "data/coded", "data/series", "data/cases", "data/versions", "notebooks"):
        shutil.copytree(ROOT / folder, copy / folder)
    for name in ("data/datapackage.json", "data/specification.toml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, copy / name)
    n, said = events(copy / "events.csv"), []
    for language, name, text in BLOCKS:
        if language == "csv":
            (copy / name).write_text(text, encoding="utf-8")
        elif language == "toml":
            case = copy / "data/cases/arandia.toml"
            before, after = case.read_text(encoding="utf-8").split(name + "  #")
            case.write_text(f"{before}{name}\n{text}\n[{after.split(chr(10) + '[', 1)[1]}", encoding="utf-8")
        else:
            for command in text.splitlines():
                ran = run(copy, command)
                listed = "new-case" in command and "--country" not in command
                assert (2 if listed else 0) == ran.returncode, ran.stderr
                said.append(ran.stdout + ran.stderr)
    yield copy, n, said
    shutil.rmtree(copy)


def test_the_page_names_every_column_that_an_event_file_needs() -> None:
    """Nobody has to guess them from refusals."""
    assert [] == [column for column in ucdp.REQUIRED if f"`{column}`" not in TOLD]


@pytest.mark.slow
def test_the_page_gives_a_sound_report(followed: tuple[Path, int, list[str]]) -> None:
    """It counts the war's events, shows the talks and the truce, and says what it lacks; names to choose from
    were listed, with what is still to be coded."""
    copy, n, (listed, begun, *_) = followed
    assert "Borduria (1)" in listed and "Lake Front - Renewal" in begun and "still to do" in begun
    found = json.loads((copy / "arandia/data/built/findings/1_dataset.json").read_text(encoding="utf-8"))
    assert (n, 3, 1) == (found["main_events"]["n"], found["talks"]["value"], found["truces"]["value"])
    report = (copy / "arandia/reports/report.md").read_text(encoding="utf-8")
    for words in (
        "Talks and Strikes: Arandia, 1 January 2002 to 31 December 2005",
        "The government and the Lake Front",
        "Second round at the lake",
        "Harvest truce",
        "No documents",
        "One source",
    ):
        assert words in report
    assert " nan" not in report.lower().replace("nand", "")


@pytest.mark.slow
def test_no_word_of_another_war_is_in_it(followed: tuple[Path, int, list[str]]) -> None:
    """In no file of the results: text, code shown, tables, alt text, names of files. The manifest alone names
    what all notebooks may read."""
    copy, _, _ = followed
    places = schema.read("places", ROOT)
    names = {name for name in places["name"] if re.fullmatch(r"[A-Z]\w{4,}.*", name)} | set(
        places["name_ar"].dropna()
    )
    words = "|".join(map(re.escape, sorted({*names, *WORDS})))
    pattern = re.compile(rf"\b(?:{words})|{IDS}", re.IGNORECASE)
    found = []
    for file in sorted((copy / "arandia").rglob("*")):
        if not file.is_file() or file.name in ("manifest.json", "SHA256SUMS") or ".build" in file.parts:
            continue
        assert not pattern.search(file.name)
        texts = {}
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                texts = {name: f"{name}\n{archive.read(name).decode()}" for name in archive.namelist()}
            assert {"cases/arandia/talks.csv", "built/daily.csv"} <= set(texts)
        elif file.suffix not in (".png", ".pdf"):
            texts = {file.name: re.sub(r"base64,[A-Za-z0-9+/=]+", "", file.read_text(encoding="utf-8"))}
        found += [
            (name, text[max(0, hit.start() - 60) : hit.end() + 20])
            for name, text in texts.items()
            for hit in pattern.finditer(text)
        ]
    assert [] == found


@pytest.mark.slow
def test_a_few_talks_get_no_ratio(followed: tuple[Path, int, list[str]]) -> None:
    """Three episodes and one truce, fewer than any test takes: the counts around each are shown, and no ratio,
    interval, p or curve is made of them in prose, titles or alt texts."""
    report = (followed[0] / "arandia/reports/report.md").read_text(encoding="utf-8")
    talks = report[
        report.index("## Did strikes move with the talks?") : report.index("## The day after talks")
    ]
    said = [line for line in talks.splitlines() if not line.startswith("|")]
    assert "too few for a ratio" in talks and "Largest" not in talks
    assert [] == [line for line in said if re.search(r"\d % interval|exact p|prediction|count model", line)]
    assert "After talks: " not in report and "n = 3 episodes; too few to judge" in report


def test_a_faulty_row_of_another_war_keeps_nobody_from_his(project: Path) -> None:
    """The whole file is looked through to choose from; a row that cannot be read, or stands twice, abroad is only
    remarked, and one of the war is refused with its row."""
    file = project / "events.csv"
    events(file)
    abroad = "9998,1,Borduria: Government,Government of Borduria,BLA,,Borduria,50,20,1,2005-12-29,2005-12-29,0,many,1,1\n"
    good = file.read_text(encoding="utf-8")
    file.write_text(good + abroad + good.splitlines()[-1] + "\n", encoding="utf-8")
    said = new_case("new", file, Asked(countries=["Arandia"]), project)
    assert any("one row cannot be read" in line and "'many'" in line for line in said)
    file.write_text(
        good.replace(",2003-02-03,2003-02-03,0,2,", ",2003-02-03,2003-02-03,0,many,"), encoding="utf-8"
    )
    with pytest.raises(Refusal, match="column best: 'many'"):
        new_case("other", file, Asked(countries=["Arandia"]), project)


def test_a_first_table_may_hold_a_date_and_a_title(project: Path) -> None:
    """Every other column is filled as declared; a column by an earlier name is read; a strange one, and a date
    that is none, are named with file, row and column, and stop no other case."""
    folder = project / "data/cases/example"
    folder.mkdir()
    shutil.copy(project / "data/cases/afghanistan.toml", project / "data/cases/example.toml")
    folder.joinpath("talks.csv").write_text(
        "\ufefftitle,date,nw_on_agenda\nA,2020-01-05,no\n", encoding="utf-8"
    )
    [talk] = schema.read("talks", project, folder="cases/example").to_dict("records")
    assert ("DE-2020-01-05-001", "no", True, "primary") == (
        talk["talk_id"], talk["on_agenda"], talk["is_meeting"], talk["relevance"]
    )  # fmt: skip
    assert pd.Timestamp("2020-01-05") == talk["date_last"]
    assert [] == sources.check_case("example", project)
    folder.joinpath("talks.csv").write_text("title,date,scheduld\nA,5 January,no\n", encoding="utf-8")
    [line] = sources.check_case("example", project)
    assert "talks.csv, column scheduld" in line and "did you mean 'scheduled'" in line
    folder.joinpath("talks.csv").write_text("title,date\nA,5 January\n", encoding="utf-8")
    [line] = sources.check_case("example", project)
    assert "data/cases/example/talks.csv, row 2, column date: '5 January' is no date" in line
    assert [] == schema.check(project) == sources.check_case("idlib", project)


def test_a_case_keeps_its_own_window(project: Path) -> None:
    """Without -p, and against it; the published case has that of the notebooks."""
    notebooks = [
        project / f"notebooks/{name}.ipynb" for name in ("1_dataset", "2_phases", "2b_toll", "3_timing")
    ]
    case = project / "data/cases/afghanistan.toml"
    case.write_text(case.read_text(encoding="utf-8").replace('end = "2020-12-31"', 'end = "2020-06-30"'))
    resolved = parameters.resolve_all(notebooks, {"case": "afghanistan"})
    assert {"2020-06-30"} == {values["end"] for values in resolved.values()}
    given = parameters.resolve_all(notebooks, {"case": "afghanistan", "end": "2020-03-31"})
    assert {"2020-03-31"} == {values["end"] for values in given.values()}


def test_an_edition_did_not_come_out_on_the_day_of_the_published_one(project: Path) -> None:
    """The day of publication is that of the published values alone."""
    (project / "CITATION.cff").write_text(
        "authors:\n  - name: A\ndate-released: 2026-01-01\n", encoding="utf-8"
    )
    made = project / "data/built/dataset.json"
    made.parent.mkdir(exist_ok=True)
    released = {}
    for case in ("idlib", "afghanistan"):
        made.write_text(json.dumps({"case": case}), encoding="utf-8")
        released[case] = about.of(project).released
    assert {"idlib": "2026-01-01", "afghanistan": ""} == released


def test_talks_as_spreadsheets_write_them(project: Path) -> None:
    """With semicolons and capitals, as with commas; what is wrong is told by the name of the user's file."""
    file, talks = project / "events.csv", project / "my talks.csv"
    events(file)
    read = []
    for number, text in enumerate(("date,title\n2003-04-14,A; B\n", 'Date;Title\n2003-04-14;"A; B"\n')):
        talks.write_text(text, encoding="utf-8-sig")
        new_case(f"case{number}", file, Asked(countries=["Arandia"], talks=talks), project)
        read.append((project / f"data/cases/case{number}/talks.csv").read_bytes())
    assert read[0] == read[1] and b"A; B" in read[0]
    talks.write_text("Date;Titel\n2003-04-14;A\n", encoding="utf-8")
    with pytest.raises(
        Refusal, match=r"my talks\.csv, column titel: is not a column of talks; did you mean 'title'"
    ):
        new_case("third", file, Asked(countries=["Arandia"], talks=talks), project)


def test_a_case_that_cannot_be_begun_leaves_nothing(project: Path) -> None:
    """A country that the file does not have, a name that is taken, a talk without a date: each in a line, and
    no file is left."""
    file = project / "events.csv"
    events(file)
    before = sorted((project / "data/cases").rglob("*"))
    with pytest.raises(Refusal, match="no country 'Arandla'; nearest: 'Arandia'"):
        new_case("new", file, Asked(countries=["Arandla"]), project)
    with pytest.raises(Refusal, match="idlib: is there already"):
        new_case("idlib", file, Asked(countries=["Arandia"]), project)
    talks = project / "talks.csv"
    talks.write_text("date,title\nsoon,A\n", encoding="utf-8")
    with pytest.raises(Refusal, match="row 2, column date: 'soon' is no date"):
        new_case("new", file, Asked(countries=["Arandia"], talks=talks), project)
    with pytest.raises(
        Refusal, match="no event of this war in the window, 1 January to 31 December 1970; the file has"
    ):
        new_case("new", file, Asked(countries=["Arandia"], start="1970-01-01", end="1970-12-31"), project)
    assert before == sorted((project / "data/cases").rglob("*"))
