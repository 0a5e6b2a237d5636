"""Put a finished build in place of the last one: all of it, or nothing; and never in place of what no build
made.

Work happens in a stage folder on the same disk. When all is made and checked, a journal says which files will
be put where; then they are renamed, one by one, so that no reader ever finds a file missing or half written.
A signal that comes among the renames has its effect when they are done. A build that is killed there is
finished by the next command, which finds the journal; one that cannot finish (a folder became read-only) is
taken back.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from escalation import sums
from escalation.build.graph import OUTPUTS, digest, made
from escalation.build.store import write
from escalation.errors import Refusal, place_of

WORK = ".build"
JOURNAL, UNDOING = f"{WORK}/journal.json", f"{WORK}/journal-back.json"
MANIFEST = "reports/manifest.json"
PARTS = {"about", "parameters", "versions", "inputs", "outputs"}  # of a manifest
# how a folder of work is known for ours; backups leave out what has such a file
# (https://bford.info/cachedir/)
TAG = "CACHEDIR.TAG"
TAGGED = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# Here `escalation build` works; nothing in it has to be "
    "kept.\n"
)
LITTER = ("stage-*", "tmp*")  # what a killed build leaves in the folder of work
TRIED = 60  # seconds after which nobody is trying anything out any more
NAMED = 5  # files that a remark names
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def may_take(base: Path) -> None:
    """Raises Refusal unless `base`, a folder that the user named, is not there yet, is empty, or holds an
    earlier build.

    A build is known by its `reports/manifest.json`, its folder of work by a tag. One that was killed before
    it had put anything there, or among its last renames, is one too.
    """
    remedy = "name another folder with --out"
    try:
        there = sorted(path.name for path in base.iterdir()) if base.exists() else []
        if WORK in there and not _is_our_work(base / WORK):
            raise Refusal(
                f"{base / WORK}: stands in the way and is of no build of ours; move it, or {remedy}"
            )
    except OSError as error:
        raise Refusal(f"{place_of(error, base)}: cannot be read ({error.strerror}); {remedy}") from None
    others = [name for name in there if name != WORK]
    if others and not is_cut(base) and not _is_build(base):
        listed = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise Refusal(f"{base}: holds {listed}, and no earlier build (which has a {MANIFEST}); {remedy}")


def _is_our_work(work: Path) -> bool:
    if work.is_symlink() or not work.is_dir():
        return False
    # empty, or with nothing but a lock: killed before it was tagged, or while it was removed
    if {path.name for path in work.iterdir()} <= {"lock"}:
        return True
    tag = work / TAG
    return tag.is_file() and tag.read_text("utf-8", errors="replace") in ("", TAGGED)


def _is_build(base: Path) -> bool:
    try:
        found = json.loads((base / MANIFEST).read_text("utf-8"))
        return set(found) == PARTS and all(
            made(path) and re.fullmatch("[0-9a-f]{64}", sha) for path, sha in found["outputs"].items()
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def begin(base: Path) -> Path:
    """The folder to work in at `base`, made and tagged. Raises Refusal if it cannot be written to."""
    work = base / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
        if not (work / TAG).exists():
            (work / TAG).write_text(TAGGED, "utf-8", newline="\n")
    except OSError as error:
        raise Refusal(f"{place_of(error, base)}: cannot be written to ({error.strerror or error})") from None
    return work


@contextmanager
def locked(base: Path, note: Callable[[str], None]) -> Iterator[bool]:
    """Hold the only right to build into `base`, waiting for it if need be; finish what a killed build began
    there, and leave no litter of it.

    Gives whether anything may have changed meanwhile.
    """
    work = begin(base)
    try:
        filelock = _filelock(work)
        lock, waited = filelock.FileLock(work / "lock"), False
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            waited = True
            note("another build is running here; waiting for it")
            lock.acquire()
    except OSError as error:
        raise Refusal(f"{place_of(error, base)}: cannot be written to ({error.strerror or error})") from None
    try:
        begin(base)  # whom we waited for may have taken it away
        recovered = recover(base, note)
        _remove_stages(base)
        yield waited or recovered
    finally:
        lock.release()


def _filelock(work: Path) -> Any:
    """The library for locks; slow to load, so only when there is something to do. It tries links out while it
    is imported, in the folder for temporary files, where a kill would leave them for good: in one of ours. An
    interrupt waits until it is loaded, since tidying up needs it too, and a module that was loaded in part
    cannot be loaded again."""
    with undisturbed():
        known, tempfile.tempdir = tempfile.tempdir, str(work)
        try:
            import filelock
        finally:
            tempfile.tempdir = known
    return filelock


def _remove_stages(base: Path) -> None:
    of_stages, of_trials = LITTER
    for stale in (base / WORK).glob(of_stages):
        shutil.rmtree(stale, ignore_errors=True)
    for tried in (base / WORK).glob(of_trials):  # by `_filelock`; a second one may just be at it
        with contextlib.suppress(OSError):
            if time.time() - tried.stat().st_mtime > TRIED:
                shutil.rmtree(tried, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove what killed builds left, if there is any and no build is running."""
    if any(path for litter in LITTER for path in (base / WORK).glob(litter)):
        filelock = _filelock(base / WORK)
        with (
            contextlib.suppress(filelock.Timeout, OSError),
            filelock.FileLock(base / WORK / "lock", timeout=0),
        ):
            _remove_stages(base)


