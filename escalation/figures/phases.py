"""The figures of the second notebook: when the violence changed gear."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from escalation.figures import style
from escalation.figures.save import Chart
from escalation.findings import by_chance, counted, day, days, listed_days, number, part

BESIDE = 4  # px between a line and its date
LINE, HEAD = 18, 36  # px: a row of a table of ticks, and what names the rows below it


def _steps(axes: Axes, weeks: pd.Series, colour: str, *, room: float) -> None:
    """Weekly totals as a filled step line. `room`: how high the axes are in highest weeks."""
    counts = weeks.to_numpy(dtype=float)
    edges = [style.at(stamp) for stamp in [*weeks.index, weeks.index[-1] + pd.Timedelta(days=7)]]
    axes.stairs(counts, edges, fill=True, color=colour, alpha=0.28, linewidth=0)
    axes.stairs(counts, edges, baseline=None, color=colour, linewidth=1.4)
    axes.set_ylim(0, counts.max() * room if counts.max() else 1)
    axes.locator_params(axis="y", nbins=4, integer=True)


def _dated(found: Mapping[Any, Any]) -> str:
    """The day of a break in a few letters."""
    return f"{found['date'].day} {found['date']:%b}{'?' if found['is_possible'] else ''}"


def _break_lines(axes: Axes, breaks: pd.DataFrame) -> None:
    """Breaks as lines, their date ranges as hatched strips."""
    over = axes.get_xaxis_transform()
    ranges = [
        (style.at(found["range_first"]), style.at(found["range_last"]) + 7 - style.at(found["range_first"]))
        for found in breaks.to_dict("records")
    ]
    hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": style.GREY, "hatch": "////", "alpha": 0.35}
    axes.broken_barh(ranges, (0, 1), transform=over, linewidth=0, **hatched)
    for found in breaks.to_dict("records"):
        dashes = (0, (4, 2)) if found["is_possible"] else "solid"
        axes.axvline(style.at(found["date"]), color=style.INK, linewidth=1.4, linestyle=dashes)


def _dates_beside(axes: Axes, breaks: pd.DataFrame) -> None:
    """The dates of breaks: each where it meets no other date and, if there is room, no line."""
    start, end = axes.get_xlim()
    wide = style.pixels(axes)
    lines = [(style.at(stamp) - start) / (end - start) * wide for stamp in breaks["date"]]
    taken: list[tuple[int, float, float]] = []  # row, left and right of the dates that stand
    for line, found in zip(lines, breaks.to_dict("records"), strict=True):
        text = _dated(found)
        room = style.width_of(text, bold=True)
        spots = [
            (row, left, left + room) for row in range(3) for left in (line + BESIDE, line - BESIDE - room)
        ]
        row, left, right = min(
            spots,
            key=lambda spot: (
                spot[1] < 0 or spot[2] > wide + BESIDE,
                any(spot[0] == row and spot[1] < last and first < spot[2] for row, first, last in taken),
                sum(spot[1] < other < spot[2] for other in lines),
            ),
        )
        taken.append((row, left - BESIDE, right + BESIDE))
        axes.annotate(
            text,
            (0, 1),
            (left, -6 - 16 * row),
            xycoords="axes fraction",
            textcoords="offset points",
            size=style.SMALL,
            va="top",
            weight="bold",
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8},
        )


def sources_title(found: Mapping[str, int], recurring: Mapping[str, Any] | None) -> str:
    """How many breaks recur in the other source, beside chance. `found`: number of breaks by series;
    `recurring`: the finding `recurring_breaks`, None where there is no second source."""
    if not recurring:
        return "One source: " + ", ".join(f"{counted(n, 'break')} in {name}" for name, n in found.items())
    if not recurring["n"]:
        return f"No break in {recurring['first']} that could recur in {recurring['second']}"
    recur = "recurs" if 1 in (recurring["value"], recurring["n"]) else "recur"
    by_place = (
        f"{part(recurring['value'], recurring['n'], 'break')} in {recurring['first']} {recur} in"
        f" {recurring['second']}"
    )
    return f"{by_place}; with breaks at random {by_chance(recurring)}"


def sources(
    panels: Mapping[str, tuple[pd.Series, pd.DataFrame, str]],
    recurring: Mapping[str, Any] | None,
    *,
    start: object,
    end: object,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """Small multiples: weekly totals of each series with its own breaks. `panels`: name → (weeks, breaks with
    ranges, colour); `recurring`: the finding of that name, None if all panels are of one source."""
    found = {name: len(breaks) for name, (_, breaks, _) in panels.items()}
    title = sources_title(found, recurring)
    kept = pd.to_datetime(recurring["dates"] if recurring else [])
    subtitle = "Weekly totals, each on its own scale, with the breaks of each series"
    subtitle += "; grey columns mark the breaks that recur in the other source" if recurring else ""
    around = [(style.at(stamp) - 14, 28) for stamp in kept]
    most = max(float(weeks.max()) for weeks, _, _ in panels.values())

    def on(sheet: style.Sheet) -> Figure:
        left = max(40, style.width_of(f"{most:.0f}") + 14) if sheet.is_narrow else 60
        dates: dict[str, list[str]] = {name: [] for name in panels}
        for name, (_, breaks, _) in panels.items() if sheet.is_narrow else ():
            whole = ", ".join(_dated(found).replace(" ", "_") for found in breaks.to_dict("records"))
            dates[name] = [line.replace("_", " ") for line in style.wrapped(whole, sheet.width - left - 10)]
        head = 16 * max(len(lines) for lines in dates.values())
        gap = 42 + head
        tall = 120 if sheet.is_narrow else 151
        figure, axes = style.canvas(
            sheet,
            height=(tall + gap) * len(panels) - gap,
            rows=len(panels),
            left=left,
            right=10,
            gap=gap,
            top=20 + head,
            share_x=True,
        )
        for box, (name, (weeks, breaks, colour)) in zip(axes[:, 0], panels.items(), strict=True):
            over = box.get_xaxis_transform()
            box.broken_barh(
                around, (0, 1), transform=over, color=style.LEVELS["middle"], linewidth=0, zorder=0
            )
            style.months(box, start, end, silent=silent)
            _steps(box, weeks, colour, room=1.1 if sheet.is_narrow else 1.5)
            _break_lines(box, breaks)
            if not sheet.is_narrow:
                _dates_beside(box, breaks)
            words = f"{name}, n = {int(weeks.sum()):,}"
            box.set_title(words, loc="left", color=colour, weight="bold", size=style.BODY, pad=5 + head)
            beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
            box.annotate("\n".join(dates[name]), (0, 1), (0, 6), size=style.SMALL, weight="bold", **beside)
        return figure

    rows = [
        pd.DataFrame({"series": name, "week": weeks.index, "count": weeks.to_numpy()})
        for name, (weeks, _, _) in panels.items()
    ]
    said = [f"{name}: {listed_days(breaks['date'])}" for name, (_, breaks, _) in panels.items()]
    is_unsure = any(breaks["is_possible"].astype(bool).any() for _, breaks, _ in panels.values())
    dashed = " A dashed line with a question mark: on fewer than five grids." if is_unsure else ""
    drawn = pd.concat(rows, ignore_index=True)
    return Chart(
        on,
        drawn,
        title,
        subtitle,
        caption=(
            "Days beyond whole weeks are in no step. A break recurs when the other source has one within two"
            " weeks, by the strict or the generous criterion, and at least five of the seven possible week"
            f" grids of each source find it.{dashed} UCDP cites Airwars among its sources, so those two are not independent."
            if recurring
            else (
                "Events and deaths of one source are no check of each other: what was never recorded is in"
                " neither."
            )
        )
        + (" Hatched: how far a break could move (roughly 85 to 90 %)." if any(found.values()) else "")
        + style.silence_said(silent),
        alt=(
            f"{len(panels)} step charts under each other on one time axis. {title}. Breaks by series:"
            f" {'; '.join(said)}."
        ),
        description="Breaks by series: " + "; ".join(said) + ".",
        source=source,
        n=len(drawn),
    )


def levels(table: pd.DataFrame, *, what: str, colour: str, source: str) -> Chart:
    """Rates and deaths by phase: `table` with per_day and its interval, fatalities_low/best/high and days."""
    top, bottom = table.iloc[int(table["per_day"].argmax())], table.iloc[int(table["per_day"].argmin())]
    deaths = table["fatalities_best"]
    title = (
        f"From {number(bottom['per_day'])} to {number(top['per_day'])} a day: the highest phase began on"
        f" {day(top['date_first'])}"
        if len(table) > 1
        else f"One level: {number(top['per_day'])} a day"
    )
    subtitle = (
        f"Left: {what.lower()} a day by phase, with 90 % interval. Right: people killed a day in recorded"
        " events, low to high estimate"
    )
    a_day = {
        name: (table[f"fatalities_{name}"] / table["days"]).astype("float64")
        for name in ("low", "best", "high")
    }
    sides = (
        (what.lower(), "o", colour, table["per_day"], table["per_day_low"], table["per_day_high"]),
        ("people killed", "D", style.FATALITIES, a_day["best"], a_day["low"], a_day["high"]),
    )
    in_all = ["" for _ in deaths], [f" ({number(value)} in all)" for value in deaths]

    def on(sheet: style.Sheet) -> Figure:
        left, side = (10, 20) if sheet.is_narrow else (130, 37)
        wide = (sheet.width - left - 14 - side) / 2
        below = [style.wrapped(f"{words} a day", wide) for words, *_ in sides]
        figure, axes = style.canvas(
            sheet,
            height=64 * len(table),
            columns=2,
            left=left,
            right=14,
            side=side,
            share_y=True,
            bottom=30 + 16 * max(len(lines) for lines in below),
        )
        y = np.arange(len(table))[::-1]
        for box, (_, mark, shade, best, low, high), more, words in zip(
            axes[0], sides, in_all, below, strict=True
        ):
            top = max(float(high.max()), float(best.max()))
            end = top * 1.12 if top > 0 else 1.0  # not so where nothing is known either
            box.hlines(y, 0, end, color=style.HAIR, linewidth=0.7, zorder=0)
            box.hlines(
                y, np.minimum(low, best), np.maximum(high, best), color=shade, alpha=0.45, linewidth=6.5
            )
            box.plot(best, y, mark, color=shade, markersize=6.5 if mark == "o" else 5.9)
            box.set_xlim(0, end)
            for place, value, told in zip(y, best, more, strict=True):
                label = number(value, 1 if told else None) + told
                room = style.width_of(label)
                middle = value / end * wide - room / 2
                box.annotate(
                    label,
                    (0, place),
                    (min(max(3, middle), wide - room), 7),
                    textcoords="offset points",
                    size=style.SMALL,
                )
            box.set_xlabel("\n".join(words))
            box.locator_params(axis="x", nbins=6 if wide > 200 else 4)
            box.tick_params(axis="y", length=0)
            box.spines["left"].set_visible(not sheet.is_narrow)  # else it would cross the names of the phases
        names = [
            (f"from {row['date_first'].day} {row['date_first']:%b %Y}", f"{row['days']} days, {row['level']}")
            for row in table.to_dict("records")
        ]
        first = axes[0, 0]
        first.set_ylim(-0.35, len(table) - 0.35)
        first.set_yticks(y, [] if sheet.is_narrow else ["\n".join(lines) for lines in names])
        for place, lines in zip(y, names if sheet.is_narrow else [], strict=False):
            first.annotate(
                ": ".join(lines),
                (0, place),
                (0, 23),
                textcoords="offset points",
                size=style.SMALL,
                color=style.GREY,
            )
        return figure

    columns = ["phase", "date_first", "date_last", "days", "level", "per_day", "per_day_low", "per_day_high"]
    columns += [f"fatalities_{name}" for name in ("low", "best", "high")]
    return Chart(
        on,
        table[columns],
        title,
        subtitle,
        caption=(
            "Dots: rate of the phase. Bars on the left: 90 % interval from redrawing the days of a phase in"
            " blocks of a week. Bars on the right: the source's low and high estimates, which hold only the"
            " doubt its coders wrote down."
        ),
        alt=(
            (
                f"Two dot charts by phase, {counted(len(table), 'phase')}. Lowest: {number(bottom['per_day'])} a"
                f" day from {day(bottom['date_first'])}; highest: {number(top['per_day'])} a day from"
                f" {day(top['date_first'])}. People killed, best estimate, in order of the phases:"
                f" {', '.join(number(value) for value in deaths)}."
            )
            if len(table) > 1
            else f"Two dot charts of one phase: {number(top['per_day'])} a day; people killed, best estimate,"
            f" {number(float(deaths.iloc[0]))}."
        ),
        description="; ".join(
            f"{days(row['date_first'], row['date_last'])}: {number(row['per_day'])} a day,"
            f" {number(row['fatalities_low'])} to {number(row['fatalities_high'])} killed, best"
            f" {number(row['fatalities_best'])}"
            for row in table.to_dict("records")
        )
        + ".",
        source=source,
        n=int(table["total"].sum()),
    )


def names(
    lanes: Mapping[str, pd.DataFrame],
    agreement: Mapping[str, float],
    *,
    start: object,
    end: object,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """Ways to cut the same years, lane by lane. `lanes`: name → date_first, date_last, level (low, middle,
    high, or a chronicle's own word); the first is ours; `agreement`: name → adjusted Rand index with it."""
    shade = {"low": 0, "low_medium": 0, "medium_low": 0, "medium": 1, "middle": 1, "high": 2, "very_high": 2}
    fills = [0.06, 0.3, 0.85]  # how dark
    is_cut = len(next(iter(lanes.values()))) > 1  # with one phase there is nothing to agree with
    others = {name: value for name, value in agreement.items() if name in lanes and is_cut}
    title = "No break was found in the counts with which others could agree"
    subtitle = "Phases by way of cutting; the stronger the shade, the more violent"
    if others:
        best = max(others, key=lambda name: others[name])
        most = "agree best" if len(others) > 1 else "agree"
        title = f"The cuts found in the counts {most} with {best} ({number(others[best])} of 1)"
        subtitle += ". Right: agreement with the first lane, adjusted Rand index, 1 is the same"
    first, last = style.at(start), style.at(end) + 1
    spans = {
        name: [
            (max(style.at(row["date_first"]), first), min(style.at(row["date_last"]) + 1, last), row["level"])
            for row in phases.to_dict("records")
        ]
        for name, phases in lanes.items()
    }

    def on(sheet: style.Sheet) -> Figure:
        left = 14 if sheet.is_narrow else max(style.width_of(name) for name in lanes) + 16
        right, bar = (14, 30) if sheet.is_narrow else (54, 37)
        figure, axes = style.canvas(sheet, height=60 * len(lanes) + 8, left=left, right=right)
        box = axes[0, 0]
        box.set_ylim(60 * len(lanes) + 8, 0)  # pixels from the top
        style.months(box, start, end, silent=silent)
        a_day = style.pixels(box) / (last - first)
        over = box.get_yaxis_transform()
        for place, (name, phases) in enumerate(spans.items()):
            low = 60 * place + 54 - (0 if sheet.is_narrow else 5)
            middle = low - bar / 2
            for level, how_dark in enumerate(fills):
                bars = [(a, b - a) for a, b, word in phases if shade[word] == level]
                face = to_rgba(style.FATALITIES, how_dark)
                box.broken_barh(
                    bars,
                    (low - bar, bar),
                    facecolor=face,
                    edgecolor=style.PAPER,
                    linewidth=min(1.3, 2 * a_day),
                )
            for a, b, word in phases:
                if (b - a) * a_day > style.width_of(word) + 4:
                    ink = style.PAPER if shade[word] == 2 else style.INK
                    here = {"ha": "center", "va": "center", "size": style.SMALL, "color": ink}
                    box.text((a + b) / 2, middle, word.replace("_", " "), **here)
            value = number(others[name]) if name in others else ""
            if sheet.is_narrow:
                box.text(0, low - bar - 5, name, transform=over, size=style.SMALL, color=style.GREY)
                told = f"agreement {value}" if value else ""
                box.text(1, low - bar - 5, told, transform=over, size=style.SMALL, ha="right")
            elif value:
                box.text(1.02, middle, value, transform=over, va="center", size=style.SMALL)
        box.set_yticks(
            [] if sheet.is_narrow else [60 * place + 49 - bar / 2 for place in range(len(lanes))],
            [] if sheet.is_narrow else list(lanes),
        )
        box.tick_params(axis="y", length=0)
        box.spines["left"].set_visible(not sheet.is_narrow)
        return figure

    rows = [phases[["date_first", "date_last", "level"]].assign(lane=name) for name, phases in lanes.items()]
    said = ", ".join(f"{name} {number(value)}" for name, value in others.items())
    agreed = f"Agreement with the first: {said}." if others else f"{title}."
    drawn = pd.concat(rows, ignore_index=True)
    return Chart(
        on,
        drawn,
        title,
        subtitle,
        caption=(
            "The chronicles' phases follow what was announced and fought over, down to truces of days; the"
            " others see only counts. "
            if "chronicles" in lanes
            else ""
        )
        + "The threshold rule smooths over four weeks and searches for nothing."
        + (" Random cuts of the same years score above 0 too." if others else "")
        + style.silence_said(silent),
        alt=(
            f"Bar chart, a row for each way to cut the same years into phases (n = {len(lanes)}; phases in all: {len(drawn)})."
            f" {agreed}"
        ),
        description="Phases by lane: "
        + "; ".join(f"{name} {counted(len(phases), 'phase')}" for name, phases in lanes.items())
        + f". {agreed}",
        source=source,
        n=len(drawn),
    )


def _dates(row: Mapping[Any, Any]) -> list[float]:
    """The breaks under one choice, as matplotlib counts days."""
    return [style.at(day) for day in str(row["dates"]).split(" | ") if day and not pd.isna(row["dates"])]


def sensitivity(
    rows: pd.DataFrame, *, start: object, end: object, source: str, silent: pd.DatetimeIndex | None = None
) -> Chart:
    """The breaks under other choices, a panel a series. `rows`: series, min_weeks, criterion, dates (ISO, " |
    "), level_changed_pct, is_reference."""
    panels = list(dict.fromkeys(rows["series"]))
    own = rows[(rows["series"] == panels[0])]
    most = own["level_changed_pct"].max()
    title = (
        f"Other choices on the same series change the level of at most {number(most, 0)} % of days"
        if most >= 0.5
        else "Other choices on the same series change the level of less than half a per cent of days"
    )
    subtitle = (
        "Breaks by shortest phase (weeks) and criterion, a panel a series; right: per cent of days whose"
        " level differs from the choice made here"
    )
    kept = [date for row in rows[rows["is_reference"]].to_dict("records") for date in _dates(row)]
    tall = LINE * len(rows) + HEAD * len(panels) + 12

    def on(sheet: style.Sheet) -> Figure:
        figure, axes = style.canvas(sheet, height=tall, left=54 if sheet.is_narrow else 100, right=46)
        box = axes[0, 0]
        box.set_ylim(tall, 0)  # pixels from the top
        style.months(box, start, end, silent=silent)
        over = box.get_yaxis_transform()
        box.vlines(kept, 0, tall, color=style.HAIR, linewidth=1, zorder=0)
        y, places, labels, points = 0, [], [], []
        for series in panels:
            y += HEAD
            plate = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 1}
            box.text(0.006, y - 7, series, transform=over, size=style.BODY, weight="bold", bbox=plate)
            for row in rows[rows["series"] == series].to_dict("records"):
                y += LINE
                places.append(y - LINE / 2)
                labels.append(f"{row['min_weeks']}{'' if sheet.is_narrow else ' weeks'}, {row['criterion']}")
                look = "here" if row["is_reference"] else row["criterion"]
                points += [(look, date, places[-1]) for date in _dates(row)]
                changed = f"{row['level_changed_pct']:.0f} %"
                box.text(1.02, places[-1], changed, transform=over, va="center", size=style.SMALL)
        box.hlines(places, style.at(start), style.at(end) + 1, color=style.HAIR, linewidth=0.4, zorder=0)
        for look, colour, thick in (
            ("LWZ", style.INK, 1.7),
            ("BIC", style.GREY, 1.7),
            ("here", style.INK, 3.8),
        ):
            own = np.array([point[1:] for point in points if point[0] == look]).reshape(-1, 2)
            box.plot(*own.T, "|", color=colour, markersize=LINE - 4, mew=thick)
        box.set_yticks(places, labels)
        box.tick_params(axis="y", length=0)
        return figure

    changed = rows.groupby("series")["level_changed_pct"].agg(["min", "max"])
    ends = {series: dict.fromkeys(number(float(end), 0) for end in changed.loc[series]) for series in panels}
    said = "; ".join(f"{series}: {' to '.join(both)} %" for series, both in ends.items())
    here = (
        "the thick ticks are the one made here, and thin lines carry them through the others"
        if kept
        else "the one made here finds no break"
    )
    return Chart(
        on,
        rows,
        title,
        subtitle,
        caption=f"Each row is one choice; {here}. LWZ (the stronger ticks) is the strict criterion, BIC (the paler)"
        " the generous one." + style.silence_said(silent),
        alt=(
            f"Tick chart of breaks under {len(rows)} choices in {len(panels)} panels. Days that change level"
            f" against the phases shown here: {said}."
        ),
        description=f"Days that change level, by series: {said}.",
        source=source,
        n=len(rows),
    )
