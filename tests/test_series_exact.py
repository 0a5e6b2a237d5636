"""The series' tables to the last cell, on a few events worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from escalation.cases import Case
from escalation.counts import series
from escalation.errors import Refusal

DAY = pd.Timestamp


def war(
    day: str,
    last: str,
    place: str,
    best: int,
    *,
    low: int,
    high: int,
    civilians: int | None,
    lat: float = 1.23,
    lon: float = 5.67,
) -> dict[str, object]:
    return {
        "date_first": DAY(day), "date_last": DAY(last), "date_precision": 1, "governorate": place, "lat": lat,
        "lon": lon, "conflict": "A: Government",
        "side_a": "A", "side_b": "Rebels", "violence": "state", "best": best, "low": low, "high": high,
        "civilians": civilians, "has_place": True,
    }  # fmt: skip


def events() -> pd.DataFrame:
    """In no order: two spans of three days on one day, one known and one not, one span elsewhere, two exact
    days."""
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


def test_cells_to_the_last_cell(case: Case) -> None:
    """Events by first day, length and cell of a tenth of a degree, its corner to one decimal, in order, with
    all three sums; one whose place is known to no cell stands last of its day, and counts. Corners lie to the
    south-west on either side of nought; a degree that is a tenth stays in its own cell."""
    corners = [(-0.05, -5.61), (0.3, 0.7), (33.1, 35.95)]
    ends = pd.DataFrame(
        [
            war("2020-01-03", "2020-01-03", "North", 1, low=1, high=1, civilians=0, lat=a, lon=b)
            for a, b in corners
        ]
    )
    laid = series.ucdp_cells(pd.concat([ends, ends[:1].assign(violence="one-sided")]), case)
    assert [(-0.1, -5.7, 1), (0.3, 0.7, 1), (33.1, 35.9, 1)] == list(
        laid[["cell_lat", "cell_lon", "events"]].itertuples(index=False, name=None)
    )
    vague = war("2020-01-03", "2020-01-05", "North", 30, low=20, high=50, civilians=None) | {
        "has_place": False
    }
    found = series.ucdp_cells(pd.concat([events(), pd.DataFrame([vague])]), case)
    expected = pd.DataFrame(
        {
            "date": [DAY(f"2020-0{day}") for day in ("1-03", "1-03", "1-04", "1-05", "2-01")],
            "span_days": [3, 3, 1, 2, 1],
            "cell_lat": [1.2, np.nan, 1.2, 1.3, 1.2],
            "cell_lon": [5.6, np.nan, 5.6, 5.6, 5.6],
            "events": [2, 1, 1, 1, 1],
            "fatalities_best": [6, 30, 10, 7, 1],
            "fatalities_low": [4, 20, 10, 7, 0],
            "fatalities_high": [11, 50, 10, 9, 1],
        }
    )
    assert_frame_equal(expected, found, check_dtype=False, check_exact=True)


def test_airwars_days_to_the_last_cell(case: Case) -> None:
    """Every day of the window and every place has a row of whole numbers; two spellings of one place are
    added; places outside are left."""
    counts = pd.DataFrame(
        {
            "date": [DAY("2020-01-04"), DAY("2020-01-04"), DAY("2020-01-04"), DAY("2019-01-01")],
            "governorate": ["Nord", "North Governorate", "Elsewhere", "Nord"],
            "incidents": pd.array([2, 3, 9, 9], dtype="Int64"),
            "civilians_killed_min": pd.array([pd.NA, 4, 9, 9], dtype="Int64"),
        }
    )
    found = series.airwars_daily(counts, case)
    assert (20, 5, 4) == (len(found), found["incidents"].sum(), found["civilians_killed_min"].sum())
    assert not found.isna().any(axis=None)
    assert (5, 4) == tuple(
        found.loc[
            (found["date"] == "2020-01-04") & (found["governorate"] == "North"),
            ["incidents", "civilians_killed_min"],
        ].iloc[0]
    )


def changed(case: Case, **parts: object) -> Case:
    return Case.model_validate({**case.model_dump(), **parts})


def test_parts_of_the_area_to_the_last_event(case: Case) -> None:
    """By governorate before country before box, the first box of two, edges and corners in; the margin's
    first day and the last day in."""
    area = changed(
        case,
        countries={"Isle": ("Isle", "The Isle")},
        boxes={"Bay": (0.0, 10.0, 2.0, 12.0), "Sea": (1.0, 11.0, 5.0, 20.0)},
    )
    rows = [
        ("2020-01-01", "Nord", "Isle", 1.0, 11.0, "North"),
        ("2020-01-12", "Elsewhere", "The Isle", 1.0, 11.0, "Isle"),
        ("2020-01-05", "Elsewhere", "Main", 2.0, 12.0, "Bay"),
        ("2020-01-05", None, None, 0.0, 10.0, "Bay"),
        ("2020-01-05", None, None, 2.1, 12.0, "Sea"),
        ("2020-01-05", None, None, 5.0, 20.0, "Sea"),
        ("2020-01-05", None, None, 1.0, 9.9, None),
        ("2020-01-05", None, None, 5.1, 15.0, None),
        ("2019-12-31", "Nord", "Isle", 1.0, 11.0, None),
        ("2020-01-13", "South Governorate", "Isle", 1.0, 11.0, None),
    ]
    frame = pd.DataFrame(rows, columns=["date_first", "governorate", "country", "lat", "lon", "part"]).assign(
        n=range(len(rows))
    )
    frame = frame.astype({"date_first": "datetime64[us]", "governorate": "str", "country": "str"})[::-1]
    found = series.in_area(frame, area)
    assert [(row[5], n) for n, row in reversed(list(enumerate(rows))) if row[5]] == list(
        zip(found["governorate"], found["n"], strict=True)
    )
    assert (list(frame), list(range(6)), "str") == (
        list(found),
        list(found.index),
        str(found["governorate"].dtype),
    )
    plain = series.in_area(frame.drop(columns=["country", "lat", "lon"]), case)
    assert ["North"] == plain["governorate"].tolist()


def test_which_events_are_of_the_war(case: Case) -> None:
    """UCDP: state-based, the conflict and the second side, all three. ACLED: one of the types and an actor on
    either side."""
    rows = [
        ("state", "A: Government", "A", "Rebels", None, True),
        ("one-sided", "A: Government", "A", "Rebels", None, False),
        ("state", "B: Government", "A", "Rebels", None, False),
        ("state", "A: Government", "A", "Others", None, False),
        (None, None, "Military Forces of A (2000-)", None, "Battles", True),
        (None, None, "Rebels", "Military Forces of A (2000-)", "Battles", True),
        (None, None, None, "Police Forces of A", "Raids", True),
        (None, None, "Rebels", None, "Battles", False),
        (None, None, None, None, "Battles", False),
        (None, None, "Military Forces of A (2000-)", "Rebels", "Protests", False),
    ]
    frame = pd.DataFrame(
        rows, columns=["violence", "conflict", "side_a", "side_b", "event_type", "war"]
    ).astype(dict.fromkeys(("violence", "conflict", "side_a", "side_b", "event_type"), "str"))
    both = changed(
        case,
        acled={"actors": ("Military Forces of A", "Police Forces of A"), "event_types": ("Battles", "Raids")},
    )
    found = series.of_the_war(frame, both)
    assert ([row[5] for row in rows], "of_the_war", "bool") == (found.tolist(), found.name, str(found.dtype))
    for by_rows in (
        series.of_the_war(frame, case),
        series.of_the_war(frame.drop(columns="event_type"), both),
    ):
        assert [True] + [False] * 9 == by_rows.tolist()


COUNTS = (
    "events_state", "events_state_inexact", "events_state_precision_unknown", "events_all", "fatalities_best",
    "fatalities_low",
    "fatalities_high", "civilians", "civilians_known_events", "civilians_known", "fatalities_known",
)  # fmt: skip


def counted(
    case: Case, cells: dict[tuple[str, str], tuple[int | None, ...]], last_known: str
) -> pd.DataFrame:
    """Daily counts of the made-up case: the given cells, zeros elsewhere, civilians unknown after the last
    day that knows any."""
    rows = [
        (day, place, *cells.get((f"{day:%Y-%m-%d}", place), (0,) * len(COUNTS)))
        for day in pd.date_range("2020-01-01", "2020-01-12")
        for place in case.areas
    ]
    frame = pd.DataFrame(rows, columns=["date", "governorate", *COUNTS]).astype(
        dict.fromkeys(COUNTS, "Int64")
    )
    return frame.assign(civilians=frame["civilians"].mask(frame["date"] > last_known))


def daily_events() -> pd.DataFrame:
    """Six events of the war and two of another kind: codes and intervals known and unknown, civilians too."""
    frame = pd.DataFrame(
        [
            war("2020-01-02", "2020-01-02", "North", 3, low=2, high=5, civilians=1),
            war("2020-01-02", "2020-01-02", "North", 4, low=3, high=6, civilians=2) | {"date_precision": 2},
            war("2020-01-02", "2020-01-02", "South", 5, low=4, high=7, civilians=None)
            | {"date_precision": None},
            war("2020-01-02", "2020-01-03", "South", 6, low=5, high=8, civilians=3)
            | {"date_precision": None},
            war("2020-01-04", "2020-01-05", "South", 7, low=6, high=9, civilians=7),
            war("2020-01-04", "2020-01-04", "South", 8, low=8, high=8, civilians=8)
            | {"violence": "one-sided"},
            war("2020-01-06", "2020-01-20", "North", 9, low=1, high=11, civilians=None),
            war("2020-01-12", "2020-01-12", "North", 2, low=2, high=2, civilians=2)
            | {"violence": "one-sided"},
        ]
    )
    return frame.astype({name: "Int64" for name in ("best", "low", "high", "civilians", "date_precision")})


def daily_by_hand(case: Case) -> pd.DataFrame:
    cells = {
        ("2020-01-02", "North"): (2, 1, 0, 2, 7, 5, 11, 3, 2, 3, 7),
        ("2020-01-02", "South"): (2, 1, 2, 2, 11, 9, 15, None, 1, 3, 6),
        ("2020-01-04", "South"): (1, 1, 0, 2, 7, 6, 9, 7, 1, 7, 7),
        ("2020-01-06", "North"): (1, 1, 0, 1, 9, 1, 11, None, 0, 0, 0),
        ("2020-01-12", "North"): (0, 0, 0, 1, 0, 0, 0, None, 0, 0, 0),
    }
    return counted(case, cells, "2020-01-04")


def test_days_to_the_last_cell(case: Case) -> None:
    """Exact and inexact, known and unknown: each event on its first day, each day and place with a row."""
    assert_frame_equal(daily_by_hand(case), series.ucdp_daily(daily_events(), case), check_dtype=False)
    assert {"Int64"} == {str(kind) for kind in series.ucdp_daily(daily_events(), case)[list(COUNTS)].dtypes}


def test_dated_within_takes_the_worse() -> None:
    """Code and interval: the worse of the two decides; without a code the interval alone."""
    first = DAY("2020-01-01")
    spans, codes = [1, 1, 1, 2, 6, 7, 8, 31, 32], [1, 3, None, 1, None, None, 1, 2, None]
    frame = pd.DataFrame(
        {
            "date_first": first,
            "date_last": [first + pd.Timedelta(days=days - 1) for days in spans],
            "date_precision": pd.array(codes, dtype="Int64"),
        }
    )
    worse = [1, 3, 1, 2, 2, 3, 4, 4, 5]
    for allowed in range(6):
        found = series.dated_within(frame, allowed)
        assert ([code <= allowed for code in worse], "bool") == (found.tolist(), str(found.dtype))


def test_counts_without_inexact_days_to_the_last_cell(case: Case) -> None:
    """By intervals alone: at code 2 the fifteen days go, at code 1 the two days too, at code 4 nothing; what
    a code alone says stays."""
    events_of, daily = daily_events(), daily_by_hand(case)
    spans = series.ucdp_date_spans(events_of, case)
    assert_frame_equal(daily, series.without_inexact(daily, spans, 4), check_dtype=False)
    without_weeks = {
        ("2020-01-02", "North"): (2, 1, 0, 2, 7, 5, 11, 3, 2, 3, 7),
        ("2020-01-02", "South"): (2, 1, 2, 2, 11, 9, 15, None, 1, 3, 6),
        ("2020-01-04", "South"): (1, 1, 0, 2, 7, 6, 9, 7, 1, 7, 7),
        ("2020-01-12", "North"): (0, 0, 0, 1, 0, 0, 0, None, 0, 0, 0),
    }
    assert_frame_equal(
        counted(case, without_weeks, "2020-01-04"), series.without_inexact(daily, spans, 2), check_dtype=False
    )
    exact = without_weeks | {
        ("2020-01-02", "South"): (1, 0, 2, 1, 5, 4, 7, None, 0, 0, 0),
        ("2020-01-04", "South"): (0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    }
    assert_frame_equal(
        counted(case, exact, "2020-01-04"), series.without_inexact(daily, spans, 1), check_dtype=False
    )


def test_totals_at_the_edges_of_the_table(case: Case) -> None:
    """The whole table and a part of it; a day more on either side is refused with what there is, and so is a
    place that is not there."""
    daily = daily_by_hand(case)
    whole = series.total(daily, "fatalities_best", start="2020-01-01", end="2020-01-12")
    assert [0, 18, 0, 7, 0, 9, 0, 0, 0, 0, 0, 0] == whole.tolist()
    assert [11, 0, 7] == series.total(
        daily, "fatalities_best", start="2020-01-02", end="2020-01-04", governorates=["South"]
    ).tolist()
    told = "leaves the daily counts of civilians"
    for start, end, places, have in (
        ("2019-12-31", "2020-01-05", None, "2020-01-01 to 2020-01-12"),
        ("2020-01-02", "2020-01-13", None, "2020-01-01 to 2020-01-12"),
        ("2020-01-02", "2020-01-03", ["East"], "no rows"),
    ):
        with pytest.raises(Refusal, match=rf"^window {start} to {end} {told} \({have}\)$"):
            series.total(daily, "civilians", start=start, end=end, governorates=places)
