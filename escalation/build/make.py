"""Make a report: `build` runs what has changed and publishes the whole.

A build is a function of a folder: its inputs, the parameters, the code and the installed versions decide
every byte. Each notebook runs in a sandbox that holds only what it says it reads, so that what it says is
true and a stored result can be trusted.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from escalation import places
from escalation.build import code, run_record
from escalation.build import publish as publishing
from escalation.build.graph import OUTPUTS
from escalation.build.manifest import strangers
from escalation.build.plan import Plan
from escalation.build.progress import Progress, Silence
from escalation.build.project import UNTOUCHED, BuildFailure, Built, How, Project, Value
from escalation.build.store import Damaged
from escalation.errors import Refusal, place_of


class Worker:
    """The near end of `work`: hand it a plan, hear how it goes. Its process starts at once, in surroundings
    of its own, and loads libraries as a plan asks for them. Raises Refusal if the plan's folder cannot be
    written to."""

    def __init__(self, plan: Plan) -> None:
        home = publishing.begin(plan.work.parent) / "home"
        self._log = home / "work.log"
        try:
            for folder in ("empty", "run"):
                (home / folder).mkdir(parents=True, exist_ok=True)
            (home / "matplotlibrc").write_bytes(b"")
            place = code.copied(plan.code, plan.work / "code")
            log = self._log.open("wb")
        except OSError as error:
            raise Refusal(
                f"{place_of(error, home)}: cannot be written to ({error.strerror or error})"
            ) from None
        with log:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "escalation.build.work", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=code.surroundings(home, place),
                # settings are looked for in the working folder too
                cwd=home / "empty",
                # an interrupt from the keyboard is ours to pass on
                start_new_session=True,
            )

    def run(self, plan: Plan, stage: Path, shown: Progress, wanted: tuple[str, ...] = ("**",)) -> None:
        """Run what the plan lacks; the outputs that the globs match are in `stage / "tree"` then. Raises
        Refusal, BuildFailure, Damaged."""
        assert self._process.stdin and self._process.stdout
        for folder in ("executed", "logs", "steps", "temporary", "tree"):
            (stage / folder).mkdir()
        with contextlib.suppress(BrokenPipeError):  # if it is gone, we hear it
            asked = json.dumps({"plan": plan.told(), "stage": stage, "wanted": wanted}, default=str)
            self._process.stdin.write(asked.encode() + b"\n")
            self._process.stdin.flush()
        while True:
            try:
                event, *facts = json.loads(self._process.stdout.readline())
            except ValueError:  # nothing, or half a line
                reason = f"exit code {self._process.wait()}"
                raise BuildFailure(
                    [f"the process that runs the notebooks is gone: {reason}", UNTOUCHED]
                ) from None
            if event == "error":
                kind, said = facts
                raise next(each for each in (Refusal, BuildFailure, Damaged) if each.__name__ == kind)(said)
            if event == "end":
                for name, (record, plan.tasks[name].ran) in facts[0].items():
                    plan.finish(plan.tasks[name], record)
                return
            getattr(shown, event)(*facts)

    @property
    def is_gone(self) -> bool:
        """Whether its process has ended."""
        return self._process.poll() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # which ends it, with all that it has started
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def build(
    project: Project,
    *,
    overrides: Mapping[str, Value] | None = None,
    out: Path | None = None,
    how: How | None = None,
    progress: Progress | None = None,
) -> Built:
    """Build `project` with `overrides` put over the published parameters, into itself or into the folder
    `out`.

    Runs only what a changed input, parameter, notebook, module or library touches. `out` is a folder that is
    not there yet, is empty, or holds an earlier build, and none of the project's own (`places.outside`,
    `publish.may_take`). Raises Refusal for what the caller can mend before any work, BuildFailure when a
    notebook or the page fails; after either, what was published is as it was.
    """
    how, overrides, root = how or How(), overrides or {}, project.root.resolve()
    base = root if out is None or (out.resolve() == root and not overrides) else places.outside(out, root)
    shown = progress or Silence()
    try:
        with shown:
            if base != root:
                publishing.may_take(base)
            publishing.mend(base, shown.note)
            return _built(project, overrides, root, base, how, shown)
    except OSError as error:
        raise BuildFailure([f"{place_of(error, base)}: {error.strerror or error}", shown.stands()]) from error


def _built(
    project: Project, overrides: Mapping[str, Value], root: Path, base: Path, how: How, shown: Progress
) -> Built:
    plan = Plan(project, overrides, base, how)
    tops = {pattern.split("/")[0] for pattern in (*OUTPUTS, *plan.reads)}
    if base != root and any(base.is_relative_to(root / top) for top in tops):
        raise Refusal(
            f"{base.relative_to(root).as_posix()}: lies in a folder that the build itself reads or makes"
        )
    if not how.force and plan.settle() and publishing.is_published(base, outputs := plan.outputs()):
        if base == root:
            publishing.sweep(base)
        else:
            publishing.leave(base)
        return plan.built(outputs)
    if plan.own and base == root:
        said = "what is made of a file of your own goes into a folder of its own; add --out DIR"
        raise Refusal([f"{Path(path).name}: {said}" for path in plan.own])
    if project.may_publish and base == root:
        module, _, function = project.may_publish.partition(":")
        if problems := getattr(importlib.import_module(module), function)(root, plan.parameters):
            raise Refusal(problems)
    is_new = not base.exists()
    try:
        # first of all somebody to do the work: what he loads takes the longest
        with Worker(plan) as worker, publishing.locked(base, shown.note) as changed:
            return _run(Plan(project, overrides, base, how) if changed else plan, worker, shown)
    finally:
        if base != root:
            publishing.leave(base)
            if is_new:
                with contextlib.suppress(OSError):  # not empty: built
                    base.rmdir()


def _run(plan: Plan, worker: Worker, shown: Progress) -> Built:
    """Run what is missing, put the whole together in the stage, and publish it. Call it with the lock
    held."""
    remarks, record, since = strangers(plan.root), run_record.begun(plan.root), time.monotonic()
    try:
        with publishing.stage(plan.base) as stage:
            worker.run(plan, stage, shown)
            outputs = plan.outputs()
            is_new = not publishing.is_published(plan.base, outputs)
            if is_new:
                tree = stage / "tree"
                for path, text in plan.records().items():
                    (tree / path).parent.mkdir(parents=True, exist_ok=True)
                    (tree / path).write_text(text, "utf-8", newline="\n")
                is_edition = plan.base != plan.root
                remarks += publishing.publish(
                    plan.base, tree, sorted(outputs), is_edition=is_edition, placed=shown.placed
                )
    except Damaged as damaged:
        shown.note(f"{damaged}; building without stored results")
        again = Plan(plan.project, plan.asked, plan.base, replace(plan.how, force=True))
        return _run(again, worker, shown)
    if plan.base == plan.root:
        run_record.write(plan.root, record, seconds=time.monotonic() - since)
    elif plan.base.is_relative_to(plan.root) and not (plan.base / ".gitignore").exists():
        # an edition in the project's own folder is nothing that git has to list
        (plan.base / ".gitignore").write_text("*\n", "utf-8", newline="\n")
    if plan.store:
        with contextlib.suppress(FileNotFoundError):  # another build, into another folder, tidies up too
            plan.store.prune()
    return plan.built(outputs, remarks, is_new=is_new)


__all__ = ["BuildFailure", "Built", "How", "Project", "build"]
