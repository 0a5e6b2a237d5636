"""What has to be run: every step named by all that decides its result, so that what is stored under that name
still holds."""

import contextlib
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from escalation import sums
from escalation.build import code
from escalation.build import publish as publishing
from escalation.build.graph import OUTPUTS, Step, digest, discover, inputs, key, matching, notebooks, subset
from escalation.build.manifest import manifest
from escalation.build.project import Built, How, Project, Value
from escalation.build.store import Store
from escalation.errors import Refusal
from escalation.paths import not_plain

RENDER = "page"
PLAIN = ("overrides", "inputs", "own_sha", "common", "parameters")  # what JSON gives back as it was


@dataclass
class Task:
    """A step of the build: a notebook, a check, or the page. `given`: what it may read, path to sha256.
    `record`: what is stored of it, None while it still has to run."""

    name: str
    after: tuple[str, ...] = ()
    step: Step | None = None
    call: str = ""
    key: str = ""
    given: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] | None = None
    ran: bool = False

    @property
    def is_check(self) -> bool:
        """Whether it only looks."""
        return not self.step and self.name != RENDER


class Plan:
    """The tasks of one build, and what is known so far of what each gives. `only`: these notebooks, with what
    they need."""

    def __init__(
        self,
        project: Project,
        overrides: Mapping[str, Value],
        base: Path,
        how: How,
        *,
        only: Iterable[str] = (),
    ) -> None:
        self.asked, self.only = overrides, set(only)
        root = project.root.resolve()
        # a project that may only be read is built elsewhere, and keeps nothing
        self._begin(project, base, how, (root if os.access(root, os.W_OK) else base) / publishing.WORK)
        self.steps = discover(self.root)
        self.reads = {pattern for step in self.steps for pattern in step.reads} | set(project.reads)
        self.inputs = inputs(self.root, self.reads)
        self.own, self.overrides = own_files(overrides)
        self.own_sha = {path: digest(file) for path, file in self.own.items()}
        self.code = code.package()
        # as one name, since every step's has it
        self.common = key(
            code=code.named(self.code),
            versions=code.versions(self.root),
            machine=[*sys.version_info[:3], platform.machine()],
        )
        self.parameters = self._parameters()
        self.tasks = self._tasks(set(only))

    def _begin(self, project: Project, base: Path, how: How, work: Path) -> None:
        self.project, self.base, self.how, self.work = project, base, how, work
        self.root = project.root.resolve()
        self.store = Store(self.work / "cache") if how.cache and self.work.is_relative_to(self.root) else None
        self.made: dict[str, tuple[str, str]] = {}  # path: sha256, the step that made it

    def told(self) -> dict[str, Any]:
        """What JSON may tell the process that is to run it, and has its code already: the same plan, whatever
        changes on the disk."""
        plain = {name: getattr(self, name) for name in PLAIN}
        parts = {
            "project": asdict(self.project),
            "how": asdict(self.how),
            "steps": [asdict(step) for step in self.steps],
        }
        return (
            plain | parts | {"only": sorted(self.only), "base": self.base, "work": self.work, "own": self.own}
        )

    @classmethod
    def heard(cls, told: Mapping[str, Any]) -> "Plan":
        """The plan that another process has told of, with nothing taken from the store yet."""
        plan, project = cls.__new__(cls), told["project"]
        vars(plan).update({name: told[name] for name in PLAIN})
        project |= {"root": Path(project["root"])}
        plan._begin(Project(**project), Path(told["base"]), How(**told["how"]), Path(told["work"]))
        plan.own = {path: Path(file) for path, file in told["own"].items()}
        plan.steps = [Step(**step | {"path": Path(step["path"])}) for step in told["steps"]]
        plan.tasks = plan._tasks(set(told["only"]))
        return plan

    def _parameters(self) -> dict[str, dict[str, Value]]:
        """Resolved values; checking the published ones again needs pydantic, so it is done once for each text
        of cells and code."""
        cells = [step.source for step in self.steps]
        # the file of the case has the window
        case = self.inputs.get(f"data/cases/{self.overrides.get('case', '')}.toml", "")
        given = dict(self.overrides)
        known = key(kind="parameters", cells=cells, common=self.common, given=given, case=case)
        record = self.store.get(known) if self.store else None
        if record is not None:
            return dict(record["parameters"])
        from escalation.parameters import resolve_all

        resolved = resolve_all(notebooks(self.root), self.overrides)
        if self.store:
            with contextlib.suppress(OSError):  # another user's project: what cannot be kept is checked again
                self.store.put(known, {"outputs": {}, "parameters": resolved}, {})
        return resolved

    def _tasks(self, only: set[str]) -> dict[str, Task]:
        names = [step.name for step in self.steps]
        if unknown := sorted(only - set(names)):
            raise Refusal([f"{name}: is no notebook; there are {', '.join(names)}" for name in unknown])
        for step in reversed(self.steps):
            only |= set(step.after) if step.name in only else set()
        tasks = [Task(step.name, step.after, step) for step in self.steps if not only or step.name in only]
        tasks += [Task(call, call=call) for call in self.project.checks if not only]
        if self.project.render and not only:
            tasks.append(Task(RENDER, tuple(names), call=self.project.render))
        return {task.name: task for task in tasks}

    def settle(self) -> bool:
        """Take from the store what still holds. Returns whether that was everything."""
        for task in self.tasks.values():
            if all(self.tasks[name].record is not None for name in task.after):
                self.holds(task)
        return all(task.record is not None for task in self.tasks.values())

    def holds(self, task: Task) -> bool:
        """Whether what is stored of a task, once all before it are done, is what running it would give."""
        if task.record is None:
            self._identify(task)
            record = self.store.get(task.key) if self.store and not self.how.force else None
            if record is not None and self.store:
                self.store.used(task.key)
                self.finish(task, record)
        return task.record is not None

    def _identify(self, task: Task) -> None:
        """Name everything that decides what this task makes."""
        available = self.inputs | {path: sha for path, (sha, _) in self.made.items()}
        if task.step:
            values = self.parameters[task.name]
            own = {path: sha for path, sha in self.own_sha.items() if path in values.values()}
            task.given = subset(available, task.step.reads) | own
            what: dict[str, Any] = {
                "cells": task.step.identity,
                "parameters": values,
                "injected": self.injected(task.name),
            }
        elif task.is_check:
            task.given, what = subset(self.inputs, self.project.reads), {"call": task.call}
        else:
            task.given = subset(available, [*self.project.reads, *(f"{folder}/**" for folder in OUTPUTS)])
            what = {"call": task.call, "notebooks": self.notebooks()}
        task.key = key(name=task.name, given=task.given, common=self.common, **what)

    def injected(self, name: str) -> dict[str, Value]:
        """The parameters that papermill injects: those that differ from what the notebook says itself."""
        if not self.overrides:
            return {}
        from escalation.parameters import defaults

        published = defaults(next(step.path for step in self.steps if step.name == name))
        return {each: value for each, value in self.parameters[name].items() if value != published[each]}

    def finish(self, task: Task, record: dict[str, Any]) -> None:
        """Note what a task gave."""
        task.record = record
        self.made |= {path: (sha, task.name) for path, sha in record["outputs"].items()}

    def texts(self, *patterns: str) -> dict[Path, str]:
        """Those outputs that the globs match, from the store."""
        assert self.store
        found = matching(self.made, patterns)
        return {Path(path): (self.store.objects / self.made[path][0]).read_text("utf-8") for path in found}

    def notebooks(self) -> dict[str, str]:
        """Step to sha256 of its executed notebook, as far as they are done."""
        return {
            task.name: task.record["others"]["notebook"]
            for task in self.tasks.values()
            if task.step and task.record
        }

    def outputs(self) -> dict[str, str]:
        """Every output with its sha256, the records among them."""
        found = {path: sha for path, (sha, _) in sorted(self.made.items())}
        return found | {path: _sha(text) for path, text in self.records().items()}

    def records(self) -> dict[str, str]:
        """What is written of the whole: the manifest, and the list of hashes for whoever has a copy."""
        found = {path: sha for path, (sha, _) in sorted(self.made.items())}
        cells = {f"notebooks/{step.path.name}": key(cells=step.identity) for step in self.steps}
        lock = {code.LOCK: digest(self.root / code.LOCK) if (self.root / code.LOCK).is_file() else ""}
        given = self.inputs | self.own_sha | cells | lock
        text = manifest(self.root, parameters=self.parameters, inputs=given, outputs=found)
        return {publishing.MANIFEST: text, sums.FILE: sums.written(found | {publishing.MANIFEST: _sha(text)})}

    def built(
        self, outputs: Mapping[str, str], remarks: Iterable[str] = (), *, is_new: bool = False
    ) -> Built:
        """The whole as it stands, with its `outputs`."""
        ran = tuple(task.name for task in self.tasks.values() if task.ran)
        return Built(self.base, ran, dict(sorted(outputs.items())), tuple(remarks), is_new)


def own_files(overrides: Mapping[str, Value]) -> tuple[dict[str, Path], dict[str, Value]]:
    """Files of the user's own, which overrides whose names end in `_file` point at: (path in a sandbox to
    file, the overrides with those paths instead). So a file from anywhere is an input like all others, and
    where it lay is written nowhere. Raises Refusal for each that is not there or no plain file."""
    own: dict[str, Path] = {}
    values = dict(overrides)
    problems = []
    for name, value in overrides.items():
        if name.endswith("_file") and isinstance(value, str) and value:
            file = Path(value).expanduser()
            if problem := not_plain(file):
                problems.append(f"{name}: {problem}")
            path = f"own/{name}/{file.name}"
            own[path], values[name] = file.resolve(), path
    if problems:
        raise Refusal(problems)
    return own, values


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
