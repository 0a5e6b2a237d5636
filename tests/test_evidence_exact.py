"""Events, changes and codings on made tables, to the last cell."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence import detect
from escalation.evidence.agreement import DIFFERENCES, agreement, differences, pairs, sheet
from escalation.evidence.changes import changelog, changes, read_version
from escalation.evidence.link import COLUMNS, by_actor, event_claims, link, talk_claims, total
from escalation.evidence.origins import graded

ROOT = Path(__file__).resolve().parent.parent
PLACES = pd.DataFrame(
    {"place_id": ["mill", "ford"], "governorate": ["North", "South"], "lat": [35.5, 35.0], "lon": [36.5, 36.0], "geo_precision": [1, 2]}
)
ORIGINS = pd.DataFrame(
    {"origin_id": ["monitor", "agency", "page"], "side": ["opposition", "government", "none"], "is_named": [True, True, False]}
)
NO_MERGE = pd.DataFrame(columns=["event_id", "kind", "member_ids", "reason", "window_days"])


def claims(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {
        "status": "reported",
        "claim_type": "strike",
        "date_precision": "day",
        "place_ids": "mill",
        "actor": "Russia",
        "scope": "incident",
        "origin_id": "monitor",
    }
    frame = pd.DataFrame([plain | row for row in rows])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("date_first", "date_last")})


def incidents(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {"date_precision": "day", "event_type": "shelling", "actor_group": "unknown", "place_id": "ford", "governorate": "South", "lat": 35.0, "lon": 36.0, "geo_precision": 2,
             "killed_low": 1, "killed_best": 2, "killed_high": 3, "civilians_killed": 0, "scope": "incident", "origins": "agency"}  # fmt: skip
    frame = pd.DataFrame([plain | row for row in rows])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("date_first", "date_last")})


def day(number: int) -> pd.Timestamp:
    return pd.Timestamp(2020, 1, number)


def told() -> dict[str, pd.DataFrame]:
    """Two claims and three incidents; a claim, a total and a small incident are one event."""
    return {
        "claims": claims(
            {"claim_id": "C1", "date_first": day(5), "date_last": day(6), "origin_id": "page"},
            {"claim_id": "C2", "date_first": day(9), "date_last": day(9), "scope": "rate", "actor": "", "place_ids": "ford | mill", "claim_type": "territory"},
            {"claim_id": "C3", "date_first": day(1), "date_last": day(1), "status": "planned"},
        ),
        "incidents": incidents(
            {"incident_id": "V1", "date_first": day(8), "date_last": day(8), "killed_best": 7, "killed_high": 9, "origins": "monitor | agency"},
            {"incident_id": "V2", "date_first": day(7), "date_last": day(7), "scope": "cumulative"},
            {"incident_id": "V3", "date_first": day(9), "date_last": day(9)},
        ),
        "merges": pd.DataFrame([{"event_id": "E1", "kind": "event", "member_ids": "C1 | V1 | V2", "reason": "same raid", "window_days": 2}]),
        "origins": ORIGINS,
        "places": PLACES,
    }  # fmt: skip


def test_events_to_the_last_cell() -> None:
    """The first member gives day, kind, actor and place, the first incident its dead, any total the scope; the rest stand alone, by day."""
    events = link(**told(), tiers="all")
    north, south = ["North", 35.5, 36.5, 1], ["South", 35.0, 36.0, 2]
    none = [pd.NA] * 4
    expected = [
        ["E1", "seed and curated", day(5), day(6), "day", "airstrike", "russia", "mill", *north, 1, 7, 9, 0, "cumulative", "C1", "V1 | V2", "monitor | agency", 2, "high", "same raid", 2],
        ["E-C2", "seed", day(9), day(9), "day", "capture", "unknown", "ford", *south, *none, "rate", "C2", None, "monitor", 1, "low", None, pd.NA],
        ["E-V3", "curated", day(9), day(9), "day", "shelling", "unknown", "ford", *south, 1, 2, 3, 0, "incident", None, "V3", "agency", 1, "low", None, pd.NA],
    ]  # fmt: skip
    wanted = pd.DataFrame(expected, columns=COLUMNS).astype(dict(events.dtypes))
    pd.testing.assert_frame_equal(wanted, events)


def test_seeds_alone_leave_out_what_incidents_said() -> None:
    """The merged event is then its claim, with no dead and the claim's own scope and origin."""
    events = link(**told(), tiers="seeds")
    assert [["E1", "seed", "incident", "page", 1, "low"], ["E-C2", "seed", "rate", "monitor", 1, "low"]] == events[
        ["event_id", "tier", "scope", "origins", "n_origins", "confidence"]
    ].values.tolist()
    assert events["killed_best"].isna().all() and events["incident_ids"].isna().all()


