"""What has to be run: every step named by all that decides its result, so that what is stored under that name still holds."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from escalation import sums
from escalation.errors import Refusal
from escalation.pipeline import publish as publishing
from escalation.pipeline.cache import Cache
from escalation.pipeline.graph import OUTPUTS, Step, digest, discover, inputs, key, notebooks, subset
from escalation.pipeline.manifest import LOCK, manifest
from escalation.pipeline.modules import PACKAGE, Imports
from escalation.pipeline.project import BuildFailure, Built, How, Project, Value

RENDER = "page"


def own_files(overrides: Mapping[str, Value]) -> tuple[dict[str, Path], dict[str, Value]]:
    """Files of the user's own, which overrides whose names end in `_file` point at: (path in a sandbox to file, the overrides with those
    paths instead). So a file from anywhere is an input like all others, and where it lay is written nowhere. Raises Refusal if one is missing."""
    own: dict[str, Path] = {}
    values = dict(overrides)
    problems = []
    for name, value in overrides.items():
        if name.endswith("_file") and isinstance(value, str) and value:
            file = Path(value).expanduser()
            path = f"own/{name}/{file.name}"
            if file.is_file():
                own[path], values[name] = file.resolve(), path
            else:
                problems.append(f"{name}: {value}: no such file")
    if problems:
        raise Refusal(problems)
    return own, values


@dataclass
class Task:
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


class Plan:
    """The tasks of one build, and what is known so far of what each gives."""

    def __init__(self, project: Project, overrides: Mapping[str, Value], base: Path, how: How) -> None:
        self.project, self.base, self.how = project, base, how
        self.root = project.root.resolve()
        # a project that may only be read is built elsewhere, and keeps nothing
        work = (self.root if os.access(self.root, os.W_OK) else base) / publishing.WORK
        self.cache = Cache(work / "cache") if how.cache and work.is_relative_to(self.root) else None
        self.home = work / "home"
        self.steps = discover(self.root)
        self.reads = {pattern for step in self.steps for pattern in step.reads} | set(project.reads)
        self.inputs = inputs(self.root, self.reads)
        self.lock = digest(self.root / LOCK) if (self.root / LOCK).is_file() else ""
        self.own, self.overrides = own_files(overrides)
        self.own_sha = {path: digest(file) for path, file in self.own.items()}
        self.parameters = self._parameters(self.overrides)
        self.imports = Imports(self.cache)
        self.made: dict[str, tuple[str, str]] = {}  # path: sha256, the step that made it
        self.notebooks: dict[str, str] = {}  # step: sha256 of the executed notebook
        self.tasks = self._tasks()

    def _parameters(self, overrides: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
        """Resolved values; checking the published ones again needs pydantic, so it is done once for each text of cells and models."""
        known = key(
            kind="parameters", cells=[step.source for step in self.steps], models=digest(PACKAGE / "parameters.py"), given=dict(overrides)
        )
        record = self.cache.get(known) if self.cache else None
        if record is not None:
            return dict(record["parameters"])
        from escalation.parameters import resolve_all

        resolved = resolve_all(notebooks(self.root), overrides)
        if self.cache:
            self.cache.put(known, {"outputs": {}, "parameters": resolved}, {})
        return resolved

    def _tasks(self) -> dict[str, Task]:
        tasks = {}
        for step in self.steps:
            code = self.imports.of(step.source)
            tasks[step.name] = Task(step.name, set(step.after), code.files, code.libraries, step=step)
        for call in self.project.checks:
            code = self.imports.of("import " + call.partition(":")[0])
            tasks[call] = Task(call, set(), code.files, code.libraries, call=call)
        if self.project.render:
            code = self.imports.of("import " + self.project.render.partition(":")[0])
            tasks[RENDER] = Task(RENDER, {step.name for step in self.steps}, code.files, code.libraries, call=self.project.render)
        return tasks

    def narrow(self, names: Iterable[str]) -> None:
        """Keep only these steps and what they need. Raises Refusal for a name that is no step."""
        todo = list(names)
        unknown = [name for name in todo if name not in self.tasks]
        if unknown:
            raise Refusal([f"{name}: is no notebook; there are {', '.join(step.name for step in self.steps)}" for name in unknown])
        kept: set[str] = set()
        while todo:
            name = todo.pop()
            kept.add(name)
            todo += self.tasks[name].after - kept
        self.tasks = {name: task for name, task in self.tasks.items() if name in kept}

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
                        self.finish(task, record)
                        changed = True
        return all(task.record is not None for task in self.tasks.values())

    def _identify(self, task: Task) -> None:
        """Name everything that decides what this task makes."""
        available = self.inputs | {path: sha for path, (sha, _) in self.made.items()}
        machine = [*sys.version_info[:2], platform.machine()]
        common = {"name": task.name, "code": task.code, "lock": self.lock, "machine": machine}
        if task.step:
            values = self.parameters[task.name]
            task.given = subset(available, task.step.reads) | {path: sha for path, sha in self.own_sha.items() if path in values.values()}
            task.key = key(
                kind="notebook", cells=task.step.identity, parameters=values, injected=self.injected(task.name), given=task.given, **common
            )
        elif task.name == RENDER:
            task.given = subset(available, [*self.project.reads, *(f"{folder}/**" for folder in OUTPUTS)])
            task.key = key(kind="render", call=task.call, notebooks=self.notebooks, given=task.given, **common)
        else:
            task.given = subset(self.inputs, self.project.reads)
            task.key = key(kind="check", call=task.call, given=task.given, **common)

    def injected(self, name: str) -> dict[str, Value]:
        """The parameters that papermill injects: those that differ from what the notebook says itself."""
        from escalation.parameters import defaults

        if not self.overrides:
            return {}
        published = defaults(next(step.path for step in self.steps if step.name == name))
        return {each: value for each, value in self.parameters[name].items() if value != published[each]}

    def finish(self, task: Task, record: dict[str, Any]) -> None:
        """Note what a task gives. Raises BuildFailure if another gave the same file."""
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
        """Every output with its sha256, the records among them."""
        found = {path: sha for path, (sha, _) in sorted(self.made.items())}
        return found | {path: _sha(text) for path, text in self.records().items()}

    def records(self) -> dict[str, str]:
        """What is written of the whole: the manifest, and the list of hashes for whoever has a copy."""
        found = {path: sha for path, (sha, _) in sorted(self.made.items())}
        manifest = self.manifest(found)
        return {publishing.MANIFEST: manifest, sums.FILE: sums.written(found | {publishing.MANIFEST: _sha(manifest)})}

    def manifest(self, outputs: Mapping[str, str]) -> str:
        """The text of the manifest for these outputs."""
        cells = {f"notebooks/{step.path.name}": key(cells=step.identity) for step in self.steps}
        return manifest(
            self.root, parameters=self.parameters, inputs=self.inputs | self.own_sha | cells | {LOCK: self.lock}, outputs=outputs
        )

    def built(self, remarks: Iterable[str] = (), *, is_new: bool = False) -> Built:
        """The whole as it stands."""
        ran = tuple(task.name for task in self.tasks.values() if task.ran)
        return Built(self.base, ran, dict(sorted(self.outputs().items())), tuple(remarks), is_new)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
