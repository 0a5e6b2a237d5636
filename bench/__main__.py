"""`make bench`: how fast, as ratios within one run. Writes its sections of bench/RESULTS.md."""

import argparse
import importlib
import tempfile
from pathlib import Path

from bench.build import copy
from bench.results import machine, put

# each has TITLE and report(root, rounds): the lines of its section, measured on a copy of the project
SECTIONS = ("bench.build", "bench.event_files", "bench.workbench", "bench.sweep")


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=SECTIONS)
    parser.add_argument("--dry", action="store_true", help="print, and leave RESULTS.md as it is")
    parser.add_argument(
        "--events", type=Path, help="a GED file whose rows are repeated, for the section on event files"
    )
    parser.add_argument(
        "--choices",
        type=int,
        default=200,
        help="how many at random, for --only bench.explorer (a run of papermill each)",
    )
    options = parser.parse_args()
    for name in options.only:
        section = importlib.import_module(name)
        lines = [f"`make bench` on {machine()}.", ""]
        given = {"source": options.events} if options.events and name == "bench.event_files" else {}
        given |= {"choices": options.choices} if name == "bench.explorer" else {}
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for line in section.report(
                copy(Path(__file__).parents[1], Path(folder) / "project"), options.rounds, **given
            ):
                print(line, flush=True)
                lines.append(line)
        if not options.dry:
            put(section.TITLE, lines)


if __name__ == "__main__":
    main()
