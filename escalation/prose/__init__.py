"""Sentences in Markdown cells with numbers in them: `%%say`, and the recorder of the findings that they name.

The first cell after a notebook's parameters says which notebook it is:

    from escalation.prose import begin, find

    begin("3_timing")
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
