"""Run a command and say what it took."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, seconds of processor with all that the command started and waited for, and the
    largest process in MB."""

    wall: float
    cpu: float
    peak: float

    def __add__(self, other: "Took") -> "Took":
        return Took(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    fails: bool = False,
) -> Took:
    """Run it to its end; an exit code other than 0 is an error unless it is expected to fail."""
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "ESCALATION_ROOT")
    }
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=surroundings | dict(environment or {}),
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and not fails:
            said.seek(0)
            raise RuntimeError(f"{command}: exit code {process.returncode}\n{said.read().decode()[-3000:]}")
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
