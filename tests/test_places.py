"""Folders that a user names: which are taken, which are refused, and that nothing there is replaced."""

import subprocess
from pathlib import Path

import pytest

from escalation import places
from escalation.errors import Refusal


def test_the_projects_own_folders_are_those_that_git_keeps(root: Path) -> None:
    """A new folder of the project's own would otherwise be taken for one of the user's."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    kept = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line}
    assert set(places.OWN) == {name for name in kept if not name.startswith((".", '"'))}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, another one beside it, and a folder of the user's; the user stands in the first."""
    for name in ("project", "other"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data/datapackage.json").write_text("{}")
    for folder in ("mine", "repository/.git", "package", "study/notebooks", "study/data"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "package/pyproject.toml").write_text("")
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize(
    "folder",
    ["elsewhere", "out/x", "deep/er/x", "../new", "../mine", "../mine/x/../y", "../link/x", "/nowhere/x"],
)
def test_a_folder_of_the_users_is_taken_wherever_it_is(folder: str, here: Path) -> None:
    """In the project or not, there already or not, by a relative or a whole path."""
    assert (here / folder).resolve() == places.outside(Path(folder), here)


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (".", r"^\.: is the project itself; name another folder with --out, such as out/NAME$"),
        ("notebooks/zz", r"^notebooks/zz: lies in notebooks/, a folder of the project's own; name another"),
        ("Data/x", "lies in Data/, a folder of the project's own"),
        (".git/x", r"lies in \.git/, a folder of the project's own"),
        ("../mine/../project/seeds", "lies in seeds/, a folder of the project's own"),
        ("../other", "lies in another project, .*/other; name another"),
        ("../other/data", "lies in another project, .*/other; name another"),
        ("../other/out/x", "lies in another project, .*/other; name another"),
        ("../repository/deep/new", "lies in another project, .*/repository; name another"),
        ("../package/new", "lies in another project, .*/package; name another"),
        ("../study/data/new", "lies in another project, .*/study; name another"),
        ("out/x/../../../study", "lies in another project, .*/study; name another"),
        ("/etc", "^/etc: lies in a folder of the system; name another"),
        *(
            (f"/{name}/new/er", "lies in a folder of the system; name another")
            for name in ("etc", "usr", "bin", "lib", "dev", "proc")
        ),
        ("../file", r"^\.\./file: is a file; name another"),
        ("../link", r"^\.\./link: is a link; name the folder it leads to, or name another"),
        ("../circle/x", "cannot be used"),
        ("x" * 300, "cannot be used"),
    ],
)
def test_a_folder_of_a_projects_own_is_not(folder: str, said: str, here: Path) -> None:
    """Nor a file, nor a link: one line with what is in the way and what to do."""
    with pytest.raises(Refusal, match=said) as refusal:
        places.outside(Path(folder), here)
    assert 1 == len(refusal.value.problems)


def test_a_project_may_lie_in_a_repository(here: Path) -> None:
    """Of a whole that holds the project itself, other folders are the user's; another project in the
    project's own `out/` is another."""
    (here.parent / ".git").mkdir()
    assert here.parent / "mine" == places.outside(Path("../mine"), here)
    (here / "out/nested/.git").mkdir(parents=True)
    with pytest.raises(Refusal, match=r"lies in another project, .*/out/nested; name another"):
        places.outside(Path("out/nested/x"), here)


def test_new_files_are_written_all_or_none(tmp_path: Path) -> None:
    """Every one that is in the way is named: another file, a folder, a link even if what it leads to has the
    same content."""
    same, other, folder, link, new = (
        tmp_path / name for name in ("same", "other", "folder", "link", "deep/new")
    )
    same.write_bytes(b"x")
    other.write_bytes(b"y")
    folder.mkdir()
    link.symlink_to(same)
    with pytest.raises(Refusal) as refusal:
        places.put(dict.fromkeys((new, same, other, folder, link), b"x"), "go elsewhere")
    assert [
        f"{path}: stands there already, with other content; go elsewhere" for path in (other, folder, link)
    ] == refusal.value.problems
    assert not new.parent.exists() and b"y" == other.read_bytes()
    assert [new, same] == places.put({new: b"x", same: b"x"}, "") and b"x" == new.read_bytes()
