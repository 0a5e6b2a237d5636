"""The swap of one build for the next, step by step, in a folder of three files."""

import hashlib
import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from escalation import sums
from escalation.build import publish as publishing
from escalation.build.graph import digest
from escalation.errors import Refusal

OLD = {"reports/page.html": "old", "figures/gone.csv": "old", "figures/stays.csv": "same"}
NEW = {"reports/page.html": "new", "data/built/fresh.json": "new", "figures/stays.csv": "same"}


def manifest(files: dict[str, str]) -> str:
    return json.dumps(
        {"outputs": {path: hashlib.sha256(content.encode()).hexdigest() for path, content in files.items()}}
    )


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
    assert (
        {"reports/page.html": "third"} == held(base)
        and not (base / "data/built").exists()
        and not (base / "figures").exists()
    )


def test_a_disk_without_second_names_gets_copies(
    base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_whichever_file_sticks_all_is_as_it_was(
    base: Path, tree: Path, stuck: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New files are taken away again, old ones are back, the reason is said."""
    rename = Path.replace

    def failing(path: Path, target: Path) -> Path:
        if target == base / stuck and path.is_relative_to(tree):
            raise OSError(5, "Input/output error", str(path), None, str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(
        Refusal, match=rf"{stuck}: cannot be replaced \(Input/output error\); nothing was changed"
    ):
        publishing.publish(base, tree, OUTPUTS)
    assert OLD == held(base) and not (base / ".build/journal.json").exists()
    assert manifest(OLD) == (base / publishing.MANIFEST).read_text()


def test_what_cannot_be_written_to_is_said_before_anything_moves(
    base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where a folder should be, and a folder without the right to write; every one at once."""
    (base / "data").write_text("a file")
    with pytest.raises(Refusal, match=r"^data: cannot be written to$"):
        publishing.publish(base, tree, OUTPUTS)
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place).name != "figures")
    with pytest.raises(Refusal) as refusal:
        publishing.publish(base, tree, OUTPUTS)
    assert ["data: cannot be written to", "figures: cannot be written to"] == refusal.value.problems
    assert {**OLD, "data": "a file"} == held(base)


def test_what_is_published_is_what_was_put_there(base: Path) -> None:
    """A changed file, a missing one, and one that the record does not have: not published."""
    outputs = {path: digest(base / path) for path in [*OLD, publishing.MANIFEST, sums.FILE]}
    assert publishing.is_published(base, outputs)
    assert not publishing.is_published(
        base, {path: sha for path, sha in outputs.items() if "gone" not in path}
    )
    (base / "figures/gone.csv").write_text("other")
    assert not publishing.is_published(base, outputs)
    (base / "figures/gone.csv").unlink()
    assert not publishing.is_published(base, outputs)
    for record in ("{", "[]", '{"outputs": 1}'):
        (base / publishing.MANIFEST).write_text(record)
        assert {} == publishing._last(base)


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


class Killed(BaseException):
    """As if the process were gone."""


def killed() -> None:
    raise Killed


@contextmanager
def at_step(number: int, action: Callable[[], None]) -> Iterator[list[int]]:
    """`action` comes before the file system is asked for the change of this number; the list holds how many
    are left to it."""
    left = [number]
    with pytest.MonkeyPatch.context() as patched:
        for name in ("replace", "unlink", "hardlink_to", "mkdir", "rmdir"):
            own = getattr(Path, name)

            def step(path: Path, *words: Any, own: Callable[..., Any] = own, **options: Any) -> Any:
                left[0] -= 1
                if left[0] == -1:
                    action()
                return own(path, *words, **options)

            patched.setattr(Path, name, step)
        yield left


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_any_step_finds_the_old_report_or_leaves_the_new(name: str, tmp_path: Path) -> None:
    """It has its effect, no sooner than the swap is done once it has begun; and whoever asks is told which of
    the two it is."""
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip("not on this system")
    before = signal.signal(number, signal.default_int_handler)
    seen = set()
    try:
        for step in itertools.count():
            base = fill(tmp_path / str(step) / "base", OLD)
            placed: list[bool] = []
            with at_step(step, lambda: signal.raise_signal(number)) as left:
                try:
                    publishing.publish(
                        base,
                        fill(base / ".build/stage-1/tree", NEW),
                        OUTPUTS,
                        placed=lambda: placed.append(True),  # noqa: B023
                    )
                except KeyboardInterrupt:
                    assert left[0] < 0
                else:
                    assert left[0] >= 0, "the signal was lost"
            assert (NEW if placed else OLD) == held(base) and not publishing.is_cut(base)
            assert signal.default_int_handler is signal.getsignal(number)
            if left[0] >= 0:
                break
            seen.add(bool(placed))
    finally:
        signal.signal(number, before)
    assert {True, False} == seen


