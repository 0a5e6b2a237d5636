"""Nothing missed: what the detector finds in a text, and what it does when a claim or a waiver goes."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence import account, uncovered, unexplained

ROOT = Path(__file__).resolve().parent.parent


def tables() -> dict[str, pd.DataFrame]:
    """The real claims, waivers and documents."""
    return {name: schema.read(name, ROOT) for name in ("claims", "waivers", "documents")}


def test_every_sentence_of_the_seeds_is_coded_or_explained() -> None:
    """No sentence, number, date word or act of the three seeds is left open, and no waiver waives nothing."""
    real = tables()
    assert unexplained(root=ROOT, **real) == []
    counted = account(root=ROOT, **real)
    assert (counted["n_found"] == counted["n_coded"] + counted["n_waived"]).all()
    assert counted["n_waived"].sum() <= len(real["waivers"]) + 5  # a waived sentence takes its words with it


def test_a_number_within_a_claim_on_another_number_stays_open() -> None:
    """One quantity, one claim: the second number of a quote is reported though words around it are coded."""
    text = "Strikes killed 14 people and wounded 30."
    claim = pd.DataFrame(
        {"char_start": [0], "char_end": [len(text)], "low": [14], "value": [14], "high": [14]}
    ).astype("Int64")
    assert list(uncovered(text, claim)["text"]) == ["30"]


def test_a_claim_taken_out_is_missed_at_once() -> None:
    """Without S000-13 the fourteen civilians, their sentence and the killing stand open, each with file, line
    and offsets."""
    real = tables()
    real["claims"] = real["claims"][real["claims"]["claim_id"] != "S000-13"]
    lines = unexplained(root=ROOT, **real)
    assert any(
        "seeds/000_90bd28121ec7e423.txt, line 9, 770 to 772: number '14' is neither coded nor waived" in line
        for line in lines
    )
    assert {"sentence", "number", "date", "violence"} <= {line.split(": ")[1].split()[0] for line in lines}
    with pytest.raises(Refusal) as refused:
        account(root=ROOT, **real)
    assert refused.value.problems == lines


def test_a_waiver_must_stand_in_the_text_and_waive_something() -> None:
    """A moved waiver and an idle one are both named."""
    real = tables()
    moved = real["waivers"].copy()
    moved.loc[0, "char_start"] = moved.loc[0, "char_start"] - 1
    lines = unexplained(root=ROOT, claims=real["claims"], waivers=moved, documents=real["documents"])
    assert any("waivers.csv, row 2 (W001), text: '24' does not stand at" in line for line in lines)
    assert any("waivers.csv (W001): nothing is open there any more" in line for line in lines)
