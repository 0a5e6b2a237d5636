"""What ran stands beside the report, and in no proof of it."""

import json
import platform
import subprocess
from pathlib import Path

from escalation.build.make import Project, build
from escalation.build.run_record import FILE


def test_commit_versions_and_seconds_of_the_run(root: Path, project: Project) -> None:
    """Blank outside git; in it the commit, and whether files differ from it; no output lists the file."""
    built = build(project)
    said = json.loads((root / FILE).read_text("utf-8"))
    assert ("", False, platform.python_version()) == (
        said["commit"],
        said["differs_from_commit"],
        said["python"],
    )
    assert said["seconds"] > 0 and FILE not in built.outputs
    assert FILE not in (root / "reports/manifest.json").read_text("utf-8")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    first = next((root / "data").glob("*.csv"))
    first.write_text(first.read_text("utf-8") + "more\n", "utf-8")
    build(project)
    said = json.loads((root / FILE).read_text("utf-8"))
    assert 40 == len(said["commit"]) and said["differs_from_commit"]
