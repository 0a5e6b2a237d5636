"""Events, changes and codings on made tables, to the last cell."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from escalation import cases
from escalation.errors import Refusal
from escalation.evidence import account, detect, problems, uncovered
from escalation.evidence.agreement import DIFFERENCES, agreement, pairs
from escalation.evidence.articles import METADATA, Article, add_document
from escalation.evidence.changes import changelog, changes
from escalation.evidence.link import COLUMNS, by_actor, event_claims, link, talk_claims, total
from escalation.evidence.origins import graded

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
NO_MERGE = pd.DataFrame(columns=["event_id", "kind", "member_ids", "reason", "window_days"])


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


def test_seeds_alone_leave_out_what_incidents_said() -> None:
    """The merged event is then its claim, with no dead and the claim's own scope and origin."""
    events = link(**told(), tiers="seeds", actors=ACTORS)
    assert [
        ["E1", "seed", "incident", "page", 1, "low"],
        ["E-C2", "seed", "rate", "monitor", 1, "low"],
    ] == events[["event_id", "tier", "scope", "origins", "n_origins", "confidence"]].values.tolist()
    assert events["killed_best"].isna().all() and events["incident_ids"].isna().all()


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
    first, second = refused.value.problems
    assert first.startswith(
        "claims.csv (C1), actor: 'Rusia' has no group; allowed: '', 'Syrian government', 'Russia', "
    )
    assert second.startswith("claims.csv (C2), actor: 'nobody' has no group; ") and second.endswith(
        ", 'protesters'"
    )


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
    """The commonest first within a tier; a total or a rate is not added, whatever its table calls it, and
    blanks count for nothing."""
    events = link(**told(), tiers="all", actors=ACTORS)
    assert [
        ["curated", "unknown", "shelling", 1],
        ["seed", "unknown", "capture", 1],
        ["seed and curated", "russia", "airstrike", 1],
    ] == by_actor(events).values.tolist()
    twice = pd.concat(
        [events, events[events["event_id"] == "E-V3"].assign(event_type="airstrike", n=0)] * 2,
        ignore_index=True,
    )
    more = pd.concat([twice, events[events["event_id"] == "E-V3"]], ignore_index=True)
    assert [["unknown", "shelling", 3], ["unknown", "airstrike", 2]] == by_actor(more).query(
        "tier == 'curated'"
    ).drop(columns="tier").values.tolist()
    with pytest.raises(Refusal) as refused:
        total(events, "killed_best")
    assert [
        f"{name}: scope {scope}, so its killed_best cannot be added to others"
        for name, scope in (("E1", "cumulative"), ("E-C2", "rate"))
    ] == refused.value.problems
    single = told()["incidents"].assign(killed_best=pd.array([7, 2, pd.NA], dtype="Int64"))
    assert 7 == total(single[single["scope"] == "incident"], "killed_best")
    with pytest.raises(Refusal, match=r"^V2: scope cumulative"):
        total(single, "killed_best")


def test_a_war_without_events_or_talks_told_of_has_empty_tables() -> None:
    """With all their columns."""
    tables = told() | {"claims": told()["claims"].iloc[2:], "merges": NO_MERGE}
    assert (
        COLUMNS == list(link(**tables, tiers="seeds", actors=ACTORS))
        and link(**tables, tiers="seeds", actors=ACTORS).empty
    )
    talks = pd.DataFrame({"talk_id": ["T1"], "date_first": [day(4)], "date_last": [day(5)]})
    none = talk_claims(tables["claims"], talks, NO_MERGE)
    assert ["talk_id", "claim_id", "status", "claim_type", "days_first", "days_last"] == list(
        none
    ) and none.empty


def test_unknown_origins_are_all_named() -> None:
    """In the order of the alphabet."""
    with pytest.raises(KeyError, match="no origin press, tower"):
        graded([["tower", "press", "monitor"]], ORIGINS)


