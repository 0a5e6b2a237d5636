"""`python -m bench.editions`: builds every scenario, every case and each parameter at its ends, each into a folder of
its own, and looks in the text for what has been false before. Ends with 1 if a build fails or a fault is found."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from escalation import parameters
from escalation.findings import day
from escalation.page import markup

ROOT = Path(__file__).parents[1]
# ends of what a notebook can be told, and windows that lack something: talks, truces, days after the last truce
ENDS = {
    "min_weeks": (2, 12),
    "criterion": ("BIC",),
    "max_breaks": (1, 15),
    "week_anchor": (6,),
    "window_days": (1, 3, 30),
    "anchor": ("start", "end"),
    "statistic": ("pooled",),
    "talks_set": ("scheduled", "reactive", "agenda", "new_commitment", "astana", "complete"),
    "max_date_precision": (1,),
    "end": ("2019-01-31", "2020-03-31"),
    "start": ("2020-04-01",),
}
FAULTS = {
    "a blank said as a value": r"\b([Uu]nknown|not known) (times|to|nine)\b|\bnan\b|\bNone\b(?! of)|\bNaT\b",
    "a number that does not agree": r"\b1 of \d+ \w+ were\b|\bbetween (\S+) and \1\b|\b1 (breaks|episodes|meetings|truces|step charts) ",
    "a range of one number": r"\b(\d[\d.,]*) to \1 (?:%|nine times)",
    "a test of what was called too few": r"Too few truces took effect to ask\b[^.]*\.\s+A fall as deep",
    "an agreement of one phase": r"agrees with these phases to 0(?![.\d])",
    "tests that disagree": r"(?<!“The )tests do not agree",
    "a strict criterion that is generous": r"strict criterion of Bayes|generous criterion of Liu",
    "every change missed beside one that is seen": r"tells a (?:fall|rise) to [\s\S]*usually misses every change tried",
    "an empty sentence": r"specifications \.|\(\)|: \.",
}
IDLIB = r"Idlib|Astana|Sochi|24 hours|guarantors"


def editions() -> dict[str, list[str]]:
    """What each edition is built with, by name."""
    found = {
        f"scenario-{file.stem}": ["--scenario", file.stem] for file in sorted(ROOT.glob("scenarios/*.toml"))
    }
    found |= {
        f"case-{file.stem}": ["-p", f"case={file.stem}"] for file in sorted(ROOT.glob("data/cases/*.toml"))
    }
    ends = [f"{name}={value}" for name, values in ENDS.items() for value in values]
    return found | {pair.replace("=", "-"): ["-p", pair] for pair in ends}


def faults(folder: Path, name: str, asked: list[str]) -> list[str]:
    """A line for each fault in the text of an edition."""
    text = markup.words(markup.parse((folder / "reports" / "report.md").read_text("utf-8")))
    looked_for = FAULTS | (
        {"a word of another case": IDLIB} if name.startswith("case-") and "idlib" not in name else {}
    )
    lines = [
        f"{name}: {fault}: …{text[max(0, hit.start() - 60) : hit.end() + 40]}…".replace("\n", " ")
        for fault, pattern in looked_for.items()
        for hit in re.finditer(pattern, text)
    ]
    chosen = parameters.parse(asked[1::2]) if asked[:1] == ["-p"] else {}
    for end in ("start", "end"):
        if end in chosen and day(chosen[end]).rpartition(" ")[0] not in text[:200]:
            lines.append(f"{name}: the title does not show its {end}, {chosen[end]}")
    return lines


def main() -> int:
    """Build, search, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.editions", description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of editions, as this command prints them")
    parser.add_argument("--quick", action="store_true", help="few draws: other numbers, the same sentences")
    options = parser.parse_args()
    few = ["-p", "power_draws=50", "-p", "bootstrap_draws=99"] if options.quick else []
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="editions-") as folder:
        for name, asked in editions().items():
            if options.only and name not in options.only:
                continue
            out = Path(folder, name)
            command = [sys.executable, "-m", "escalation.cli", "build", *asked, *few, "--out", str(out)]
            built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            lines = (
                [f"{name}: not built: {' '.join(built.stderr.splitlines()[-2:])}"]
                if built.returncode
                else faults(out, name, asked)
            )
            wrong += len(lines)
            print("\n".join(lines) or f"{name}: nothing found", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
