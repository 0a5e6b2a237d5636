"""bench/RESULTS.md: a section for each thing that was measured, replaced when it is measured again."""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

FILE = Path(__file__).with_name("RESULTS.md")
HEAD = """# What was measured

Each section is written by the command it names. Ratios within one run hold elsewhere; seconds are those of the machine it names.
How hard it was tried (fuzzing, coverage, supply) stands in `HARDNESS.md`, what mutants showed in `MUTATION.md`.
"""


def machine() -> str:
    """What it ran on, without names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}; load"
        f" when it began {os.getloadavg()[0]:.1f}"
    )


def put(title: str, lines: Sequence[str]) -> None:
    """Write a section under `## title`, in place of the one that stood there."""
    text = FILE.read_text("utf-8") if FILE.exists() else HEAD
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    kept = [section.strip() for section in sections if not section.startswith(f"## {title}\n")]
    kept.append("\n".join([f"## {title}", "", *lines]).strip())
    FILE.write_text("\n\n".join([head.strip(), *sorted(kept)]) + "\n", "utf-8")
