"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import escalation

MODULES = sorted(each.name for each in pkgutil.walk_packages(escalation.__path__, "escalation.") if not each.name.endswith("sweep_worker"))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Each example gives what its docstring shows."""
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert 0 == found.failed


def test_the_readable_functions_show_an_example() -> None:
    """What writes sentences, reads command lines and finds numbers in texts is easier shown than told."""
    with_examples = {
        "errors",
        "findings",
        "parameters",
        "daily",
        "evidence.quantities",
        "report.blocks",
        "phases.segment",
        "timing.episodes",
    }
    for name in sorted(with_examples):
        assert any(test.examples for test in doctest.DocTestFinder().find(importlib.import_module(f"escalation.{name}"))), name
