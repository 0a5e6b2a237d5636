"""The far end of a sweep in this process: a set gives its findings or its problems, and nothing it does ends
the sweep."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_sweep import findings

from escalation.build import sweep, sweep_worker
from escalation.build.make import Project
from escalation.errors import Refusal


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[sweep_worker._Place]:
    """A worker that has not worked yet; its process ends with the test."""
    place = sweep_worker._Place()
    monkeypatch.setattr(sweep_worker, "_place", place)
    yield place
    if place.worker:
        place.worker.__exit__(None, None, None)


def test_a_set_that_fails_says_why(root: Path) -> None:
    """A failing cell, a step that is not there, another version of the package, no zip at all: lines, and no
    exception."""
    findings(root)
    bundle, name = sweep._bundle(Project(root))
    assert {"problems": ["4_say, cell findings: AssertionError: nine cannot be"]} == sweep_worker.run_one(
        bundle, name, {"factor": 3}, (), 60
    )
    assert {
        "problems": ["3_halve: is no notebook; there are 1_count, 2_double, 3_half, 4_say"]
    } == sweep_worker.run_one(bundle, name, {}, ("3_halve",), 60)
    assert {
        "problems": ["this worker has another version of the package; install the same on all"]
    } == sweep_worker.run_one(bundle, (name[0], "0" * 64), {}, (), 60)
    assert {"problems": ["BadZipFile: File is not a zip file"]} == sweep_worker.run_one(
        b"x", ("1" * 64, name[1]), {}, (), 60
    )


def test_a_sweep_that_is_done_needs_no_workers(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every result kept nothing is started; a kept file that is none is run again, and without Dask that
    is refused with the remedy."""
    findings(root)
    (root / "g.toml").write_text('about = "x"\n[grid]\nfactor = [1, 2]\n')
    grid, project, out = sweep.read(root / "g.toml", root), Project(root), tmp_path / "out"

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    said = "a sweep needs Dask, which is not installed here: pip install --require-hashes -r requirements-dev.txt"
    with pytest.raises(Refusal, match=said):
        sweep.sweep(project, grid, out=out)
    assert "0 of 2 sets of parameters have results; 2 were not run yet." in (out / "sweep.html").read_text()
    _, fingerprint = sweep._bundle(project)
    names = [sweep.key(given=each, steps=grid.steps, project=fingerprint)[:32] for each in grid.sets]
    for name, value in zip(names, (3, 6), strict=True):
        (out / "runs" / f"{name}.json").write_text(
            json.dumps({"findings": {"4_say": {"n": {"value": value}}}})
        )
    done = sweep.sweep(project, grid, out=out)
    assert (0, ["factor,problem,4_say.n", "1,,3", "2,,6"]) == (
        done.failed,
        (out / "results.csv").read_text().splitlines(),
    )
    for broken in ("[1]", "{", '{"problems": []}'):
        (out / "runs" / f"{names[0]}.json").write_text(broken)
        with pytest.raises(Refusal, match=said):
            sweep.sweep(project, grid, out=out)
    assert ["factor,problem,4_say.n", "2,,6"] == (out / "results.csv").read_text().splitlines()


def test_a_sweep_replaces_only_what_a_sweep_wrote(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table or page of the user's under the same name stays, and nothing is run; nor is anything put among
    a project's own folders."""
    findings(root)
    (root / "g.toml").write_text("[grid]\nfactor = [1]\n")
    grid, project, out = sweep.read(root / "g.toml", root), Project(root), tmp_path / "out"
    out.mkdir()
    for name in ("results.csv", "sweep.html"):
        (out / name).write_text("mine")
    with pytest.raises(Refusal) as refusal:
        sweep.sweep(project, grid, out=out)
    remedy = "stands there already and is of no sweep; move it, or name another folder with --out"
    assert [f"{out}/sweep.html: {remedy}", f"{out}/results.csv: {remedy}"] == refusal.value.problems
    assert ["results.csv", "sweep.html"] == sorted(path.name for path in out.iterdir()) and "mine" == (
        out / "results.csv"
    ).read_text()
    with pytest.raises(Refusal, match="lies in notebooks/, a folder of the project's own"):
        sweep.sweep(project, grid, out=root / "notebooks/x")