@pytest.mark.parametrize(
    ("first", "window", "allowed"), [(11, 2, True), (11, 1, False), (3, 2, True), (3, 1, False), (6, 0, True), (7, 0, False)]
)
def test_a_member_may_lie_as_far_from_the_first_as_the_window_says(first: int, window: int, allowed: bool) -> None:
    """Counted from the nearer ends of both, before and after; days that touch the first member's are no days away."""
    tables = told()
    tables["claims"].loc[0, ["date_first", "date_last"]] = [day(5), day(9)] if first == 11 else [day(5), day(6)]
    tables["incidents"].loc[[0, 1], ["date_first", "date_last"]] = [[day(6), day(6)], [day(first), day(first)]]
    tables["merges"]["window_days"] = window
    if allowed:
        assert "V1 | V2" == link(**tables, tiers="all").set_index("event_id").loc["E1", "incident_ids"]
    else:
        gap = {11: 2, 3: 2, 7: 1}[first]
        with pytest.raises(Refusal) as refused:
            link(**tables, tiers="all")
        assert [f"merges.csv (E1), member_ids: V2 is {gap} days from C1; allowed by window_days: {window}"] == refused.value.problems


def test_every_wrong_member_is_named_at_once() -> None:
    """Unknown, twice used and silent ones in one refusal; a group's first use stands."""
    tables = told()
    more = {"event_id": "E2", "kind": "event", "member_ids": "V1 | V9 | C3", "reason": "", "window_days": 30}
    tables["merges"] = pd.concat([tables["merges"], pd.DataFrame([more])], ignore_index=True)
    with pytest.raises(Refusal) as refused:
        link(**tables, tiers="all")
    where = "merges.csv (E2), member_ids:"
    assert [
        f"{where} 'V9' is no claim or incident",
        f"{where} V1 already belongs to E1",
        f"{where} C3 tells of no event (status or kind); take it out",
    ] == refused.value.problems


def test_an_actor_without_a_group_is_refused_with_all_that_have_one() -> None:
    """Every such claim, one line each."""
    tables = told()
    tables["claims"].loc[[0, 1], "actor"] = ["Rusia", "nobody"]
    with pytest.raises(Refusal) as refused:
        link(**tables, tiers="all")
    first, second = refused.value.problems
    assert first.startswith("claims.csv (C1), actor: 'Rusia' has no group; allowed: '', 'Syrian government', 'Russia', ")
    assert second.startswith("claims.csv (C2), actor: 'nobody' has no group; ") and second.endswith(", 'protesters'")


def test_what_tells_of_an_event() -> None:
    """Reported or claimed, of a violent kind, and not the mere state on the day of writing."""
    rows = [
        {"claim_id": "reported"},
        {"claim_id": "claimed", "status": "claimed", "claim_type": "protest"},
        {"claim_id": "planned", "status": "planned"},
        {"claim_id": "state", "date_precision": "as_of"},
        {"claim_id": "talk", "claim_type": "meeting"},
    ]
    found = event_claims(claims(*[row | {"date_first": day(1), "date_last": day(1)} for row in rows]))
    assert ["reported", "claimed"] == list(found["claim_id"]) and [0, 1] == list(found.index)


