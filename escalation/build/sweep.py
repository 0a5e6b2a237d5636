"""Run the notebooks over a grid of parameters, here or on any Dask cluster, and say which conclusions hold in
how many of the runs.

Every worker gets the project's inputs once, keeps one process with the libraries loaded, and runs each set as
a build does: in sandboxes, with what earlier sets left in common taken from its own store. A set that fails
is listed and stops nothing; a worker that dies loses only the set it was at. Results are written as they
come, under a name made of all that decides them, so the same command goes on where it stopped.
"""

import importlib
import io
import itertools
import json
import logging
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation import places
from escalation.build import scenario
from escalation.build.code import LOCK, NAME, named, package
from escalation.build.graph import discover, inputs, key, notebooks
from escalation.build.progress import Progress, Silence
from escalation.build.project import Project, Value
from escalation.build.scenario import Grid
from escalation.build.store import write
from escalation.build.sweep_worker import end_all, run_one
from escalation.errors import Refusal
from escalation.parameters import resolve_all

MOST = 20_000


@dataclass(frozen=True)
class Swept:
    """`folder`: where table and page are. `runs`: a result for each set, `findings` or `problems`. `failed`:
    how many have problems."""

    folder: Path
    runs: tuple[dict[str, Any], ...]

    @property
    def failed(self) -> int:
        """How many sets gave no result."""
        return sum("problems" in run for run in self.runs)


def read(path: Path, root: Path) -> Grid:
    """The grid in a TOML file: `[grid]` with a list for each parameter, run in all combinations; or
    `scenarios`, a list of names; or both.

    Raises Refusal, before any work, for every value that some notebook would refuse.
    """
    content = scenario.toml(path, {"about": str, "grid": dict, "scenarios": list, "notebooks": list})
    problems = [
        f"{path.name}: {name} needs a list of values"
        for name, values in content.get("grid", {}).items()
        if not isinstance(values, list) or not values
    ]
    if problems:
        raise Refusal(problems)
    starts = [scenario.read(str(name), root).parameters for name in content.get("scenarios", [])] or [{}]
    lists = list(content.get("grid", {}).items())
    count = len(starts)
    for _, values in lists:
        count *= len(values)
    if count > MOST:
        raise Refusal(f"{path.name}: {count:,} sets are more than {MOST:,}; make it several grids")
    sets: list[dict[str, Value]] = []
    for start in starts:
        for values in itertools.product(*(values for _, values in lists)):
            each = start | dict(zip((name for name, _ in lists), values, strict=True))
            if each not in sets:
                sets.append(each)
    said: dict[str, None] = {}
    paths = notebooks(root)
    for each in sets:
        try:
            resolve_all(paths, each)
        except Refusal as refusal:
            said.update(dict.fromkeys(f"{path.name}: {line}" for line in refusal.problems))
    steps = tuple(str(name) for name in content.get("notebooks", []))
    known = [step.name for step in discover(root)]
    said.update(
        dict.fromkeys(
            f"{path.name}: {name} is no notebook; there are {', '.join(known)}"
            for name in steps
            if name not in known
        )
    )
    if said:
        raise Refusal(said)
    return Grid(path.stem, content.get("about", ""), tuple(sets), steps)


def sweep(
    project: Project,
    grid: Grid,
    *,
    out: Path,
    scheduler: str | None = None,
    jobs: int | None = None,
    time_limit: float = 900.0,
    progress: Progress | None = None,
) -> Swept:
    """Run every set of `grid` that has no result in `out` yet, then write `results.csv` and `sweep.html`
    there.

    `scheduler`: the address of a Dask scheduler; None starts `jobs` workers on this machine (None: one a
    processor). Raises Refusal if there is no Dask, no scheduler, or if it is lost on the way; what was done
    by then is kept. Nothing in `out` that is of no sweep is replaced: Refusal too.
    """
    # only here: the table and the page need it
    from escalation.build.swept import may_take, write_results

    root = project.root.resolve()
    out = places.outside(out, root)
    may_take(out)
    bundle, fingerprint = _bundle(project)
    names = [key(given=each, steps=grid.steps, project=fingerprint)[:32] for each in grid.sets]
    kept = out / "runs"
    kept.mkdir(parents=True, exist_ok=True)
    with progress or Silence() as shown:
        results = {name: result for name in names if (result := _kept(kept / f"{name}.json"))}
        missing = {name: each for name, each in zip(names, grid.sets, strict=True) if name not in results}
        if results:
            shown.note(f"{len(results)} of {len(names)} sets have their results already")
        try:
            if missing:
                for name, result in _spread(
                    missing, bundle, fingerprint, grid, scheduler, jobs, time_limit, shown
                ):
                    results[name] = result
                    if "problems" not in result:
                        write(kept / f"{name}.json", json.dumps(result, sort_keys=True))
        finally:
            runs = [
                {"set": dict(each), **results[name]}
                for name, each in zip(names, grid.sets, strict=True)
                if name in results
            ]
            write_results(
                out, grid, runs, published={name: values for name, values in _published(root).items()}
            )
    return Swept(out, tuple(runs))


