"""What a run can be told, and how it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from escalation.build.graph import notebooks
from escalation.errors import Refusal
from escalation.parameters import (
    MODELS,
    cell,
    defaults,
    keep,
    kept,
    made_alike,
    parse,
    resolve,
    resolve_all,
    write_down,
)

PHASES = {
    "case": "idlib", "start": "2018-09-01", "end": "2020-12-31", "series": "ucdp", "measure": "events",
    "min_weeks": 4, "criterion": "LWZ", "max_breaks": 10, "week_anchor": 0, "bootstrap_draws": 999,
    "seed": 1,
}  # fmt: skip


def write(folder: Path, stem: str, source: str) -> Path:
    path = folder / f"{stem}.ipynb"
    tagged = {
        "cell_type": "code",
        "id": "p",
        "metadata": {"tags": ["parameters"]},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
    path.write_text(
        json.dumps(
            {"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# x"]}, tagged], "metadata": {}}
        )
    )
    return path


def lines(values: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {value!r}  # why" for name, value in values.items())


@pytest.fixture
def phases(tmp_path: Path) -> Path:
    """A notebook 2_phases with values that make sense."""
    return write(tmp_path, "2_phases", lines(PHASES))


def refused(notebook: Path, **overrides: Any) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        resolve(notebook, overrides)
    return refusal.value.problems


def test_the_defaults_live_in_the_notebook_alone(phases: Path) -> None:
    """They are read as literals, signs, quotes, hashes and equals signs in text included."""
    assert PHASES == defaults(phases) == resolve(phases, {})
    path = write(phases.parent, "5_own", 'a = "x#y=z"  # text\nb = -1.5\n# a remark\n\nc = True')
    assert {"a": "x#y=z", "b": -1.5, "c": True} == resolve(path, {})


def test_an_override_takes_the_place_of_a_default(phases: Path) -> None:
    """In the order of the cell, whatever the order of the overrides."""
    assert {**PHASES, "min_weeks": 6, "criterion": "BIC"} == resolve(
        phases, {"criterion": "BIC", "min_weeks": 6}
    )
    assert list(PHASES) == list(resolve(phases, {"seed": 2, "case": "x"}))


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"min_week": 4}, "min_week: 2_phases has no such parameter; did you mean min_weeks?"),
        ({"zzz": 4}, f"zzz: 2_phases has no such parameter; there are {', '.join(PHASES)}"),
        ({"min_weeks": 13}, "2_phases: min_weeks = 13 is above 12"),
        ({"min_weeks": 1}, "2_phases: min_weeks = 1 is below 2"),
        ({"min_weeks": True}, "2_phases: min_weeks = True is not a whole number"),
        ({"criterion": "lwz"}, "2_phases: criterion = 'lwz' is not one of 'LWZ' or 'BIC'"),
        ({"start": "2021-01-01"}, "2_phases: start 2021-01-01 is not before end 2020-12-31"),
        ({"start": "2019-02-29"}, "2_phases: start = '2019-02-29' is no day (write YYYY-MM-DD)"),
        ({"start": 2019}, "2_phases: start = 2019 is not text"),
        ({"case": "../../etc"}, "2_phases: case = '../../etc' is no name (small letters, digits, - and _)"),
        ({"case": "idlib\n"}, "2_phases: case = 'idlib\\n' is no name (small letters, digits, - and _)"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    phases: Path, overrides: dict[str, Any], problem: str
) -> None:
    """With the value and what would do."""
    assert [problem] == refused(phases, **overrides)


def test_all_problems_are_told_at_once(phases: Path) -> None:
    """Not one a run."""
    assert 3 == len(refused(phases, min_weeks=0, max_breaks=99, sed=1))


def test_a_parameters_cell_that_is_not_what_it_should_be_is_refused(tmp_path: Path) -> None:
    """Code, two names at once, a list, a name twice, a lost or an unknown parameter; none of it is run."""
    mark = tmp_path / "ran"
    source = (
        f"a = open({str(mark)!r}, 'w')\nb = c = 1\nd = [1]\ne = 1\ne = 2\nimport os\nf: int = 1\ng = None"
    )
    with pytest.raises(Refusal) as refusal:
        defaults(write(tmp_path, "5_bad", source))
    assert 6 == len(refusal.value.problems) and not mark.exists()
    lost = {name: value for name, value in PHASES.items() if name != "seed"}
    assert ["2_phases: the parameters cell lacks seed"] == refused(write(tmp_path, "2_phases", lines(lost)))
    assert [
        "2_phases: extra stands in the parameters cell but not in escalation/parameters/models.py"
    ] == refused(write(tmp_path, "2_phases", lines({**PHASES, "extra": 1})))
    with pytest.raises(Refusal, match="is no Python"):
        defaults(write(tmp_path, "5_bad", "a = "))
    (tmp_path / "6_no.ipynb").write_text("pickle")
    with pytest.raises(Refusal, match=r"6_no\.ipynb: is no notebook"):
        defaults(tmp_path / "6_no.ipynb")


def test_one_name_means_one_thing_in_all_notebooks(tmp_path: Path, phases: Path) -> None:
    """An override reaches every notebook that has its name; an unknown one, or two different defaults, are
    refused, once."""
    report = write(tmp_path, "4_report", 'case = "idlib"\ntiers = "all"')
    both = resolve_all([phases, report], {"case": "other", "tiers": "seeds"})
    assert ("other", "other", "seeds") == (
        both["2_phases"]["case"],
        both["4_report"]["case"],
        both["4_report"]["tiers"],
    )
    with pytest.raises(Refusal) as refusal:
        resolve_all([phases, report], {"tier": "all", "case": "A"})
    assert [
        "tier: no notebook has such a parameter; did you mean tiers?",
        "2_phases, 4_report: case = 'A' is no name (small letters, digits, - and _)",
    ] == refusal.value.problems
    write(tmp_path, "4_report", 'case = "else"\ntiers = "all"')
    with pytest.raises(
        Refusal, match="case: is one parameter, but its default is 'idlib' in 2_phases, 'else' in 4_report"
    ):
        resolve_all([phases, report], {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6), ("-6", -6), ("0.5", 0.5), ("true", True), ("False", False), ("BIC", "BIC"),
        ("'6'", "6"), ("2019-10-10", "2019-10-10"), ("2018-09-01", "2018-09-01"), ("", ""),
        ("a=b", "a=b"), ("__import__('os').system('true')", "__import__('os').system('true')"),
        ("[1, 2]", "[1, 2]"), ("(" * 3000, "(" * 3000),
    ],
)  # fmt: skip
def test_a_word_of_the_command_line_is_a_value_and_never_code(text: str, value: Any) -> None:
    """Numbers, True and False as such, all else text."""
    assert {"x": value} == parse([f"x={text}"]) and type(value) is type(parse([f"x={text}"])["x"])


def test_words_that_are_no_pair_are_refused() -> None:
    """No sign, no name, the same name twice."""
    with pytest.raises(Refusal) as refusal:
        parse(["x", "=1", "a b=1", "y=1", "y=2"])
    assert [
        "-p x: write name=value",
        "-p =1: write name=value",
        "-p a b=1: write name=value",
        "-p y=2: y is given twice",
    ] == refusal.value.problems


def test_the_notebooks_of_this_project_publish_values_that_make_sense() -> None:
    """Each has a model, its cell fits it, and every line says what turning it does."""
    paths = notebooks(Path(__file__).parents[2])
    assert sorted(MODELS) == [*(path.stem for path in paths), "workbench"]
    assert set(MODELS) == {*resolve_all(paths, {}), "workbench"}
    assert [] == [line for path in paths for line in cell(path).splitlines() if "  # " not in line]


def test_tables_made_apart_are_not_shown_together(tmp_path: Path) -> None:
    """Each notebook keeps what those before it were run with: phases made again with another shortest phase
    no longer belong to the timing that read others, nor do either to a dataset of another file, whose folders
    are nobody's business."""
    folder = Path(__file__).parents[2] / "notebooks"
    (tmp_path / "data/built").mkdir(parents=True)
    (tmp_path / "notebooks").symlink_to(folder)
    own = {path.stem: defaults(path) for path in notebooks(folder.parent)}
    keep(tmp_path, "1_dataset", own["1_dataset"])
    keep(tmp_path, "2_phases", {**own["1_dataset"], **own["2_phases"]})
    of_phases = kept(tmp_path, "2_phases", kept(tmp_path, "1_dataset", {"case": "idlib", "tiers": "all"}))
    keep(tmp_path, "3_timing", {**of_phases, **own["3_timing"]})
    assert 300 == kept(tmp_path, "3_timing", of_phases)["power_draws"]
    keep(tmp_path, "2_phases", {**of_phases, "min_weeks": 12})
    with pytest.raises(Refusal) as refused:
        kept(tmp_path, "3_timing", kept(tmp_path, "2_phases", {}))
    said = "3_timing was last run with min_weeks = 4 (here 12); first run: papermill notebooks/3_timing.ipynb out.ipynb"
    assert [said] == refused.value.problems
    keep(tmp_path, "1_dataset", {**own["1_dataset"], "events_file": "a/folder/ged.csv"})
    with pytest.raises(
        Refusal,
        match=r"^2_phases was last run with events_file = '' \(here 'ged.csv'\); first run: papermill notebooks/2",
    ):
        kept(tmp_path, "2_phases", kept(tmp_path, "1_dataset", {}))
    with pytest.raises(
        Refusal, match=r"first run: papermill notebooks/1_dataset.ipynb out.ipynb -p tiers seeds$"
    ):
        kept(tmp_path, "1_dataset", {"tiers": "seeds", "events_file": ""})


