"""The examples in docstrings are true, and the page of functions shows them as they are."""

import ast
import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import escalation
from escalation.page import blocks
from escalation.reference import STEPS, entries, page

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(each.name for each in pkgutil.walk_packages(escalation.__path__, "escalation.") if not each.name.endswith("sweep_worker"))
PAGE = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Each example gives what its docstring shows, refusals to the letter, to whoever begins with `from MODULE import *`."""
    module = importlib.import_module(name)
    told = [each for each in doctest.DocTestFinder().find(module, globs={}) if each.examples]
    for test in told:
        exec(f"from {name} import *", test.globs)
        assert doctest.TestResults(0, len(test.examples)) == doctest.DocTestRunner(verbose=False).run(test), test.name


def test_the_readable_functions_show_an_example() -> None:
    """What writes sentences, reads command lines and finds numbers in texts is easier shown than told."""
    with_examples = {
        "errors",
        "findings",
        "parameters",
        "daily",
        "evidence.quantities",
        "page.blocks",
        "phases.segment",
        "timing.episodes",
    }
    for name in sorted(with_examples):
        assert any(test.examples for test in doctest.DocTestFinder().find(importlib.import_module(f"escalation.{name}"))), name


CALLED = ["series.total", "series.ucdp_daily", "readers.acled.read", "phases.weekly", "phases.segment", "phases.breaks", "phases.phase_table",
          "timing.episodes", "timing.contrast", "timing.average", "timing.shift_test", "timing.coincidence", "timing.truce_recovery",
          "timing.verdict", "evidence.numbers", "evidence.detect", "evidence.anchor", "figures.save.save", "page.blocks.table"]  # fmt: skip


def part_of(name: str) -> str:
    """What the page says of one name."""
    return PAGE.partition(f"\n#### {name}\n")[2].partition("\n#### ")[0]


@pytest.mark.parametrize("name", CALLED)
def test_what_is_called_most_shows_an_example(name: str) -> None:
    """Who tweaks a notebook finds on the page how each step is called, on data small enough to check by hand."""
    assert "```pycon\n>>> " in part_of(name)


def test_the_page_is_fresh() -> None:
    """docs/functions.md says what the docstrings say."""
    assert page() == PAGE, "docs/functions.md is stale; run `escalation functions`"


def test_the_page_holds_what_notebooks_call() -> None:
    """Every function that a notebook takes from the package is on the page."""
    called = set()
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        nodes = [node for cell in cells(file) for node in ast.walk(ast.parse(cell))]
        known = {
            alias.asname or alias.name: f"{node.module}.{alias.name}".removeprefix("escalation.")
            for node in nodes
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("escalation")
            for alias in node.names
        }
        called |= {name for name in known.values() if "." in name}
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known and node.attr.islower():
                called.add(f"{known[node.value.id]}.{node.attr}")
    shown = {entry.name for modules in STEPS.values() for module in modules for entry in entries(module)} | {
        m for s in STEPS.values() for m in s
    }
    shown |= {f"page.blocks.{kind}" for kind in blocks.ALL}  # some are their class, under a name that reads well in a cell
    assert len(called) > 80
    assert set() == called - shown


def cells(file: Path) -> list[str]:
    """The code of a notebook, without cells and lines for its shell."""
    import nbformat

    code = [
        cell.source for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code" and not cell.source.startswith("%%")
    ]
    return ["\n".join(line for line in text.splitlines() if not line.startswith(("%", "!"))) for text in code]


def test_links_of_the_page_lead_somewhere() -> None:
    """Each name in a list leads to the heading of that name, and each file is there."""
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    anchors: dict[str, str] = {}
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        plain = re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")
        before = sum(re.fullmatch(rf"{plain}(-\d+)?", each) is not None for each in anchors)
        anchors[f"{plain}-{before}" if before else plain] = heading
    links = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", prose)
    assert len(links) > 300
    assert [] == [(name, to) for name, to in links if not f".{anchors.get(to, '')}".endswith(f".{name}")]
    assert "page.blocks.table" == anchors["pageblockstable-1"]
    files = set(re.findall(r"\]\(\.\./([^)]+)\)", PAGE))
    assert len(files) > 40
    assert set() == {file for file in files if not (ROOT / file).is_file()}
