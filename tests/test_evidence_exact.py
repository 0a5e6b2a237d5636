"""Events, changes and codings on made tables, to the last cell."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from escalation import cases
from escalation.errors import Refusal
from escalation.evidence import detect, uncovered
from escalation.evidence.articles import METADATA, Article, add_document
from escalation.evidence.changes import changes
from escalation.evidence.link import COLUMNS, by_actor, link, talk_claims, total

PLACES = pd.DataFrame(
    {
        "place_id": ["mill", "ford"],
        "governorate": ["North", "South"],
        "lat": [35.5, 35.0],
        "lon": [36.5, 36.0],
        "geo_precision": [1, 2],
    }
)
ORIGINS = pd.DataFrame(
    {
        "origin_id": ["monitor", "agency", "page"],
        "side": ["opposition", "government", "none"],
        "is_named": [True, True, False],
    }
)


def claims(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {
        "status": "reported", "claim_type": "strike", "date_precision": "day", "place_ids": "mill",
        "actor": "Russia", "scope": "incident", "origin_id": "monitor",
    }  # fmt: skip
    frame = pd.DataFrame([plain | row for row in rows])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("date_first", "date_last")})


def incidents(*rows: dict[str, object]) -> pd.DataFrame:
    plain = {"date_precision": "day", "event_type": "shelling", "actor_group": "unknown", "place_id": "ford",
        "governorate": "South", "lat": 35.0, "lon": 36.0, "geo_precision": 2,
             "killed_low": 1, "killed_best": 2, "killed_high": 3, "civilians_killed": 0, "scope": "incident",
             "origins": "agency"}  # fmt: skip
    frame = pd.DataFrame([plain | row for row in rows])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("date_first", "date_last")})


def day(number: int) -> pd.Timestamp:
    return pd.Timestamp(2020, 1, number)


ACTORS = cases.read("idlib", Path(__file__).resolve().parent.parent).actors


def told() -> dict[str, pd.DataFrame]:
    """Two claims and three incidents; a claim, a total and a small incident are one event."""
    return {
        "claims": claims(
            {"claim_id": "C1", "date_first": day(5), "date_last": day(6), "origin_id": "page"},
            {"claim_id": "C2", "date_first": day(9), "date_last": day(9), "scope": "rate", "actor": "",
            "place_ids": "ford | mill", "claim_type": "territory"},
            {"claim_id": "C3", "date_first": day(1), "date_last": day(1), "status": "planned"},
        ),
        "incidents": incidents(
            {"incident_id": "V1", "date_first": day(8), "date_last": day(8), "killed_best": 7,
            "killed_high": 9, "origins": "monitor | agency"},
            {"incident_id": "V2", "date_first": day(7), "date_last": day(7), "scope": "cumulative"},
            {"incident_id": "V3", "date_first": day(9), "date_last": day(9)},
        ),
        "merges": pd.DataFrame([{"event_id": "E1", "kind": "event", "member_ids": "C1 | V1 | V2",
        "reason": "same raid", "window_days": 2}]),
        "origins": ORIGINS,
        "places": PLACES,
    }  # fmt: skip


def test_events_to_the_last_cell() -> None:
    """The first member gives day, kind, actor and place, the first incident its dead, any total the scope;
    the rest stand alone, by day."""
    events = link(**told(), tiers="all", actors=ACTORS)
    north, south = ["North", 35.5, 36.5, 1], ["South", 35.0, 36.0, 2]
    none = [pd.NA] * 4
    expected = [
        ["E1", "seed and curated", day(5), day(6), "day", "airstrike", "russia", "mill", *north, 1, 7, 9, 0,
        "cumulative", "C1", "V1 | V2", "monitor | agency", 2, "high", "same raid", 2],
        ["E-C2", "seed", day(9), day(9), "day", "capture", "unknown", "ford", *south, *none, "rate", "C2",
        None, "monitor", 1, "low", None, pd.NA],
        ["E-V3", "curated", day(9), day(9), "day", "shelling", "unknown", "ford", *south, 1, 2, 3, 0,
        "incident", None, "V3", "agency", 1, "low", None, pd.NA],
    ]  # fmt: skip
    wanted = pd.DataFrame(expected, columns=COLUMNS).astype(dict(events.dtypes))
    pd.testing.assert_frame_equal(wanted, events)


@pytest.mark.parametrize(
    ("first", "window", "allowed"),
    [(11, 2, True), (11, 1, False), (3, 2, True), (3, 1, False), (6, 0, True), (7, 0, False)],
)
def test_a_member_may_lie_as_far_from_the_first_as_the_window_says(
    first: int, window: int, allowed: bool
) -> None:
    """Counted from the nearer ends of both, before and after; days that touch the first member's are no days
    away."""
    tables = told()
    tables["claims"].loc[0, ["date_first", "date_last"]] = (
        [day(5), day(9)] if first == 11 else [day(5), day(6)]
    )
    tables["incidents"].loc[[0, 1], ["date_first", "date_last"]] = [
        [day(6), day(6)],
        [day(first), day(first)],
    ]
    tables["merges"]["window_days"] = window
    if allowed:
        assert (
            "V1 | V2"
            == link(**tables, tiers="all", actors=ACTORS).set_index("event_id").loc["E1", "incident_ids"]
        )
    else:
        gap = {11: 2, 3: 2, 7: 1}[first]
        with pytest.raises(Refusal) as refused:
            link(**tables, tiers="all", actors=ACTORS)
        assert [
            f"merges.csv (E1), member_ids: V2 is {gap} days from C1; allowed by window_days: {window}"
        ] == refused.value.problems


def test_every_wrong_member_is_named_at_once() -> None:
    """Unknown, twice used and silent ones in one refusal; a group's first use stands."""
    tables = told()
    more = {"event_id": "E2", "kind": "event", "member_ids": "V1 | V9 | C3", "reason": "", "window_days": 30}
    tables["merges"] = pd.concat([tables["merges"], pd.DataFrame([more])], ignore_index=True)
    with pytest.raises(Refusal) as refused:
        link(**tables, tiers="all", actors=ACTORS)
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
        link(**tables, tiers="all", actors=ACTORS)
    assert [
        "claims.csv (C1), actor: 'Rusia' has no group",
        "claims.csv (C2), actor: 'nobody' has no group",
    ] == [line.split(";")[0] for line in refused.value.problems]


