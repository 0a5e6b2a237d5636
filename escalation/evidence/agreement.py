"""Two codings of the talks, made apart by the same rules: how far they agree, where they differ, how each difference was settled."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.findings import number, percent

COLUMNS = ["field", "n", "n_agree", "agreement", "kappa", "kappa_low", "kappa_high"]
DIFFERENCES = ["talk_id", "field", "value_a", "value_b", "reason_a", "reason_b"]


CODED = ["scheduled", "scheduled_reason", "nw_on_agenda", "outcome", "outcome_reason", "summary", "n_sources", "confidence", "conflicts"]


def sheet(talks: pd.DataFrame) -> pd.DataFrame:
    """What a second coder works from: the meetings and cancelled meetings without anything coded by the first, and without the summaries,
    which may name what happened later. Columns of `talks` otherwise, and scheduled, nw_on_agenda, outcome, reason to fill."""
    asked = talks[talks["is_meeting"] | talks["kind"].eq("cancelled_talks")]
    return asked.drop(columns=CODED).assign(scheduled="", nw_on_agenda="", outcome="", reason="").reset_index(drop=True)


def pairs(codings: pd.DataFrame) -> pd.DataFrame:
    """The talks and fields that both coders A and B coded: talk_id, field, value_a, value_b, reason_a, reason_b."""
    sides = [
        codings.loc[codings["coder"] == coder, ["talk_id", "field", "value", "reason"]].rename(
            columns={"value": f"value_{coder.lower()}", "reason": f"reason_{coder.lower()}"}
        )
        for coder in ("A", "B")
    ]
    both = sides[0].merge(sides[1], on=["talk_id", "field"], validate="one_to_one")
    return both[DIFFERENCES].sort_values(["field", "talk_id"], ignore_index=True)


def agreement(codings: pd.DataFrame) -> pd.DataFrame:
    """One row a field: n talks coded by both, n_agree, raw agreement (share), Cohen's kappa with its 95 % interval (statsmodels).

    Kappa is missing where both coders used one and the same value throughout: agreement by chance is then certain. Empty without a
    second coder."""
    from statsmodels.stats.inter_rater import cohens_kappa, to_table  # type: ignore[import-untyped]  # slow, and rarely wanted

    rows = []
    for field, both in pairs(codings).groupby("field", sort=True):
        same = int((both["value_a"] == both["value_b"]).sum())
        row = {"field": field, "n": len(both), "n_agree": same, "agreement": same / len(both)}
        table, _ = to_table(both[["value_a", "value_b"]].to_numpy(dtype="str"))
        if len(table) > 1:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # full agreement has no variance: its interval is a point
                result = cohens_kappa(table)
            row |= {"kappa": result.kappa, "kappa_low": result.kappa_low, "kappa_high": result.kappa_upp}
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n": "Int64", "n_agree": "Int64"})


def coder_table(agreed: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Agreement of two codings by field, ready to print."""
    rows = pd.DataFrame(list(agreed))
    return pd.DataFrame(
        {
            "field": rows["field"].str.replace("_", " ").str.replace("nw", "area"),
            "n": rows["n"],
            "agreement": [percent(share) for share in rows["agreement"]],
            "kappa": [number(value) for value in rows["kappa"]],
            "interval": [
                f"{number(low)} to {number(min(high, 1.0))}" for low, high in zip(rows["kappa_low"], rows["kappa_high"], strict=True)
            ],
        }
    )


def differences(codings: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    """Every talk and field on which the coders differ, both values with their reasons, and the value settled on with its reason
    (missing if it is still open)."""
    both = pairs(codings)
    settled = settlements.rename(columns={"value": "settled", "reason": "settled_reason"})
    return both[both["value_a"] != both["value_b"]].merge(settled, on=["talk_id", "field"], how="left").reset_index(drop=True)


def unsettled(codings: pd.DataFrame, settlements: pd.DataFrame, talks: pd.DataFrame) -> list[str]:
    """A line for each difference without a settlement, each settlement that settles nothing, and each value in `talks` that is neither
    what both coded nor what was settled."""
    lines = []
    both = pairs(codings)
    final = talks.set_index("talk_id")
    decided = settlements.set_index(["talk_id", "field"])["value"].to_dict()
    for row in both.to_dict("records"):
        key, where = (row["talk_id"], row["field"]), f"({row['talk_id']}), {row['field']}"
        agreed = row["value_a"] == row["value_b"]
        if agreed and key in decided:
            lines.append(f"settlements.csv {where}: both coders have {row['value_a']}; nothing to settle")
        if not agreed and key not in decided:
            lines.append(f"settlements.csv {where}: coder A has {row['value_a']}, coder B {row['value_b']}; write how it was settled")
            continue
        want = decided.get(key, row["value_a"])
        if final.loc[row["talk_id"], row["field"]] != want:
            lines.append(f"talks.csv {where}: {final.loc[row['talk_id'], row['field']]} stands there; the codings give {want}")
    known = set(zip(both["talk_id"], both["field"], strict=True))
    keys = zip(settlements["talk_id"], settlements["field"], strict=True)
    lines += [f"settlements.csv ({talk}), {field}: not coded by both" for talk, field in keys if (talk, field) not in known]
    return lines
