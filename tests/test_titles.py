"""The titles of the drawings are true: each published one is read against the data drawn, and none breaks on small
numbers."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from escalation.figures import phases, titles

FIGURES = Path(__file__).resolve().parents[1] / "figures"
BUILT = FIGURES.parent / "data" / "built"


def drawn(name: str) -> tuple[str, pd.DataFrame]:
    """A published drawing's title, and its rows."""
    if not (FIGURES / f"{name}.json").is_file():
        pytest.skip(f"no figure {name} has been built")
    return json.loads((FIGURES / f"{name}.json").read_text("utf-8"))["title"], pd.read_csv(
        FIGURES / f"{name}.csv"
    )


def numbers(title: str) -> list[float]:
    return [float(said.replace(",", "")) for said in re.findall(r"\d[\d,]*(?:\.\d+)?", title)]


def test_the_highest_phase_is_the_one_with_most_a_day() -> None:
    title, weeks = drawn("phases")
    last = pd.Timestamp(re.findall(r"\d+ \w+ \d{4}", title)[-1])
    found = pd.read_csv(BUILT / "phases.csv", parse_dates=["date_first", "date_last"])
    top = found.loc[found["per_day"].idxmax()]
    assert last == top["date_last"]
    week = pd.to_datetime(weeks["week"])
    inside = (week >= top["date_first"]) & (week <= top["date_last"])
    assert weeks[inside]["count"].mean() > 2 * weeks[~inside]["count"].mean()


def test_the_map_names_its_darkest_square_and_all_the_dead() -> None:
    title, cells = drawn("map")
    most, n = numbers(title)
    by_cell = cells.groupby(["cell_lat", "cell_lon"], dropna=True)["fatalities_best"].sum()
    assert most == by_cell.max() and n >= by_cell.sum()


def test_shares_of_the_parts() -> None:
    title, weeks = drawn("areas")
    totals = weeks.groupby("area")["count"].sum()
    shares = 100 * totals / totals.sum()
    assert numbers(title) == [round(shares.max()), round(shares.min())]
    assert shares.idxmax() in title and shares.idxmin() in title


def test_the_largest_tallies() -> None:
    title, rows = drawn("toll")
    moved, killed = rows[rows["what"] != "killed"], rows["civilians_killed"].max()
    _, most, dead, *_ = numbers(title)
    assert dead == killed and most in set(moved["high"])


def test_the_share_of_civilians() -> None:
    title, months = drawn("counted")
    known = months[["civilians", "others"]].sum()
    assert numbers(title)[0] == round(100 * known["civilians"] / known.sum())


def test_titles_of_few() -> None:
    """One of two was, none of one recurs, a range of one value is that value."""
    found = {"value": 1, "n": 2, "expected": None}
    assert "1 of 2 meetings was followed" in titles.coincidence_title(found)
    again = {"first": "A", "second": "B", "value": 0, "n": 1, "expected": 0.1, "low": 0, "high": 1, "p": 1.0}
    assert "0 of 1 break in A recurs in B" in phases.sources_title({"A": 1, "B": 0}, again)
    assert "dating: 0.80;" in titles.doubt_title([0.5, 0.7], [0.801, 0.802], [])
    deaths = pd.DataFrame(
        {"date_first": ["2020-01-01"], "date_last": ["2020-01-01"], "civilians_killed": [1]}
    )
    assert "1 civilian counted" in titles.toll_title(pd.DataFrame(), deaths)
