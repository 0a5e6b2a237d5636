"""Notebooks run by hand: wrong parameters are refused in one line before any work, and nothing published is
changed."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from escalation import cases, parameters, paths
from escalation.build.graph import notebooks
from escalation.errors import Refusal

ROOT = Path(__file__).resolve().parents[1]
# notebook, parameter, value: none of them may begin any work, in papermill, nbconvert, JupyterLab or a build
WRONG: list[tuple[str, str, Any]] = [
    *(("1_dataset", "case", value) for value in ("nowhere", "Idlib", "../idlib", "", 1, None)),
    *(
        ("1_dataset", "start", value)
        for value in ("2018-9-1", "1.9.2018", 2018, "2019-02-29", "1990-01-01", "")
    ),
    *(("1_dataset", "end", value) for value in ("2018-01-01", "2018-09-01", "2031-01-01", ["2020-12-31"])),
    *(("1_dataset", "tiers", value) for value in ("seed", "ALL", True)),
    *(("1_dataset", "accessed", value) for value in ("yesterday", 20200101)),
    *(("1_dataset", "max_date_precision", value) for value in (0, 6, 3.0, "3", True)),
    *(("2_phases", "series", value) for value in ("acled", ["ucdp"])),
    *(("2_phases", "measure", value) for value in ("deaths", "")),
    *(("2_phases", "min_weeks", value) for value in (1, 13, float("nan"))),
    *(("2_phases", "criterion", value) for value in ("lwz", "AIC")),
    ("2_phases", "max_breaks", 0),
    ("2_phases", "week_anchor", 7),
    ("2_phases", "bootstrap_draws", 10**6),
    *(("2_phases", "seed", value) for value in (-1, 2**32, 1.5)),
    *(("3_timing", "window_days", value) for value in (45, "seven", 0, float("inf"))),
    *(("3_timing", "statistic", value) for value in ("mean", None)),
    ("3_timing", "talks_set", "moscow"),
    ("3_timing", "anchor", "middle"),
    ("3_timing", "power_draws", 1),
    ("3_timing", "freeze_date", "2026-13-01"),
    *((name, "window_dayz", 3) for name in ("1_dataset", "2_phases", "2b_toll", "3_timing", "4_report")),
    ("4_report", "tiers", "documents"),
]


def by_hand(stem: str, name: str, value: Any) -> list[str]:
    """What the cell after the parameters says."""
    notebook = ROOT / "notebooks" / f"{stem}.ipynb"
    namespace = {**parameters.defaults(notebook), "out": "scratch", name: value}
    try:
        return cases.unfit(parameters.check(notebook, namespace, namespace), ROOT)
    except Refusal as refusal:
        return refusal.problems


def in_build(stem: str, name: str, value: Any) -> list[str]:
    """What `escalation build -p` says of one notebook."""
    try:
        return cases.unfit(parameters.resolve(ROOT / "notebooks" / f"{stem}.ipynb", {name: value}), ROOT)
    except Refusal as refusal:
        return refusal.problems


@pytest.mark.parametrize(("stem", "name", "value"), WRONG)
def test_a_wrong_parameter_is_refused_in_one_line(stem: str, name: str, value: Any) -> None:
    """It names the parameter, and is the same by hand as in a build."""
    (line,) = by_hand(stem, name, value)
    assert name in line and "\n" not in line
    assert [line] == in_build(stem, name, value)


def test_out_is_no_parameter_of_a_build() -> None:
    """It says what is."""
    with pytest.raises(Refusal, match=r"^out: is for notebooks run by hand; a build takes --out DIR$"):
        parameters.resolve_all(notebooks(ROOT), {"out": "x"})


@pytest.mark.parametrize("stem", sorted(parameters.MODELS))
def test_what_stands_beside_a_parameter_is_what_is_checked(stem: str) -> None:
    """Type, range and allowed values in the cell are those of the model; `print(parameters.written(…))` gives
    the lines."""
    notebook = ROOT / "notebooks" / f"{stem}.ipynb"
    assert parameters.written(stem, parameters.defaults(notebook)) == parameters.cell(notebook)


def door(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def changed(folder: Path, stem: str, before: str, after: str) -> str:
    """A copy of the notebook with another line among its parameters, as saved in JupyterLab."""
    text = (ROOT / "notebooks" / f"{stem}.ipynb").read_text("utf-8")
    assert before in text
    (folder / "notebooks" / f"{stem}.ipynb").write_text(text.replace(before, after), "utf-8")
    return f"notebooks/{stem}.ipynb"


def here(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_every_door_refuses(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """papermill, nbconvert and a build: one line at the end, exit code not 0, no file more or
    less (the notebook that papermill writes apart)."""
    copy = tmp_path_factory.mktemp("a folder من") / "copy"
    shutil.copytree(project, copy)
    said = "3_timing: window_days = 45 is above 30"
    before, aside = here(copy), copy.parent / "o.ipynb"
    done = door(["papermill", "notebooks/3_timing.ipynb", str(aside), "-p", "window_days", "45"], copy)
    assert done.returncode and said in done.stderr
    done = door(["escalation.cli", "build", "-p", "window_days=45"], copy)
    assert (2, [said]) == (done.returncode, done.stderr.splitlines())
    assert before == here(copy)
    path = changed(copy, "3_timing", "window_days: int = 7", "window_days: int = 45")
    before = here(copy)
    done = door(["nbconvert", "--execute", "--to", "notebook", path], copy)
    assert done.returncode and said in done.stderr
    assert before == here(copy)


@pytest.mark.slow
def test_a_saved_notebook_is_not_published_unasked(project: Path) -> None:
    """`make report` after another value was saved in JupyterLab says what differs and what to do."""
    changed(project, "3_timing", "window_days: int = 7", "window_days: int = 3")
    before = here(project)
    done = door(["escalation.cli", "build"], project)
    (line,) = done.stderr.splitlines()
    assert 2 == done.returncode
    assert line.startswith("3_timing: window_days = 3, but 7 is published") and "-p window_days=3" in line
    assert {path for path in before if "/.build/" not in path} == {
        path for path in here(project) if "/.build/" not in path
    }


def test_publishing_another_value_takes_an_amendment(project: Path) -> None:
    """A changed specification alone is not enough."""
    values = {path.stem: parameters.defaults(path) for path in notebooks(project)}
    (project / "reports").mkdir()
    (project / "reports" / "manifest.json").write_text(json.dumps({"parameters": values}))
    assert [] == parameters.unpublished(project, values)
    other = {**values, "3_timing": {**values["3_timing"], "window_days": 3}}
    file = project / "data" / "specification.toml"
    file.write_text(file.read_text("utf-8").replace("window_days = 7", "window_days = 3"), "utf-8")
    (line,) = parameters.unpublished(project, other)
    assert "published was 7; that takes an amendment" in line
    with (project / "data" / "coded" / "amendments.csv").open("a", encoding="utf-8") as rows:
        rows.write("A999,2026-11-28,Window,Because,window_days = 7,window_days = 3,,,yes,\n")
    assert [] == parameters.unpublished(project, other)


def test_a_folder_of_runs_by_hand_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it is laid out as one: from within, the project around it is found."""
    for folder in (tmp_path, tmp_path / "scratch"):
        (folder / "data").mkdir(parents=True)
        (folder / paths.MARK).write_text("{}")
    (tmp_path / "scratch" / paths.HAND).write_text("{}")
    monkeypatch.delenv("ESCALATION_ROOT", raising=False)
    monkeypatch.chdir(tmp_path / "scratch" / "data")
    assert tmp_path.resolve() == paths.root()


@pytest.mark.slow
def test_counts_that_disagree_stop_a_notebook(project: Path) -> None:
    """More events in the daily counts than on the map, in files that their record vouches for: refused by the
    notebook that reads both, with both numbers."""
    counts, record = project / "data/series/ucdp_daily.csv", project / "data/series/ucdp.source.json"
    before = hashlib.sha256(counts.read_bytes()).hexdigest()
    rows = pd.read_csv(counts, dtype="str")
    inside = rows["date"].eq("2019-05-01") & rows["governorate"].eq("Idlib")
    rows.loc[inside, ["events_state", "events_all"]] = "99"
    rows.to_csv(counts, index=False)
    said = record.read_text("utf-8").replace(before, hashlib.sha256(counts.read_bytes()).hexdigest())
    record.write_text(said, "utf-8")
    ran = door(["papermill", "notebooks/1_dataset.ipynb", str(project.parent / "o.ipynb")], project)
    assert inside.sum() == 1 and ran.returncode
    assert "lethal events of the window" in ran.stderr
