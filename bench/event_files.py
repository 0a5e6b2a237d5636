"""A GED file of full size, made by repeating the rows of a real one under all 49 columns, and what reading it
costs."""

import csv
import gzip
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TITLE = "Event files"
ROWS = 418_000
MORE = (1_000_000, 4_000_000)
# a real GED file, which is no part of the project; --events FILE names another one
SOURCE = Path(__file__).parents[2] / "shared/datasets/ucdp_ged_21.1_global_reduced.csv.gz"
COLUMNS = [
    "id",
    "relid",
    "year",
    "active_year",
    "code_status",
    "type_of_violence",
    "conflict_dset_id",
    "conflict_new_id",
    "conflict_name",
    "dyad_dset_id",
    "dyad_new_id",
    "dyad_name",
    "side_a_dset_id",
    "side_a_new_id",
    "side_a",
    "side_b_dset_id",
    "side_b_new_id",
    "side_b",
    "number_of_sources",
    "source_article",
    "source_office",
    "source_date",
    "source_headline",
    "source_original",
    "where_prec",
    "where_coordinates",
    "where_description",
    "adm_1",
    "adm_2",
    "latitude",
    "longitude",
    "geom_wkt",
    "priogrid_gid",
    "country",
    "country_id",
    "region",
    "event_clarity",
    "date_prec",
    "date_start",
    "date_end",
    "deaths_a",
    "deaths_b",
    "deaths_civilians",
    "deaths_unknown",
    "best",
    "high",
    "low",
    "gwnoa",
    "gwnob",
]
ARTICLE = (
    '"Agency {year}-01-01 A headline that says ""what happened"", where, and how many were killed, as long as'
    ' real ones are";'
)

OURS = """
import sys
from pathlib import Path
from escalation import cases
from escalation.counts import series
from escalation.counts import ucdp
case = cases.read("idlib")
events = series.in_area(ucdp.read(Path(sys.argv[1]), case), case)
print(len(events), int(series.ucdp_daily(events, case)["events_state"].sum()))
"""
PLAIN = """
import sys
import pandas as pd
from pathlib import Path
from escalation import cases
from escalation.counts import series
from escalation.counts import ucdp
case = cases.read("idlib")
raw = pd.read_csv(sys.argv[1], low_memory=False)
frame = pd.DataFrame({
    "event_id": raw["id"], "date_first": pd.to_datetime(raw["date_start"]), "date_last": pd.to_datetime(raw["date_end"]),
    "date_precision": raw["date_prec"].astype("Int64"), "governorate": raw["adm_1"], "country": raw["country"], "lat": raw["latitude"],
    "lon": raw["longitude"], "conflict": raw["conflict_name"], "side_a": raw["side_a"], "side_b": raw["side_b"],
    "violence": raw["type_of_violence"].map({1: "state", 2: "non_state", 3: "one_sided"}),
    **{name: raw[name].astype("Int64") for name in ("best", "low", "high")}, "civilians": raw["deaths_civilians"].astype("Int64"),
    "event_type": "",
})
events = series.in_area(frame, case)
print(len(events), int(series.ucdp_daily(events, case)["events_state"].sum()))
"""


