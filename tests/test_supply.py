"""What the project stands on can be had again, to the byte, and may be used."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench import supply

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-maintain.txt")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_version_and_a_hash(lock: str) -> None:
    """Nobody can put another file in the place of one that is pinned."""
    assert [] == supply.unhashed(lock)
    assert supply.locked(lock)


def test_the_locks_agree() -> None:
    """Who runs the tests runs them on the versions that make the report."""
    versions = [{(canonicalize_name(each.name), str(each.marker)): str(each.specifier) for each in supply.locked(lock)} for lock in LOCKS]
    for smaller, larger in pairwise(versions):
        assert {} == {name: version for name, version in smaller.items() if larger.get(name, version) != version}
        assert {name for name, _ in smaller} <= {name for name, _ in larger}


def test_the_locks_are_of_this_pyproject() -> None:
    """Each library that pyproject.toml names is locked, at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, named in zip(LOCKS, (project["dependencies"], extras["dev"] + extras["cluster"], extras["maintain"]), strict=True):
        pinned = {
            canonicalize_name(each.name): [str(other.specifier)[2:] for other in supply.locked(lock) if other.name == each.name]
            for each in supply.locked(lock)
        }
        for each in map(Requirement, named):
            assert pinned.get(canonicalize_name(each.name)), f"{lock}: {each.name} is not locked; run `make lock`"
            assert any(each.specifier.contains(version) for version in pinned[canonicalize_name(each.name)]), (
                f"{lock}: {each}; run `make lock`"
            )


def test_licences_are_compatible() -> None:
    """Every dependency may be used by a project under MIT."""
    here, wrong, _ = supply.licences()
    assert [] == [f"{name}: {', '.join(sorted(here[name]))}" for name in wrong]
    assert len(here) > 50


def test_nothing_is_fetched_in_a_build() -> None:
    """No module but the one that fetches names a way to the network."""
    reaching = re.compile(r"\b(?:urllib\.request|requests|httpx|aiohttp|socket\.create_connection|ftplib|smtplib|pooch)\b")
    found = {path.name for path in sorted((ROOT / "escalation").rglob("*.py")) if reaching.search(path.read_text(encoding="utf-8"))}
    assert found <= {"fetch.py"}


def test_an_audit_that_knows_nothing_says_so() -> None:
    """What could not be looked up is not counted as sound."""
    skipped = '{"dependencies": [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]}'
    assert (["b 1: PYSEC-1"], 1, 1) == supply.audited(skipped)
