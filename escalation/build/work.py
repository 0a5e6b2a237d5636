"""The process that does the work: doit runs what a plan still lacks, each step in a process forked after the libraries are loaded.

`python -m escalation.build.work` reads plans from standard input and tells on standard output what becomes of them; `Worker` in
`make` is the other end. It has one thread and never runs a step itself, so that a fork is safe; by the word of numerical libraries
it is so on Linux only. With ordinary kernels each step gets a fresh process instead. Its children lead process groups of their own: one that overruns its time
limit is killed with everything it started, and all of them are when whoever asked is gone.
"""

import ast
import contextlib
import ctypes
import gc
import importlib
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn

from doit.control import TaskControl, TaskDispatcher  # type: ignore[import-untyped]
from doit.dependency import Dependency, JsonDB  # type: ignore[import-untyped]
from doit.exceptions import TaskFailed  # type: ignore[import-untyped]
from doit.runner import Runner  # type: ignore[import-untyped]
from doit.task import Task as Doit  # type: ignore[import-untyped]

from escalation.build.graph import digest, files, matching
from escalation.build.plan import RENDER, Plan, Task
from escalation.build.project import UNTOUCHED, BuildFailure
from escalation.build.store import Damaged
from escalation.errors import Refusal, place_of

# the name of a kernel's socket, twenty letters behind its temporary folder, may have 103 (107 on Linux)
PLACE = 80

Tell = Callable[..., None]


@dataclass
class _Child:
    """A step under way: its node in doit's graph, its process, and what it has said of its end."""

    node: Any
    process: Any
    pipe: Connection
    deadline: float
    problems: list[str] | None = None


