"""UCDP Georeferenced Event Dataset files, all Syria-era column variants → event frame.

Source of the columns: Högbladh, UCDP GED Codebook (date_prec 1 = exact day, 2 = two to six days, 3 = week, 4 = month, 5 = year;
type_of_violence 1 = state-based, 2 = non-state, 3 = one-sided).
"""

from pathlib import Path

import pandas as pd

from escalation.errors import Refusal

REQUIRED = ("id", "type_of_violence", "conflict_name", "side_a", "side_b", "latitude", "longitude", "date_start", "best", "high", "low")
OPTIONAL = ("adm_1", "date_end", "date_prec", "deaths_civilians")
VIOLENCE = {"1": "state", "2": "non_state", "3": "one_sided"}


def read(file: Path) -> pd.DataFrame:
    """The event frame of a GED file (csv or csv.gz). Raises Refusal for a missing file, missing columns, unreadable dates or numbers,
    an end before its start, or repeated ids; a row count of the input stays in `frame.attrs["rows_in"]`."""
    if not file.is_file():
        raise Refusal([f"{file.name}: no such file"])
    wanted = {*REQUIRED, *OPTIONAL}
    raw = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig", usecols=lambda c: c in wanted)
    missing = [column for column in REQUIRED if column not in raw.columns]
    if missing:
        raise Refusal([f"{file.name}: no column {column}; a UCDP GED file has it" for column in missing])
    raw = raw.reindex(columns=[*REQUIRED, *OPTIONAL]).astype("str")
    frame = pd.DataFrame(
        {
            "event_id": raw["id"],
            "date_first": pd.to_datetime(raw["date_start"].str[:10], format="%Y-%m-%d", errors="coerce"),
            "date_last": pd.to_datetime(raw["date_end"].fillna(raw["date_start"]).str[:10], format="%Y-%m-%d", errors="coerce"),
            "date_precision": pd.to_numeric(raw["date_prec"], errors="coerce").astype("Int64"),
            "governorate": raw["adm_1"],
            "lat": pd.to_numeric(raw["latitude"], errors="coerce"),
            "lon": pd.to_numeric(raw["longitude"], errors="coerce"),
            "conflict": raw["conflict_name"],
            "side_a": raw["side_a"],
            "side_b": raw["side_b"],
            "violence": raw["type_of_violence"].map(VIOLENCE),
            **{name: pd.to_numeric(raw[name], errors="coerce").astype("Int64") for name in ("best", "low", "high")},
            "civilians": pd.to_numeric(raw["deaths_civilians"], errors="coerce").astype("Int64"),
        }
    )
    problems = _problems(raw, frame, file.name)
    if problems:
        raise Refusal(problems)
    frame.attrs["rows_in"] = len(raw)
    return frame


def _problems(raw: pd.DataFrame, frame: pd.DataFrame, name: str) -> list[str]:
    checks = (
        ("date_start", frame["date_first"].isna(), "a date like 2019-04-27"),
        ("date_end", frame["date_last"].isna(), "a date like 2019-04-27"),
        ("type_of_violence", frame["violence"].isna(), "1, 2 or 3"),
        *((column, frame[column].isna() | (frame[column] < 0), "a whole number from 0") for column in ("best", "low", "high")),
        ("date_end", frame["date_last"] < frame["date_first"], "a day not before date_start"),
        ("id", raw["id"].duplicated() | raw["id"].isna(), "each id once"),
    )
    lines = []
    for column, wrong, allowed in checks:
        for row in wrong[wrong.fillna(True)].index[:5]:
            lines.append(f"{name}, row {row + 2}, column {column}: {raw.at[row, column]!r}; allowed: {allowed}")
        if wrong.sum() > 5:
            lines.append(f"{name}, column {column}: {wrong.sum() - 5} more rows like these")
    return lines
