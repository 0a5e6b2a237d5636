"""Events from claims and incidents, who stands behind them, and what may be added."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import cases, schema
from escalation.evidence.link import (
    by_actor,
    captures,
    dated_by_address,
    event_claims,
    link,
    sources_of,
    talk_claims,
    told_by,
)
from escalation.evidence.origins import confidence

ROOT = Path(__file__).resolve().parent.parent
ORIGINS = pd.DataFrame(
    {
        "origin_id": ["hts", "ocha", "press", "sana", "sohr", "snhr", "weekly"],
        "side": ["opposition", "none", "none", "government", "opposition", "opposition", "none"],
        "is_named": [True, True, False, True, True, True, False],
    }
)

ACTORS = cases.read("idlib", ROOT).actors


def tables() -> dict[str, pd.DataFrame]:
    """The real tables that events are built from."""
    return {name: schema.read(name, ROOT) for name in ("claims", "incidents", "merges", "origins", "places")}


def real() -> pd.DataFrame:
    """The events of the real tables."""
    return link(**tables(), tiers="all", actors=ACTORS)


@pytest.mark.parametrize(
    ("behind", "grade"),
    [
        (["sohr"], "low"),
        (["press"], "low"),
        (["press", "weekly", "sohr"], "low"),
        (["sohr", "snhr"], "medium"),
        (["sohr", "ocha"], "medium"),
        (["sohr", "sana"], "high"),
        (["sohr", "snhr", "ocha"], "high"),
    ],
)
def test_confidence_is_computed_from_independent_origins(behind: list[str], grade: str) -> None:
    """Three origins, or two from opposite sides, make a high grade; who repeats whom makes none."""
    assert confidence(behind, ORIGINS) == grade


def test_every_claim_and_incident_is_in_exactly_one_event() -> None:
    """Nothing is lost or doubled between the coded tables and the events."""
    real = tables()
    events = link(**real, tiers="all", actors=ACTORS)
    held = [
        m
        for column in ("claim_ids", "incident_ids")
        for cell in events[column].dropna()
        for m in cell.split(" | ")
    ]
    assert sorted(held) == sorted(
        [*event_claims(real["claims"])["claim_id"], *real["incidents"]["incident_id"]]
    )
    assert events["event_id"].is_unique
    assert set(events["tier"]) == {"seed", "curated", "seed and curated"}


def test_the_raids_of_27_april_2019_are_one_event_of_two_tiers() -> None:
    """Seed 000's strikes on northern Hama and the curated row of that morning are joined, with the reason on
    record."""
    events = link(**tables(), tiers="all", actors=ACTORS).set_index("event_id")
    raid = events.loc["E-V036"]
    assert (raid["claim_ids"], raid["incident_ids"], raid["killed_best"]) == ("S000-10 | S000-04", "V036", 5)
    assert "same actor" in raid["merge_reason"]


def test_talks_know_the_claims_that_tell_of_them() -> None:
    """Astana 12 is told of by five claims of seed 000; the article's own lag lies at 0 days from its last
    day."""
    told = talk_claims(schema.read("claims", ROOT), schema.read("talks", ROOT), schema.read("merges", ROOT))
    astana = told[told["talk_id"] == "DE-2019-04-25-017"]
    assert {"S000-02", "S000-23", "S000-24"} <= set(astana["claim_id"])
    assert set(told.loc[told["talk_id"] == "DE-2020-06-14-084", "status"]) == {"cancelled", "reported"}


def test_all_sides_acts_are_coded() -> None:
    """Russia, the Syrian government, HTS, other groups, Turkey and unknown actors each have events of their
    own."""
    counted = by_actor(link(**tables(), tiers="all", actors=ACTORS))
    assert {"russia", "syrian_government", "hts", "armed_opposition", "turkey", "unknown"} <= set(
        counted["actor_group"]
    )
    assert counted["n_events"].sum() == len(link(**tables(), tiers="all", actors=ACTORS))


def test_every_claim_of_an_event_stands_in_one_row() -> None:
    """The keys give back the cells of the events, each claim once, and lead to claims and events that
    exist."""
    events, claims = real(), schema.read("claims", ROOT)
    keys = told_by(events)
    assert keys.groupby("event_id", sort=False)["claim_id"].agg(" | ".join).to_dict() == (
        events.dropna(subset=["claim_ids"]).set_index("event_id")["claim_ids"].to_dict()
    )
    assert keys["claim_id"].is_unique
    assert set(keys["claim_id"]) <= set(claims["claim_id"])


def test_every_event_has_a_document_or_a_page_behind_it() -> None:
    """Each with outlet and grade; a document has the days of documents.csv, a page those of its address or
    none."""
    events = real()
    tables = [schema.read(name, ROOT) for name in ("claims", "incidents", "documents", "hosts")]
    found = sources_of(events, *tables)
    assert set(found["event_id"]) == set(events["event_id"])
    assert not found.duplicated(["event_id", "address"]).any()
    seed = found[found["document_id"].notna()]
    published = tables[2].set_index("document_id")["date_first"]
    assert (seed["published_first"].to_numpy() == published.loc[seed["document_id"]].to_numpy()).all()
    assert (
        found.loc[found["date_basis"] == "none", ["published_first", "published_last"]].isna().all(axis=None)
    )
    unlisted = sources_of(events, *tables[:3], tables[3].iloc[:0])
    assert set(unlisted["grade"]) == {"copy"}


@pytest.mark.parametrize(
    ("address", "days"),
    [
        ("https://a.org/2020-02-30/x", None),
        ("https://a.org/news/20200227-attack", ["2020-02-27", "2020-02-27"]),
        ("https://a.org/2020/02/x", ["2020-02-01", "2020-02-29"]),
        ("https://a.org/article/202002", None),
        ("https://a.org/world/1107179", None),
    ],
)
def test_a_day_in_an_address(address: str, days: list[str] | None) -> None:
    """A day or a month with its year, and nothing that only looks like one."""
    found = dated_by_address(address)
    assert days == (None if found is None else [f"{day:%Y-%m-%d}" for day in found])


def test_places_that_changed_hands_in_order() -> None:
    """Every capture of the record is one step, in order of time, with the grade of its event."""
    events, incidents = real(), schema.read("incidents", ROOT)
    steps = captures(events, incidents, schema.read("places", ROOT))
    assert set(steps["incident_id"]) == set(
        incidents.loc[incidents["event_type"] == "capture", "incident_id"]
    )
    assert steps["date_first"].is_monotonic_increasing
    assert list(steps["step"]) == list(range(1, len(steps) + 1))
    grades = events.set_index("event_id")["confidence"]
    assert (steps["confidence"].to_numpy() == grades.loc[steps["event_id"]].to_numpy()).all()
    assert captures(events.iloc[:0], incidents.iloc[:0], schema.read("places", ROOT)).empty
