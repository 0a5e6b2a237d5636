"""The series' tables to the last cell, on five events worked out by hand. (Mutants that lived on coarser tests are killed here.)"""

import pandas as pd
from pandas.testing import assert_frame_equal

from escalation import series
from escalation.cases import Case

DAY = pd.Timestamp


def war(
    day: str, last: str, place: str, best: int, *, low: int, high: int, civilians: int | None, lat: float = 1.23, lon: float = 5.67
) -> dict[str, object]:
    return {
        "date_first": DAY(day), "date_last": DAY(last), "date_precision": 1, "governorate": place, "lat": lat, "lon": lon, "conflict": "A: Government",
        "side_a": "A", "side_b": "Rebels", "violence": "state", "best": best, "low": low, "high": high, "civilians": civilians,
    }  # fmt: skip


def events() -> pd.DataFrame:
    """In no order: two spans of three days on one day, one known and one not, one span elsewhere, two exact days."""
    frame = pd.DataFrame(
        [
            war("2020-01-05", "2020-01-06", "South", 7, low=7, high=9, civilians=None, lat=1.31, lon=5.69),
            war("2020-01-03", "2020-01-05", "North", 4, low=3, high=5, civilians=1),
            war("2020-01-03", "2020-01-05", "North", 2, low=1, high=6, civilians=None),
            war("2020-01-04", "2020-01-04", "North", 10, low=10, high=10, civilians=10, lat=1.2, lon=5.6),
            war("2020-02-01", "2020-02-01", "South", 1, low=0, high=1, civilians=0, lat=1.2, lon=5.6),
        ]
    )
    return frame.astype({name: "Int64" for name in ("best", "low", "high", "civilians", "date_precision")})


def test_spans_to_the_last_cell(case: Case) -> None:
    """Events dated to more than a day, by first day, place and length: those whose civilians are known are counted apart."""
    found = series.ucdp_date_spans(events(), case)
    expected = pd.DataFrame(
        {
            "date": [DAY("2020-01-03"), DAY("2020-01-05")],
            "governorate": ["North", "South"],
            "span_days": [3, 2],
            "events": [2, 1],
            "fatalities_best": [6, 7],
        }
    )
    assert_frame_equal(expected, found[list(expected)], check_dtype=False)
    assert [0, 1] == list(found.index)
    for column, values in {"civilians_known_events": [1, 0], "civilians_known": [1, 0], "fatalities_known": [4, 0]}.items():
        assert values == [int(each) for each in found[column]], column


def test_cells_to_the_last_cell(case: Case) -> None:
    """Events of a month in a cell of a tenth of a degree, its corner to one decimal, in order, with all three sums."""
    found = series.ucdp_cells(events(), case)
    expected = pd.DataFrame(
        {
            "month": ["2020-01", "2020-01", "2020-02"],
            "cell_lat": [1.2, 1.3, 1.2],
            "cell_lon": [5.6, 5.6, 5.6],
            "events": [3, 1, 1],
            "fatalities_best": [16, 7, 1],
            "fatalities_low": [14, 7, 0],
            "fatalities_high": [21, 9, 1],
        }
    )
    assert_frame_equal(expected, found, check_dtype=False, check_exact=True)


def test_airwars_days_to_the_last_cell(case: Case) -> None:
    """Every day of the window and every place has a row of whole numbers; two spellings of one place are added; places outside are left."""
    counts = pd.DataFrame(
        {
            "date": [DAY("2020-01-04"), DAY("2020-01-04"), DAY("2020-01-04"), DAY("2019-01-01")],
            "governorate": ["Nord", "North Governorate", "Elsewhere", "Nord"],
            "incidents": pd.array([2, 3, 9, 9], dtype="Int64"),
            "civilians_killed_min": pd.array([pd.NA, 4, 9, 9], dtype="Int64"),
        }
    )
    found = series.airwars_daily(counts, case)
    assert ["date", "governorate", "incidents", "civilians_killed_min"] == list(found)
    assert ["Int64", "Int64"] == [str(found[name].dtype) for name in ("incidents", "civilians_killed_min")]
    assert (20, 5, 4) == (len(found), found["incidents"].sum(), found["civilians_killed_min"].sum())
    assert not found.isna().any(axis=None)
    assert (5, 4) == tuple(
        found.loc[(found["date"] == "2020-01-04") & (found["governorate"] == "North"), ["incidents", "civilians_killed_min"]].iloc[0]
    )
