"""Run what has to be run, in the order in which it has to be, and publish the whole.

A build is a function of a folder: its inputs, the parameters, the code and the lock decide every byte. Each notebook runs in a
sandbox that holds only what it says it reads, so that what it says is true and a stored result can be trusted.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from escalation.errors import Refusal
from escalation.pipeline import publish as publishing
from escalation.pipeline.cache import Cache
from escalation.pipeline.graph import OUTPUTS, Step, digest, discover, files, inputs, key, made, matching, notebooks, subset
from escalation.pipeline.manifest import LOCK, manifest, strangers
from escalation.pipeline.modules import Imports
from escalation.pipeline.progress import Progress, Silence

PAGE = "reports/report.html"
Value = str | int | float | bool


class BuildFailure(Exception):
    """A notebook or the page could not be made. `problems`: a line each; the published report is untouched."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class _Damaged(Exception):
    """Something stored is not what it was."""


@dataclass(frozen=True)
class Project:
    """What the pipeline is told about a project; it knows nothing of the subject itself.

    `root`: its folder. `checks`: functions `module:name` of that folder that return problems, a line each, run before anything is
    published. `render`: the function of a folder and the executed notebooks that writes `reports/`. `reads`: what checks and page may read.
    """

    root: Path
    checks: tuple[str, ...] = ()
    render: str | None = None
    reads: tuple[str, ...] = ("data/**", "seeds/**")


@dataclass(frozen=True)
class How:
    """How to run, none of which changes a byte of the result.

    `engine`: fork or kernel. `jobs`: how many steps side by side (None: a processor each). `force`: run all, whatever is stored.
    `cache`: keep and use stored results. `time_limit`: seconds a step may take.
    """

    engine: str = "fork"
    jobs: int | None = None
    force: bool = False
    cache: bool = True
    time_limit: float = 900.0


@dataclass(frozen=True)
class Built:
    """What came of it: where, the steps that ran, every output with its sha256, and remarks for the reader of the log."""

    base: Path
    ran: tuple[str, ...]
    outputs: dict[str, str]
    remarks: tuple[str, ...] = ()

    @property
    def page(self) -> Path:
        """The finished page."""
        return self.base / PAGE


@dataclass
class _Task:
    """A step of the run: a notebook, a check, or the page."""

    name: str
    after: set[str]
    code: dict[str, str]
    libraries: tuple[str, ...]
    step: Step | None = None
    call: str = ""
    key: str = ""
    given: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] | None = None
    ran: bool = False


RENDER = "page"


def build(
    project: Project, *, overrides: Mapping[str, Value] | None = None, out: Path | None = None, how: How | None = None, progress: Progress | None = None
) -> Built:
    """Build `project` with `overrides` put over the published parameters, into itself or into the folder `out`.

    Runs only what a changed input, parameter, notebook or module touches. Raises Refusal for what the caller can mend before any work,
    BuildFailure when a notebook or the page fails; after either, what was published is as it was.
    """
    how = how or How()
    with progress or Silence() as shown:
        base = (out or project.root).resolve()
        if how.cache and not how.force:
            run = _Run(project, overrides or {}, base, how, shown)
            if run.settle() and publishing.is_published(base, run.outputs()):
                publishing.sweep(base)
                return run.built()
        if base != project.root.resolve() and base.is_relative_to(project.root.resolve()) and made(base.relative_to(project.root.resolve()).as_posix()):
            raise Refusal([f"--out {out}: lies in a folder that the build itself makes"])
        try:
            with publishing.locked(base, shown.note):
                try:
                    # all over again: another build may have come first
                    return _Run(project, overrides or {}, base, how, shown).complete()
                except _Damaged as damaged:
                    shown.note(f"{damaged}; building without stored results")
                    return _Run(project, overrides or {}, base, replace(how, force=True), shown).complete()
        except OSError as error:
            raise BuildFailure([f"{error.filename or base}: {error.strerror or error}; the published report is untouched"]) from error
        finally:
            if base != project.root.resolve():
                shutil.rmtree(base / publishing.WORK, ignore_errors=True)


