"""Where it happened: a map by phase, and the parts of the area side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.figures.titles import areas_title, map_title
from escalation.findings import counted, day, days, number
from escalation.phases.cells import CELL, CLASSES, extent, placed

PLATE = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.5, "alpha": 0.75}
LINE = 14  # px that a name and the mark of a town keep apart


def _ground(
    axes: Axes, border: dict[str, Any] | None, towns: pd.DataFrame, *, wide: float, labelled: bool
) -> None:
    """Sea, governorates and border of a case's outline, on axes `wide` pixels wide; nothing for a case without
    one. A governorate's name keeps off the marks of `towns` (lat, lon)."""
    for feature in (border or {"features": []})["features"]:
        kind, parts = feature["properties"].get("kind", "border"), feature["geometry"]["coordinates"]
        if kind == "border":
            for line in parts:
                axes.plot(*np.asarray(line).T, color=style.GREY, linewidth=1.1, zorder=1)
        else:
            look: dict[str, Any] = {"facecolor": style.SEA, "edgecolor": "none"}
            if kind == "governorate":
                look = {"facecolor": "none", "edgecolor": style.HAIR}
            axes.add_artist(Polygon(np.asarray(parts[0]), linewidth=0.9, zorder=0.5, **look))
        if kind == "governorate" and labelled:
            (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
            corners = np.asarray(parts[0]).clip([west, south], [east, north])
            x, y = (corners.min(axis=0) + corners.max(axis=0)) / 2
            name = feature["properties"]["name"]
            half = (style.width_of(name) / 2 + 4) * (east - west) / wide
            x = float(np.clip(x, west + half, east - half))
            over = towns.loc[(towns["lon"] - x).abs() < 1.3 * half, "lat"]
            a_line = LINE * (east - west) * np.cos(np.radians(y)) / wide  # in degrees of latitude
            free = [
                place
                for place in (y, y - a_line, y + a_line, y - 2 * a_line)
                if not ((over - place).abs() < a_line).any()
            ]
            axes.text(
                x,
                free[0] if free else y,
                name,
                size=style.SMALL,
                ha="center",
                va="center",
                bbox=PLATE,
                zorder=3,
            )


def by_phase(
    cells: pd.DataFrame,
    table: pd.DataFrame,
    towns: pd.DataFrame,
    places: pd.DataFrame,
    border: dict[str, Any] | None,
    *,
    source: str,
) -> Chart:
    """A small map a phase, named by its days: a square a 0.1° cell, the darker the more were killed.
    `cells`: phase, cell_lat, cell_lon, fatalities_best (a row without a cell counts in the numbers and is not
    drawn); `towns`: name, lat, lon for orientation, `places` the same for naming the deadliest cell; `border`:
    GeoJSON whose features are of the kinds border (lines), governorate and sea (polygons), or None."""
    if cells["cell_lat"].isna().all():
        return absent("Where each phase killed", "events with a known place", source=source)
    drawn = placed(cells)
    killed_in = {
        row["phase"]: float(cells.loc[cells["phase"] == row["phase"], "fatalities_best"].sum())
        for row in table.to_dict("records")
    }
    unplaced = float(cells["fatalities_best"].sum() - drawn["fatalities_best"].sum())
    west, east, south, north, narrow = extent(drawn)
    framed = drawn["cell_lon"].between(west, east) & drawn["cell_lat"].between(south, north)
    outside = float(drawn.loc[~framed, "fatalities_best"].sum())
    tops = drawn.groupby(["cell_lat", "cell_lon"])["fatalities_best"].sum()
    lat, lon = (float(edge) + 0.05 for edge in tops.index[int(tops.argmax())])
    near = places.assign(d=(places["lat"] - lat) ** 2 + ((places["lon"] - lon) * narrow) ** 2).sort_values(
        "d"
    )
    named = f"{lat:.2f}° N, {lon:.2f}° E" if near.empty else str(near.iloc[0]["name"])
    drawn = drawn[framed]

    def on(sheet: style.Sheet) -> Figure:
        columns = min(2 if sheet.is_narrow else 3, len(table))
        rows, side, edge = -(-len(table) // columns), 10, 2
        wide = (sheet.width - 2 * edge - side * (columns - 1)) / columns
        tall, head, foot = wide * (north - south) / ((east - west) * narrow), 50, 46
        figure, axes = style.canvas(
            sheet,
            height=tall * rows + head * (rows - 1),
            rows=rows,
            columns=columns,
            left=edge,
            right=edge,
            top=head,
            bottom=foot,
            gap=head,
            side=side,
        )
        for place, box in enumerate(axes.reshape(-1)):
            box.set_xticks([])
            box.set_yticks([])
            box.set_visible(place < len(table))
            if place >= len(table):
                continue
            phase = table.iloc[place]
            for spine in box.spines.values():
                spine.set(visible=True, color=style.HAIR)
            box.set_xlim(west, east)
            box.set_ylim(south, north)
            _ground(box, border, towns, wide=wide, labelled=place == min(1, len(table) - 1))
            part = drawn[drawn["phase"] == phase["phase"]]
            for (least, shade), (most, _) in zip(CLASSES, [*CLASSES[1:], (np.inf, 0)], strict=True):
                of_class = part[part["fatalities_best"].ge(least) & part["fatalities_best"].lt(most)]
                for cell in of_class.to_dict("records"):
                    look: dict[str, Any] = {
                        "facecolor": style.FATALITIES,
                        "alpha": shade,
                        "linewidth": 0,
                        "zorder": 2,
                    }
                    box.add_artist(
                        Rectangle((cell["cell_lon"], cell["cell_lat"]), CELL * 0.94, CELL * 0.94, **look)
                    )
            _towns(box, towns, wide=wide, labelled=place == 0)
            first = phase["date_first"]
            until = phase["date_last"]
            box.annotate(
                f"{first.day} {first:%b %Y} – {until.day} {until:%b %Y}",
                (0, 1), (0, 24), xycoords="axes fraction", textcoords="offset points", size=style.SMALL, weight="bold",
            )  # fmt: skip
            box.annotate(
                f"{number(killed_in[phase['phase']])} killed, {number(killed_in[phase['phase']] / phase['days'], 1)} a day",
                (0, 1), (0, 7), xycoords="axes fraction", textcoords="offset points", size=style.SMALL, color=style.GREY,
            )  # fmt: skip
        _legend(figure, sheet)
        return figure

    n = int(cells["fatalities_best"].sum())
    crosses = " Crosses: towns, named in the first map." if len(towns) else ""
    said = "; ".join(
        f"{days(row['date_first'], row['date_last'])}: {number(killed_in[row['phase']])}"
        f" ({counted(int((drawn['phase'].eq(row['phase']) & drawn['fatalities_best'].ge(CLASSES[0][0])).sum()), 'cell')} drawn)"
        for row in table.to_dict("records")
    )
    unplaced_said = (
        f" Killed in events whose place is known to no cell: {number(unplaced)}, counted in the numbers and not drawn."
        if unplaced
        else ""
    )
    outside_said = f" Outside the frame: {number(outside)} killed." if outside else ""
    return Chart(
        on,
        cells,
        map_title(named, float(tops.max()), n),
        f"People killed by 0.1° cell (about ten kilometres) and phase, best estimate, n = {number(float(n))}; the"
        " stronger the shade, the more",
        caption="A square is a cell, not a place: nothing finer is shown. Events known only to a "
        f"district stand in the cell of its centre.{crosses}{unplaced_said}{outside_said} No lines of control are drawn, for none can be supported here.",
        alt=f"{'A small map' if len(table) == 1 else 'Small maps'} of {counted(len(table), 'phase')} with squares for people killed. Killed by phase: {said}.",
        description=f"Killed by phase: {said}.",
        source=source,
        n=n,
    )


def _towns(box: Axes, towns: pd.DataFrame, *, wide: float, labelled: bool) -> None:
    """Crosses, and their names on the side where there is room. `wide`: pixels of the axes."""
    west, east = box.get_xlim()
    for town in towns.to_dict("records"):
        lat, lon = town["lat"], town["lon"]
        box.plot(
            lon, lat, "+", color=style.PAPER, markersize=10, mew=4, zorder=3
        )  # so that it shows on any shade
        box.plot(lon, lat, "+", color=style.TALKS, markersize=7, mew=1.4, zorder=3)
        crowded = ((towns["lat"] - lat).abs() < 0.15) & (towns["lon"] > lon) & (towns["lon"] < lon + 0.6)
        name = town["name"].removesuffix(" city")
        x, room = (lon - west) / (east - west) * wide, style.width_of(name) + 6
        side, shift = ("right", (-6, 0)) if crowded.any() or x + room > wide else ("left", (6, 0))
        if side == "right" and room > x:
            side, shift = "center", (0, -12)
        if labelled:
            box.annotate(
                name,
                (lon, lat),
                shift,
                textcoords="offset points",
                ha=side,
                va="center",
                size=style.SMALL,
                color=style.TALKS,
                bbox=PLATE,
                zorder=4,
            )


def _legend(figure: Figure, sheet: style.Sheet) -> None:
    """Shades with what they stand for, at the foot."""
    height = 72 * figure.get_size_inches()[1]
    box = figure.add_axes((0, 0, 1, 42 / height))
    box.set_xlim(0, sheet.width)
    box.set_ylim(0, 42)
    box.axis("off")
    box.text(2, 33, "people killed in a cell", va="center", size=style.SMALL, color=style.GREY)
    x = 2.0
    for (least, shade), (most, _) in zip(CLASSES, [*CLASSES[1:], (0, 0)], strict=True):
        label = f"{least}–{most - 1}" if most else f"{least}+"
        look: dict[str, Any] = {"facecolor": style.FATALITIES, "alpha": shade, "linewidth": 0}
        box.add_patch(Rectangle((x, 5), 13, 13, **look))
        box.text(x + 17, 12, label, va="center_baseline", size=style.SMALL)
        x += 17 + style.width_of(label) + 10


def areas(
    panels: Mapping[str, pd.Series],
    found: pd.DataFrame,
    table: pd.DataFrame,
    *,
    what: str,
    colour: str,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """Weekly counts of each part of the area on one scale, with the breaks found in that part alone over the
    phases of the whole. `panels`: name → weekly totals; `found`: the frame of `phases.by_area`; `table`: the
    phases of the whole."""
    if not panels:
        return absent(
            "The parts of the area side by side", f"look at {what.lower()} by part of the area", source=source
        )
    start, end = table["date_first"].iloc[0], table["date_last"].iloc[-1]
    top = max(float(weeks.max()) for weeks in panels.values())
    cuts = {
        row["area"]: [pd.Timestamp(stamp) for stamp in str(row["dates"]).split(" | ") if stamp]
        for row in found.to_dict("records")
    }

    def on(sheet: style.Sheet) -> Figure:
        columns = 1 if sheet.is_narrow or len(panels) == 1 else 2
        rows = -(-len(panels) // columns)
        tall = 96 if sheet.is_narrow else 120
        figure, axes = style.canvas(
            sheet,
            height=tall * rows + 74 * (rows - 1),
            rows=rows,
            columns=columns,
            left=34,
            right=10,
            top=30,
            gap=74,
            side=44,
            share_y=True,
        )
        boxes = axes.reshape(-1)
        for box in boxes[len(panels) :]:
            box.set_visible(False)
        for box, (name, weeks) in zip(boxes, panels.items(), strict=False):
            style.bands(box, table, labels=False)
            x = [style.at(stamp) for stamp in weeks.index] + [style.at(weeks.index[-1]) + 7]
            y = [*weeks.to_numpy(dtype=float), float(weeks.iloc[-1])]
            box.fill_between(x, y, step="post", color=colour, alpha=0.3, linewidth=0)
            box.step(x, y, where="post", color=colour, linewidth=1.3)
            for stamp in cuts.get(name, []):
                box.axvline(style.at(stamp), color=style.INK, linewidth=1.1)
            box.set_ylim(0, top * 1.05 if top else 1)
            box.locator_params(axis="y", nbins=3, integer=True)
            n_breaks = len(cuts.get(name, []))
            words = f"{name}: {number(float(weeks.sum()))}, {counted(n_breaks, 'break') if n_breaks else 'no break'}"
            box.set_title(words, loc="left", size=style.BODY, weight="bold", pad=7)
            style.months(box, start, end, every=6 if columns == 2 else 3)
        return figure

    rows = [
        pd.DataFrame({"area": name, "week": weeks.index, "count": weeks.to_numpy()})
        for name, weeks in panels.items()
    ]
    said = "; ".join(
        f"{name}: {number(float(weeks.sum()))}, breaks "
        + (", ".join(day(stamp) for stamp in cuts.get(name, [])) or "none")
        for name, weeks in panels.items()
    )
    totals = {name: float(weeks.sum()) for name, weeks in panels.items()}
    few = "events" if "event" in what.lower() else "deaths"
    return Chart(
        on,
        pd.concat(rows, ignore_index=True),
        areas_title(totals, what),
        f"{what} a week in each part of the area, one scale; lines: breaks found in that part alone; bands: phases of the whole",
        caption=f"Each part was searched by the same rule as the whole; where few {few} were recorded, no break can be found. Days beyond whole weeks are in no step.",
        alt=f"{counted(len(panels), 'step chart').capitalize()} of weekly counts by part of the area. {said}.",
        description=f"{said}.",
        source=source,
        n=int(sum(totals.values())),
    )
