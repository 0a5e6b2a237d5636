"""Notebooks as they are kept: no outputs, no counts, nothing that a mere opening changes. Tags, ids and
`escalation` metadata stay.

By hand, since nbstripout takes out what it knows (and leaves outputs where a tag asks for it); here what is
known stays.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from escalation.build.store import write
from escalation.errors import Refusal
from escalation.paths import not_plain

KEPT = ("escalation", "kernelspec", "language_info")
PYTHON = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def stripped(text: str, *, name: str) -> str:
    """The text of a notebook without what running it left. Raises Refusal if it is no notebook."""
    try:
        notebook: dict[str, Any] = json.loads(text)
        cells = [
            _cell(cell)
            for cell in notebook["cells"]
            if "injected-parameters" not in cell["metadata"].get("tags", [])
        ]
        metadata = {key: notebook["metadata"][key] for key in KEPT if key in notebook["metadata"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal(f"{name}: is no notebook ({type(error).__name__}: {error})") from None
    metadata |= {"kernelspec": PYTHON, "language_info": {"name": "python"}}
    lacking = [str(index) for index, cell in enumerate(cells) if not cell.get("id")]
    if lacking:
        raise Refusal(
            f"{name}: cells {', '.join(lacking)} have no id; save the notebook once in JupyterLab, "
            "or give them readable ones"
        )
    return (
        json.dumps(
            {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5},
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    source = "".join(cell["source"])
    metadata = {
        name: cell["metadata"][name]
        for name in ("tags", "jupyter", "escalation")
        if cell["metadata"].get(name)
    }
    kept: dict[str, Any] = {"cell_type": cell["cell_type"]}
    if cell["cell_type"] == "code":
        kept["execution_count"] = None
    if "id" in cell:
        kept["id"] = cell["id"]
    kept["metadata"] = metadata
    if "attachments" in cell:
        kept["attachments"] = cell["attachments"]
    if cell["cell_type"] == "code":
        kept["outputs"] = []
    kept["source"] = source.splitlines(keepends=True)
    return kept


def filtered(content: bytes) -> bytes:
    """What git is to keep of a notebook file: stripped, or as it is where it is no notebook (a filter that
    fails would hinder `git add`)."""
    try:
        return stripped(content.decode("utf-8"), name="standard input").encode("utf-8")
    except (UnicodeDecodeError, Refusal):
        return content


def settle(path: str | Path) -> None:
    """Where a saved notebook differs from what git keeps of it only by what running it left, git takes note of the
    file's new size: `git status`, which goes by sizes first, would list it otherwise. Elsewhere nothing happens, and
    nothing is ever staged."""
    path = Path(path)

    def git(*words: str) -> str:
        command = ["git", *words, path.name]
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True)  # noqa: S603
        return done.stdout if not done.returncode else ""

    try:
        kept = git("ls-files", "--stage", "--").split()
        if kept and git("hash-object", "--").strip() == kept[1]:
            git("add", "--")
    except OSError:  # without git there is nothing to tell
        pass


def strip(paths: list[Path], *, check: bool) -> list[Path]:
    """Strip these notebooks in place, or only look (`check`). Returns those that were not stripped. Raises
    Refusal for all that are none."""
    found, problems = [], []
    for path in paths:
        if problem := not_plain(path, most=2**26):
            problems.append(problem)
            continue
        try:
            text = path.read_text("utf-8")
            plain = stripped(text, name=path.name)
        except Refusal as refusal:
            problems += refusal.problems
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path.name}: cannot be read ({error})")
        else:
            if plain != text:
                found.append(path)
                if not check:
                    try:
                        write(path, plain)
                    except OSError as error:
                        problems.append(
                            f"{path.name}: cannot be written, and is as it was ({error.strerror})"
                        )
    if problems:
        raise Refusal(problems)
    return found