class _Silent:
    """doit tells its reporter of every task; ours tells by itself, in the words of a build."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class Steps(Runner):  # type: ignore[misc]
    """doit's runner: the order and what is up to date are doit's, a process for each step is ours."""

    def __init__(self, plan: Plan, stage: Path, tell: Tell) -> None:
        super().__init__(Dependency(JsonDB, str(stage / "doit.json")), _Silent(), continue_=True)
        self.plan, self.stage, self.tell = plan, stage, tell
        self.jobs = plan.how.jobs or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        self.failed: dict[str, list[str]] = {}
        self.ready: list[Any] = []
        self.children: list[_Child] = []
        self._notebooks = [task.name for task in plan.tasks.values() if task.step]
        # what to import before each step is forked
        self.forks = plan.how.engine == "fork"
        missing = [task for task in plan.tasks.values() if task.record is None]
        self.needs = {task.name: self._imports(task) for task in missing} if self.forks else {}

    def complete(self, wanted: tuple[str, ...]) -> None:
        """Run all that is missing, and put the outputs that these globs match into the stage's tree.

        Raises Refusal or BuildFailure with what went wrong, Damaged for a stored result that is not what it was."""
        tasks = [
            Doit(task.name, [lambda: None], task_dep=list(task.after), uptodate=[partial(self.plan.holds, task)])
            for task in self.plan.tasks.values()
        ]
        control = TaskControl(tasks)
        try:
            self.run_all(TaskDispatcher(control.tasks, control.targets, [task.name for task in tasks]))
        finally:
            for child in self.children:
                _kill(child.process)
        if self.failed:
            self._give_up()
        for path in matching(self.plan.made, wanted):
            self._put(path, self.stage / "tree" / path)

    def run_tasks(self, dispatcher: TaskDispatcher) -> None:
        """As doit's own, but that steps which wait for nothing run side by side."""
        done, more = None, True
        while more or self.ready or self.children:
            if more:
                try:
                    node = dispatcher.generator.send(done)
                except StopIteration:
                    more, node = False, "hold on"
                done = None
                if node != "hold on":
                    if self.select_task(node, dispatcher.tasks):
                        self.ready.append(node)
                    else:
                        done = node
                    continue
            self._start()
            if not self.children:
                break  # something has failed, and the rest waits for it
            done = self._next()

    def _start(self) -> None:
        """Fork as many steps as there is room for. Notebooks first: they wait for each other, checks for nobody; checks leave the
        processors to the first notebook and to the libraries that are loaded beside it. Once something has failed, they alone go
        on, since a wrong table explains a failing notebook."""
        order = list(self.plan.tasks)
        for node in sorted(self.ready, key=lambda node: (self.plan.tasks[node.task.name].is_check, order.index(node.task.name))):
            task = self.plan.tasks[node.task.name]
            begun = any(child.node.task.name in self._notebooks for child in self.children)
            done = any(self.plan.tasks[name].record for name in self._notebooks)
            may = bool(self.failed) or done or not begun if task.is_check else not self.failed
            if may and len(self.children) < self.jobs:
                self.ready.remove(node)
                self._fork(node, task)

    def _fork(self, node: Any, task: Task) -> None:
        while self.needs.get(task.name):
            self._load(task.name)
        job = self._job(task)
        self.tell("started", task.name)
        context: Any = multiprocessing.get_context("fork" if self.forks else "spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=perform, args=(job, theirs))
        gc.freeze()
        process.start()
        theirs.close()
        self.children.append(_Child(node, process, ours, time.monotonic() + self.plan.how.time_limit))

    def _next(self) -> Any:
        """Wait for something to happen; meanwhile load what later steps need. Returns the node that is done, or None."""
        waiting = next((name for name, needs in self.needs.items() if needs), None)
        pause = min(child.deadline for child in self.children) - time.monotonic()
        watched: list[Any] = [end for child in self.children for end in (child.pipe, child.process.sentinel)]
        found = wait([*watched, *([0] if os.name == "posix" else [])], 0 if waiting else max(0, pause))
        if 0 in found:
            raise EOFError  # whoever asked is gone
        if not found and waiting:
            self._load(waiting)
        for child in self.children:
            if child.pipe in found or child.process.sentinel in found:
                if not self._heard(child):
                    return self._ended(child)
            elif time.monotonic() > child.deadline:
                child.problems = [f"{child.node.task.name}: Stopped: overran its time limit and was stopped"]
                return self._ended(child)
        return None

    def _heard(self, child: _Child) -> bool:
        """Take in what a step says. Returns whether it goes on."""
        try:
            while child.pipe.poll():
                event, *facts = child.pipe.recv()
                if event == "end":
                    child.problems = facts[0]
                    return False
                self.tell(event, child.node.task.name, *facts)
        except (EOFError, OSError):
            return False
        return bool(child.process.is_alive())

    def _ended(self, child: _Child) -> Any:
        self.children.remove(child)
        name = child.node.task.name
        _kill(child.process)
        child.process.join()
        child.pipe.close()
        problems = child.problems
        if problems is None:
            problems = [f"{name}: Died: its process ended early (exit code {child.process.exitcode})"]
        if not problems:
            try:
                self._collect(self.plan.tasks[name])
            except BuildFailure as failure:
                problems = failure.problems
        if not problems:
            self.tell("ended", name)
            self.process_task_result(child.node, None)
            return child.node
        self.failed[name] = problems
        for other in [other for other in self.children if not self.plan.tasks[other.node.task.name].is_check]:
            self.children.remove(other)
            _kill(other.process)
            other.process.join()
        self.process_task_result(child.node, TaskFailed("\n".join(problems)))
        return child.node

    # --- what a step needs, and what it leaves ---

    def _imports(self, task: Task) -> list[str]:
        """The import statements of a step's own code, in order: the libraries come with them."""
        if not task.step:
            return [*(["import nbformat"] if task.name == RENDER else []), f"import {task.call.partition(':')[0]}"]
        engine = ["import escalation.build.engine"]
        try:
            tree = ast.parse(task.step.source)
        except SyntaxError:
            return engine  # the run will say so
        return engine + [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]

    def _load(self, name: str) -> None:
        """Import one thing that a step needs. What cannot be imported is left to the step, which will say so in its place."""
        statement = self.needs[name].pop(0)
        with contextlib.suppress(Exception, SystemExit):
            exec(compile(statement, "<imports>", "exec"), {})  # noqa: S102  an import statement of a notebook that runs anyway

    def _place(self, task: Task) -> Path:
        return self.stage / ("tree" if task.name == RENDER else f"steps/{_file_name(task.name)}")

    def _job(self, task: Task) -> dict[str, Any]:
        """Fill the sandbox with what the step may read, and say what to do in it."""
        place = self._place(task)
        place.mkdir(parents=True, exist_ok=True)
        for path, sha in task.given.items():
            target = place / path
            if path in self.plan.made:
                self._put(path, target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.plan.own.get(path, self.plan.root / path), target)
            if digest(target) != sha:
                raise BuildFailure([f"{path}: changed while the build was reading it; build again"])
        job: dict[str, Any] = {"name": task.name, "call": task.call, "root": place, "time_limit": self.plan.how.time_limit}
        job["log"] = self.stage / "logs" / _file_name(task.name)
        # goes with the stage, for what a kernel that is killed cannot remove any more
        job["temporary"] = str(self.stage / "temporary") if len(str(self.stage / "temporary")) < PLACE else None
        if task.step:
            job["notebook"] = place / "notebooks" / task.step.path.name
            job["notebook"].parent.mkdir()
            job["notebook"].write_text(task.step.text, "utf-8", newline="")
            job["executed"] = self._executed(task.name)
            job |= {"engine": self.plan.how.engine, "parameters": self.plan.injected(task.name)}
        elif task.name == RENDER:
            job["notebooks"] = {name: self._executed(name) for name in self.plan.notebooks()}
            for name, sha in self.plan.notebooks().items():
                if not job["notebooks"][name].exists():
                    self._fetch(sha, job["notebooks"][name])
        return job

    def _executed(self, name: str) -> Path:
        return self.stage / "executed" / f"{name}.ipynb"

    def _put(self, path: str, target: Path) -> None:
        """Put an output at `target`: from the sandbox of its step if that ran, else from the store."""
        sha, name = self.plan.made[path]
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.plan.tasks[name].ran:
            shutil.copyfile(self._place(self.plan.tasks[name]) / path, target)
        else:
            self._fetch(sha, target)

    def _fetch(self, sha: str, target: Path) -> None:
        if not (self.plan.store and self.plan.store.fetch(sha, target)):
            raise Damaged(f"{target.name}: its stored copy is damaged")

    def _collect(self, task: Task) -> None:
        """Take over what a step wrote, if it is what it was to write."""
        place, task.ran = self._place(task), True
        record: dict[str, Any] = {"outputs": {}}
        stored: dict[str, Path] = {}
        if not task.is_check:
            writes = task.step.writes if task.step else ("reports/**",)
            new = [path for path in files(place) if path not in task.given and not path.startswith("notebooks/")]
            problems = [
                f"{path}: is written by {task.name}, which does not declare it" for path in sorted({*new} - {*matching(new, writes)})
            ]
            problems += [f"{task.name}: wrote nothing for {glob!r}, which it declares" for glob in writes if not matching(new, [glob])]
            problems += [
                f"{path}: was changed by {task.name}, which may only read it"
                for path, sha in task.given.items()
                if not (place / path).is_file() or digest(place / path) != sha
            ]
            if problems:
                raise BuildFailure(problems)
            record["outputs"] = {path: digest(place / path) for path in new}
            stored = {sha: place / path for path, sha in record["outputs"].items()}
        if task.step:
            record["others"] = {"notebook": digest(self._executed(task.name))}
            stored[record["others"]["notebook"]] = self._executed(task.name)
        if self.plan.store:
            self.plan.store.put(task.key, record, stored)
        self.plan.finish(task, record)

    def _give_up(self) -> NoReturn:
        """Keep what helps to find the reason, and say what it is."""
        keep = self.plan.work / "failed"
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True, exist_ok=True)
        for name in self.failed:
            log = self.stage / "logs" / _file_name(name)
            for path, kept in ((log, f"{log.name}.log"), (self._executed(name), f"{name}.ipynb")):
                if path.is_file() and path.stat().st_size:
                    shutil.copyfile(path, keep / kept)
        checks = [line for name, lines in self.failed.items() if self.plan.tasks[name].is_check for line in lines]
        if checks:
            raise Refusal(checks)
        raise BuildFailure([*(line for lines in self.failed.values() for line in lines), UNTOUCHED])


