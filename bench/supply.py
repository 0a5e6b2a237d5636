"""What the project stands on: `python -m bench.supply lock | licences | audit | newest`.

lock: pinned versions, from pyproject.toml; one that is locked and still allowed stays. licences: every locked
dependency with its licence; fails on one that is not on the list below. audit: known vulnerabilities of the
locked versions, if their database can be reached. newest: all tests on the newest versions that
pyproject.toml allows, in an environment of its own.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
# Licences whose works may be used by, and passed on beside, a project under MIT. LGPL and MPL: used as
# libraries, unchanged.
ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Artistic-1.0-Perl", "BSD", "BSD-2-Clause",
    "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "HPND", "ISC", "LGPL-2.1",
    "LGPL-3.0", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "NCSA", "OFL-1.1", "PSF-2.0", "Python-2.0", "Unlicense",
    "Zlib", "libpng-2.0", "bzip2-1.0.6",
}  # fmt: skip
# how older packages say the same
SAID = [
    (r"apache", "Apache-2.0"), (r"mozilla|mpl", "MPL-2.0"), (r"\blgpl|lesser", "LGPL-2.1"),
        (r"psf|python software foundation", "PSF-2.0"), (r"\bisc\b", "ISC"),
    (r"3-clause|new bsd|modified bsd|bsd-3", "BSD-3-Clause"), (r"2-clause|simplified bsd|bsd-2",
        "BSD-2-Clause"), (r"\bbsd\b", "BSD"), (r"\bmit\b|expat", "MIT"),
    (r"historical permission", "HPND"), (r"unlicense", "Unlicense"), (r"zlib", "Zlib"), (r"cc0", "CC0-1.0"),
]  # fmt: skip

# read in the packages' own licence files, since their records do not say it, or name a choice as if all were
# meant
READ = {
    "axe-playwright-python": {"MIT", "MPL-2.0"},
    "pdoc": {"MIT-0"},
    "text-unidecode": {"Artistic-1.0-Perl"},
}


def locked(lock: str) -> list[Requirement]:
    """The pins of a lock, with their markers."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [
        re.sub(r"\s--hash=\S+", "", line).strip()
        for line in text.splitlines()
        if line and line[0] not in "# "
    ]
    return [Requirement(line) for line in lines]


