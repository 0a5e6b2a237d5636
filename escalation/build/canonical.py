"""The one form of an executed notebook: what was computed, without when, where and by which process it was.

Papermill's times, kernel details, process ids in warnings, memory addresses and the random ids of styled
tables go; streams are joined (standard output, then standard error, then the rest), since a kernel sends them
in any order.
"""

import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_STYLER = re.compile(r"\bT_([0-9a-f]{5})(?![0-9a-f])")
_VOLATILE = ("papermill", "execution", "ExecuteTime", "collapsed", "scrolled", "trusted")


def canonical(notebook: NotebookNode, places: Mapping[str, str]) -> NotebookNode:
    """The same notebook in its one form, changed in place. `places`: a path of this machine to what stands
    for it, longest first."""
    kept = {"escalation": notebook.metadata["escalation"]} if "escalation" in notebook.metadata else {}
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = _node(kernelspec=_node(**python), language_info=_node(name="python"), **kept)
    tables: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for path in places:
                value = value.replace(path, places[path])
            # looking for the letters first: most texts are long and have neither
            value = _ADDRESS.sub("at 0x…", value) if "at 0x" in value else value
            return (
                value
                if "T_" not in value
                else _STYLER.sub(lambda match: tables.setdefault(match[0], f"T_{len(tables):05x}"), value)
            )
        if isinstance(value, dict):
            return type(value)(
                (name, value[name] if name == "image/png" else plain(value[name])) for name in value
            )
        return [plain(each) for each in value] if isinstance(value, list) else value

    for index, cell in enumerate(notebook.cells):
        for name in _VOLATILE:
            cell.metadata.pop(name, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
        cell.setdefault("id", f"cell-{index:03d}")
        if cell.cell_type == "code":
            cell.outputs = [plain(output) for output in _joined(cell.outputs)]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    texts: dict[str, list[str]] = {"stdout": [], "stderr": []}
    rest = []
    for output in outputs:
        if output.output_type == "stream":
            texts[output.name].append(output.text)
        else:
            rest.append(output)
    streams = [
        _node(output_type="stream", name=name, text="".join(said)) for name, said in texts.items() if said
    ]
    return streams + rest


def _node(**parts: Any) -> NotebookNode:
    return NotebookNode(**parts)  # type: ignore[no-untyped-call]
