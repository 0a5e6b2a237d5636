"""Mutation testing of phases, timing, series and evidence: `python -m bench.mutants [SHARE [SEED]]` (0.1 and
1 without: every tenth mutant, drawn by that seed).

mutmut changes the code a little, one place at a time, in a copy; a mutant that all tests pass has survived:
either a test is missing, or the change makes no difference. Survivors are explained in bench/MUTATION.md.
Which modules and tests: `[tool.mutmut]` in pyproject.toml.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SURVIVED = 0  # the tests' own exit code: they passed
FOLDERS = ("bench", "data", "escalation", "notebooks", "scenarios", "seeds", "tests")
FILES = ("pyproject.toml", "requirements.txt")


def mutmut(copy: Path, *names: str) -> None:
    """Runs it; its spinner is nobody's business."""
    subprocess.run(
        [sys.executable, "-m", "mutmut", "run", *names],
        cwd=copy,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def results(copy: Path) -> dict[str, int | None]:
    """Each mutant with the exit code of the tests; None if it was not run."""
    found: dict[str, int | None] = {}
    for file in sorted((copy / "mutants").rglob("*.meta")):
        found |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def main() -> None:
    """A sample by a fixed seed, so that a survivor of one run is looked for in the next; another seed for a
    sample that no test was written for."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants")
    parser.add_argument("share", type=float, nargs="?", default=0.1)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    options = parser.parse_args()
    copy = Path(tempfile.mkdtemp(prefix="mutants-"))
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "built"))
    for file in FILES:
        shutil.copy(ROOT / file, copy / file)
    mutmut(copy, "escalation.counts.daily.x_numbers_of*")  # makes all mutants, runs these
    every = sorted(results(copy))
    sample = sorted(random.Random(options.seed).sample(every, round(len(every) * options.share)))
    mutmut(copy, *sample)
    ran = {name: code for name, code in results(copy).items() if name in set(sample) and code is not None}
    survivors = sorted(name for name, code in ran.items() if code == SURVIVED)
    modules = Counter(name.rsplit(".", 1)[0] for name in ran)
    alive = Counter(name.rsplit(".", 1)[0] for name in survivors)
    for module, count in sorted(modules.items()):
        print(f"{module:40} {count:5} mutants, {alive[module]:4} survived")
    print(
        f"{len(every)} mutants, {len(ran)} run, {len(ran) - len(survivors)} killed"
        f" ({1 - len(survivors) / max(1, len(ran)):.0%}), {len(survivors)} survived"
    )
    for name in survivors:
        subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=copy, check=False)


if __name__ == "__main__":
    main()
