"""The floor: the cells of all notebooks as one plain script in one process. `python bench/plain.py ROOT
[page]`

With `page`, the checks and the page too: everything a build does except to be careful.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from escalation.build.graph import notebooks

root = Path(sys.argv[1])
os.environ |= {"ESCALATION_ROOT": str(root), "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}
executed: dict[str, Any] = {}
for path in notebooks(root):
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "interactive" not in cell["metadata"].get("tags", []):
            exec(compile("".join(cell["source"]), f"{path.stem}/{cell['id']}", "exec"), namespace)

if "page" in sys.argv:
    # the page is made of the outputs of cells, which a plain script has not got; those of the last build
    # serve
    sys.modules.setdefault("rfc3987_syntax", SimpleNamespace())  # type: ignore[arg-type]
    import nbformat

    from escalation.cli import project

    for call in project(root).checks:
        module, _, function = call.partition(":")
        assert not getattr(importlib.import_module(module), function)(root)
    executed = {path.stem: nbformat.read(path, as_version=4) for path in (root / "executed").glob("*.ipynb")}
    module, _, function = (project(root).render or "").partition(":")
    getattr(importlib.import_module(module), function)(root, executed)
