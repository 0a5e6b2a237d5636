"""Two files that should be the same: byte for byte on one kind of processor, within stated bounds on
another."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from escalation.build.make import Built, Project
from escalation.build.verify import difference, verify


def pair(folder: Path, name: str, published: bytes | str, again: bytes | str) -> tuple[Path, Path]:
    paths = []
    for place, content in (("published", published), ("again", again)):
        (folder / place).mkdir(exist_ok=True)
        path = folder / place / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(path)
    return paths[0], paths[1]


def test_a_text_differs_from_a_line_and_anything_else_from_a_byte(tmp_path: Path) -> None:
    """Lines count from 1, bytes from 0; a text that only goes on differs where the shorter ends."""
    for name, one, other, said in (
        ("a.csv", "a\nb\nc\n", "a\nb\nd\n", "differs from line 3 on (6 bytes published, 6 made again)"),
        ("a.json", "{}", "{}\n", "differs from line 1 on (2 bytes published, 3 made again)"),
        ("a.pdf", "%PDF-1", "%PDF-2", "differs from byte 5 on (6 bytes published, 6 made again)"),
    ):
        assert said == difference(*pair(tmp_path, name, one, other), exact=True)
        assert difference(*pair(tmp_path, name, one, one), exact=True) is None


def test_tables_have_no_bounds(tmp_path: Path) -> None:
    """On whatever processor: a last digit in a table is a difference."""
    assert "differs from line 1 on (3 bytes published, 3 made again)" == difference(
        *pair(tmp_path, "a.csv", "1.0", "1.1"), exact=False
    )


def test_pictures_in_a_page_are_not_read_as_numbers(tmp_path: Path) -> None:
    """A page embeds its pictures, which are compared as files of their own."""
    one, other = (f'<p>1.25</p><img src="data:image/png;base64,{code}">' for code in ("AAA1", "BBB2"))
    assert difference(*pair(tmp_path, "a.html", one, other), exact=False) is None


def test_documents_may_differ_by_a_hundredth_of_their_size(tmp_path: Path) -> None:
    """Their streams are compressed, so that is all there is to compare."""
    assert difference(*pair(tmp_path, "a.pdf", b"x" * 1000, b"y" * 1010), exact=False) is None
    assert "is 1000 bytes published, 1011 made again" == difference(
        *pair(tmp_path, "a.pdf", b"x" * 1000, b"y" * 1011), exact=False
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
