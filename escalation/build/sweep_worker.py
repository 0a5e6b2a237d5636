"""The far end of a sweep: one set of parameters on one worker."""

import atexit
import io
import json
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from escalation.build import publish as publishing
from escalation.build.code import named, package
from escalation.build.compare import FINDINGS
from escalation.build.make import Worker
from escalation.build.plan import Plan
from escalation.build.progress import Silence
from escalation.build.project import UNTOUCHED, BuildFailure, How, Project, Value
from escalation.errors import Refusal

# after so many sets the store is thinned, so that a thousand of them do not fill a disk
THINNED = 50


class _Place(threading.local):
    """The project as it came, and a process with its libraries; one for each thread that works."""

    name = ""
    root: Path
    worker: Worker | None = None
    done = 0


_place = _Place()
_begun: list[Worker] = []  # of all threads


def end_all() -> None:
    """End the processes of all threads here, whatever they are at."""
    while _begun:
        _begun.pop().__exit__(None, None, None)


atexit.register(end_all)


def run_one(
    bundle: bytes,
    fingerprint: tuple[str, str],
    overrides: Mapping[str, Value],
    steps: tuple[str, ...],
    time_limit: float,
) -> dict[str, Any]:
    """The findings of one set, or the problems that it met: nothing a set does may end the sweep.
    `fingerprint`: names of the project and of the code that has to read it."""
    try:
        root = _unpacked(bundle, *fingerprint)
        plan = Plan(Project(root), overrides, root, How(jobs=1, time_limit=time_limit), only=steps)
        if _place.worker is None or _place.worker.is_gone:
            _place.worker = Worker(plan)
            _begun.append(_place.worker)
        if not plan.settle():
            with publishing.stage(root) as stage:
                _place.worker.run(plan, stage, Silence(), wanted=())
        _place.done += 1
        if plan.store and _place.done % THINNED == 0:
            plan.store.prune(age=0)
        return {
            "findings": {
                path.stem: json.loads(text)
                for path, text in plan.texts(f"{FINDINGS.as_posix()}/*.json").items()
            }
        }
    except (Refusal, BuildFailure) as error:
        return {"problems": [line for line in error.problems if line != UNTOUCHED]}
    except Exception as error:
        return {"problems": [f"{type(error).__name__}: {error}"]}


def _unpacked(bundle: bytes, project: str, code: str) -> Path:
    """The folder of the project, on this worker. Raises Refusal if it has another version of the package than
    whoever asks."""
    if _place.name != project + code:
        if named(package()) != code:
            raise Refusal("this worker has another version of the package; install the same on all")
        root = Path(tempfile.mkdtemp(prefix="sweep-"))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(bundle)) as file:
            file.extractall(root)
        if _place.worker:
            _place.worker.__exit__(None, None, None)
        _place.root, _place.worker, _place.name = root, None, project + code
    return _place.root
