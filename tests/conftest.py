"""What several tests stand on: the project's root, a made-up case, a copy of the project to change."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalation.cases import Case

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NEEDS_BROWSER = pytest.mark.skipif(
    not Path(CHROMIUM).exists() and not os.environ.get("CI"),
    reason="needs Debian's chromium: apt-get install chromium",
)
ROOT = Path(__file__).resolve().parent.parent
DATASETS = ROOT.parent / "shared" / "datasets"
# files with most processor time, the most first: begun last, one would keep one worker long after the others
LONGEST = [
    f"test_{name}"
    for name in (
        "lab", "recipes", "faults", "browser", "another_conflict", "second_case", "build", "referee", "doctests",
        "architecture", "stale", "out", "sweep",
    )
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of whole event files, which the project does not carry."""
    if not DATASETS.is_dir():
        pytest.skip("the whole event files are not here (../shared/datasets)")
    return DATASETS


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven headless."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in requirements-dev.txt")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's inputs that a test may spoil."""
    for folder in ("seeds", "data/coded", "data/series", "data/cases", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("data/datapackage.json", "data/specification.toml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


@pytest.fixture
def case() -> Case:
    """Two governorates, ten days."""
    return Case.model_validate(
        {
            "title": "Made-up war",
            "place": "nowhere",
            "war": "the made-up war",
            "start": "2020-01-03",
            "end": "2020-01-12",
            "margin_start": "2020-01-01",
            "ucdp": {"conflict": ("A: Government",), "side_b": ("Rebels",)},
            "governorates": {"North": ("North Governorate", "Nord"), "South": ("South Governorate",)},
        }
    )
