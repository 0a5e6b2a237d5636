"""Notebooks are arguments: a question, a short cell, its result, a sentence. What is longer is a function
with a test of its own."""

import ast
import json
import re
from itertools import groupby
from pathlib import Path
from typing import get_args

import pytest

from escalation import findings, timing
from escalation.prose.check import sentences
from escalation.prose.say import written

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST = 15
# sentences that rest on findings alone, and what the notebook calls those whose name another thing has
TRIED = (
    "say-ratio", "say-other-sides", "say-single", "say-lag", "say-who", "say-by-kind", "say-model",
    "say-coincidence",
    "say-truces-beat", "say-truces",
)  # fmt: skip
CALLED = {
    "left_out": "leave_one_out", "back": "truces_back_in_two_weeks", "held": "truces_not_fallen",
    "single": "single_episode", "thin": "thinnest_episode", "moving": "most_moving_episode",
    "profile": "window_profile", "lag": "lag_profile", "who": "who_profile", "kinds": "by_kind",
    "rate": "rate_before_round", "beat": "truces_deep", "by_truces": "truce_sets",
}  # fmt: skip


def code(notebook: Path) -> dict[str, str]:
    """The code cells by id, without those of parameters and of prose."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    found = {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
    parameters = {cell["id"] for cell in cells if "parameters" in cell["metadata"].get("tags", [])}
    return {
        name: source
        for name, source in found.items()
        if name not in parameters and not source.startswith("%%say")
    }


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_cells_are_short(notebook: Path) -> None:
    """A cell is seen at once: 15 lines of code at most."""
    assert {} == {
        name: n for name, source in code(notebook).items() if (n := len(source.splitlines())) > LONGEST
    }


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_no_functions_in_notebooks(notebook: Path) -> None:
    """A function has a place in the package, where it is documented, typed and tested."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    assert [] == [
        name
        for name, source in code(notebook).items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, kinds)
    ]


@pytest.mark.parametrize(
    "notebook", [each for each in NOTEBOOKS if each.stem[0] in "123"], ids=lambda notebook: notebook.stem
)
def test_each_question_ends_in_a_sentence(notebook: Path) -> None:
    """Below every question that a working notebook computes on, a `%%say` cell tells what came out."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    question, below = "", []
    for cell in cells:
        source = "".join(cell["source"])
        if heading := re.match(r"## (.+)", source) if cell["cell_type"] == "markdown" else None:
            question = heading[1]
        if cell["cell_type"] == "code" and "interactive" not in cell["metadata"].get("tags", []):
            below.append((question, source.startswith("%%say")))
    sections = {
        question: [said for _, said in rows] for question, rows in groupby(below, key=lambda row: row[0])
    }
    assert len(sections) > 2
    assert [] == [question for question, said in sections.items() if question and not said[-1]]


def test_a_finding_is_recorded_once() -> None:
    """Each finding arises in one cell: what two cells record under one name, the later would put in the place
    of the earlier."""
    calls = [
        node.args[0].value
        for notebook in NOTEBOOKS
        for source in code(notebook).values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "find"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(calls) > 50
    assert [] == [name for name in set(calls) if calls.count(name) > 1]


def blank(value: object, name: str = "") -> object:
    """A finding of which nothing is known: counts are 0, other numbers blank, lists empty."""
    if isinstance(value, dict):
        return {key: blank(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return []
    return value if isinstance(value, str) else 0 if name.startswith(("n", "k")) else None


@pytest.mark.parametrize("verdict", ["too_few", "no_events"])
def test_where_nothing_is_known_no_number_is_said(verdict: str) -> None:
    """With no episode, no meeting and no truce the timing notebook's sentences say so or nothing, and no cell
    stumbles over a blank."""
    found = json.loads((ROOT / "data/built/findings/3_timing.json").read_text("utf-8"))
    known = {name: findings.Finding(name, blank(fields)) for name, fields in found.items()}
    known |= {"verdict": findings.Finding("verdict", {"value": verdict, "tests": []}), "window_days": 7}
    known |= {name: known[key] for name, key in CALLED.items()}
    told = {
        name: written(template, known)
        for name, template in sentences(ROOT / "notebooks/3_timing.ipynb").items()
        if name in TRIED
    }
    assert set(TRIED) == set(told)
    assert [] == [name for name, words in told.items() if re.search(r"not known times|None|nan|\d", words)]


def test_a_verdict_has_its_words() -> None:
    """Each verdict of the rule is told apart, and an unclear one names the tests that see a change."""
    found = json.loads((ROOT / "data/built/findings/3_timing.json").read_text("utf-8"))
    known = {name: findings.Finding(name, fields) for name, fields in found.items()}
    template = sentences(ROOT / "notebooks/3_timing.ipynb")["say-ratio"]
    tests = [{"name": "shifts", "sees": True}, {"name": "t", "sees": False}]
    told = {
        key: written(
            template, known | {"verdict": findings.Finding("verdict", {"value": key, "tests": tests})}
        )
        for key in get_args(timing.Verdict)
    }
    assert 6 == len(set(told.values()))
    assert "1 of 2 tests see a change (shifts)" in told["unclear"].replace("\\", "")
    assert "every test sees a fall" in told["lower"] and "every test sees a rise" in told["higher"]
