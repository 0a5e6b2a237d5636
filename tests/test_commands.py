"""The commands that do not build, as one types them: what they print, what they write, how they refuse and
end."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from test_evidence_articles import META, METADATA, TEXT
from test_readers import GED, rows, text

import escalation
from escalation import authoring, cli, command, fetch, schema
from escalation.errors import Refusal

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`typed(folder, "check")`: exit code, standard output, standard error of the command given in that
    project."""

    def run(folder: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("ESCALATION_ROOT", str(folder))
        monkeypatch.setattr(sys, "argv", ["escalation", *words])
        capsys.readouterr()
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        with pytest.raises(SystemExit) as end:
            cli.main()
        for number, handler in before.items():
            signal.signal(number, handler)
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def test_an_export_names_what_it_wrote(root: Path, tmp_path: Path, typed: Typed) -> None:
    """A line a file; formats and tiers that there are not are refused with those that there are."""
    assert (0, f"{tmp_path / 'out/events.geojson'}\n", "") == typed(
        root, "export", str(tmp_path / "out"), "--format", "geojson"
    )
    assert (2, "", "--tiers sees: is not all or seeds\n") == typed(
        root, "export", str(tmp_path / "two"), "--tiers", "sees"
    )
    code, out, said = typed(root, "export", str(tmp_path / "two"), "--format", "xml")
    assert (2, "") == (code, out) and said.startswith("format 'xml'; allowed: annotations, brat")
    (tmp_path / "file").write_text("")
    said = f"{tmp_path / 'file'}: is a file; name another folder, such as out/NAME\n"
    assert (2, "", said) == typed(root, "export", str(tmp_path / "file"))
    assert not (tmp_path / "two").exists()


def test_a_coding_in_progress_is_never_replaced(root: Path, tmp_path: Path, typed: Typed) -> None:
    """Asked again, the command names the file in the way and writes nothing; untouched drafts it just names
    again."""
    (tmp_path / "fourth.txt").write_text(TEXT, "utf-8")
    told = [word for name, value in META.items() for word in ("--set", f"{name}={value}")]
    asked = ("add-document", str(tmp_path / "fourth.txt"), *told, "--out", str(tmp_path / "drafts"))
    first = typed(root, *asked)
    assert 0 == first[0] and first == typed(root, *asked)
    assert ["document.csv", "claims_template.csv", "found.csv"] == [
        Path(line).name for line in first[1].splitlines()
    ]
    template = tmp_path / "drafts/claims_template.csv"
    coded = template.read_bytes() + b"a day of work"
    template.write_bytes(coded)
    (tmp_path / "drafts/document.csv").unlink()
    code, out, said = typed(root, *asked)
    assert (
        (2, "") == (code, out)
        and coded == template.read_bytes()
        and not (tmp_path / "drafts/document.csv").exists()
    )
    assert (
        said == f"{template}: stands there already, with other content; it may hold coding, so nothing was"
        " written: go on with it, or name another folder with --out\n"
    )
    code, _, said = typed(root, *asked[:-1], str(root / "data/coded"))
    assert 2 == code and "lies in data/, a folder of the project's own" in said
    code, _, said = typed(root, *asked[:2])
    told = [f"{name}: missing; a document needs it" for name in METADATA]
    assert (2, told) == (code, said.splitlines()), "all that is needed at once"


def test_an_export_replaces_no_file(root: Path, tmp_path: Path, typed: Typed) -> None:
    """What an annotator changed stands, and nothing else is written either; what is as it would be written is
    in nobody's way."""
    asked = ("export", str(tmp_path), "--format", "brat", "--format", "geojson")
    first = typed(root, *asked)
    assert 0 == first[0] and first == typed(root, *asked)
    changed = tmp_path / "brat/S000.ann"
    changed.write_text("mine")
    (tmp_path / "events.geojson").unlink()
    code, out, said = typed(root, *asked)
    assert (
        (2, "") == (code, out)
        and "mine" == changed.read_text()
        and not (tmp_path / "events.geojson").exists()
    )
    assert said.startswith(
        f"{changed}: stands there already, with other content; remove it if it is an earlier export, or name"
    )


def test_a_change_of_a_cell_is_a_line_of_the_change_log(root: Path, project: Path, typed: Typed) -> None:
    """A folder that is no project is refused."""
    claims = project / "data/coded/claims.csv"
    before = schema.read("claims", root).iloc[0]
    claims.write_text(claims.read_text("utf-8").replace(before["speaker"], "Somebody else"), "utf-8")
    code, out, _ = typed(root, "changelog", str(project))
    assert 0 == code and "Somebody else" in out and before["claim_id"] in out
    code, _, said = typed(root, "changelog", str(project / "seeds"))
    assert (2, f"{project / 'seeds'}: is no project (no data/datapackage.json)\n") == (code, said)


@pytest.fixture
def versioned(root: Path, project: Path) -> Path:
    """The project with its kept versions and citation, and no git."""
    shutil.copytree(root / "data/versions", project / "data/versions")
    shutil.copy(root / "CITATION.cff", project / "CITATION.cff")
    return project


def stated(project: Path, version: str) -> None:
    """Puts another version of the data in the two places that state it."""
    now = schema.package(project)["version"]
    for name, state in (("data/datapackage.json", '"version": "{}"'), ("CITATION.cff", "\nversion: {}\n")):
        file = project / name
        text = file.read_text("utf-8")
        assert state.format(now) in text
        file.write_text(text.replace(state.format(now), state.format(version), 1), "utf-8")


def test_the_change_log_holds_what_the_command_prints(root: Path, versioned: Path, typed: Typed) -> None:
    """From the version kept before this one, without arguments and without git's history."""
    code, out, said = typed(versioned, "changelog")
    assert (0, "") == (code, said) and f" → {schema.package(root)['version']} (20" in out.splitlines()[0]
    assert out.strip() in (root / "CHANGELOG.md").read_text("utf-8"), (
        "put there what `escalation changelog` prints"
    )


def test_a_version_is_kept_once_and_is_what_the_next_is_compared_with(versioned: Path, typed: Typed) -> None:
    """90.10.0 comes after 90.9.0; changes to tables that are kept already are no version yet, and cannot be
    kept under its number."""
    stated(versioned, "90.9.0")
    kept = versioned / "data/versions/90.9.0"
    assert [(0, f"{kept}\n", "")] * 2 == [typed(versioned, "changelog", "--keep") for _ in range(2)]
    assert (versioned / "data/coded/errata.csv").read_bytes() == (kept / "data/coded/errata.csv").read_bytes()
    assert " → 90.9.0 (" in typed(versioned, "changelog")[1].splitlines()[0]
    waivers = versioned / "data/coded/waivers.csv"
    waivers.write_text(waivers.read_text("utf-8").replace("W001,", "W900,", 1), "utf-8")
    changed = "### waivers: 1 added, 1 removed\n"
    assert typed(versioned, "changelog")[1].startswith(f"## Data 90.9.0 → not yet a version\n\n{changed}")
    said = (
        "data/versions/90.9.0: is kept, and the tables differ from it; raise the version in"
        " data/datapackage.json\n"
    )
    assert (2, "", said) == typed(versioned, "changelog", "--keep")
    stated(versioned, "90.10.0")
    assert typed(versioned, "changelog")[1].startswith("## Data 90.9.0 → 90.10.0 (")


def test_a_change_log_without_an_earlier_version_or_a_day_is_refused(versioned: Path, typed: Typed) -> None:
    """It says what is missing, and what can be named instead."""
    version = schema.package(versioned)["version"]
    citation = versioned / "CITATION.cff"
    citation.write_text(
        citation.read_text("utf-8").replace(f"\nversion: {version}", "\nversion: 0.0.1"), "utf-8"
    )
    said = (
        f"CITATION.cff: has to say `version: {version}`, as data/datapackage.json does, and `date-released:"
        " YYYY-MM-DD`\n"
    )
    assert (2, "", said) == typed(versioned, "changelog")
    shutil.rmtree(versioned / "data/versions")
    said = f"data/versions: holds no version before {version}; name the folder of an earlier checkout\n"
    assert (2, "", said) == typed(versioned, "changelog")


def test_the_package_and_the_data_state_one_version(root: Path) -> None:
    """In the package, its metadata and the declaration of the data."""
    stated = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert [schema.package(root)["version"]] * 2 == [stated, escalation.__version__]


def test_only_the_official_file_of_one_publisher_can_be_fetched(
    root: Path, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are refused with a way; the path alone goes to standard output, so that a script can take it."""
    code, out, said = typed(root, "fetch", "acled")
    assert (
        2,
        "",
        "acled: only ucdp can be fetched; an ACLED export comes from your own account there\n",
    ) == (code, out, said)
    asked = []

    def ged(version: str, **options: object) -> fetch.Fetched:
        asked.append((version, options))
        return fetch.Fetched(tmp_path / "ged251-csv.zip", "https://x", "ab" * 32, 1234567, True)

    monkeypatch.setattr(fetch, "ged", ged)
    code, out, said = typed(
        root, "fetch", "ucdp", "--version", "25.1", "--to", str(tmp_path), "--sha256", "cd" * 32
    )
    assert (0, f"{tmp_path / 'ged251-csv.zip'}\n") == (code, out)
    assert said.endswith(f"build on it: escalation build -p events_file={tmp_path}/ged251-csv.zip\n")
    typed(root, "fetch", "ucdp")
    given = {"to": tmp_path, "sha256": "cd" * 32}
    assert [("25.1", given), (fetch.VERSION, {"to": None, "sha256": None})] == asked


def test_kept_counts_are_made_again_for_a_case(
    root: Path, project: Path, tmp_path: Path, typed: Typed
) -> None:
    """Counts and source record of the second case, from a file of three events; the first is what the
    notebooks say."""
    case = project / "data/cases/small.toml"
    case.write_text(
        'title = "Small"\nplace = "nowhere"\nwar = "the small war"\nstart = "2020-01-03"\nend ='
        ' "2020-01-12"\nmargin_start = "2020-01-01"\ntables = "cases/small"\nseries ='
        ' "cases/small"\n[governorates]\nNorth = ["North Governorate"]\n[ucdp]\nconflict = ["A:'
        ' Government"]\nside_b = ["Rebels"]\n'
    )
    (tmp_path / "ged.csv").write_text(text(rows(GED, {"id": "1"}, {"id": "2"})), "utf-8")
    code, out, said = typed(project, "series", "--ucdp", str(tmp_path / "ged.csv"), "--case", "small")
    assert 0 == code, said
    assert (
        "data/cases/small/ucdp_daily.csv" in out.splitlines()
        and "data/cases/small/ucdp.source.json" in out.splitlines()
    )
    assert 2 == json.loads((project / "data/cases/small/ucdp.source.json").read_text())["rows_in"]
    code, _, said = typed(project, "series", "--ucdp", str(tmp_path / "none.csv"))
    assert 2 == code and "none.csv" in said and "Traceback" not in said


def test_codebook_and_readme_are_fresh_or_said_to_be_stale(root: Path, tmp_path: Path, typed: Typed) -> None:
    """Those of this project are fresh; a stale one fails the check, names the remedy and is left, and without
    the check is written."""
    assert (0, "datapackage.json: fresh\nCODEBOOK.md: fresh\n", "") == typed(root, "codebook", "--check")
    assert (0, "README.md: fresh\n", "") == typed(root, "readme", "--check")
    for folder in ("coded", "cases"):
        shutil.copytree(root / "data" / folder, tmp_path / "data" / folder)
    shutil.copy(root / "data/datapackage.json", tmp_path / "data/datapackage.json")
    stale = (1, "datapackage.json: fresh\n", "CODEBOOK.md is stale; run `escalation codebook`\n")
    assert stale == typed(tmp_path, "codebook", "--check") and not (tmp_path / "data/CODEBOOK.md").exists()
    assert (0, "datapackage.json: fresh\nCODEBOOK.md: written\n", "") == typed(tmp_path, "codebook")
    assert (tmp_path / "data/CODEBOOK.md").read_bytes() == (root / "data/CODEBOOK.md").read_bytes()
    (tmp_path / "data/CODEBOOK.md").write_text("old")
    assert (
        stale == typed(tmp_path, "codebook", "--check")
        and "old" == (tmp_path / "data/CODEBOOK.md").read_text()
    )


def test_a_readme_without_its_marks_is_refused(root: Path) -> None:
    """There is no place to write the findings; what stands around the marks is never touched."""
    with pytest.raises(Refusal, match=r"README\.md: the marks .* are missing"):
        authoring.readme("# Talks\n", root)
    around = f"before\n{authoring.FIRST}\nold\n{authoring.LAST}\nafter\n"
    found = authoring.readme(around, root)
    assert (
        found.startswith(f"before\n{authoring.FIRST}\n\n### When ")
        and found.endswith(f"\n{authoring.LAST}\nafter\n")
        and "old" not in found
    )


def test_notebooks_are_stripped_where_they_lie(root: Path, tmp_path: Path, typed: Typed) -> None:
    """Named ones alone; the check refuses and changes nothing; a file that is none, or no text, is named."""
    notebook = tmp_path / "notebooks/1_dataset.ipynb"
    notebook.parent.mkdir()
    content = json.loads((root / "notebooks/1_dataset.ipynb").read_text("utf-8"))
    content["cells"][0]["metadata"]["collapsed"] = True
    content["cells"].append(
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "x", "attachments": {"a.png": {}}}
    )
    notebook.write_text(json.dumps(content), "utf-8")
    assert (2, "", "1_dataset.ipynb: is not stripped; run `escalation strip`\n") == typed(
        tmp_path, "strip", "--check"
    )
    assert (0, "1_dataset.ipynb: stripped\n", "") == typed(tmp_path, "strip")
    assert (0, "", "") == typed(tmp_path, "strip", "--check") == typed(tmp_path, "strip", str(notebook))
    assert {"a.png": {}} == json.loads(notebook.read_text("utf-8"))["cells"][-1]["attachments"]
    (tmp_path / "x.ipynb").write_bytes(b"\xff")
    code, _, said = typed(tmp_path, "strip", str(tmp_path / "x.ipynb"), str(tmp_path / "y.ipynb"))
    assert 2 == code and ["x.ipynb: cannot be read", f"{tmp_path}/y.ipynb: no such file"] == [
        line.split(" (")[0] for line in said.splitlines()
    ]


def test_what_running_a_notebook_left_does_not_get_into_git(root: Path, tmp_path: Path) -> None:
    """With the filter of `make lab`, a notebook with outputs is as it was; a changed cell is seen, and what is
    no notebook is kept as it is."""
    recipe = re.search(
        r"git config (filter\.\S+) '\$\(BIN\)/escalation (.+)'", (root / "Makefile").read_text()
    )
    assert recipe

    def git(*words: str) -> str:
        run = subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "" == run.stderr
        return run.stdout

    git("init", "-q")
    git("config", recipe[1], f"{shlex.quote(sys.executable)} -m escalation.cli {recipe[2]}")
    shutil.copy(root / ".gitattributes", tmp_path)
    notebook = tmp_path / "notebooks/workbench.ipynb"
    notebook.parent.mkdir()
    before = (root / "notebooks/workbench.ipynb").read_text("utf-8")
    notebook.write_text(before, "utf-8")
    (notebook.parent / "none.ipynb").write_bytes(b"\xff")
    git("add", ".")
    assert before == git("show", ":notebooks/workbench.ipynb")
    content = json.loads(before)
    cell = next(each for each in content["cells"] if each["cell_type"] == "code")
    cell |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": "seen"}]}
    content["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.write_text(json.dumps(content), "utf-8")
    assert "" == git("diff", "--name-only")
    git("add", ".")
    assert before == git("show", ":notebooks/workbench.ipynb")
    cell["source"] = ["changed = 1\n"]
    notebook.write_text(json.dumps(content), "utf-8")
    assert "notebooks/workbench.ipynb\n" == git("diff", "--name-only")


def test_a_notebook_is_stripped_whole_or_not_at_all(
    root: Path, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves it as it was; a link to it stays a link, and what it may be done with stays too."""
    notebook, link = tmp_path / "1_x.ipynb", tmp_path / "link.ipynb"
    content = json.loads((root / "notebooks/1_dataset.ipynb").read_text("utf-8")) | {"nbformat_minor": 4}
    notebook.write_text(json.dumps(content), "utf-8")
    notebook.chmod(0o640)
    link.symlink_to(notebook)
    before = notebook.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        said = "link.ipynb: cannot be written, and is as it was (No space left on device)\n"
        assert (2, "", said) == typed(tmp_path, "strip", str(link)) and before == notebook.read_bytes()
    assert (0, "link.ipynb: stripped\n", "") == typed(tmp_path, "strip", str(link))
    assert before != notebook.read_bytes() and link.is_symlink() and 0o640 == notebook.stat().st_mode & 0o777
    assert {"1_x.ipynb", "link.ipynb"} == {path.name for path in tmp_path.iterdir()}


def test_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are forked on Linux and nowhere else."""
    assert ["fork", "kernel", "fork"] == [cli._engine(name) for name in (None, "kernel", "fork")]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert ["kernel", "kernel"] == [cli._engine(name) for name in (None, "kernel")]
    with pytest.raises(Refusal, match="--engine fork: is for Linux; leave it out"):
        cli._engine("fork")


def test_an_interrupt_says_that_nothing_was_touched(
    root: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line and 130, from the keyboard as from a service that ends."""

    def interrupted(*_: object, **__: object) -> None:
        command.stopper()(15, None)

    monkeypatch.setattr(authoring, "_fresh", interrupted)
    assert (130, "", "stopped; the published report is untouched\n") == typed(root, "codebook", "--check")


@pytest.mark.slow
@pytest.mark.parametrize("step", range(5))
def test_an_interrupt_in_the_first_moment_has_a_line_too(step: int, root: Path, tmp_path: Path) -> None:
    """While the libraries are loaded, at whatever module: no traceback, exit 130."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\nseen = 0\ndef heard(event, facts):\n    global seen\n    if event =="
        " 'import' and getattr(signal.getsignal(signal.SIGINT), '__module__', '') == 'escalation.start':\n  "
        f"      seen += 1\n        if seen == {1 + 30 * step}: os.kill(os.getpid(),"
        " signal.SIGINT)\nsys.addaudithook(heard)\n"
    )
    deaf = (  # as it may be born in a background
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    )
    code = f"{deaf}; from escalation.start import main; main()"
    said = subprocess.run(
        [sys.executable, "-c", code, "codebook", "--check"],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert (130, "", "stopped; the published report is untouched\n") == (
        said.returncode,
        said.stdout,
        said.stderr,
    )


def test_further_interrupts_let_the_tidying_go_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first stops, the second is answered, only the third ends at once."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    stop = command.stopper()
    with pytest.raises(KeyboardInterrupt):
        stop(2, None)
    stop(2, None)
    assert ("stopping; a third time stops at once\n", []) == (capfd.readouterr().err, ended)
    stop(2, None)
    assert [130] == ended
