"""`make faults`: kill, starve, lock out and feed rubbish to builds of a copy of the project, and see what is
left.

After every fault the published report has to be old and whole or new and whole, the next build has to work,
nothing may be left lying about, and the message has to be in plain lines. Writes its sections of
bench/RESULTS.md. `--quick` does a few of each, `--only` some kinds, `--small` takes four tiny notebooks instead
of the project's: the same command, stage, locks, store and renames, where a build of the whole would take hours.
"""

import argparse
import importlib
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.build import ESCALATION, copy
from bench.results import machine, put
from escalation.build.code import PACKAGE
from escalation.build.graph import OUTPUTS, digest, files, notebooks

TITLE = "Faults"
MARK = "ESCALATION_FAULTS"  # in the surroundings of all that a build of ours starts
PATIENCE = 1800  # seconds after which a build hangs
# the command line as it is, told of the tiny project's own check and page
SMALL = """
from escalation import cli
from escalation.build.make import Project
cli.project = lambda folder: Project(folder, checks=("toypage:check",), render="toypage:render")
cli.main()
"""
# what Python runs first if it finds it under the name of sitecustomize: a signal to itself when it is about
# to put a further file in its place
DEADLY = """
import os, sys
left, number = int(os.environ["ESCALATION_DIES_AFTER"]), int(os.environ["ESCALATION_DIES_OF"])
def heard(event, facts):
    global left
    if event == "os.rename" and f"{os.sep}tree{os.sep}" in str(facts[0]):
        left -= 1
        if left == -1:
            os.kill(os.getpid(), number)
sys.addaudithook(heard)
"""


class Broken(AssertionError):
    """A fault that did harm."""


class Patient:
    """A copy of a project with a published report, and a change of its first notebook that makes another.
    `command` builds it."""

    def __init__(self, root: Path, command: Sequence[str] = (str(ESCALATION), "build")) -> None:
        self.root, self.command = root, command
        self.temporary = root.parent / "tmp"
        self.temporary.mkdir()
        self.notebook = notebooks(root)[0]
        self.plain = self.notebook.read_text("utf-8")
        self.turn(new=True)
        began = time.perf_counter()
        self.build()
        self.takes = time.perf_counter() - began
        self.new = self.state()
        self.turn(new=False)
        self.build()  # what the change does not touch is stored
        self.old = self.state()
        if self.old == self.new:
            raise Broken("the change of a notebook makes no other report, so nothing could be told")

    def turn(self, *, new: bool, more: str = "# changed") -> None:
        """The notebook as it is, or with `more` in the last cell that a build runs."""
        notebook = json.loads(self.plain)
        run = [
            cell
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
            and "interactive" not in cell["metadata"].get("tags", [])
            and not "".join(cell["source"]).startswith("%%")  # text, in which no code runs
        ]
        last = run[-1]
        last["source"] = "".join(last["source"]) + f"\n{more}"
        self.notebook.write_text(json.dumps(notebook) if new else self.plain, "utf-8")

    def state(self) -> dict[str, str]:
        """Path to hash of all that is published."""
        return {path: digest(self.root / path) for path in files(self.root, OUTPUTS)}

    def start(self, *options: str, before: Sequence[str] = (), **environment: str) -> subprocess.Popen[str]:
        """A build under way, perhaps with another command `before` it."""
        surroundings = (
            os.environ
            | {"ESCALATION_ROOT": str(self.root), "TMPDIR": str(self.temporary), MARK: str(self.temporary)}
            | environment
        )
        command = [*before, *self.command, *options]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def build(self, *options: str, **more: Any) -> str:
        """A build that has to succeed. Returns what it said."""
        process = self.start(*options, **more)
        said = "".join(process.communicate(timeout=PATIENCE))
        if process.returncode:
            raise Broken(f"a build failed: {said[-2000:]}")
        return said

    def check(self, *states: dict[str, str]) -> None:
        """What is published is one of these, whole."""
        now = self.state()
        if now not in states:
            odd = sorted(path for path in {*now, *states[0]} if now.get(path) != states[0].get(path))
            raise Broken(f"the report is neither old nor new: {odd}")

    def stands(self) -> str:
        """What is published, in words."""
        now = self.state()
        return (
            "old and whole"
            if now == self.old
            else "new and whole"
            if now == self.new
            else "between two renames"
        )

    def heal(self, expected: dict[str, str]) -> None:
        """The next build works, ends in the expected report and leaves nothing lying about."""
        self.build()
        self.check(expected)
        left = [
            path
            for path in (self.root / ".build").rglob("*")
            if path.name.startswith(("stage-", "journal", ".new"))
        ]
        left += [path for path in (self.root / ".build" / "home" / "run").rglob("kernel-*")] + list(
            self.temporary.iterdir()
        )
        if left:
            raise Broken(f"left lying about: {sorted(path.name for path in left)}")
        self.quiet()

    def quiet(self) -> None:
        """Nothing that a build started runs on."""
        for _ in range(40):
            running = [name for place in Path("/proc").glob("[0-9]*") if (name := self._ours(place))]
            if not running:
                return
            time.sleep(0.25)
        raise Broken(f"still running: {running}")

    def _ours(self, place: Path) -> str:
        """The words of a process that was started by us; none for any other."""
        try:
            ours = f"{MARK}={self.temporary}\0".encode() in (place / "environ").read_bytes()
            return (place / "cmdline").read_text().replace("\0", " ") if ours else ""
        except OSError:  # gone meanwhile, or somebody else's
            return ""

    def fails(self, process: subprocess.Popen[str], cause: str) -> str:
        """A build that has to fail, in plain lines of which the first names the cause (a pattern), and with
        the old report left. Returns that line."""
        _, said = process.communicate(timeout=PATIENCE)
        if process.returncode not in (1, 2):
            raise Broken(f"exit code {process.returncode}: {said[-2000:]}")
        if "Traceback" in said:
            raise Broken(f"a traceback: {said[-2000:]}")
        self.check(self.old)
        line = _line(said)
        if not re.search(cause, line):
            raise Broken(f"the message does not name the cause ({cause}): {said[-2000:]}")
        return line

    def again(self) -> None:
        """The change can be built now, and taken back."""
        self.turn(new=True)
        self.heal(self.new)
        self.turn(new=False)
        self.heal(self.old)