def leave(base: Path) -> None:
    """Take the folder of work away from where only results are wanted, unless another build uses it or a swap
    is not finished."""
    work = base / WORK
    if is_cut(base) or not work.is_dir():
        return
    filelock = _filelock(work)
    with contextlib.suppress(filelock.Timeout, OSError), filelock.FileLock(work / "lock", timeout=0):
        _remove_stages(base)
        for ours in ("home", "code", "failed"):
            shutil.rmtree(work / ours, ignore_errors=True)
        if {path.name for path in work.iterdir()} <= {"lock", TAG}:
            for name in ("lock", TAG):
                (work / name).unlink(missing_ok=True)
            work.rmdir()


@contextmanager
def stage(base: Path) -> Iterator[Path]:
    """A folder to work in, on the disk of `base`; gone afterwards, unless a journal still needs what is in
    it."""
    folder = Path(tempfile.mkdtemp(prefix="stage-", dir=begin(base)))
    try:
        yield folder
    finally:
        if not is_cut(base):
            shutil.rmtree(folder, ignore_errors=True)


def is_cut(base: Path) -> bool:
    """Whether a build was cut short here among its last renames, so that the report is part old and part
    new."""
    return (base / JOURNAL).exists() or (base / UNDOING).exists()


def is_published(base: Path, outputs: Mapping[str, str]) -> bool:
    """Whether `base` holds exactly these outputs (path to sha256) and no build was cut short there."""
    if is_cut(base):
        return False
    try:
        return all(digest(base / path) == sha for path, sha in outputs.items()) and set(_last(base)) == set(
            outputs
        )
    except OSError:
        return False


