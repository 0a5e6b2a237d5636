"""The swap of one build for the next, step by step, in a folder of three files."""

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from escalation import sums
from escalation.build import publish as publishing
from escalation.build.graph import digest
from escalation.errors import Refusal

OLD = {"reports/page.html": "old", "figures/gone.csv": "old", "figures/stays.csv": "same"}
NEW = {"reports/page.html": "new", "data/built/fresh.json": "new", "figures/stays.csv": "same"}


def manifest(files: dict[str, str]) -> str:
    return json.dumps({"outputs": dict.fromkeys(files, "")})


def fill(folder: Path, files: dict[str, str]) -> Path:
    for path, content in {**files, publishing.MANIFEST: manifest(files), sums.FILE: ""}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


def held(base: Path) -> dict[str, str]:
    return {
        path.relative_to(base).as_posix(): path.read_text()
        for path in sorted(base.rglob("*"))
        if path.is_file() and ".build" not in path.parts and path.name not in ("manifest.json", "SHA256SUMS")
    }


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with the old build."""
    return fill(tmp_path / "base", OLD)


@pytest.fixture
def tree(base: Path) -> Path:
    """The new one, in a stage."""
    return fill(base / ".build/stage-1/tree", NEW)


OUTPUTS = sorted([*NEW, publishing.MANIFEST, sums.FILE])


def test_new_files_come_changed_ones_change_and_the_rest_goes(base: Path, tree: Path) -> None:
    """And so do folders that are empty then; no journal is left."""
    publishing.publish(base, tree, OUTPUTS)
    assert NEW == held(base) and not (base / ".build/journal.json").exists()
    publishing.publish(
        base,
        fill(base / ".build/stage-1/next", {"reports/page.html": "third"}),
        ["reports/SHA256SUMS", "reports/manifest.json", "reports/page.html"],
    )
    assert {"reports/page.html": "third"} == held(base) and not (base / "data/built").exists() and not (base / "figures").exists()


def test_a_disk_without_second_names_gets_copies(base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way back is there all the same."""

    def none(path: Path, other: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", none)
    publishing.publish(base, tree, OUTPUTS)
    assert NEW == held(base)
    assert {"page.html", "gone.csv", "stays.csv", "manifest.json", "SHA256SUMS"} == {
        p.name for p in (base / ".build/stage-1/old").rglob("*") if p.is_file()
    }


@pytest.mark.parametrize("stuck", OUTPUTS)
def test_whichever_file_sticks_all_is_as_it_was(base: Path, tree: Path, stuck: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """New files are taken away again, old ones are back, the reason is said."""
    rename = Path.replace

    def failing(path: Path, target: Path) -> Path:
        if target == base / stuck and path.is_relative_to(tree):
            raise OSError(5, "Input/output error", str(path), None, str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(Refusal, match=rf"{stuck}: cannot be replaced \(Input/output error\); nothing was changed"):
        publishing.publish(base, tree, OUTPUTS)
    assert OLD == held(base) and not (base / ".build/journal.json").exists()
    assert manifest(OLD) == (base / publishing.MANIFEST).read_text()


def test_what_cannot_be_written_to_is_said_before_anything_moves(base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where a folder should be, and a folder without the right to write; every one at once."""
    (base / "data").write_text("a file")
    with pytest.raises(Refusal, match=r"^data: cannot be written to$"):
        publishing.publish(base, tree, OUTPUTS)
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place).name != "figures")
    with pytest.raises(Refusal) as refusal:
        publishing.publish(base, tree, OUTPUTS)
    assert ["data: cannot be written to", "figures: cannot be written to"] == refusal.value.problems
    assert {**OLD, "data": "a file"} == held(base)


def test_a_cut_short_build_that_cannot_be_finished_is_taken_back(base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next command finds the journal, fails as the last one did, puts everything back and says so."""
    rename = Path.replace
    dead = True

    class Killed(BaseException):
        """As if the process were gone."""

    def failing(path: Path, target: Path) -> Path:
        if target.name == "page.html" and path.is_relative_to(tree):
            if dead:
                raise Killed
            raise OSError(30, "Read-only file system", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(Killed):
        publishing.publish(base, tree, OUTPUTS)
    assert (base / ".build/journal.json").exists() and not publishing.is_published(base, {})
    assert "new" == (base / "data/built/fresh.json").read_text()
    dead = False
    with (
        pytest.raises(Refusal, match=r"page\.html: a build was cut short here and cannot be finished \(Read-only file system\)"),
        publishing.locked(base, print),
    ):
        pass
    assert OLD == held(base) and not (base / ".build/journal.json").exists()


def test_what_is_published_is_what_was_put_there(base: Path) -> None:
    """A changed file, a missing one, and one that the record does not have: not published."""
    outputs = {path: digest(base / path) for path in [*OLD, publishing.MANIFEST, sums.FILE]}
    assert publishing.is_published(base, outputs)
    assert not publishing.is_published(base, {path: sha for path, sha in outputs.items() if "gone" not in path})
    (base / "figures/gone.csv").write_text("other")
    assert not publishing.is_published(base, outputs)
    (base / "figures/gone.csv").unlink()
    assert not publishing.is_published(base, outputs)
    for record in ("{", "[]", '{"outputs": 1}'):
        (base / publishing.MANIFEST).write_text(record)
        assert set() == publishing._last(base)


def test_litter_goes_unless_somebody_builds(base: Path, tree: Path) -> None:
    """An empty build takes away what a killed one left, but not the stage of one that is at work."""
    with FileLock(base / ".build/lock"):
        publishing.sweep(base)
        assert tree.is_dir()
    publishing.sweep(base)
    assert not tree.parent.exists()


def test_a_folder_that_cannot_be_built_into_is_refused(tmp_path: Path) -> None:
    """In one line, with the reason."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(Refusal, match=r"file/\.build: cannot be written to \(Not a directory\)"),
        publishing.locked(tmp_path / "file", print),
    ):
        pass
