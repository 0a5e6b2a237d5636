"""The whole evidence at once: quotes, numbers, gaps, merges, corrections, checks and settlements."""

from pathlib import Path

import pandas as pd

from escalation import cases, schema
from escalation.errors import Refusal
from escalation.evidence import amendments, errata, hosts
from escalation.evidence.agreement import unsettled, unsettled_claims
from escalation.evidence.anchors import MOST_CLAIMS, cell_list, problems
from escalation.evidence.changes import read_version
from escalation.evidence.corrections import dangling, stale
from escalation.evidence.detector import unexplained
from escalation.evidence.link import link, talk_claims

READ = [
    "claims", "documents", "places", "incidents", "merges", "origins", "waivers", "checks", "talks",
    "truces", "talk_codings", "settlements", "claim_codings", "claim_settlements", "corrections", "hosts",
]  # fmt: skip


def check(root: Path) -> list[str]:
    """Every problem of the evidence, a line each: where, what, what is allowed. Empty when all is well.

    Tables that `schema.check` refuses are left to it: its lines come first, these after they are mended."""
    try:
        table = {name: schema.read(name, root) for name in READ}
    except Refusal as refused:
        return refused.problems
    lines = problems(table["claims"], table["documents"], table["places"], root)
    if len(table["claims"]) > MOST_CLAIMS:
        return lines
    if not lines:  # offsets that do not hold would make every gap and waiver look wrong
        lines += unexplained(table["claims"], table["waivers"], table["documents"], root)
    lines += [line for name in ("incidents", "claims") for line in _origins(name, table)]
    lines += _joined(table, root)
    sides = {"claim_id": "claims", "incident_id": "incidents", "talk_id": "talks", "truce_id": "truces"}
    lines += dangling(table["checks"], {column: table[name] for column, name in sides.items()})
    corrected = {
        name: set(rows[["row_id", "column"]].itertuples(index=False, name=None))
        for name, rows in table["corrections"].groupby("table")
    }
    lines += unsettled(
        table["talk_codings"], table["settlements"], table["talks"], corrected.get("talks", set())
    )
    lines += unsettled_claims(
        table["claim_codings"], table["claim_settlements"], table["claims"], corrected.get("claims", set())
    )
    lines += hosts.unsupported(table["checks"], table["claims"], table["documents"], table["hosts"])
    written = read_version(root)
    lines += hosts.unlisted({name: frame for name, (_, frame) in written.items()}, table["hosts"])
    lines += stale(
        written["corrections"][1],
        {name: frame for name, (_, frame) in written.items()},
        {name: keys[0] for name, (keys, _) in written.items()},
    )
    return lines + _errata(root)


def _errata(root: Path) -> list[str]:
    """The registers of corrections: that of the report, and one of each case that keeps its own."""
    cases = sorted(file.parent.name for file in (root / "data" / "cases").glob("*/errata.csv"))
    version = schema.package(root)["version"]
    lines = []
    for folder in ["coded", *(f"cases/{case}" for case in cases)]:
        try:
            register = schema.read("errata", root, folder=folder)
        except Refusal:
            continue  # `schema.check` says why
        lines += errata.problems(register, version, root, file=f"data/{folder}/errata.csv")
    try:
        return lines + amendments.problems(
            schema.read("amendments", root), root, file="data/coded/amendments.csv"
        )
    except Refusal:
        return lines  # as above


def _origins(name: str, table: dict[str, pd.DataFrame]) -> list[str]:
    """A line for each origin that incidents or claims name and origins.csv does not have."""
    column, rows = {"incidents": "origins", "claims": "origin_id"}[name], table[name]
    known = set(table["origins"]["origin_id"])
    return [
        f"{name}.csv, row {row} ({key}), {column}: {origin!r} is not in origins.csv; allowed:"
        f" {', '.join(sorted(known))}{schema.nearest(origin, known)}"
        for row, (key, cell) in enumerate(zip(rows.iloc[:, 0], rows[column], strict=True), 2)
        for origin in cell_list(cell)
        if origin not in known
    ]


def _joined(table: dict[str, pd.DataFrame], root: Path) -> list[str]:
    lines: list[str] = []
    if _origins("incidents", table) or _origins("claims", table):
        return lines
    try:
        link(
            table["claims"],
            table["incidents"],
            table["merges"],
            table["origins"],
            table["places"],
            tiers="all",
            actors=cases.of_tables("coded", root).actors,
        )
    except Refusal as refused:
        lines += refused.problems
    try:
        talk_claims(table["claims"], table["talks"], table["merges"])
    except Refusal as refused:
        lines += refused.problems
    return lines