def make(source: Path, target: Path, rows: int = ROWS) -> None:
    """Writes `rows` rows: those of `source` (a GED file with fewer columns) again and again, each with an id
    of its own. Those beyond `ROWS` are of another country, as most rows of a larger file would be, so that
    what is kept does not grow with the file."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore", lineterminator="\r\n")
        out.writeheader()
        for number in range(rows):
            row = known[number % len(known)]
            article = ARTICLE.format(year=row["year"])
            out.writerow(
                {
                    "relid": f"REL-{number}",
                    "active_year": "1",
                    "code_status": "Clear",
                    "conflict_new_id": "299",
                    "dyad_new_id": "14620",
                    "side_a_new_id": "118",
                    "number_of_sources": "2",
                    "source_article": article * 2 + ("\n" if number % 997 == 0 else ""),
                    "source_office": "Agency;Another Agency",
                    "source_date": row["date_start"],
                    "source_headline": article,
                    "source_original": "eyewitnesses, officials",
                    "where_prec": "1",
                    "where_coordinates": "Some town",
                    "where_description": "a village some kilometres to the south of it",
                    "adm_1": "Idlib Governorate" if row["country"] == "Syria" else "Some Province",
                    "adm_2": "Some district",
                    "geom_wkt": f"POINT ({row['longitude']} {row['latitude']})",
                    "priogrid_gid": "179722",
                    "country_id": "652",
                    "region": "Middle East",
                    "event_clarity": "1",
                    "date_prec": "1",
                    "deaths_a": "0",
                    "deaths_b": "0",
                    "deaths_civilians": "0",
                    "deaths_unknown": row["best"],
                    **row,
                    **(
                        {}
                        if number < ROWS
                        else {
                            "country": "Elsewhere",
                            "adm_1": "Some Province",
                            "conflict_name": "Elsewhere: Government",
                        }
                    ),
                    "date_start": f"{row['date_start']} 00:00:00.000",
                    "date_end": f"{row['date_end']} 00:00:00.000",
                    "id": str(number + 1),
                }
            )


def cost(code: str, file: Path) -> tuple[float, float, str]:
    """Seconds, peak memory in MB, and output of a fresh Python process that runs `code` with the file as its
    argument."""
    began = time.perf_counter()
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, env=surroundings
    )
    assert process.stdout
    said = process.stdout.read().decode().strip()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the process that reads {file.name} ended with exit code {process.returncode}")
    return time.perf_counter() - began, used.ru_maxrss / 1024, said


def report(root: Path, rounds: int, source: Path = SOURCE) -> Iterator[str]:
    """The section of the results: seconds and peak memory of whole processes, both ways in turn, and then
    ours with more rows."""
    if not source.is_file():
        raise SystemExit(
            f"no event file to repeat: {source.name} is not there; name a GED file with --events FILE"
        )
    found: dict[str, list[tuple[float, float, str]]] = {"pandas": [], "ours": []}
    file = root / f"ged_{ROWS}.csv"
    make(source, file, ROWS)
    size = file.stat().st_size / 1e6
    for _ in range(rounds):
        for name, code in (("pandas", PLAIN), ("ours", OURS)):
            found[name].append(cost(code, file))
    if len({said for runs in found.values() for _, _, said in runs}) != 1:
        raise SystemExit(f"the two ways do not count the same: {found}")
    seconds = {name: statistics.median(run[0] for run in runs) for name, runs in found.items()}
    peak = {name: max(run[1] for run in runs) for name, runs in found.items()}
    yield (
        f"A file of {ROWS:,} rows, all {len(COLUMNS)} columns, {size:.0f} MB, to daily counts; whole"
        f" processes, medians of {rounds}. Both count the same.\n"
    )
    yield "| what | rows | seconds | ÷ ours | peak, MB |"
    yield "|---|---:|---:|---:|---:|"
    for name, what in (
        ("pandas", "`pandas.read_csv` as it comes, then the same counting"),
        ("ours", "`escalation.counts`, counting"),
    ):
        yield (
            f"| {what} | {ROWS:,} | {seconds[name]:.2f} | {seconds[name] / seconds['ours']:.2f} |"
            f" {peak[name]:.0f} |"
        )
    file.unlink()
    peaks = [peak["ours"]]
    for rows in MORE:
        file = root / f"ged_{rows}.csv"
        make(source, file, rows)
        took, memory, counted = cost(OURS, file)
        if counted not in {run[2] for run in found["ours"]}:
            raise SystemExit(f"{rows:,} rows give another count: {counted}")
        file.unlink()
        peaks.append(memory)
        yield (
            f"| the same with rows of other wars behind it, one run | {rows:,} | {took:.2f} |"
            f" {took / seconds['ours']:.2f} times the time of {ROWS:,} | {memory:.0f} |"
        )
    yield "\n| budget | reached | |"
    yield "|---|---:|---|"
    for what, reached, kept in (
        (
            "≥ 2 times as fast as pandas",
            seconds["pandas"] / seconds["ours"],
            seconds["pandas"] / seconds["ours"] >= 2,
        ),
        (f"peak of {ROWS:,} rows ≤ 350 MB", peak["ours"], peak["ours"] <= 350),
        (
            f"memory does not grow with rows: peak of {MORE[-1]:,} ÷ peak of {ROWS:,} ≤ 1.25",
            peaks[-1] / peaks[0],
            peaks[-1] / peaks[0] <= 1.25,
        ),
    ):
        yield f"| {what} | {reached:.2f} | {'kept' if kept else 'missed'} |"
