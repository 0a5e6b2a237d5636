"""Sentences in Markdown cells with numbers in them: `%%say`, and the recorder of the findings that they name.

`begin` is called for the notebook by `escalation.hand.begin`, its first cell after the parameters.
"""

from IPython.core.getipython import get_ipython

from escalation import findings
from escalation.findings import find
from escalation.prose.check import said
from escalation.prose.say import cell

__all__ = ["begin", "find", "said"]


def begin(notebook: str) -> None:
    """Starts the notebook's record of findings, and makes `%%say` known where there is a shell to know it:
    that of a kernel, or a build's own."""
    findings.begin(notebook)
    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(cell, "cell", "say")  # type: ignore[arg-type]
