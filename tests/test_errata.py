"""The register of corrections: its rows hold together, and what they say stands now is what was built."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from escalation import findings, schema
from escalation.errors import Refusal
from escalation.evidence import errata
from escalation.evidence.check import check
from escalation.page import blocks, content

VERDICTS = {
    "unclear": "unclear",
    "no_detectable_change": "no detectable change",
    "lower": "lower than on other dates",
}
FOUND = {"ratio": {"value": 0.7829, "low": 0.5632, "n": 21}, "verdict": {"value": "unclear"}}


def rows(*changed: dict[str, object]) -> pd.DataFrame:
    """Corrections E001, E002 … that are right but for what is given."""
    right = {
        "date": pd.Timestamp("2026-11-27"), "data_version": "1.1.0", "kind": "number", "what": "Ratio",
        "old_value": "0.76, 20 episodes",
        "new_value": "0.78, 21 episodes", "reason": "One was left out", "verdict_before": None,
        "verdict_after": None,
        "compared_with": "ratio.value | ratio.n",
    }  # fmt: skip
    return pd.DataFrame(
        [{"erratum_id": f"E{number:03}"} | right | change for number, change in enumerate(changed, 1)]
    )


def test_the_register_says_what_is_published_now(root: Path) -> None:
    """Every value after a correction is the number that the last build found."""
    assert [] == errata.untrue(schema.read("errata", root), findings.read(root), root)


def test_a_corrected_value_is_held_to_its_digits() -> None:
    """To the digits it gives, each number against its own finding, in order; the verdict too."""
    right = rows({"verdict_before": "lower", "verdict_after": "unclear"})
    assert [] == errata.untrue(right, FOUND, Path())
    wrong = rows({"new_value": "0.79, 21 episodes", "verdict_before": "lower", "verdict_after": "higher"})
    end = "; put it right, or add a row that corrects it"
    assert [
        f"errata.csv (E001), new_value: says 0.79, but ratio.value is 0.78{end}",
        f"errata.csv (E001), new_value: says higher, but verdict.value is unclear{end}",
    ] == errata.untrue(wrong, FOUND, Path())


def test_a_later_correction_supersedes_an_earlier_one() -> None:
    """The earlier row stays on record with the value it had; only the last is compared."""
    assert [] == errata.untrue(
        rows({"new_value": "0.80, 21 episodes"}, {"old_value": "0.80, 21 episodes"}), FOUND, Path()
    )


def test_a_cell_of_a_built_table_is_found_by_its_key(root: Path) -> None:
    """`phases_found[1]` is phase one, thousands are separated, and a row that is not there is said to hold
    nothing."""
    killed = int(schema.read("phases_found", root).set_index("phase").loc[3, "fatalities_best"])
    one = {"new_value": f"{killed:,}", "compared_with": "phases_found[3].fatalities_best"}
    gone = {"new_value": "5", "compared_with": "phases_found[99].fatalities_best"}
    (line,) = errata.untrue(rows(one, gone), FOUND, root)
    assert line.startswith(
        "errata.csv (E002), new_value: says 5, but phases_found[99].fatalities_best is nothing"
    )


def test_an_unknown_finding_is_refused_with_the_nearest() -> None:
    """All of them at once, before a report is printed with them."""
    strange = rows({"compared_with": "ratoi.value | ratio.hgih"})
    with pytest.raises(Refusal) as refused:
        errata.named(strange, FOUND)
    assert [
        "errata.csv (E001), compared_with: no finding 'ratoi'; did you mean 'ratio'?",
        "errata.csv (E001), compared_with: ratio has no 'hgih'; there are low, n, value",
    ] == refused.value.problems


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"data_version": "1.1"}, "data_version: '1.1' is no version; allowed: three numbers, like 1.1.0"),
        ({"data_version": "v1.1.0"}, "data_version: 'v1.1.0' is no version; allowed: three numbers, like 1.1.0"),
        ({"data_version": "1.2.0"}, "data_version: 1.2.0 is later than the data's own version, 1.1.1"),
        ({"data_version": "1.1.1"}, "data_version: 1.1.1 is a patch, and a changed number makes a new minor version"),
        ({"new_value": "0.76, 20 episodes"}, "new_value: '0.76, 20 episodes' is what was published"),
        ({"verdict_after": "lower"}, "verdict_before, verdict_after: one is blank"),
        ({"new_value": "0.78"}, "compared_with: names 2 values, but new_value holds 1 numbers (0.78)"),
        ({"compared_with": "ratio.value | __import__('os')"}, "is neither a finding's field (ratio.low) nor a cell"),
        ({"compared_with": "ratio.value | epsiodes[1].ratio"}, "no table 'epsiodes'; did you mean 'episodes'?"),
        ({"compared_with": "ratio.value | episodes[1].n_befor"}, "episodes has no column 'n_befor'; did you mean 'n_before'?"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_true_is_refused(root: Path, row: dict[str, object], said: str) -> None:
    """One line, with the row, the column and what is allowed."""
    (line,) = errata.problems(rows(row), "1.1.1", root)
    assert line.startswith("errata.csv, row 2 (E001), ") and said in line


def test_rows_stand_in_the_order_of_versions(root: Path) -> None:
    """By number, not by letter: 1.10.0 is newer than 1.9.0; what supersedes stands below."""
    assert [] == errata.problems(rows({"data_version": "1.9.0"}, {"data_version": "1.10.0"}), "1.10.0", root)
    (line,) = errata.problems(rows({"data_version": "1.10.0"}, {"data_version": "1.9.0"}), "1.10.0", root)
    assert "row 3 (E002), data_version: 1.9.0 stands after 1.10.0" in line


def test_a_case_keeps_a_register_of_its_own(project: Path) -> None:
    """It is checked under its own name, and the other case's report reads no row of ours."""
    assert schema.read("errata", project, folder="cases/afghanistan").empty
    shutil.copy(project / "data/coded/errata.csv", project / "data/cases/afghanistan/errata.csv")
    file = project / "data/cases/afghanistan/errata.csv"
    file.write_text(file.read_text("utf-8").replace(",1.1.0,", ",9.0.0,"), "utf-8")
    lines = [line for line in check(project) if "9.0.0" in line]
    assert lines and all(line.startswith("data/cases/afghanistan/errata.csv, row ") for line in lines)


def test_the_banner_stands_for_the_minor_version_and_its_patches() -> None:
    """It goes with the next minor or major version, and with nothing to say it is not there."""
    shown = errata.shown(rows({}, {"kind": "sentence"}, {"kind": "figure"}), VERDICTS)
    said = "Data version 1.1.0 corrects two published results and one published sentence."
    assert [said, said, "", "", ""] == [
        content.banner(blocks.corrections(shown, version=version))
        for version in ("1.1.0", "1.1.12", "1.2.0", "1.10.0", "2.1.0")
    ]
    assert "" == content.banner(blocks.corrections([], version="1.1.0"))
    patched = errata.shown(rows({}, {"kind": "sentence", "data_version": "1.1.1"}), VERDICTS)
    assert "Data versions 1.1.0 and 1.1.1 correct one published result and one published sentence." == (
        content.banner(blocks.corrections(patched, version="1.1.1"))
    )