def test_a_kill_at_any_step_is_finished_by_the_next_command(tmp_path: Path) -> None:
    """From the first rename on the new report is whole; before, the old one; and the next command says that
    it found it so."""
    seen = set()
    for step in itertools.count():
        base = fill(tmp_path / str(step) / "base", OLD)
        with at_step(step, killed) as left, suppress(Killed):
            publishing.publish(base, fill(base / ".build/stage-1/tree", NEW), OUTPUTS)
        if left[0] >= 0:
            break
        was_cut, said = publishing.is_cut(base), []
        publishing.mend(base, said.append)
        expected = (
            [
                "a build was cut short here among its last renames; they are done now, and its report is in place"
            ]
            if was_cut
            else []
        )
        assert (NEW if was_cut else OLD) == held(base) and expected == said and not publishing.is_cut(base)
        seen.add(was_cut)
    assert {True, False} == seen


def test_a_kill_on_the_way_back_is_gone_on_with(tmp_path: Path) -> None:
    """A file sticks, the swap is being taken back, and then the process is killed too: whatever was done by
    then, the report becomes whole."""
    rename = Path.replace
    seen = set()
    for step in itertools.count():
        base = fill(tmp_path / str(step) / "base", OLD)
        tree = fill(base / ".build/stage-1/tree", NEW)

        def failing(path: Path, target: Path, tree: Path = tree) -> Path:
            if path.is_relative_to(tree) and target.name == "page.html":
                raise OSError(5, "Input/output error", str(target))
            return rename(path, target)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Path, "replace", failing)
            with at_step(step, killed) as left, suppress(Killed, Refusal):
                publishing.publish(base, tree, OUTPUTS)
        if left[0] >= 0:
            break
        cut = (base / publishing.UNDOING).exists(), (base / publishing.JOURNAL).exists()
        publishing.mend(base, lambda _: None)
        assert (NEW if cut == (False, True) else OLD) == held(base) and not publishing.is_cut(base)
        seen.add(cut)
    assert {(False, False), (False, True), (True, False)} == seen


def test_what_can_neither_be_finished_nor_taken_back_is_said_and_mended_later(
    base: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that fails in both directions: the line does not say that nothing was changed, the stage
    stays, and the next command mends it."""
    rename = Path.replace

    def failing(path: Path, target: Path) -> Path:
        if target.name in ("page.html", "stays.csv") and ("old" in path.parts or target.name == "page.html"):
            raise OSError(5, "Input/output error", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    said = r"page\.html: cannot be replaced \(Input/output error\); until that is mended, .* the report is part old and part new$"
    with publishing.stage(base) as stage, pytest.raises(Refusal, match=said):
        publishing.publish(base, fill(stage / "tree", NEW), OUTPUTS)
    assert publishing.is_cut(base) and stage.is_dir()
    with pytest.raises(
        Refusal,
        match=r"cut short here among its last renames and cannot be taken back; .* part old and part new$",
    ):
        publishing.mend(base, print)
    monkeypatch.undo()
    publishing.mend(base, print)
    assert OLD == held(base) and not publishing.is_cut(base) and not stage.exists()


def test_what_a_hand_changed_is_made_again_or_left_and_said(base: Path, tree: Path) -> None:
    """An output that is made again is made as it should be; one that no build makes any more is not the
    build's to remove."""
    for path in ("figures/gone.csv", "figures/stays.csv"):
        (base / path).write_text("by hand")
    assert [
        "not as the last build had left them, so made again: figures/stays.csv",
        "not as the last build had left them, so no longer made, and left where they are: figures/gone.csv",
    ] == publishing.publish(base, tree, OUTPUTS)
    assert NEW | {"figures/gone.csv": "by hand"} == held(base)


def test_in_a_folder_of_the_users_no_file_of_theirs_is_replaced(base: Path, tree: Path) -> None:
    """Not even a link that leads nowhere, where this build has a file and the last one had none; all are
    named, nothing moves."""
    (base / "data/built").mkdir(parents=True)
    (base / "data/built/fresh.json").symlink_to("nowhere")
    with pytest.raises(Refusal) as refusal:
        publishing.publish(base, tree, OUTPUTS, is_edition=True)
    remedy = "was made by no build and stands where this one puts its own; move it, or name another folder with --out"
    assert [f"{base}/data/built/fresh.json: {remedy}"] == refusal.value.problems
    assert OLD == held(base) and (base / "data/built/fresh.json").is_symlink()
    publishing.publish(base, tree, OUTPUTS)
    assert NEW == held(base)
