"""Builds into folders that the user named, and builds that are stopped: nothing of theirs is lost, and what
is said is so."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import whole

from escalation.build import publish as publishing
from escalation.build.compare import compare
from escalation.build.make import BuildFailure, Built
from escalation.errors import Refusal

Make = Callable[..., Built]

# the command line as it is, told of the tiny project's own check and page
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background is born deaf to it
from escalation import cli
from escalation.build.make import Project
cli.project = lambda folder: Project(folder, checks=("toypage:check",), render="toypage:render")
cli.main()
"""
# what Python runs first under the name of sitecustomize: a signal to the whole group before a change of
# files, by kind and number
SIGNALLING = """
import os, sys
kind, left, number = os.environ["AT"], int(os.environ["AFTER"]), int(os.environ["SIGNAL"])
def heard(event, facts):
    global left
    if event == kind and f"{os.sep}{os.environ['PART']}" in str(facts[0]):
        left -= 1
        if left == -1:
            os.killpg(0, number)
sys.addaudithook(heard)
"""


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            ".build/notes",
            r"/mine/\.build: stands in the way and is of no build of ours; move it, or name another folder with --out$",
        ),
        (
            "reports/report.html",
            r"/mine: holds reports, and no earlier build \(which has a reports/manifest\.json\); name another folder",
        ),
        ("reports/manifest.json", "/mine: holds reports, and no earlier build"),
        ("notes.txt", r"/mine: holds notes\.txt, and no earlier build"),
    ],
)
def test_a_folder_with_things_of_the_users_is_left_as_it_is(
    path: str, said: str, make: Make, tmp_path: Path
) -> None:
    """Before any work; so is one whose manifest is not of our form, and an earlier build beside a foreign
    folder of work."""
    mine = tmp_path / "mine"
    (mine / path).parent.mkdir(parents=True)
    (mine / path).write_text('{"outputs": {"reports/report.html": "x"}}')
    before = everything(mine)
    with pytest.raises(Refusal, match=said):
        make(out=mine, factor=3)
    assert before == everything(mine)


def test_a_new_an_empty_and_an_earlier_builds_folder_are_built_into(
    root: Path, make: Make, tmp_path: Path
) -> None:
    """Whole, without a folder of work; what the user put beside the report, or in its folders, stays."""
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "new/er", root / "elsewhere"):
        make(out=out, factor=3)
        (out / "notes.txt").write_text("mine")
        (out / "figures/mine.png").write_text("mine")
        make(out=out, factor=4)
        assert "12" == (out / "data/built/n.json").read_text()
        assert ("mine", "mine") == ((out / "notes.txt").read_text(), (out / "figures/mine.png").read_text())
        # in the project's own folder git does not list it
        ignored = [".gitignore"] if out.is_relative_to(root) else []
        there = sorted(path.name for path in out.iterdir())
        assert [*ignored, "data", "figures", "notes.txt", "reports"] == there


def test_a_file_of_the_users_where_a_new_output_goes_is_not_replaced(
    root: Path, make: Make, tmp_path: Path
) -> None:
    """Beside an earlier build; the earlier build stays too, and its folder holds nothing more than before."""
    out = tmp_path / "out"
    make(out=out, factor=3)
    (out / "figures/b.csv").write_text("mine")
    before = everything(out)
    path = root / "notebooks/4_say.ipynb"
    path.write_text(path.read_text().replace("figures/a.csv", "figures/b.csv"))
    with pytest.raises(
        Refusal,
        match=r"/out/figures/b\.csv: was made by no build and stands where this one puts its own; move it",
    ):
        make(out=out, factor=3)
    assert before == everything(out)


def test_other_values_are_not_put_into_the_project_itself(root: Path, published: None, make: Make) -> None:
    """Not even by name; without other values the project's own folder is a name like any other."""
    before = whole(root)
    with pytest.raises(Refusal, match="is the project itself"):
        make(out=root, factor=3)
    assert before == whole(root) and make(out=root).page == root / "reports/report.html"


def test_a_build_that_fails_leaves_no_new_folder(root: Path, make: Make, tmp_path: Path) -> None:
    """Nor its work in one that was there."""
    path = root / "notebooks/1_count.ipynb"
    path.write_text(path.read_text().replace("print(label, n)", "nothing"))
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        with pytest.raises(BuildFailure):
            make(out=tmp_path / name, factor=3)
    assert not (tmp_path / "new").exists() and [] == list((tmp_path / "empty").iterdir())