def test_claims_of_talks_to_the_last_cell() -> None:
    """Days are counted from the talk's last day to the first and to the last day of the claim."""
    talks = pd.DataFrame({"talk_id": ["T1"], "date_first": [day(4)], "date_last": [day(5)]})
    said = claims(
        {"claim_id": "C1", "date_first": day(3), "date_last": day(8), "claim_type": "statement"},
        {"claim_id": "C2", "date_first": day(8), "date_last": day(8), "status": "planned"},
        {"claim_id": "C3", "date_first": day(9), "date_last": day(9)},
    )
    rows = pd.DataFrame([{"event_id": "T1", "kind": "talk", "member_ids": "C2 | C1", "window_days": 3},
        {"event_id": "E1", "kind": "event", "member_ids": "C3", "window_days": 0}])  # fmt: skip
    expected = [["T1", "C2", "planned", "strike", 3, 3], ["T1", "C1", "reported", "statement", -2, 3]]
    found = talk_claims(said, talks, rows)
    assert ["talk_id", "claim_id", "status", "claim_type", "days_first", "days_last"] == list(
        found
    ) and expected == found.values.tolist()
    ids = {"T0": "C1", "T1": "C9 | C3", "T2": "C1"}
    wrong = pd.DataFrame(
        [
            {"event_id": talk, "kind": "talk", "member_ids": members, "window_days": 3}
            for talk, members in ids.items()
        ]
    )
    with pytest.raises(Refusal) as refused:
        talk_claims(said, talks, wrong)
    assert [
        "merges.csv (T0), event_id: no such talk",
        "merges.csv (T1), member_ids: 'C9' is no claim",
        "merges.csv (T1), member_ids: C3 is 4 days away; allowed by window_days: 3",
        "merges.csv (T2), event_id: no such talk",
    ] == refused.value.problems


def test_events_by_who_acted_and_sums_of_the_dead() -> None:
    """A total or a rate is not added, and blanks count for nothing."""
    events = link(**told(), tiers="all", actors=ACTORS)
    assert [
        ["curated", "unknown", "shelling", 1],
        ["seed", "unknown", "capture", 1],
        ["seed and curated", "russia", "airstrike", 1],
    ] == by_actor(events).values.tolist()
    with pytest.raises(Refusal) as refused:
        total(events, "killed_best")
    assert [
        f"{name}: scope {scope}, so its killed_best cannot be added to others"
        for name, scope in (("E1", "cumulative"), ("E-C2", "rate"))
    ] == refused.value.problems
    single = told()["incidents"].assign(killed_best=pd.array([7, 2, pd.NA], dtype="Int64"))
    assert 7 == total(single[single["scope"] == "incident"], "killed_best")


