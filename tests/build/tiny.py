"""A project of four tiny notebooks, for tests of how reports are made. Not about anything."""

import json
from pathlib import Path
from typing import Any

from escalation.build.graph import OUTPUTS, files

PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}
PAGE = """
from pathlib import Path
def render(root, executed):
    (root / "reports").mkdir(exist_ok=True)
    said = [o["text"] for nb in executed.values() for c in nb.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream"]
    numbers = sorted(p.read_text() for p in (root / "data/built").rglob("*.json"))
    (root / "reports/report.html").write_text("<p>" + "".join(said) + "|".join(numbers))
def check(root):
    return [f"words.csv, line {i}: is empty" for i, line in enumerate((root / "data/words.csv").read_text().split("\\n")[:-1], 1) if not line]
"""


def whole(root: Path) -> dict[str, bytes]:
    """Every published file."""
    return {path: (root / path).read_bytes() for path in files(root, OUTPUTS)}


def cell(source: str, *, tags: tuple[str, ...] = (), name: str = "c") -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "execution_count": None,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "source": source,
    }


def notebook(path: Path, cells: list[dict[str, Any]], *, reads: list[str], writes: list[str]) -> None:
    for index, each in enumerate(cells):
        each["id"] = each["id"] if each["id"] != "c" else f"c{index}"
    content = {
        "cells": cells,
        "metadata": {
            "escalation": {"reads": reads, "writes": writes},
            "kernelspec": PYTHON,
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(content))


def make(root: Path) -> Path:
    """1 counts words, 2 and 3 each use the count, 4 uses both; all that a report needs except a subject."""
    for folder in ("data", "notebooks", "figures", "library"):
        (root / folder).mkdir(parents=True)
    (root / "data/datapackage.json").write_text("{}")
    (root / "data/words.csv").write_text("word\nceasefire\ntruce\n")
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "library/toypage.py").write_text(PAGE)
    paths = "import json, os\nfrom pathlib import Path\nroot = Path(os.environ['ESCALATION_ROOT'])"
    start = [
        cell("factor = 2  # times\nlabel = 'words'  # shown", tags=("parameters",), name="parameters"),
        cell(paths),
    ]
    notebook(
        root / "notebooks/1_count.ipynb",
        [
            *start,
            cell("n = len((root / 'data/words.csv').read_text().split()) * factor\nprint(label, n)"),
            cell("(root / 'data/built').mkdir()\n(root / 'data/built/n.json').write_text(json.dumps(n))\nn"),
        ],
        reads=["data/words.csv"],
        writes=["data/built/n.json"],
    )
    for number, name in ((2, "double"), (3, "half")):
        value = "n * 2" if number == 2 else "n / 2"
        notebook(
            root / f"notebooks/{number}_{name}.ipynb",
            [
                cell("seed = 1  # for chance", tags=("parameters",)),
                cell(paths),
                cell(
                    f"n = json.loads((root / 'data/built/n.json').read_text())\nvalue = {value}\nprint('{name}', value, seed)"
                ),
                cell(f"(root / 'data/built/{name}.json').write_text(json.dumps(value));"),
            ],
            reads=["data/built/n.json"],
            writes=[f"data/built/{name}.json"],
        )
    notebook(
        root / "notebooks/4_say.ipynb",
        [
            cell(paths),
            cell(
                "print(sorted(p.read_text() for p in (root / 'data/built').glob('*.json')))\n(root / 'figures').mkdir()\n(root / 'figures/a.csv').write_text('a\\n1\\n');"
            ),
        ],
        reads=["data/built/*.json"],
        writes=["figures/**"],
    )
    return root
