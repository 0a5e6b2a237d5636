"""Small results worked out by hand, to the last field. (Mutants that lived on coarser tests are killed
here.)"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation import schema
from escalation.evidence import detector, quantities
from escalation.phases import status
from escalation.timing import peri


def days(numbers: list[float]) -> pd.Series:
    return pd.Series(numbers, index=pd.date_range("2019-01-01", periods=len(numbers)), dtype=float)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (np.nan, 2.0, "first"),
        (0.5, np.nan, "first"),
        (1.01, 2, "deteriorated"),
        (0.5, 0.99, "improved"),
        (1.0, 2, "unchanged"),
        (0.5, 1.0, "unchanged"),
    ],
)
def test_an_arrow_needs_both_ends_of_the_interval(low: float, high: float, said: str) -> None:
    """One unknown end is no comparison; an interval that touches 1 is no change."""
    assert said == status.status_of(low, high)


def test_flags_at_their_edges() -> None:
    """Last weeks at exactly 3/2 are a risk, at exactly 2/3 an opportunity, as before are none, in a short
    phase unknown and so none."""
    parts = [[2.0] * 28 + [3.0] * 28, [3.0] * 28 + [2.0] * 28, [2.0] * 56, [2.0] * 30]
    first = np.cumsum([0, *map(len, parts)])[:-1]
    counts = days([n for part in parts for n in part])
    one = np.ones(len(parts))
    table = pd.DataFrame(
        {
            "date_first": counts.index[first],
            "days": list(map(len, parts)),
            "per_day": 2 * one,
            "ratio": one,
            "ratio_low": one * np.nan,
            "ratio_high": one * np.nan,
        }
    )
    found = status.phase_status(counts, table, unit="events", said=str)
    assert ["risk", "opportunity", "none", "none"] == list(found["flag"])
    assert [1.5, 0.6667, 1.0] == [round(each, 4) for each in found["last_weeks_ratio"][:3]]


def test_a_flat_series_is_one_all_around() -> None:
    """Half an event a week is added above and below alike, so a series without change has the ratio 1 on
    every day."""
    assert np.allclose(1.0, peri.around(np.full(90, 3.0), 2, span_days=21)[27:67])
    assert np.allclose(1.0, peri.around(np.zeros(90), 2, span_days=21)[27:67])


def test_kinds_of_numbers() -> None:
    """A place in an order is no count, in words as in digits."""
    assert [
        ("ordinal", Decimal(3)),
        ("ordinal", Decimal(12)),
        ("number", Decimal(5)),
        ("number", Decimal(2)),
        ("verbal", None),
        ("vague", None),
    ] == [
        (found.kind, found.value)
        for found in quantities.numbers(
            "the third round, the 12th, five dead, twice, tens of thousands fled, several died"
        )
    ]


def test_every_kind_is_accounted_for(root: Path) -> None:
    """For each seed and kind: what is found is coded or waived, nothing is left, and sentences are among the
    kinds."""
    tables = {name: schema.read(name, root) for name in ("claims", "waivers", "documents")}
    found = detector.account(tables["claims"], tables["waivers"], tables["documents"], root)
    assert ["sentence", "number", "date", "violence", "diplomacy"] == list(found["kind"].unique())
    assert (found["n_found"] == found["n_coded"] + found["n_waived"]).all()
    by_kind = found.set_index(["document_id", "kind"])["n_found"]
    for document in tables["documents"].to_dict("records"):
        told = detector.detect((root / document["file"]).read_bytes().decode())["kind"].value_counts()
        assert {kind: int(told.get(kind, 0)) for kind in found["kind"].unique()} == dict(
            by_kind[document["document_id"]]
        )
