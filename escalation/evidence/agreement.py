"""Two codings of the talks, and two of the claims, made apart by the same rules: how far they agree, where
they differ, what was settled."""

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from escalation.evidence.anchors import cell_list
from escalation.findings import number, percent

COLUMNS = ["field", "n", "n_agree", "agreement", "kappa", "kappa_low", "kappa_high"]
DIFFERENCES = ["talk_id", "field", "value_a", "value_b", "reason_a", "reason_b"]


CODED = [
    "scheduled", "scheduled_reason", "on_agenda", "outcome", "outcome_reason", "summary", "n_sources",
    "confidence", "conflicts",
]  # fmt: skip


def sheet(talks: pd.DataFrame) -> pd.DataFrame:
    """What a second coder works from: the meetings and cancelled meetings without anything coded by the
    first, and without the summaries, which may name what happened later. Columns of `talks` otherwise, and
    scheduled, on_agenda, outcome, reason to fill."""
    asked = talks[talks["is_meeting"] | talks["kind"].eq("cancelled_talks")]
    return (
        asked.drop(columns=CODED)
        .assign(scheduled="", on_agenda="", outcome="", reason="")
        .reset_index(drop=True)
    )


def pairs(codings: pd.DataFrame) -> pd.DataFrame:
    """The talks and fields that both coders A and B coded: talk_id, field, value_a, value_b, reason_a,
    reason_b."""
    sides = [
        codings.loc[codings["coder"] == coder, ["talk_id", "field", "value", "reason"]].rename(
            columns={"value": f"value_{coder.lower()}", "reason": f"reason_{coder.lower()}"}
        )
        for coder in ("A", "B")
    ]
    both = sides[0].merge(sides[1], on=["talk_id", "field"], validate="one_to_one")
    return both[DIFFERENCES].sort_values(["field", "talk_id"], ignore_index=True)


def agreement(codings: pd.DataFrame) -> pd.DataFrame:
    """One row a field: n talks coded by both, n_agree, raw agreement (share), Cohen's kappa with its 95 %
    interval (statsmodels).

    Kappa is missing where both coders used one and the same value throughout: agreement by chance is then
    certain. Empty without a second coder."""
    from statsmodels.stats.inter_rater import cohens_kappa, to_table  # type: ignore[import-untyped]  # slow, and rarely wanted

    rows = []
    for field, both in pairs(codings).groupby("field", sort=True):
        same = int((both["value_a"] == both["value_b"]).sum())
        row = {"field": field, "n": len(both), "n_agree": same, "agreement": same / len(both)}
        table, _ = to_table(both[["value_a", "value_b"]].to_numpy(dtype="str"))
        if len(table) > 1:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", RuntimeWarning
                )  # full agreement has no variance: its interval is a point
                result = cohens_kappa(table)
            row |= {"kappa": result.kappa, "kappa_low": result.kappa_low, "kappa_high": result.kappa_upp}
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n": "Int64", "n_agree": "Int64"})


