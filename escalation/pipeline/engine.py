"""One notebook, run by papermill: in an ordinary kernel, or, three times as fast, in a process that has its libraries already.

Papermill loads the notebook, injects the parameters and hands over to an engine. `kernel` is its own. `fork` is ours: IPython's
shell in this very process, which `warm` forked from one that had imported the libraries. Both leave the same bytes (a test
proves it). What `fork` lacks: `!commands` and prints from C go to the log and not into the notebook, widgets are not
alive, and forking is safe on Linux only.
"""

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from jupyter_client.jsonutil import json_default
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines  # type: ignore[import-untyped]
from papermill.exceptions import PapermillExecutionError  # type: ignore[import-untyped]
from papermill.execute import execute_notebook  # type: ignore[import-untyped]
from traitlets import Type
from traitlets.config import Config

from escalation.pipeline.canonical import canonical

ENGINES = ("fork", "kernel")

# cells for hands, not for reports: controls that wait for somebody to move them
SKIPPED = "interactive"

Tell = Callable[..., None]


def run(
    notebook: Path, executed: Path, *, engine: str, root: Path, parameters: Mapping[str, Any], time_limit: float, tell: Tell
) -> dict[str, Any] | None:
    """Run a notebook with its own folder as working directory and write it, in its canonical form, to `executed`.

    `root` is the project folder it sees, `parameters` are injected by papermill. Returns None, or what went wrong: cell, count,
    name and value of the error.
    """
    os.environ["ESCALATION_ROOT"] = str(root)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    os.chdir(executed.parent)
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    options: dict[str, Any] = {"execution_timeout": int(time_limit), "shutdown_kernel": "immediate"}
    if engine == "kernel":
        # sockets in the file system: no ports, so no race for them between notebooks that start together
        options["kernel_manager_class"] = _ipc(AsyncKernelManager)
    failure = None
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
            on_cell_start=lambda cell, cell_index: tell("cell", number=cell_index + 1, of=len(cells)),
            **(options if engine == "kernel" else {}),
        )
    except PapermillExecutionError as error:
        # papermill has put two cells of its own before the one that failed
        place = json.loads(executed.read_text("utf-8"))["cells"][error.cell_index + 2]
        failure = {"cell": place.get("id", ""), "count": error.exec_count, "ename": error.ename, "evalue": error.evalue}
    except Exception as error:
        failure = {"cell": "", "count": None, "ename": type(error).__name__, "evalue": str(error)}
    os.chdir(executed.parent)
    if failure is None:
        places = {str(root.resolve()): ".", str(root): "."}
        plain = canonical(nbformat.v4.reads(executed.read_text("utf-8")), places)  # type: ignore[no-untyped-call]
        nbformat.write(plain, executed)  # type: ignore[no-untyped-call]
    return failure


def _ipc(manager: type) -> type:
    class Sockets(manager):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.transport = "ipc"

    return Sockets


class _Compiler(CachingCompiler):
    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The name a kernel gives (see `warm.environment`), not one with a counter and a hash in it."""
        return os.environ.get("IPYKERNEL_CELL_NAME", "<cell>")


class _Publisher(DisplayPublisher):
    """display(…) goes where the shell collects outputs."""

    shell: "_ShellWithoutZMQ"

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str = "",
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        self.shell.collected.display(data, metadata or {}, (transient or {}).get("display_id"), update)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.collected.clear(wait)


class _Hook(DisplayHook):
    """The value of a cell's last line goes there too."""

    shell: "_ShellWithoutZMQ"

    def start_displayhook(self) -> None:
        self._is_active = True

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        if format_dict:
            self.shell.collected.result(self.prompt_count, format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        self._is_active = False


class _ShellWithoutZMQ(InteractiveShell):
    """A kernel's shell without the kernel. (pandas tells notebooks from terminals by the letters "zmq" in this name.)"""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    compiler_class = Type(_Compiler)
    collected: "_Outputs"

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.collected.add(output_type="error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb))

    def enable_gui(self, gui: str | None = None) -> None:
        """Nothing to enable: nobody looks on."""


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    def __init__(self, name: str, collected: "_Outputs") -> None:
        self.name, self._collected = name, collected

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._collected.add(output_type="stream", name=self.name, text=text)
        return len(text)


class _Outputs:
    """The outputs of the cell that runs, as nbclient would have made them from a kernel's messages."""

    def __init__(self) -> None:
        self.cell: list[NotebookNode] = []
        self._shown: dict[str, list[NotebookNode]] = {}
        self._clear_first = False

    def begin(self) -> None:
        self.cell, self._clear_first = [], False

    def add(self, **output: Any) -> NotebookNode:
        if self._clear_first:
            self.cell, self._clear_first = [], False
        self.cell.append(_node(output))
        return self.cell[-1]

    def result(self, count: int, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self.add(output_type="execute_result", execution_count=count, data=_sent(data), metadata=_sent(metadata))

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None, update: bool) -> None:
        if update:
            for output in self._shown.get(display_id or "", []):
                output["data"], output["metadata"] = _node(_sent(data)), _node(_sent(metadata))
            return
        output = self.add(output_type="display_data", data=_sent(data), metadata=_sent(metadata))
        if display_id:
            self._shown.setdefault(display_id, []).append(output)

    def clear(self, wait: bool) -> None:
        if wait:
            self._clear_first = True
        else:
            self.cell = []


def _node(value: dict[str, Any]) -> NotebookNode:
    node: NotebookNode = nbformat.from_dict(value)  # type: ignore[no-untyped-call]
    return node


def _sent(value: dict[str, Any]) -> Any:
    """As it would arrive through a kernel's socket."""
    return json.loads(json.dumps(value, default=json_default, allow_nan=False))


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
        """Run every code cell; stop at the first error. Papermill's own hooks are called as nbclient's engine calls them."""
        options = Config()
        options.HistoryManager.enabled = False
        shell = _ShellWithoutZMQ.instance(config=options)
        shell.collected = _Outputs()
        if "matplotlib" in sys.modules:
            # loaded before there was a shell; in a kernel the import itself does this
            shell.enable_matplotlib("inline")  # type: ignore[no-untyped-call]
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (_Stream(name, shell.collected) for name in ("stdout", "stderr"))
        try:
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                if on_cell_start:
                    on_cell_start(cell=cell, cell_index=index)
                if not cls._run(shell, cell, skip_cells_with_tag):
                    nb_man.cell_exception(cell, cell_index=index)
                    nb_man.cell_complete(cell, cell_index=index)
                    break
                nb_man.cell_complete(cell, cell_index=index)
        finally:
            sys.stdout, sys.stderr = streams
        nb_man.nb.metadata["language_info"] = {"name": "python"}

    @staticmethod
    def _run(shell: _ShellWithoutZMQ, cell: NotebookNode, skipped: str) -> bool:
        if cell.cell_type != "code" or not cell.source.strip() or skipped in cell.metadata.get("tags", []):
            return True
        shell.collected.begin()
        result: ExecutionResult = shell.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
        cell.execution_count = result.execution_count
        cell.outputs = shell.collected.cell
        return bool(result.success)


papermill_engines.register("in-process", InProcess)
