"""The main drawing: what was recorded week by week, its phases, the talks, the truces, and the events that a
reader will look for. Time runs to the right, on a phone downwards."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]

from escalation.figures import style
from escalation.figures.save import Chart
from escalation.figures.style import at
from escalation.figures.titles import phases_title
from escalation.findings import counted, day, days, number

OTHER_LANE = "other meetings"
MARKS = "os^D"  # of the lanes, where there is no room for lanes
LINE = 15  # px from one line of small words to the next


def timeline(
    weeks: pd.Series,
    killed: pd.Series | None,
    breaks: pd.DataFrame,
    table: pd.DataFrame,
    talks: pd.DataFrame,
    truces: pd.DataFrame,
    named: pd.DataFrame,
    *,
    lanes_of: Mapping[str, Collection[str]],
    what: str,
    colour: str,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """`weeks`, `killed`: totals by first day of week, of what is counted and of people killed (None: left out);
    `breaks` with ranges, or without; `table`: the phases with level and rates; `talks`: talk_id, title, format, date_first, date_last;
    `truces`: name, effective_date, date_last (collapse, or the end of the window), is_open; `named`: label,
    date; `lanes_of`: the formats of talks in each lane, by its name; all others share one. The last three may
    be empty."""
    lane_of = _lanes(talks, lanes_of)
    drawn = _Drawn(weeks, killed, breaks, table, talks, truces, named, lane_of, what, colour, silent)
    n = int(weeks.sum())
    dead = "" if killed is None else f" and people killed a week (best estimate, n = {int(killed.sum()):,})"
    in_weeks = [(n, int(table["total"].sum()), "")]
    in_weeks += (
        [] if killed is None else [(int(killed.sum()), int(table["fatalities_best"].sum()), " killed")]
    )
    data = pd.DataFrame({"week": weeks.index, "count": weeks.to_numpy()})
    peak = weeks.idxmax()
    kinds = lane_of.value_counts().to_dict()
    pairs = [
        f"{lane}: {count}" if 1 in kinds.values() else f"{count} {lane}" for lane, count in kinds.items()
    ]
    said_of_talks = ", ".join(pairs) if len(pairs) > 1 else ""
    lines = [
        f"{days(row['date_first'], row['date_last'])}: {row['level']}, {number(row['per_day'])} a day "
        f"({number(row['per_day_low'])} to {number(row['per_day_high'])})"
        + ("" if killed is None else f", {number(row['fatalities_best'])} killed")
        for row in table.to_dict("records")
    ]
    unsure = int(breaks["is_possible"].astype(bool).sum())
    told = [f"{row['label']} ({day(row['date'])})" for row in named.to_dict("records")]
    told_truces = [
        f"{row['name']}, {days(row['effective_date'], row['date_last'])}" for row in truces.to_dict("records")
    ]
    return Chart(
        drawn.on,
        data if killed is None else data.assign(killed=killed.to_numpy()),
        phases_title(table, breaks),
        f"{what} a week (n = {n:,} in {len(weeks)} whole weeks){dead}",
        caption="Bands: phases, with the day each begins and its rate"
        + (
            "; thick short lines: how far each beginning could move (roughly 85 to 90 %)"
            if len(breaks)
            else ""
        )
        + (
            f"; dashed: {counted(unsure, 'break')} found on fewer than five of seven week grids"
            if unsure
            else ""
        )
        + ". Levels are names for rates, not for causes."
        + (" A truce's bar ends on the day its sources give for its end" if len(truces) else "")
        + (
            "; an arrow: none was declared over by the end."
            if truces["is_open"].any()
            else ("." if len(truces) else "")
        )
        + style.silence_said(silent)
        + f" Each step is a week{style.beyond_weeks(*in_weeks)}.",
        alt=f"Time chart of {what.lower()} a week, {len(weeks)} weeks, n = {n:,}, in {counted(len(table), 'phase')}: "
        f"{', '.join(table['level'])}. Highest week: {number(weeks.max())} in the week of {day(peak)}. "
        f"{counted(len(talks), 'meeting').capitalize()}{f' ({said_of_talks})' if said_of_talks else ''} and "
        f"{counted(len(truces), 'truce')} are marked.",
        description=f"Phases: {'; '.join(lines)}."
        + (f" Named events: {'; '.join(told)}." if told else "")
        + (f" Truces: {'; '.join(told_truces)}." if told_truces else ""),
        source=source,
        n=n,
        sheets=(style.FULL, style.STANDARD, style.NARROW),
    )


def _lanes(talks: pd.DataFrame, lanes_of: Mapping[str, Collection[str]]) -> pd.Series:
    """The lane of each meeting."""
    of_format = {form: lane for lane, forms in lanes_of.items() for form in forms}
    lanes = talks["format"].map(of_format).fillna(OTHER_LANE).astype("str")
    return lanes if lanes.isin(list(lanes_of)).any() else lanes.replace(OTHER_LANE, "meetings")


class _Drawn:
    """The parts, and where they stand on a wide and on a narrow sheet."""

    def __init__(self, *parts: Any) -> None:
        self.weeks, self.killed, self.breaks, self.table, self.talks, self.truces, self.named = parts[:7]
        self.lane_of, self.what, self.colour, self.silent = parts[7:]
        used = set(self.lane_of)
        order = [*dict.fromkeys(self.lane_of)]
        self.lanes = sorted(order, key=lambda lane: (lane == OTHER_LANE, -int((self.lane_of == lane).sum())))
        self.lanes = [lane for lane in self.lanes if lane in used]
        self.start, self.end = self.table["date_first"].iloc[0], self.table["date_last"].iloc[-1]
        # one mark a week: the count holds until the next begins
        self.edges = [at(stamp) for stamp in self.weeks.index] + [at(self.weeks.index[-1]) + 7]

    def on(self, sheet: style.Sheet) -> Figure:
        """The drawing on a sheet."""
        return self.downwards(sheet) if sheet.is_narrow else self.rightwards(sheet)

    # wide: time to the right

    def rightwards(self, sheet: style.Sheet) -> Figure:
        """Panels under each other on one time axis."""
        left, right = (150, 16) if sheet.width > 1000 else (118, 10)
        room = sheet.width - left - right
        placed = self._tiers(room)
        tiers = 1 + max((tier for *_, tier in placed), default=-1)
        lane_heights = [max(22, LINE * len(style.wrapped(lane, left - 12)) + 6) for lane in self.lanes]
        heights = {
            "names": 18.0 * tiers,
            "events": 210.0 if sheet.width > 1000 else 170.0,
            "killed": 0.0 if self.killed is None else 74.0,
            "talks": float(sum(lane_heights)),
            "truces": 20.0 * len(self.truces),
        }
        heights = {name: height for name, height in heights.items() if height}
        figure, axes = style.canvas(
            sheet,
            height=sum(heights.values()) + 12 * (len(heights) - 1),
            rows=len(heights),
            ratios=list(heights.values()),
            left=left,
            right=right,
            top=6,
            bottom=40,
            gap=12,
            share_x=True,
        )
        panels = dict(zip(heights, axes[:, 0], strict=True))
        for name, box in panels.items():
            if name != "names":
                style.bands(box, self.table, labels=False)
            for found in self.breaks.to_dict("records"):
                if name != "names":
                    faint = name in ("talks", "truces")
                    look = {"color": style.HAIR if faint else style.INK, "linestyle": self._dashes(found)}
                    box.axvline(at(found["date"]), linewidth=1, zorder=0.5, **look)
        self._events(panels["events"], room)
        panels["events"].yaxis.set_label_coords(-40 / room, 0.45)
        if "killed" in panels:
            self._steps(panels["killed"], self.killed, style.FATALITIES)
            panels["killed"].set_ylabel("people\nkilled\na week", rotation=0, ha="right", va="center")
            panels["killed"].yaxis.set_label_coords(-40 / room, 0.45)
        if "talks" in panels:
            self._talks(panels["talks"], lane_heights, left)
        if "truces" in panels:
            self._truces(panels["truces"], room, left)
        if "names" in panels:
            self._names(panels["names"], panels["events"], placed, tiers)
        last = list(panels.values())[-1]
        style.months(last, self.start, self.end, silent=None)
        for box in panels.values():
            if box is not last:
                box.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
                box.spines["bottom"].set_visible(box in (panels["events"], panels.get("killed")))
        style.silence(panels["events"], self.silent)
        panels["events"].set_gid("time-x")
        return figure

    def _ranges(self) -> list[dict[Any, Any]]:
        return self.breaks.to_dict("records") if "range_first" in self.breaks else []

    @staticmethod
    def _dashes(found: Mapping[str, Any]) -> Any:
        return (0, (4, 2)) if found["is_possible"] else "solid"

    def _steps(self, box: Axes, weeks: pd.Series, colour: str) -> None:
        y = [*weeks.to_numpy(dtype=float), float(weeks.iloc[-1])]
        box.fill_between(self.edges, y, step="post", color=colour, alpha=0.3, linewidth=0)
        box.step(self.edges, y, where="post", color=colour, linewidth=1.4)
        box.set_ylim(0, max(y) * 1.05 if max(y) else 1)
        box.locator_params(axis="y", nbins=4, integer=True)

    def _events(self, box: Axes, room: float) -> None:
        self._steps(box, self.weeks, self.colour)
        box.set_ylim(0, max(1.0, float(self.weeks.max())) * 1.32)  # above: the phases' names
        words = self.what.lower().split()
        half = max(1, len(words) // 2)
        label = (
            f"{' '.join(words[:half])}\n{' '.join(words[half:])}\na week"
            if len(words) > 1
            else f"{words[0]}\na week"
        )
        box.set_ylabel(label, rotation=0, ha="right", va="center")
        over = box.get_xaxis_transform()
        a_pixel = (at(self.end) + 1 - at(self.start)) / room
        for found in self._ranges():
            ends = [at(found["range_first"]), at(found["range_last"]) + 7]
            box.plot(ends, [1, 1], transform=over, color=style.INK, linewidth=4, alpha=0.45, clip_on=False)
        for phase in self.table.to_dict("records"):
            first, last = at(phase["date_first"]), at(phase["date_last"]) + 1
            wide = (last - first) / a_pixel - 8
            begins = phase["date_first"]
            rate = f"{number(phase['per_day'])} a day"
            lines = [
                _fitting(wide, f"from {begins.day} {begins:%b %Y}", f"{begins.day} {begins:%b}", bold=False),
                _fitting(wide, f"{phase['level']}: {rate}", rate, number(phase["per_day"])),
            ]
            for row, (text, weight) in enumerate(zip(lines, ("normal", "bold"), strict=True)):
                box.annotate(
                    text,
                    (first, 1),
                    (5, -6 - LINE * row),
                    xycoords=over,
                    textcoords="offset points",
                    va="top",
                    size=style.SMALL,
                    weight=weight,
                    color=style.GREY if row == 0 else style.INK,
                    bbox={"facecolor": style.LEVELS[phase["level"]], "edgecolor": "none", "pad": 0.5},
                    zorder=4 - row,
                )

    def _tiers(self, room: float) -> list[tuple[dict[str, Any], str, int]]:
        """The named events with the side on which their words stand of their line, and the tier: as low as
        there is place."""
        a_pixel = room / (at(self.end) + 1 - at(self.start))
        placed: list[tuple[dict[str, Any], str, int]] = []
        spots: list[tuple[float, int]] = []  # where the lines of later events stand, and how high they reach
        for event in self.named.to_dict("records")[::-1]:
            x = (at(event["date"]) - at(self.start)) * a_pixel
            wide = style.width_of(event["label"], bold=True) + 12
            fits = x + wide <= room + 10
            under = [tier for place, tier in spots if place < x + wide or not fits]
            tier = 1 + max(under, default=-1)
            spots.append((x, tier))
            placed.append((event, "left" if fits else "right", tier))
        return placed[::-1]

    def _names(
        self, box: Axes, events: Axes, placed: list[tuple[dict[str, Any], str, int]], tiers: int
    ) -> None:
        box.set_ylim(0, tiers)
        box.axis("off")
        for event, side, tier in placed:
            x = at(event["date"])
            box.plot([x, x], [-1, tier + 0.8], color=style.INK, linewidth=1, clip_on=False, zorder=4)
            events.axvline(x, color=style.INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=2)
            box.annotate(
                event["label"],
                (x, tier + 0.45),
                (4 if side == "left" else -4, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                size=style.SMALL,
                weight="bold",
            )

    def _talks(self, box: Axes, heights: list[int], left: float) -> None:
        bottom = float(sum(heights))
        box.set_ylim(0, bottom)
        ticks = []
        for lane, height in zip(self.lanes, heights, strict=True):
            middle = bottom - height / 2
            bottom -= height
            ticks.append(middle)
            for talk in self.talks[self.lane_of == lane].to_dict("records"):
                first, last = at(talk["date_first"]), at(talk["date_last"]) + 1
                box.plot([first, max(last, first + 3)], [middle] * 2, color=style.TALKS, linewidth=11)
        box.set_yticks(ticks, ["\n".join(style.wrapped(lane, left - 12)) for lane in self.lanes])
        box.tick_params(axis="y", length=0, labelcolor=style.TALKS)
        box.spines["left"].set_visible(False)

    def _truces(self, box: Axes, room: float, left: float) -> None:
        box.set_ylim(0, len(self.truces))
        a_pixel = room / (at(self.end) + 1 - at(self.start))
        for row, truce in enumerate(self.truces.to_dict("records")):
            y = len(self.truces) - row - 0.5
            first, last = at(truce["effective_date"]), at(truce["date_last"]) + 1
            box.plot([first, max(last, first + 3)], [y, y], color=style.TRUCE, linewidth=9)
            if truce["is_open"]:
                box.plot(last, y, ">", color=style.TRUCE, markersize=15, mew=0, clip_on=False)
            name = truce["name"]
            after = room - (last - at(self.start)) * a_pixel > style.width_of(name) + 8
            box.annotate(
                name,
                (last if after else first, y),
                (5 if after else -5, 0),
                textcoords="offset points",
                ha="left" if after else "right",
                va="center",
                size=style.SMALL,
                color=style.INK,
            )
        box.set_yticks([len(self.truces) / 2], ["truces"])
        box.tick_params(axis="y", length=0, labelcolor=style.TRUCE)
        box.spines["left"].set_visible(False)

    # narrow: time downwards

    def downwards(self, sheet: style.Sheet) -> Figure:
        """Columns beside each other on one time axis: talks, truces, counts, killed, and what happened."""
        weekly = 7.8
        height, keys = weekly * len(self.weeks), self._keys(sheet.width)
        rows = 1 + max((row for *_, row in keys), default=-1)
        figure, axes = style.canvas(sheet, height=height, left=40, right=0, top=38 + 18 * rows, bottom=12)
        box = axes[0, 0]
        width = sheet.width - 40
        box.set_xlim(0, width)
        box.set_ylim(at(self.end) + 1, at(self.start))
        box.set_gid("time-y")
        for name in ("bottom", "left"):
            box.spines[name].set_visible(False)
        box.set_xticks([])
        talks, truce, events, dead, words = (0.0, 20.0), 29, (40.0, 108.0), (117.0, 150.0), 162
        for phase in self.table.to_dict("records"):
            box.axhspan(
                at(phase["date_first"]),
                at(phase["date_last"]) + 1,
                color=style.LEVELS[phase["level"]],
                linewidth=0,
                zorder=0,
            )
        for found in self.breaks.to_dict("records"):
            when, dashes = at(found["date"]), self._dashes(found)
            box.plot([0, words - 8], [when] * 2, color=style.INK, linewidth=1, linestyle=dashes, zorder=1)
        for found in self._ranges():
            ends = [at(found["range_first"]), at(found["range_last"]) + 7]
            box.plot([words - 8] * 2, ends, color=style.INK, linewidth=4, alpha=0.45, zorder=1)
        for stamp in self.silent if self.silent is not None else []:
            box.plot([events[0] - 2] * 2, [at(stamp), at(stamp) + 1], color=style.INK, linewidth=3, zorder=2)
        columns = [(events, self.weeks, self.colour)]
        columns += [] if self.killed is None else [(dead, self.killed, style.FATALITIES)]
        for (first, last), series, colour in columns:
            most = max(1.0, float(series.max()))
            x = [first + (last - first) * value / most for value in [*series, series.iloc[-1]]]
            box.fill_betweenx(
                self.edges, first, x, step="post", color=colour, alpha=0.45, linewidth=0, zorder=2
            )
            box.axvline(first, color=style.GREY, linewidth=0.8, zorder=2)
        for talk, lane in zip(self.talks.to_dict("records"), self.lane_of, strict=True):
            middle = (at(talk["date_first"]) + at(talk["date_last"]) + 1) / 2
            column = talks[0] + (talks[1] - talks[0]) * (self.lanes.index(lane) + 0.5) / max(
                len(self.lanes), 1
            )
            box.plot(
                column,
                middle,
                MARKS[self.lanes.index(lane) % 4],
                color=style.TALKS,
                markersize=7,
                mew=0,
                zorder=3,
            )
        over = box.get_xaxis_transform()
        for mark, meaning, colour, place, line in keys:
            y = 1 + (18 * (rows - line) + 26) / height
            size, edge = (12, 7) if mark == "|" else (7, 0)
            box.plot(
                place - 34, y, mark, color=colour, markersize=size, mew=edge, transform=over, clip_on=False
            )
            box.text(
                place - 24, y, meaning, transform=over, va="center_baseline", size=style.SMALL, color=colour
            )
        for row in self.truces.to_dict("records"):
            first, last = at(row["effective_date"]), at(row["date_last"]) + 1
            box.plot([truce] * 2, [first, max(last, first + 4)], color=style.TRUCE, linewidth=7, zorder=3)
            if row["is_open"]:
                box.plot(truce, last, "v", color=style.TRUCE, markersize=13, mew=0, clip_on=False)
        self._told(box, words, width, weekly)
        for middle, y, text, colour in (
            (10.0, 18, "talks", style.TALKS),
            (30, 3, "truces", style.TRUCE),
            (74, 18, f"{self.what.lower()}", self.colour),
            (133, 3, "" if self.killed is None else "killed", style.FATALITIES),
        ):
            box.annotate(
                text,
                (middle, 1),
                (0, y),
                xycoords=over,
                textcoords="offset points",
                ha="center",
                size=style.SMALL,
                color=colour,
            )
        for (_, last), series, colour in columns:
            peak = (last, at(series.idxmax()))
            look = {
                "textcoords": "offset points",
                "ha": "right",
                "size": style.SMALL,
                "color": colour,
                "zorder": 5,
            }
            box.annotate(number(series.max()), peak, (0, 1), **look)
        ticks = pd.date_range(self.start, self.end, freq="MS")
        ticks = ticks[(ticks.month - 1) % 3 == 0]
        names = [f"{tick:%Y}" if tick.month == 1 else f"{tick:%b}" for tick in ticks]
        box.set_yticks([at(tick) for tick in ticks], names)
        return figure

    def _keys(self, width: float) -> list[tuple[Any, str, str, float, int]]:
        """What the marks mean, as mark, words, colour, and where they stand: px from the left, and row."""
        keys: list[tuple[Any, str, str]] = [
            (MARKS[place % 4], lane, style.TALKS) for place, lane in enumerate(self.lanes)
        ]
        keys += [("|", "truce until its end", style.TRUCE)] if len(self.truces) else []
        placed: list[tuple[Any, str, str, float, int]] = []
        x, row = 0.0, 0
        for mark, words, colour in keys:
            wide = 16 + style.width_of(words)
            if x and x + wide > width:
                x, row = 0.0, row + 1
            placed.append((mark, words, colour, x, row))
            x += wide + 8
        return placed

    def _told(self, box: Axes, left: float, width: float, weekly: float) -> None:
        """What happened and where phases begin, in words at the right, moved apart where they would meet."""
        room = width - left - 6
        told: list[tuple[float, list[str], str, str]] = []
        for phase in self.table.to_dict("records"):
            begins = phase["date_first"]
            line = f"{begins.day} {begins:%b}: {number(phase['per_day'])} a day"
            told.append((at(begins), [line], style.INK, "bold"))
        named_days = [at(stamp) for stamp in self.named["date"]]
        for event in self.named.to_dict("records"):
            told.append((at(event["date"]), style.wrapped(event["label"], room), style.INK, "normal"))
        for truce in self.truces.to_dict("records"):
            when = at(truce["effective_date"])
            if not any(abs(when - other) <= 2 for other in named_days):
                told.append((when, style.wrapped(truce["name"], room), style.TRUCE, "normal"))
        told.sort(key=lambda one: one[0])
        pixels = weekly / 7
        heights = [LINE * len(lines) + 4 for _, lines, _, _ in told]
        tops = _apart(
            [(when - at(self.start)) * pixels for when, *_ in told], heights, weekly * len(self.weeks)
        )
        for (when, lines, colour, weight), top in zip(told, tops, strict=True):
            y = at(self.start) + top / pixels
            for row, line in enumerate(lines):
                box.text(
                    left,
                    y + (LINE * row + 11) / pixels,
                    line,
                    size=style.SMALL,
                    color=colour,
                    weight=weight,
                    va="baseline",
                    zorder=6,
                )
            box.plot([left - 8, left - 2], [when, y + 7 / pixels], color=colour, linewidth=0.8, zorder=4)


def _apart(wanted: list[float], heights: Sequence[float], end: float) -> list[float]:
    """Tops of words under each other, together as near as can be to where they are wanted (least squares: an
    isotonic regression once the heights above are taken off)."""
    if not wanted:
        return []
    above = np.concatenate([[0.0], np.cumsum(heights)[:-1]])
    tops = isotonic_regression(np.asarray(wanted) - 8 - above).x
    return [float(top) for top in np.clip(tops, 0, max(0.0, end - sum(heights))) + above]


def _fitting(room: float, *texts: str, bold: bool = True) -> str:
    """The first of the texts that fits; or the last, up to where its neighbour's begins, which would stand on it;
    or nothing."""
    fits = (
        text for text in texts if style.width_of(text, bold=bold) <= room + (6 if text == texts[-1] else 0)
    )
    return next(fits, "")
