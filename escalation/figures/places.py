"""The map: where each phase killed."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted, days, number


TALLEST = 1.4  # of a map, its height to its width


def outline(axes: Axes, lines: list[list[list[float]]]) -> None:
    """A coast or border as thin lines; none is drawn for a case without one."""
    for line in lines:
        axes.plot([x for x, _ in line], [y for _, y in line], color=style.GREY, linewidth=0.7, zorder=1)


def _degrees(lat: float, lon: float) -> str:
    """A place as its degrees, whichever side of the equator and of the date line: "6.25° S, 155.50° E"."""
    lon = (lon + 180) % 360 - 180
    return f"{abs(lat):.2f}° {'S' if lat < 0 else 'N'}, {abs(lon):.2f}° {'W' if lon < 0 else 'E'}"


def by_phase(
    cells: pd.DataFrame,
    table: pd.DataFrame,
    towns: pd.DataFrame,
    places: pd.DataFrame,
    border: dict[str, Any] | None,
    *,
    source: str,
) -> Chart:
    """Small multiples by phase: a circle a 0.1° cell, its area the people killed (in 24 steps of its radius).
    `cells`: phase, cell_lat, cell_lon, fatalities_best (a row without a cell counts in the numbers and is not
    drawn); `towns`: name, lat, lon for orientation, `places` the same for naming the deadliest cell;
    `border`: GeoJSON with lines, or None."""
    if cells["cell_lat"].isna().all():
        return absent("Where each phase killed", "events with a known place", source=source)
    n = len(table)
    columns = min(2, n)
    rows = -(-n // columns)
    lines = [
        line
        for feature in (border or {"features": []})["features"]
        for line in feature["geometry"]["coordinates"]
    ]
    drawn = cells.dropna(subset=["cell_lat", "cell_lon"])
    if drawn["cell_lon"].max() - drawn["cell_lon"].min() > 180:  # an area on both sides of the date line
        drawn = drawn.assign(cell_lon=drawn["cell_lon"] % 360)
    unplaced = float(cells["fatalities_best"].sum() - drawn["fatalities_best"].sum())
    west, east = drawn["cell_lon"].min() - 0.15, drawn["cell_lon"].max() + 0.25
    south, north = drawn["cell_lat"].min() - 0.1, drawn["cell_lat"].max() + 0.2
    top = drawn.groupby(["cell_lat", "cell_lon"])["fatalities_best"].sum()
    lat, lon = (float(edge) for edge in top.index[int(top.argmax())])
    share = top.max() / cells["fatalities_best"].sum()
    by_distance = places.assign(
        d=(places["lat"] - lat - 0.05) ** 2 + (places["lon"] - lon - 0.05) ** 2
    ).sort_values("d")
    near = _degrees(lat + 0.05, lon + 0.05) if places.empty else by_distance.iloc[0]["name"]
    # a degree of longitude, in degrees of latitude; an area much taller than wide gets room at its sides
    narrow = round(float(np.cos(np.radians((south + north) / 2))), 2)
    room = max(0.0, (north - south) / (TALLEST * narrow) - (east - west)) / 2
    west, east = west - room, east + room
    title = (
        f"The deadliest square of the map lies near {near}, with {100 * share:.0f} % of those recorded as"
        " killed"
    )
    subtitle = (
        "People killed by 0.1° cell and phase, best estimate, n ="
        f" {number(float(cells['fatalities_best'].sum()))}; circle areas on one scale"
    )
    wide = (style.WIDTH - 0.3 - 0.12 * (columns - 1)) / columns
    tall = wide * (north - south) / ((east - west) * narrow)
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=(tall + 0.3) * rows,
        rows=rows,
        columns=columns,
        left=0.15,
        right=0.15,
        bottom=0.1,
        gap=0.3,
        side=0.12,
        head=0.2,
    )
    largest = float(drawn["fatalities_best"].max())
    for place, box in enumerate(axes.reshape(-1)):
        box.axis("off")
        if place >= n:
            continue
        phase = table.iloc[place]
        part = drawn[drawn["phase"] == phase["phase"]]
        outline(box, lines)
        steps = np.maximum(1, np.round(24 * np.sqrt(part["fatalities_best"].astype(float) / largest)))
        for step, same in part.groupby(steps):
            size = 16 * float(step) / 24
            box.plot(
                same["cell_lon"] + 0.05,
                same["cell_lat"] + 0.05,
                "o",
                color=style.FATALITIES,
                markersize=size,
                alpha=0.55,
                mew=0,
                zorder=2,
            )
        for town in towns.to_dict("records"):
            box.plot(town["lon"], town["lat"], "+", color=style.TALKS, markersize=4, mew=0.8, zorder=3)
            box.text(
                town["lon"] + 0.04,
                town["lat"],
                town["name"],
                size=style.SMALL - 0.9,
                va="center",
                color=style.TALKS,
                zorder=3,
            )
        box.set_xlim(west, east)
        box.set_ylim(south, north)
        box.set_aspect(1 / narrow)
        killed = float(cells.loc[cells["phase"] == phase["phase"], "fatalities_best"].sum())
        box.set_title(
            f"from {phase['date_first'].day} {phase['date_first']:%b %Y}:"
            f" {number(killed)}\n({phase['level']}, {phase['days']} days)",
            size=style.SMALL,
            loc="left",
            pad=2,
        )
    said = "; ".join(
        f"{days(row['date_first'], row['date_last'])}:"
        f" {number(float(cells.loc[cells['phase'] == row['phase'], 'fatalities_best'].sum()))} in"
        f" {counted(int((drawn['phase'] == row['phase']).sum()), 'cell')}"
        for row in table.to_dict("records")
    )
    said_of_unplaced = (
        f"Killed in events whose place is known to no cell: {number(unplaced)}, counted in the numbers and"
        " not drawn. "
        if unplaced
        else ""
    )
    return Chart(
        figure,
        cells,
        title,
        subtitle,
        caption=(
            "A circle stands in the middle of a cell of about ten kilometres, not at a place: nothing finer"
            " is shown. Events known only to a district stand in the cell of its centre."
            f" {said_of_unplaced}No lines of control are drawn, for none can be supported here."
        ),
        alt=f"Small maps of {counted(n, 'phase')} with circles for people killed. Killed by phase: {said}.",
        description=f"Killed by phase: {said}.",
        source=source,
        n=int(cells["fatalities_best"].sum()),
    )
