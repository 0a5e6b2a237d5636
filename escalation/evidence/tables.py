"""What the documents say, as the report's tables show it."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.evidence.agreement import CLAIM_FIELDS
from escalation.findings import days, number, percent


def reported_signs(claims: pd.DataFrame, checks: pd.DataFrame, *, document: str) -> pd.DataFrame:
    """The reported signs of what was to come in one document: claims of threats, reinforcements, protests
    against patrols, breaches and called-off talks, with the kind of speaker and what the record says.
    Columns: claim_id, sign, speaker, kind, dates, record."""
    kinds = ("threat", "reinforcement", "strike", "ground_attack", "protest", "talks")
    rows = claims[
        (claims["document_id"] == document)
        & claims["claim_type"].isin(kinds)
        & (claims["date_first"] >= claims["date_first"].max() - pd.Timedelta(days=100))
    ]
    status = (
        checks[checks["claim_id"].notna()]
        .groupby("claim_id")["status"]
        .agg(lambda found: ", ".join(sorted(set(found))).replace("_", " "))
    )
    return pd.DataFrame(
        {
            "claim_id": rows["claim_id"],
            "sign": [
                f"{kind.replace('_', ' ')}: “{textwrap.shorten(quote, 110, placeholder=' …')}”"
                for kind, quote in zip(rows["claim_type"], rows["quote"], strict=True)
            ],
            "speaker": rows["speaker"],
            "kind": rows["speaker_type"].str.replace("_", " "),
            "dates": [
                days(first, last) for first, last in zip(rows["date_first"], rows["date_last"], strict=True)
            ],
            "record": rows["claim_id"].map(status).fillna("not checked"),
        }
    ).reset_index(drop=True)


def actor_table(actors: Iterable[Mapping[str, Any]], meanings: Mapping[str, str]) -> pd.DataFrame:
    """Coded events by actor, a column a tier. `actors`: tier, actor_group, event_type, n_events."""
    counts = pd.DataFrame(list(actors)).pivot_table(
        index="actor_group", columns="tier", values="n_events", aggfunc="sum", fill_value=0
    )
    ordered = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    labels = [meanings.get(name, name) for name in ordered.index]
    ordered.index = pd.Index([label[0].upper() + label[1:] for label in labels])
    return (
        ordered.rename_axis("Actor")
        .reset_index()
        .rename(columns={name: name.capitalize() for name in counts.columns})
    )


def lags(
    claims: pd.DataFrame, talks: pd.DataFrame, *, talk_id: str, claim_ids: Iterable[str], recorded: Any
) -> pd.DataFrame:
    """Days from a round to what claims say of strikes, as intervals: claim_id (blank for the record), first
    and last (fewest to most days from the round's first and last day), words (the claim's own). `recorded`:
    the day on which the record has the first strike."""
    talk = talks.set_index("talk_id").loc[talk_id]
    rows = claims.set_index("claim_id").loc[list(claim_ids)]
    ends = [(name, row["date_first"], row["date_last"], f"“{row['quote']}”") for name, row in rows.iterrows()]
    ends.append(("", pd.Timestamp(recorded), pd.Timestamp(recorded), "recorded by others"))

    def between(start: Any, first: Any, last: Any) -> str:
        least, most = (first - start).days, (last - start).days
        return str(least) if least == most else f"{least} to {most}"

    return pd.DataFrame(
        [
            {
                "claim_id": name,
                "first": between(talk["date_first"], first, last),
                "last": between(talk["date_last"], first, last),
                "words": said,
            }
            for name, first, last, said in ends
        ]
    )


def open_ends(breaks: pd.DataFrame) -> list[str]:
    """For each break which ends of its date range another seed of the draws may move, and how far; blank where
    none. `breaks`: range_first_from, range_first_to, range_last_from, range_last_to."""

    def left(row: Mapping[Any, Any]) -> str:
        ends = [
            f"{name} {days(row[f'range_{end}_from'], row[f'range_{end}_to'])}"
            for end, name in (("first", "first:"), ("last", "last:"))
            if row[f"range_{end}_from"] != row[f"range_{end}_to"]
        ]
        return "; ".join(ends)

    return [left(row) for row in breaks.to_dict("records")]


def displaced(table: pd.DataFrame, displacement: pd.DataFrame, *, most: int = 3) -> list[str]:
    """For each phase the largest displacement figures whose period lies within it, as stated, never added up:
    sources count persons, movements or those still away, over periods that overlap. `table`: date_first,
    date_last; `displacement`: coded rows."""
    said = []
    for phase in table.to_dict("records"):
        inside = displacement[
            (displacement["date_first"] >= phase["date_first"])
            & (displacement["date_last"] <= phase["date_last"])
        ]
        top = (
            inside.sort_values(["value", "date_first"], ascending=[False, True])
            .head(most)
            .sort_values("date_first")
        )
        said.append(
            "; ".join(
                f"{number(float(row['value']))} ({row['source']}, {row['measure'].replace('_', ' ')},"
                f" {days(row['date_first'], row['date_last'])})"
                for row in top.to_dict("records")
            )
        )
    return said


def claim_coders(agreed: Iterable[Mapping[str, Any]], differences: pd.DataFrame) -> pd.DataFrame:
    """The two codings of the claims by field, as printed: agreement, Krippendorff's alpha, and on how many
    claims the coders differ. `agreed`: the rows of `agreement.claim_agreement`; `differences`: field,
    settled."""
    differ = differences.groupby("field")["claim_id"].size()
    settled = differences.dropna(subset=["settled"]).groupby("field")["claim_id"].size()
    rows = list(agreed)
    return pd.DataFrame(
        {
            "Field": [_words(row["field"]) for row in rows],
            "Distance": [row["distance"] for row in rows],
            "Claims": [row["n"] for row in rows],
            "Agree": [percent(row["agreement"]) for row in rows],
            "Claims in alpha": [row["n_pairs"] for row in rows],
            "Krippendorff's alpha": [number(row["alpha"]) for row in rows],
            "Differ": [int(differ.get(row["field"], 0)) for row in rows],
            "Settled by the rules": [int(settled.get(row["field"], 0)) for row in rows],
        }
    )


def claim_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """Every claim and field on which the coders differ, as printed: Claim, Field, First coder, Second coder,
    Settled; a blank is said. In the order of the claims."""
    order = {name: place for place, name in enumerate(CLAIM_FIELDS)}
    rows = differences.assign(place=differences["field"].map(order)).sort_values(["claim_id", "place"])

    def said(column: str) -> list[str]:
        return [_words(value) for value in rows[column].fillna("blank")]

    return pd.DataFrame(
        {
            "Claim": rows["claim_id"].tolist(),
            "Field": [_words(name) for name in rows["field"]],
            "First coder": said("value_a"),
            "Second coder": said("value_b"),
            "Settled": [_words(value) for value in rows["settled"].fillna("open")],
        }
    )


def capture_steps(captures: pd.DataFrame) -> pd.DataFrame:
    """Places taken, as dated steps: When, Place, Taken by, What, Sources. `captures`: the built table of that
    name."""
    return pd.DataFrame(
        {
            "When": _when(captures),
            "Place": captures["place"],
            "Taken by": [_words(name) for name in captures["taken_by"]],
            "What": captures["summary"],
            "Sources": captures["source_urls"],
        }
    )


def incident_sources(
    incidents: pd.DataFrame, told_by: pd.DataFrame, sources: pd.DataFrame, places: pd.DataFrame
) -> pd.DataFrame:
    """Each curated incident with what it rests on: Incident, When, Where, Who, What, Claims (of the documents
    on the same event), Graded (its sources by how near they stand to what happened), Sources (addresses).
    `told_by`: event_id, claim_id; `sources`: event_id, address, grade, member_ids; `places`: place_id, name."""
    members = sources.assign(incident_id=sources["member_ids"].str.split(" | ", regex=False)).explode(
        "incident_id"
    )
    events = members.drop_duplicates("incident_id").set_index("incident_id")["event_id"]
    claims = told_by.groupby("event_id")["claim_id"].agg(" | ".join)
    grades = members.groupby("incident_id")["grade"].agg(
        lambda found: ", ".join(
            f"{n} {_words(name)}" for name, n in found.value_counts().sort_index().items()
        )
    )
    name_of = places.set_index("place_id")["name"]
    ids = incidents["incident_id"]
    return pd.DataFrame(
        {
            "Incident": ids,
            "When": _when(incidents),
            "Where": incidents["place_id"].map(name_of).fillna(incidents["place_as_reported"]).fillna(""),
            "Who": [_words(name) for name in incidents["actor_group"].fillna("")],
            "What": incidents["summary"],
            "Claims": ids.map(events).map(claims).fillna(""),
            "Graded": ids.map(grades).fillna(""),
            "Sources": incidents["source_urls"],
        }
    )


def _words(name: object) -> str:
    """A name of a column or a value as words."""
    return str(name).replace("_", " ")


def _when(rows: pd.DataFrame) -> list[str]:
    return [days(first, last) for first, last in zip(rows["date_first"], rows["date_last"], strict=True)]