def test_claims_of_talks_to_the_last_cell() -> None:
    """Days are counted from the talk's last day to the first and to the last day of the claim."""
    talks = pd.DataFrame({"talk_id": ["T1"], "date_first": [day(4)], "date_last": [day(5)]})
    said = claims(
        {"claim_id": "C1", "date_first": day(3), "date_last": day(8), "claim_type": "statement"},
        {"claim_id": "C2", "date_first": day(8), "date_last": day(8), "status": "planned"},
        {"claim_id": "C3", "date_first": day(9), "date_last": day(9)},
    )
    rows = pd.DataFrame([{"event_id": "T1", "kind": "talk", "member_ids": "C2 | C1", "window_days": 3}, {"event_id": "E1", "kind": "event", "member_ids": "C3", "window_days": 0}])  # fmt: skip
    expected = [["T1", "C2", "planned", "strike", 3, 3], ["T1", "C1", "reported", "statement", -2, 3]]
    found = talk_claims(said, talks, rows)
    assert ["talk_id", "claim_id", "status", "claim_type", "days_first", "days_last"] == list(found) and expected == found.values.tolist()
    ids = {"T0": "C1", "T1": "C9 | C3", "T2": "C1"}
    wrong = pd.DataFrame([{"event_id": talk, "kind": "talk", "member_ids": members, "window_days": 3} for talk, members in ids.items()])
    with pytest.raises(Refusal) as refused:
        talk_claims(said, talks, wrong)
    assert [
        "merges.csv (T0), event_id: no such talk",
        "merges.csv (T1), member_ids: 'C9' is no claim",
        "merges.csv (T1), member_ids: C3 is 4 days away; allowed by window_days: 3",
        "merges.csv (T2), event_id: no such talk",
    ] == refused.value.problems


def test_events_by_who_acted_and_sums_of_the_dead() -> None:
    """The commonest first within a tier; a total or a rate is not added, whatever its table calls it, and blanks count for nothing."""
    events = link(**told(), tiers="all")
    assert [
        ["curated", "unknown", "shelling", 1],
        ["seed", "unknown", "capture", 1],
        ["seed and curated", "russia", "airstrike", 1],
    ] == by_actor(events).values.tolist()
    twice = pd.concat([events, events[events["event_id"] == "E-V3"].assign(event_type="airstrike", n=0)] * 2, ignore_index=True)
    more = pd.concat([twice, events[events["event_id"] == "E-V3"]], ignore_index=True)
    assert [["unknown", "shelling", 3], ["unknown", "airstrike", 2]] == by_actor(more).query("tier == 'curated'").drop(
        columns="tier"
    ).values.tolist()
    with pytest.raises(Refusal) as refused:
        total(events, "killed_best")
    assert [
        f"{name}: scope {scope}, so its killed_best cannot be added to others" for name, scope in (("E1", "cumulative"), ("E-C2", "rate"))
    ] == refused.value.problems
    single = told()["incidents"].assign(killed_best=pd.array([7, 2, pd.NA], dtype="Int64"))
    assert 7 == total(single[single["scope"] == "incident"], "killed_best")
    with pytest.raises(Refusal, match=r"^V2: scope cumulative"):
        total(single, "killed_best")


def test_kinds_of_equal_count_stand_in_the_order_of_the_alphabet() -> None:
    """By actor, then by kind; the rows are numbered anew."""
    rows = [("b", "x"), ("a", "y"), ("a", "x"), ("b", "z"), ("b", "z")]
    found = by_actor(pd.DataFrame([{"tier": "seed", "actor_group": actor, "event_type": kind} for actor, kind in rows]))
    assert [["b", "z", 2], ["a", "x", 1], ["a", "y", 1], ["b", "x", 1]] == found.drop(columns="tier").values.tolist()
    assert [0, 1, 2, 3] == list(found.index)


def test_a_total_among_claims_makes_its_event_a_total() -> None:
    """And it is refused as a sum under its own name."""
    tables = told()
    tables["claims"].loc[1, "scope"] = "cumulative"
    assert "cumulative" == link(**tables, tiers="seeds").set_index("event_id").loc["E-C2", "scope"]
    with pytest.raises(Refusal, match=r"^C2: scope cumulative, so its value cannot be added to others$"):
        total(tables["claims"].assign(value=1), "value")


