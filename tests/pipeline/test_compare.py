"""Two builds, and what changed between them, in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation.errors import Refusal
from escalation.pipeline import scenario
from escalation.pipeline.build import Built
from escalation.pipeline.compare import compare


def built(folder: Path, findings: dict[str, Any], figures: dict[str, tuple[str, str]], parameters: dict[str, Any]) -> Path:
    for name in ("data/built/findings", "figures", "reports"):
        (folder / name).mkdir(parents=True)
    (folder / "data/built/findings/3_timing.json").write_text(json.dumps(findings))
    (folder / "reports/manifest.json").write_text(json.dumps({"parameters": {"3_timing": parameters}}))
    for name, (title, rows) in figures.items():
        (folder / f"figures/{name}.json").write_text(json.dumps({"title": title}))
        (folder / f"figures/{name}.csv").write_text("day,n\n" + rows)
    return folder


ONE: dict[str, Any] = {
    "ratio": {"value": 0.5, "low": 0.25, "high": 1.5, "n": 20, "unit": "times"},
    "verdict": {"value": "unclear"},
    "breaks": {"value": [{"date": "2019-04-27"}, {"date": "2019-08-31"}]},
    "same": {"value": 3},
}


def test_numbers_conclusions_and_figures_that_changed_are_told_apart(tmp_path: Path) -> None:
    """Each with before and after, the direction of a number, and a last line that counts."""
    first = built(tmp_path / "a", ONE, {"phases": ("Five", "1,2\n2,3\n"), "old": ("Old", "")}, {"window_days": 7, "seed": 1})
    two = {
        **ONE,
        "ratio": {**ONE["ratio"], "value": 0.75, "n": 19},
        "verdict": {"value": "less"},
        "breaks": {"value": [{"date": "2019-05-04"}, {"date": "2019-08-31"}]},
    }
    second = built(tmp_path / "b", {**two, "more": {"value": 1}}, {"phases": ("Six", "1,2\n2,4\n9,9\n")}, {"window_days": 3, "seed": 1})
    assert [
        "Parameters:",
        "  window_days: 7 became 3",
        "Conclusions:",
        "  3_timing.verdict: “unclear” became “less”",
        "Numbers:",
        "  3_timing.breaks: 1 of its 2 entries changed",
        "  3_timing.more: is only in the second",
        "  3_timing.ratio: 0.5 times (0.25 to 1.50, n 20) became 0.75 times (0.25 to 1.50, n 19): up by 50.0%".replace("1.50", "1.5"),
        "Figures:",
        "  old: is only in the first",
        "  phases: its title “Five” became “Six”; it draws 3 rows, 2 of them new; 1 of 2 are gone",
        "changed: 1 of 1 conclusions, 3 of 4 numbers, 2 of 2 figures",
    ] == list(compare(first, second).lines())


def test_nothing_is_said_of_what_is_the_same(tmp_path: Path) -> None:
    """One line."""
    first = built(tmp_path / "a", ONE, {"phases": ("Five", "1,2\n")}, {})
    assert ["nothing changed (1 conclusions, 3 numbers, 1 figures)"] == list(compare(first, first).lines())


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    """Both, if both are."""
    with pytest.raises(Refusal) as refusal:
        compare(tmp_path / "x", tmp_path)
    assert 2 == len(refusal.value.problems)


def test_a_scenario_is_a_named_set_of_values(root: Path, make: Callable[..., Built]) -> None:
    """Unknown names are refused with the nearest; the values go through the same gate as any."""
    (root / "scenarios").mkdir()
    (root / "scenarios/triple.toml").write_text('about = "Three times?"\n[parameters]\nfactor = 3\n')
    assert {"factor": 3} == scenario.read("triple", root).parameters
    with pytest.raises(Refusal, match=r"tripel: is no scenario; did you mean triple\?"):
        scenario.read("tripel", root)
    (root / "scenarios/bad.toml").write_text("parameter = 1\n")
    with pytest.raises(Refusal, match=r"bad\.toml: parameter is not known"):
        scenario.read("bad", root)


def test_the_scenarios_of_this_project_are_known_values() -> None:
    """Each says what it asks, and no notebook refuses it."""
    from escalation.parameters import resolve_all
    from escalation.pipeline import sweep
    from escalation.pipeline.graph import notebooks

    project = Path(__file__).parents[2]
    for name in scenario.names(project):
        read = scenario.read(name, project)
        assert read.about and resolve_all(notebooks(project), read.parameters)
    for path in (project / "sweeps").glob("*.toml"):
        assert sweep.read(path, project).about
