"""The words of a build: what it is told, how it is to work, and what comes of it."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = "reports/report.html"
UNTOUCHED = "the published report is untouched"
Value = str | int | float | bool


class BuildFailure(Exception):
    """A notebook or the page could not be made. `problems`: a line each; the published report is
    untouched."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Project:
    """What a build is told about a project; it knows nothing of the subject itself.

    `root`: its folder. `checks`: functions `module:name` of that folder that return problems, a line each,
    run before anything is published. `render`: the function of a folder and the executed notebooks that
    writes `reports/`. `may_publish`: the function of a folder and the values of each notebook that returns
    why these may not be published into it, a line each. `reads`: what checks and page may read.
    """

    root: Path
    checks: tuple[str, ...] = ()
    render: str | None = None
    may_publish: str | None = None
    reads: tuple[str, ...] = ("data/**", "seeds/**")


@dataclass(frozen=True)
class How:
    """How to run, none of which changes a byte of the result.

    `engine`: fork (by the word of numerical libraries safe on Linux only) or kernel. `jobs`: how many steps
    side by side (None: a processor each). `force`: run all, whatever is stored. `cache`: keep and use stored
    results. `time_limit`: seconds a step may take.
    """

    engine: str = "fork" if sys.platform == "linux" else "kernel"
    jobs: int | None = None
    force: bool = False
    cache: bool = True
    time_limit: float = 900.0


@dataclass(frozen=True)
class Built:
    """What came of it: where, the steps that ran, every output with its sha256, remarks for the reader of the
    log, and whether anything was put in its place."""

    base: Path
    ran: tuple[str, ...]
    outputs: dict[str, str]
    remarks: tuple[str, ...] = ()
    is_new: bool = False

    @property
    def page(self) -> Path:
        """The finished page."""
        return self.base / PAGE