def test_a_war_without_events_or_talks_told_of_has_empty_tables() -> None:
    """With all their columns."""
    tables = told() | {"claims": told()["claims"].iloc[2:], "merges": NO_MERGE}
    assert COLUMNS == list(link(**tables, tiers="seeds")) and link(**tables, tiers="seeds").empty
    talks = pd.DataFrame({"talk_id": ["T1"], "date_first": [day(4)], "date_last": [day(5)]})
    none = talk_claims(tables["claims"], talks, NO_MERGE)
    assert ["talk_id", "claim_id", "status", "claim_type", "days_first", "days_last"] == list(none) and none.empty


def test_unknown_origins_are_all_named() -> None:
    """In the order of the alphabet."""
    with pytest.raises(KeyError, match="no origin press, tower"):
        graded([["tower", "press", "monitor"]], ORIGINS)


def test_grades_of_many_rows() -> None:
    """Ids in the order of the table, once; opposite sides are a high grade, a page beside a monitor adds nothing."""
    behind = [["agency", "monitor", "agency"], ["page", "monitor"], ["page"], []]
    assert [(["monitor", "agency"], "high"), (["monitor"], "low"), (["page"], "low"), ([], "low")] == graded(behind, ORIGINS)


def test_changes_to_the_last_cell() -> None:
    """Tables in the order of the new version, then those that went; rows by id; a column that came or went is a change where it is not blank."""
    old = {
        "gone": (["id"], pd.DataFrame({"id": ["g"]})),
        "claims": (["id", "part"], pd.DataFrame({"id": ["b", "a"], "part": ["1", "1"], "lost": ["was", ""], "same": ["x", "x"]})),
    }
    new = {
        "fresh": (["id"], pd.DataFrame({"id": ["f2", "f1"]})),
        "claims": (["id", "part"], pd.DataFrame({"id": ["a", "b"], "part": ["1", "1"], "came": ["", "now"], "same": ["x", "y"]})),
    }
    found = changes(old, new)
    assert [
        ["fresh", "f1", "added", "", "", ""],
        ["fresh", "f2", "added", "", "", ""],
        ["claims", "b 1", "changed", "came", "", "now"],
        ["claims", "b 1", "changed", "same", "x", "y"],
        ["claims", "b 1", "changed", "lost", "was", ""],
        ["gone", "g", "removed", "", "", ""],
    ] == found.values.tolist()
    assert ["table", "row_id", "change", "column", "old_value", "new_value"] == list(found) == list(changes(old, old))
    long = "word " * 30
    found.loc[2, "new_value"] = long
    lines = [
        "## Data 2.0.0 (2026-01-02)", "",
        "### fresh: 2 added", "", "- added: f1, f2", "",
        "### claims: 1 changed", "",
        f"- `b 1` came: blank → “{long.strip()[:79]}…”", "- `b 1` same: “x” → “y”", "- `b 1` lost: “was” → blank", "",
        "### gone: 1 removed", "", "- removed: g", "",
    ]  # fmt: skip
    assert "\n".join(lines) == changelog(found, version="2.0.0", date="2026-01-02")
    assert "## Data 2.0.0 (2026-01-02)\n\nNo change in the coded tables.\n" == changelog(found.iloc[:0], version="2.0.0", date="2026-01-02")


def test_a_version_is_read_from_the_project_that_is_named(project: Path) -> None:
    """Not from the one we stand in; text is shortened from 81 letters on."""
    path = project / "data/coded/places.csv"
    text = path.read_text("utf-8")
    key = text.splitlines()[1].split(",")[0]
    path.write_text(text.replace(f"\n{key},", "\nelsewhere,", 1), "utf-8", newline="")
    found = changes(read_version(ROOT), read_version(project))
    assert {("places", key, "removed"), ("places", "elsewhere", "added")} == set(
        found[["table", "row_id", "change"]].itertuples(index=False, name=None)
    )
    row = {"table": "t", "row_id": "r", "change": "changed", "column": "c", "old_value": "x" * 80, "new_value": "x" * 81}
    assert f"- `r` c: “{'x' * 80}” → “{'x' * 79}…”" in changelog(pd.DataFrame([row]), version="1", date="2026-01-02").splitlines()


