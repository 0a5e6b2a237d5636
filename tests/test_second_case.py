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
    built = build(of_folder(project), overrides={"case": "afghanistan"}, out=out, how=How(cache=False))
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


@pytest.mark.slow
def test_an_own_file_goes_through_a_build(
    project: Path, datasets: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Named by any path, it becomes an input with its hash; where it lay is written nowhere; nothing comes
    into the project itself."""
    out = tmp_path_factory.mktemp("own")
    before = sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if ".build" not in path.parts
    )
    file = datasets / "ucdp_ged_syria_652.1601.1911_from_2018-07.csv.gz"
    values = {"events_file": str(file), "end": "2019-11-30", "max_date_precision": 1}
    build(of_folder(project), overrides=values, out=out, how=How(cache=False))
    manifest = json.loads((out / "reports/manifest.json").read_text(encoding="utf-8"))
    assert [f"own/events_file/{file.name}"] == [
        path for path in manifest["inputs"] if path.startswith("own/")
    ]
    found = json.loads((out / "data/built/findings/1_dataset.json").read_text(encoding="utf-8"))
    assert (1208, 68) == (found["main_events"]["n"], found["main_events_left_out"]["value"])
    for path in out.rglob("*"):
        if path.suffix in (".md", ".html", ".json", ".csv", ".svg"):
            assert str(datasets) not in path.read_text(encoding="utf-8"), path.name
    assert before == sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if ".build" not in path.parts
    )
