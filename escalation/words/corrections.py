"""The register of corrections, in words."""

from typing import Any

import pandas as pd

from escalation.findings import day
from escalation.words.talks import sureness


def corrected(errata: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `errata` as the report shows them, the newest version first: id, kind, what, date (in words), version, was, now,
    reason, and the verdict on the talks before and after where it is concerned."""
    return [
        {
            "id": row["erratum_id"],
            "kind": row["kind"],
            "what": row["what"],
            "date": day(row["date"]),
            "version": row["data_version"],
            "was": row["old_value"],
            "now": row["new_value"],
            "verdict": _verdicts(row["verdict_before"], row["verdict_after"]),
            "reason": row["reason"],
        }
        for _, part in reversed(list(errata.groupby("data_version", sort=False)))
        for row in part.to_dict("records")
    ]


def _verdicts(before: Any, after: Any) -> str:
    if pd.isna(before) or pd.isna(after):
        return ""
    return f"stays {sureness(after)}" if before == after else f"was {sureness(before)}, is {sureness(after)}"