class _Run:
    def __init__(self, project: Project, overrides: Mapping[str, Value], base: Path, how: How, shown: Progress) -> None:
        self.project, self.base, self.how, self.shown = project, base, how, shown
        self.root = project.root.resolve()
        work = self.root / publishing.WORK
        self.cache = Cache(work / "cache") if how.cache else None
        self.home = work / "home"
        self.steps = discover(self.root)
        reads = {pattern for step in self.steps for pattern in step.reads} | set(project.reads)
        self.inputs = inputs(self.root, reads)
        self.lock = digest(self.root / LOCK) if (self.root / LOCK).is_file() else ""
        self.overrides = overrides
        self.parameters = self._parameters(overrides)
        self.imports = Imports(self.cache)
        self.made: dict[str, tuple[str, str]] = {}  # path: sha256, the step that made it
        self.notebooks: dict[str, str] = {}  # step: sha256 of the executed notebook
        self.tasks = self._tasks()

    def _parameters(self, overrides: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
        """Resolved values; checking the published ones again needs pydantic, so it is done once for each text of cells and models."""
        from escalation.pipeline.modules import PACKAGE

        known = key(kind="parameters", cells=[step.source for step in self.steps], models=digest(PACKAGE / "parameters.py"), given=dict(overrides))
        record = self.cache.get(known) if self.cache else None
        if record is not None:
            return dict(record["parameters"])
        from escalation.parameters import resolve_all

        resolved = resolve_all(notebooks(self.root), overrides)
        if self.cache:
            self.cache.put(known, {"outputs": {}, "parameters": resolved}, {})
        return resolved

    def _tasks(self) -> dict[str, _Task]:
        tasks = {}
        for step in self.steps:
            code = self.imports.of(step.source)
            tasks[step.name] = _Task(step.name, set(step.after), code.files, code.libraries, step=step)
        for call in self.project.checks:
            code = self.imports.of("import " + call.partition(":")[0])
            tasks[call] = _Task(call, set(), code.files, code.libraries, call=call)
        if self.project.render:
            code = self.imports.of("import " + self.project.render.partition(":")[0])
            tasks[RENDER] = _Task(RENDER, {step.name for step in self.steps}, code.files, code.libraries, call=self.project.render)
        return tasks

    def settle(self) -> bool:
        """Take from the cache what still holds. Returns whether that was everything."""
        changed = True
        while changed:
            changed = False
            for task in self.tasks.values():
                if task.record is None and not task.key and all(self.tasks[name].record is not None for name in task.after):
                    self._identify(task)
                    record = self.cache.get(task.key) if self.cache and not (self.how.force and not task.ran) else None
                    if record is not None:
                        self._finish(task, record)
                        changed = True
        return all(task.record is not None for task in self.tasks.values())

    def _identify(self, task: _Task) -> None:
        """Name everything that decides what this task makes."""
        available = self.inputs | {path: sha for path, (sha, _) in self.made.items()}
        common = {"code": task.code, "lock": self.lock}
        if task.step:
            task.given = subset(available, task.step.reads)
            values = self.parameters[task.name]
            task.key = key(kind="notebook", cells=task.step.identity, parameters=values, injected=self._injected(task.name), given=task.given, **common)
        elif task.name == RENDER:
            task.given = subset(available, [*self.project.reads, *(f"{folder}/**" for folder in OUTPUTS)])
            task.key = key(kind="render", call=task.call, notebooks=self.notebooks, given=task.given, **common)
        else:
            task.given = subset(self.inputs, self.project.reads)
            task.key = key(kind="check", call=task.call, given=task.given, **common)

    def _injected(self, name: str) -> dict[str, Value]:
        """The parameters that papermill injects: those that differ from what the notebook says itself."""
        from escalation.parameters import defaults

        if not self.overrides:
            return {}
        published = defaults(next(step.path for step in self.steps if step.name == name))
        return {each: value for each, value in self.parameters[name].items() if value != published[each]}

    def _finish(self, task: _Task, record: dict[str, Any]) -> None:
        for path, sha in record["outputs"].items():
            if path in self.made:
                raise BuildFailure([f"{path}: is written by {self.made[path][1]} and by {task.name}"])
            self.made[path] = (sha, task.name)
        if task.step:
            self.notebooks[task.name] = record["others"]["notebook"]
        task.record = record
        if self.cache and not task.ran:
            self.cache.used(task.key)

    def outputs(self) -> dict[str, str]:
        """Every output with its sha256, the manifest among them."""
        found = {path: sha for path, (sha, _) in sorted(self.made.items())}
        return found | {publishing.MANIFEST: key_of(self._manifest(found))}

    def _manifest(self, outputs: Mapping[str, str]) -> str:
        cells = {f"notebooks/{step.path.name}": key(cells=step.identity) for step in self.steps}
        return manifest(self.root, parameters=self.parameters, inputs=self.inputs | cells | {LOCK: self.lock}, outputs=outputs)

    def built(self, remarks: Iterable[str] = ()) -> Built:
        ran = tuple(task.name for task in self.tasks.values() if task.ran)
        return Built(self.base, ran, dict(sorted(self.outputs().items())), tuple(remarks))

    def complete(self) -> Built:
        """Run what is missing, put the whole together in the stage, and publish it."""
        with publishing.stage(self.base) as stage:
            self.stage = stage
            for folder in ("executed", "logs", "steps", "tree"):
                (stage / folder).mkdir()
            if not self.settle():
                self._work()
            outputs = self.outputs()
            if not publishing.is_published(self.base, outputs):
                tree = stage / "tree"
                for path, (sha, name) in self.made.items():
                    self._place(path, sha, name, tree / path)
                (tree / publishing.MANIFEST).parent.mkdir(parents=True, exist_ok=True)
                (tree / publishing.MANIFEST).write_text(self._manifest({p: s for p, s in outputs.items() if p != publishing.MANIFEST}), "utf-8", newline="\n")
                publishing.publish(self.base, tree, sorted(outputs))
        if self.cache:
            self.cache.prune()
        return self.built(strangers(self.root))

    def _place(self, path: str, sha: str, name: str, target: Path) -> None:
        """Put what a step made at `target`: from its sandbox if it ran, else from the cache."""
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        task = self.tasks[name]
        if task.ran:
            shutil.copyfile((self.stage / "tree" if name == RENDER else self.stage / "steps" / name) / path, target)
        elif not (self.cache and self.cache.fetch(sha, target)):
            raise _Damaged(f"{path}: its stored copy is damaged")

    def _work(self) -> None:
        from escalation.pipeline.workers import FORKS, Workers

        jobs = self.how.jobs or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        running: set[str] = set()
        failed: dict[str, list[str]] = {}
        with Workers(self.home, forking=FORKS) as workers:
            order = [name for name in self._wanted() if self.tasks[name].record is None]
            for name in order:
                if not self.tasks[name].key:
                    continue
                self._load(workers, name)
            loaded = {name for name in order if self.tasks[name].key}
            while True:
                for name in order:
                    task = self.tasks[name]
                    if failed or len(running) >= jobs:
                        break
                    if task.record is None and task.key and name not in running and name not in failed:
                        running.add(name)
                        workers.run(self._job(task))
                for name in order:
                    if name not in loaded:
                        self._load(workers, name)
                        loaded.add(name)
                if not running:
                    break
                event = workers.next(0.1)
                self.shown.tick()
                if event is None:
                    continue
                if event["id"] is None:
                    raise BuildFailure([f"the process that runs the notebooks is gone: {event['evalue']}; the published report is untouched"])
                self._heard(event, running, failed)
                if failed:
                    # a wrong table explains a failing notebook, so checks may finish
                    for name in running - set(self.project.checks):
                        workers.kill(name)
        if failed:
            self._give_up(failed)

    def _wanted(self) -> list[str]:
        """Names of tasks in the order of preference: notebooks wait for each other, checks for nobody."""
        return sorted(self.tasks, key=lambda name: (self.tasks[name].step is None, name == RENDER))

    def _load(self, workers: Any, name: str) -> None:
        task = self.tasks[name]
        notebook = ["escalation.pipeline.engine"] if task.step else ["nbformat"] if name == RENDER else []
        # a kernel loads its libraries itself
        workers.load([*notebook, *(task.libraries if self.how.engine == "fork" or not task.step else ())])

    def _job(self, task: _Task) -> dict[str, Any]:
        """Fill the sandbox and say what to do in it."""
        job: dict[str, Any] = {"id": task.name, "time_limit": self.how.time_limit, "log": str(self.stage / "logs" / _plain(task.name))}
        self.shown.started(task.name)
        if task.step:
            place = self.stage / "steps" / task.name
            notebook = place / "notebooks" / task.step.path.name
            notebook.parent.mkdir(parents=True)
            shutil.copyfile(task.step.path, notebook)
            executed = self.stage / "executed" / task.step.path.name
            job |= {"kind": "notebook", "notebook": str(notebook), "executed": str(executed), "root": str(place), "engine": self.how.engine}
            job |= {"parameters": self._injected(task.name)}
        elif task.name == RENDER:
            place = self.stage / "tree"
            for name, sha in self.notebooks.items():
                target = self.stage / "executed" / f"{name}.ipynb"
                if not target.exists() and not (self.cache and self.cache.fetch(sha, target)):
                    raise _Damaged(f"{name}: its stored result is damaged")
            executed_all = {step.name: str(self.stage / "executed" / f"{step.name}.ipynb") for step in self.steps}
            job |= {"kind": "render", "call": task.call, "root": str(place), "executed": executed_all}
        else:
            place = self.stage / "steps" / _plain(task.name)
            job |= {"kind": "check", "call": task.call, "root": str(place)}
        place.mkdir(exist_ok=True)
        for path, sha in task.given.items():
            if path in self.made:
                self._place(path, sha, self.made[path][1], place / path)
                continue
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / path, place / path)
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
            task = self.tasks[name]
            if event.get("value"):
                failed[name] = list(event["value"])
                return
            try:
                self._collect(task)
            except BuildFailure as failure:
                failed[name] = failure.problems
                return
            self.shown.ended(name)
            self.settle()

    def _collect(self, task: _Task) -> None:
        """Take over what a task wrote, if it is what it was to write."""
        place = self.stage / "tree" if task.name == RENDER else self.stage / "steps" / _plain(task.name)
        task.ran = True
        record: dict[str, Any] = {"outputs": {}}
        stored: dict[str, Path] = {}
        if task.step or task.name == RENDER:
            writes = task.step.writes if task.step else ("reports/**",)
            found = files(place)
            new = [path for path in found if path not in task.given and not path.startswith("notebooks/")]
            problems = [f"{path}: is written by {task.name}, which does not declare it" for path in sorted(set(new) - set(matching(new, writes)))]
            problems += [f"{task.name}: wrote nothing for {glob!r}, which it declares" for glob in writes if not matching(new, [glob])]
            problems += [f"{path}: was changed by {task.name}, which may only read it" for path, sha in task.given.items() if _differs(place / path, sha)]
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
        self._finish(task, record)

    def _give_up(self, failed: dict[str, list[str]]) -> None:
        """Keep what helps to find the reason, and say what it is."""
        keep = self.root / publishing.WORK / "failed"
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True, exist_ok=True)
        for name in failed:
            for path in (self.stage / "logs" / _plain(name), self.stage / "executed" / f"{name}.ipynb"):
                if path.is_file() and path.stat().st_size:
                    shutil.copyfile(path, keep / (path.name if path.suffix == ".ipynb" else f"{path.name}.log"))
        checks = [line for name, lines in failed.items() if name in self.project.checks for line in lines]
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


def key_of(text: str) -> str:
    """The sha256 of a text as it is written."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()
