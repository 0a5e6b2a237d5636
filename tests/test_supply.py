"""What the project stands on can be had again, to the byte, and may be used."""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

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
    versions = [
        {
            (canonicalize_name(each.name), str(each.marker)): str(each.specifier)
            for each in supply.locked(lock)
        }
        for lock in LOCKS
    ]
    for smaller, larger in pairwise(versions):
        assert {} == {
            name: version for name, version in smaller.items() if larger.get(name, version) != version
        }
        assert {name for name, _ in smaller} <= {name for name, _ in larger}


def test_the_locks_are_of_this_pyproject() -> None:
    """Each library that pyproject.toml names is locked, at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, named in zip(
        LOCKS, (project["dependencies"], extras["dev"] + extras["cluster"], extras["maintain"]), strict=True
    ):
        pinned: dict[str, list[str]] = {}
        for pin in supply.locked(lock):
            pinned.setdefault(canonicalize_name(pin.name), []).append(version(pin))
        for each in map(Requirement, named):
            assert pinned.get(canonicalize_name(each.name)), (
                f"{lock}: {each.name} is not locked; run `make lock`"
            )
            assert any(
                each.specifier.contains(version) for version in pinned[canonicalize_name(each.name)]
            ), f"{lock}: {each}; run `make lock`"


def pins_here(lock: str) -> list[Requirement]:
    """The pins of a lock that pip installs on this machine; skips where other versions than these are
    installed."""
    pins = [each for each in supply.locked(lock) if not each.marker or each.marker.evaluate()]
    installed = {canonicalize_name(each.name): each.version for each in importlib.metadata.distributions()}
    others = [str(pin) for pin in pins if installed.get(canonicalize_name(pin.name)) != version(pin)]
    if others:
        pytest.skip(f"not installed, so what they ask for is not known: {', '.join(others)} ({lock})")
    return pins


def version(pin: Requirement) -> str:
    return str(pin.specifier).removeprefix("==")


def asked(pin: Requirement) -> list[Requirement]:
    """What an installed package asks for on this machine, its pinned extras included."""
    extras = {"", *pin.extras}
    wanted = map(Requirement, importlib.metadata.requires(pin.name) or [])
    return [
        each
        for each in wanted
        if not each.marker or any(each.marker.evaluate({"extra": one}) for one in extras)
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_with_an_extra_is_pinned_with_it_and_without(lock: str) -> None:
    """For pips before 23.3 these are two packages, and a pin of one says nothing about the other."""
    pins = pins_here(lock)
    needed = [each for pin in pins for each in asked(pin) if each.extras]
    assert needed
    for each in needed:
        pinned = [pin.extras for pin in pins if canonicalize_name(pin.name) == canonicalize_name(each.name)]
        assert set() in pinned, f"{lock}: {each.name} without extras is not pinned; run `make lock`"
        assert any(each.extras <= extras for extras in pinned), (
            f"{lock}: {each} is not pinned; run `make lock`"
        )


def release(index: Path, name: str, number: str) -> str:
    """Adds an empty wheel that asks for what the installed package of that name asks for; gives its
    SHA-256."""
    kept = ("Requires-Dist", "Requires-Python", "Provides-Extra")
    real = [f"{key}: {value}" for key, value in importlib.metadata.metadata(name).items() if key in kept]
    stem = f"{canonicalize_name(name).replace('-', '_')}-{number}"
    wheel = index / canonicalize_name(name) / f"{stem}-py3-none-any.whl"
    wheel.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as file:
        headers = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}", *real]
        file.writestr(f"{stem}.dist-info/METADATA", "\n".join(headers))
        file.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{stem}.dist-info/RECORD", "")
    with (wheel.parent / "index.html").open("a", encoding="utf-8") as page:
        page.write(f'<a href="{wheel.name}">{wheel.name}</a>\n')
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


Install = Callable[[list[Requirement]], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Resolves pins as the README says, with the pip that Python brings, without a network and long after.

    The index is a folder with each locked version and a newer release of it."""
    index, venv = tmp_path_factory.mktemp("index"), tmp_path_factory.mktemp("new") / "venv"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, env=environment)
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    hashes: dict[str, str] = {}

    def run(pins: list[Requirement]) -> subprocess.CompletedProcess[str]:
        for name, number in {pin.name: version(pin) for pin in pins if pin.name not in hashes}.items():
            hashes[name] = release(index, name, number)
            release(index, name, ".".join(map(str, [*Version(number).release, 1])))
        lock = venv / "requirements.txt"
        lock.write_text(
            "".join(f"{pin} --hash=sha256:{hashes[pin.name]}\n" for pin in pins), encoding="utf-8"
        )
        told = ["install", "--dry-run", "--quiet", "--report=-", f"--index-url={index.as_uri()}"]
        command = [python, "-m", "pip", *told, "--require-hashes", "-r", lock]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("lock", ("requirements.txt", "requirements-dev.txt"))
def test_newer_releases_do_not_break_an_installation(lock: str, install: Install) -> None:
    """The locked versions, all of them and nothing else, are installed years later too."""
    pins = pins_here(lock)
    ran = install(pins)
    assert 0 == ran.returncode, ran.stderr
    would = [each["metadata"] for each in json.loads(ran.stdout)["install"]]
    found = {canonicalize_name(each["name"]): each["version"] for each in would}
    assert {canonicalize_name(pin.name): version(pin) for pin in pins} == found


def test_the_readme_the_makefile_and_the_ci_install_the_same() -> None:
    """A new machine is tested with the commands that a reader is told, in each of the ways told."""
    readme, makefile, ci = ((ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile", ".ci/run"))
    told = re.findall(r"^make ([a-z]+) +#", readme, re.MULTILINE)
    assert told and sorted(told) == sorted(re.findall(r"^make ([a-z]+)$", ci, re.MULTILINE))
    recipe = makefile.split("\n$(VENV)/run.stamp:")[1].split("\n\n")[0]
    told = re.findall(r"^\.venv/bin/python -m pip install (.+)$", readme, re.MULTILINE)
    assert told and told == re.findall(r"\$\(INSTALL\) ([^;]+);", recipe)


def test_licences_are_compatible() -> None:
    """Every dependency may be used by a project under MIT."""
    here, wrong, _ = supply.licences()
    assert [] == [f"{name}: {', '.join(sorted(here[name]))}" for name in wrong]
    assert len(here) > 50


def test_nothing_is_fetched_in_a_build() -> None:
    """No module but the one that fetches names a way to the network."""
    reaching = re.compile(
        r"\b(?:urllib\.request|requests|httpx|aiohttp|socket\.create_connection|ftplib|smtplib|pooch)\b"
    )
    found = {
        path.name
        for path in sorted((ROOT / "escalation").rglob("*.py"))
        if reaching.search(path.read_text(encoding="utf-8"))
    }
    assert found <= {"fetch.py"}


def test_an_audit_that_knows_nothing_says_so() -> None:
    """What could not be looked up is not counted as sound."""
    skipped = (
        '{"dependencies": [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns":'
        ' [{"id": "PYSEC-1"}]}]}'
    )
    assert (["b 1: PYSEC-1"], 1, 1) == supply.audited(skipped)
