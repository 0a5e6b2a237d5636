"""The same war outside the area: what talks about the area are compared with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation import events, schema, timing
from escalation.cases import Case
from escalation.counts import series, ucdp

HEADER = "id,type_of_violence,conflict_name,side_a,side_b,latitude,longitude,date_start,date_end,date_prec,best,high,low,adm_1\n"
INSIDE = "1,1,A: Government,Government of A,Rebels,1.2,5.6,2020-01-03,2020-01-03,1,4,5,3,North Governorate"
SOUTH = "2,1,A: Government,Government of A,Rebels,1.2,5.6,2020-01-04,2020-01-04,1,1,1,1,South Governorate"
ELSEWHERE = [
    "3,1,A: Government,Government of A,Rebels,9.9,9.9,2020-01-01,2020-01-01,1,9,9,8,Elsewhere",
    "4,1,a government,Government of A,REBELS,9.9,9.9,2020-01-04,2020-01-06,2,2,3,2,",
    # spelt otherwise, no governorate, three days
]
OTHERS = [
    "5,1,A: Islamic State,Government of A,IS,9.9,9.9,2020-01-04,2020-01-04,1,7,7,7,Elsewhere",  # another war
    "6,2,A: Government,Rebels,Rebels,9.9,9.9,2020-01-04,2020-01-04,1,7,7,7,Elsewhere",  # not state-based
    "7,1,A: Government,Government of A,Rebels,9.9,9.9,2019-12-31,2019-12-31,1,7,7,7,Elsewhere",
    # before the margin
    "8,1,A: Government,Government of A,Rebels,9.9,9.9,2020-01-13,2020-01-13,1,7,7,7,Elsewhere",
    # after the window
]


def read(tmp_path: Path, case: Case, *rows: str) -> pd.DataFrame:
    file = tmp_path / "ged.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return ucdp.read(file, case)


def test_the_war_elsewhere_by_day(tmp_path: Path, case: Case) -> None:
    """Of eight events two are the war's outside the area in its counting window; every day of that window
    has a row, and neither the area's events nor another war's are in it."""
    every = read(tmp_path, case, INSIDE, SOUTH, *ELSEWHERE, *OTHERS)
    assert {"1", "2", "3", "4"} == set(every["event_id"])
    control = series.ucdp_control_daily(every, case).set_index("date")
    assert (12, pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-12")) == (
        len(control),
        control.index[0],
        control.index[-1],
    )
    assert {"2020-01-01": [1, 0, 9, 8, 9], "2020-01-04": [1, 1, 2, 2, 3]} == {
        f"{day:%Y-%m-%d}": row.tolist() for day, row in control.iterrows() if row["events"]
    }
    area = series.ucdp_daily(series.in_area(every, case), case)
    assert 2 == area["events_state"].sum()


def test_a_war_fought_nowhere_else_has_no_control(tmp_path: Path, case: Case) -> None:
    """No row, and not a column of zeros, which would look like peace elsewhere."""
    control = series.ucdp_control_daily(read(tmp_path, case, INSIDE, SOUTH, OTHERS[0]), case)
    assert [
        "date",
        "events",
        "events_inexact",
        "fatalities_best",
        "fatalities_low",
        "fatalities_high",
    ] == list(control) and control.empty
    control = series.ucdp_control_daily(read(tmp_path, case, INSIDE, SOUTH, *OTHERS[2:]), case)
    assert control.empty, "what lies outside the counting window is no control either"


def test_control_and_area_are_the_war_of_the_file(datasets: Path) -> None:
    """Plain pandas over the whole event file: the war's events inside the four governorates and outside
    them, none twice, none lost."""
    file = pd.read_csv(datasets / "ucdp_ged_21.1_syria_2018-07_2020-12.csv", low_memory=False)
    war = file[
        (file["type_of_violence"] == 1)
        & (file["conflict_name"] == "Syria: Government")
        & (file["side_b"] == "Syrian insurgents")
    ]
    outside = war[
        ~war["adm_1"].isin([f"{name} Governorate" for name in ("Idlib", "Hamah", "Aleppo", "Latakia")])
    ]
    kept = schema.read("ucdp_control_daily").set_index("date")
    by_day = (
        outside.groupby(pd.to_datetime(outside["date_start"]))["best"]
        .agg(["size", "sum"])
        .reindex(kept.index, fill_value=0)
    )
    assert by_day["size"].tolist() == kept["events"].tolist()
    assert by_day["sum"].tolist() == kept["fatalities_best"].tolist()
    assert len(war) == kept["events"].sum() + schema.read("ucdp_daily")["events_state"].sum()


@pytest.mark.parametrize(("elsewhere", "clear"), [(1.0, True), (0.4, False)])
def test_difference_in_differences(elsewhere: float, clear: bool) -> None:
    """A fall to four tenths in the area after twenty rounds of talks: where the rest of the country did
    not fall the difference stands out, where it fell as far there is none."""
    rng = np.random.default_rng(1)
    days = pd.date_range("2018-09-01", periods=853)
    starts = np.arange(30, 830, 40)
    after = np.isin(np.arange(853), (starts[:, None] + np.arange(1, 8)).ravel())
    area = pd.Series(rng.poisson(np.where(after, 0.4 * 3, 3.0)), index=days, dtype=float)
    control = pd.Series(rng.poisson(np.where(after, elsewhere * 3, 3.0)), index=days, dtype=float)
    design = timing.Design(window_days=7)
    talks = pd.DataFrame(
        {"talk_id": [f"T{n:02}" for n in range(20)], "date_first": days[starts], "date_last": days[starts]}
    )
    found = timing.compare_series(
        {"area": area, "elsewhere": control}, timing.episodes(talks, design), design
    ).set_index("series")
    row = found.loc["area / elsewhere"]
    assert clear == (row["p_shift"] < 0.01) and pytest.approx(0.4 / elsewhere, rel=0.3) == row["ratio"]


def test_no_control_for_what_it_does_not_count() -> None:
    """Airwars, an event file of one's own and a case without the table have none; lethal events have one to
    the last day asked for."""
    kept = pd.DataFrame(
        {
            "date": pd.date_range("2020-01-01", periods=4),
            "events": [1, 2, 3, 4],
            "fatalities_best": [5, 6, 7, 8],
        }
    )
    own, ours = {"ucdp": {}}, {"ucdp": {"rows_of_the_war_elsewhere": 10}}
    asked = {"series": "ucdp", "measure": "events", "end": "2020-01-03"}
    assert events.control(kept, own, **asked) is None
    assert events.control(kept.iloc[:0], ours, **asked) is None
    assert events.control(kept, ours, **(asked | {"series": "airwars"})) is None
    found = events.control(kept, ours, **asked)
    assert found is not None and [1.0, 2.0, 3.0] == found.tolist()
