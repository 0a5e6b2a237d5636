"""The examples in docstrings are true, and `make docs` makes pages of them."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

import escalation

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    each.name
    for each in pkgutil.walk_packages(escalation.__path__, "escalation.")
    if not each.name.endswith("sweep_worker")
)


# a long refusal goes over two lines of a docstring
RUNNER = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Each example gives what its docstring shows, refusals to the letter, to whoever begins with `from
    MODULE import *`."""
    module = importlib.import_module(name)
    told = [each for each in doctest.DocTestFinder().find(module, globs={}) if each.examples]
    for test in told:
        exec(f"from {name} import *", test.globs)
        assert doctest.TestResults(0, len(test.examples)) == RUNNER.run(test), test.name


def taken(name: str) -> Any:
    """What `from MODULE import NAME` gives, or an attribute of a class; a function goes before a module of
    the same name."""
    module, _, own = name.rpartition(".")
    home = taken(module) if module.rpartition(".")[2][:1].isupper() else importlib.import_module(module)
    return getattr(home, own) if hasattr(home, own) else importlib.import_module(name)


def called_by_notebooks() -> set[str]:
    """The functions and classes that notebooks take from the package, by the dotted names under which they
    take them."""
    called = set()
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        nodes = [node for cell in cells(file) for node in ast.walk(ast.parse(cell))]
        known = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in nodes
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("escalation")
            for alias in node.names
        }
        called |= set(known.values())
        for node in nodes:
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in known
            ):
                called.add(f"{known[node.value.id]}.{node.attr}")
    objects = {name: taken(name) for name in called if not name.rpartition(".")[2].isupper()}
    return {
        name
        for name, each in objects.items()
        if callable(each) and getattr(each, "__module__", "").startswith("escalation")
    }


def cells(file: Path) -> list[str]:
    """The code of a notebook, without cells and lines for its shell."""
    code = [
        cell.source
        for cell in nbformat.read(file, as_version=4).cells
        if cell.cell_type == "code" and not cell.source.startswith("%%")
    ]
    return ["\n".join(line for line in text.splitlines() if not line.startswith(("%", "!"))) for text in code]


def test_what_notebooks_call_says_what_it_does() -> None:
    """Every function that a notebook takes from the package has a docstring, for Shift-Tab in JupyterLab."""
    called = called_by_notebooks()
    assert len(called) > 80
    assert [] == sorted(name for name in called if not inspect.getdoc(taken(name)))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `make docs` writes, by path."""
    folder = tmp_path_factory.mktemp("docs")
    stamp = f"{sys.prefix}/dev.stamp"  # the environment is as it is
    command = ["make", "-s", "-o", stamp, "docs", f"VENV={sys.prefix}", f"DOCS={folder}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (0, "", f"{folder}/escalation.html\n") == (ran.returncode, ran.stderr, ran.stdout)
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in folder.rglob("*.*")
    }


@pytest.mark.slow
def test_pages_tell_nothing_of_the_machine(pages: dict[str, str]) -> None:
    """No folder of whoever made them stands in a page."""
    assert [] == [path for path, text in pages.items() if str(ROOT) in text or str(Path.home()) in text]


@pytest.mark.slow
def test_pages_hold_what_notebooks_call(pages: dict[str, str]) -> None:
    """Every function that a notebook takes from the package has a heading on the page of the module it is
    taken from."""
    missing = []
    for name in sorted(called_by_notebooks()):
        module, _, own = name.rpartition(".")
        page = pages.get(f"{module.replace('.', '/')}.html", "")
        # some blocks are their class, under a name that reads well in a cell
        missing += [name] if not re.search(rf'<section id="({own}|{taken(name).__name__})"', page) else []
    assert [] == missing
