"""The recipes of CONTRIBUTING.md, followed in one copy of the project: blocks are put where the text says,
commands are run. The same build shows that a datum moved by hand moves findings, figures, sentences and pages."""

import csv
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd
import pytest

from escalation import schema
from escalation.findings import number

ROOT = Path(__file__).resolve().parent.parent
TOLD = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BUILD = "escalation build"
INSIDE = (
    "A sentence",
    "A figure",
    "A talk",
    "A claim",
    "A notebook",
)  # what the project itself gets, and one build shows


class Block(NamedTuple):
    """What stands between two fences: language, the file that it is for, a word on the cell, the text."""

    language: str
    file: str
    tag: str
    text: str


def recipe(name: str) -> str:
    """What CONTRIBUTING says below a heading."""
    return TOLD.split(f"\n### {name}\n")[1].split("\n##")[0]


def blocks(name: str) -> list[Block]:
    """The blocks of a recipe, in order."""
    fenced = re.finditer(r"^ *```(\w+) ?(\S*) ?(\S*)\n(.*?)^ *```$", recipe(name), re.M | re.S)
    return [Block(each[1], each[2], each[3], textwrap.dedent(each[4]).strip("\n")) for each in fenced]


def into_notebook(file: Path, block: Block) -> None:
    """A cell at the end, or what a notebook's metadata get; a notebook that is not there is begun."""
    notebook = nbformat.read(file, as_version=4) if file.is_file() else nbformat.v4.new_notebook()
    metadata = {"tags": [block.tag]} if block.tag else {}
    notebook.cells.append(nbformat.v4.new_code_cell(block.text, metadata=metadata))
    nbformat.write(notebook, file)


def put(project: Path, block: Block) -> None:
    """A block's text, where the recipe says."""
    file = project / block.file
    if file.suffix == ".ipynb":
        into_notebook(file, block)
    else:
        before = file.read_text(encoding="utf-8") + "\n\n" if file.is_file() else ""
        file.write_text(f"{before}{block.text}\n", encoding="utf-8")


