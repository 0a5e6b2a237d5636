"""Every path that a user gives is a plain file of bounded size, or refused in a moment: no pipe is waited
for, no device read to its end."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from escalation import cli
from escalation.build.make import Built
from escalation.build.scenario import toml
from escalation.errors import Refusal
from escalation.paths import not_plain

Make = Callable[..., Built]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe that nobody writes to: whoever opens it waits for ever."""
    pipe = tmp_path / "pipe.ipynb"
    os.mkfifo(pipe)
    return pipe


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "PIPE"),
        ("sweep", "/dev/zero"),
        ("verify", "PIPE"),
        ("verify", "/dev/zero"),
        ("strip", "PIPE"),
        ("strip", "--check", "/dev/zero"),
        ("build", "-p", "words_file=PIPE", "--out", "OUT"),
        ("build", "-p", "words_file=/dev/zero", "--out", "OUT"),
        ("add-document", "PIPE", "--set", "publisher=x"),
        ("add-document", "/dev/zero", "--set", "publisher=x"),
    ],
)
def test_what_is_no_plain_file_is_refused_in_a_moment(
    root: Path, pipe: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command that takes a path, in a line that names it."""
    text = (root / "notebooks/1_count.ipynb").read_text()
    (root / "notebooks/1_count.ipynb").write_text(
        text.replace("label = 'words'", "words_file = ''  # whose\\nlabel = 'words'")
    )
    monkeypatch.setenv(
        "ESCALATION_ROOT", str(root if words[0] != "add-document" else Path(__file__).parents[2])
    )
    began = time.monotonic()
    done = CliRunner().invoke(
        cli.app, [word.replace("PIPE", str(pipe)).replace("OUT", str(root / "out")) for word in words]
    )
    assert isinstance(done.exception, Refusal), done.output
    assert any("is no plain file" in line for line in done.exception.problems)
    assert time.monotonic() - began < 10  # on a busy machine; by itself, a fraction of a second


def test_a_pipe_among_the_inputs_or_the_copies_is_named(
    root: Path, published: None, make: Make, tmp_path: Path
) -> None:
    """Whatever folder it lies in."""
    os.mkfifo(root / "data/late.csv")
    with pytest.raises(Refusal, match=r"data/late\.csv: is no plain file"):
        make()
    (root / "data/late.csv").unlink()
    (root / "figures/a.csv").unlink()
    os.mkfifo(root / "figures/a.csv")
    done = CliRunner().invoke(cli.app, ["compare", str(root), str(root)])
    assert isinstance(done.exception, Refusal)


def test_a_file_larger_than_its_kind_is_refused(tmp_path: Path) -> None:
    """A grid or a scenario is no megabyte; holes of a sparse file count."""
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(Refusal, match=r"large\.toml: has 1,048,577 bytes; 1,048,576 are the most$"):
        toml(tmp_path / "large.toml", {})
    assert f"{tmp_path}/none: no such file" == not_plain(tmp_path / "none")
    assert not_plain(Path(__file__)) is None
