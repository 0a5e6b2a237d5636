"""The whole way: a datum moved in a copy of the project moves findings, figures, sentences and pages; a wrong
one stops the build."""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from escalation import authoring, findings, schema
from escalation.findings import number

pytestmark = pytest.mark.slow


def escalation(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user has it, on a copy of the project."""
    environment = {**os.environ, "ESCALATION_ROOT": str(project)}
    return subprocess.run(
        [sys.executable, "-m", "escalation.cli", *words],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=600,
    )


def rewrite(file: Path, change: object) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows = [change(row) or row for row in rows]  # type: ignore[operator]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_findings_page_and_readme_say_the_same(root: Path) -> None:
    """Breaks, ratio with interval and band, and k of n stand in the findings, in the page and in the README,
    and are equal."""
    found, page, readme_text = (
        findings.read(root),
        (root / "reports/report.html").read_text("utf-8"),
        (root / "README.md").read_text("utf-8"),
    )
    words = re.sub(r"<[^>]+>", "", page)
    ratio, placebo, next_day = found["ratio"], found["placebo"], found["next_day"]
    assert f"{number(ratio.value)} times" in words and f"{number(ratio.low)} to {number(ratio.high)}" in words
    assert f"{number(placebo.low)} to {number(placebo.high)}" in words
    assert f"{next_day.value} of {next_day.n} meetings" in words
    assert readme_text == authoring.readme(readme_text, root), "run `escalation readme`"
    plain = (
        (root / "reports/report.md").read_text("utf-8").split("\n## In plain words\n")[1].split("\n## ")[0]
    )
    assert 150 >= len(plain.split("\n### ")[0].split()), "the summary in plain words is short"


def test_a_moved_datum_moves_the_report(project: Path, root: Path) -> None:
    """One more killed in a claim and its quote, and violence planted after each meeting: card, figures,
    sentences, conclusion all follow."""
    seed = project / "seeds/000_90bd28121ec7e423.txt"
    seed.write_bytes(seed.read_bytes().replace(b"said 14 civilians", b"said 19 civilians"))

    def claim(row: dict[str, str]) -> None:
        if row["claim_id"] == "S000-13":
            row.update(quote=row["quote"].replace("14", "19"), low="19", value="19", high="19")
        for edge in ("prefix", "suffix"):
            row[edge] = row[edge].replace("said 14 civ", "said 19 civ")

    def document(row: dict[str, str]) -> None:
        if row["document_id"] == "S000":
            row["sha256"] = hashlib.sha256(seed.read_bytes()).hexdigest()

    ends = schema.read("episodes", root)["date_last"]
    after = {f"{day:%Y-%m-%d}" for end in ends for day in pd.date_range(end, periods=8)[1:]}

    added = {}

    def planted(row: dict[str, str]) -> None:
        if row["date"] in after and row["governorate"] == "Idlib":
            added[row["date"]] = int(row["events_state"]) * 3 + 5
            row.update(
                events_state=str(int(row["events_state"]) * 4 + 5),
                events_all=str(int(row["events_all"]) * 4 + 5),
            )

    def coding(row: dict[str, str]) -> None:
        if row["claim_id"] == "S000-13" and row["coder"] == "A":
            row.update(low="19", value="19", high="19")

    rewrite(project / "data/coded/claims.csv", claim)
    rewrite(project / "data/coded/claim_codings.csv", coding)
    rewrite(project / "data/coded/documents.csv", document)
    counts, record = project / "data/series/ucdp_daily.csv", project / "data/series/ucdp.source.json"
    cells = project / "data/series/ucdp_cells.csv"
    made = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (counts, cells)]
    rewrite(counts, planted)

    def signed(file: Path, as_it_was: str) -> None:
        record.write_text(
            record.read_text("utf-8").replace(as_it_was, hashlib.sha256(file.read_bytes()).hexdigest()),
            "utf-8",
        )

    signed(counts, made[0])
    built = escalation(project, "build")
    assert 1 == built.returncode and "lethal events of the window" in built.stderr, (
        "the map's cells have fewer than the daily counts"
    )
    # events without deaths, at a place known to no cell
    cells.write_text(
        cells.read_text("utf-8") + "".join(f"{day},99,,,{n},0,0,0\n" for day, n in sorted(added.items())),
        "utf-8",
    )
    signed(cells, made[1])
    built = escalation(project, "build")
    assert 0 == built.returncode, built.stderr
    before, now = (
        json.loads((base / "data/built/findings/3_timing.json").read_text("utf-8"))
        for base in (root, project)
    )
    assert now["ratio"]["value"] > 2 > before["ratio"]["value"]
    assert "higher" == now["verdict"]["value"]
    page = (project / "reports/report.html").read_text("utf-8")
    assert "said 19 civilians were killed" in page and "said 14 civilians were killed" not in page
    assert "days before, more than on other dates" in page
    assert (
        number(now["ratio"]["value"])
        in json.loads((project / "figures/episodes.json").read_text("utf-8"))["alt"]
    )
    assert (root / "figures/episodes.svg").read_bytes() != (project / "figures/episodes.svg").read_bytes()


def test_a_wrong_datum_stops_the_build(project: Path) -> None:
    """A quote that no longer stands in its document: one line with file, row and column, exit 2, nothing
    written."""
    claims = project / "data/coded/claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("said 14 civilians", "said 41 civilians"), "utf-8")
    built = escalation(project, "build")
    assert 2 == built.returncode
    assert "claims.csv" in built.stderr and "S000-13" in built.stderr and "Traceback" not in built.stderr
    assert not (project / "reports").exists() and not (project / "figures").exists()
