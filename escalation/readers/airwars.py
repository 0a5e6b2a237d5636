"""Airwars daily counts: incidents of alleged civilian harm involving the Russian military, by day and governorate."""

from pathlib import Path

import pandas as pd

from escalation.errors import Refusal

COUNTS = ("incidents", "incidents_fair_or_confirmed", "incidents_contested", "civilians_killed_min", "civilians_killed_max")


def read(file: Path) -> pd.DataFrame:
    """Columns date (datetime64), governorate (as spelt there) and the counts (Int64), a row for each day with incidents.
    Raises Refusal for missing columns, unreadable dates or numbers."""
    if not file.is_file():
        raise Refusal([f"{file.name}: no such file"])
    raw = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    missing = [column for column in ("date", "governorate", *COUNTS) if column not in raw.columns]
    if missing:
        raise Refusal([f"{file.name}: no column {column}" for column in missing])
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(raw["date"], format="%Y-%m-%d", errors="coerce"),
            "governorate": raw["governorate"],
            **{name: pd.to_numeric(raw[name], errors="coerce").astype("Int64") for name in COUNTS},
        }
    )
    lines = []
    for column in frame.columns:
        allowed = {"date": "a date like 2019-04-27", "governorate": "a name"}.get(column, "a whole number from 0")
        for row in frame.index[frame[column].isna()][:5]:
            lines.append(f"{file.name}, row {row + 2}, column {column}: {raw.at[row, column]!r}; allowed: {allowed}")
    if lines:
        raise Refusal(lines)
    return frame
