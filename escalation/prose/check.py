"""The `%%say` cells of notebooks read without running them: the names they use, and which of these nothing gives."""

import ast
import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from escalation.errors import Refusal
from escalation.prose.say import names_in


def sentences(notebook: Path) -> dict[str, str]:
    """The template of each `%%say` cell, by the cell's id."""
    code = ((cell.get("id", ""), "".join(cell["source"])) for cell in _code(notebook))
    return {name: source.partition("\n")[2] for name, source in code if source.startswith("%%say")}


def unknown(notebooks: Iterable[Path], found: Iterable[str] = ()) -> list[str]:
    """One line for each name in a `%%say` cell that is no finding (`found`, and what `find("…")` records in this notebook or
    one before it, in the order given) and no variable that the notebook's cells set; and for each cell that is no
    template."""
    keys, lines = set(found), []
    for notebook in notebooks:
        bound, recorded = _given(notebook)
        keys |= recorded
        for cell, template in sentences(notebook).items():
            try:
                used = sorted(names_in(template) - bound - keys)
            except Refusal as refusal:
                lines += [f"{notebook.stem}, cell {cell}: {problem}" for problem in refusal.problems]
                continue
            for name in used:
                near = difflib.get_close_matches(name, bound | keys, n=1)
                remedy = f"; did you mean {near[0]!r}?" if near else ""
                lines.append(f"{notebook.stem}, cell {cell}: nothing is called {name!r}{remedy}")
    return lines


def _code(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def _given(notebook: Path) -> tuple[set[str], set[str]]:
    """The names that the code cells set or import, and the keys that they record as findings."""
    bound: set[str] = set()
    recorded: set[str] = set()
    python = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    for cell in _code(notebook):
        for node in ast.walk(ast.parse(python("".join(cell["source"])))):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name):
                    bound.add(name)
                case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                    bound |= {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
                case ast.Call(func=ast.Name(id="find"), args=[ast.Constant(value=str(key)), *_]):
                    recorded.add(key)
    return bound, recorded
