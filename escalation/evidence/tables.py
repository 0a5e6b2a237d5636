"""What the documents say, as the report's tables show it."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.findings import days, number


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