@contextmanager
def project(*, small: bool) -> Iterator[Patient]:
    """A published copy of the project, or of the tests' tiny one, in a folder with a short name, since sockets
    of kernels are named after it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        root, here = Path(folder) / "project", Path(__file__).parents[1]
        if not small:
            yield Patient(copy(here, root))
            return
        sys.path.insert(0, str(here / "tests" / "build"))
        tiny = importlib.import_module("tiny")
        before = os.environ.get("PYTHONPATH")
        try:
            os.environ["PYTHONPATH"] = os.pathsep.join(
                [str(tiny.make(root) / "library"), *filter(None, [before])]
            )
            yield Patient(root, [sys.executable, "-c", SMALL, "build"])
        finally:
            os.environ.pop("PYTHONPATH")
            os.environ |= {} if before is None else {"PYTHONPATH": before}


def kills(patient: Patient, quick: bool) -> Iterator[str]:
    """kill -9 of the command, at moments spread over the whole build."""
    points = 3 if quick else 25
    seen: Counter[str] = Counter()
    for point in range(points):
        patient.turn(new=True)
        process = patient.start("--force")
        try:
            process.wait(patient.takes * (point + 0.5) / points)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        seen[patient.stands()] += 1
        patient.again()
        print(f"killed at {(point + 0.5) / points:.0%}: {dict(seen)}", file=sys.stderr, flush=True)
    yield (
        f"| `kill -9` at {points} moments spread over a build |"
        f" {', '.join(f'{count} {what}' for what, count in seen.items())}; the next build right every time |"
    )


def renames(patient: Patient, quick: bool) -> Iterator[str]:
    """kill -9 of the command at chosen renames of its publishing: every one at which the report is part old,
    part new, and some others."""
    order, between, points = _points(patient, quick)
    seen: Counter[str] = Counter()
    for point in points:
        process, _ = _at_rename(patient, point, signal.SIGKILL)
        if process.returncode != -signal.SIGKILL:
            raise Broken(f"rename {point}: exit code {process.returncode} instead of a kill")
        seen[patient.stands()] += 1
        patient.again()
        print(f"killed after {point} of {len(order)} renames: {dict(seen)}", file=sys.stderr, flush=True)
    if seen["between two renames"] < len(between):
        raise Broken(
            f"{seen['between two renames']} of {len(between)} kills fell between two renames: {dict(seen)}"
        )
    yield (
        f"| `kill -9` after {', '.join(map(str, points))} of {len(order)} renames |"
        f" {', '.join(f'{count} {what}' for what, count in seen.items())}; the next build right every time |"
    )


def interrupts(patient: Patient, quick: bool) -> Iterator[str]:
    """An interrupt from the keyboard, and the end of a service, at the same renames: the swap is finished
    first, and the last line says so."""
    order, _, points = _points(patient, quick)
    points = points[-1:] if quick else points
    for number in (signal.SIGINT, signal.SIGTERM):
        for point in points:
            process, said = _at_rename(patient, point, number)
            if process.returncode != 130 or said.splitlines()[-1:] != [
                "stopped; the new report is in place, whole"
            ]:
                raise Broken(f"rename {point}: exit code {process.returncode}, {said[-2000:]}")
            patient.check(patient.new)
            patient.again()
        yield (
            f"| {number.name} after {', '.join(map(str, points))} of {len(order)} renames | new and whole"
            " every time, and said so |"
        )


def _points(patient: Patient, quick: bool) -> tuple[list[str], set[int], list[int]]:
    """The outputs in the order in which they are put in place; how many renames leave the report part old,
    part new; these and some others."""
    order = sorted(patient.new)
    changed = [place for place, path in enumerate(order) if patient.new[path] != patient.old.get(path)]
    between = {place + 1 for place in changed[:-1]}
    others = {0, len(order) - 1} if quick else set(range(len(order)))
    return order, between, sorted(between | others)


def _at_rename(patient: Patient, point: int, number: int) -> tuple[subprocess.Popen[str], str]:
    """A build of the changed notebook that gets a signal after so many renames, and what it said. Its results
    are stored from the first build on, so that little more than the renames is done."""
    patient.turn(new=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(DEADLY)
        path = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])
        dying = {"ESCALATION_DIES_AFTER": str(point), "ESCALATION_DIES_OF": str(int(number))}
        process = patient.start(PYTHONPATH=path, **dying)
        return process, process.communicate(timeout=PATIENCE)[1]


def together(patient: Patient, quick: bool) -> Iterator[str]:
    """Two and four builds at once."""
    for number in (2,) if quick else (2, 4):
        processes = [patient.start("--force") for _ in range(number)]
        for process in processes:
            said = "".join(process.communicate(timeout=PATIENCE))
            if process.returncode:
                raise Broken(said[-2000:])
        patient.heal(patient.old)
        yield f"| {number} builds started at once | each waited its turn and succeeded |"


def workers(patient: Patient, quick: bool) -> Iterator[str]:
    """The process that runs the notebooks, or a kernel, is killed under the build; the description of the
    kernel is missing or wrong."""
    for what, which, options, cause in (
        (
            "the process that has loaded the libraries",
            "getppid",
            ("--engine", "fork"),
            "the process that runs the notebooks is gone",
        ),
        ("a notebook's process", "getpid", ("--engine", "fork"), "ended early"),
        ("a kernel", "getpid", ("--engine", "kernel"), "Kernel died|DeadKernelError|ended early"),
    ):
        place = patient.root.parent / "process"
        # the cell itself says whom to kill, and is not done before that has happened
        tell = (
            "import os, pathlib,"
            f" time\npathlib.Path({str(place)!r}).write_text(f'{{os.{which}()}}\\n')\ntime.sleep({PATIENCE})"
        )
        patient.turn(new=True, more=tell)
        process = patient.start("--force", *options)
        os.kill(told(place, process), signal.SIGKILL)
        said = patient.fails(process, cause)
        place.unlink()
        patient.again()
        yield f"| `kill -9` of {what} | {said} |"
        if quick and which == "getpid":
            return
    hide = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs tmpfs "$0" && exec "$@"',
        str(Path(sys.prefix, "share/jupyter/kernels")),
    )
    if not subprocess.run([*hide, "true"], capture_output=True).returncode:
        patient.build("--force", "--engine", "kernel", before=hide)
        patient.heal(patient.old)
        yield "| no kernelspec in the environment | none is needed: built, the same bytes |"
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "kernels/python3/kernel.json")
        spec.parent.mkdir(parents=True)
        spec.write_text(
            json.dumps(
                {
                    "argv": ["/nowhere/python", "-f", "{connection_file}"],
                    "display_name": "x",
                    "language": "python",
                }
            )
        )
        patient.build("--force", "--engine", "kernel", JUPYTER_PATH=folder)
        patient.heal(patient.old)
        yield "| a kernelspec of the user's own that leads nowhere | not asked: built, the same bytes |"


def time_limits(patient: Patient, quick: bool) -> Iterator[str]:
    """A cell that never ends, in both engines."""
    for engine in ("fork",) if quick else ("fork", "kernel"):
        patient.turn(new=True, more="while True: pass")
        limit = max(5, round(patient.takes))
        said = patient.fails(
            patient.start("--force", "--engine", engine, "--time-limit", str(limit)), "time limit|Timeout"
        )
        patient.again()
        yield f"| a cell without end, {limit} s allowed, `--engine {engine}` | {said} |"


def told(file: Path, process: subprocess.Popen[str]) -> int:
    """The number in a file, as soon as it stands there whole."""
    while process.poll() is None:
        if file.is_file() and file.read_text().endswith("\n"):
            return int(file.read_text())
        time.sleep(0.05)
    raise Broken(f"the build ended before its notebook ran: {process.communicate()[1][-2000:]}")


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Something mounted on a folder; needs the right to mount."""
    subprocess.run(["mount", *options, str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@contextmanager
def locked_out(folder: Path) -> Iterator[None]:
    """A folder that cannot be written to: mounted so for root, whom modes do not stop, and by its mode for
    others."""
    if os.geteuid():
        mode = folder.stat().st_mode
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(mode)
    else:
        with mounted(folder, "--bind", str(folder)):
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True, capture_output=True)
            yield


def read_only(patient: Patient, quick: bool) -> Iterator[str]:
    """Folders that cannot be written to, one after the other."""
    for name in ("reports", ".build") if quick else ("reports", "figures", "data/built", ".build", "."):
        patient.turn(new=True)
        with locked_out(patient.root / name):
            said = patient.fails(
                patient.start("--force"), re.escape(name if name != "." else patient.root.name)
            )
        patient.again()
        yield f"| {'the whole project' if name == '.' else name + '/'} read-only | {said} |"


def full_disk(patient: Patient, quick: bool) -> Iterator[str]:
    """A disk that is full at one point or another of the build."""
    project = sum(
        path.stat().st_size
        for path in patient.root.rglob("*")
        if path.is_file() and ".build" not in path.parts
    )
    made = sum((patient.root / path).stat().st_size for path in patient.old)
    used = project // 1024 + 2048
    seen: Counter[str] = Counter()
    # a build needs its inputs once more, what it makes about three times over
    for part in (0.05, 1) if quick else (0.02, 0.1, 0.3, 0.6, 1, 1.5, 2, 3, 4, 6):
        with (
            tempfile.TemporaryDirectory(prefix="disk-") as name,
            mounted(Path(name), "-t", "tmpfs", "-o", "size=1g", "tmpfs"),
        ):
            root = Path(name) / "project"
            shutil.copytree(patient.root, root, ignore=shutil.ignore_patterns(".build"))
            small = object.__new__(Patient)
            small.__dict__ |= patient.__dict__ | {
                "root": root,
                "notebook": root / "notebooks" / patient.notebook.name,
            }
            small.turn(new=True)
            subprocess.run(
                ["mount", "-o", f"remount,size={used + int(part * made) // 1024}k", name],
                check=True,
                capture_output=True,
            )
            process = small.start("--force")
            _, said = process.communicate(timeout=PATIENCE)
            if process.returncode == 0:
                small.check(small.new)
                seen["had room enough"] += 1
            elif (
                process.returncode in (1, 2) and "Traceback" not in said and "No space left on device" in said
            ):
                small.check(small.old)
                seen["No space left on device"] += 1
            else:
                raise Broken(said[-2000:])
            subprocess.run(["mount", "-o", "remount,size=2g", name], check=True, capture_output=True)
            small.heal(small.new)
    yield (
        f"| a disk with too little room, {sum(seen.values())} sizes |"
        f" {', '.join(f'{count} × {what}' for what, count in seen.items())} |"
    )


def rubbish(patient: Patient, quick: bool) -> Iterator[str]:
    """Every input cut in half, tables between two rows, and every input with bytes of it replaced at
    random."""
    chance = random.Random(1)
    found = [
        path for path in files(patient.root, ["data", "seeds", "notebooks"]) if not path.startswith(OUTPUTS)
    ]
    inputs = [path for path in found if not re.search(r"\.md$|^notebooks/\D", path)]  # what a build stands on
    seen: Counter[str] = Counter()
    silent, unnamed = [], []
    for path in chance.sample(inputs, 6) if quick else inputs:
        whole = (patient.root / path).read_bytes()
        for what, content in (("cut", cut(path, whole)), ("garbled", garbled(whole, chance))):
            (patient.root / path).write_bytes(content)
            process = patient.start()
            _, said = process.communicate(timeout=PATIENCE)
            if process.returncode in (1, 2):
                if "Traceback" in said:
                    raise Broken(f"{path} {what}: a traceback: {said[-2000:]}")
                patient.check(patient.old)
                seen[f"{what}: refused"] += 1
                if Path(path).stem not in said:
                    unnamed.append(f"{path} ({what}: {_line(said)})")
            elif process.returncode == 0:
                seen[
                    (
                        f"{what}: built, differently"
                        if patient.state() != patient.old
                        else f"{what}: built, the same"
                    )
                ] += 1
                silent.append(f"{path} ({what})")
            else:
                raise Broken(f"{path} {what}: exit code {process.returncode}: {said[-2000:]}")
            print(
                f"{path} {what}: {_line(said) if process.returncode else 'built'}",
                file=sys.stderr,
                flush=True,
            )
        (patient.root / path).write_bytes(whole)
        patient.heal(patient.old)
    yield (
        f"| every input cut or garbled, {sum(seen.values())} builds |"
        f" {', '.join(f'{count} {what}' for what, count in sorted(seen.items()))} |"
    )
    for head, which in (("of these accepted", silent), ("of these refused without naming the file", unnamed)):
        if which:
            yield f"| {head} | {', '.join(which)} |"


def cut(path: str, whole: bytes) -> bytes:
    """The first half; of a table the first half of its lines, so that no row shows the cut."""
    if not path.endswith(".csv"):
        return whole[: len(whole) // 2]
    lines = whole.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2])


