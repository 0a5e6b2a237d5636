"""The floor: the cells of all notebooks as one plain script in one process. `python bench/plain.py ROOT`"""

import json
import os
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from escalation.build.graph import notebooks

root = Path(sys.argv[1])
os.environ |= {"ESCALATION_ROOT": str(root), "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}
shell = InteractiveShell.instance()  # sentences are cells of `%%say`, which plain Python can't run
for path in notebooks(root):
    shell.reset()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "interactive" not in cell["metadata"].get("tags", []):
            shell.run_cell("".join(cell["source"])).raise_error()
