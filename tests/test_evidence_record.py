"""Coder agreement, corrections and the data changelog."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import schema
from escalation.evidence.agreement import (
    CLAIM_FIELDS,
    agreement,
    claim_agreement,
    claim_differences,
    differences,
    krippendorff_alpha,
    sheet,
    unsettled,
    unsettled_claims,
)
from escalation.evidence.changes import read_version
from escalation.evidence.corrections import dangling, stale

ROOT = Path(__file__).resolve().parent.parent


def codings(a: list[str], b: list[str]) -> pd.DataFrame:
    """Made-up codings of one field by two coders."""
    rows = [
        {"talk_id": f"T{i}", "coder": coder, "field": "outcome", "value": value, "reason": "because"}
        for coder, values in (("A", a), ("B", b))
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_kappa_of_a_worked_table() -> None:
    """Cohen's own arithmetic: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no of 50 give 70 % and kappa 0.4."""
    a = ["yes"] * 25 + ["no"] * 25
    b = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    (row,) = agreement(codings(a, b)).to_dict("records")
    assert (row["n"], row["n_agree"]) == (50, 35)
    assert row["agreement"] == pytest.approx(0.7)
    assert row["kappa"] == pytest.approx(0.4)
    assert row["kappa_low"] < 0.4 < row["kappa_high"]


def test_a_difference_needs_a_settlement_that_stands_in_the_talks() -> None:
    """Open, idle and disobeyed settlements are each named."""
    both = codings(["yes", "no"], ["no", "no"])
    talks = pd.DataFrame({"talk_id": ["T0", "T1"], "outcome": ["yes", "no"]})
    none = pd.DataFrame(columns=["talk_id", "field", "value", "reason"])
    assert unsettled(both, none, talks) == [
        "settlements.csv (T0), outcome: coder A has yes, coder B no; write how it was settled"
    ]
    settled = pd.DataFrame({"talk_id": ["T0"], "field": ["outcome"], "value": ["no"], "reason": ["rule 5"]})
    assert unsettled(both, settled, talks) == [
        "talks.csv (T0), outcome: yes stands there; the codings give no"
    ]
    idle = pd.DataFrame({"talk_id": ["T1"], "field": ["outcome"], "value": ["no"], "reason": ["-"]})
    assert "settlements.csv (T1), outcome: both coders have no; nothing to settle" in unsettled(
        both, idle, talks
    )
    (row,) = differences(both, settled).to_dict("records")
    assert (row["value_a"], row["value_b"], row["settled"], row["settled_reason"]) == (
        "yes",
        "no",
        "no",
        "rule 5",
    )


def test_the_codings_on_record_are_settled() -> None:
    """Every difference between the coders has its settlement, and talks.csv holds what was settled, or what a
    correction on record made of it: two outcomes that an older rule gave."""
    tables = [schema.read(name, ROOT) for name in ("talk_codings", "settlements", "talks")]
    assert [line.split(":")[0] for line in unsettled(*tables)] == [
        "talks.csv (DE-2019-08-01-027), outcome",
        "talks.csv (DE-2020-01-08-050), outcome",
    ]
    changed = schema.read("corrections", ROOT).query("table == 'talks'")
    assert unsettled(*tables, corrected=set(zip(changed["row_id"], changed["column"], strict=True))) == []


def test_the_second_coder_sees_nothing_of_the_first() -> None:
    """The sheet has every meeting and cancelled meeting, blank where it is to be coded, and no reason or
    summary of ours."""
    talks = schema.read("talks", ROOT)
    blank = sheet(talks)
    assert len(blank) == talks["is_meeting"].sum() + talks["kind"].eq("cancelled_talks").sum()
    assert (blank[["scheduled", "on_agenda", "outcome", "reason"]] == "").all(axis=None)
    assert not {"scheduled_reason", "outcome_reason", "summary"} & set(blank.columns)
    coded = schema.read("talk_codings", ROOT).query("coder == 'A'")
    assert set(coded["talk_id"]) == set(blank["talk_id"])


def test_alpha_of_the_published_example() -> None:
    """Krippendorff's four observers and twelve units with gaps (2011, section C and D): nominal 0.743,
    interval 0.849, ratio 0.797."""
    values = pd.DataFrame(
        {
            "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
            "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
            "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
            "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
        }
    )
    found = {
        distance: round(krippendorff_alpha(values, distance), 3)
        for distance in ("nominal", "interval", "ratio")
    }
    assert found == {"nominal": 0.743, "interval": 0.849, "ratio": 0.797}


def test_alpha_is_missing_where_nothing_varies() -> None:
    """One value throughout, or no unit with two values, gives no alpha."""
    assert pd.isna(krippendorff_alpha(pd.DataFrame({"A": [1, 1], "B": [1, 1]}), "nominal"))
    assert pd.isna(krippendorff_alpha(pd.DataFrame({"A": [1, None], "B": [None, 2]}), "interval"))


