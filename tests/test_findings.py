"""Findings as files, and numbers, dates and counts as sentences write them."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from escalation import findings
from escalation.errors import Refusal


def test_dates_and_numbers_as_a_sentence_says_them() -> None:
    """Years are said once, thousands are separated, unknown is a word."""
    assert "16 February and 27 April 2019 and 7 March 2020" == findings.listed_days(
        ["2019-02-16", "2019-04-27", "2020-03-07"]
    )
    assert ("1,806", "0.76", "18.5", "not known", "31", "0.002") == tuple(
        findings.number(value) for value in (1806, 0.7598, 18.48, None, 31.0, 0.0023)
    )
    assert ("27 to 28 April 2019", "31 August to 2 November 2019", "5 March 2020") == (
        findings.days("2019-04-27", "2019-04-28"),
        findings.days("2019-08-31", "2019-11-02"),
        findings.days("2020-03-05", "2020-03-05"),
    )
    assert ("one phase", "six phases", "20 phases") == tuple(findings.counted(n, "phase") for n in (1, 6, 20))


def test_findings_are_json_and_unique(tmp_path: Path) -> None:
    """Missing values become null, dates ISO, infinity and a doubled key are refused."""
    findings.write(
        {"a": {"value": float("nan"), "n": pd.NA, "on": pd.Timestamp("2020-03-05")}}, "1_x", tmp_path
    )
    assert {"a": {"value": None, "n": None, "on": "2020-03-05"}} == json.loads(
        (tmp_path / "data/built/findings/1_x.json").read_text()
    )
    with pytest.raises(Refusal, match="infinite"):
        findings.write({"b": {"value": float("inf")}}, "1_x", tmp_path)
    findings.write({"a": {"value": 1}}, "2_x", tmp_path)
    with pytest.raises(Refusal, match="stands in another notebook too"):
        findings.read(tmp_path)
    with pytest.raises(AttributeError, match="it has value"):
        _ = findings.Finding("a", {"value": 1}).low


def test_findings_and_page_say_the_same(root: Path) -> None:
    """Ratio with interval and band, and k of n stand in the findings and in the page, and are equal (README:
    tests/test_commands.py)."""
    found = findings.read(root)
    words = re.sub(r"<[^>]+>", "", (root / "reports/report.html").read_text("utf-8"))
    ratio, placebo, next_day = found["ratio"], found["placebo"], found["next_day"]
    assert (
        f"{findings.number(ratio.value)} times" in words
        and f"{findings.number(ratio.low)} to {findings.number(ratio.high)}" in words
    )
    assert f"{findings.number(placebo.low)} to {findings.number(placebo.high)}" in words
    assert f"{next_day.value} of {next_day.n} meetings" in words
    plain = (
        (root / "reports/report.md").read_text("utf-8").split("\n## In plain words\n")[1].split("\n## ")[0]
    )
    assert 150 >= len(plain.split("\n### ")[0].split()), "the summary in plain words is short"