def _last(base: Path) -> dict[str, str]:
    """What the last build put there (path to sha256), by its manifest; of its records, which no manifest
    lists, only the paths."""
    try:
        listed = dict(json.loads((base / MANIFEST).read_text("utf-8"))["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    inside = {
        path: sha
        for path, sha in listed.items()
        if made(path) and path not in OUTPUTS and ".." not in path.split("/")
    }
    return inside | {MANIFEST: "", sums.FILE: ""}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back the signals that stop a process (an interrupt, an end, a lost terminal) while the block runs;
    then they have their effect.

    Python gives signals to its main thread alone, so in any other there is nothing to do.
    """
    came: dict[int, None] = {}

    def hold(number: int, _: FrameType | None) -> None:
        came[number] = None

    before = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                if (
                    signal.getsignal(number) is not None
                ):  # None: set by other than Python, so not ours to put back
                    before[number] = signal.signal(number, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def publish(
    base: Path,
    folder: Path,
    outputs: list[str],
    *,
    is_edition: bool = False,
    placed: Callable[[], None] = lambda: None,
) -> list[str]:
    """Move `outputs` (paths) from `folder`, below this base's stage, into `base`, and remove what the last
    build had and this one has not.

    `is_edition`: `base` is a folder that the user named, and not the project, in whose folders of outputs
    hands have nothing to keep. `placed` is called as soon as all is in place, before any signal has its
    effect. Returns remarks: which files were not as the last build had left them. Of these, outputs are made
    again, and what is no output any more stays. Raises Refusal, with everything as it was, if a file cannot
    be put in its place, or in an edition if one stands there that no build made.
    """
    old = folder.parent / "old"
    last = _last(base)
    if is_edition and (
        foreign := [path for path in outputs if path not in last and os.path.lexists(base / path)]
    ):
        remedy = (
            "was made by no build and stands where this one puts its own; move it, or name another folder "
            "with --out"
        )
        raise Refusal([f"{base / path}: {remedy}" for path in foreign])
    records = (MANIFEST, sums.FILE)
    changed = sorted(
        path
        for path, sha in last.items()
        if path not in records and (base / path).is_file() and digest(base / path) != sha
    )
    gone = sorted(set(last) - set(outputs) - set(changed))
    _may_write(base, [*outputs, *gone])
    had = [path for path in [*outputs, *gone] if os.path.lexists(base / path)]
    for path in had:
        (old / path).parent.mkdir(parents=True, exist_ok=True)
        # a second name for the old file costs no space, so the way back works on a full disk
        _second_name(base / path, old / path)
    journal: dict[str, Any] = {
        "from": folder.relative_to(base).as_posix(),
        "old": old.relative_to(base).as_posix(),
        "put": outputs,
        "remove": gone,
        "had": had,
    }
    with undisturbed():
        write(base / JOURNAL, json.dumps(journal))
        try:
            _forward(base, journal)
        except OSError as error:
            said = f"{place_of(error, base)}: cannot be replaced ({error.strerror}); "
            raise Refusal(said + ("nothing was changed" if _taken_back(base, journal) else TORN)) from None
        placed()
    again, kept = (
        [path for path in changed if (path in outputs) == is_output] for is_output in (True, False)
    )
    remarks = [(again, "made again"), (kept, "no longer made, and left where they are")]
    return [
        f"not as the last build had left them, so {what}: {_some(paths)}" for paths, what in remarks if paths
    ]


TORN = "until that is mended, and the next command here puts it right, the report is part old and part new"


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:NAMED]) + (f" and {len(paths) - NAMED} more" if len(paths) > NAMED else "")


def _second_name(path: Path, other: Path) -> None:
    try:
        other.hardlink_to(path)
    except OSError:  # a disk without second names
        shutil.copy2(path, other, follow_symlinks=False)


def _may_write(base: Path, paths: list[str]) -> None:
    problems = []
    for inside in _there(base, paths):
        name = inside.relative_to(base).as_posix()
        if not inside.resolve().is_relative_to(base.resolve()):
            problems.append(f"{name}: is a link that leads out of the project")
        elif not os.access(inside, os.W_OK) or not inside.is_dir():
            problems.append(f"{name}: cannot be written to")
    problems += [
        f"{path}: is a folder where a file should be"
        for path in paths
        if (base / path).is_dir() and not (base / path).is_symlink()
    ]
    if problems:
        raise Refusal(sorted(set(problems)))


def _there(base: Path, paths: Iterable[str]) -> list[Path]:
    """The folders that these files are to lie in, or what there is already of the way to them."""
    found = set()
    for folder in {(base / path).parent for path in paths}:
        inside = folder
        while not inside.exists():
            inside = inside.parent
        found.add(inside)
    return sorted(found)


def _forward(base: Path, journal: Mapping[str, Any]) -> None:
    source = base / journal["from"]
    for path in journal["put"]:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # done before we were killed
            (source / path).replace(base / path)
    for path in journal["remove"]:
        _remove(base / path)
    (base / JOURNAL).unlink()


def _back(base: Path, journal: Mapping[str, Any]) -> None:
    with contextlib.suppress(FileNotFoundError):  # done before we were killed
        # so that whoever finds it goes the same way; a new name needs no space
        (base / JOURNAL).replace(base / UNDOING)
    source, old = base / journal["from"], base / journal["old"]
    for path in journal["had"]:
        if os.path.lexists(old / path) and not _is_same(old / path, base / path):
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            (old / path).replace(base / path)
    for path in journal["put"]:
        if path not in journal["had"] and not (source / path).exists():
            _remove(base / path)
    (base / UNDOING).unlink()


def _is_same(one: Path, other: Path) -> bool:
    return os.path.lexists(other) and os.path.samestat(one.lstat(), other.lstat())


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()


def _taken_back(base: Path, journal: Mapping[str, Any]) -> bool:
    try:
        _back(base, journal)
    except OSError:
        return False
    return True


def mend(base: Path, note: Callable[[str], None]) -> None:
    """Finish the swap of a build that was killed in it, if there is one."""
    if is_cut(base):
        with locked(base, note):
            """Which does it."""


def recover(base: Path, note: Callable[[str], None]) -> bool:
    """Finish the swap of a build that was killed in it, or go on taking it back. Returns whether there was
    one. Call it under the lock.

    Raises Refusal if neither can be done now."""
    way = base / UNDOING if (base / UNDOING).exists() else base / JOURNAL
    try:
        journal = json.loads(way.read_text("utf-8"))
        ours = all(str(journal[name]).startswith(f"{WORK}/stage-") for name in ("from", "old"))
        paths = [each for name in ("put", "remove", "had") for each in journal[name]]
        ours &= all(made(path) for path in paths)
        ours &= not any(".." in each.split("/") for each in [journal["from"], journal["old"], *paths])
        ours &= all(inside.resolve().is_relative_to(base.resolve()) for inside in _there(base, paths))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        ours = False
    if not ours:
        # ours are written whole or not at all, and never lead elsewhere
        way.unlink()
        return False
    with undisturbed():
        cut = "a build was cut short here among its last renames"
        if way == base / JOURNAL:
            try:
                _forward(base, journal)
            except OSError as error:
                said = (
                    f"{place_of(error, base)}: a build was cut short here and cannot be finished "
                    f"({error.strerror}); "
                )
                back = "it was taken back, and the report before it is in place"
                raise Refusal(said + (back if _taken_back(base, journal) else TORN)) from None
            note(f"{cut}; they are done now, and its report is in place")
        elif _taken_back(base, journal):
            note(f"{cut}; it was taken back, and the report before it is in place")
        else:
            raise Refusal(f"{cut} and cannot be taken back; {TORN}")
    return True
