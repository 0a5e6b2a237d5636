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

from escalation.errors import Refusal
from escalation.pipeline.cache import Cache
from escalation.pipeline.compare import FINDINGS
from escalation.pipeline.graph import discover, inputs, key
from escalation.pipeline.modules import Imports
from escalation.pipeline.plan import Plan
from escalation.pipeline.progress import Silence
from escalation.pipeline.project import BuildFailure, How, Project, Value
from escalation.pipeline.run import Run
from escalation.pipeline.workers import Workers

# after so many sets the store is thinned, so that a thousand of them do not fill a disk
THINNED = 50


class _Place(threading.local):
    """The project as it came, and a warm process; one for each thread that works."""

    name = ""
    root: Path
    workers: Workers | None = None
    done = 0


_place = _Place()


def run_one(bundle: bytes, fingerprint: str, overrides: Mapping[str, Value], steps: tuple[str, ...], time_limit: float) -> dict[str, Any]:
    """The findings of one set, or the problems that it met: nothing a set does may end the sweep."""
    try:
        root, workers = _here(bundle, fingerprint)
        plan = Plan(Project(root), overrides, root, How(jobs=1, time_limit=time_limit))
        if steps:
            plan.narrow(steps)
        found = Run(plan, Silence(), workers).results((f"{FINDINGS.as_posix()}/*.json",))
        _place.done += 1
        if _place.done % THINNED == 0:
            Cache(root / ".build" / "cache").prune(age=0)
        return {"findings": {Path(path).stem: json.loads(content) for path, content in sorted(found.items())}}
    except (Refusal, BuildFailure) as error:
        return {"problems": [line for line in error.problems if line != "the published report is untouched"]}
    except Exception as error:
        return {"problems": [f"{type(error).__name__}: {error}"]}


def _here(bundle: bytes, fingerprint: str) -> tuple[Path, Workers]:
    if _place.name != fingerprint or _place.workers is None:
        root = Path(tempfile.mkdtemp(prefix="sweep-"))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(bundle)) as file:
            file.extractall(root)
        _same_code(root, fingerprint)
        if _place.workers:
            _place.workers.__exit__(None, None, None)
        _place.root, _place.workers, _place.name = root, Workers(root / ".build" / "home"), fingerprint
        atexit.register(_place.workers.__exit__, None, None, None)
    return _place.root, _place.workers


def _same_code(root: Path, fingerprint: str) -> None:
    """Raise Refusal if this worker has another version of the package than whoever asks."""
    steps = discover(root)
    found = inputs(root, {pattern for step in steps for pattern in step.reads})
    code = {step.name: Imports(None).of(step.source).files for step in steps}
    if key(inputs=found, cells=[step.identity for step in steps], code=code) != fingerprint:
        raise Refusal(["this worker has another version of the package; install the same on all"])
