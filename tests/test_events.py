"""Coded rows become talks, truces, daily counts and coverage."""

import pandas as pd
import pytest

from escalation import cases, events, schema
from escalation.errors import Refusal


def test_primary_set_is_meetings_with_the_area_as_a_main_subject() -> None:
    """A call, a side subject and a meeting outside the window are not in it; Moscow 2020 is left out of its
    own set."""
    own = {
        "rounds": cases.Talks(name="n", short="s", formats=("astana_round",)),
        "leaders": cases.Talks(name="n", short="s", formats=("leaders_RU_TR",)),
        "without_a": cases.Talks(name="n", short="s", without=("a",)),
    }
    case = cases.read("idlib").model_copy(update={"sets": own})
    rows = [
        ("a", "leaders_RU_TR", True, "primary", "2020-03-05", "no"),
        ("b", "call", False, "primary", "2020-02-01", "no"),
        ("c", "astana_round", True, "secondary", "2019-04-25", "yes"),
        ("d", "astana_round", True, "primary", "2019-04-25", "yes"),
        ("e", "astana_round", True, "primary", "2017-04-25", "yes"),
    ]
    coded = pd.DataFrame(
        rows, columns=["talk_id", "format", "is_meeting", "relevance", "date_first", "scheduled"]
    ).assign(title="t", place="p", on_agenda="yes", outcome="no_statement", relevance_frozen=None)
    coded["date_first"] = pd.to_datetime(coded["date_first"])
    coded["date_last"] = coded["date_first"]
    built = events.talks(coded.astype({"is_meeting": "boolean"}), case)
    sets = {name: list(events.talks_of(built, name, case)["talk_id"]) for name in case.talks_sets}
    assert ["d", "a"] == sets["primary"] == sets["no_new_commitment"]
    assert ["d"] == sets["scheduled"] == sets["rounds"] == sets["without_a"]
    assert (["a"], ["a"], ["c", "d", "a"], []) == (
        sets["leaders"],
        sets["reactive"],
        sets["agenda"],
        sets["new_commitment"],
    )
    with pytest.raises(Refusal, match=r"nearest: .*; allowed: primary"):
        events.talks_of(built, "all", case)


def test_a_case_without_sets_of_its_own_has_none() -> None:
    """The sets of one war are none of another; what a case calls its own may not take a general name."""
    case = cases.read("afghanistan")
    assert not {"astana", "complete"} & set(case.talks_sets)
    built = events.talks(schema.read("talks", folder=case.tables), case)
    assert built["case_sets"].isna().all()
    with pytest.raises(Refusal, match=r"talks_set 'astana'; nearest: .*; allowed: primary"):
        events.talks_of(built, "astana", case)
    own = cases.Talks(name="n", short="s", formats=("call",))
    with pytest.raises(ValueError, match="'primary' is no name of a set"):
        cases.Case.model_validate(dict(case) | {"sets": {"primary": own}})


def test_a_set_of_talks_that_no_row_has_is_refused() -> None:
    """A format or a talk that a case's own set misspells is named, with the nearest that there is."""
    coded, case = schema.read("talks"), cases.read("idlib")
    wrong = cases.Talks(name="n", short="s", formats=("astana_rond",), without=("DE-2020-03-05-86",))
    with pytest.raises(Refusal) as refused:
        events.talks(coded, case.model_copy(update={"sets": {"x": wrong}}))
    formats, without = refused.value.problems
    assert "sets.x, formats: 'astana_rond' is in no row of talks.csv; nearest: astana_round" in formats
    assert "sets.x, without: 'DE-2020-03-05-86'" in without


def test_more_talks_and_days_than_the_method_can_do_are_refused() -> None:
    """In one line, before any work: time and memory grow with the square of both."""
    case, coded = cases.read("idlib"), schema.read("talks")
    one = coded[coded["is_meeting"] & coded["date_first"].between(str(case.start), str(case.end))].iloc[[0]]
    many = pd.concat([one] * (events.MOST_TALKS + 1), ignore_index=True)
    with pytest.raises(Refusal, match=r"talks.csv: 401 meetings in the window; 400 are the most"):
        events.talks(many, case.model_copy(update={"sets": {}}))
    with pytest.raises(ValueError, match=r"are 43,\d{3} days; 14,610 \(40 years\) are the most"):
        cases.Case.model_validate(dict(case) | {"margin_start": case.start.replace(year=1900)})


def test_the_frozen_set_stays_and_the_complete_one_follows_the_rule() -> None:
    """What entered later, or became primary by the later rule, is in the complete set alone; the frozen one
    keeps its 27 meetings."""
    coded, case = schema.read("talks"), cases.read("idlib")
    built = events.talks(coded, case)
    frozen, complete = (
        set(events.talks_of(built, name, case)["talk_id"]) for name in ("primary", "complete")
    )
    assert 27 == len(frozen)
    assert {"DE-2018-12-01-008", "DE-2018-12-29-011", "DE-2020-02-15-060"} == complete - frozen
    assert not frozen - complete
    later = coded.loc[coded["relevance_frozen"].isna(), "talk_id"]
    assert ["DE-2018-11-19-102", "DE-2019-03-29-103", "DE-2020-01-19-104"] == list(later)
    assert not set(later) & frozen