def test_grades_of_many_rows() -> None:
    """Ids in the order of the table, once; opposite sides are a high grade, a page beside a monitor adds
    nothing."""
    behind = [["agency", "monitor", "agency"], ["page", "monitor"], ["page"], []]
    assert [(["monitor", "agency"], "high"), (["monitor"], "low"), (["page"], "low"), ([], "low")] == graded(
        behind, ORIGINS
    )


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
    long = "word " * 30
    found.loc[2, "new_value"] = long
    lines = [
        "## Data 1.9.0 → 2.0.0 (2026-01-02)", "",
        "### fresh: 2 added", "", "- added: f1, f2", "",
        "### claims: 1 changed", "",
        f"- `b 1` came: blank → “{long.strip()[:79]}…”", "- `b 1` same: “x” → “y”",
        "- `b 1` lost: “was” → blank", "",
        "### gone: 1 removed", "", "- removed: g", "",
    ]  # fmt: skip
    assert "\n".join(lines) == changelog(found, before="1.9.0", version="2.0.0", date="2026-01-02")
    none = changelog(found.iloc[:0], before="1.9.0", version="2.0.0", date="2026-01-02")
    assert "## Data 1.9.0 → 2.0.0 (2026-01-02)\n\nNo change in the coded tables.\n" == none


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


def test_two_codings_side_by_side() -> None:
    """Only what both coded, by field and talk; agreement by field with Cohen's kappa, blank where one value
    is all there is."""
    rows = [("T2", "A", "outcome", "yes"), ("T1", "A", "outcome", "no"), ("T1", "B", "outcome", "no"), ("T2",
        "B", "outcome", "no"), ("T3", "A", "outcome", "no"),
            ("T1", "B", "agenda", "x"), ("T1", "A", "agenda", "x")]  # fmt: skip
    codings = pd.DataFrame(
        [{"talk_id": t, "coder": c, "field": f, "value": v, "reason": f"{c} says {v}"} for t, c, f, v in rows]
    )
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
    assert (
        [1, 2] == list(found["n"])
        and [1, 1] == list(found["n_agree"])
        and [1.0, 0.5] == list(found["agreement"])
    )
    assert (
        found.loc["agenda", ["kappa", "kappa_low", "kappa_high"]].isna().all()
        and 0.0 == found.loc["outcome", "kappa"]
    )
    assert {"Int64"} == {str(found[column].dtype) for column in ("n", "n_agree")}
    assert agreement(codings.query("coder == 'A'")).empty
    with pytest.raises(pd.errors.MergeError):
        pairs(pd.concat([codings, codings.iloc[:1]]))


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


def test_ids_of_articles(tmp_path: Path) -> None:
    """The next after the highest, the first if there is none, a wanted one if it has the form and is free."""
    assert ["S000", "S111", "S007"] == [
        article.document.loc[0, "document_id"]
        for article in (
            added(tmp_path, []),
            added(tmp_path, ["S110", "S002"]),
            added(tmp_path, [], document_id="S007"),
        )
    ]
    with pytest.raises(Refusal) as refused:
        added(tmp_path, ["S001"], document_id="X1")
    assert [
        "document_id: 'X1' is no id like S003; leave it out for the next free one"
    ] == refused.value.problems