def test_a_table_of_other_parameters_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """Phases of another window or series are refused, and the command keeps what else they were made with; a
    parameter of theirs alone, such as the shortest phase, is taken as it is."""
    notebook, file = Path(__file__).parents[2] / "notebooks" / "2_phases.ipynb", tmp_path / "phases.json"
    asked = {
        "case": "idlib",
        "start": "2018-09-01",
        "end": "2020-12-31",
        "series": "ucdp",
        "measure": "events",
    }
    with pytest.raises(
        Refusal,
        match=r"^phases.json: not there yet; first run: papermill notebooks/2_phases.ipynb out.ipynb$",
    ):
        made_alike(file, notebook, asked)
    write_down({**defaults(notebook), "min_weeks": 12}, file)
    assert 12 == made_alike(file, notebook, asked)["min_weeks"]
    with pytest.raises(Refusal) as refused:
        made_alike(file, notebook, {**asked, "series": "airwars", "start": "2019-01-01"})
    assert [
        "2_phases was last run with start = '2018-09-01' (here '2019-01-01'), series = 'ucdp' (here 'airwars'); first run: "
        "papermill notebooks/2_phases.ipynb out.ipynb -p start 2019-01-01 -p series airwars -p min_weeks 12"
    ] == refused.value.problems
    write_down({**defaults(notebook), "series": "airwars"}, file)
    with pytest.raises(Refusal, match=r"first run: papermill notebooks/2_phases.ipynb out.ipynb$"):
        made_alike(file, notebook, asked)