def _published(root: Path) -> dict[str, Value]:
    return {
        name: value for values in resolve_all(notebooks(root), {}).values() for name, value in values.items()
    }


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        result = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and "findings" in result else None


def _bundle(project: Project) -> tuple[bytes, tuple[str, str]]:
    """All that the notebooks may read, as one zip, and names for it and for the code that will read it."""
    root = project.root.resolve()
    steps = discover(root)
    found = inputs(root, {pattern for step in steps for pattern in step.reads})
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for path in found:
            file.write(root / path, path)
        for step in steps:
            file.writestr(f"notebooks/{step.path.name}", step.text)
        if (root / LOCK).is_file():
            file.write(root / LOCK, LOCK)
    return whole.getvalue(), (key(inputs=found, cells=[step.identity for step in steps]), named(package()))


def _dask() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise Refusal(
            "a sweep needs Dask, which is not installed here: pip install --require-hashes -r "
            "requirements-dev.txt"
        ) from None


def _client(distributed: Any, scheduler: str | None, jobs: int | None) -> Any:
    if scheduler is None:
        # a thread a set is enough: the work is done by a process that each of them begins
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=jobs,
            processes=False,
            dashboard_address=None,
            silence_logs=logging.ERROR,
        )
        return distributed.Client(cluster, set_as_default=False)
    try:
        return distributed.Client(scheduler, timeout=15, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Refusal(
            f"--scheduler {scheduler}: no Dask scheduler answers there ({str(error).splitlines()[0]})"
        ) from None


def _spread(
    missing: Mapping[str, dict[str, Value]],
    bundle: bytes,
    fingerprint: tuple[str, str],
    grid: Grid,
    scheduler: str | None,
    jobs: int | None,
    time_limit: float,
    shown: Progress,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each missing set with its result, as they come."""
    distributed = _dask()
    client = _client(distributed, scheduler, jobs)
    data = client.scatter(bundle, broadcast=True)
    try:
        # pure=False: a result belongs to this sweep; two more tries for a set whose worker died under it
        futures = {
            client.submit(
                run_one,
                data,
                fingerprint,
                each,
                grid.steps,
                time_limit,
                pure=False,
                retries=2,
                key=f"{NAME}-{name}",
            ): name
            for name, each in missing.items()
        }
        since, failed = time.monotonic(), 0
        for count, future in enumerate(distributed.as_completed(futures, loop=client.loop), 1):
            name = futures[future]
            if future.status == "finished":
                result = future.result()
            elif future.status == "error":
                result = {"problems": [f"its worker died or could not run it: {future.exception()!s:.300}"]}
            else:
                left = len(missing) - count + 1
                raise Refusal(
                    f"the scheduler is gone; {left} of {len(missing)} sets have no result yet, the "
                    "same command goes on from here"
                )
            failed += "problems" in result
            future.release()
            yield name, result
            each_takes = (time.monotonic() - since) / count
            shown.note(
                f"{count}/{len(missing)} sets, {failed} failed, about "
                f"{each_takes * (len(missing) - count):.0f} s left"
            )
    finally:
        data.release()
        # first the client, so that nobody misses what the workers held for it
        cluster = client.cluster if scheduler is None else None
        client.close()
        if cluster is not None:
            end_all()  # a thread that waits for its process would hold up the end
            cluster.close()
