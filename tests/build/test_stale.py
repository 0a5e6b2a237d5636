"""A published result is what the published code, versions and settings give: nothing that changes beside them
is taken for current."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny

from escalation.build.code import PACKAGE

SCRIPT = """
import sys
from pathlib import Path
from escalation.build.make import Project, build
from escalation.build.verify import verify
project = Project(Path(sys.argv[1]), checks=("toypage:check",), render="toypage:render")
if sys.argv[2:] == ["verify"]:
    print(verify(project).summary)
else:
    built = build(project)
    print(" ".join(built.ran), *built.remarks, sep="\\n")
"""

Run = Callable[..., list[str]]


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Run:
    """Build the tiny project in a process of its own, with `first` before all else on its path, from the
    folder it lies in."""

    def run(*words: str, first: Path | None = None, **environment: str) -> list[str]:
        path = os.pathsep.join(str(each) for each in (first, root / "library") if each)
        command = [sys.executable, "-P", "-c", SCRIPT, str(root), *words]
        done = subprocess.run(
            command,
            cwd=root,
            env=os.environ | {"PYTHONPATH": path} | environment,
            capture_output=True,
            text=True,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout.splitlines()

    return run


def cells(root: Path, name: str, source: str, *, reads: list[str], writes: list[str]) -> None:
    start = tiny.cell("import json, os\nfrom pathlib import Path\nroot = Path(os.environ['ESCALATION_ROOT'])")
    tiny.notebook(root / f"notebooks/{name}.ipynb", [start, tiny.cell(source)], reads=reads, writes=writes)


def test_code_that_is_saved_during_a_build_counts_from_the_next_on(
    root: Path, run: Run, tmp_path: Path
) -> None:
    """A module, and a style sheet: what ran is what was hashed, so the next build does not take it for
    current."""
    code = tmp_path / "code"
    shutil.copytree(PACKAGE, code / "escalation", ignore=shutil.ignore_patterns("__pycache__"))
    saved = [code / "escalation" / name for name in ("saved.py", "build/saved.css")]
    for file in saved:
        file.write_text("VALUE = 1\n")
    # the first notebook is the editor: it saves after the build was planned and before anybody imports
    edit = (
        f"for file in {[str(file) for file in saved]}:\n    Path(file).write_text('VALUE = 2\\n')\n"
        "(root / 'data/built').mkdir()\n(root / 'data/built/n.json').write_text('3');"
    )
    cells(root, "1_count", edit, reads=["data/words.csv"], writes=["data/built/n.json"])
    read = (
        "import escalation\nfrom escalation import saved\n"
        "style = (Path(escalation.__file__).parent / 'build/saved.css').read_text()[-2]\n"
        "(root / 'data/built/double.json').write_text(f'{saved.VALUE} {style}');"
    )
    cells(root, "2_double", read, reads=["data/built/n.json"], writes=["data/built/double.json"])
    assert "1_count" in run(first=code)[0]
    assert "1 1" == (root / "data/built/double.json").read_text()
    assert ["VALUE = 2\n"] * 2 == [file.read_text() for file in saved]
    assert "2_double" in run(first=code)[0]
    assert "2 2" == (root / "data/built/double.json").read_text()
    assert [""] == run(first=code)


def test_code_that_keeps_its_size_and_times_is_still_other_code(root: Path, run: Run, tmp_path: Path) -> None:
    """As after `cp -p`, or a second save within a second: compiled code of Python's is known by size and
    time, ours by its bytes."""
    code = tmp_path / "code"
    shutil.copytree(PACKAGE, code / "escalation", ignore=shutil.ignore_patterns("__pycache__"))
    saved = code / "escalation/saved.py"
    source = "from escalation import saved\n(root / 'data/built/double.json').write_text(str(saved.VALUE));"
    cells(root, "2_double", source, reads=["data/built/n.json"], writes=["data/built/double.json"])
    for value in ("1", "2"):
        saved.write_text(f"VALUE = {value}\n")
        os.utime(saved, (1e9, 1e9))
        run(first=code, PYTHONDONTWRITEBYTECODE="")
        assert value == (root / "data/built/double.json").read_text()


def test_another_version_of_a_library_has_results_of_its_own(root: Path, run: Run, tmp_path: Path) -> None:
    """One that the lock does not name is said and never taken for current; put back, the old results are
    back."""
    place = tmp_path / "site"

    def install(version: str) -> None:
        shutil.rmtree(place, ignore_errors=True)
        (place / f"drawing-{version}.dist-info").mkdir(parents=True)
        (place / "drawing.py").write_text(f"VERSION = {version!r}\n")

    (root / "requirements.txt").write_text("drawing==1.0\n")
    (root / "pyproject.toml").write_text('[project]\ndependencies = ["drawing"]\n')
    source = "import drawing\n(root / 'data/built/double.json').write_text(drawing.VERSION);"
    cells(root, "2_double", source, reads=["data/built/n.json"], writes=["data/built/double.json"])
    for version, ran, remarks in (
        ("1.0", True, []),
        ("2.0", True, ["drawing: 2.0 is installed, requirements.txt says 1.0; the bytes may differ"]),
        ("1.0", False, []),
    ):
        install(version)
        said = run(first=place)
        assert (ran, remarks) == ("2_double" in said[0], said[1:])
        assert version == (root / "data/built/double.json").read_text()


def test_what_lies_about_in_the_project_changes_nothing(root: Path, run: Run) -> None:
    """Settings of the drawing library and a module that has a library's name, in the project and where the
    command is given: the files are those of a project without them, and `verify` makes them again in
    surroundings of its own."""
    draw = "import random, warnings\nwarnings.warn('careful')\nassert __debug__\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2])\n"
    save = "(root / 'figures').mkdir()\nfig.savefig(root / 'figures/a.png');"
    cells(root, "4_say", draw + save, reads=["data/built/*.json"], writes=["figures/**"])
    run()
    before = (root / "figures/a.png").read_bytes()
    (root / "matplotlibrc").write_text("lines.linewidth: 9\naxes.facecolor: black\n")
    for place in (root, root / "notebooks"):
        (place / "random.py").write_text("raise ImportError('not the library')\n")
    shutil.rmtree(root / ".build")
    assert (
        "4_say" in run(MATPLOTLIBRC=str(root / "matplotlibrc"), PYTHONOPTIMIZE="1", PYTHONWARNINGS="error")[0]
    )
    assert before == (root / "figures/a.png").read_bytes()
    assert ["reproduced 7/7 outputs"] == run("verify")


def test_files_that_say_they_are_of_tomorrow_are_known_by_their_bytes(
    root: Path, published: None, make: Any
) -> None:
    """A clock that was wrong, or set back, makes nothing current."""
    words = root / "data/words.csv"
    words.write_text("word\nceasefire\ntruce\nand more\n")
    for moment in (0, 2e9):
        os.utime(words, (moment, moment))
    assert "1_count" in make().ran
