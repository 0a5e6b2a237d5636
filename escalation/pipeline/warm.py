"""The process that has the libraries: it imports them once and forks a child for every job.

`python -m escalation.pipeline.warm` reads jobs from standard input, a JSON line each, and answers in lines on standard output.
It has one thread and never runs a notebook itself, so that a fork is safe. Its children lead process groups of their own:
one that overruns its time limit is killed with everything it started, and all of them are when the input ends, which it does
when the build dies, however it dies. `--once` runs a single job without forking, for systems that have no safe fork.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation.errors import place_of

# When jsonschema finds these libraries it builds 35 grammars, and loads a calendar, for kinds of links and times that no notebook
# schema has: a second at each start. Only in this process; the environment keeps them.
for unused in ("rfc3987_syntax", "isoduration"):
    sys.modules.setdefault(unused, None)  # type: ignore[arg-type]

# A day within the years the report is about; only used as a stamp that must not move.
EPOCH = "1609372800"


def environment(home: Path) -> dict[str, str]:
    """The surroundings in which the same input gives the same bytes; `home` holds what libraries keep, in place of the user's own files."""
    fixed = {
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": EPOCH,
        "IPYKERNEL_CELL_NAME": "<cell>",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "LINES": "24",
        # one thread: the same sums in the same order, and nothing running when we fork
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # no HTML of blocks, which is for JupyterLab: a page draws its own
        "ESCALATION_BLOCKS": "bundles",
        # settings of the user's would change pictures and cells unseen
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "JUPYTER_PLATFORM_DIRS": "1",
        # the kernel is that of this Python, whatever else is called python3
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    strange = ("ESCALATION_ROOT", "PYTHONSTARTUP", "LANGUAGE", "MATPLOTLIBRC", "JUPYTER_PATH")
    kept = {name: value for name, value in os.environ.items() if name not in strange}
    return kept | fixed


def load(name: str) -> None:
    """Import what an import statement names: a module, or a module's attribute that may be a module. What cannot be imported
    is left to the notebook, which will say so in its place."""
    module, _, attribute = name.rpartition(".")
    with contextlib.suppress(Exception):
        if module and module in sys.modules and hasattr(sys.modules[module], attribute):
            return
        importlib.import_module(name)


def perform(job: dict[str, Any], tell: "Tell") -> None:
    """Run one job in this process and tell how it ended."""
    if "temporary" in job:
        os.environ["TMPDIR"], tempfile.tempdir = job["temporary"], None
    try:
        if job["kind"] == "notebook":
            from escalation.pipeline.engine import run

            failure = run(
                Path(job["notebook"]),
                Path(job["executed"]),
                engine=job["engine"],
                root=Path(job["root"]),
                parameters=job["parameters"],
                time_limit=job["time_limit"],
                tell=tell,
            )
            tell("failed", **failure) if failure else tell("done")
        else:
            tell("done", value=_call(job))
    except Exception as error:
        traceback.print_exc()
        problems = getattr(error, "problems", None)
        if isinstance(error, OSError) and error.strerror:
            problems = [f"{place}: {error.strerror}" if (place := place_of(error)) else error.strerror]
        tell("failed", cell="", count=None, ename=type(error).__name__, evalue="\n".join(problems) if problems else str(error))


def _call(job: dict[str, Any]) -> Any:
    """`module:function` on a project folder, and on the executed notebooks if there are any."""
    os.environ["ESCALATION_ROOT"] = job["root"]
    os.chdir(job["root"])
    module, _, function = job["call"].partition(":")
    arguments: list[Any] = [Path(job["root"])]
    if job["kind"] == "render":
        from nbformat.v4 import reads  # not validated again: they were when they were written

        arguments.append({name: reads(Path(path).read_text("utf-8")) for name, path in job["executed"].items()})  # type: ignore[no-untyped-call]
    value = getattr(importlib.import_module(module), function)(*arguments)
    return [str(line) for line in value] if job["kind"] == "check" else None


class Tell:
    """Lines to whoever waits for the job: `tell("cell", number=3)`."""

    def __init__(self, descriptor: int, job: str) -> None:
        self._descriptor, self._job = descriptor, job

    def __call__(self, event: str, **facts: Any) -> None:
        send(self._descriptor, json.dumps({"id": self._job, "event": event, **facts}).encode() + b"\n")


def send(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(descriptor, data) :]


@dataclass
class _Child:
    """A job under way: the start of a line it has not finished, and whether it has said how it ended.

    Jobs may share a name, one after the other, so nothing is known by name alone.
    """

    job: str
    process: int
    deadline: float
    partial: bytes = b""
    has_ended: bool = False


class _Server:
    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._children: dict[int, _Child] = {}  # by the pipe that it answers through
        self._waiting: list[str] = []
        self._death = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def serve(self) -> None:
        # a seventh of the time that importing takes is spent looking for garbage, and there is none
        gc.disable()
        rest = b""
        while True:
            pause = (
                0.0
                if self._waiting
                else max(0.0, min((child.deadline for child in self._children.values()), default=1e9) - time.monotonic())
            )
            ready, _, _ = select.select([0, *self._children], [], [], min(pause, 3600))
            for pipe in ready:
                if pipe != 0:
                    self._relay(pipe)
                    continue
                data = os.read(0, 65536)
                if not data:
                    return self._end()
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._expire()
            if not ready and self._waiting:
                load(self._waiting.pop(0))

    def _obey(self, order: dict[str, Any]) -> None:
        if "libraries" in order:
            self._waiting += order["libraries"]
        elif "kill" in order:
            for child in self._children.values():
                if child.job == order["kill"]:
                    child.deadline = 0.0
        else:
            for name in order.get("needs", ()):
                load(name)
            self._fork(order)

    def _fork(self, job: dict[str, Any]) -> None:
        ours, theirs = os.pipe()
        gc.freeze()
        process = os.fork()
        if process == 0:
            code = 1
            try:
                os.setsid()
                gc.enable()
                if self._death:
                    self._death(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nobody outlives the server
                os.close(ours)
                for pipe in self._children:
                    os.close(pipe)
                _redirect(Path(job["log"]))
                perform(job, Tell(theirs, job["id"]))
                sys.stdout.flush()
                sys.stderr.flush()
                code = 0
            finally:
                os._exit(code)
        os.close(theirs)
        self._children[ours] = _Child(job["id"], process, time.monotonic() + job["time_limit"])
        Tell(self._answers, job["id"])("started", process=process)

    def _relay(self, pipe: int) -> None:
        child, data = self._children[pipe], os.read(pipe, 65536)
        if data:
            # whole lines only: another child's may come between
            *lines, child.partial = (child.partial + data).split(b"\n")
            for line in lines:
                child.has_ended |= json.loads(line)["event"] in ("done", "failed")
                send(self._answers, line + b"\n")
            return
        del self._children[pipe]
        os.close(pipe)
        _, status = os.waitpid(child.process, 0)
        _kill(child.process)
        if not child.has_ended:
            how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {os.waitstatus_to_exitcode(status)}"
            Tell(self._answers, child.job)("failed", cell="", count=None, ename="Died", evalue=f"its process ended early ({how})")

    def _expire(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if now >= child.deadline:
                if not child.has_ended:
                    reason = "was stopped" if child.deadline == 0.0 else "overran its time limit and was stopped"
                    Tell(self._answers, child.job)("failed", cell="", count=None, ename="Stopped", evalue=reason)
                    child.has_ended = True
                _kill(child.process)
                child.deadline = now + 3600

    def _end(self) -> None:
        for child in self._children.values():
            _kill(child.process)
            os.waitpid(child.process, 0)
        # nothing to tidy up, and a fifth of a second to take all those libraries apart
        os._exit(0)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _redirect(log: Path) -> None:
    """Standard input from nowhere, output and errors into a file."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nowhere, 0), (file, 1), (file, 2)):
        os.dup2(source, target)


def main() -> None:
    """Serve until the input ends, or run the one job that stands there."""
    # what a library prints while it is imported must not get between the answers
    answers = os.dup(1)
    os.dup2(2, 1)
    if "--once" not in sys.argv:
        return _Server(answers).serve()
    job = json.loads(sys.stdin.readline())
    _redirect(Path(job["log"]))
    perform(job, Tell(answers, job["id"]))


if __name__ == "__main__":
    main()
