"""Who made a report and when it came out, as `CITATION.cff` says."""

import re
from dataclasses import dataclass
from pathlib import Path

from escalation import parameters

FILE = "CITATION.cff"


@dataclass(frozen=True)
class About:
    """`authors` as they are to be cited; `released`: the day on which this version of the data came out, or
    blank."""

    authors: tuple[str, ...] = ()
    released: str = ""


def of(root: Path) -> About:
    """What the file under `root` says; nothing where there is none. An edition with other values than the
    published ones did not come out on that day."""
    file = root / FILE
    if not file.is_file():
        return About()
    text = file.read_text("utf-8")
    block = re.search(r"^authors:\n((?:[ -].*\n)+)", text, re.M)
    names = re.findall(r'^\s*-?\s*name: *"?([^"\n]+?)"?$', block[1], re.M) if block else []
    day = re.search(r"^date-released: *[\"']?(\d{4}-\d\d-\d\d)", text, re.M)
    is_edition = bool(parameters.departures_of(root))
    return About(tuple(names), day[1] if day and not is_edition else "")
