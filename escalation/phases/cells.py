"""The map's cells: where its edges are, and how dark a cell is."""

import numpy as np
import pandas as pd

CLASSES = ((1, 0.2), (10, 0.4), (25, 0.6), (50, 0.8), (100, 1.0))  # killed in a cell from, and how dark
FRAMED = 0.995  # share of the killed that the frame of the map holds on each side
CELL = 0.1  # degrees
TALLEST = 1.4  # of a map, its height to its width


def placed(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows with a cell (cell_lat, cell_lon); the longitudes of an area on both sides of the date line run on
    beyond 180."""
    drawn = cells.dropna(subset=["cell_lat", "cell_lon"])
    if drawn["cell_lon"].max() - drawn["cell_lon"].min() > 180:
        drawn = drawn.assign(cell_lon=drawn["cell_lon"] % 360)
    return drawn


def extent(drawn: pd.DataFrame) -> tuple[float, float, float, float, float]:
    """West, east, south and north of the map that holds nearly all who were killed (fatalities_best) in the cells, and
    how long a degree of longitude is in degrees of latitude. An area much taller than wide gets room at its sides."""
    (west, east), (south, north) = (_frame(drawn, name) for name in ("cell_lon", "cell_lat"))
    narrow = round(float(np.cos(np.radians((south + north) / 2))), 2)
    beside = max(0.0, (north - south) / (TALLEST * narrow) - (east - west)) / 2
    return west - beside, east + beside, south, north, narrow


def _frame(drawn: pd.DataFrame, name: str) -> tuple[float, float]:
    """Between which cells nearly all were killed, a little beyond them."""
    sums = drawn.groupby(name)["fatalities_best"].sum().cumsum() / max(
        float(drawn["fatalities_best"].sum()), 1
    )
    first, last = sums.index[int((sums > 1 - FRAMED).argmax())], sums.index[int((sums >= FRAMED).argmax())]
    return float(first) - CELL, float(last) + 2 * CELL
