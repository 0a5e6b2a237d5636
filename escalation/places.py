"""Folders that a user names, and new files in them: nothing that lies there already is lost.

A folder is refused where writing would mix results with what a project is made of; a file is refused where
another stands.
"""

from collections.abc import Mapping
from pathlib import Path

from escalation.errors import Refusal
from escalation.paths import HAND, MARK

SYSTEM = (
    "etc",
    "usr",
    "bin",
    "sbin",
    "lib*",
    "boot",
    "dev",
    "proc",
    "sys",
)  # below /, where results would be lost or do harm
# a project's own folders; a test compares them with what git keeps
OWN = (
    "bench", "data", "escalation", "figures", "notebooks", "reports", "scenarios", "seeds", "sweeps",
    "tests",
)  # fmt: skip


def outside(folder: Path, root: Path, option: str = "--out") -> Path:
    """The whole path of a folder for results, if it lies in no folder of a project's own.

    `root`: the project at work. `option`: how the folder was named, for the message. The folder may be
    anywhere else, there or not, in the project too (`elsewhere`, `out/NAME`). Raises Refusal for a link, for
    a file, for the project itself, for a folder that the project is made of or that is hidden in it, for any
    folder of another project (a repository, a package, or notebooks beside data, unless the project at work
    lies in it), and for the folders of the system.
    """
    remedy = f"name another folder{f' with {option}' if option else ''}, such as out/NAME"
    try:
        named = folder.expanduser()
        whole = named.resolve()
        is_link, is_file = named.is_symlink(), whole.exists() and not whole.is_dir()
        ours = root.resolve()
        project = next((each for each in (whole, *whole.parents) if _is_project(each, ours)), None)
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # a circle of links, no home, too long a name, no right to look
        raise Refusal(
            f"{folder}: cannot be used ({getattr(error, 'strerror', None) or error}); {remedy}"
        ) from None
    if is_link:
        raise Refusal(f"{folder}: is a link; name the folder it leads to, or {remedy}")
    if is_file:
        raise Refusal(f"{folder}: is a file; {remedy}")
    if any(whole.is_relative_to(each) for each in _of_the_system()):
        raise Refusal(f"{folder}: lies in a folder of the system; {remedy}")
    if project is None:
        return whole
    if project != ours:
        raise Refusal(f"{folder}: lies in another project, {project}; {remedy}")
    if whole == project:
        raise Refusal(f"{folder}: is the project itself; {remedy}")
    top = whole.relative_to(project).parts[0]
    if top.casefold() in OWN or top.startswith("."):
        raise Refusal(f"{folder}: lies in {top}/, a folder of the project's own; {remedy}")
    return whole


def _is_project(folder: Path, ours: Path) -> bool:
    if (folder / HAND).is_file():  # laid out as a project is, by notebooks run by hand
        return False
    if folder == ours or (folder / MARK).is_file():
        return True
    if ours.is_relative_to(folder):
        return False
    kept = (folder / ".git").exists() or (folder / "pyproject.toml").is_file()
    return kept or all((folder / name).is_dir() for name in ("notebooks", "data"))


def _of_the_system() -> list[Path]:
    """`SYSTEM`, and what its folders really are: /bin may be a link to /usr/bin."""
    named = [path for name in SYSTEM for path in Path("/").glob(name)]
    return sorted({*named, *(path.resolve() for path in named)})


def put(files: Mapping[Path, bytes], remedy: str) -> list[Path]:
    """Write new files, all or none of them: what stands there with other content is never replaced. Gives
    their paths.

    `remedy`: what to do about it, for the message. Raises Refusal with a line for every file that is in the
    way.
    """
    problems = [
        f"{path}: stands there already, with other content; {remedy}"
        for path, content in files.items()
        if path.is_symlink() or (path.exists() and not (path.is_file() and path.read_bytes() == content))
    ]
    if problems:
        raise Refusal(problems)
    for path, content in files.items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as new:
                new.write(content)
    return list(files)
