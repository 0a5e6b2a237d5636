"""A copy is the published one or not, and the answer names the file; pictures of another processor may differ
by so much and no more."""

import json
import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from escalation import sums
from escalation.build.make import Built, Project
from escalation.build.verify import LEVELS, copies, difference, verify
from escalation.cli import app
from escalation.errors import Refusal

Make = Callable[..., Built]
ROOT = Path(__file__).resolve().parent.parent.parent


def flip(file: Path) -> None:
    """One bit of one byte in the middle."""
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)


def test_a_whole_copy_is_the_published_one(root: Path, published: None, tmp_path: Path) -> None:
    """The project itself, a copy of it, and a copy of one folder of it."""
    shutil.copytree(root, tmp_path / "copy")
    shutil.copytree(root / "reports", tmp_path / "downloaded")
    assert ((), "7 of 7 files are the published ones") == (
        copies(root, [root]).differences,
        copies(root, [root]).summary,
    )
    assert ((), "7 of 7 files are the published ones") == (
        copies(root, [tmp_path / "copy"]).differences,
        copies(root, [tmp_path / "copy"]).summary,
    )
    assert "3 of 3 files are the published ones" == copies(root, [tmp_path / "downloaded"]).summary
    assert "no signature" in copies(root, [root]).manner


def test_a_flipped_byte_in_a_copy_is_named(root: Path, published: None, tmp_path: Path) -> None:
    """With the place where it begins to differ; so are a file that is gone and one that was put there."""
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    flip(copy / "reports/report.html")
    (copy / "figures/a.csv").unlink()
    (copy / "figures/b.csv").write_text("n\n")
    size = (copy / "reports/report.html").stat().st_size
    result = copies(root, [copy])
    assert {
        f"{copy / 'figures/b.csv'}: is not published",
        f"{copy / 'figures/a.csv'}: is missing",
        f"{copy / 'reports/report.html'}: is not the published reports/report.html: "
        f"it differs from line 3 on ({size} bytes published, {size} in the copy)",
    } == set(result.differences)
    assert "5 of 7 files are the published ones" == result.summary


def test_a_published_file_that_was_changed_is_named_too(root: Path, published: None) -> None:
    """Without building again: the list of hashes and the files beside it do not agree."""
    flip(root / "figures/a.csv")
    (line,) = copies(root, [root]).differences
    assert line.startswith(f"{root / 'figures/a.csv'}: is not the published figures/a.csv: its sha256 is ")


def test_a_single_file_is_known_by_its_bytes_or_its_name(root: Path, published: None, tmp_path: Path) -> None:
    """However a browser called it; what is neither is said to be neither."""
    for name in ("report (1).html", "report.html", "notes.html"):
        shutil.copyfile(root / "reports/report.html", tmp_path / name)
    assert () == copies(root, [tmp_path / "report (1).html", tmp_path / "report.html"]).differences
    for name in ("report (1).html", "notes.html"):
        flip(tmp_path / name)
    changed, strange = copies(root, [tmp_path / "report (1).html", tmp_path / "notes.html"]).differences
    assert changed.startswith(
        f"{tmp_path / 'report (1).html'}: is not the published reports/report.html: it differs from line 3 on"
    )
    assert f"{tmp_path / 'notes.html'}: is no published file, neither by its bytes nor by its name" == strange


def test_what_cannot_be_compared_is_refused(root: Path, make: Make) -> None:
    """A path that is not there, and a project that has published nothing; both at once."""
    with pytest.raises(Refusal) as refused:
        copies(root, [root / "nowhere.html"])
    assert [
        f"{root / 'nowhere.html'}: no such file",
        "reports/SHA256SUMS: is missing, so there is nothing to compare with; run `escalation build`",
    ] == refused.value.problems
    make()
    (root / sums.FILE).write_bytes(b"\xff1e  report.html\n")
    with pytest.raises(Refusal) as refused:
        copies(root, [root])
    assert (
        "reports/SHA256SUMS, line 1: '\ufffd1e  report.html' is no hash and path; make it again with `escalation build`"
        == str(refused.value)
    )


