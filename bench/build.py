"""What a build takes, beside the ways to do without one."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Took, run
from escalation.build.graph import notebooks

TITLE = "A build"
PYTHON = Path(sys.executable)
HERE = Path(__file__).parent
ESCALATION, PAPERMILL, JUPYTER = (PYTHON.with_name(name) for name in ("escalation", "papermill", "jupyter"))


def copy(source: Path, target: Path) -> Path:
    """The project without anything made, in a folder of its own."""
    shutil.copytree(source / "data", target / "data", ignore=shutil.ignore_patterns("built"))
    for folder in ("seeds", "notebooks"):
        shutil.copytree(source / folder, target / folder, ignore=shutil.ignore_patterns(".*"))
    for file in ("requirements.txt", "pyproject.toml"):
        shutil.copyfile(source / file, target / file)
    return target


def fresh(root: Path) -> None:
    """Nothing published, nothing stored."""
    for folder in ("data/built", "figures", "reports", "out"):
        shutil.rmtree(root / folder, ignore_errors=True)


def plain(root: Path) -> Took:
    """The cells as one script."""
    fresh(root)
    return run([PYTHON, HERE / "plain.py", root], cwd=root)


def full(root: Path) -> Took:
    """`escalation build --force`."""
    return run([ESCALATION, "build", "--force"], cwd=root)


def kernels(root: Path) -> Took:
    """The same with ordinary kernels."""
    return run([ESCALATION, "build", "--force", "--engine", "kernel"], cwd=root)


def papermill(root: Path) -> Took:
    """Papermill's command for each notebook, one after the other, and nbconvert for the pages."""
    fresh(root)
    (root / "out").mkdir()
    names = [path.name for path in notebooks(root)]
    took = [
        run([PAPERMILL, "--no-progress-bar", f"notebooks/{name}", f"out/{name}"], cwd=root) for name in names
    ]
    took.append(run([JUPYTER, "nbconvert", "--to", "html", *(f"out/{name}" for name in names)], cwd=root))
    return sum(took, Took(0, 0, 0))


def nothing(root: Path) -> Took:
    """A build when nothing has changed."""
    return run([ESCALATION, "build"], cwd=root)


@contextmanager
def edited(path: Path, kind: str) -> Iterator[None]:
    """The notebook with one more sentence in its last cell of this kind, another one each time."""
    before = path.read_text("utf-8")
    notebook = json.loads(before)
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == kind][-1]
    # new each time, or the second round would find the first one's result in the cache
    said = f"Measured at {time.time_ns()}."
    cell["source"] = [*cell["source"], f"\n\n{said}" if kind == "markdown" else f"\n# {said}"]
    path.write_text(json.dumps(notebook), "utf-8")
    yield
    path.write_text(before, "utf-8")


def sentence(root: Path) -> Took:
    """A build after a sentence was added to the report."""
    with edited(root / "notebooks/4_report.ipynb", "markdown"):
        return run([ESCALATION, "build"], cwd=root)


def timeline(root: Path) -> list[tuple[str, float]]:
    """What a build after a new sentence is at, and for how many seconds: the profile behind the budget of one
    sentence."""
    nothing(root)
    marks: list[tuple[str, float]] = []
    with edited(root / "notebooks/4_report.ipynb", "markdown"):
        start = time.perf_counter()
        command = [str(ESCALATION), "build"]
        with subprocess.Popen(
            command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr
            marks += [(line.strip(), time.perf_counter() - start) for line in process.stderr]
        marks.append(("end", time.perf_counter() - start))
    at = {
        line.split(" done in")[0].removesuffix(" …") + (" done" if " done in" in line else ""): seconds
        for line, seconds in marks
    }
    ends = [
        ("start, and finding out what changed", at["4_report"]),
        ("libraries, and the cells of the report's notebook", at["4_report done"]),
        ("page, PDF, Markdown, notebooks' pages", at["page done"]),
        ("hashes and publishing", at["end"]),
    ]
    return [
        (what, end - before)
        for (what, end), before in zip(ends, [0.0, *(end for _, end in ends)], strict=False)
    ]


def verify(root: Path) -> Took:
    """`escalation verify`: everything again in a copy, compared byte for byte."""
    return run([ESCALATION, "verify"], cwd=root)


WAYS: dict[str, tuple[Callable[[Path], Took], str]] = {
    "plain": (plain, "the cells of all notebooks as one plain Python script: no checks, no page"),
    "full": (full, "`escalation build --force`: checks, notebooks, page, PDF, publishing"),
    "kernels": (kernels, "the same with `--engine kernel`"),
    "papermill": (
        papermill,
        "a `papermill` command for each notebook in a row and `jupyter nbconvert`: no checks, no PDF",
    ),
    "nothing": (nothing, "`escalation build` when nothing has changed"),
    "sentence": (sentence, "`escalation build` after one sentence of the report changed"),
    "verify": (verify, "`escalation verify`"),
}


def measure(root: Path, rounds: int) -> dict[str, list[Took]]:
    """Every way in turn, `rounds` times over, so that a busy minute touches all of them."""
    took: dict[str, list[Took]] = {name: [] for name in WAYS}
    full(root)  # so that caches of fonts and byte code are there for everybody
    for _ in range(rounds):
        for name, (way, _) in WAYS.items():
            if name in ("nothing", "sentence", "verify"):
                nothing(root)
            took[name].append(way(root))
    return took


def report(root: Path, rounds: int) -> Iterator[str]:
    """The section of the results: medians, and the ratios that have a budget."""
    took = measure(root, rounds)
    wall = {name: statistics.median(each.wall for each in runs) for name, runs in took.items()}
    cpu = {name: statistics.median(each.cpu for each in runs) for name, runs in took.items()}
    yield f"Medians of {rounds} rounds; every round runs all of them in turn.\n"
    yield "| what | seconds | ÷ plain script | processor seconds | ÷ plain script |"
    yield "|---|---:|---:|---:|---:|"
    for name, (_, what) in WAYS.items():
        yield (
            f"| {what} | {wall[name]:.2f} | {wall[name] / wall['plain']:.2f} | {cpu[name]:.2f} |"
            f" {cpu[name] / cpu['plain']:.2f} |"
        )
    yield "\nWhere the seconds of one changed sentence go, in a build of its own:\n"
    yield "| what | seconds |"
    yield "|---|---:|"
    for what, seconds in timeline(root):
        yield f"| {what} | {seconds:.2f} |"
    yield (
        "\nA full build pays the same start, libraries, page and PDF; the faster its notebooks are drawn, the"
        " larger the share of these."
    )
    yield "\n| budget | reached | |"
    yield "|---|---:|---|"
    for what, reached, limit, least in (
        ("full build ÷ plain script ≤ 1.00", wall["full"] / wall["plain"], 1.00, False),
        ("papermill commands and nbconvert ÷ full build ≥ 2.8", wall["papermill"] / wall["full"], 2.8, True),
        ("nothing changed ≤ 0.40 s", wall["nothing"], 0.40, False),
        ("one sentence ÷ full build ≤ 0.25", wall["sentence"] / wall["full"], 0.25, False),
    ):
        kept = reached >= limit if least else reached <= limit
        yield f"| {what} | {reached:.2f} | {'kept' if kept else 'missed'} |"
