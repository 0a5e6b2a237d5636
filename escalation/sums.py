"""Lists of hashes as `sha256sum -c` reads them, with paths from the folder that the list lies in:
`reports/SHA256SUMS`.

They say whether a copy is the published one to whoever has the list from a place to be trusted. They are no
signature.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from escalation.errors import Refusal

FILE = "reports/SHA256SUMS"
DATA = ("data/built", "figures")  # what the page is made of; `grep -F ../ SHA256SUMS` gives their lines


def written(hashes: Mapping[str, str]) -> str:
    """The list as text, for paths from the root.

    >>> print(written({"reports/report.html": "ab" * 32, "figures/phases.png": "cd" * 32}), end="")
    cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd  ../figures/phases.png
    abababababababababababababababababababababababababababababababab  report.html
    """
    return "".join(
        f"{hashes[path]}  {posixpath.relpath(path, posixpath.dirname(FILE))}\n" for path in sorted(hashes)
    )


def read(text: str) -> dict[str, str]:
    """Path from the root to hash; the inverse of `written`. Raises Refusal for a line that is none of such a
    list."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        said = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not said:
            raise Refusal(
                f"{FILE}, line {number}: {line[:80]!r} is no hash and path; make it again with"
                " `escalation build`"
            )
        found[posixpath.normpath(posixpath.join(posixpath.dirname(FILE), said[2]))] = said[1]
    return found


def of_data(root: Path) -> str:
    """The list of the data and figures under `root` alone, for the page that is made of them."""
    files = sorted(file for folder in DATA for file in (root / folder).rglob("*") if file.is_file())
    return written(
        {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    )
