"""What ran, beside what was made: commit, versions and duration of the build that put the report in place. It
differs from run to run, so it is no output: git, `verify` and the manifest leave it out."""

import contextlib
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

from escalation.build.code import versions

FILE = ".build/run.json"


def begun(root: Path) -> dict[str, Any]:
    """What is known before a step runs: commit (blank outside git), whether files that git has differ from it,
    Python, the version of each locked library that is installed."""
    return {
        "about": "the run that made this report; the manifest is the same for every run, this file is not",
        "commit": _git(root, "rev-parse", "HEAD"),
        "differs_from_commit": bool(_git(root, "status", "--porcelain", "--untracked-files=no")),
        "python": platform.python_version(),
        "versions": versions(root),
    }


def write(root: Path, record: dict[str, Any], *, seconds: float) -> None:
    """`.build/run.json` of the project: `record` of `begun`, and seconds."""
    path = root / FILE
    content = record | {"seconds": round(seconds, 1)}
    with contextlib.suppress(OSError):  # a project that may only be read is built elsewhere
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)  # a link that somebody planted is not written through
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8", newline="\n")


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):  # no git, or no repository
        return ""
    return said.stdout.strip()
