"""`make bench`: how fast, as ratios within one run. Writes bench/RESULTS.md."""

import argparse
import importlib
import os
import platform
import tempfile
from pathlib import Path

from bench.pipeline import copy

HERE = Path(__file__).parent

# each has report(root, rounds): the lines of its section, measured on a copy of the project
SECTIONS = ("bench.pipeline", "bench.sweep")


def machine() -> str:
    """What it ran on, without names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=SECTIONS)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    lines = ["# How fast\n", f"`make bench` on {machine()}; load before it began: {load:.1f}. Ratios hold elsewhere, seconds do not.\n"]
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for line in importlib.import_module(name).report(copy(HERE.parent, Path(folder) / "project"), options.rounds):
                print(line, flush=True)
                lines.append(line)
        lines.append("")
    if options.only == SECTIONS:
        (HERE / "RESULTS.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
