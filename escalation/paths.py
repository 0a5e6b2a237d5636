"""Where things are: one root, found from any working directory."""

import os
import stat
from pathlib import Path

MARK = Path("data", "datapackage.json")
HAND = Path("by_hand.json")  # in a folder that notebooks run by hand write to
_by_hand: list[Path] = []


def by_hand(folder: Path) -> None:
    """From now on this process works in `folder`, which has all that it reads (`escalation.hand`)."""
    _by_hand[:] = [folder]


def root() -> Path:
    """The folder that is read from and written to: the project's, or that of a run by hand."""
    return _by_hand[0] if _by_hand else project()


def beside(folder: Path) -> Path:
    """Where a relative path that a user gave begins: the project, also for a run by hand."""
    return project() if folder in _by_hand else folder


def project() -> Path:
    """The project folder: `ESCALATION_ROOT` if set, else the nearest folder from the working directory
    upwards that holds `data/datapackage.json` and is none of runs by hand, else the checkout this package is
    installed from."""
    named = os.environ.get("ESCALATION_ROOT")
    if named:
        return Path(named).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file() and not (folder / HAND).is_file():
            return folder
    return Path(__file__).resolve().parent.parent


def not_plain(path: Path, *, most: int = 2**33) -> str | None:
    """Why a path that a user gave is not to be read: it is not there, is no plain file (a pipe or a device
    may never end), or has more than `most` bytes (8 GB: the largest event file there is has less than one).
    None if nothing speaks against it.

    >>> not_plain(Path("/dev/zero"))
    '/dev/zero: is no plain file'
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        return (
            f"{path}: no such file"
            if missing
            else f"{path}: cannot be read ({getattr(error, 'strerror', '') or error})"
        )
    if not stat.S_ISREG(found.st_mode):
        return f"{path}: is no plain file"
    return f"{path}: has {found.st_size:,} bytes; {most:,} are the most" if found.st_size > most else None
