"""Make a report: `build` runs what has changed and publishes the whole.

A build is a function of a folder: its inputs, the parameters, the code and the lock decide every byte. Each notebook runs in a
sandbox that holds only what it says it reads, so that what it says is true and a stored result can be trusted.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from escalation import places
from escalation.errors import Refusal, place_of
from escalation.pipeline import publish as publishing
from escalation.pipeline.graph import OUTPUTS
from escalation.pipeline.plan import Plan
from escalation.pipeline.progress import Progress, Silence
from escalation.pipeline.project import BuildFailure, Built, How, Project, Value

if TYPE_CHECKING:
    from escalation.pipeline.workers import Workers


def build(
    project: Project,
    *,
    overrides: Mapping[str, Value] | None = None,
    out: Path | None = None,
    how: How | None = None,
    progress: Progress | None = None,
) -> Built:
    """Build `project` with `overrides` put over the published parameters, into itself or into the folder `out`.

    Runs only what a changed input, parameter, notebook or module touches. `out` is a folder that is not there yet, is empty, or holds an
    earlier build, and none of the project's own (`places.outside`, `publish.may_take`). Raises Refusal for what the caller can mend before
    any work, BuildFailure when a notebook or the page fails; after either, what was published is as it was.
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


def _built(project: Project, overrides: Mapping[str, Value], root: Path, base: Path, how: How, shown: Progress) -> Built:
    plan = Plan(project, overrides, base, how)
    tops = {pattern.split("/")[0] for pattern in (*OUTPUTS, *plan.reads)}
    if base != root and any(base.is_relative_to(root / top) for top in tops):
        raise Refusal([f"{base.relative_to(root).as_posix()}: lies in a folder that the build itself reads or makes"])
    if not how.force and plan.settle() and publishing.is_published(base, plan.outputs()):
        publishing.sweep(base)
        return plan.built()
    is_new = not base.exists()
    publishing.begin(base)
    try:
        with _warm(plan) as workers:
            # only now: slow to load, and an empty build does without
            from escalation.pipeline.run import Damaged, Run

            try:
                with publishing.locked(base, shown.note) as changed:
                    return Run(Plan(project, overrides, base, how) if changed else plan, shown, workers).complete()
            except Damaged as damaged:
                shown.note(f"{damaged}; building without stored results")
        with _warm(plan) as workers, publishing.locked(base, shown.note):
            return Run(Plan(project, overrides, base, replace(how, force=True)), shown, workers).complete()
    finally:
        if base != root:
            publishing.leave(base)
            if is_new:
                with suppress(OSError):  # not empty: built
                    base.rmdir()


def _warm(plan: Plan) -> "Workers":
    """Somebody to do the work, before all else: their libraries take the longest."""
    from escalation.pipeline.workers import Workers

    workers = Workers(plan.home)
    if any(task.step and task.record is None for task in plan.tasks.values()):
        workers.load(["escalation.pipeline.engine"])
    return workers


__all__ = ["BuildFailure", "Built", "How", "Project", "build"]