def test_what_a_coder_must_account_for_to_the_last_cell() -> None:
    """By place; at one place the sentence, then the number, the date and the act. A year or a day of a month is no number beside its date."""
    text = " Attack days ended.\nIn 2019, 14 days of talks."
    first, second = "Attack days ended.", "In 2019, 14 days of talks."
    assert [
        ["sentence", first, 1, 19, 1, first],
        ["date", "Attack days", 1, 12, 1, first],
        ["violence", "Attack", 1, 7, 1, first],
        ["sentence", second, 20, 46, 2, second],
        ["date", "2019", 23, 27, 2, second],
        ["number", "14", 29, 31, 2, second],
        ["date", "14 days", 29, 36, 2, second],
        ["diplomacy", "talks", 40, 45, 2, second],
    ] == detect(text).values.tolist()
    assert detect("").empty and ["kind", "text", "char_start", "char_end", "line", "context"] == list(detect(""))


def test_two_codings_side_by_side() -> None:
    """Only what both coded, by field and talk; agreement by field with Cohen's kappa, blank where one value is all there is."""
    rows = [("T2", "A", "outcome", "yes"), ("T1", "A", "outcome", "no"), ("T1", "B", "outcome", "no"), ("T2", "B", "outcome", "no"), ("T3", "A", "outcome", "no"),
            ("T1", "B", "agenda", "x"), ("T1", "A", "agenda", "x")]  # fmt: skip
    codings = pd.DataFrame([{"talk_id": t, "coder": c, "field": f, "value": v, "reason": f"{c} says {v}"} for t, c, f, v in rows])
    expected = pd.DataFrame(
        [
            ["T1", "agenda", "x", "x", "A says x", "B says x"],
            ["T1", "outcome", "no", "no", "A says no", "B says no"],
            ["T2", "outcome", "yes", "no", "A says yes", "B says no"],
        ],
        columns=DIFFERENCES,
    )
    pd.testing.assert_frame_equal(expected, pairs(codings), check_dtype=False)
    found = agreement(codings).set_index("field")
    assert [1, 2] == list(found["n"]) and [1, 1] == list(found["n_agree"]) and [1.0, 0.5] == list(found["agreement"])
    assert found.loc["agenda", ["kappa", "kappa_low", "kappa_high"]].isna().all() and 0.0 == found.loc["outcome", "kappa"]
    assert {"Int64"} == {str(found[column].dtype) for column in ("n", "n_agree")}
    assert agreement(codings.query("coder == 'A'")).empty
    with pytest.raises(pd.errors.MergeError):
        pairs(pd.concat([codings, codings.iloc[:1]]))


def test_differences_stand_with_what_was_settled() -> None:
    """One still open has blanks for it; the rows are numbered anew, as are those of the second coder's sheet."""
    values = {"A": ["yes", "no", "no"], "B": ["yes", "yes", "yes"]}
    codings = pd.DataFrame(
        [
            {"talk_id": f"T{n}", "coder": coder, "field": "outcome", "value": value, "reason": coder}
            for coder, said in values.items()
            for n, value in enumerate(said)
        ]
    )
    settlements = pd.DataFrame([{"talk_id": "T1", "field": "outcome", "value": "yes", "reason": "rule 2"}])
    found = differences(codings, settlements)
    assert [*DIFFERENCES, "settled", "settled_reason"] == list(found) and [0, 1] == list(found.index)
    assert ["T1", "T2"] == list(found["talk_id"]) and ["yes", "rule 2"] == found.loc[0, ["settled", "settled_reason"]].tolist()
    assert found.loc[1, ["settled", "settled_reason"]].isna().all()
    talks = schema.read("talks", ROOT)
    asked = sheet(talks.iloc[::-1])
    assert list(range(len(asked))) == list(asked.index) and asked["talk_id"].tolist() == sheet(talks)["talk_id"].tolist()[::-1]