def _file_name(task: str) -> str:
    return task.replace(":", ".")


def _kill(process: Any) -> None:
    """A step and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


# --- in the process of a step ---


def perform(job: dict[str, Any], pipe: Connection) -> None:
    """Do one step in this process, and say how it ended."""
    if os.name == "posix":
        os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nobody outlives the one that forked it
    gc.enable()
    _spare()
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
    pipe.send(("end", problems))
    os._exit(0)


def _notebook(job: Mapping[str, Any], pipe: Connection) -> list[str]:
    from escalation.build.engine import run

    given = {name: job[name] for name in ("engine", "root", "parameters", "time_limit")}
    failure = run(job["notebook"], job["executed"], tell=lambda number, of: pipe.send(("cell", number, of)), **given)
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


def _spare() -> None:
    """When jsonschema finds these libraries it builds 35 grammars, and loads a calendar, for kinds of links and times that no notebook
    schema has: a second at each start. Only in these processes; the environment keeps them."""
    for unused in ("rfc3987_syntax", "isoduration"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]


def main() -> None:
    """Run plans until the input ends. Each is answered with events, the last of which is its end: the plan as it is then, or an error."""
    # what a library prints while it is imported must not get between the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # a seventh of the time that importing takes is spent looking for garbage, and there is none
    gc.disable()
    _spare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(*event: Any) -> None:
        pickle.dump(event, answers)
        answers.flush()

    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            plan, stage, wanted = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that started this one
            try:
                Steps(plan, stage, tell).complete(wanted)
                tell("end", plan)
            except (Refusal, BuildFailure) as error:
                tell("error", type(error), error.problems)
            except Damaged as error:
                tell("error", Damaged, str(error))
            except OSError as error:
                tell("error", BuildFailure, [f"{place_of(error, stage)}: {error.strerror or error}", UNTOUCHED])
    # nothing to tidy up, and a fifth of a second to take all those libraries apart
    os._exit(0)


if __name__ == "__main__":
    main()