def test_changes_to_the_last_cell() -> None:
    """Tables in the order of the new version, then those that went; rows by id; a column that came or went is
    a change where it is not blank."""
    old = {
        "gone": (["id"], pd.DataFrame({"id": ["g"]})),
        "claims": (
            ["id", "part"],
            pd.DataFrame({"id": ["b", "a"], "part": ["1", "1"], "lost": ["was", ""], "same": ["x", "x"]}),
        ),
    }
    new = {
        "fresh": (["id"], pd.DataFrame({"id": ["f2", "f1"]})),
        "claims": (
            ["id", "part"],
            pd.DataFrame({"id": ["a", "b"], "part": ["1", "1"], "came": ["", "now"], "same": ["x", "y"]}),
        ),
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
    assert (
        ["table", "row_id", "change", "column", "old_value", "new_value"]
        == list(found)
        == list(changes(old, old))
    )


def test_what_a_coder_must_account_for_to_the_last_cell() -> None:
    """By place; at one place the sentence, then the number, the date and the act. A year or a day of a month
    is no number beside its date."""
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
    assert detect("").empty and ["kind", "text", "char_start", "char_end", "line", "context"] == list(
        detect("")
    )


ARTICLE = "Talks\r\nfailed early. Jets struck twice on Monday, killing 5.\nHe smiled.\nTalks in a town ended."
METADATA_ROW = dict.fromkeys(METADATA, "x") | {
    "address": "https://example.org/fourth",
    "language": "en",
    "date_first": "2019-05-01",
    "date_last": "2019-05-01",
}


def added(folder: Path, documents: list[str], **more: str) -> Article:
    """An article beside documents of these ids."""
    folder.mkdir(exist_ok=True)
    path = folder / "new.txt"
    path.write_bytes(ARTICLE.encode())
    known = pd.DataFrame(
        {
            "document_id": documents,
            **{name: "" for name in ("tier", "file", "sha256", "author", *METADATA, "spare")},
        }
    )
    return add_document(
        path,
        METADATA_ROW | more,
        known,
        ["claim_id", "document_id", "quote", "prefix", "suffix", "char_start", "char_end", "note", "judged"],
    )


def test_a_further_article_to_the_last_cell(tmp_path: Path) -> None:
    """Sentences that say something, a row for each number in them, with what stands around them on their
    line, up to 32 letters."""
    article = added(tmp_path, ["S000", "S011"])
    jets = "Jets struck twice on Monday, killing 5."
    expected = [
        ["S012-01", "S012", "Talks", "", "", 0, 5, "", ""],
        ["S012-02", "S012", jets, "failed early. ", "", 21, 60, "number: twice", ""],
        ["S012-03", "S012", jets, "failed early. ", "", 21, 60, "number: 5", ""],
        ["S012-04", "S012", "Talks in a town ended.", "", "", 72, 94, "", ""],
    ]
    found = article.template.astype(object).values.tolist()
    assert expected == found
    assert all(ARTICLE[row[5] : row[6]] == row[2] for row in found)
    digest = hashlib.sha256(ARTICLE.encode()).hexdigest()
    assert {
        "document_id": "S012",
        "tier": "seed",
        "file": "seeds/new.txt",
        "sha256": digest,
        "author": "",
        "spare": "",
        **METADATA_ROW,
    } == article.document.iloc[0].to_dict()
    assert "A. Writer" == added(tmp_path, [], author="A. Writer").document.loc[0, "author"]


def test_a_claim_that_only_touches_a_sentence_does_not_cover_it() -> None:
    """Neither from before nor from behind."""
    said = pd.DataFrame(
        {
            "char_start": [0, 8],
            "char_end": [4, 12],
            "low": [pd.NA] * 2,
            "value": [pd.NA] * 2,
            "high": [pd.NA] * 2,
        }
    )
    assert ["Bb."] == uncovered("Aa.\nBb.\nCc.", said)["text"].tolist()