def unhashed(lock: str) -> list[str]:
    """Pins of a lock that are no exact version, or have no hash."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line and line[0] not in "# "]
    return [
        line.split()[0]
        for line in pins
        if not re.search(r"==[^\s;*]+", line) or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", line)
    ]


def twice(lock: str) -> str:
    """A lock's text in which what is pinned with an extra (`bleach[css]`) is pinned without it too, one line
    before.

    Up to 23.2 pip takes the two for two packages. Of one that is not pinned itself it looks at the newest
    release, and with --require-hashes refuses that, whatever the pin of the other says."""
    return re.sub(r"^([\w.-]+)\[[^]]*\](==.*\n(?:    --hash=.*\n)+)", r"\1\2\g<0>", lock, flags=re.MULTILINE)


def _lock() -> int:
    """One lock to run, one to test, one to maintain; a larger one holds the versions of the smaller one."""
    command = "uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras"
    locks = {
        "requirements.txt": "",
        "requirements-dev.txt": "-c requirements.txt --extra dev --extra cluster",
        "requirements-maintain.txt": "-c requirements-dev.txt --extra dev --extra cluster --extra maintain",
    }
    for lock, options in locks.items():
        words = [*command.split(), "--no-emit-index-url", "pyproject.toml", *options.split(), "-o", lock]
        environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
        if subprocess.run([sys.executable, "-m", *words], cwd=ROOT, env=environment).returncode:
            return 1
        (ROOT / lock).write_text(twice((ROOT / lock).read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def licence(name: str) -> set[str]:
    """The licences that an installed package names, as SPDX identifiers where they can be told; all of them
    have to be allowed."""
    if name in READ:
        importlib.metadata.version(name)
        return READ[name]
    told = importlib.metadata.metadata(name)
    expression = told.get("License-Expression")
    if expression:
        # of two to choose from, the allowed one is chosen
        parts = [re.split(r"\s+AND\s+", each.strip("() ")) for each in re.split(r"\s+OR\s+", expression)]
        best = next((part for part in parts if {_plain(each) for each in part} <= ALLOWED), parts[0])
        return {_plain(each) for each in best}
    classified = [
        each.split(" :: ")[-1]
        for each in told.get_all("Classifier") or []
        if each.startswith("License ::") and each != "License :: OSI Approved"
    ]
    words = classified or [
        (told.get("License") or "").strip().splitlines()[0] if (told.get("License") or "").strip() else ""
    ]
    found = {
        known
        for word in words
        for known in [next((spdx for sign, spdx in SAID if re.search(sign, word.lower())), word)]
        if known
    }
    return found or {"none told"}


def _plain(identifier: str) -> str:
    return re.sub(r"-(only|or-later)$", "", identifier.strip("() "))


def licences() -> tuple[dict[str, set[str]], list[str], list[str]]:
    """Each dependency of this machine with its licences; those that are not allowed; those that other
    machines alone need."""
    wanted = {canonicalize_name(each.name): each for lock in LOCKS for each in locked(lock)}
    here, elsewhere = {}, []
    for name, each in sorted(wanted.items()):
        try:
            here[name] = licence(name)
        except importlib.metadata.PackageNotFoundError:
            elsewhere.append(name)
            assert each.marker, f"{name} is locked for every machine and not installed; run `make test`"
    return here, [name for name, found in here.items() if not found <= ALLOWED], elsewhere


def _licences() -> int:
    here, wrong, elsewhere = licences()
    for name, found in here.items():
        print(f"{name:32} {importlib.metadata.version(name):16} {' and '.join(sorted(found))}")
    print(
        f"{len(here)} dependencies, {len(wrong)} with a licence that is not on the"
        f" list{': ' + ', '.join(wrong) if wrong else ''}"
    )
    print(f"not needed on this machine, so not looked at: {', '.join(elsewhere) or 'none'}")
    return bool(wrong)


def audited(said: str) -> tuple[list[str], int, int]:
    """Of pip-audit's JSON: known vulnerabilities, a line each; how many dependencies were looked up; how many
    could not be.

    pip-audit leaves out what it cannot look up and ends well all the same: where no database is reached, that
    is everything."""
    dependencies = json.loads(said)["dependencies"]
    lines = [
        f"{each['name']} {each['version']}: {found['id']}"
        for each in dependencies
        for found in each.get("vulns", [])
    ]
    left_out = sum("skip_reason" in each for each in dependencies)
    return lines, len(dependencies) - left_out, left_out


def _audit() -> int:
    """pip-audit in an environment that is thrown away; it asks PyPI's database of vulnerabilities. Ends with
    3 where that cannot be reached."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "tool",
        "run",
        "--quiet",
        "pip-audit",
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
        "-f",
        "json",
    ]
    ran = subprocess.run(
        [*command, "-r", str(ROOT / LOCKS[-1])], capture_output=True, text=True
    )  # the larger lock holds the smaller one
    try:
        lines, known, left_out = audited(ran.stdout)
        reason = next(
            (each["skip_reason"] for each in json.loads(ran.stdout)["dependencies"] if "skip_reason" in each),
            "",
        )
    except (ValueError, KeyError):
        # pip-audit did not even start: it has to be fetched
        lines, known, left_out, reason = [], 0, 0, (ran.stderr.strip().splitlines() or [""])[-1]
    for line in lines:
        print(line)
    if not known:
        print(
            "the database of vulnerabilities cannot be reached from this machine, so nothing is known; run"
            " this where the network is open" + (f" ({reason})" if reason else "")
        )
        return 3
    print(
        f"{known} dependencies looked up, {len(lines)} known vulnerabilities"
        + (f"; {left_out} could not be looked up" if left_out else "")
    )
    return bool(lines) or 3 * bool(left_out)


def _newest() -> int:
    """Fails loudly: warnings are errors in tests, so a deprecated call is named before it is gone."""
    with tempfile.TemporaryDirectory(prefix="newest-") as folder:
        python = Path(folder, "bin", "python")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--upgrade", "-e", f"{ROOT}[dev,cluster]"], check=True
        )
        subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True)
        return subprocess.run([python, "-m", "pytest", "-q", "-m", "not browser"], cwd=ROOT).returncode


if __name__ == "__main__":
    commands = {"lock": _lock, "licences": _licences, "audit": _audit, "newest": _newest}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"python -m bench.supply {' | '.join(commands)}")
    sys.exit(commands[sys.argv[1]]())