def test_the_command_ends_with_1_for_another_copy(
    root: Path, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with 0 for the published one; nothing is made."""
    from typer.testing import CliRunner

    make()
    monkeypatch.chdir(root)
    shutil.copyfile(root / "reports/report.html", tmp_path / "report.html")
    same = CliRunner().invoke(app, ["verify", str(tmp_path / "report.html")])
    assert (0, "1 of 1 files are the published ones") == (same.exit_code, same.output.splitlines()[-1])
    flip(tmp_path / "report.html")
    other = CliRunner().invoke(app, ["verify", str(tmp_path / "report.html")])
    assert (1, "0 of 1 files are the published ones") == (other.exit_code, other.output.splitlines()[-1])


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_verify_says_whether_git_has_the_same_files(root: Path, published: None, project: Project) -> None:
    """What was published with other settings, or by hand, is not what others have; without a repository
    nothing is said of it."""
    assert "compared byte for byte" == verify(project, exact=True).manner
    for words in (["init", "-q"], ["add", "-A", "data", "figures", "reports"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *who, "commit", "-qm", "x"], cwd=root, check=True)
    assert "compared byte for byte; git has the same files" == verify(project, exact=True).manner
    (root / "figures/a.csv").write_text("other")
    assert (
        "compared byte for byte; not as git has them: 1 of the published files"
        == verify(project, exact=True).manner
    )


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not here")
def test_sha256sum_reads_the_list(root: Path, published: None, tmp_path: Path) -> None:
    """One command without Python: for everything, and for a single downloaded file beside the list."""

    def check(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sha256sum", "-c", *options, "SHA256SUMS"], cwd=folder, capture_output=True, text=True
        )

    whole = check(root / "reports")
    assert (0, 6) == (whole.returncode, whole.stdout.count(": OK\n"))
    for name in ("report.html", "SHA256SUMS"):
        shutil.copyfile(root / "reports" / name, tmp_path / name)
    assert (0, "report.html: OK\n") == (
        check(tmp_path, "--ignore-missing").returncode,
        check(tmp_path, "--ignore-missing").stdout,
    )
    flip(tmp_path / "report.html")
    assert (1, "report.html: FAILED\n") == (
        check(tmp_path, "--ignore-missing").returncode,
        check(tmp_path, "--ignore-missing").stdout,
    )


def test_the_published_files_are_those_of_the_list() -> None:
    """In this repository: data, figures and reports, every one."""
    assert () == copies(ROOT, [ROOT]).differences


# --- on another processor ---


def picture(file: Path, change: Callable[[np.ndarray], None] = lambda pixels: None) -> Path:
    pixels = np.full((100, 100, 4), 128, dtype=np.uint8)
    change(pixels)
    Image.fromarray(pixels, "RGBA" if pixels.shape[2] == 4 else "RGB").save(file)
    return file


def put(place: object, value: int) -> Callable[[np.ndarray], None]:
    def change(pixels: np.ndarray) -> None:
        pixels[place] = value

    return change


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ((slice(0, 2), slice(0, 5), 0), 128 + LEVELS, None),  # 10 pixels of 10,000, as far off as is allowed
        ((0, 0, 0), 128 + LEVELS + 1, "0.010% of its pixels differ, by up to 9 of 255 levels"),
        ((0, 0, 3), 0, "0.010% of its pixels differ, by up to 128 of 255 levels"),  # transparency counts
        ((0, slice(0, 11), 1), 129, "0.110% of its pixels differ, by up to 1 of 255 levels"),
    ],
)
def test_a_picture_of_another_processor_may_differ_within_the_bound(
    tmp_path: Path, place: object, value: int, reason: str | None
) -> None:
    """8 of 255 levels in one pixel of a thousand; beyond that the line says what differs and by how much. On
    x86-64 nothing may."""
    one, other = picture(tmp_path / "one.png"), picture(tmp_path / "other.png", put(place, value))
    assert reason == difference(one, other, exact=False)
    assert "differs from byte " in str(difference(one, other, exact=True))


@pytest.mark.parametrize(
    ("name", "one", "other", "reason"),
    [
        ("a.svg", '<path d="M 10.001 5.25"/>', '<path d="M 10.005 5.25"/>', None),
        ("a.svg", '<path d="M 10.001 5.25"/>', '<path d="M 10.021 5.25"/>', "a number in it differs by 0.02"),
        (
            "a.svg",
            '<path d="M 10.001 5.25"/>',
            '<path d="L 10.001 5.25"/>',
            "differs from line 1 on (25 bytes published, 25 made again)",
        ),
        ("a.html", f"<pre>{'a' * 64}  x.png</pre>", f"<pre>{'b' * 64}  x.png</pre>", None),
        ("a.html", '<img src="data:image/png;base64,AAA1">', '<img src="data:image/png;base64,BBB2">', None),
        ("a.html", "<p>14 dead", "<p>15 dead", "differs from line 1 on (10 bytes published, 10 made again)"),
        (
            "a.csv",
            "n\n0.10000001\n",
            "n\n0.10000002\n",
            "differs from line 2 on (13 bytes published, 13 made again)",
        ),
        ("a.pdf", "x" * 1000, "y" * 1010, None),
        ("a.pdf", "x" * 1000, "y" * 1011, "is 1000 bytes published, 1011 made again"),
    ],
)
def test_what_another_processor_may_change(
    tmp_path: Path, name: str, one: str, other: str, reason: str | None
) -> None:
    """A hundredth of a point in drawings and the page, a hundredth of a PDF's size; of tables and words
    nothing."""
    for folder, text in (("1", one), ("2", other)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    assert reason == difference(tmp_path / "1" / name, tmp_path / "2" / name, exact=False)


@pytest.mark.parametrize(
    ("path", "reason"), [("figures/a.png", None), ("figures/a.csv", "differs from line 1 on")]
)
def test_records_may_differ_by_the_hashes_of_pictures_alone(
    tmp_path: Path, path: str, reason: str | None
) -> None:
    """The manifest and the list of hashes know of pictures, which may differ, and of tables, which may
    not."""
    for folder, sha in (("1", "a" * 64), ("2", "b" * 64)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manifest.json").write_text(json.dumps({"outputs": {path: sha}}))
        (tmp_path / folder / "SHA256SUMS").write_text(sums.written({path: sha, "reports/manifest.json": sha}))
    for name in ("manifest.json", "SHA256SUMS"):
        found = difference(tmp_path / "1" / name, tmp_path / "2" / name, exact=False)
        assert found is None if reason is None else str(found).startswith(reason)
        assert str(difference(tmp_path / "1" / name, tmp_path / "2" / name, exact=True)).startswith(
            "differs from line 1 on"
        )


def test_another_processor_is_part_of_the_answer(
    project: Project, make: Callable[..., Built], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was compared, and how; before the first build there is nothing to compare with, and that is
    said."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    before = verify(project)
    assert (
        "nothing is published yet; run `escalation build`" == before.differences[-1]
        and "reproduced 0/7 outputs" == before.summary
    )
    assert [f"{path}: is made by the build but not published" for path in sorted(make().outputs)] == list(
        before.differences[:-1]
    )
    found = verify(project)
    assert ((), "reproduced 7/7 outputs") == (found.differences, found.summary)
    said = "aarch64 is not x86-64: tables and JSON compared byte for byte, pictures within 8 of 255 levels and 0.01 points"
    assert said == found.manner
    assert "compared byte for byte" == verify(project, exact=True).manner
