"""The `%%say` cells of notebooks read without running them: the names they use, which of these nothing gives,
and the named sentences as other findings would have them."""

import ast
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from escalation.errors import Refusal
from escalation.prose.say import Markdown, named, names_in, recorded_as, written


def sentences(notebook: Path) -> dict[str, str]:
    """The template of each `%%say` cell, by the cell's id."""
    code = ((cell.get("id", ""), "".join(cell["source"])) for cell in _code(notebook))
    return {name: source.partition("\n")[2] for name, source in code if source.startswith("%%say")}


def said(notebook: Path, *cells: str, known: Mapping[str, Any]) -> dict[str, Markdown]:
    """The sentences that `%%say sentences` cells name, by their names, as these findings have them: one
    wording for the report, the workbench and whatever else says it. `cells`: their ids in order; each may use
    what those before it name."""
    templates, found = sentences(notebook), dict[str, Markdown]()
    for cell in cells:
        found |= named(written(templates[cell], {**known, **found}))
    return found


def unknown(notebooks: Iterable[Path], found: Iterable[str] = ()) -> list[str]:
    """One line for each name in a `%%say` cell that is no finding (`found`, and what `find("…")` records in
    this notebook or one before it, in the order given) and no variable that the notebook's cells set; and for
    each cell that is no template."""
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
                case ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[ast.Constant("say"), ast.Constant(str(line)), ast.Constant(str(words))],
                ):
                    bound |= (
                        set(re.findall(r"^### +(\w+) *$", words, flags=re.M))
                        if line.split()[:1] == ["sentences"]
                        else set()
                    )
                    recorded |= {recorded_as(line)} - {""}
                case ast.Call(func=ast.Name(id="find"), args=[ast.Constant(value=str(key)), *_]):
                    recorded.add(key)
    return bound, recorded
