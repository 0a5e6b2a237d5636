"""The processes that do the work, as far as a build does not show it."""

from pathlib import Path
from typing import Any

import pytest

from escalation.pipeline.workers import Workers


def outcomes(workers: Workers, job: dict[str, Any], times: int) -> list[str]:
    """How a job ends when it is run again the moment it has said how it ended."""
    said: list[str] = []
    workers.run(job)
    while len(said) < times:
        event = workers.next(20)
        assert event is not None
        if event["event"] in ("done", "failed"):
            said.append(event["event"])
            if len(said) < times:
                workers.run(job)
    return said


def test_jobs_of_one_name_follow_each_other_without_mixing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last sign of one (its pipe closing) may come after the next has begun; it is not taken for that one's death."""
    (tmp_path / "quick.py").write_text("def check(root):\n    return ['one problem']\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    job = {"id": "same", "kind": "check", "call": "quick:check", "root": str(tmp_path), "time_limit": 20, "log": str(tmp_path / "log")}
    with Workers(tmp_path / "home") as workers:
        assert ["done"] * 60 == outcomes(workers, job, 60)
        strays = [event for _ in range(3) if (event := workers.next(0.1))]
        assert all(event["event"] not in ("done", "failed") for event in strays)


def test_what_a_library_prints_on_import_does_not_get_between_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor what a job prints; one that cannot be imported is left for the job to find."""
    (tmp_path / "noisy.py").write_text(
        "print('hello'); import os; os.system('echo there')\ndef check(root):\n    print('more'); return []\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    job = {"id": "a", "kind": "check", "call": "noisy:check", "root": str(tmp_path), "time_limit": 20, "log": str(tmp_path / "log")}
    with Workers(tmp_path / "home") as workers:
        workers.load(["noisy", "missing_library.Part"])
        assert ["done"] == outcomes(workers, job, 1)
    assert "more" in (tmp_path / "log").read_text()
