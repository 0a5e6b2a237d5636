"""The record that goes with a report: what went in, with which values, under which versions, and the hash of
all that came out.

It holds nothing of the machine, so two machines with one lock write the same. Versions are those of the lock:
what is installed has to be among them (`strangers` says what is not), and Python itself is left out, since
the outputs are equal on all that are supported.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from escalation.build.code import LOCK, installed, locked, plain


def manifest(
    root: Path, *, parameters: Mapping[str, Any], inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> str:
    """The manifest as text: JSON, sorted, a line each."""
    content = {
        "about": (
            "sha256 of every input and output of this build; `escalation verify` makes it again and compares"
        ),
        "parameters": {name: dict(values) for name, values in parameters.items()},
        "versions": {name: " or ".join(versions) for name, versions in wanted(root).items()},
        "inputs": dict(inputs),
        "outputs": dict(outputs),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def wanted(root: Path) -> dict[str, list[str]]:
    """The locked versions (more than one where Python's version decides) of the libraries that the project
    itself names."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    except (OSError, KeyError):
        return {}
    names = {plain(re.split(r"[^A-Za-z0-9._-]", each)[0]) for each in project.get("dependencies", [])}
    return {name: versions for name, versions in sorted(locked(root).items()) if name in names}


def strangers(root: Path) -> list[str]:
    """Libraries whose installed version is not the locked one, a line each."""
    known = installed()
    said = "{} is installed, {} says {}; the bytes may differ"
    return [
        f"{name}: {said.format(known.get(name, 'not'), LOCK, ' or '.join(versions))}"
        for name, versions in wanted(root).items()
        if known.get(name, "not") not in versions
    ]
