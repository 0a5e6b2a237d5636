"""The process that does the work: doit runs what a plan still lacks, each step in a process forked after the
libraries are loaded.

`python -m escalation.build.work PARENT` (the number of the process that asks) reads plans from standard input
and tells on standard output what becomes of them; `Worker` in `make` is the other end. It has one thread and
never runs a step itself, so that a fork is safe; by the word of numerical libraries it is so on Linux only.
With ordinary kernels each step gets a fresh process instead. Its children lead process groups of their own:
one that overruns its time limit is killed with everything it started, and all of them are when whoever asked
is gone.

Only what must be is ours: doit's own way to run side by side keeps one process for many tasks, and notebooks
need one each.
"""

import ast
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from doit.control import TaskControl, TaskDispatcher  # type: ignore[import-untyped]
from doit.dependency import Dependency, JsonDB  # type: ignore[import-untyped]
from doit.exceptions import TaskFailed  # type: ignore[import-untyped]
from doit.runner import Runner  # type: ignore[import-untyped]
from doit.task import Task as Doit  # type: ignore[import-untyped]

from escalation.build.graph import matching
from escalation.build.plan import RENDER, Plan, Task
from escalation.build.project import UNTOUCHED, BuildFailure
from escalation.build.sandbox import Sandboxes
from escalation.build.step import end_with_parent, perform, spare
from escalation.build.store import Damaged
from escalation.errors import Refusal, place_of

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
        self.plan, self.sandboxes, self.tell = plan, Sandboxes(plan, stage), tell
        self.jobs = plan.how.jobs or (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
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

        Raises Refusal or BuildFailure with what went wrong, Damaged for a stored result that is not what it
        was."""
        tasks = [
            Doit(
                task.name,
                [lambda: None],
                task_dep=list(task.after),
                uptodate=[partial(self.plan.holds, task)],
            )
            for task in self.plan.tasks.values()
        ]
        control = TaskControl(tasks)
        try:
            self.run_all(TaskDispatcher(control.tasks, control.targets, [task.name for task in tasks]))
        finally:
            for child in self.children:
                _kill(child.process)
        if self.failed:
            self.sandboxes.keep(self.failed)
            checks = [
                line
                for name, lines in self.failed.items()
                if self.plan.tasks[name].is_check
                for line in lines
            ]
            if checks:
                raise Refusal(checks)
            raise BuildFailure([*(line for lines in self.failed.values() for line in lines), UNTOUCHED])
        for path in matching(self.plan.made, wanted):
            self.sandboxes.put(path, self.sandboxes.folder / "tree" / path)

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
        """Fork as many steps as there is room for. Notebooks first: they wait for each other, checks for
        nobody; checks leave the processors to the first notebook and to the libraries that are loaded beside
        it. Once something has failed, they alone go on, since a wrong table explains a failing notebook."""
        order = list(self.plan.tasks)
        for node in sorted(
            self.ready,
            key=lambda node: (self.plan.tasks[node.task.name].is_check, order.index(node.task.name)),
        ):
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
        if "matplotlib" in sys.modules:
            # it looks for backends in every distribution that is installed: once, before the forks
            sys.modules["matplotlib.backends"].backend_registry.list_all()
        job = self.sandboxes.job(task)
        self.tell("started", task.name)
        context: Any = multiprocessing.get_context("fork" if self.forks else "spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=perform, args=(job, theirs))
        gc.freeze()
        process.start()
        theirs.close()
        self.children.append(_Child(node, process, ours, time.monotonic() + self.plan.how.time_limit))

    def _next(self) -> Any:
        """Wait for something to happen; meanwhile load what later steps need. Returns the node that is done,
        or None."""
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
                said = (
                    f"overran its time limit of {self.plan.how.time_limit:g} s (--time-limit) and was stopped"
                )
                child.problems = [f"{child.node.task.name}: Stopped: {said}"]
                return self._ended(child)
        return None

    def _heard(self, child: _Child) -> bool:
        """Take in what a step says. Returns whether it goes on."""
        try:
            while child.pipe.poll():
                event, *facts = json.loads(child.pipe.recv_bytes())
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
                self.sandboxes.collect(self.plan.tasks[name])
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

    def _imports(self, task: Task) -> list[str]:
        """What a step's own import statements name, in order: the libraries come with it."""
        if not task.step:
            return [*(["nbformat"] if task.name == RENDER else []), task.call.partition(":")[0]]
        names = ["escalation.build.engine"]
        with contextlib.suppress(SyntaxError):  # the run will say so
            for node in ast.parse(task.step.source).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names += [
                        ".".join(filter(None, [getattr(node, "module", None), alias.name]))
                        for alias in node.names
                    ]
        return names

    def _load(self, name: str) -> None:
        """Import one thing that a step needs: a module, or what may be a module's attribute. What cannot be
        imported is left to the step, which will say so in its place."""
        module, _, attribute = (whole := self.needs[name].pop(0)).rpartition(".")
        with contextlib.suppress(Exception, SystemExit):
            if not (module and hasattr(importlib.import_module(module), attribute)):
                importlib.import_module(whole)


def _kill(process: Any) -> None:
    """A step and all it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def main() -> None:
    """Run plans until the input ends. Each is answered with events, the last of which is its end: the plan as
    it is then, or an error."""
    # the end of the input is noticed only between two imports, and until then a step may still be begun, in a
    # stage that the next build has removed
    end_with_parent(int(sys.argv[1]))
    # what a library prints while it is imported must not get between the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # a seventh of the time that importing takes is spent looking for garbage, and there is none
    gc.disable()
    spare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(*event: Any) -> None:
        answers.write(json.dumps(event).encode() + b"\n")
        answers.flush()

    with contextlib.suppress(EOFError, BrokenPipeError):
        while line := sys.stdin.buffer.readline():
            asked = json.loads(line)
            plan, stage = Plan.heard(asked["plan"]), Path(asked["stage"])
            try:
                plan.settle()
                Steps(plan, stage, tell).complete(asked["wanted"])
                tell("end", {task.name: (task.record, task.ran) for task in plan.tasks.values()})
            except (Refusal, BuildFailure) as error:
                tell("error", type(error).__name__, error.problems)
            except Damaged as error:
                tell("error", "Damaged", str(error))
            except OSError as error:
                tell(
                    "error",
                    "BuildFailure",
                    [f"{place_of(error, stage)}: {error.strerror or error}", UNTOUCHED],
                )
    # nothing to tidy up, and a fifth of a second to take all those libraries apart
    os._exit(0)


if __name__ == "__main__":
    main()
