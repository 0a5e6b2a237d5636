"""A tiny project for each test, and the words to build it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny

from escalation.build.make import Built, How, Project, build


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh tiny project, its page function importable in the processes that a build starts."""
    root = tiny.make(tmp_path / "project")
    monkeypatch.setenv("PYTHONPATH", str(root / "library"))
    return root


def told(root: Path) -> Project:
    return Project(root, checks=("toypage:check",), render="toypage:render")


@pytest.fixture
def project(root: Path) -> Project:
    """What a build is told about it."""
    return told(root)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny project with its report, built once."""
    root = tiny.make(tmp_path_factory.mktemp("first") / "project")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(root / "library"))
        build(told(root))
    return root


@pytest.fixture
def published(root: Path, first: Path) -> None:
    """The project as its first build leaves it, report, store and all."""
    shutil.copytree(first, root, dirs_exist_ok=True, symlinks=True)


@pytest.fixture
def make(project: Project) -> Iterator[Callable[..., Built]]:
    """Build it: `make(factor=3)` with another value, `make(how=How(...))` in another way."""

    def run(*, how: How | None = None, out: Path | None = None, **overrides: Any) -> Built:
        return build(project, overrides=overrides, out=out, how=how)

    yield run