def run(project: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """A command of this page, by the package of the copy."""
    name, *words = shlex.split(command, comments=True)
    assert name == "escalation"
    return subprocess.run(
        [sys.executable, "-m", "escalation.cli", *words],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )


def commands(name: str) -> list[str]:
    """The commands of a recipe's blocks, without their comments."""
    lines = [
        line
        for block in blocks(name)
        if block.language == "bash"
        for line in block.text.replace("\\\n", " ").splitlines()
    ]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


def done(project: Path, command: str) -> None:
    """Runs a command that has to succeed."""
    ran = run(project, command)
    assert 0 == ran.returncode, ran.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project in a folder of its own."""
    copied = tmp_path_factory.mktemp("recipes") / "project"
    kept = shutil.ignore_patterns(
        ".venv*", ".git", ".*_cache", "__pycache__", ".hypothesis", "mutants", "out", "docs", "home", ".build"
    )
    shutil.copytree(ROOT, copied, ignore=kept)
    yield copied
    shutil.rmtree(copied)


def rewrite(file: Path, change: Callable[[dict[str, str]], None]) -> None:
    """Each row of a table, changed."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        change(row)
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def move(project: Path) -> None:
    """More killed in a claim, its quote and its coding; and violence planted after each meeting."""
    seed, coded = project / "seeds/000_90bd28121ec7e423.txt", project / "data/coded"
    seed.write_bytes(seed.read_bytes().replace(b"said 14 civilians", b"said 19 civilians"))
    killed = {"low": "19", "value": "19", "high": "19"}

    def claim(row: dict[str, str]) -> None:
        if row["claim_id"] == "S000-13":
            row.update(killed, quote=row["quote"].replace("14", "19"))
        for edge in ("prefix", "suffix"):
            row[edge] = row[edge].replace("said 14 civ", "said 19 civ")

    def coding(row: dict[str, str]) -> None:
        row.update(killed if (row["claim_id"], row["coder"]) == ("S000-13", "A") else {})

    def document(row: dict[str, str]) -> None:
        row.update({"sha256": sha256(seed)} if row["document_id"] == "S000" else {})

    rewrite(coded / "claims.csv", claim)
    rewrite(coded / "claim_codings.csv", coding)
    rewrite(coded / "documents.csv", document)

    ends = schema.read("episodes", ROOT)["date_last"]
    after = {f"{day:%Y-%m-%d}" for end in ends for day in pd.date_range(end, periods=8)[1:]}
    added = {}

    def planted(row: dict[str, str]) -> None:
        if row["date"] in after and row["governorate"] == "Idlib":
            added[row["date"]] = 3 * int(row["events_state"]) + 5
            for name in ("events_state", "events_all"):
                row[name] = str(4 * int(row[name]) + 5)

    counts, cells, record = (
        project / "data/series" / name for name in ("ucdp_daily.csv", "ucdp_cells.csv", "ucdp.source.json")
    )

    def signed(file: Path, before: str) -> None:
        record.write_text(record.read_text("utf-8").replace(before, sha256(file)), "utf-8")

    before = sha256(counts)
    rewrite(counts, planted)
    signed(counts, before)
    # events without deaths, at a place known to no cell
    before = sha256(cells)
    rows = "".join(f"{day},99,,,{n},0,0,0\n" for day, n in sorted(added.items()))
    cells.write_text(cells.read_text("utf-8") + rows, "utf-8")
    signed(cells, before)


@pytest.fixture(scope="module")
def built(copy: Path) -> Path:
    """All recipes for the project followed, one after the other, a datum moved, and then its report built once."""
    move(copy)
    for name in INSIDE:
        for block in blocks(name):
            if block.file:
                put(copy, block)
        for command in commands(name):
            if " add-" in command or " declare " in command:
                done(copy, command)
    for command in (
        "escalation check",
        "escalation codebook",
        "escalation strip",
        BUILD,
        "escalation readme",
    ):
        done(copy, command)
    return copy


def test_every_command_of_the_recipes_is_run() -> None:
    """What the blocks and the text of the recipes tell to run is what the tests run, and each file is named
    above its block."""
    told = {command.split()[1] for name in INSIDE for command in commands(name)}
    told |= {word for name in INSIDE for word in re.findall(r"`escalation ([\w-]+)`", recipe(name))}
    assert {"check", "codebook", "strip", "build", "readme", "add-talk", "add-claim", "declare"} == told
    for name in INSIDE:
        for block in blocks(name):
            assert not block.file or f"`{block.file}`" in recipe(name)


@pytest.mark.slow
def test_a_sentence(built: Path) -> None:
    """It stands in the report with the numbers of this build, by the branch that holds."""
    ratio = json.loads((built / "data/built/findings/3_timing.json").read_text(encoding="utf-8"))["ratio"]
    branch = "that differs" if ratio["p"] < 0.05 else "it cannot be told"
    report = (built / "reports/report.md").read_text(encoding="utf-8")
    assert re.search(
        rf"\w+ episodes gave {ratio['value']:.2f} times as many\s.*\.\sBy Student's t {branch} from 1", report
    )


@pytest.mark.slow
def test_a_figure(built: Path) -> None:
    """Drawn, and in the report with its alt text; the bars add up to the events of the window."""
    words = json.loads((built / "figures/weekdays.json").read_text(encoding="utf-8"))
    n = json.loads((built / "data/built/findings/3b_weekday.json").read_text(encoding="utf-8"))["fridays"][
        "n"
    ]
    assert f"{n} in all" in words["alt"]
    for report in ("report.md", "report.html"):
        assert words["alt"] in (built / "reports" / report).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_talk(built: Path) -> None:
    """It is among the talks of the window, by the sets that its row says; the frozen set is as it was."""
    with (built / "data/built/talks.csv").open(encoding="utf-8") as file:
        talks = {each["talk_id"]: each for each in csv.DictReader(file)}
    assert ("false", "true") == (
        talks["DE-2020-11-20-105"]["in_primary"],
        talks["DE-2020-11-20-105"]["in_agenda"],
    )
    with (built / "data/coded/talk_codings.csv").open(encoding="utf-8") as file:
        first = [each for each in csv.DictReader(file) if each["talk_id"] == "DE-2020-11-20-105"]
    assert [("A", "no"), ("A", "yes"), ("A", "no_statement")] == [
        (each["coder"], each["value"]) for each in first
    ]
    with (ROOT / "data/built/talks.csv").open(encoding="utf-8") as file:
        assert {each["talk_id"] for each in csv.DictReader(file)} == set(talks) - {"DE-2020-11-20-105"}


@pytest.mark.slow
def test_what_a_talk_needs_is_asked_for_at_once(built: Path) -> None:
    """A place and a host that are not known, a word that is not allowed, days turned round, too few parties, and
    what is missing are named in one go; nothing is written."""
    table = built / "data/coded/talks.csv"
    before = table.read_bytes()
    told = next(command for command in commands("A talk") if " add-" in command)
    wrong = told.replace("no_statement", "no_statment").replace("www.mfa.gov.tr", "example.org")
    ran = run(built, wrong.replace("kind=ministerial", "place_id=nowhere"))
    assert 2 == ran.returncode and before == table.read_bytes()
    for name in ("nowhere", "example.org", "did you mean 'no_statement'", "kind: missing"):
        assert 1 == ran.stderr.count(name), ran.stderr
    wrong = told.replace("kind=", "date_last=2020-11-19 --set place_id=ankra --set kind=")
    ran = run(built, wrong.replace("RU | TR", "RU |").replace("outcome_reason=", "vote="))
    assert 2 == ran.returncode and before == table.read_bytes()
    for name in (
        "did you mean 'ankara'",
        "before the first day",
        "parties: a meeting has two",
        "outcome_reason: missing",
    ):
        assert 1 == ran.stderr.count(name), ran.stderr


@pytest.mark.slow
def test_a_claim_under_a_second_id_is_found(built: Path) -> None:
    """The same words with the same type and value are named with the id that has them."""
    told = next(command for command in commands("A claim") if " add-" in command)
    ran = run(built, told.replace("With no sense of irony", "no sense of irony"))
    assert 2 == ran.returncode and "S000-31 has it already" in ran.stderr


@pytest.mark.slow
def test_a_claim(built: Path) -> None:
    """Its card stands in the report with the quote."""
    report = (built / "reports/report.html").read_text(encoding="utf-8")
    assert 'id="claim-S000-31"' in report and "With no sense of irony" in report


@pytest.mark.slow
def test_a_notebook(built: Path) -> None:
    """It has a page of its own, with its sentence and the number that is recorded as its finding."""
    found = json.loads((built / "data/built/findings/3b_weekday.json").read_text(encoding="utf-8"))["fridays"]
    page = (built / "reports/notebooks/3b_weekday.html").read_text(encoding="utf-8")
    assert f"{found['value']} of {found['n']:,} lethal events fell on a Friday" in page
    drawn = json.loads((built / "figures/fridays.json").read_text(encoding="utf-8"))
    assert f"Friday has {found['value']} of {found['n']:,}" in drawn["alt"]


@pytest.mark.slow
def test_a_moved_datum_moves_the_report(built: Path) -> None:
    """One more killed in a claim and its quote, and violence planted after each meeting: card, figures,
    sentences, conclusion all follow."""
    before, now = (
        json.loads((base / "data/built/findings/3_timing.json").read_text("utf-8")) for base in (ROOT, built)
    )
    assert now["ratio"]["value"] > 2 > before["ratio"]["value"]
    assert "higher" == now["verdict"]["value"]
    page = (built / "reports/report.html").read_text("utf-8")
    assert "said 19 civilians were killed" in page and "said 14 civilians were killed" not in page
    assert "days before, more than on other dates" in page
    drawn = json.loads((built / "figures/episodes.json").read_text("utf-8"))
    assert number(now["ratio"]["value"]) in drawn["alt"]
    assert (ROOT / "figures/episodes.svg").read_bytes() != (built / "figures/episodes.svg").read_bytes()


@pytest.mark.slow
def test_a_wrong_datum_stops_the_build(project: Path) -> None:
    """A quote that no longer stands in its document: one line with file, row and column, exit 2, nothing
    written."""
    claims = project / "data/coded/claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("said 14 civilians", "said 41 civilians"), "utf-8")
    built = run(project, BUILD)
    assert 2 == built.returncode
    assert "claims.csv" in built.stderr and "S000-13" in built.stderr and "Traceback" not in built.stderr
    assert not (project / "reports").exists() and not (project / "figures").exists()
