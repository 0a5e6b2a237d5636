"""`python -m bench.extremes`: a window of a hundred years and of twenty, 5,000 talks, 200,000 claims. Each is built from a copy of the
project; its row says what came of it, how long it took and the memory of the largest process. Writes its section of
bench/RESULTS.md."""

import csv
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from bench.build import ESCALATION, copy
from bench.measure import run
from bench.results import machine, put

TITLE = "Extremes"
FIRST = date(1971, 1, 1)
HEAD = (
    "id", "type_of_violence", "conflict_name", "side_a", "side_b", "adm_1", "country", "latitude", "longitude",
    "date_prec", "date_start", "date_end", "deaths_civilians", "best", "high", "low",
)  # fmt: skip


class Refused(Exception):
    """What was made up cannot even be declared; with what was said."""


def case(root: Path, days: int, talks: int) -> list[str]:
    """A made-up war of so many days and talks, as a case of the project; the words of its build."""
    chance = random.Random(1)
    with (root / "events.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(HEAD)
        for n in range(days):
            day = FIRST + timedelta(days=n)
            if chance.random() < (0.3 if n // 2000 % 2 else 0.6):
                table.writerow(
                    (n, 1, "Arandia", "Government", "Front", "Lake", "Arandia", 9, 9, 1, day, day, 0, 2, 3, 1)
                )
    held = sorted(chance.sample(range(60, days - 60), talks))
    lines = [f"{FIRST + timedelta(days=n)},Round {at}" for at, n in enumerate(held)]
    (root / "talks.csv").write_text("\n".join(["date,title", *lines, ""]), "utf-8")
    window = ("--start", str(FIRST), "--end", str(FIRST + timedelta(days=days - 1)))
    files = ("--events", "events.csv", "--country", "Arandia", "--talks", "talks.csv")
    made = subprocess.run(
        [ESCALATION, "new-case", "arandia", *files, *window],
        cwd=root,
        env=os.environ | {"ESCALATION_ROOT": str(root)},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise Refused(made.stderr)
    return ["-p", "case=arandia", "--out", "arandia"]


def claims(root: Path, number: int) -> list[str]:
    """A further document of so many sentences, each of which is a claim that both coders coded alike."""
    said = [f"On this day number {n} shells fell on the town." for n in range(number)]
    text = "\n".join(said)
    coded: list[dict[str, str]] = []
    (root / "seeds" / "long.txt").write_text(text, "utf-8")
    for name, change in (
        (
            "documents",
            {
                "document_id": "S900",
                "file": "seeds/long.txt",
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            },
        ),
        ("claims", {}),
        ("claim_codings", {}),
    ):
        file = root / "data/coded" / f"{name}.csv"
        rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
        more = [rows[0] | change]
        if name == "claim_codings":
            more = [
                {key: claim.get(key, "") for key in rows[0]} | {"coder": coder}
                for claim in coded
                for coder in ("A", "B")
            ]
        if name == "claims":
            blank = rows[0] | {"document_id": "S900", "prefix": "", "suffix": "", "note": ""}
            blank |= {"qualifier": "exact", "unit": "shells"}
            at, more = 0, []
            for n, sentence in enumerate(said):
                more.append(
                    blank
                    | {
                        "claim_id": f"S900-{n:02d}",
                        "quote": sentence,
                        **dict.fromkeys(("low", "value", "high"), str(n)),
                        "char_start": str(at),
                        "char_end": str(at + len(sentence)),
                    }
                )
                at += len(sentence) + 1
            coded = more
        with file.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows + more)
    return ["--out", "long"]


EXTREMES: dict[str, Callable[[Path], list[str]]] = {
    "a window of 100 years": lambda root: case(root, 36_524, 40),
    "a window of 20 years": lambda root: case(root, 7_305, 40),
    "5,000 talks in 30 years": lambda root: case(root, 10_957, 5_000),
    "2,000 claims": lambda root: claims(root, 2_000),
    "200,000 claims": lambda root: claims(root, 200_000),
}


def report(root: Path, names: list[str]) -> Iterator[str]:
    """A row for each."""
    yield "| what | what came of it | seconds | MB |"
    yield "|---|---|---:|---:|"
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / "project"
            shutil.copytree(root, project)
            began = time.perf_counter()
            try:
                words = EXTREMES[name](project)
            except Refused as refused:
                yield _row(name, _last(str(refused)), time.perf_counter() - began, 0)
                continue
            environment = {"ESCALATION_ROOT": str(project)}
            took = run([ESCALATION, "build", *words], cwd=project, environment=environment, fails=True)
            page = project / words[-1] / "reports/report.html"
            if page.is_file():
                said = f"built, a page of {page.stat().st_size / 1e6:.1f} MB"
            else:  # once more, to hear why
                again = subprocess.run(
                    [ESCALATION, "build", *words], cwd=project, env=os.environ | environment,
                    capture_output=True, text=True,
                )  # fmt: skip
                said = _last(again.stderr)
            yield _row(name, said, took.wall, took.peak)


def _row(name: str, said: str, seconds: float, megabytes: float) -> str:
    return f"| {name} | {said} | {seconds:.0f} | {f'{megabytes:.0f}' if megabytes else '–'} |"


def _last(said: str) -> str:
    return " / ".join(said.strip().splitlines()[-2:])[:300].replace("|", "/")


def main() -> None:
    """All of them, or those whose number is given."""
    names = [name for at, name in enumerate(EXTREMES, 1) if not sys.argv[1:] or str(at) in sys.argv[1:]]
    lines = [f"`python -m bench.extremes` on {machine()}.", ""]
    with tempfile.TemporaryDirectory(prefix="extremes-") as folder:
        for line in report(copy(Path(__file__).parents[1], Path(folder) / "project"), names):
            print(line, flush=True)
            lines.append(line)
    if not sys.argv[1:]:
        put(TITLE, lines)


if __name__ == "__main__":
    main()