def test_a_truce_is_announced_within_three_days_or_not() -> None:
    """From the first day of a meeting to three days after its last; a pause that is no truce and a day more
    are not counted."""
    day = pd.Timestamp
    talks = pd.DataFrame(
        {"talk_id": ["a", "b", "c"], "date_first": [day("2020-01-05"), day("2020-01-06"), day("2020-01-11")]}
    )
    talks["date_last"] = [day("2020-01-06"), day("2020-01-07"), day("2020-01-12")]
    truces = pd.DataFrame(
        {"is_truce": [True, False], "announced_date": [day("2020-01-10"), day("2020-01-13")]}
    )
    assert [False, True, False] == list(events.with_truces(talks, truces)["truce_within_3_days"])


def test_relevance_follows_its_rule() -> None:
    """No primary meeting without the northwest on its agenda, and no context with it."""
    meetings = schema.read("talks").query("is_meeting")
    assert meetings.loc[meetings["relevance"] == "primary", "on_agenda"].eq("yes").all()
    assert (meetings["relevance"].eq("context") == meetings["on_agenda"].eq("no")).all()


def test_two_accounts_of_one_truce_count_once() -> None:
    """January 2020 has a Russian and a Turkish account; the earlier stands for the arrangement, and a local
    pause is no truce."""
    built = events.truces(schema.read("truces"), cases.read("idlib"))
    assert 1 == built["effective_date"].between("2020-01-01", "2020-01-31").sum()
    assert [pd.Timestamp("2020-03-06")] == list(built.loc[built["is_open"], "effective_date"])
    assert not built["effective_date"].eq(pd.Timestamp("2020-02-27")).any()


def test_counts_choose_series_and_refuse_the_rest() -> None:
    """Each source and measure is one column; another name is refused with what there is, and so is a window
    outside."""
    built = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", "2020-01-03"),
            "main_events": [1, 0, 2],
            "main_fatalities_best": [5, 0, 2],
            "second_incidents": [0, 0, 1],
            "second_civilians_min": [0, 0, 3],
        }
    )
    assert [5.0, 0.0] == events.counts(
        built, source="ucdp", measure="fatalities", start="2020-01-01", end="2020-01-02"
    ).tolist()
    with pytest.raises(Refusal, match="there are: ucdp events"):
        events.counts(built, source="acled", measure="events", start="2020-01-01", end="2020-01-02")
    with pytest.raises(Refusal, match="leaves the daily counts"):
        events.counts(built, source="ucdp", measure="events", start="2019-01-01", end="2020-01-02")


def test_coverage_knows_silence() -> None:
    """A day is silent only if neither a claim, an incident nor a recorded event stands on it; vague dates
    cover nothing."""
    case = cases.read("idlib").within("2020-01-01", "2020-01-04")
    stamp = pd.Timestamp
    claims = pd.DataFrame(
        {
            "status": ["reported", "opinion", "reported"],
            "date_first": [stamp("2020-01-01"), stamp("2020-01-02"), stamp("2019-06-01")],
            "date_last": [stamp("2020-01-01"), stamp("2020-01-02"), stamp("2020-06-01")],
        }
    )
    incidents = pd.DataFrame({"date_first": [stamp("2020-01-03")], "date_last": [stamp("2020-01-03")]})
    daily = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", "2020-01-04"),
            "main_events": [0, 0, 0, 0],
            "second_incidents": [0, 0, 0, 0],
        }
    )
    built = events.coverage(claims, incidents, daily, case)
    assert [False, True, False, True] == built["is_silent"].tolist()


def test_the_margin_is_what_is_counted_before_the_window() -> None:
    """Counts of the war from 1 July, of Airwars from the first day of the window: July and August are known
    of one and blank of the other, and the two tables together give each series from its own first day."""
    case = cases.read("idlib")
    ucdp, airwars = schema.read("ucdp_daily"), schema.read("airwars_daily")
    margin, daily = events.margin(ucdp, airwars, case), events.daily(ucdp, airwars, case)
    assert [pd.Timestamp("2018-07-01"), pd.Timestamp("2018-08-31"), 62] == [
        margin["date"].min(),
        margin["date"].max(),
        len(margin),
    ]
    assert margin["second_incidents"].isna().all() and not margin["main_events"].isna().any()
    both = pd.concat([margin, daily], ignore_index=True)
    first = {
        name: (
            events.counts(both, source=name, measure="events", start=None, end=case.end)
            .index[0]
            .strftime("%Y-%m-%d")
        )
        for name in ("ucdp", "airwars")
    }
    assert {"ucdp": "2018-07-01", "airwars": "2018-09-01"} == first
    assert 0 == len(events.margin(ucdp, airwars, case.within("2018-07-01", "2020-12-31")))
    with pytest.raises(Refusal, match="leaves the daily counts of incidents"):
        events.daily(ucdp, airwars, case.within("2018-08-01", "2020-12-31"))
