"""Amendments and the specification: what they say is what the notebooks do and found."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import findings, parameters, schema
from escalation.errors import Refusal
from escalation.evidence import amendments, errata


def test_values_after_an_amendment_are_those_found(root: Path) -> None:
    """Every number in value_after that names a finding is that finding, to the digits it gives."""
    rows = schema.read("amendments", root)
    assert rows["compared_with"].notna().sum() >= 10
    assert [] == errata.untrue(amendments.as_errata(rows), findings.read(root), root, file="amendments.csv")


def test_all_amendments_came_after_results(root: Path) -> None:
    """None is passed off as made before results were seen, and each is later than the freeze."""
    rows = schema.read("amendments", root)
    assert {"yes"} == set(rows["seen_before"])
    assert rows["date"].min() > pd.Timestamp(str(parameters.specification(root)["frozen"]["freeze_date"]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value_after": "20 episodes"}, "value_after: '20 episodes' is what was published"),
        ({"verdict_after": "unclear"}, "one is blank; give both or none"),
        (
            {"compared_with": "ratio.n | ratio.low"},
            "compared_with: names 2 values, but value_after holds 1 numbers (21)",
        ),
        ({"compared_with": "ratio"}, "'ratio' is neither a finding's field"),
    ],
)
def test_an_amendment_that_cannot_be_true_is_told(root: Path, change: dict[str, str], said: str) -> None:
    """With file, row and column."""
    right = {"amendment_id": "A001", "what": "Margin", "why": "One was left out",
        "value_before": "20 episodes", "value_after": "21 episodes",
             "verdict_before": None, "verdict_after": None, "seen_before": "yes",
             "compared_with": "ratio.n"}  # fmt: skip
    assert [] == amendments.problems(pd.DataFrame([right]), root)
    (line,) = amendments.problems(pd.DataFrame([right | change]), root)
    assert line.startswith("amendments.csv, row 2 (A001), ") and said in line


def test_notebooks_default_to_the_specification(root: Path) -> None:
    """Every parameter of every notebook of the report has its published value as default, and the
    specification names no other."""
    fixed = {name: value for part in parameters.specification(root).values() for name, value in part.items()}
    defaults = {
        path.stem: parameters.defaults(path) for path in sorted((root / "notebooks").glob("[1-4]_*.ipynb"))
    }
    assert {name: {key: fixed.get(key) for key in of} for name, of in defaults.items()} == defaults
    assert set(fixed) == {key for of in defaults.values() for key in of}


def test_a_broken_specification_is_refused(tmp_path: Path) -> None:
    """Missing or no TOML: the file is named."""
    with pytest.raises(Refusal, match=r"data/specification\.toml: the file is missing"):
        parameters.specification(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/specification.toml").write_text("seed =")
    with pytest.raises(Refusal, match=r"data/specification\.toml: "):
        parameters.specification(tmp_path)
