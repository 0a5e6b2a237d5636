"""Run what a plan still lacks: fill the sandboxes, hand them to the workers, take over what they made, publish the whole."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from escalation.errors import Refusal
from escalation.pipeline import publish as publishing
from escalation.pipeline.graph import digest, files, matching
from escalation.pipeline.manifest import strangers
from escalation.pipeline.plan import RENDER, Plan, Task
from escalation.pipeline.progress import Progress
from escalation.pipeline.project import BuildFailure, Built
from escalation.pipeline.workers import Workers

# the name of a kernel's socket, twenty letters behind its temporary folder, may have 103 (107 on Linux)
PLACE = 80


class Damaged(Exception):
    """Something stored is not what it was."""


class Run:
    """One plan, in one stage folder, by these workers."""

    def __init__(self, plan: Plan, shown: Progress, workers: Workers) -> None:
        self.plan, self.shown, self._workers = plan, shown, workers
        self.cache = plan.cache

    def complete(self) -> Built:
        """Run what is missing, put the whole together in the stage, and publish it. Call it with the lock held.

        Raises Refusal for files of the user's own without a folder of their own: what is made of them is not to be published by mistake."""
        if self.plan.own and self.plan.base == self.plan.root:
            raise Refusal(
                [
                    f"{Path(path).name}: what is made of a file of your own goes into a folder of its own; add --out DIR"
                    for path in self.plan.own
                ]
            )
        remarks = strangers(self.plan.root)
        with self._opened() as stage:
            self._workers.dismiss()
            outputs = self.plan.outputs()
            is_new = not publishing.is_published(self.plan.base, outputs)
            if is_new:
                tree = stage / "tree"
                for path, (sha, name) in self.plan.made.items():
                    self._place(path, sha, name, tree / path)
                for path, text in self.plan.records().items():
                    (tree / path).parent.mkdir(parents=True, exist_ok=True)
                    (tree / path).write_text(text, "utf-8", newline="\n")
                is_edition = self.plan.base != self.plan.root
                remarks += publishing.publish(self.plan.base, tree, sorted(outputs), is_edition=is_edition, placed=self.shown.placed)
        if self.cache:
            with suppress(FileNotFoundError):  # another build, into another folder, tidies up too
                self.cache.prune()
        return self.plan.built(remarks, is_new=is_new)

    def results(self, patterns: tuple[str, ...]) -> dict[str, bytes]:
        """Run what is missing and hand over those outputs that the globs match; publish nothing."""
        with self._opened() as stage:
            found = {}
            for path in matching(self.plan.made, patterns):
                self._place(path, *self.plan.made[path], stage / "tree" / path)
                found[path] = (stage / "tree" / path).read_bytes()
            return found

    @contextmanager
    def _opened(self) -> Iterator[Path]:
        with publishing.stage(self.plan.base) as stage:
            self.stage = stage
            for folder in ("executed", "logs", "steps", "temporary", "tree"):
                (stage / folder).mkdir()
            if not self.plan.settle():
                self._work()
            yield stage

    def _lay_out(self) -> None:
        """Put what is made already where the page will look for it, while other things run."""
        if RENDER in self.plan.tasks and self.plan.tasks[RENDER].record is None:
            for path, (sha, name) in self.plan.made.items():
                self._place(path, sha, name, self.stage / "tree" / path)

    def _place(self, path: str, sha: str, name: str, target: Path) -> None:
        """Put what a step made at `target`: from its sandbox if it ran, else from the cache."""
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        task = self.plan.tasks[name]
        if task.ran:
            shutil.copyfile((self.stage / "tree" if name == RENDER else self.stage / "steps" / name) / path, target)
        elif not (self.cache and self.cache.fetch(sha, target)):
            raise Damaged(f"{path}: its stored copy is damaged")

    def _work(self) -> None:
        jobs = self.plan.how.jobs or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        running: set[str] = set()
        failed: dict[str, list[str]] = {}
        order = [name for name in self._wanted() if self.plan.tasks[name].record is None]
        loaded = {name for name in order if self.plan.tasks[name].key}
        for name in order:
            if name in loaded:
                self._load(name)
        laid_out = False
        while True:
            for name in order:
                if len(running) < jobs and self._may_start(name, running, failed):
                    running.add(name)
                    self._workers.run(self._job(self.plan.tasks[name]))
            for name in order:
                if name not in loaded:
                    self._load(name)
                    loaded.add(name)
            if not running:
                break
            if not laid_out:
                self._lay_out()
                laid_out = True
            event = self._workers.next(0.1)
            self.shown.tick()
            if event is None:
                continue
            if event["id"] is None:
                raise BuildFailure([f"the process that runs the notebooks is gone: {event['evalue']}", "the published report is untouched"])
            self._heard(event, running, failed)
            laid_out = event["event"] == "cell"
            if failed:
                # a wrong table explains a failing notebook, so checks are still made
                for name in running - set(self.plan.project.checks):
                    self._workers.kill(name)
        if failed:
            self._give_up(failed)

    def _may_start(self, name: str, running: set[str], failed: Mapping[str, list[str]]) -> bool:
        """Whether a task is next. Checks leave the processors to the first notebook and to the libraries that are loaded beside it; once
        something has failed, they alone go on."""
        task = self.plan.tasks[name]
        if task.record is not None or not task.key or name in running or name in failed:
            return False
        if name not in self.plan.project.checks:
            return not failed
        notebooks = [each for each in self.plan.tasks.values() if each.step]
        return bool(failed) or any(each.record is not None for each in notebooks) or not any(each.name in running for each in notebooks)

    def _wanted(self) -> list[str]:
        """Names of tasks in the order of preference: notebooks wait for each other, checks for nobody."""
        return sorted(self.plan.tasks, key=lambda name: (self.plan.tasks[name].step is None, name == RENDER))

    def _load(self, name: str) -> None:
        task = self.plan.tasks[name]
        if task.step:
            # a kernel loads its libraries itself
            self._workers.load(["escalation.pipeline.engine", *(task.libraries if self.plan.how.engine == "fork" else ())])
        else:
            self._workers.load([*(["nbformat"] if name == RENDER else []), *task.libraries, task.call.partition(":")[0]])

    def _job(self, task: Task) -> dict[str, Any]:
        """Fill the sandbox and say what to do in it."""
        job: dict[str, Any] = {"id": task.name, "time_limit": self.plan.how.time_limit, "log": str(self.stage / "logs" / _plain(task.name))}
        # goes with the stage, for what a kernel that is killed cannot remove any more
        if len(temporary := str(self.stage / "temporary")) < PLACE:
            job["temporary"] = temporary
        self.shown.started(task.name)
        if task.step:
            place = self.stage / "steps" / task.name
            notebook = place / "notebooks" / task.step.path.name
            notebook.parent.mkdir(parents=True)
            notebook.write_text(task.step.text, "utf-8", newline="")
            executed = self.stage / "executed" / task.step.path.name
            job |= {
                "kind": "notebook",
                "notebook": str(notebook),
                "executed": str(executed),
                "root": str(place),
                "engine": self.plan.how.engine,
            }
            job |= {"parameters": self.plan.injected(task.name)}
            if self.plan.how.engine == "fork":
                job["needs"] = task.libraries
        elif task.name == RENDER:
            place = self.stage / "tree"
            for name, sha in self.plan.notebooks.items():
                target = self.stage / "executed" / f"{name}.ipynb"
                if not target.exists() and not (self.cache and self.cache.fetch(sha, target)):
                    raise Damaged(f"{name}: its stored result is damaged")
            executed_all = {step.name: str(self.stage / "executed" / f"{step.name}.ipynb") for step in self.plan.steps}
            job |= {"kind": "render", "call": task.call, "root": str(place), "executed": executed_all}
        else:
            place = self.stage / "steps" / _plain(task.name)
            job |= {"kind": "check", "call": task.call, "root": str(place)}
        place.mkdir(exist_ok=True)
        for path, sha in task.given.items():
            if path in self.plan.made:
                self._place(path, sha, self.plan.made[path][1], place / path)
                continue
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.plan.own.get(path, self.plan.root / path), place / path)
            if digest(place / path) != sha:
                raise BuildFailure([f"{path}: changed while the build was reading it; build again"])
        return job

    def _heard(self, event: dict[str, Any], running: set[str], failed: dict[str, list[str]]) -> None:
        name = event["id"]
        if event["event"] == "cell":
            self.shown.cell(name, event["number"], event["of"])
        elif event["event"] == "failed" and name in running:
            running.discard(name)
            if not (failed and event["ename"] == "Stopped"):
                failed[name] = _said(name, event)
        elif event["event"] == "done" and name in running:
            running.discard(name)
            task = self.plan.tasks[name]
            if event.get("value"):
                failed[name] = list(event["value"])
                return
            try:
                self._collect(task)
            except BuildFailure as failure:
                failed[name] = failure.problems
                return
            self.shown.ended(name)
            self.plan.settle()

    def _collect(self, task: Task) -> None:
        """Take over what a task wrote, if it is what it was to write."""
        place = self.stage / "tree" if task.name == RENDER else self.stage / "steps" / _plain(task.name)
        task.ran = True
        record: dict[str, Any] = {"outputs": {}}
        stored: dict[str, Path] = {}
        if task.step or task.name == RENDER:
            writes = task.step.writes if task.step else ("reports/**",)
            found = files(place)
            new = [path for path in found if path not in task.given and not path.startswith("notebooks/")]
            problems = [
                f"{path}: is written by {task.name}, which does not declare it" for path in sorted(set(new) - set(matching(new, writes)))
            ]
            problems += [f"{task.name}: wrote nothing for {glob!r}, which it declares" for glob in writes if not matching(new, [glob])]
            problems += [
                f"{path}: was changed by {task.name}, which may only read it"
                for path, sha in task.given.items()
                if _differs(place / path, sha)
            ]
            if problems:
                raise BuildFailure(problems)
            record["outputs"] = {path: digest(place / path) for path in new}
            stored = {sha: place / path for path, sha in record["outputs"].items()}
        if task.step:
            executed = self.stage / "executed" / task.step.path.name
            record["others"] = {"notebook": digest(executed)}
            stored[record["others"]["notebook"]] = executed
        if self.cache:
            self.cache.put(task.key, record, stored)
        self.plan.finish(task, record)

    def _give_up(self, failed: dict[str, list[str]]) -> None:
        """Keep what helps to find the reason, and say what it is."""
        keep = self.plan.root / publishing.WORK / "failed"
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True, exist_ok=True)
        for name in failed:
            for path in (self.stage / "logs" / _plain(name), self.stage / "executed" / f"{name}.ipynb"):
                if path.is_file() and path.stat().st_size:
                    shutil.copyfile(path, keep / (path.name if path.suffix == ".ipynb" else f"{path.name}.log"))
        checks = [line for name, lines in failed.items() if name in self.plan.project.checks for line in lines]
        if checks:
            raise Refusal(checks)
        raise BuildFailure([line for lines in failed.values() for line in lines] + ["the published report is untouched"])


def _differs(path: Path, sha: str) -> bool:
    return not path.is_file() or digest(path) != sha


def _said(name: str, event: Mapping[str, Any]) -> list[str]:
    """What went wrong in a step, the first line with its place."""
    where = f"{name}, cell {event['cell']}" if event["cell"] else name
    first, *rest = str(event["evalue"]).splitlines() or [""]
    return [f"{where}: {event['ename']}: {first}", *(f"  {line}" for line in rest[:20])]


def _plain(name: str) -> str:
    return name.replace(":", ".")