def test_a_project_that_may_only_be_read_is_built_elsewhere(
    root: Path, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is mounted so: nothing is put into it, and nothing but the report stays where the
    report was wanted; also after a build that failed."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != root and access(path, mode))
    before = everything(root)
    make(out=tmp_path / "out", factor=3)
    assert before == everything(root)
    assert ["data", "figures", "reports"] == sorted(path.name for path in (tmp_path / "out").iterdir())
    path = root / "notebooks/1_count.ipynb"
    path.write_text(path.read_text().replace("print(label, n)", "nothing"))
    with pytest.raises(BuildFailure):
        make(out=tmp_path / "fails", factor=3)
    assert not (tmp_path / "fails").exists()


def test_an_edition_killed_at_any_rename_is_gone_on_with(make: Make, project: object, tmp_path: Path) -> None:
    """Its folder holds part of a report and no manifest yet, and is known all the same; so is one that was
    killed before."""
    rename = Path.replace

    class Killed(BaseException):
        """As if the process were gone."""

    for stop in (0, 3, 6):
        left = [stop]

        def dying(path: Path, target: Path, left: list[int] = left) -> Path:
            if "tree" in path.parts:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed
            return rename(path, target)

        out = tmp_path / f"out{stop}"
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Path, "replace", dying)
            with pytest.raises(Killed):
                make(out=out, factor=3)
        assert publishing.is_cut(out)
        make(out=out, factor=4)
        assert "12" == (out / "data/built/n.json").read_text() and not (out / ".build").exists()
    early = tmp_path / "early"
    (publishing.begin(early) / "stage-x").mkdir()
    make(out=early, factor=3)
    assert not (early / ".build").exists()


def test_what_a_kill_left_in_an_edition_goes_with_the_next_build(make: Make, tmp_path: Path) -> None:
    """Also where nothing has changed: stages, and what the library for locks tried out; the user's own files
    stay."""
    mine = tmp_path / "mine"
    make(out=mine, factor=3)
    (mine / "notes.txt").write_text("mine")
    before = everything(mine)
    for litter in ("stage-x/tree/report.html", "tmpx/probe-source", "lock", publishing.TAG):
        (mine / ".build" / litter).parent.mkdir(parents=True, exist_ok=True)
        (mine / ".build" / litter).write_text(publishing.TAGGED if litter == publishing.TAG else "")
    os.utime(mine / ".build/tmpx", (0, 0))
    make(out=mine, factor=3)
    assert before == everything(mine) and not (mine / ".build").exists()


def test_recovery_comes_first_even_if_the_next_build_cannot_begin(
    root: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that is part old and part new is made whole before anything is refused."""
    make(factor=3)
    new = whole(root)
    make()
    rename = Path.replace

    class Killed(BaseException):
        """As if the process were gone."""

    def dying(path: Path, target: Path) -> Path:
        if path.name == "report.html" and "tree" in path.parts:
            raise Killed
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(Killed):
        make(factor=3)
    monkeypatch.undo()
    assert new != whole(root)
    with pytest.raises(Refusal, match="did you mean factor"):
        make(factr=3)
    assert new == whole(root) and not publishing.is_cut(root)


def command(root: Path, site: Path, *words: str, **surroundings: str) -> tuple[int, str, list[str]]:
    """Exit code, output and, but for the lines on steps, what was said; the command leads a group of its own,
    as on a terminal."""
    path = os.pathsep.join([str(site), str(root / "library")]) if surroundings else str(root / "library")
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        env=os.environ | {"ESCALATION_ROOT": str(root), "PYTHONPATH": path} | surroundings,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=120,
    )
    return (
        done.returncode,
        done.stdout,
        [line for line in done.stderr.splitlines() if "…" not in line and " done in " not in line],
    )


@pytest.fixture
def two(root: Path, published: None, make: Make, tmp_path: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The report as it is and as it will be, the second ready in the store, so that a command has only to put
    it in place."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(SIGNALLING)
    old = whole(root)
    notebook = root / "notebooks/1_count.ipynb"
    text = notebook.read_text()
    notebook.write_text(text.replace("factor = 2", "factor = 3"))
    make()
    new = whole(root)
    notebook.write_text(text)
    make()
    assert old == whole(root)
    notebook.write_text(text.replace("factor = 2", "factor = 3"))
    return old, new


@pytest.mark.slow
def test_whoever_reads_the_report_reads_a_whole_one(
    root: Path, two: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path
) -> None:
    """After a kill among the renames any command finishes them first, and says so; two builds are compared
    only if both are whole."""
    signalled = {"AT": "os.rename", "PART": f"tree{os.sep}", "AFTER": "3", "SIGNAL": str(int(signal.SIGKILL))}
    assert -signal.SIGKILL == command(root, tmp_path / "site", "build", **signalled)[0]
    assert whole(root) not in two
    with pytest.raises(
        Refusal, match="is part old and part new, since a build was cut short there; build into it again"
    ):
        compare(root, root)
    said = "a build was cut short here among its last renames; they are done now, and its report is in place"
    assert (0, "the tables are in order\n", [said]) == command(root, tmp_path / "site", "check")
    assert two[1] == whole(root)
    assert {"factor": 3, "label": "words"} == json.loads((root / "reports/manifest.json").read_text())[
        "parameters"
    ]["1_count"]
