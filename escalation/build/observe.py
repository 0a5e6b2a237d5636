"""What a notebook reads and writes, seen by running it once in a copy of the project: its declaration, proposed."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from escalation.build.graph import NAMED, inputs, made, notebooks, shown
from escalation.build.strip import PYTHON
from escalation.errors import Refusal
from escalation.paths import MARK

PARTS = ("seeds", "data", "notebooks", "pyproject.toml", "requirements.txt", "CITATION.cff")
# a cell of the copy, below the parameters: from then on every file that Python opens is noted
NOTING = """
import sys as _sys
_noted = open({noted!r}, "a", encoding="utf-8")
def _note(event, facts):
    if event == "open" and isinstance(facts[0], str) and not _noted.closed:
        _noted.write(("w " if set(str(facts[1])) & set("wax+") else "r ") + facts[0] + "\\n")
        _noted.flush()
_sys.addaudithook(_note)
"""


def declaration(stem: str, root: Path) -> dict[str, list[str]]:
    """The `reads` and `writes` of `notebooks/STEM.ipynb`, from one run by papermill with its own parameters; nothing
    of the project is changed. Figures that it shows by name are left out: a build finds them.

    Raises Refusal where there is no such notebook, where its name would not join a build, and with the run's last line
    where it fails. Files that a library opens without Python (parquet) are not seen."""
    path = root / "notebooks" / f"{stem}.ipynb"
    if not NAMED.fullmatch(path.name):
        raise Refusal(f"{stem}: is no name of a step; one is like 3b_weekday")
    try:
        notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
        cells = notebook["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        figures = {name for text in code if not text.startswith("%") for name in shown(text)}
    except FileNotFoundError:
        raise Refusal(f"notebooks/{stem}.ipynb: no such file") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path.name}: is no notebook ({error})") from None
    with TemporaryDirectory() as folder:
        copy, noted = Path(folder).resolve() / "project", Path(folder).resolve() / "noted"
        for part in PARTS:
            place = root / part
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                shutil.copytree(place, copy / part)
            elif place.is_file():
                shutil.copy(place, copy / part)
        begins = [at for at, cell in enumerate(cells) if "begin(" in "".join(cell["source"])]
        cell: dict[str, Any] = {
            "cell_type": "code",
            "id": "noting",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        cells.insert(begins[0] if begins else 1, {**cell, "source": NOTING.format(noted=str(noted))})
        widest = _widest(stem, notebook["metadata"].get("escalation", {}), root)
        notebook["metadata"] = {"escalation": widest, "kernelspec": PYTHON}
        (copy / "notebooks" / path.name).write_text(json.dumps(notebook), "utf-8")
        command = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            f"notebooks/{path.name}",
            "out.ipynb",
        ]
        ran = subprocess.run(command, cwd=copy, capture_output=True, text=True)  # noqa: S603
        if ran.returncode:
            raise Refusal(f"{stem}: its run failed: {ran.stderr.strip().splitlines()[-1]}")
        # `begin` lays out a folder of its own, whose filling is not what the notebook reads
        base = copy / "scratch" if begins else copy
        read, written = _places(noted.read_text("utf-8").splitlines(), base)
        given = [name for name in read if name in {*inputs(copy, ["data/**", "seeds/**"])} or made(name)]
    return {
        "reads": _globs(name for name in given if name not in written),
        "writes": _globs(written, figures),
    }


def _globs(names: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """Paths, with all files of a figure as one, and all cases as one; without those that are `known`."""
    found = {
        re.sub(r"^data/cases/.*", "data/cases/**", re.sub(r"^(figures/[^.]+)\..*", r"\1.*", name))
        for name in names
    }
    return sorted(found - {*known, MARK.as_posix()})


def _widest(stem: str, declared: dict[str, list[str]], root: Path) -> dict[str, list[str]]:
    """A declaration that lets a notebook read all inputs and all that the notebooks before it by name make."""
    reads = [
        "seeds/*",
        "data/coded/*",
        "data/series/*",
        "data/cases/**",
        "data/*",
        *declared.get("reads", ()),
    ]
    for path in notebooks(root):
        if path.stem < stem:
            other = json.loads(path.read_text("utf-8"))
            reads += other["metadata"].get("escalation", {}).get("writes", [])
    writes = declared.get("writes") or [f"data/built/findings/{stem}.json"]
    return {"reads": list(dict.fromkeys(reads)), "writes": writes}


def _places(lines: list[str], base: Path) -> tuple[set[str], set[str]]:
    """What was read and what was written below a folder laid out as the project, as paths of the project."""
    found: dict[str, set[str]] = {"r": set(), "w": set()}
    for line in lines:
        way, _, name = line.partition(" ")
        if Path(name).is_relative_to(base):
            place = Path(name).relative_to(base)
            if place.parts[0] in ("data", "seeds", "figures") and not place.name.startswith("."):
                found[way].add(place.as_posix())
    return found["r"], found["w"]
