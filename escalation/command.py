"""What is around every command: the project as this package builds it, signals, and how it ends; and `escalation
build` without options, which needs no library that reads options. Loading that one (and pydantic, which it asks
of every option) takes longer than finding out that nothing has changed."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from escalation.build import make
from escalation.build import publish as publishing
from escalation.build.code import module_file
from escalation.build.make import BuildFailure, How, Project
from escalation.build.progress import Progress
from escalation.build.project import Built, Value
from escalation.errors import Refusal
from escalation.paths import root

CHECKS = ("escalation.schema:check", "escalation.counts.sources:check", "escalation.evidence.check:check")
RENDER = "escalation.page.write:render"
MAY_PUBLISH = "escalation.parameters:unpublished"
INTERRUPTED = 130  # exit code


def project(folder: Path) -> Project:
    """The project in this folder, with the checks and the page that its package has."""
    exist = [call for call in (*CHECKS, RENDER) if module_file(call.partition(":")[0])]
    return Project(
        folder,
        checks=tuple(call for call in exist if call != RENDER),
        render=RENDER if RENDER in exist else None,
        may_publish=MAY_PUBLISH,
        reads=("data/**", "seeds/**", "CITATION.cff"),
    )


def bare() -> None:
    """`escalation build`, as it stands."""
    mend()
    build(project(root()))


def mend() -> None:
    """A swap that a killed build left unfinished is finished, so that nobody reads half a report."""
    try:
        publishing.mend(root(), _tell)
    except Refusal as refusal:  # whoever has to write there will meet it again; others may go on
        for line in refusal.problems:
            _tell(line)


def build(
    what: Project,
    *,
    overrides: Mapping[str, Value] | None = None,
    out: Path | None = None,
    how: How | None = None,
) -> None:
    """Build it and say what came of it; the path of the page alone goes to standard output."""
    progress = Progress()
    try:
        built = make.build(what, overrides=overrides, out=out, how=how, progress=progress)
        _say(built, overrides or {})
    except KeyboardInterrupt:
        raise Stopped(progress.stands()) from None


def _say(built: Built, overrides: Mapping[str, Value]) -> None:
    for remark in built.remarks:
        _tell(remark)
    if not built.ran:
        _tell(
            "nothing had to run; put in place from what is stored" if built.is_new else "nothing has changed"
        )
    if overrides:
        _tell(
            "other values than the published ones: see what they change with `escalation compare ."
            f" {os.path.relpath(built.base)}`"
        )
    sys.stdout.write(f"{built.page}\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


class Stopped(BaseException):
    """An interrupt, and what became of the report. No KeyboardInterrupt: typer would make an exit of it,
    without a word."""


def stopper() -> Callable[[int, FrameType | None], None]:
    """What a signal that stops does: the first ends the work in order, a second lets that go on, a third ends
    at once. What is left lying then the next build takes away."""
    came = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came += 1
        if came == 1:
            raise KeyboardInterrupt
        if came > 2:
            os._exit(INTERRUPTED)
        os.write(2, b"stopping; a third time stops at once\n")

    return stop


def run(work: Callable[[], object]) -> None:
    """Do it: refusals as lines and exit code 2, a failed build 1, an interrupt 130."""
    stop = stopper()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, stop)
    try:
        work()
    except Refusal as refusal:
        _end(refusal.problems, 2)
    except BuildFailure as failure:
        _end(failure.problems, 1)
    except Stopped as stopped:
        _end([f"stopped; {stopped}"], INTERRUPTED)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:
            raise
        # typer makes an exit of an interrupt, without a word
        _end(["stopped; the published report is untouched"], INTERRUPTED)


def _end(lines: list[str], code: int) -> NoReturn:
    if code == INTERRUPTED:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(
                number, signal.SIG_IGN
            )  # Python takes its own handlers away before it ends, and a further one would kill
    for line in lines:
        _tell(line)
    sys.exit(code)
