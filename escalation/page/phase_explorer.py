"""What the page needs to answer a reader's choice about the phases: the sentence and the phases of each choice, and
the map of the days of any of them."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from escalation.findings import number
from escalation.page import blocks
from escalation.phases.cells import CELL, CLASSES, extent, placed

AXES = ("counts", "area", "criterion", "min_weeks")  # outermost first, as the choices stand
LEVELS = ("low", "middle", "high")
WIDE = 320  # of the map, in units of its own


def phase_explorer(
    grid: pd.DataFrame,
    sentences: Mapping[tuple[Any, ...], str],
    *,
    labels: Mapping[str, Mapping[Any, str]],
    published: Mapping[str, Any],
    weeks: Mapping[tuple[str, str], pd.Series],
    possible_below: int,
    ground: Mapping[str, Any],
) -> blocks.Explorer:
    """The block for all choices of phases.

    `grid`: the table `phase_choices`, with a column counts ("ucdp events" …); `sentences`: in plain words, by the
    values of `AXES`. `labels`: for each of `AXES` but min_weeks the words of each value. `published`: the value of each
    axis in the report. `weeks`: totals by first day of week, by counts and area. `possible_below`: a break on fewer week
    grids is only possible. `ground`: what `map_ground` gives. Raises KeyError for a published choice that is not in
    the grid."""
    offered = {axis: [value for value in labels[axis] if (grid[axis] == value).any()] for axis in AXES[:-1]}
    offered["min_weeks"] = sorted(int(value) for value in grid["min_weeks"].unique())
    first = grid["date_first"].min()
    cuts: dict[str, int] = {}
    which = {}
    for key, rows in by_choice(grid).items():
        phases = [
            [
                int((row["date_first"] - first).days),
                LEVELS.index(row["level"]),
                int(not pd.isna(row["n_grids"]) and row["n_grids"] < possible_below),
                int(row["total"]),
                number(row["per_day"]),
                *(int(row[f"fatalities_{name}"]) for name in ("low", "best", "high")),
            ]
            for row in rows
        ]
        worst = max(range(len(rows)), key=lambda place: rows[place]["per_day"])
        packed = json.dumps([sentences[key], phases, worst], separators=(",", ":"), ensure_ascii=False)
        which[key] = cuts.setdefault(packed, len(cuts))
    every = itertools.product(*(offered[axis] for axis in AXES))
    told = {
        "axes": {axis: [[value, labels[axis][value]] for value in offered[axis]] for axis in AXES[:-1]},
        "lengths": offered["min_weeks"],
        "published": [offered[axis].index(published[axis]) for axis in AXES],
        "first_day": f"{first:%Y-%m-%d}",
        "n_days": int((grid["date_last"].max() - first).days) + 1,
        "first_week": min(int((one.index[0] - first).days) for one in weeks.values()),
        "weeks": {" ".join(key): [int(n) for n in series] for key, series in weeks.items()},
        "cuts": [json.loads(one) for one in cuts],
        "which": [which.get(key, -1) for key in every],
        "map": ground,
    }
    return blocks.Explorer(json.dumps(told, separators=(",", ":"), ensure_ascii=False), "phases")


def by_choice(grid: pd.DataFrame) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """The rows of each choice of the table `phase_choices`, by the values of `AXES`, in their order."""
    keys: list[tuple[Any, Any]] = sorted(grid.groupby(list(AXES)).indices.items())
    rows: list[dict[str, Any]] = grid.to_dict("records")  # type: ignore[assignment]
    return {key: [rows[place] for place in places] for key, places in keys}


def map_ground(
    cells: pd.DataFrame,
    towns: pd.DataFrame,
    outline: Mapping[str, Any] | None,
    *,
    first: pd.Timestamp,
) -> dict[str, Any]:
    """A map in units of its own: its ground as paths, towns, cells by their upper left corner, and who was killed in
    which cell on which day (days from `first`; cell -1: the place is not known). `cells`: date, cell_lat, cell_lon,
    fatalities_best; `towns`: name, lat, lon; `outline`: the GeoJSON of `cases.outline`. Frame and shades are those of
    the figure. Empty where no place is known."""
    killed = cells[cells["fatalities_best"] > 0]
    known = placed(killed)
    if known.empty:
        return {}
    west, east, south, north, narrow = extent(known)
    unit = WIDE / ((east - west) * narrow)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * narrow * unit, 1), round((north - lat) * unit, 1)

    paths: dict[str, list[str]] = {"sea": [], "governorate": [], "border": []}
    for feature in (outline or {"features": []})["features"]:
        kind, parts = feature["properties"].get("kind", "border"), feature["geometry"]["coordinates"]
        for line in parts if kind == "border" else parts[:1]:
            points = " ".join(f"{x:g} {y:g}" for x, y in (at(*point[:2]) for point in line))
            paths[kind].append(f"M{points}")
    moved = killed.assign(cell_lon=known["cell_lon"])
    by_cell = moved.groupby(["cell_lat", "cell_lon"])
    corners = by_cell.size().reset_index()[["cell_lat", "cell_lon"]].to_numpy().tolist()
    placed_on = {"day": (moved["date"] - first).dt.days, "place": by_cell.ngroup().fillna(-1)}
    of_days = moved.assign(**placed_on).groupby(["day", "place"], as_index=False)
    dead = of_days["fatalities_best"].sum().astype(int)
    return {
        "size": [WIDE, round((north - south) * unit, 1)],
        "ground": {kind: "".join(found) for kind, found in paths.items()},
        "towns": [[*at(row["lon"], row["lat"]), row["name"]] for row in towns.to_dict("records")],
        "cells": [at(lon, lat + CELL) for lat, lon in corners],
        "cell": [round(CELL * narrow * unit * 0.94, 1), round(CELL * unit * 0.94, 1)],
        "classes": [[int(least), shade] for least, shade in CLASSES],
        "dead": dead.to_numpy().ravel().tolist(),
    }
