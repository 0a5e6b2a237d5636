"""What a build runs, in which order, and what it leaves alone."""

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import tiny
from tiny import whole

from escalation.build.graph import discover, files, matching, overlap
from escalation.build.make import BuildFailure, Built, How, Project, build
from escalation.build.plan import Plan
from escalation.build.progress import Progress
from escalation.build.store import Store
from escalation.build.verify import verify
from escalation.errors import Refusal

Make = Callable[..., Built]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_step_comes_after_the_steps_whose_files_it_reads(root: Path) -> None:
    """1 makes what 2 and 3 read, and 4 reads what all of them make; nothing orders 2 and 3."""
    assert {
        "1_count": (),
        "2_double": ("1_count",),
        "3_half": ("1_count",),
        "4_say": ("1_count", "2_double", "3_half"),
    } == {step.name: step.after for step in discover(root)}


def test_a_build_publishes_every_output_and_its_record(root: Path, make: Make) -> None:
    """Tables, figures, the page, and a manifest that knows the hash of each."""
    built = make()
    expected = [
        "data/built/double.json", "data/built/half.json", "data/built/n.json", "figures/a.csv",
        "reports/SHA256SUMS", "reports/manifest.json", "reports/report.html",
    ]  # fmt: skip
    assert expected == sorted(whole(root)) == sorted(built.outputs)
    assert built.page.read_text().endswith("12|3.0|6")
    manifest = json.loads((root / "reports/manifest.json").read_text())
    assert {"factor": 2, "label": "words"} == manifest["parameters"]["1_count"]
    records = ("reports/manifest.json", "reports/SHA256SUMS")
    assert {path: sha for path, sha in built.outputs.items() if path not in records} == manifest["outputs"]


