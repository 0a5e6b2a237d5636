"""Where things are: one root, found from any working directory."""

import os
from pathlib import Path

MARK = Path("data", "datapackage.json")


def root() -> Path:
    """The project folder: `ESCALATION_ROOT` if set, else the nearest folder from the working directory upwards that
    holds `data/datapackage.json`, else the checkout this package is installed from."""
    named = os.environ.get("ESCALATION_ROOT")
    if named:
        return Path(named).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file():
            return folder
    return Path(__file__).resolve().parent.parent
