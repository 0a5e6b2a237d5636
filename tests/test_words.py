"""Numbers and sentences: every verdict has its sentence, none speaks of a cause, none goes stale."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from escalation import findings, words
from escalation.errors import Refusal

VERDICTS = ("no_detectable_change", "unclear", "higher", "lower", "too_few")  # "no_events" says no ratio
FACTS: dict[str, Any] = {
    "ratio": 0.5,
    "low": 0.3,
    "high": 0.9,
    "band_low": 0.7,
    "band_high": 1.4,
    "p": 0.004,
    "t_p": 0.2,
    "rising": {"expected": 9.6, "low": 6.0, "high": 13.0},
    "n_episodes": 20,
    "n_rising": 4,
    "n_shifts": 852,
    "window_days": 7,
    "what": "Lethal events",
    "adjusted_ratio": 0.6,
    "adjusted_p": 0.01,
    "detectable_up": 1.6,
    "detectable_down": 0.68,
}
CAUSE = re.compile(r"\b(caused?|causing|because|triggered|led to|resulted|provoked|due to|in response|retaliat\w+)\b", re.I)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_verdict_has_a_sentence_without_cause(verdict: str) -> None:
    """Title, answer, short answer and plain answer say the ratio and never a cause."""
    said = [
        words.talks_title(verdict, FACTS),
        words.talks_answer(verdict, FACTS),
        words.short_answer(verdict, FACTS),
        words.plain_answer(verdict, FACTS),
        words.sureness(verdict),
    ]
    assert all("0.50" in text for text in said[:3])
    assert not [text for text in said if CAUSE.search(text)]


def test_the_answer_moves_with_its_numbers() -> None:
    """Another ratio, interval or detectable size is in the sentence at once."""
    said = words.talks_answer("lower", {**FACTS, "ratio": 0.41, "detectable_up": 1.9})
    assert "0.41 times" in said and "rise of less than 90\u00a0%" in said


def test_placebo_title_follows_p() -> None:
    """The bound is that of the verdict: .05; what lies between it and .10 is printed and does not stand out."""
    assert ["stands out (exact p = 0.040)", "does not stand out (exact p = 0.080)"] == [
        words.placebo_title(p, 852).removeprefix("Among 852 shifted calendars the real one ") for p in (0.04, 0.08)
    ]


def test_unclear_names_both_tests() -> None:
    """Where one test sees a change and another does not, the sentence says which, each with its p; on opposite sides it says so."""
    assert (
        "a change is seen by the shifted calendars (p = 0.004) and the comparison with similar days (p = 0.010), but not by the t-test over episodes (p = 0.20)"
        == words.tests_apart(FACTS)
    )
    opposite = words.tests_apart({**FACTS, "t_p": 0.01, "adjusted_ratio": 1.6})
    assert opposite.startswith("the tests see opposite changes: the shifted calendars a fall") and "similar days a rise" in opposite


def test_dates_and_numbers_as_a_sentence_says_them() -> None:
    """Years are said once, thousands are separated, unknown is a word."""
    assert "16 February and 27 April 2019 and 7 March 2020" == words.listed_days(["2019-02-16", "2019-04-27", "2020-03-07"])
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
    findings.write({"a": {"value": float("nan"), "n": pd.NA, "on": pd.Timestamp("2020-03-05")}}, "1_x", tmp_path)
    assert {"a": {"value": None, "n": None, "on": "2020-03-05"}} == json.loads((tmp_path / "data/built/findings/1_x.json").read_text())
    with pytest.raises(Refusal, match="infinite"):
        findings.write({"b": {"value": float("inf")}}, "1_x", tmp_path)
    findings.write({"a": {"value": 1}}, "2_x", tmp_path)
    with pytest.raises(Refusal, match="stands in another notebook too"):
        findings.read(tmp_path)
    with pytest.raises(AttributeError, match="it has value"):
        _ = findings.Finding("a", {"value": 1}).low


def test_no_change_of_level_is_said_as_such() -> None:
    assert (
        "Not lastingly. [One level](figure:phases) fits the weekly counts of lethal events from beginning to end."
        == words.levels_answer([], recurring=0, what="lethal events", has_second=False)
    )
    one = {"value": 4.216, "date_first": "2018-09-01", "date_last": "2020-12-31"}
    assert "**One level throughout.** Lethal events ran at 4.22 a day; no change lasted." == words.levels_finding(
        1, one, one, "lethal events"
    )
    assert "The level of violence did not change for long." == words.levels_plain(1)


@pytest.mark.parametrize(
    ("recurring", "has_second", "end"),
    [
        (2, True, "Two of these changes recur in [a second source](figure:sources)."),
        (1, True, "One of these changes recurs in [a second source](figure:sources)."),
        (0, True, "None of these changes recurs in [a second source](figure:sources)."),
        (0, False, "No second source counts this conflict."),
    ],
)
def test_changes_and_whether_they_recur(recurring: int, has_second: bool, end: str) -> None:
    said = words.levels_answer(["2019-04-27", "2020-03-07"], recurring=recurring, what="lethal events", has_second=has_second)
    assert f"Two times, by lethal events: in the weeks of [27 April 2019 and 7 March 2020](figure:phases). {end}" == said


def test_a_second_source_where_there_is_one() -> None:
    both = words.sources_answer({"value": ["2019-04-27"], "n": 3}, ["UCDP", "Airwars"])
    assert "1 of 3 breaks found in either source recurs in both" in both
    assert "grids: 27 April 2019. Where" in both
    assert "Where they disagree" not in words.sources_answer({"value": ["2019-04-27"], "n": 1}, ["UCDP", "Airwars"])
    assert "grids. Where" in words.sources_answer({"value": [], "n": 3}, ["UCDP", "Airwars"])
    assert "Neither has a break." in words.sources_answer({"value": [], "n": 0}, ["UCDP", "Airwars"])
    assert "events and deaths, both by ACLED." in words.sources_answer({"value": [], "n": 3}, ["ACLED"])


@pytest.mark.parametrize(
    ("p", "said"), [(0.049, "differ (ratio"), (0.05, "cannot be told apart (ratio"), (0.9, "cannot be told apart (ratio")]
)
def test_episodes_with_and_without_agreement(p: float, said: str) -> None:
    assert said in words.agreed_answer({"value": 0.5, "p": p, "n_agreed": 5, "n_not": 9})
    assert "p =" not in words.agreed_answer({"value": 0.5, "p": p, "n_agreed": 4, "n_not": 9})


def test_nothing_to_compare_is_said() -> None:
    assert "too few of one kind" in words.agreed_answer({"value": None, "p": None, "n_agreed": 0, "n_not": 9})
    assert "nothing, as there are none" == words.stratum_of([{"stratum": "reactive", "n_episodes": 0}], "reactive")


def test_recording_that_would_make_the_ratio_alone() -> None:
    assert "after talks were 0.76 times as complete as before them" in words.tipping_answer({"for_point": 0.76})


def test_labels_name_who_counted() -> None:
    assert "ACLED events of the war" == words.series_short({"ucdp": {"name": "ACLED"}})["ucdp"]
    assert "UCDP deaths" == words.series_short({})["ucdp_deaths"]
    assert "Airwars incidents" == words.series_short({"ucdp": {"name": "ACLED"}})["airwars"]
