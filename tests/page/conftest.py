"""The made-up root, rendered once for all tests that read the result."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy

from escalation.page import write


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root whose reports have been rendered."""
    root = toy.make(tmp_path_factory.mktemp("toy") / "root")
    write.render(root, toy.executed())
    return root
