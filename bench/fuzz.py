"""Coverage-guided fuzzing of readers, tables, cases and quantities: `python -m bench.fuzz [RUNS]` (100,000
without).

Atheris changes bytes where that reaches new lines. What is neither a result nor a Refusal is a crash, and
ends the run with the bytes that did it. The readers' own work is done by DuckDB, out of its sight; what it
sees is the unpacking, the headings, the checks and the plain-Python readers.
"""

import csv
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("the coverage-guided fuzzer has no wheel for this Python; tests/test_fuzz.py has run without it")

with atheris.instrument_imports(include=["escalation"]):
    import escalation.build.strip
    import escalation.cases
    import escalation.counts.formats
    import escalation.errors
    import escalation.evidence.detector
    import escalation.evidence.quantities
    import escalation.parameters

ROOT = Path(__file__).resolve().parent.parent


def headings(file: Path) -> None:
    """The file opened, unpacked, and its columns told, as every reader begins."""
    with escalation.counts.formats.opened(file) as found:
        row = next(
            csv.reader(
                io.StringIO(found.text.read_bytes().decode("utf-8-sig", "replace"), newline=None),
                delimiter=found.delimiter,
            ),
            [],
        )
        assert len(row) == len(found.columns), (row, found.columns)


def main() -> None:
    """Each target takes its turn by the first byte."""
    runs = next((int(each) for each in sys.argv[1:] if each.isdigit()), 100_000)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "data" / "cases").mkdir(parents=True)
    seen = {"taken": 0, "refused": 0}

    def case(raw: bytes) -> None:
        (folder / "data" / "cases" / "c.toml").write_bytes(raw)
        escalation.cases.read("c", folder)

    def event_file(raw: bytes) -> None:
        (folder / "e.csv").write_bytes(raw)
        headings(folder / "e.csv")

    def notebook(raw: bytes) -> None:
        (folder / "n.ipynb").write_bytes(raw)
        escalation.parameters.defaults(folder / "n.ipynb")

    def text(raw: bytes) -> None:
        said = raw.decode("utf-8", "replace")
        for found in escalation.evidence.quantities.numbers(said):
            assert said[found.start : found.end] == found.text
        escalation.evidence.detector.detect(said)

    def words(raw: bytes) -> None:
        escalation.parameters.parse(raw.decode("utf-8", "replace").split("\n"))

    targets: list[Callable[[bytes], None]] = [case, event_file, notebook, text, words]

    def one(raw: bytes) -> None:
        if not raw:
            return
        try:
            targets[raw[0] % len(targets)](raw[1:])
            seen["taken"] += 1
        except escalation.errors.Refusal as refusal:
            seen["refused"] += 1
            assert refusal.problems and all(line.strip() and line.isprintable() for line in refusal.problems)
        if sum(seen.values()) % 10_000 == 0:
            print(seen, flush=True)

    seeds = folder / "corpus"
    seeds.mkdir()
    (seeds / "case").write_bytes(bytes([0]) + (ROOT / "data" / "cases" / "idlib.toml").read_bytes())
    (seeds / "file").write_bytes(
        bytes([1]) + (ROOT / "data" / "series" / "airwars_daily.csv").read_bytes()[:400]
    )
    (seeds / "notebook").write_bytes(
        bytes([2]) + b'{"cells":[{"cell_type":"code","metadata":{"tags":["parameters"]},"source":["x = 1"]}]}'
    )
    (seeds / "text").write_bytes(
        bytes([3]) + b"At least 24 people, two dozens and 1,000 others were killed on 5 March 2020."
    )
    (seeds / "words").write_bytes(bytes([4]) + b"window_days=7\ncase=idlib")
    atheris.Setup(
        [
            sys.argv[0],
            f"-runs={runs}",
            f"-artifact_prefix={folder}/",
            "-max_len=4096",
            "-timeout=20",
            "-verbosity=0",
            str(seeds),
        ],
        one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
