"""The command line: what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

from escalation import cli
from escalation.build.project import Project
from escalation.build.strip import strip, stripped
from escalation.errors import Refusal


@pytest.fixture(autouse=True)
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command stands in the tiny project and knows its page."""
    monkeypatch.setenv("ESCALATION_ROOT", str(root))
    monkeypatch.setattr(
        cli, "project", lambda folder: Project(folder, checks=("toypage:check",), render="toypage:render")
    )


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["escalation", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_a_build_ends_with_the_path_of_the_page(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard output, alone; what ran and how long goes to standard error, in plain lines where nobody
    looks on."""
    assert 0 == call(monkeypatch, "build")
    said = capsys.readouterr()
    assert f"{root}/reports/report.html\n" == said.out
    assert "1_count …\n" in said.err and "1_count done in " in said.err and "\x1b" not in said.err
    assert 0 == call(monkeypatch, "build")
    assert "nothing has changed\n" == capsys.readouterr().err
    before = (root / "data/built/n.json").read_text()
    (root / "data/built/n.json").write_text("7000")
    assert 0 == call(monkeypatch, "build")
    said = "not as the last build had left them, so made again: data/built/n.json\nnothing had to run; put in place from what is stored\n"
    assert said == capsys.readouterr().err
    assert before == (root / "data/built/n.json").read_text()


def test_other_values_never_replace_the_published_report(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They go to a folder named for them, and `compare` says what they change."""
    (root / "scenarios").mkdir()
    (root / "scenarios/triple.toml").write_text("[parameters]\nfactor = 3\n")
    assert 0 == call(monkeypatch, "build", "--scenario", "triple", "-p", "label=x/../y")
    assert f"{root}/out/triple+label=x____y/reports/report.html\n" == capsys.readouterr().out
    assert not (root / "reports").exists()
    assert 2 == call(monkeypatch, "compare", str(root), str(root / "out"))
    assert 2 == len(capsys.readouterr().err.splitlines())


def test_refusals_are_lines_and_exit_2_before_any_work(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, nothing made."""
    assert 2 == call(monkeypatch, "build", "-p", "factr=3", "-p", "label=3")
    said = capsys.readouterr()
    assert (
        "factr: no notebook has such a parameter; did you mean factor?\n1_count: label = 3 is not text\n"
        == said.err
        and "" == said.out
    )
    assert not (root / "reports").exists()
    assert 2 == call(monkeypatch, "build", "--engine", "magic")


def test_a_failed_build_exits_1(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With notebook, cell and error."""
    path = root / "notebooks/1_count.ipynb"
    path.write_text(path.read_text().replace("print(label, n)", "nothing"))
    assert 1 == call(monkeypatch, "build")
    assert (
        "1_count, cell c2: NameError: name 'nothing' is not defined\nthe published report is untouched\n"
        in capsys.readouterr().err
    )


def test_verify_says_how_many_outputs_were_made_again(
    root: Path, published: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Last line; exit 1 if one differs."""
    assert 0 == call(monkeypatch, "verify")
    assert capsys.readouterr().out.endswith("\nreproduced 7/7 outputs\n")
    (root / "figures/a.csv").write_text("")
    assert 1 == call(monkeypatch, "verify")
    assert capsys.readouterr().out.endswith("\nreproduced 6/7 outputs\n")


def test_check_says_what_is_wrong_in_the_tables(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it, exit 2."""
    monkeypatch.syspath_prepend(root / "library")
    assert 0 == call(monkeypatch, "check")
    (root / "data/words.csv").write_text("a\n\n\nb\n")
    assert 2 == call(monkeypatch, "check")
    assert "words.csv, line 2: is empty\nwords.csv, line 3: is empty\n" == capsys.readouterr().err


def test_a_notebook_is_kept_without_what_running_it_left(tmp_path: Path) -> None:
    """Outputs, counts, injected cells and traces of use go; ids, tags and the declaration stay; a second time
    changes nothing."""
    path = tmp_path / "1_x.ipynb"
    cells = [
        tiny.cell("a = 1", tags=("parameters",)),
        tiny.cell("a = 2", tags=("injected-parameters",)),
        tiny.cell("a\nb"),
    ]
    cells[2] |= {"execution_count": 7, "metadata": {"collapsed": True, "papermill": {}}}
    tiny.notebook(path, cells, reads=["data/a"], writes=["figures/b"])
    assert [path] == strip([path], check=False) and [] == strip([path], check=False)
    kept = json.loads(path.read_text())
    assert {"reads": ["data/a"], "writes": ["figures/b"]} == kept["metadata"]["escalation"]
    assert [("c0", {"tags": ["parameters"]}), ("c2", {})] == [
        (cell["id"], cell["metadata"]) for cell in kept["cells"]
    ]
    with pytest.raises(Refusal, match=r"x\.ipynb: is no notebook"):
        stripped("{}", name="x.ipynb")
    with pytest.raises(Refusal, match="cells 0 have no id"):
        stripped(
            '{"cells": [{"cell_type": "code", "metadata": {}, "source": ""}], "metadata": {}}', name="x.ipynb"
        )


def test_the_command_starts_light() -> None:
    """No numerical library, no notebook library, no pydantic before they are needed, and not even what reads
    options where there are none: an empty build is a third of a second."""
    heavy = [
        "numpy", "pandas", "matplotlib", "papermill", "nbformat", "pydantic", "rich", "filelock",
        "jinja2", "scipy",
    ]  # fmt: skip
    for module, unwanted in (("cli", heavy), ("command", [*heavy, "typer"])):
        code = f"import sys, escalation.{module}; print([name for name in {unwanted} if name in sys.modules])"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "[]\n" == ran.stdout