def garbled(whole: bytes, chance: random.Random) -> bytes:
    """With one byte in 200, and 20 at least, replaced at random."""
    out = bytearray(whole)
    for _ in range(max(20, len(whole) // 200)):
        out[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(out)


def _line(said: str) -> str:
    """The first line that says what was wrong, without places of this machine."""
    lines = [
        line
        for line in said.splitlines()
        if line and not line.endswith("…") and " done in " not in line and "untouched" not in line
    ]
    return re.sub(r"(/[\w.=+-]+)+/(project|stage-\w+)", r"\2", lines[0] if lines else "")[:200].replace(
        "|", "/"
    )


def surroundings(patient: Patient, quick: bool) -> Iterator[str]:
    """What lies about or stands beside the project: every build begins from nothing and has to give the same bytes
    as one without it."""
    root = patient.root

    def again(what: str, **more: Any) -> str:
        shutil.rmtree(root / ".build", ignore_errors=True)
        patient.build("--force", **more)
        patient.heal(patient.old)
        print(what, file=sys.stderr, flush=True)
        return f"| {what} | the same bytes |"

    rubbish_module = "raise ImportError('not the library')\n"
    lying = {
        "matplotlibrc": "lines.linewidth: 9\naxes.facecolor: black\n",
        **{
            name: rubbish_module
            for name in ("random.py", "notebooks/random.py", "sitecustomize.py", "pandas.py")
        },
    }
    for name, text in lying.items():
        (root / name).write_text(text)
    yield again("matplotlibrc, random.py, pandas.py, sitecustomize.py in the project", MATPLOTLIBRC=str(root))
    for name in lying:
        (root / name).unlink()
    with tempfile.TemporaryDirectory() as name:
        Path(name, "sitecustomize.py").write_text(
            "import os, random\nrandom.seed(1)\nos.environ['MATPLOTLIBRC'] = '/nowhere'\n"
        )
        yield again("a sitecustomize.py on PYTHONPATH that seeds and sets", PYTHONPATH=name)
    yield again(
        "LC_ALL=C, a zone 13 hours ahead, PYTHONHASHSEED=7, PYTHONOPTIMIZE=1, warnings as errors",
        LC_ALL="C", TZ="Pacific/Apia", PYTHONHASHSEED="7", PYTHONOPTIMIZE="1", PYTHONWARNINGS="error",
    )  # fmt: skip
    yield again("umask 077", before=("sh", "-c", 'umask 077; exec "$@"', "-"))
    for moment, what in ((0, "1970"), (4e9, "2096")):
        for path in files(root, ["data", "seeds", "notebooks"]):
            os.utime(root / path, (moment, moment))
        yield again(f"every input says it is of {what}")
    link = root.parent / "link"
    link.symlink_to(root)
    yield again("the project reached through a link", ESCALATION_ROOT=str(link))
    link.unlink()
    twin = root.parent / "twin"
    shutil.copytree(root, twin, copy_function=os.link, ignore=shutil.ignore_patterns(".build"))
    before = {
        path: digest(twin / path)
        for path in files(twin, ["data", "seeds", "notebooks", "figures", "reports"])
    }
    patient.turn(new=True)
    patient.heal(patient.new)
    if {path: digest(twin / path) for path in before} != before | {
        f"notebooks/{patient.notebook.name}": digest(patient.notebook)  # which the harness itself wrote into
    }:
        raise Broken("a build wrote through a hard link")
    patient.turn(new=False)
    shutil.rmtree(twin)
    yield again("every file a hard link of a twin's: the twin is untouched by a build of other values;")
    beside = patient.start("--force")
    for notebook in notebooks(root):
        command = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            notebook,
            os.devnull,
            "-p",
            "out",
            "scratch",
        ]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise Broken(f"papermill beside a build: {done.stderr[-2000:]}")
    if beside.wait(PATIENCE):
        raise Broken(f"a build beside papermill: {beside.communicate()[1][-2000:]}")
    patient.heal(patient.old)
    shutil.rmtree(root / "scratch")
    yield "| papermill on the notebooks while a build runs | both succeed, the report the same |"
    with tempfile.TemporaryDirectory() as name:
        code = Path(name)
        shutil.copytree(PACKAGE, code / "escalation", ignore=shutil.ignore_patterns("__pycache__"))
        own = code / "escalation" / "findings.py"
        save = f"import pathlib\npathlib.Path({str(own)!r}).write_bytes({own.read_bytes()!r} + b'# saved\\n')"
        patient.turn(new=True, more=save)
        patient.build("--force", PYTHONPATH=name)
        said = patient.build(PYTHONPATH=name)
        if "nothing has changed" in said:
            raise Broken("a module saved during a build is taken for the one that ran")
        patient.turn(new=False)
        patient.heal(patient.old)
    yield "| a module saved while the build runs | the next build runs again |"


KINDS: dict[str, Callable[[Patient, bool], Iterator[str]]] = {
    "kills": kills,
    "renames": renames,
    "interrupts": interrupts,
    "together": together,
    "workers": workers,
    "time_limits": time_limits,
    "read_only": read_only,
    "full_disk": full_disk,
    "rubbish": rubbish,
    "surroundings": surroundings,
}


def main() -> None:
    """Do all of it; the first harm ends it with exit code 1."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    # a shell lets what it starts in the background ignore an interrupt, and so would all that is started here
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with project(small=options.small) as patient:
        print(f"a build takes {patient.takes:.0f} s here", file=sys.stderr, flush=True)
        for name in options.only:
            rows, began = [], time.perf_counter()
            try:
                for row in KINDS[name](patient, options.quick):
                    print(row, flush=True)
                    rows.append(row)
            except subprocess.CalledProcessError as error:
                print(f"{name}: left out, since it needs the right to mount ({error})", file=sys.stderr)
                continue
            except Broken as harm:
                sys.exit(f"{name}: {harm}")
            took = time.perf_counter() - began
            print(f"{name}: {took:.0f} s", file=sys.stderr, flush=True)
            if not options.quick:
                record(name, rows, took, what="tiny notebooks" if options.small else "the whole project")


def record(name: str, rows: Sequence[str], seconds: float, *, what: str) -> None:
    """The section of one kind of fault, so that each can be done again alone."""
    head = (
        f"`make faults` ({name}, {what}, {seconds:.0f} s) on {machine()}. After each: the published report whole, the next build"
        " right, nothing left lying about or running."
    )
    put(f"{TITLE}: {name.replace('_', ' ')}", [head, "", "| fault | what came of it |", "|---|---|", *rows])


if __name__ == "__main__":
    main()
