"""One notebook, run by papermill: in an ordinary kernel, or, three times as fast, in a process that has its
libraries already.

Papermill loads the notebook, injects the parameters and hands over to an engine. `kernel` is its own. `fork`
is ours: ipykernel's in-process kernel, in a process that `work` forked after the libraries were loaded. Both
leave the same bytes (a test proves it). What `fork` lacks: `!commands` and prints from C go to the log and
not into the notebook, widgets are not alive, a cell cannot be interrupted (its process is ended), and forking
is safe on Linux only.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.inprocess import ipkernel  # noqa: F401  once, before the forks
from ipykernel.inprocess.manager import InProcessKernelManager
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from nbformat.validator import get_validator
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines  # type: ignore[import-untyped]
from papermill.exceptions import PapermillExecutionError  # type: ignore[import-untyped]
from papermill.execute import execute_notebook  # type: ignore[import-untyped]

from escalation.build.canonical import canonical

# the check of a notebook's form is compiled from its schema: once, before the forks
get_validator(nbformat.current_nbformat, nbformat.current_nbformat_minor)  # type: ignore[no-untyped-call]

# cells for hands, not for reports: controls that wait for somebody to move them
SKIPPED = "interactive"


def run(
    notebook: Path,
    executed: Path,
    *,
    engine: str,
    root: Path,
    parameters: Mapping[str, Any],
    time_limit: float,
    tell: Callable[..., None],
) -> tuple[str, str] | None:
    """Run a notebook with its own folder as working directory and write it, in its canonical form, to
    `executed`.

    `root` is the project folder it sees, `parameters` are injected by papermill, `tell(number, of)` is called
    at each cell. Returns None, or what went wrong: the cell's name, and the error.
    """
    os.environ |= {"ESCALATION_ROOT": str(root), "ESCALATION_BUILD": "1"}
    os.chdir(executed.parent)
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    options: dict[str, Any] = {}
    if engine == "kernel":
        options = {
            "execution_timeout": int(time_limit),
            "shutdown_kernel": "immediate",
            "kernel_manager_class": _sockets(),
        }
    try:
        execute_notebook(
            # relative, since papermill reads braces in a path as its own parameters
            os.path.relpath(notebook),
            executed.name,
            parameters=dict(parameters),
            engine_name="in-process" if engine == "fork" else None,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=notebook.parent,
            record_timing=False,
            skip_cells_with_tag=SKIPPED,
            on_cell_start=lambda cell, cell_index: tell(cell_index + 1, len(cells)),
            **options,
        )
    except PapermillExecutionError as error:
        # papermill has put two cells of its own before the one that failed
        place = json.loads(executed.read_text("utf-8"))["cells"][error.cell_index + 2]
        return place.get("id", ""), f"{error.ename}: {error.evalue}"
    except Exception as error:
        return "", f"{type(error).__name__}: {error}"
    os.chdir(executed.parent)
    places = {str(root.resolve()): ".", str(root): "."}
    plain = canonical(nbformat.v4.reads(executed.read_text("utf-8")), places)  # type: ignore[no-untyped-call]
    nbformat.write(plain, executed)  # type: ignore[no-untyped-call]
    return None


def _sockets() -> type:
    """Sockets in the file system: no ports, so no race for them between notebooks that start together."""

    class Sockets(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.transport = "ipc"

    return Sockets


class InProcess(Engine):  # type: ignore[misc]
    """The papermill engine that runs the cells in this process."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        on_cell_start: Callable[..., None] | None = None,
        skip_cells_with_tag: str = SKIPPED,
        **_: Any,
    ) -> None:
        """Run every code cell; stop at the first error. Papermill's own hooks are called as nbclient's engine
        calls them."""
        manager: Any = InProcessKernelManager()
        manager.start_kernel()
        if "matplotlib" in sys.modules:
            # loaded before there was a shell; in a kernel the import itself does this
            manager.kernel.shell.enable_matplotlib("inline")
        client = manager.client()
        client.start_channels()
        shown: dict[str, list[NotebookNode]] = {}
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if on_cell_start:
                on_cell_start(cell=cell, cell_index=index)
            if (
                cell.cell_type == "code"
                and cell.source.strip()
                and skip_cells_with_tag not in cell.metadata.get("tags", [])
            ):
                client.execute(cell.source, store_history=True)
                messages = iter(client.iopub_channel.get_msgs())
                if not _collect(cell, messages, shown):
                    nb_man.cell_exception(cell, cell_index=index)
                    nb_man.cell_complete(cell, cell_index=index)
                    break
            nb_man.cell_complete(cell, cell_index=index)
        nb_man.nb.metadata["language_info"] = {"name": "python"}


def _collect(cell: NotebookNode, messages: Any, shown: dict[str, list[NotebookNode]]) -> bool:
    """Put what a cell said into it, as nbclient would have from a kernel's messages. `shown`: displays that
    later cells may change, by their id. Returns whether the cell ran to its end."""
    cell.outputs, clear_first, succeeded = [], False, True
    for message in messages:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "execute_input":
            cell.execution_count = content["execution_count"]
        elif kind == "clear_output":
            cell.outputs, clear_first = cell.outputs if content["wait"] else [], content["wait"]
        elif kind == "update_display_data":
            for output in shown.get(content["transient"]["display_id"], []):
                output["data"], output["metadata"] = map(
                    nbformat.from_dict, (content["data"], content["metadata"])
                )
        elif kind in ("stream", "display_data", "execute_result", "error"):
            cell.outputs, clear_first = [] if clear_first else cell.outputs, False
            cell.outputs.append(nbformat.v4.output_from_msg(message))  # type: ignore[no-untyped-call]
            succeeded &= kind != "error"
            if name := content.get("transient", {}).get("display_id"):
                shown.setdefault(name, []).append(cell.outputs[-1])
    return succeeded


papermill_engines.register("in-process", InProcess)
