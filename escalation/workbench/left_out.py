"""What changes if one thing is left out: an episode, a publisher, a part of the area; a document, a speaker
type, a kind of origin."""

import pandas as pd

from escalation import evidence
from escalation.errors import Refusal
from escalation.evidence.anchors import cell_list
from escalation.evidence.origins import graded
from escalation.page.facts import host
from escalation.timing import Estimate
from escalation.workbench.answer import Choice, Tables, ask, counts_of, measure, within

NOTHING = "nothing"


def talks_left_out(tables: Tables, choice: Choice) -> pd.DataFrame:
    """The contrast around talks with one thing left out at a time, the first row with nothing left out.

    Columns: kind, left_out, n_talks, n_episodes, n_rising, ratio, low, high (90 %), p (exact, by shifts),
    verdict. Kinds: "episode" (all its talks), "publisher" (the talks that stand on its pages alone), "part of
    the area" (its counts). Rows where nothing is left to compare have blanks. A choice that one row alone
    carries shows here."""
    answer = ask(tables, choice)
    case, counts, talks = answer.case, answer.counts_around, answer.talks

    def row(kind: str, name: str, found: Estimate | None, n_talks: int) -> dict[str, object]:
        if found is None:
            return {"kind": kind, "left_out": name, "n_talks": n_talks, "n_episodes": 0}
        ratio = found.ratio
        return {
            "kind": kind,
            "left_out": name,
            "n_talks": n_talks,
            "n_episodes": ratio.n,
            "n_rising": ratio.n_rising,
            "ratio": ratio.ratio,
            "low": ratio.low,
            "high": ratio.high,
            "p": found.test.p,
            "verdict": found.verdict,
        }

    def again(kind: str, name: str, kept: pd.DataFrame, of: pd.Series) -> dict[str, object]:
        found: Estimate | None
        try:
            _, found = measure(of, kept, choice.design)
        except Refusal:
            found = None
        return row(kind, name, found, len(kept))

    rows = [row(NOTHING, "", answer.measured, len(talks))]
    for span in answer.spans.to_dict("records"):
        named = span["talk_ids"].split(" | ")
        rows.append(
            again("episode", f"{span['date_first']:%Y-%m-%d}", talks[~talks["talk_id"].isin(named)], counts)
        )
    pages = tables.coded["talks"].set_index("talk_id")["source_urls"].reindex(talks["talk_id"])
    publishers = [sorted({host(address) for address in cell_list(cell)}) for cell in pages]
    alone = pd.Series(
        [names[0] if len(names) == 1 else "" for names in publishers], index=talks.index, dtype="str"
    )
    for name in sorted(set(alone) - {""}):
        rows.append(again("publisher", name, talks[alone != name], counts))
    for name in case.areas if len(case.areas) > 1 else []:
        rest = choice.model_copy(update={"area": " | ".join(part for part in case.areas if part != name)})
        rows.append(again("part of the area", name, talks, counts_of(tables, rest, within(tables, rest))))
    columns = [
        "kind",
        "left_out",
        "n_talks",
        "n_episodes",
        "n_rising",
        "ratio",
        "low",
        "high",
        "p",
        "verdict",
    ]
    return pd.DataFrame(rows, columns=columns).astype(
        {"n_talks": "Int64", "n_episodes": "Int64", "n_rising": "Int64"}
    )


def evidence_left_out(tables: Tables) -> pd.DataFrame:
    """What the coded events lose with one source of claims left out at a time: the whole window and area,
    since the coding has no other.

    Columns: kind ("nothing", "document", "speaker type", "kind of origin"), left_out, n_claims, n_incidents,
    n_events (that still have a witness), n_events_lost, n_weaker (of a lower confidence than before). Leaving
    out a kind of origin takes it out of incidents too."""
    coded = tables.coded
    claims, incidents, origins = coded["claims"], coded["incidents"], coded["origins"]
    whole = evidence.link(
        claims, incidents, coded["merges"], origins, coded["places"], tiers="all", actors=tables.case.actors
    )
    behind = {row["claim_id"]: [row["origin_id"]] for row in claims.to_dict("records")}
    behind |= {row["incident_id"]: cell_list(row["origins"]) for row in incidents.to_dict("records")}
    members = [
        cell_list(row["claim_ids"]) + cell_list(row["incident_ids"]) for row in whole.to_dict("records")
    ]
    kind_of = dict(zip(origins["origin_id"], origins["kind"], strict=True))
    strength = {"low": 0, "medium": 1, "high": 2}
    before = whole["confidence"].map(strength)

    def row(kind: str, name: str, kept: dict[str, list[str]]) -> dict[str, object]:
        left = [[origin for member in event for origin in kept.get(member, [])] for event in members]
        grades = pd.Series([grade for _, grade in graded(left, origins)]).map(strength)
        has_witness = pd.Series([bool(found) for found in left])
        return {
            "kind": kind,
            "left_out": name,
            "n_claims": sum(name in kept for name in claims["claim_id"]),
            "n_incidents": sum(name in kept for name in incidents["incident_id"]),
            "n_events": int(has_witness.sum()),
            "n_events_lost": int((~has_witness).sum()),
            "n_weaker": int((has_witness & (grades < before)).sum()),
        }

    rows = [row(NOTHING, "", behind)]
    for kind, column in (("document", "document_id"), ("speaker type", "speaker_type")):
        for name, told in claims.groupby(column):
            rows.append(
                row(
                    kind,
                    str(name),
                    {key: value for key, value in behind.items() if key not in set(told["claim_id"])},
                )
            )
    for name in sorted(set(kind_of.values())):
        without = {
            key: [origin for origin in value if kind_of[origin] != name] for key, value in behind.items()
        }
        rows.append(row("kind of origin", name, {key: value for key, value in without.items() if value}))
    return pd.DataFrame(rows)
