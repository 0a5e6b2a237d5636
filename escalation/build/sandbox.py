"""The folders that steps work in: each with only what it says it reads, and what it wrote is taken over if it
says that too."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from escalation.build.graph import digest, files, matching
from escalation.build.plan import RENDER, Plan, Task
from escalation.build.project import BuildFailure
from escalation.build.store import Damaged

# the name of a kernel's socket, twenty letters behind its temporary folder, may have 103 (107 on Linux)
PLACE = 80


class Sandboxes:
    """Those of one plan, in one stage folder."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder

    def place(self, task: Task) -> Path:
        return self.folder / ("tree" if task.name == RENDER else f"steps/{file_name(task.name)}")

    def job(self, task: Task) -> dict[str, Any]:
        """Fill the sandbox with what the step may read, and say what to do in it."""
        place = self.place(task)
        place.mkdir(parents=True, exist_ok=True)
        for path, sha in task.given.items():
            target = place / path
            if path in self.plan.made:
                self.put(path, target)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.plan.own.get(path, self.plan.root / path), target)
            if digest(target) != sha:
                raise BuildFailure([f"{path}: changed while the build was reading it; build again"])
        job: dict[str, Any] = {
            "name": task.name,
            "call": task.call,
            "root": place,
            "time_limit": self.plan.how.time_limit,
        }
        job["log"] = self.folder / "logs" / file_name(task.name)
        # goes with the stage, for what a kernel that is killed cannot remove any more
        job["temporary"] = (
            str(self.folder / "temporary") if len(str(self.folder / "temporary")) < PLACE else None
        )
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
        return self.folder / "executed" / f"{name}.ipynb"

    def put(self, path: str, target: Path) -> None:
        """Put an output at `target`: from the sandbox of its step if that ran, else from the store."""
        sha, name = self.plan.made[path]
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.plan.tasks[name].ran:
            shutil.copyfile(self.place(self.plan.tasks[name]) / path, target)
        else:
            self._fetch(sha, target)

    def _fetch(self, sha: str, target: Path) -> None:
        if not (self.plan.store and self.plan.store.fetch(sha, target)):
            raise Damaged(f"{target.name}: its stored copy is damaged")

    def collect(self, task: Task) -> None:
        """Take over what a step wrote, if it is what it was to write."""
        place, task.ran = self.place(task), True
        record: dict[str, Any] = {"outputs": {}}
        stored: dict[str, Path] = {}
        if not task.is_check:
            writes = task.step.writes if task.step else ("reports/**",)
            new = [
                path for path in files(place) if path not in task.given and not path.startswith("notebooks/")
            ]
            problems = [
                f"{path}: is written by {task.name}, which does not declare it; add it to `writes`"
                " in the notebook's metadata"
                for path in sorted({*new} - {*matching(new, writes)})
            ]
            problems += [
                f"{task.name}: wrote nothing for {glob!r}, which it declares"
                for glob in writes
                if not matching(new, [glob])
            ]
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

    def keep(self, failed: Iterable[str]) -> None:
        """Keep what helps to find out why these steps failed."""
        keep = self.plan.work / "failed"
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True, exist_ok=True)
        for name in failed:
            log = self.folder / "logs" / file_name(name)
            for path, kept in ((log, f"{log.name}.log"), (self._executed(name), f"{name}.ipynb")):
                if path.is_file() and path.stat().st_size:
                    shutil.copyfile(path, keep / kept)


def file_name(task: str) -> str:
    """The name of a task where it names a file."""
    return task.replace(":", ".")
