"""`make faults`: kill, starve, lock out and feed rubbish to builds of a copy of the project, and see what is left.

After every fault the published report has to be old and whole or new and whole, the next build has to work, nothing may be left lying about,
and the message has to be in plain lines. Writes its section of bench/RESULTS.md. `--quick` does a few of each.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.pipeline import ESCALATION, copy
from bench.results import machine, put
from escalation.pipeline.graph import OUTPUTS, digest, files

TITLE = "Faults"


class Broken(AssertionError):
    """A fault that did harm."""


class Patient:
    """A copy of the project with a published report, and a change that makes another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notebook = root / "notebooks/1_dataset.ipynb"
        self.plain = self.notebook.read_text("utf-8")
        changed = json.loads(self.plain)
        changed["cells"][-1]["source"] = [*changed["cells"][-1]["source"], "\n# changed"]
        self.changed = json.dumps(changed)
        self.turn(new=True)
        self.build()
        self.new = self.state()
        self.turn(new=False)
        began = time.perf_counter()
        self.build("--force")
        self.takes = time.perf_counter() - began
        self.old = self.state()

    def turn(self, *, new: bool) -> None:
        """The notebook as it is, or changed."""
        self.notebook.write_text(self.changed if new else self.plain, "utf-8")

    def state(self) -> dict[str, str]:
        """Path to hash of all that is published."""
        return {path: digest(self.root / path) for path in files(self.root, OUTPUTS)}

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        """A build under way."""
        command = [str(ESCALATION), "build", *options]
        surroundings = os.environ | {"ESCALATION_ROOT": str(self.root)} | environment
        return subprocess.Popen(command, cwd=self.root, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def build(self, *options: str) -> str:
        """A build that has to succeed. Returns what it said."""
        process = self.start(*options)
        said = "".join(process.communicate(timeout=600))
        if process.returncode:
            raise Broken(f"a build failed: {said[-2000:]}")
        return said

    def check(self, *states: dict[str, str]) -> None:
        """What is published is one of these, whole."""
        now = self.state()
        if now not in states:
            odd = sorted(path for path in {*now, *states[0]} if now.get(path) != states[0].get(path))
            raise Broken(f"the report is neither old nor new: {odd}")

    def heal(self, expected: dict[str, str]) -> None:
        """The next build works, ends in the expected report and leaves nothing lying about."""
        self.build()
        self.check(expected)
        left = [path.name for path in (self.root / ".build").iterdir() if path.name.startswith(("stage-", "journal", ".new"))]
        if left:
            raise Broken(f"left lying about: {left}")

    def fails(self, process: subprocess.Popen[str]) -> str:
        """A build that has to fail, in plain lines and with the old report left. Returns its last lines."""
        _, said = process.communicate(timeout=900)
        if process.returncode not in (1, 2):
            raise Broken(f"exit code {process.returncode}: {said[-2000:]}")
        if "Traceback" in said:
            raise Broken(f"a traceback: {said[-2000:]}")
        return said


def kills(patient: Patient, quick: bool) -> Iterator[str]:
    """kill -9 of the command, at moments spread over the whole build."""
    points = 5 if quick else 25
    seen: Counter[str] = Counter()
    for point in range(points):
        patient.turn(new=True)
        process = patient.start("--force")
        try:
            process.wait(patient.takes * (point + 0.5) / points)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        seen[
            "old and whole"
            if patient.state() == patient.old
            else "new and whole"
            if patient.state() == patient.new
            else "between two renames"
        ] += 1
        patient.heal(patient.new)
        patient.turn(new=False)
        patient.heal(patient.old)
    yield f"| `kill -9` at {points} moments spread over a build | {', '.join(f'{count} {what}' for what, count in seen.items())}; the next build right every time |"


def together(patient: Patient, quick: bool) -> Iterator[str]:
    """Two and four builds at once."""
    for number in (2, 4):
        processes = [patient.start("--force") for _ in range(number)]
        for process in processes:
            said = "".join(process.communicate(timeout=900))
            if process.returncode:
                raise Broken(said[-2000:])
        patient.heal(patient.old)
        yield f"| {number} builds started at once | each waited its turn and succeeded |"


def workers(patient: Patient, quick: bool) -> Iterator[str]:
    """The process that runs the notebooks, or a kernel, is killed under the build."""
    for what, options in (("escalation.pipeline.warm", ()), ("ipykernel_launcher", ("--engine", "kernel"))):
        patient.turn(new=True)
        process = patient.start("--force", *options)
        victim = _child(process.pid, what, patient.takes * 4)
        os.kill(victim, signal.SIGKILL)
        said = patient.fails(process)
        patient.check(patient.old)
        patient.heal(patient.new)
        patient.turn(new=False)
        patient.heal(patient.old)
        yield f"| `kill -9` of {what.split('.')[-1]} | {_last(said)} |"
    said = patient.fails(patient.start("--force", "--time-limit", "1"))
    patient.check(patient.old)
    patient.heal(patient.old)
    yield f"| a time limit of one second | {_last(said)} |"


def _child(process: int, name: str, patience: float) -> int:
    """The first process below this one that has `name` among its words."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        parents = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(entry.name)] = (
                    int(re.sub(r".*\) ", "", (entry / "stat").read_text()).split()[1]),
                    (entry / "cmdline").read_text(),
                )
            except (OSError, IndexError):
                continue
        for each, (_, words) in parents.items():
            above = each
            while above in parents and above != process:
                above = parents[above][0]
            if above == process and each != process and name in words:
                time.sleep(0.5)
                return each
        time.sleep(0.05)
    raise Broken(f"no {name} was started")


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Something mounted on a folder; needs the right to mount."""
    subprocess.run(["mount", *options, str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def read_only(patient: Patient, quick: bool) -> Iterator[str]:
    """Folders that cannot be written to, one after the other."""
    for name in ("reports", "figures", "data/built"):
        folder = patient.root / name
        patient.turn(new=True)
        with mounted(folder, "--bind", str(folder)):
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
            said = patient.fails(patient.start("--force"))
            patient.check(patient.old)
        patient.heal(patient.new)
        patient.turn(new=False)
        patient.heal(patient.old)
        yield f"| {name}/ read-only | {_last(said)} |"


def full_disk(patient: Patient, quick: bool) -> Iterator[str]:
    """A disk that is full at one point or another of the build."""
    used = sum(path.stat().st_size for path in patient.root.rglob("*") if path.is_file() and ".build" not in path.parts) // 1024 + 2048
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="disk-") as name:
        for spare in (200, 3000) if quick else (64, 200, 600, 1500, 3000, 5000, 8000, 12000):
            with mounted(Path(name), "-t", "tmpfs", "-o", f"size={used + spare}k", "tmpfs"):
                root = Path(name) / "project"
                shutil.copytree(patient.root, root, ignore=shutil.ignore_patterns(".build"))
                small = object.__new__(Patient)
                small.__dict__ |= patient.__dict__ | {"root": root, "notebook": root / "notebooks/1_dataset.ipynb"}
                small.turn(new=True)
                process = small.start("--force")
                _, said = process.communicate(timeout=900)
                if process.returncode == 0:
                    small.check(small.new)
                    seen["had room enough"] += 1
                elif process.returncode in (1, 2) and "Traceback" not in said:
                    small.check(small.old)
                    seen[_last(said)] += 1
                else:
                    raise Broken(said[-2000:])
                subprocess.run(["mount", "-o", f"remount,size={used * 8}k", name], check=True)
                small.heal(small.new)
    yield f"| a disk with too little room, {sum(seen.values())} sizes | {'; '.join(f'{count} × {what}' for what, count in seen.items())} |"


def rubbish(patient: Patient, quick: bool) -> Iterator[str]:
    """Every input cut in half, and every input with bytes of it replaced at random."""
    chance = random.Random(1)
    inputs = [
        path for path in files(patient.root, ["data", "seeds", "notebooks"]) if not path.startswith(OUTPUTS) and not path.endswith(".md")
    ]
    seen: Counter[str] = Counter()
    silent = []
    for path in chance.sample(inputs, 6) if quick else inputs:
        whole = (patient.root / path).read_bytes()
        garbled = bytearray(whole)
        for _ in range(max(20, len(whole) // 200)):
            garbled[chance.randrange(len(whole))] = chance.randrange(256)
        for what, content in (("cut", whole[: len(whole) // 2]), ("garbled", bytes(garbled))):
            (patient.root / path).write_bytes(content)
            process = patient.start()
            _, said = process.communicate(timeout=900)
            if process.returncode in (1, 2):
                if "Traceback" in said:
                    raise Broken(f"{path} {what}: a traceback: {said[-2000:]}")
                patient.check(patient.old)
                seen[f"{what}: refused"] += 1
            elif process.returncode == 0:
                seen[f"{what}: built, differently" if patient.state() != patient.old else f"{what}: built, the same"] += 1
                silent.append(f"{path} ({what})")
            else:
                raise Broken(f"{path} {what}: exit code {process.returncode}: {said[-2000:]}")
            (patient.root / path).write_bytes(whole)
            patient.heal(patient.old)
    yield f"| every input cut in half or garbled, {sum(seen.values())} builds | {', '.join(f'{count} {what}' for what, count in sorted(seen.items()))} |"
    if silent:
        yield f"| of these accepted | {', '.join(silent)} |"


def _last(said: str) -> str:
    """The line that names the cause, without places of this machine."""
    lines = [line for line in said.splitlines() if line and not line.endswith("…") and " done in " not in line and "untouched" not in line]
    return re.sub(r"(/[\w.=+-]+)+/(project|stage-\w+)", "…", lines[0] if lines else "")[:200].replace("|", "/")


KINDS: dict[str, Callable[[Patient, bool], Iterator[str]]] = {
    "kills": kills,
    "together": together,
    "workers": workers,
    "read_only": read_only,
    "full_disk": full_disk,
    "rubbish": rubbish,
}


def main() -> None:
    """Do all of it; the first harm ends it with exit code 1."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    lines = [
        f"`make faults` on {machine()}. After each: the published report whole, the next build right, nothing left lying about.",
        "",
        "| fault | what came of it |",
        "|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        patient = Patient(copy(Path(__file__).parents[1], Path(folder) / "project"))
        for name in options.only:
            try:
                for line in KINDS[name](patient, options.quick):
                    print(line, flush=True)
                    lines.append(line)
            except subprocess.CalledProcessError as error:
                print(f"{name}: left out, since it needs the right to mount ({error})", file=sys.stderr)
            except Broken as harm:
                sys.exit(f"{name}: {harm}")
    if options.only == list(KINDS) and not options.quick:
        put(TITLE, lines)


if __name__ == "__main__":
    main()
