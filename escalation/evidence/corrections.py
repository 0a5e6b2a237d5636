"""Corrections on record: what they say was changed must be what stands in the tables now."""

from collections.abc import Mapping

import pandas as pd

from escalation.evidence.anchors import cell_list

NAMES_BOTH = (
    "differs",
    "contradicted",
    "party_denies",
)  # results of checks that need the other side's value and an address


def stale(
    corrections: pd.DataFrame, tables: Mapping[str, pd.DataFrame], keys: Mapping[str, str]
) -> list[str]:
    """A line for each correction that the tables no longer bear out.

    Corrections of one cell form a chain in the order of the table: each starts from the value the one before
    it left, and the last must stand in the table. A row that was dropped (its id column corrected to blank)
    must be gone. Frames hold text as the CSV has it (`changes.as_written`); `keys` gives each table's id
    column."""
    lines = []
    last: dict[tuple[str, str, str], tuple[str, str]] = {}
    for number, row in enumerate(corrections.to_dict("records"), 2):
        where = f"corrections.csv, row {number} ({row['correction_id']})"
        table, column = row["table"], row["column"]
        if table not in tables:
            lines.append(f"{where}, table: no table {table!r}; allowed: {', '.join(sorted(tables))}")
            continue
        if column not in tables[table].columns:
            lines.append(
                f"{where}, column: {table} has no column {column!r}; allowed:"
                f" {', '.join(tables[table].columns)}"
            )
            continue
        old, new = row["old_value"], row["new_value"]
        cell = (table, row["row_id"], column)
        if cell in last and last[cell][1] != old:
            lines.append(f"{where}, old_value: {old!r} is stale; {last[cell][0]} left {last[cell][1]!r}")
        last[cell] = (row["correction_id"], new)
    touched = {table for table, _, _ in last}
    rows = {table: {row[keys[table]]: row for row in tables[table].to_dict("records")} for table in touched}
    for (table, row_id, column), (correction, new) in last.items():
        held = rows[table].get(row_id)
        is_dropped = column == keys[table] and new == ""
        if is_dropped and held:
            lines.append(
                f"corrections.csv ({correction}): {table} {row_id} was dropped, but stands there again"
            )
        if not is_dropped and not held:
            lines.append(f"corrections.csv ({correction}), row_id: no {row_id!r} in {table}")
        if not is_dropped and held and held[column] != new:
            now = held[column]
            lines.append(
                f"corrections.csv ({correction}), new_value: {table} {row_id} {column} should be {new!r}, but"
                f" {now!r} stands there; put it back, or add a correction with the address"
            )
    return lines


def dangling(checks: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> list[str]:
    """A line for each check whose other side (a claim, incident, talk or truce) is not in the tables, or that
    lacks the side its kind of comparison needs. `others` gives the tables by their id column."""
    known = {value for column, table in others.items() for value in table[column]}
    lines = []
    for number, row in enumerate(checks.to_dict("records"), 2):
        where = f"checks.csv, row {number} ({row['check_id']})"
        if row["against"] != "source" and not cell_list(row["claim_id"]):
            lines.append(f"{where}, claim_id: blank; a seed is compared, so name its claim")
        if row["against"] != "record" and not cell_list(row["other_id"]):
            lines.append(f"{where}, other_id: blank; name the other claim, incident, talk or truce")
        lines += [
            f"{where}, other_id: {other!r} is in no table"
            for other in cell_list(row["other_id"])
            if other not in known
        ]
        if row["status"] in NAMES_BOTH and not cell_list(row["other_value"]):
            lines.append(f"{where}, other_value: blank, but the status is {row['status']}")
        if row["status"] in NAMES_BOTH and not cell_list(row["source_urls"]):
            lines.append(f"{where}, source_urls: blank, but the status is {row['status']}")
    return lines
