"""Another conflict is a file and a folder of tables: the same notebooks make its report, and say what it
lacks."""

import json
from pathlib import Path

import pytest

from escalation.build.make import How, build
from escalation.cli import project as of_folder
from escalation.page.facts import UNCORRECTED


@pytest.mark.slow
def test_the_same_notebooks_report_another_conflict(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Built without touching code: its place, its talks, its source; documents and second publisher are said
    to be lacking."""
    out = tmp_path_factory.mktemp("second")
    quick = {"bootstrap_draws": 99, "power_draws": 50}
    built = build(
        of_folder(project), overrides={"case": "afghanistan", **quick}, out=out, how=How(cache=False)
    )
    said = (out / "reports/report.md").read_text(encoding="utf-8")
    assert built.page.is_file()
    for words in (
        "Talks and Strikes: Afghanistan",
        "No documents",
        "One source",
        "the Taliban",
        "UCDP GED 21.1",
        UNCORRECTED,
    ):
        assert words in said
    for words in (
        "Idlib",
        "Khan Shaykhun",
        "Saraqib",
        "S000-",
        "OCHA",
        "DE-2019-04-25",
        " nan",
        "Corrected.",
    ):
        assert words not in said
    assert 14 == len((out / "data/built/talks.csv").read_text(encoding="utf-8").splitlines()) - 1
    found = json.loads((out / "data/built/findings/1_dataset.json").read_text(encoding="utf-8"))
    assert (0, 0, 3) == (
        found["claims"]["value"],
        found["second_incidents"]["value"],
        found["truces"]["value"],
    )
    assert 3596 == found["main_events"]["value"]
    assert (
        "not in this edition"
        in json.loads((out / "figures/speakers.json").read_text(encoding="utf-8"))["title"]
    )