def test_another_users_project_is_planned(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be stored there; the build says so in its own words when it has something to write."""

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Store, "put", refused)
    assert Plan(project, {}, project.root, How()).parameters["1_count"]["factor"] == 2


def test_steps_that_share_nothing_run_side_by_side(root: Path, project: Project) -> None:
    """2 and 3 are both under way before either is done."""
    seen: list[str] = []

    class Log(Progress):
        def note(self, text: str) -> None:
            seen.append(text.split()[0] + (" starts" if text.endswith("…") else " ends"))

    build(project, how=How(jobs=2, cache=False), progress=Log())
    assert {"2_double starts", "3_half starts"} == set(seen[seen.index("1_count ends") + 1 :][:2])
    assert seen.index("1_count ends") < seen.index("2_double starts") and seen.index(
        "3_half ends"
    ) < seen.index("4_say starts")


def test_nothing_runs_when_nothing_has_changed(root: Path, published: None, make: Make) -> None:
    """Touching files is no change; only content is."""
    for path in root.rglob("*.ipynb"):
        path.touch()
    assert () == make().ran


@pytest.mark.parametrize(
    ("path", "old", "new", "ran"),
    [
        ("notebooks/2_double.ipynb", "n * 2", "n * 4", {"2_double", "4_say", "page"}),
        ("notebooks/2_double.ipynb", "n * 2", "2 * n", {"2_double", "page"}),
        ("data/words.csv", "truce", "talks", {"1_count", "toypage:check", "page"}),
        (
            "data/words.csv",
            "truce",
            "truce of",
            {"1_count", "2_double", "3_half", "4_say", "toypage:check", "page"},
        ),
    ],
)
def test_only_what_a_change_touches_runs_again(
    root: Path, published: None, make: Make, path: str, old: str, new: str, ran: set[str]
) -> None:
    """A changed cell, word or number runs its step, and those after it only as far as results change."""
    edit(root / path, old, new)
    assert ran == set(make().ran)


def test_the_bytes_after_a_change_are_a_full_builds(root: Path, published: None, make: Make) -> None:
    """Though two steps alone ran for them."""
    edit(root / "notebooks/2_double.ipynb", "n * 2", "n * 4")
    make()
    quick = whole(root)
    make(how=How(force=True))
    assert quick == whole(root)


def test_a_stored_result_that_is_damaged_is_made_again(root: Path, published: None, make: Make) -> None:
    """Whatever happened to the cache, the published files are right."""
    good = whole(root)
    for stored in (root / ".build/cache/objects").iterdir():
        stored.write_text("garbled")
    (root / "reports/report.html").write_text("garbled too")
    assert 6 == len(make().ran)
    assert good == whole(root)
    (root / "reports/report.html").unlink()
    assert () == make().ran
    assert good == whole(root)


def test_an_output_that_is_no_longer_made_goes(root: Path, published: None, make: Make) -> None:
    """But a file that no build made is left alone, and verify names it."""
    (root / "figures/mine.txt").write_text("keep")
    edit(root / "notebooks/4_say.ipynb", "figures/a.csv", "figures/b.csv")
    make()
    assert ["figures/b.csv", "figures/mine.txt"] == files(root, ["figures"])


def test_a_file_that_is_not_declared_cannot_be_read(root: Path, make: Make) -> None:
    """A step sees what it says it reads and nothing else of the project."""
    (root / "data/secret.csv").write_text("x")
    edit(root / "notebooks/1_count.ipynb", "data/words.csv').read", "data/secret.csv').read")
    with pytest.raises(BuildFailure, match=r"1_count, cell c2: FileNotFoundError.*secret\.csv"):
        make()


def test_files_written_unasked_and_files_not_written_are_mistakes(root: Path, make: Make) -> None:
    """What a step writes is what it declares, both ways; what it reads it leaves alone."""
    edit(
        root / "notebooks/2_double.ipynb", "data/built/double.json').write", "data/built/triple.json').write"
    )
    edit(
        root / "notebooks/3_half.ipynb",
        "/ 'data/built/half.json').write_text(json.dumps(value));",
        "/ 'data/built/n.json').write_text('0');",
    )
    with pytest.raises(BuildFailure) as failure:
        make(how=How(jobs=1, cache=False))
    assert (
        "data/built/triple.json: is written by 2_double, which does not declare it; add it to `writes`"
        " in the notebook's metadata" == failure.value.problems[0]
    )
    assert (
        "2_double: wrote nothing for 'data/built/double.json', which it declares" == failure.value.problems[1]
    )
    edit(root / "notebooks/2_double.ipynb", "triple", "double")
    with pytest.raises(BuildFailure, match=r"data/built/n\.json: was changed by 3_half"):
        make()


def test_a_failure_names_notebook_cell_and_error_and_changes_nothing(
    root: Path, published: None, make: Make
) -> None:
    """The last good report stays, byte for byte; the log of the failed step is kept for whoever looks into
    it."""
    before = whole(root)
    edit(root / "notebooks/3_half.ipynb", "n / 2", "n / 0")
    with pytest.raises(BuildFailure) as failure:
        make()
    assert [
        "3_half, cell c2: ZeroDivisionError: division by zero",
        "the published report is untouched",
    ] == failure.value.problems
    assert before == whole(root)
    assert (root / ".build/failed/3_half.ipynb").is_file()
    assert [] == list((root / ".build").glob("stage-*"))
    edit(root / "notebooks/3_half.ipynb", "n / 0", "n / 2")
    assert () == make().ran


def test_a_wrong_table_is_refused_before_anything_is_published(
    root: Path, published: None, make: Make
) -> None:
    """With the check's own words, though a notebook fails over it too."""
    before = whole(root)
    (root / "data/words.csv").write_text("word\n\ntruce\n")
    edit(root / "notebooks/1_count.ipynb", "print(label, n)", "raise ValueError(n)")
    with pytest.raises(Refusal) as refusal:
        make()
    assert ["words.csv, line 2: is empty"] == refusal.value.problems
    assert before == whole(root)


def test_both_engines_leave_the_same_bytes(root: Path, project: Project, tmp_path: Path) -> None:
    """In-process cells and a real kernel: values, streams, rich display, updates, figures, warnings, styled
    tables, addresses."""
    cells = [
        tiny.cell(
            "import os, sys, warnings\nfrom pathlib import Path\nimport pandas as pd\nimport matplotlib.pyplot as plt\nfrom IPython.display import HTML, display, clear_output"
        ),
        tiny.cell("print('one')\nprint('err', file=sys.stderr)\nprint('two')\nobject"),
        tiny.cell(
            "frame = pd.DataFrame({'a': range(30), 'b': 'word ' * 30})\ndisplay(HTML('<b>x</b>'), metadata={'text/html': {'alt': 'y'}})\nframe"
        ),
        tiny.cell("frame.style.highlight_max()"),
        tiny.cell(
            "handle = display('first', display_id=True)\nhandle.update('second')\nprint('gone'); clear_output(); print(object.__new__(type('T', (), {})))"
        ),
        tiny.cell("warnings.warn('careful')\n{'z', 'b', 'a'}"),
        tiny.cell("fig, ax = plt.subplots(figsize=(2, 1)); ax.plot([1, 2]); plt.show()"),
        tiny.cell("slider", tags=("interactive",)),
        tiny.cell(""),
        tiny.cell(
            "%matplotlib inline\n_ = 3\nPath(os.environ['ESCALATION_ROOT'], 'figures').mkdir()\n(Path(os.environ['ESCALATION_ROOT']) / 'figures/a.csv').write_text(str(Path.cwd().name));"
        ),
    ]
    tiny.notebook(root / "notebooks/4_say.ipynb", cells, reads=["data/built/*.json"], writes=["figures/**"])
    edit(
        root / "library/toypage.py",
        '(root / "reports").mkdir(exist_ok=True)',
        "import nbformat; (root / 'reports').mkdir(); [nbformat.write(nb, root / f'reports/{n}.ipynb') for n, nb in executed.items()]",
    )
    results = []
    for engine in ("fork", "kernel"):
        out = tmp_path / engine
        build(project, out=out, overrides={"factor": 5}, how=How(engine=engine, cache=False))
        results.append(whole(out))
    for path, text in results[0].items():
        assert text == results[1][path], path
    notebook = nbformat.reads(results[0]["reports/4_say.ipynb"].decode(), as_version=4)
    kinds = [[output.output_type for output in cell.outputs] for cell in notebook.cells]
    assert [
        [],
        ["stream", "stream", "execute_result"],
        ["display_data", "execute_result"],
        ["execute_result"],
    ] == kinds[:4]
    assert "at 0x…" in str(notebook.cells[4].outputs) and "gone" not in str(notebook.cells[4].outputs)
    assert "image/png" in notebook.cells[6].outputs[0].data


def test_surroundings_change_no_byte(
    root: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another folder, hash seed, time zone, locale, width, home and stage: the same files."""
    source = "import json, os, locale, time\nfrom pathlib import Path\nroot = Path(os.environ['ESCALATION_ROOT'])\nprint(list({'a', 'b', 'c', 'd'}), time.localtime(0).tm_hour, locale.getlocale(), Path.cwd(), root)"
    end = tiny.cell(
        "(root / 'figures').mkdir()\n(root / 'figures/a.csv').write_text(str(list({'x', 'y', 'z'})) + time.tzname[0]);"
    )
    tiny.notebook(
        root / "notebooks/4_say.ipynb",
        [tiny.cell(source), end],
        reads=["data/built/*.json"],
        writes=["figures/**"],
    )
    build(project, how=How(cache=False))
    first = whole(root)
    for name, value in {
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Damascus",
        "LC_ALL": "C",
        "COLUMNS": "40",
        "HOME": str(tmp_path),
        "MPLBACKEND": "svg",
    }.items():
        monkeypatch.setenv(name, value)
    build(project, out=tmp_path / "a longer {name} with spaces", how=How(cache=False, jobs=1))
    assert first == whole(tmp_path / "a longer {name} with spaces")


def test_a_folder_with_braces_and_spaces_is_a_folder_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Papermill takes braces in a path for its own parameters; ours never sees one."""
    root = tiny.make(tmp_path / "a {weird} näme")
    monkeypatch.setenv("PYTHONPATH", str(root / "library"))
    assert build(Project(root, render="toypage:render"), how=How(cache=False)).page.is_file()


def test_verify_proves_the_published_bytes_and_trusts_nothing(
    root: Path, project: Project, published: None
) -> None:
    """A changed, a missing and an extra file are each named; what is stored is not asked."""
    assert ((), "reproduced 7/7 outputs") == (verify(project).differences, verify(project).summary)
    (root / "data/built/n.json").write_text("7")
    (root / "figures/a.csv").unlink()
    (root / "figures/extra.csv").write_text("a\n")
    result = verify(project)
    assert "reproduced 5/8 outputs" == result.summary
    assert {"data/built/n.json", "figures/a.csv", "figures/extra.csv"} == {
        line.partition(":")[0] for line in result.differences
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("data/built/*.json", "data/built/n.json", True),
        ("data/built/**", "data/built/findings/1.json", True),
        ("data/built/a/*.json", "data/built/*/x.json", True),
        ("data/built/a*.json", "data/built/b*.json", False),
        ("data/built/*.csv", "data/built/*.json", False),
        ("figures/**", "data/**", False),
        ("data/built/*", "data/built/a/b", False),
        ("**/x.json", "data/built/x.json", True),
    ],
)
def test_two_globs_overlap_if_some_path_matches_both(one: str, other: str, same: bool) -> None:
    """So that a step that might read what another writes waits for it."""
    assert same == overlap(one, other) == overlap(other, one)


def test_a_star_stays_within_a_folder() -> None:
    """Two stars do not."""
    paths = ["a/b.csv", "a/b/c.csv", "a/[b].csv"]
    assert (["a/[b].csv", "a/b.csv"], sorted(paths), ["a/b.csv"]) == (
        matching(paths, ["a/*.csv"]),
        matching(paths, ["a/**"]),
        matching(paths, ["a/[bc].csv"]),
    )


def test_notebooks_that_cannot_be_ordered_or_lead_outside_are_refused(root: Path) -> None:
    """A circle, a path upwards, a file outside what builds make, broken JSON, no declaration: a line each."""
    edit(root / "notebooks/1_count.ipynb", '"data/words.csv"', '"data/built/double.json"')
    with pytest.raises(Refusal, match="each reads what another of them writes"):
        discover(root)
    edit(
        root / "notebooks/2_double.ipynb",
        '["data/built/double.json"]',
        '["figures/../../double.json", "data/coded/x.csv"]',
    )
    (root / "notebooks/5_broken.ipynb").write_text("{")
    (root / "notebooks/6_mute.ipynb").write_text('{"cells": [], "metadata": {}}')
    with pytest.raises(Refusal) as refusal:
        discover(root)
    assert ["2_double.ipynb", "2_double.ipynb", "5_broken.ipynb", "6_mute.ipynb"] == [
        line.partition(":")[0] for line in refusal.value.problems
    ]


def test_a_link_out_of_the_project_is_neither_read_nor_written(
    root: Path, make: Make, tmp_path: Path
) -> None:
    """Not as an input, not as a folder to publish into."""
    (tmp_path / "elsewhere").mkdir()
    (root / "data/link.csv").symlink_to("/etc/hostname")
    with pytest.raises(Refusal, match=r"data/link\.csv: is a link that leads out"):
        make()
    (root / "data/link.csv").unlink()
    (root / "figures").rmdir()
    (root / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refusal, match="figures: is a link that leads out"):
        make()
    assert [] == list((tmp_path / "elsewhere").iterdir())
