"""What decides a result beside inputs and parameters: the package's code, the versions installed, and the
settings around it.

The code is read once, hashed, and run from a copy of just those bytes in `.build/code`, so what ran is what
was hashed, whatever an editor saves meanwhile. The whole package counts for every step: a changed module runs
everything again, which costs a full build, and saves following imports.
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import escalation

PACKAGE = Path(escalation.__file__).parent
NAME = PACKAGE.name
LOCK = "requirements.txt"
KEPT = 5  # copies of the code

# A day within the years the report is about; only used as a stamp that must not move.
EPOCH = "1609372800"


def package() -> dict[str, bytes]:
    """Every file of the package, modules, templates and styles, by its path in it."""
    found = {}
    for place, below, names in os.walk(PACKAGE):
        below[:] = [name for name in below if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if not name.startswith(".") and path.suffix != ".pyc" and path.is_file():
                found[path.relative_to(PACKAGE).as_posix()] = path.read_bytes()
    return dict(sorted(found.items()))


def named(files: Mapping[str, bytes]) -> str:
    """One name for this code."""
    whole = hashlib.sha256()
    for path, content in files.items():
        whole.update(f"{path}\n{len(content)}\n".encode() + content)
    return whole.hexdigest()


def copied(files: Mapping[str, bytes], folder: Path) -> Path:
    """A folder to import this code from: one for each name below `folder`, made if it is not there or no
    longer what its name says."""
    place = folder / named(files)[:32]
    place.mkdir(parents=True, exist_ok=True)
    os.utime(place)
    for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    for path, content in files.items():
        target = place / NAME / path
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.{os.getpid()}")  # two builds may be at it
            part.write_bytes(content)
            part.replace(target)
    return place


def module_file(module: str) -> Path | None:
    """The file of a module of this package; None if it is none of ours or does not exist."""
    if module.split(".")[0] != NAME:
        return None
    place = PACKAGE.joinpath(*module.split(".")[1:])
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def plain(name: str) -> str:
    """The name of a distribution as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(root: Path) -> dict[str, list[str]]:
    """The versions that the lock names (more than one where Python's version decides)."""
    try:
        text = (root / LOCK).read_text("utf-8")
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(plain(name), []).append(version)
    return found


@cache
def installed() -> dict[str, str]:
    """Version of every distribution on the path, by the names of their folders: reading them all takes too
    long for an empty build."""
    found: dict[str, str] = {}
    for place in reversed([each for each in sys.path if Path(each).is_dir()]):
        for entry in os.scandir(place or "."):
            if said := re.fullmatch(r"(.+?)-([^-]+)(?:-py.*)?\.(?:dist|egg)-info", entry.name):
                found[plain(said[1])] = said[2]
    return found


def versions(root: Path) -> dict[str, str]:
    """What is installed of all that the lock names: whatever is not what it says has results of its own."""
    known = installed()
    return {name: known.get(name, "") for name in sorted(locked(root))}


def surroundings(home: Path, code: Path) -> dict[str, str]:
    """The environment in which the same input gives the same bytes. `home` holds what libraries keep, in
    place of the user's own files; `code` is where the package is imported from."""
    settings = home / "matplotlibrc"
    strange = re.compile(
        r"ESCALATION_ROOT|LANGUAGE|JUPYTER_PATH|PYTHON(?!HOME$|DONTWRITEBYTECODE$|PYCACHEPREFIX$).*"
    )
    return {name: value for name, value in os.environ.items() if not strange.fullmatch(name)} | {
        "PYTHONPATH": os.pathsep.join([str(code), *filter(None, [os.environ.get("PYTHONPATH")])]),
        # no module is taken from the folder that somebody happens to stand in
        "PYTHONSAFEPATH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": EPOCH,
        "IPYKERNEL_CELL_NAME": "<cell>",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "LINES": "24",
        # one thread: the same sums in the same order, and nothing running when we fork
        **dict.fromkeys(
            ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
        ),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # no HTML of blocks, which is for JupyterLab: a page draws its own
        "ESCALATION_BLOCKS": "bundles",
        # settings of the user's would change pictures and cells unseen; this file is empty
        "MATPLOTLIBRC": str(settings),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "JUPYTER_PLATFORM_DIRS": "1",
        # the kernel is that of this Python, whatever else is called python3
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