def test_agreement_is_over_the_claims_coded_twice_and_settled_by_the_record() -> None:
    """Each claim has a coding, and agreement counts those that have two; each settlement has a difference, and
    claims.csv holds the first coding or what was settled."""
    codings, settlements, claims = (
        schema.read(name, ROOT) for name in ("claim_codings", "claim_settlements", "claims")
    )
    assert unsettled_claims(codings, settlements, claims) == []
    agreed = claim_agreement(codings).set_index("field")
    assert list(agreed.index) == list(CLAIM_FIELDS)
    coded_by = codings.groupby("claim_id")["coder"].agg(set)
    assert set(claims["claim_id"]) == set(coded_by.index)
    assert (agreed["n"] == (coded_by == {"A", "B"}).sum()).all()
    differ = claim_differences(codings, settlements)
    assert differ.groupby("field").size().to_dict() == {
        k: v for k, v in (agreed["n"] - agreed["n_agree"]).to_dict().items() if v
    }
    assert differ["settled"].notna().sum() == len(settlements)


def test_order_in_a_list_is_no_difference_and_a_blank_is() -> None:
    """Actors are compared as sets; who names one where the other names none differs; an idle settlement is
    named."""
    claims = schema.read("claims", ROOT).head(2)
    first = claims[["claim_id", *CLAIM_FIELDS]].assign(actor=["Turkey | Russia", None])
    second = first.assign(actor=["Russia | Turkey", "HTS"])
    codings = pd.concat([first.assign(coder="A"), second.assign(coder="B")], ignore_index=True)
    none = pd.DataFrame(columns=["claim_id", "field", "value", "reason"], dtype="str")
    (row,) = claim_differences(codings, none).to_dict("records")
    assert (row["claim_id"], row["field"], row["value_b"]) == (claims["claim_id"].iloc[1], "actor", "HTS")
    idle = pd.DataFrame(
        {
            "claim_id": [claims["claim_id"].iloc[0]],
            "field": ["actor"],
            "value": ["Russia"],
            "reason": ["rule 3"],
        }
    )
    held = first.assign(actor=["Turkey | Russia", None])
    assert unsettled_claims(codings, idle, held) == [
        f"claim_settlements.csv ({idle['claim_id'].iloc[0]}), actor: no difference there; nothing to settle",
        (
            f"claims.csv ({idle['claim_id'].iloc[0]}), actor: 'Turkey | Russia' stands there; the codings"
            " give 'Russia'"
        ),
    ]
    moved = held.assign(actor=["Iran", None])
    assert len(unsettled_claims(codings, none, moved)) == 1
    assert unsettled_claims(codings, none, moved, {(claims["claim_id"].iloc[0], "actor")}) == []


def version() -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """The real coded tables as written, and the id column of each."""
    found = read_version(ROOT)
    return {name: frame for name, (_, frame) in found.items()}, {
        name: keys[0] for name, (keys, _) in found.items()
    }


def test_a_stale_correction_is_named_with_what_stands_there() -> None:
    """A table that went back to the old value, a dropped row that returned, a broken chain and a wrong name
    are all refused."""
    tables, keys = version()
    claims = tables["claims"]
    tables["claims"] = claims.assign(low=claims["low"].mask(claims["claim_id"] == "S000-08", "21"))
    tables["incidents"] = pd.concat(
        [tables["incidents"], tables["incidents"].iloc[:1].assign(incident_id="V134")]
    )
    row = dict.fromkeys(tables["corrections"].columns, "") | {
        "correction_id": "X900",
        "table": "claims",
        "row_id": "S000-08",
    }
    more = [
        row | {"column": "low", "old_value": "19", "new_value": "21"},
        row | {"table": "clams"},
        row | {"column": "lo"},
    ]
    tables["corrections"] = pd.concat([tables["corrections"], pd.DataFrame(more)], ignore_index=True)
    lines = stale(tables["corrections"], tables, keys)
    assert any("incidents V134 was dropped, but stands there again" in line for line in lines)
    assert any("old_value: '19' is stale; X" in line and "left '20'" in line for line in lines)
    assert any("table: no table 'clams'" in line for line in lines)
    assert any("column: claims has no column 'lo'" in line for line in lines)
    tables["corrections"] = tables["corrections"].iloc[:-3]
    assert any(
        "should be '20', but '21' stands there" in line for line in stale(tables["corrections"], tables, keys)
    )


def test_checks_name_both_sides() -> None:
    """Every check has its claim or its other side, its other value and an address wherever values differ."""
    sides = {"claim_id": "claims", "incident_id": "incidents", "talk_id": "talks", "truce_id": "truces"}
    others = {column: schema.read(name, ROOT) for column, name in sides.items()}
    checks = schema.read("checks", ROOT)
    assert dangling(checks, others) == []
    assert set(checks["against"]) == {"record", "seed", "source"}
    broken = checks.head(2).assign(other_id="V999", status="differs", other_value=None)
    assert [line.split(", ")[2].split(":")[0] for line in dangling(broken, others)] == [
        "other_id",
        "other_value",
    ] * 2


def test_the_seven_contradictions_of_the_record_are_on_the_register() -> None:
    """Each known case of seed against record stands in the checks as differing or contradicted, and as a
    headline."""
    checks = schema.read("checks", ROOT).query(
        "against == 'record' and is_headline and status in ['differs', 'contradicted']"
    )
    cases = [
        "S000-02", "S000-24", "S000-14", "S002-16", "S002-22", "S002-23", "S002-24", "S002-08", "S000-13",
        "S001-07", "S001-12",
    ]  # fmt: skip
    for claim in [*cases, "S002-07", "S002-09", "S002-26"]:
        mine = checks[checks["claim_id"] == claim]
        assert len(mine), claim
        assert mine["source_urls"].notna().all(), claim
