"""Many sets of parameters: all of them run, whatever happens to some, and a page says what holds in how
many."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation.build import sweep
from escalation.build.make import Project
from escalation.errors import Refusal

SCRIPT = """
import sys
from pathlib import Path
from escalation.errors import Refusal
from escalation.build import sweep
from escalation.build.make import Project
from escalation.build.make import Project
from escalation.build.progress import Progress
if __name__ == "__main__":
    root, grid, out, scheduler = map(Path, sys.argv[1:])
    try:
        swept = sweep.sweep(Project(root), sweep.read(grid, root), out=out, jobs=2, scheduler=None if str(scheduler) == "-" else sys.argv[4], progress=Progress())
        print(swept.failed)
    except Refusal as refusal:
        sys.exit(str(refusal))
"""


def findings(root: Path) -> None:
    """Let the last notebook leave findings: a number, and a conclusion that follows from it; and fail for one
    value."""
    path = root / "notebooks/4_say.ipynb"
    notebook = json.loads(path.read_text())
    source = (
        "n = json.loads((root / 'data/built/n.json').read_text())\nassert n != 9, 'nine cannot be'\n"
        "import time; time.sleep(0.5)\n(root / 'data/built/findings').mkdir()\nsaid = 'many' if n > 6 else '<few>'\n"
        "(root / 'data/built/findings/4_say.json').write_text(json.dumps({'n': {'value': n, 'unit': 'words'}, 'verdict': {'value': said}}));"
    )
    notebook["cells"].append({**notebook["cells"][-1], "id": "findings", "source": source})
    notebook["metadata"]["escalation"]["writes"].append("data/built/findings/4_say.json")
    path.write_text(json.dumps(notebook))


@pytest.fixture
def grid(root: Path) -> Path:
    """Four sets, one of which fails."""
    findings(root)
    path = root / "factors.toml"
    path.write_text('about = "How many are <many>?"\n[grid]\nfactor = [1, 2, 3, 4]\nlabel = ["a,b"]\n')
    return path


def run(root: Path, grid: Path, out: Path, scheduler: str = "-") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), str(grid), str(out), scheduler],
        capture_output=True,
        text=True,
        timeout=180,
    )


def table(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((out / "results.csv").read_text().splitlines()))


def test_every_set_has_a_row_and_a_failure_stops_nothing(root: Path, grid: Path, tmp_path: Path) -> None:
    """The table holds parameters and findings; the page counts conclusions, escapes what it shows, and names
    what failed."""
    out = tmp_path / "out"
    done = run(root, grid, out)
    assert "1\n" == done.stdout, done.stderr
    assert "ERROR" not in done.stderr
    rows = table(out)
    assert [("1", "3", "<few>"), ("2", "6", "<few>"), ("3", "", ""), ("4", "12", "many")] == [
        (r["factor"], r["4_say.n"], r["4_say.verdict"]) for r in rows
    ]
    assert "4_say, cell findings: AssertionError: nine cannot be" == rows[2]["problem"]
    page = (out / "sweep.html").read_text()
    assert (
        "&lt;few&gt;</td>" in page
        and "2 of 3" in page
        and "1 of 3" in page
        and "<few>" not in page
        and "http" not in page.replace("http-equiv", "")
    )
    first = (out / "results.csv").read_bytes(), (out / "sweep.html").read_bytes()
    # the same command: three results are kept, the one that failed is tried again
    again = run(root, grid, out)
    assert "3 of 4 sets have their results already" in again.stderr and "1/1 sets, 1 failed" in again.stderr
    assert first == ((out / "results.csv").read_bytes(), (out / "sweep.html").read_bytes())


def test_results_for_another_input_are_another_projects(root: Path) -> None:
    """Nothing that was run before is taken for them."""
    _, before = sweep._bundle(Project(root))
    (root / "data/words.csv").write_text("word\ntruce\n")
    assert before != sweep._bundle(Project(root))[1]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, started by hand on loopback."""
    file = tmp_path / "scheduler.json"
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
        "cwd": tmp_path,
    }
    dask = [
        sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
        "--no-dashboard", "--no-show",
    ]  # fmt: skip
    processes = [subprocess.Popen([*dask, "--scheduler-file", str(file)], **quiet)]  # type: ignore[call-overload]
    for _ in range(200):
        if file.exists() and file.read_text():
            break
        time.sleep(0.1)
    worker = [
        sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1",
        "--no-dashboard", "--host", "127.0.0.1",
    ]  # fmt: skip
    processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]  # type: ignore[call-overload]
    yield json.loads(file.read_text())["address"], processes
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_set(
    root: Path, grid: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """Two workers on a scheduler of one's own, one killed on the way: the other does the rest, with the same
    results."""
    address, processes = cluster
    grid.write_text("[grid]\nfactor = [1, 2, 4, 5, 6, 7, 8, 10]\n")
    out = tmp_path / "out"
    command = [sys.executable, "-c", SCRIPT, str(root), str(grid), str(out), address]
    sweeping = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(600):
        if len(list((out / "runs").glob("*.json"))) >= 2:
            break
        time.sleep(0.05)
    os.killpg(processes[1].pid, signal.SIGKILL)
    said, errors = sweeping.communicate(timeout=120)
    assert b"0\n" == said, errors.decode()
    rows = table(out)
    assert [str(3 * int(row["factor"])) for row in rows] == [row["4_say.n"] for row in rows] and 8 == len(
        rows
    )


def test_a_scheduler_that_is_not_there_is_said_in_one_line(root: Path, grid: Path, tmp_path: Path) -> None:
    """Within seconds, and nothing is lost."""
    done = run(root, grid, tmp_path / "out", "tcp://127.0.0.1:9")
    assert 1 == done.returncode
    assert "--scheduler tcp://127.0.0.1:9: no Dask scheduler answers there" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[grid]\nfactr = [1]", "g.toml: factr: no notebook has such a parameter; did you mean factor?"),
        ("[grid]\nfactor = ['x']", "g.toml: 1_count: factor = 'x' is not a whole number"),
        ("[grid]\nfactor = 3", "g.toml: factor needs a list of values"),
        ("[grid]\nfactor = []", "g.toml: factor needs a list of values"),
        ("scenarios = ['nope']", "nope: is no scenario; there are none"),
        (
            "notebooks = ['3_halve']",
            "g.toml: 3_halve is no notebook; there are 1_count, 2_double, 3_half, 4_say",
        ),
        ("grids = 1", "g.toml: grids is not known; there are about, grid, scenarios, notebooks"),
        ("[grid", "g.toml: cannot be read"),
        (
            f"[grid]\nfactor = {list(range(300))}\nseed = {list(range(300))}",
            "g.toml: 90,000 sets are more than 20,000; make it several grids",
        ),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused_before_any_work(root: Path, text: str, problem: str) -> None:
    """In one line."""
    (root / "g.toml").write_text(text)
    with pytest.raises(Refusal) as refusal:
        sweep.read(root / "g.toml", root)
    assert 1 == len(refusal.value.problems) and refusal.value.problems[0].startswith(problem)


def test_a_grid_may_start_from_scenarios(root: Path) -> None:
    """All combinations of each, none twice."""
    (root / "scenarios").mkdir()
    (root / "scenarios/default.toml").write_text("[parameters]\n")
    (root / "scenarios/three.toml").write_text("[parameters]\nfactor = 3\n")
    (root / "g.toml").write_text('scenarios = ["default", "three"]\n[grid]\nseed = [1, 2]\n')
    assert ({"seed": 1}, {"seed": 2}, {"factor": 3, "seed": 1}, {"factor": 3, "seed": 2}) == sweep.read(
        root / "g.toml", root
    ).sets
