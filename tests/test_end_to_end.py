"""Findings, page and README say the same; a wrong datum stops the build. That a moved one moves them all is
held by tests/test_recipes.py, in the build that it makes anyway."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from escalation import authoring, findings
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


def test_a_wrong_datum_stops_the_build(project: Path) -> None:
    """A quote that no longer stands in its document: one line with file, row and column, exit 2, nothing
    written."""
    claims = project / "data/coded/claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("said 14 civilians", "said 41 civilians"), "utf-8")
    built = escalation(project, "build")
    assert 2 == built.returncode
    assert "claims.csv" in built.stderr and "S000-13" in built.stderr and "Traceback" not in built.stderr
    assert not (project / "reports").exists() and not (project / "figures").exists()
