"""Small parts of a build by themselves: the store, the record, the code, the plan."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from escalation.build import store as storing
from escalation.build.graph import digest, notebooks
from escalation.build.make import BuildFailure, Built, How, Project, build
from escalation.build.plan import Plan, own_files
from escalation.build.store import Store
from escalation.errors import Refusal


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """With one result, of one file, under the name "key"."""
    store, file = Store(tmp_path / "cache"), tmp_path / "made.txt"
    file.write_text("made")
    store.put("key", {"outputs": {"figures/made.txt": digest(file)}}, {digest(file): file})
    return store


def test_notebooks_join_by_their_names(tmp_path: Path) -> None:
    """By number, a letter after it if one likes; copies and leftovers of Jupyter's tools stay out."""
    joined = ["2_phases.ipynb", "3_timing.ipynb", "3b_weekday.ipynb", "10_more.ipynb"]
    others = [
        "3_timing-Copy1.ipynb",
        "3_timing.nbconvert.ipynb",
        "workbench.ipynb",
        "3_Weekday.ipynb",
        "_1.ipynb",
    ]
    (tmp_path / "notebooks").mkdir()
    for name in joined + others:
        (tmp_path / "notebooks" / name).touch()
    assert joined == [path.name for path in notebooks(tmp_path)]


def test_a_stored_result_needs_its_record_and_all_its_files(store: Store, tmp_path: Path) -> None:
    """A record that is none, or of which a file is lost, is nothing stored."""
    found = store.get("key")
    assert found and ["figures/made.txt"] == list(found["outputs"]) and store.get("other") is None
    for text in ("{", "[]", '{"outputs": []}', "{}"):
        (store.records / "bad").write_text(text)
        assert store.get("bad") is None, text
    (sha,) = found["outputs"].values()
    (tmp_path / "more.txt").write_text("more")
    more = digest(tmp_path / "more.txt")
    store.put("two", {"outputs": {"a": sha, "b": more}}, {more: tmp_path / "more.txt"})
    (store.objects / more).unlink()
    assert store.get("two") is None, "one of its two files is there"
    (store.objects / sha).unlink()
    assert store.get("key") is None and not store.fetch(sha, tmp_path / "out/made.txt")


def test_a_file_that_is_not_what_its_name_says_is_forgotten(store: Store, tmp_path: Path) -> None:
    """It is not handed out, and the next result of that content puts it right."""
    (sha,) = store.get("key")["outputs"].values()  # type: ignore[index]
    assert store.fetch(sha, tmp_path / "out/made.txt") and "made" == (tmp_path / "out/made.txt").read_text()
    (store.objects / sha).write_text("garbled")
    assert not store.fetch(sha, tmp_path / "out/made.txt")
    assert not (tmp_path / "out/made.txt").exists() and not (store.objects / sha).exists()
    (store.objects / sha).write_text("garbled again")
    store.put("key", {"outputs": {"a": sha}}, {sha: tmp_path / "made.txt"})
    assert "made" == (store.objects / sha).read_text()