def test_an_account_of_what_is_coded(tmp_path: Path) -> None:
    """By document and kind, with those of which there is none; what is open and not waived is refused with
    its place and its sentence."""
    (tmp_path / "a.txt").write_text("Five died.\nJets came on Monday.", "utf-8")
    (tmp_path / "b.txt").write_text("Nothing", "utf-8")
    documents = pd.DataFrame({"document_id": ["A", "B"], "file": ["a.txt", "b.txt"]})
    said = pd.DataFrame(
        {"document_id": ["A"], "char_start": [0], "char_end": [10], "low": [5], "value": [5], "high": [5]}
    )
    waived = [
        ("W1", "A", "sentence", "Jets came on Monday.", 11, 31),
        ("W2", "B", "sentence", "Nothing", 0, 7),
    ]
    waivers = pd.DataFrame(
        waived, columns=["waiver_id", "document_id", "kind", "text", "char_start", "char_end"]
    )
    expected = [["A", "sentence", 2, 1, 1], ["A", "number", 1, 1, 0], ["A", "date", 1, 0, 1], ["A",
        "violence", 0, 0, 0], ["A", "diplomacy", 0, 0, 0],
                ["B", "sentence", 1, 0, 1], ["B", "number", 0, 0, 0], ["B", "date", 0, 0, 0], ["B",
                "violence", 0, 0, 0], ["B", "diplomacy", 0, 0, 0]]  # fmt: skip
    found = account(said, waivers, documents, tmp_path)
    assert ["document_id", "kind", "n_found", "n_coded", "n_waived"] == list(
        found
    ) and expected == found.values.tolist()
    waivers.loc[0, ["kind", "text", "char_start", "char_end"]] = ["date", "Monday", 24, 30]
    with pytest.raises(Refusal) as refused:
        account(said, waivers, documents, tmp_path)
    assert [
        "a.txt, line 2, 11 to 31: sentence 'Jets came on Monday.' is neither coded nor waived (…Jets came on"
        " Monday.…); add a claim to claims.csv or a reason to waivers.csv"
    ] == refused.value.problems


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


SEED = (
    "14 people left the old mill – “at dawn”, said a monitor, and hundreds more went by the far road over the"
    " hill to the old ford.\nFour came back. Four came back.\n"
)


def wrong(folder: Path, **cells: object) -> list[str]:
    """What is wrong with one claim about a seed of two lines, which is right but for these cells."""
    (folder / "seed.txt").write_bytes(SEED.encode())
    documents = pd.DataFrame(
        {"document_id": ["A"], "file": ["seed.txt"], "sha256": [hashlib.sha256(SEED.encode()).hexdigest()]}
    )
    right = {"claim_id": "A-1", "document_id": "A", "quote": "14 people left", "prefix": "",
        "suffix": " the old", "char_start": 0, "char_end": 14, "status": "reported",
             "date_first": day(3), "date_last": day(3), "place_ids": "mill", "qualifier": "exact", "low": 14,
             "value": 14, "high": 14, "unit": "people"}  # fmt: skip
    claim = pd.DataFrame([right | cells]).astype({"low": "Int64", "value": "Int64", "high": "Int64"})
    return problems(claim, documents.assign(date_first=day(4), date_last=day(4)), PLACES, folder)


def test_a_quote_that_is_gone_is_looked_for(tmp_path: Path) -> None:
    """At the very beginning too; in other signs; by the longest stretch of eight letters or more; else
    nothing is guessed."""
    where = "claims.csv, row 2 (A-1),"
    assert [] == wrong(tmp_path)
    assert [f"{where} char_start: the quote does not stand at 1 to 15; it stands at 0 to 14"] == wrong(
        tmp_path, char_start=1, char_end=15
    )
    typed = '14 people left the old mill - "at dawn"'
    assert [
        f'{where} quote: not in its document: "{typed}"; with other quotation marks, dashes or blanks it'
        f' stands at 0: copy "{SEED[:39]}" from the file'
    ] == wrong(tmp_path, quote=typed)
    nothing = {"qualifier": "none", "low": pd.NA, "value": pd.NA, "high": pd.NA}
    gone = f"{where} quote: not in its document:"
    assert [f'{gone} "xx people left"; nearest, at 0: "14 people left"'] == wrong(
        tmp_path, quote="xx people left", **nothing
    )
    place = SEED.index("old ford")
    assert [f'{gone} "xxold fordxx"; nearest, at {place - 2}: "e old ford."'] == wrong(
        tmp_path, quote="xxold fordxx", **nothing
    )
    assert [f'{gone} "xxld fordxx"'] == wrong(tmp_path, quote="xxld fordxx", **nothing)
