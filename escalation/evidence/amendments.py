"""What of the specification was changed after it had been fixed: the register that the report prints beside
the day of the freeze, held to the numbers it names as that of corrections is (`errata`)."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from escalation.evidence import errata

NAMES = {
    "amendment_id": "erratum_id",
    "value_before": "old_value",
    "value_after": "new_value",
    "why": "reason",
}


def as_errata(amendments: pd.DataFrame) -> pd.DataFrame:
    """The table `amendments` under the column names of `errata`, for `errata.named` and `errata.untrue`."""
    return amendments.rename(columns=NAMES)


def problems(amendments: pd.DataFrame, root: Path, *, file: str = "amendments.csv") -> list[str]:
    """A line for each row that cannot be true: one that changes nothing, a verdict without its other side,
    numbers without something to compare each with. `root` holds the declaration of the tables it names."""
    rows = as_errata(amendments).astype(object)
    lines = []
    for number, row in enumerate(rows.where(rows.notna(), "").to_dict("records"), 2):
        found = errata.row_problems(row, f"{file}, row {number} ({row['erratum_id']})", root)
        lines += [line.replace("new_value", "value_after") for line in found]
    return lines


def shown(rows: pd.DataFrame, verdicts: Mapping[str, str]) -> pd.DataFrame:
    """Rows of `as_errata` as the report shows them: erratum_id, what, reason, old_value, new_value, verdict
    (before and after, in words, where it is concerned) and seen. `verdicts`: what each is called."""
    pairs = zip(rows["verdict_before"], rows["verdict_after"], strict=True)
    told = [
        "" if pd.isna(before) else f"was {verdicts[before]}, is {verdicts[after]}" for before, after in pairs
    ]
    return rows.assign(verdict=told, seen=rows["seen_before"])
