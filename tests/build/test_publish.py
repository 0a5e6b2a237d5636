"""A report is old and whole or new and whole, whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import whole

from escalation.build.make import BuildFailure, Built
from escalation.build.store import Store
from escalation.errors import Refusal

Make = Callable[..., Built]

SCRIPT = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background is born deaf to it
from escalation.build.make import How, Project, build
root = Path(sys.argv[1])
built = build(Project(root, checks=("toypage:check",), render="toypage:render"), overrides={"factor": int(sys.argv[2])}, how=How(cache=False))
print(len(built.ran))
"""


def start(root: Path, factor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(root), str(factor)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def running(root: Path) -> list[str]:
    """Processes that still have this folder among their words, five seconds later at the latest."""
    for _ in range(50):
        found = [
            line
            for line in subprocess.run(
                ["ps", "-eo", "args"], capture_output=True, text=True
            ).stdout.splitlines()
            if str(root) in line
        ]
        if not found:
            break
        time.sleep(0.1)
    return found


def litter(root: Path) -> list[str]:
    return [
        path.name
        for path in (root / ".build").iterdir()
        if path.name.startswith(("stage-", "journal", ".new"))
    ]


def test_a_folder_where_a_file_should_be_is_said_before_anything_moves(
    root: Path, published: None, make: Make
) -> None:
    """And the rest stays."""
    (root / "reports/report.html").unlink()
    (root / "reports/report.html").mkdir()
    old = (root / "data/built/n.json").read_bytes()
    with pytest.raises(Refusal, match=r"reports/report\.html: is a folder where a file should be"):
        make(factor=3)
    assert old == (root / "data/built/n.json").read_bytes()


@pytest.mark.parametrize(
    "journal",
    [
        "{",
        "[]",
        '{"from": ".build/stage-x/tree", "old": ".build/stage-x/old", "put": ["README.md"], "remove": [], "had": []}',
        '{"from": ".build/stage-x/../../..", "old": ".build/stage-x/old", "put": [], "remove": ["figures/a.csv"], "had": []}',
        '{"from": ".build/stage-x/tree", "old": ".build/stage-x/old", "put": [], "remove": ["figures/../data/words.csv"], "had": []}',
        '{"from": ".build/stage-x/tree", "old": ".build/stage-x/old", "put": [], "remove": [], "had": ["data/words.csv"]}',
    ],
)
def test_a_journal_that_is_not_ours_is_not_obeyed(
    root: Path, published: None, make: Make, journal: str
) -> None:
    """It could come with a cloned project and name any file."""
    before = whole(root)
    (root / ".build/journal.json").write_text(journal)
    make()
    assert before == whole(root) and (root / "data/words.csv").is_file() and [] == litter(root)


def test_a_manifest_that_lies_removes_nothing_else(root: Path, published: None, make: Make) -> None:
    """Only outputs that it names below the folders of outputs are ever taken away."""
    manifest = json.loads((root / "reports/manifest.json").read_text())
    manifest["outputs"] |= {"data/words.csv": "", "figures/../requirements.txt": "", "/etc/hostname": ""}
    (root / "reports/manifest.json").write_text(json.dumps(manifest))
    make()
    assert (
        (root / "data/words.csv").is_file()
        and (root / "requirements.txt").is_file()
        and Path("/etc/hostname").exists()
    )


def test_nothing_is_ever_put_into_the_systems_folder_for_temporary_files(root: Path, tmp_path: Path) -> None:
    """Not for a moment: whatever is there when a build is killed stays there. Python itself asks once whether
    the folder can be written to."""
    heard, folder = tmp_path / "heard", tmp_path / "temporary"
    for place in (folder, tmp_path / "site"):
        place.mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(
        "import os, sys\n"
        "def hear(event, facts):\n"
        f"    if event in ('os.mkdir', 'tempfile.mkdtemp', 'tempfile.mkstemp') and str(facts[0]).startswith({str(folder)!r}):\n"
        f"        os.write(os.open({str(heard)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND), f'{{event}} {{facts[0]}}\\n'.encode())\n"
        "sys.addaudithook(hear)\n"
        "import tempfile\n"
        "if os.environ.get('TRY_IT'):\n"
        "    tempfile.mkdtemp()\n"
    )
    path = os.pathsep.join([str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = os.environ | {"PYTHONPATH": path, "TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", SCRIPT, str(root), "3"], env=own, check=True, capture_output=True)
    assert not heard.exists()
    subprocess.run([sys.executable, "-c", ""], env=own | {"TRY_IT": "1"}, check=True)
    assert heard.read_text().startswith("tempfile.mkdtemp ")


def test_an_interrupt_ends_the_build_and_all_it_started(root: Path) -> None:
    """Nothing keeps running, nothing is left."""
    path = root / "notebooks/1_count.ipynb"
    path.write_text(path.read_text().replace("print(label, n)", "import time; time.sleep(60)"))
    process = start(root, 3)
    for _ in range(600):  # until the notebook is under way, however busy the machine is
        if any((root / ".build").glob("stage-*/logs/1_count")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert [] == litter(root)
    assert [] == running(root)


def test_a_full_disk_is_one_line_and_leaves_the_old_report(root: Path, published: None, make: Make) -> None:
    """Wherever in the build it happens; here while the sandboxes are filled."""
    old = whole(root)
    (root / "library/sitecustomize.py").write_text(
        "import shutil\ndef full(source, target):\n    raise OSError(28, 'No space left on device', str(target))\nshutil.copyfile = full\n"
    )
    with pytest.raises(BuildFailure) as failure:
        make(factor=3)
    assert (
        failure.value.problems[0].endswith(": No space left on device")
        and "the published report is untouched" == failure.value.problems[1]
    )
    assert old == whole(root) and [] == litter(root)


def test_what_another_build_is_writing_is_left_alone_for_an_hour(tmp_path: Path) -> None:
    """Builds into folders of their own share what is stored: half a record of one is no damaged record of the
    other, until it is old."""
    cache = Store(tmp_path)
    for folder in (cache.records, cache.objects):
        folder.mkdir()
        (folder / ".new-x").write_text("{")
    (cache.records / "damaged").write_text("{")
    cache.prune()
    assert [".new-x"] == [path.name for path in cache.records.iterdir()] and (
        cache.objects / ".new-x"
    ).exists()
    for folder in (cache.records, cache.objects):
        os.utime(folder / ".new-x", (0, 0))
    cache.prune()
    assert [] == list(cache.records.iterdir()) + list(cache.objects.iterdir())
