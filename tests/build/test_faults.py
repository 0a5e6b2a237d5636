"""The fault harness (`make faults`) in short, on a project of tiny notebooks: killed, starved, locked out,
and nothing breaks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import faults

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


def can_mount() -> bool:
    """Whether a disk of our own can be made here: root in most places, nobody in some containers."""
    return (
        os.geteuid() == 0
        and not subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True
        ).returncode
    )


@pytest.fixture(scope="module")
def published() -> Iterator[faults.Patient]:
    """A published tiny report, built by commands that hear an interrupt, though these tests may have begun in a
    shell's background, deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with faults.project(small=True) as patient:
        yield patient


@pytest.fixture
def patient(published: faults.Patient) -> Iterator[faults.Patient]:
    """The same for every test, whatever the one before did to it."""
    yield published
    published.turn(new=False)
    published.build()


@pytest.mark.parametrize(
    "kind", ["kills", "renames", "interrupts", "together", "workers", "time_limits", "read_only", "full_disk"]
)
def test_nothing_breaks(kind: str, patient: faults.Patient) -> None:
    """Old and whole or new and whole, the next build right, nothing left or running, the cause in the first
    line; or the harness raises."""
    if kind in ("read_only", "full_disk") and os.geteuid() == 0 and not can_mount():
        pytest.skip("root here may not mount")
    if kind == "full_disk" and os.geteuid():
        pytest.skip("needs root for a small disk")
    rows = list(faults.KINDS[kind](patient, True))
    assert rows and all(row.startswith("| ") and row.endswith(" |") for row in rows)
    assert patient.old == patient.state()


def test_the_harness_notices_harm(patient: faults.Patient) -> None:
    """A changed file, a stage left, a folder of temporary files left, a process that runs on, a message
    without the cause: each is said."""
    page = patient.root / "reports/report.html"
    text = page.read_text("utf-8")
    page.write_text(text + " ", "utf-8")
    with pytest.raises(faults.Broken, match=r"neither old nor new: .*report\.html"):
        patient.check(patient.old, patient.new)
    page.write_text(text, "utf-8")
    patient.again()
    for litter in (patient.root / ".build/cache/.new-x", patient.temporary / "x"):
        litter.write_text("")
        with pytest.raises(faults.Broken, match=f"left lying about: .*{litter.name}"):
            patient.heal(patient.old)
        litter.unlink()
    with subprocess.Popen(["sleep", "60"], env=os.environ | {faults.MARK: str(patient.temporary)}) as sleeper:
        while not Path(f"/proc/{sleeper.pid}/environ").read_bytes():
            """Its surroundings show a moment after it has begun."""
        with pytest.raises(faults.Broken, match=r"still running: .*sleep 60"):
            patient.quiet()
        sleeper.kill()
    with pytest.raises(faults.Broken, match="does not name the cause"):
        patient.fails(patient.start("--engine", "none"), "No space left")


def test_a_killed_build_stops_while_it_loads_libraries(patient: faults.Patient) -> None:
    """Or it would begin a step after the next build has removed its stage, and leave one there. What is killed
    while the process that loads them starts is noticed too."""
    work = [sys.executable, "-m", "escalation.build.work", str(os.getppid())]
    with subprocess.Popen(work, stdin=subprocess.PIPE) as orphan:
        assert orphan.wait(60) == 1
    told = patient.root.parent / "loading"
    slow = f"import pathlib, time\npathlib.Path({str(told)!r}).write_text('1\\n')\ntime.sleep(60)\n"
    (patient.root / "library/slow.py").write_text(slow)
    patient.turn(new=True, more="import slow")
    try:
        process = patient.start("--force")
        faults.told(told, process)
        process.kill()
        process.communicate()
        patient.quiet()
    finally:
        told.unlink(missing_ok=True)
        (patient.root / "library/slow.py").unlink()