def coder_table(agreed: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Agreement of two codings by field, ready to print."""
    rows = pd.DataFrame(list(agreed))
    return pd.DataFrame(
        {
            "field": rows["field"].str.replace("_", " ").replace("on agenda", "area on agenda"),
            "n": rows["n"],
            "agreement": [percent(share) for share in rows["agreement"]],
            "kappa": [number(value) for value in rows["kappa"]],
            "interval": [
                f"{number(low)} to {number(min(high, 1.0))}"
                for low, high in zip(rows["kappa_low"], rows["kappa_high"], strict=True)
            ],
        }
    )


def differences(codings: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    """Every talk and field on which the coders differ, both values with their reasons, and the value settled
    on with its reason (missing if it is still open)."""
    both = pairs(codings)
    settled = settlements.rename(columns={"value": "settled", "reason": "settled_reason"})
    return (
        both[both["value_a"] != both["value_b"]]
        .merge(settled, on=["talk_id", "field"], how="left")
        .reset_index(drop=True)
    )


def unsettled(
    codings: pd.DataFrame,
    settlements: pd.DataFrame,
    talks: pd.DataFrame,
    corrected: Collection[tuple[str, str]] = (),
) -> list[str]:
    """A line for each difference without a settlement, each settlement that settles nothing, and each value
    in `talks` that is neither what both coded nor what was settled. Cells (talk_id, field) that a correction
    on record changed since are left to it."""
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
            lines.append(
                f"settlements.csv {where}: coder A has {row['value_a']}, coder B {row['value_b']}; write how"
                " it was settled"
            )
            continue
        want = decided.get(key, row["value_a"])
        if key not in corrected and final.loc[row["talk_id"], row["field"]] != want:
            lines.append(
                f"talks.csv {where}: {final.loc[row['talk_id'], row['field']]} stands there; the codings give"
                f" {want}"
            )
    known = set(zip(both["talk_id"], both["field"], strict=True))
    keys = zip(settlements["talk_id"], settlements["field"], strict=True)
    lines += [
        f"settlements.csv ({talk}), {field}: not coded by both"
        for talk, field in keys
        if (talk, field) not in known
    ]
    return lines


CLAIM_FIELDS = {  # how far apart two values of a field are: Krippendorff's metrics
    "claim_type": "nominal", "status": "nominal", "speaker": "nominal", "speaker_type": "nominal",
    "actor": "nominal",
    "place_ids": "nominal", "date_first": "interval", "date_last": "interval", "date_precision": "nominal",
    "date_basis": "nominal",
    "scope": "nominal", "qualifier": "nominal", "low": "ratio", "value": "ratio", "high": "ratio",
}  # fmt: skip
CLAIM_COLUMNS = ["field", "distance", "n", "n_agree", "agreement", "n_pairs", "alpha"]
_DISTANCES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "nominal": lambda a, b: (a != b).astype("float64"),
    "interval": lambda a, b: (a - b) ** 2,
    "ratio": lambda a, b: (
        np.divide(a - b, a + b, out=np.zeros(np.broadcast(a, b).shape), where=(a + b) != 0) ** 2
    ),
}


def krippendorff_alpha(values: pd.DataFrame, distance: str) -> float:
    """Krippendorff's alpha: 1 less the disagreement observed over the one expected by chance. A row a unit, a
    column a coder, blank where one did not code; `distance` nominal (any values), interval or ratio
    (numbers). Missing where all values are one and the same, or no unit has two. Krippendorff, Computing
    Krippendorff's Alpha-Reliability (2011).

    >>> both = pd.DataFrame({"a": list("aabbdcccedda"), "b": list("babbbcccEddd".lower())})
    >>> round(krippendorff_alpha(both, "nominal"), 3)
    0.692
    """
    apart = _DISTANCES[distance]
    kind = "object" if distance == "nominal" else "float64"
    units = [row.dropna().to_numpy(dtype=kind) for _, row in values.iterrows()]
    units = [unit for unit in units if len(unit) > 1]
    if not units:
        return float("nan")
    pooled = np.concatenate(units)
    expected = sum(apart(value, pooled).sum() for value in pooled) / (len(pooled) * (len(pooled) - 1))
    if expected == 0:
        return float("nan")
    observed = sum(apart(unit[:, None], unit[None, :]).sum() / (len(unit) - 1) for unit in units) / len(
        pooled
    )
    return float(1 - observed / expected)


def _claim_pairs(codings: pd.DataFrame, field: str) -> pd.DataFrame:
    """Both values of one field, a row a claim that both coded: columns A and B. Lists in a cell are sorted:
    their order says nothing."""
    values = codings[field]
    if field in ("actor", "place_ids"):
        values = pd.Series(
            [" | ".join(sorted(cell_list(cell))) or None for cell in values], index=codings.index, dtype="str"
        )
    sides = [
        pd.Series(
            values[codings["coder"] == coder].to_numpy(),
            index=codings.loc[codings["coder"] == coder, "claim_id"],
            name=coder,
        )
        for coder in ("A", "B")
    ]
    return pd.concat(sides, axis=1, join="inner").sort_index()


def claim_agreement(codings: pd.DataFrame) -> pd.DataFrame:
    """One row a field of the claims: field, distance, n claims coded by both, n_agree, agreement (share of n
    with one value, blanks being a value), n_pairs (claims that enter alpha) and Krippendorff's alpha. Blank
    is a value where it means that the document states none (actor, place); a number or a day enters alpha
    only where both coders give one. Empty without codings."""
    rows = []
    for field, distance in CLAIM_FIELDS.items():
        both = _claim_pairs(codings, field)
        if both.empty:
            continue
        same = (both["A"] == both["B"]).fillna(False).astype(bool) | (both["A"].isna() & both["B"].isna())
        if distance == "nominal":
            values = both.astype("object").where(both.notna(), "")
        elif field.startswith("date"):
            values = both.apply(lambda days: (days - pd.Timestamp(0)).dt.days)
        else:
            values = both.astype("float64")
        rows.append(
            {
                "field": field,
                "distance": distance,
                "n": len(both),
                "n_agree": int(same.sum()),
                "agreement": float(same.mean()),
                "n_pairs": int(values.notna().all(axis=1).sum()),
                "alpha": krippendorff_alpha(values, distance),
            }
        )
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS).astype(
        {"n": "Int64", "n_agree": "Int64", "n_pairs": "Int64"}
    )


def _as_text(column: pd.Series) -> pd.Series:
    """A column of claims as its CSV has it, blank as missing."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days: pd.Series = column.dt.strftime("%Y-%m-%d").astype("str")
        return days
    return column.astype("str")


def claim_differences(codings: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    """Every claim and field on which the codings differ: claim_id, field, value_a, value_b, and settled with
    settled_reason (missing where the letter of the rules decides nothing). By field in the order of
    `CLAIM_FIELDS`, then by claim."""
    parts = []
    for field in CLAIM_FIELDS:
        both = _claim_pairs(codings.assign(**{field: _as_text(codings[field])}), field)
        differ = both[both["A"].fillna("") != both["B"].fillna("")]
        parts.append(
            differ.rename(columns={"A": "value_a", "B": "value_b"})
            .rename_axis("claim_id")
            .reset_index()
            .assign(field=field)
        )
    found = pd.concat(parts, ignore_index=True)[["claim_id", "field", "value_a", "value_b"]]
    settled = settlements.rename(columns={"value": "settled", "reason": "settled_reason"})
    return found.merge(settled, on=["claim_id", "field"], how="left", validate="one_to_one")


def unsettled_claims(
    codings: pd.DataFrame,
    settlements: pd.DataFrame,
    claims: pd.DataFrame,
    corrected: Collection[tuple[str, str]] = (),
) -> list[str]:
    """A line for each claim without a first coding, each settlement that settles nothing, and each value in
    `claims` that is neither the first coding's nor what was settled. Cells (claim_id, field) that a correction
    on record changed are left to it, as far as it follows the settlement. A second coding may come later: until
    then a claim is not among those whose agreement is measured."""
    without = sorted(set(claims["claim_id"]) - set(codings.loc[codings["coder"] == "A", "claim_id"]))
    lines = [f"claim_codings.csv ({claim}): not coded by coder A" for claim in without]
    found = claim_differences(codings, settlements)
    differ = set(zip(found["claim_id"], found["field"], strict=True))
    decided = dict(
        zip(
            zip(settlements["claim_id"], settlements["field"], strict=True), settlements["value"], strict=True
        )
    )
    lines += [
        f"claim_settlements.csv ({claim}), {field}: no difference there; nothing to settle"
        for claim, field in decided
        if (claim, field) not in differ
    ]
    first = codings[codings["coder"] == "A"].set_index("claim_id")
    for field in CLAIM_FIELDS:
        coded, held = _as_text(first[field]), _as_text(claims.set_index("claim_id")[field])
        for claim in held.index.intersection(coded.index):
            want = decided.get((claim, field), coded[claim])
            if (pd.isna(want) and pd.isna(held[claim])) or want == held[claim]:
                continue
            if (claim, field) in decided or (claim, field) not in corrected:
                lines.append(
                    f"claims.csv ({claim}), {field}: {held[claim]!r} stands there; the codings give {want!r}"
                )
    return lines