@pytest.mark.parametrize("put", [True, False])
def test_a_disk_that_fails_leaves_no_half_file(
    store: Store, tmp_path: Path, put: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither among the files nor among the records."""
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(
        Path, "replace", lambda path, target: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    (tmp_path / "made.txt").write_text("other")
    with pytest.raises(OSError, match="No space"):
        if put:
            store.put("two", {"outputs": {}}, {"0" * 64: tmp_path / "made.txt"})
        else:
            storing.write(store.records / "two", "{}")
    assert before == sorted(tmp_path.rglob("*"))


def test_a_file_of_ones_own_has_to_be_there_and_goes_elsewhere(
    root: Path, make: Callable[..., Built], tmp_path: Path
) -> None:
    """All that are missing are named; what is made of one is not published over the report by mistake."""
    with pytest.raises(Refusal) as refusal:
        own_files({"a_file": str(tmp_path / "none.csv"), "b_file": "nowhere.csv", "c": "x", "d_file": ""})
    assert [
        f"a_file: {tmp_path}/none.csv: no such file",
        "b_file: nowhere.csv: no such file",
    ] == refusal.value.problems
    mine = tmp_path / "mine.csv"
    mine.write_text("a\nb\n")
    notebook = root / "notebooks/1_count.ipynb"
    text = notebook.read_text()
    notebook.write_text(
        text.replace(
            "label = 'words'  # shown", "label = 'words'  # shown\\nwords_file = 'data/words.csv'  # whose"
        ).replace("root / 'data/words.csv'", "root / words_file")
    )
    with pytest.raises(
        Refusal,
        match=r"^mine\.csv: what is made of a file of your own goes into a folder of its own; add --out DIR$",
    ):
        make(words_file=str(mine))

    def there() -> list[Path]:
        return sorted(path for path in root.rglob("*") if not {".build", "__pycache__"} & {*path.parts})

    before = there()
    built = make(words_file=str(mine), out=tmp_path / "out")
    assert "4" == (built.base / "data/built/n.json").read_text()
    inputs = json.loads((built.base / "reports/manifest.json").read_text())["inputs"]
    assert digest(mine) == inputs["own/words_file/mine.csv"]
    for path in (path for path in built.base.rglob("*") if path.is_file()):
        assert str(tmp_path) not in path.read_text(), "where it lay is nobody's business"
    assert before == there()


def test_a_build_into_its_own_inputs_is_refused(root: Path, make: Callable[..., Built]) -> None:
    """Or into what it makes; a folder that only its notebooks declare is known by them."""
    for folder in ("data/other", "figures"):
        with pytest.raises(
            Refusal,
            match=f"/{folder}: lies in {folder.split('/')[0]}/, a folder of the project's own; name another folder",
        ):
            make(out=root / folder)
    path = root / "notebooks/1_count.ipynb"
    path.write_text(
        path.read_text().replace('"reads": ["data/words.csv"]', '"reads": ["data/words.csv", "more/*.csv"]')
    )
    with pytest.raises(Refusal, match=r"^more/other: lies in a folder that the build itself reads or makes$"):
        make(out=root / "more/other")


def test_two_steps_that_write_one_file_are_refused(root: Path, make: Callable[..., Built]) -> None:
    """Before any work: which of them would win is not left to chance."""
    path = root / "notebooks/3_half.ipynb"
    path.write_text(path.read_text().replace("data/built/half.json", "data/built/double.json"))
    with pytest.raises(Refusal) as refusal:
        make()
    assert ["data/built/double.json: is written by 2_double and by 3_half"] == refusal.value.problems


def test_a_reader_of_what_nobody_writes_is_refused(root: Path, make: Callable[..., Built]) -> None:
    """With the notebook and what it asks for; a pattern that some file could match is no such thing."""
    path = root / "notebooks/2_double.ipynb"
    path.write_text(
        path.read_text().replace(
            '"reads": ["data/built/n.json"]', '"reads": ["data/built/n.json", "data/built/none.csv"]'
        )
    )
    with pytest.raises(Refusal) as refusal:
        make()
    assert [
        "2_double.ipynb: reads 'data/built/none.csv', which no other notebook declares to write"
    ] == refusal.value.problems


def test_steps_that_are_asked_for_bring_what_they_need(project: Project, tmp_path: Path) -> None:
    """And nothing else; without overrides nothing is injected, with one only what differs."""
    plan = Plan(project, {}, project.root, How(), only=["2_double"])
    assert {"1_count", "2_double"} == set(plan.tasks) and {} == plan.injected("1_count")
    other = Plan(project, {"factor": 3, "label": "words"}, tmp_path / "out", How())
    assert {"factor": 3} == other.injected("1_count")


def test_an_input_that_changes_while_it_is_read_is_said(
    project: Project, make: Callable[..., Built], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build is a function of its inputs as they were when it began."""
    settle = Plan.settle

    def changed(plan: Plan) -> bool:
        done = settle(plan)
        (project.root / "data/words.csv").write_text("word\nanother\n")
        return done

    monkeypatch.setattr(Plan, "settle", changed)
    with pytest.raises(
        BuildFailure, match=r"^data/words\.csv: changed while the build was reading it; build again$"
    ):
        build(project)
