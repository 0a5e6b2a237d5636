"""The near end of `warm`: start it, hand it jobs, hear how they go."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from escalation.errors import Refusal, place_of
from escalation.pipeline.modules import PACKAGE
from escalation.pipeline.warm import environment

# forking a process that has loaded numerical libraries is safe here and, by their own word, nowhere else
FORKS = sys.platform == "linux"


class Workers:
    """Runs jobs beside this process. `home`: a folder for what libraries keep between runs; `forking`: from one warm
    process, or each in a fresh one (None: as is safe here). Raises Refusal if `home` cannot be written to."""

    def __init__(self, home: Path, *, forking: bool | None = None) -> None:
        self._log = home / "warm.log"
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._log.write_bytes(b"")
        except OSError as error:
            raise Refusal([f"{place_of(error, home)}: cannot be written to ({error.strerror or error})"]) from None
        self._environment = environment(home)
        forking = FORKS if forking is None else forking
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._deadlines: dict[str, float] = {}
        self._server = self._start([]) if forking else None
        if self._server:
            self._listen(self._server, None)

    def _start(self, options: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603  our own module in our own Python
                [sys.executable, "-m", "escalation.pipeline.warm", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                cwd=PACKAGE.parent,
                # an interrupt from the keyboard is ours to pass on
                start_new_session=True,
            )

    def _listen(self, process: subprocess.Popen[bytes], job: str | None) -> None:
        def read() -> None:
            ended = False
            assert process.stdout
            for line in process.stdout:
                event = json.loads(line)
                ended = event["event"] in ("done", "failed")
                self._events.put(event)
            process.stdout.close()
            process.wait()
            if job is None or not ended:
                reason = f"its process ended early (exit code {process.returncode})"
                self._events.put({"id": job, "event": "failed", "cell": "", "count": None, "ename": "Died", "evalue": reason})

        threading.Thread(target=read, daemon=True).start()

    def load(self, libraries: Iterable[str]) -> None:
        """Have these libraries imported while there is nothing else to do."""
        if self._server:
            self._send(self._server, {"libraries": list(libraries)})

    def run(self, job: Mapping[str, Any]) -> None:
        """Start a job; `next` tells what becomes of it."""
        if self._server:
            self._send(self._server, job)
            return
        process = self._processes[job["id"]] = self._start(["--once"])
        self._deadlines[job["id"]] = time.monotonic() + job["time_limit"]
        self._send(process, job)
        self._listen(process, job["id"])

    def next(self, timeout: float) -> dict[str, Any] | None:
        """The next event (`id`, `event`: started, cell, done, failed, and its facts), or None if there is none in time.

        An `id` of None means that the warm process itself is gone.
        """
        for job, deadline in list(self._deadlines.items()):
            if time.monotonic() > deadline:
                del self._deadlines[job]
                self._processes[job].kill()
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def kill(self, job: str) -> None:
        """Stop a job and all it started."""
        if self._server:
            self._send(self._server, {"kill": job})
        elif job in self._processes:
            self._processes[job].kill()

    def dismiss(self) -> None:
        """Nothing more will be asked: the warm process may end while we do other things."""
        if self._server and self._server.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._server.stdin.close()

    @staticmethod
    def _send(process: subprocess.Popen[bytes], order: Mapping[str, Any]) -> None:
        assert process.stdin
        # if it is gone, `next` tells
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(dict(order)).encode() + b"\n")
            process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in [*self._processes.values(), *([self._server] if self._server else [])]:
            if process is not self._server:
                process.kill()
            if process.stdin and not process.stdin.closed:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
