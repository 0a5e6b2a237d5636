"""The record that goes with a report: what went in, with which values, under which versions, and the hash of all that came out.

It holds nothing of the machine, so two machines with one lock write the same. Versions are those of the lock: what is installed
has to be among them (`strangers` says what is not), and Python itself is left out, since the outputs are equal on all that are supported.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOCK = "requirements.txt"


def manifest(root: Path, *, parameters: Mapping[str, Any], inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """The manifest as text: JSON, sorted, a line each."""
    content = {
        "about": "sha256 of every input and output of this build; `escalation verify` makes it again and compares",
        "parameters": {name: dict(values) for name, values in parameters.items()},
        "versions": {name: " or ".join(versions) for name, versions in wanted(root).items()},
        "inputs": dict(inputs),
        "outputs": dict(outputs),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def wanted(root: Path) -> dict[str, list[str]]:
    """The locked versions (more than one where Python's version decides) of the libraries that the project itself names."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        lock = (root / LOCK).read_text("utf-8")
    except (OSError, KeyError):
        return {}
    names = {_plain(re.split(r"[^A-Za-z0-9._-]", each)[0]) for each in project.get("dependencies", [])}
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        if _plain(name) in names:
            found.setdefault(_plain(name), []).append(version)
    return dict(sorted(found.items()))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def strangers(root: Path) -> list[str]:
    """Libraries whose installed version is not the locked one, a line each."""
    # reads what is installed: most runs do without it
    import importlib.metadata

    lines = []
    for name, versions in wanted(root).items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "not"
        if installed not in versions:
            lines.append(f"{name}: {installed} is installed, {LOCK} says {' or '.join(versions)}; the bytes may differ")
    return lines
