"""What somebody at a terminal sees while a build runs, and what is left of it in a log."""

import io
import re
import sys

import pytest

from escalation.build.progress import Progress


class Terminal(io.StringIO):
    """Somebody looks on."""

    def isatty(self) -> bool:
        return True


def told(progress: Progress) -> None:
    with progress:
        progress.note("another build is running here")
        progress.started("1_count")
        progress.cell("1_count", 2, 5)
        progress.cell("unknown", 1, 1)
        progress.tick()
        progress.note("[bold]as it is[/bold]")
        progress.ended("1_count")


def test_a_terminal_shows_where_each_step_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The running step with its cell, drawn anew; lines that stay are printed as they are, marks in them and
    all."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    told(Progress())
    shown = terminal.getvalue()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "\x1b[" in shown and re.search(r"1_count +\d+\.\d s  cell 2 of 5", plain)
    assert "[bold]as it is[/bold]" in plain and re.search(r"1_count done in \d+\.\d s", plain)
    assert "unknown" not in plain
