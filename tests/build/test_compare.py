"""Two builds, and what changed between them, in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation.build import scenario
from escalation.build.compare import compare
from escalation.build.make import Built
from escalation.errors import Refusal


def built(
    folder: Path, findings: dict[str, Any], figures: dict[str, tuple[str, str]], parameters: dict[str, Any]
) -> Path:
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
    first = built(
        tmp_path / "a",
        ONE,
        {"phases": ("Five", "1,2\n2,3\n"), "old": ("Old", "")},
        {"window_days": 7, "seed": 1},
    )
    two = {
        **ONE,
        "ratio": {**ONE["ratio"], "value": 0.75, "n": 19},
        "verdict": {"value": "less"},
        "breaks": {"value": [{"date": "2019-05-04"}, {"date": "2019-08-31"}]},
    }
    second = built(
        tmp_path / "b",
        {**two, "more": {"value": 1}},
        {"phases": ("Six", "1,2\n2,4\n9,9\n")},
        {"window_days": 3, "seed": 1},
    )
    assert [
        "Parameters:",
        "  window_days: 7 became 3",
        "Conclusions:",
        "  3_timing.verdict: “unclear” became “less”",
        "Numbers:",
        "  3_timing.breaks: date 2019-04-27 is gone; date 2019-05-04 is new",
        "  3_timing.more: is only in the second",
        "  3_timing.ratio: 0.5 times (0.25 to 1.50, n 20) became 0.75 times (0.25 to 1.50, n 19): up by 50.0%".replace(
            "1.50", "1.5"
        ),
        "Figures:",
        "  old: is only in the first",
        "  phases: its title “Five” became “Six”; it draws 3 rows, 2 of them new; 1 of 2 are gone",
        "changed: 1 of 1 conclusions, 3 of 4 numbers, 0 of 0 tables, 2 of 2 figures",
    ] == list(compare(first, second).lines())


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
    from escalation.build import sweep
    from escalation.build.graph import notebooks
    from escalation.parameters import resolve_all

    project = Path(__file__).parents[2]
    for name in scenario.names(project):
        read = scenario.read(name, project)
        assert read.about and resolve_all(notebooks(project), read.parameters)
    for path in (project / "sweeps").glob("*.toml"):
        assert sweep.read(path, project).about


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"value": -2}, {"value": -3}, "-2 became -3: down by 50.0%"),
        ({"value": 3, "n": 5}, {"value": 3, "n": 6}, "3 (n 5) became 3 (n 6)"),
        ({"value": None}, {"value": 2, "unit": "days"}, "nothing became 2 days"),
        ({"value": ["x", "y"]}, {"value": ["z", "y"]}, "“x” is gone; “z” is new"),
        (
            {"value": [{"side": "a", "kind": "k", "n": 1}, {"side": "a", "kind": "l", "n": 2}]},
            {"value": [{"side": "a", "kind": "l", "n": 3}]},
            "side a, kind k is gone; side a, kind l, n: 2 became 3",
        ),
    ],
)
def test_each_kind_of_change_has_its_words(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    """Shares only where there is something to share, signs of a number, entries of a list or a table, what is
    around a value."""
    first, second = (
        built(tmp_path / name, {"it": finding}, {}, {}) for name, finding in (("a", before), ("b", after))
    )
    found = compare(first, second)
    assert [f"3_timing.it: {said}"] == [*found.conclusions, *found.numbers]
    kind = "conclusions" if isinstance(after["value"], str | bool) else "numbers"
    assert (1, 1) == (len(getattr(found, kind)), found.counted[kind])


def test_a_figure_may_be_drawn_in_another_way(tmp_path: Path) -> None:
    """The same title and rows, other bytes; a figure without its table draws no rows; a drawing that one of
    them lacks says nothing."""
    first, second = (
        built(tmp_path / name, {}, {"x": ("X", "1,2\n"), "y": ("Y", "1,2\n")}, {}) for name in "ab"
    )
    for folder in (first, second):
        (folder / "figures/y.svg").write_text(f"<svg>{folder.name}</svg>")
    (first / "figures/x.svg").write_text("<svg/>")
    assert ("y: the same rows are drawn in another way",) == compare(first, second).figures
    (second / "figures/x.csv").unlink()
    assert "x: it draws 0 rows, 0 of them new; 1 of 1 are gone" == compare(first, second).figures[0]


def test_builds_without_a_record_and_findings_that_are_none(tmp_path: Path) -> None:
    """Without a manifest no parameter is known, and one that only one build has became or was nothing; a
    broken file is named."""
    first, second = (
        built(tmp_path / "a", ONE, {}, {"seed": 1}),
        built(tmp_path / "b", ONE, {}, {"seed": 1, "start": "2019-01-01"}),
    )
    assert ("start: nothing became “2019-01-01”",) == compare(first, second).parameters
    (first / "reports/manifest.json").write_text("[]")
    assert ("seed: nothing became 1", "start: nothing became “2019-01-01”") == compare(
        first, second
    ).parameters
    for folder, text in ((first, '{"title": "X"}'), (second, "{")):
        (folder / "figures/x.json").write_text(text)
    with pytest.raises(Refusal, match=r"b/figures/x\.json: is no record of a figure"):
        compare(first, second)
    (first / "data/built/findings/1_dataset.json").write_text("[1]")
    (first / "data/built/findings/2_phases.json").write_text("{")
    with pytest.raises(Refusal) as refusal:
        compare(first, second)
    assert ["1_dataset.json: holds no findings", "2_phases.json: holds no findings"] == [
        line.partition(" (")[0] for line in refusal.value.problems
    ]


def test_claims_that_changed_are_named(tmp_path: Path) -> None:
    """By their ids, with the column and both values; so are talks, truces and all that is made of them. Other
    tables count as told."""
    first, second = (built(tmp_path / name, ONE, {}, {}) for name in "ab")
    head = "claim_id,quote,value\n"
    for folder, rows in (
        (first, "S-01,two killed,2\nS-02,old,\n"),
        (second, "S-01,two killed,3\nS-03,new,1\n"),
    ):
        (folder / "data/coded").mkdir()
        (folder / "data/coded/claims.csv").write_text(head + rows)
        (folder / "data/built/daily.csv").write_text(
            "day,source,n\n1,a,1\n1,b,2\n" if folder == first else "day,source,n\n1,b,4\n1,a,1\n"
        )
    found = compare(first, second)
    said = "claims: S-01, value: “2” became “3”; S-02 is gone; S-03 is new"
    assert (said, "daily: 1 b, n: “2” became “4”") == found.tables
    assert 2 == found.counted["tables"] and "2 of 2 tables" in list(found.lines())[-1]
