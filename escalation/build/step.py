"""What is done in the process of a step: a notebook is run, a check or the page is called, and its end is
told."""

import ctypes
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from escalation.errors import place_of


def spare() -> None:
    """When jsonschema finds the first two of these libraries it builds 35 grammars, and loads a calendar, for
    kinds of links and times that no notebook schema has: a second at each start; when ipykernel finds the third
    it loads a debugger that nobody can ask for. Only in these processes; the environment keeps them."""
    for unused in ("rfc3987_syntax", "isoduration", "debugpy"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]


def end_with_parent(parent: int) -> None:
    """From here on this process is killed when `parent`, the one that began it, is gone, and ends now if that has
    happened already; on Linux, which can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)


def perform(job: dict[str, Any], pipe: Connection) -> None:
    """Do one step in this process, and say how it ended."""
    if os.name == "posix":
        os.setsid()
    if begun_by := multiprocessing.parent_process():
        end_with_parent(begun_by.pid or 0)
    gc.enable()
    spare()
    _redirect(job["log"])
    if job["temporary"]:
        os.environ["TMPDIR"], tempfile.tempdir = job["temporary"], None
    problems: list[str] = []
    try:
        problems = _notebook(job, pipe) if "notebook" in job else _call(job)
    except BaseException as error:
        traceback.print_exc()
        said = getattr(error, "problems", None) or [str(error)]
        if isinstance(error, OSError) and error.strerror:
            said = [f"{place}: {error.strerror}" if (place := place_of(error)) else error.strerror]
        problems = _said(job["name"], "", f"{type(error).__name__}: " + "\n".join(said))
    sys.stdout.flush()
    sys.stderr.flush()
    pipe.send_bytes(json.dumps(("end", problems)).encode())
    os._exit(0)


def _notebook(job: Mapping[str, Any], pipe: Connection) -> list[str]:
    from escalation.build.engine import run

    given = {name: job[name] for name in ("engine", "root", "parameters", "time_limit")}

    def tell(number: int, of: int) -> None:
        pipe.send_bytes(json.dumps(("cell", number, of)).encode())

    failure = run(job["notebook"], job["executed"], tell=tell, **given)
    return _said(job["name"], *failure) if failure else []


def _call(job: Mapping[str, Any]) -> list[str]:
    """`module:function` on a project folder, and on the executed notebooks if it is the page."""
    os.environ["ESCALATION_ROOT"] = str(job["root"])
    os.chdir(job["root"])
    module, _, function = job["call"].partition(":")
    arguments: list[Any] = [job["root"]]
    if "notebooks" in job:
        from nbformat.v4 import reads  # not validated again: they were when they were written

        arguments.append({name: reads(path.read_text("utf-8")) for name, path in job["notebooks"].items()})  # type: ignore[no-untyped-call]
    value = getattr(importlib.import_module(module), function)(*arguments)
    return [] if "notebooks" in job else [str(line) for line in value]


def _said(name: str, cell: str, error: str) -> list[str]:
    """What went wrong in a step, the first line with its place."""
    first, *rest = error.splitlines() or [""]
    return [f"{f'{name}, cell {cell}' if cell else name}: {first}", *(f"  {line}" for line in rest[:20])]


def _redirect(log: Path) -> None:
    """Standard input from nowhere, output and errors into a file."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nowhere, 0), (file, 1), (file, 2)):
        os.dup2(source, target)
