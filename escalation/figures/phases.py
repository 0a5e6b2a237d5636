"""The figures of the second notebook: when the violence changed gear."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import by_chance, counted, day, days, listed_days, number, part
from escalation.phases import further_candidates


def _steps(axes: Axes, weeks: pd.Series, colour: str) -> None:
    """Weekly totals as a filled step line."""
    x = [style.at(stamp) for stamp in weeks.index] + [style.at(weeks.index[-1]) + 7]
    y = [*weeks.to_numpy(dtype=float), float(weeks.iloc[-1])]
    axes.fill_between(x, y, step="post", color=colour, alpha=0.28, linewidth=0)
    axes.step(x, y, where="post", color=colour, linewidth=1.1)
    axes.set_ylim(0, max(y) * 1.5 if max(y) else 1)


def _break_lines(axes: Axes, breaks: pd.DataFrame, *, labelled: bool) -> None:
    """Breaks as lines, their date ranges as hatched strips under the axis's top, their dates beside them."""
    over = axes.get_xaxis_transform()
    for found in breaks.to_dict("records"):
        first, last = style.at(found["range_first"]), style.at(found["range_last"]) + 7
        axes.fill_betweenx(
            [0, 1],
            first,
            last,
            transform=over,
            facecolor="none",
            edgecolor=style.GREY,
            hatch="////",
            linewidth=0,
            alpha=0.35,
        )
        dashes = (0, (4, 2)) if found["is_possible"] else "solid"
        axes.axvline(style.at(found["date"]), color=style.INK, linewidth=1.1, linestyle=dashes)
    if labelled:
        heights, before, step = [0.91, 0.81, 0.71], -np.inf, 0
        for found in breaks.to_dict("records"):
            step = step + 1 if style.at(found["date"]) - before < 100 else 0
            before = style.at(found["date"])
            text = f"{found['date'].day} {found['date']:%b}{' (?)' if found['is_possible'] else ''}"
            axes.text(
                style.at(found["date"]) + 7,
                heights[step % 3],
                text,
                transform=over,
                size=style.SMALL,
                va="top",
                weight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.8},
            )


def times_changed(breaks: pd.DataFrame) -> str:
    """How often the level changed, for a title: five times, four to five times, up to two times. `breaks`:
    is_possible."""
    n, held = len(breaks), int((~breaks["is_possible"].astype(bool)).sum())
    if held == n:
        return counted(n, "time")
    return f"{counted(held, 'to', 'to')} {counted(n, 'time')}" if held else f"at most {counted(n, 'time')}"


def weekly_counts(
    weeks: pd.Series,
    breaks: pd.DataFrame,
    table: pd.DataFrame,
    candidates: pd.DataFrame,
    *,
    what: str,
    colour: str,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """Weekly totals over the phases found in them. `weeks`: totals by first day of week; `breaks` with
    ranges; `table`: the phases with level and rates; `candidates`: possible breaks (date, found_by)."""
    n = int(weeks.sum())
    only_candidates = further_candidates(breaks["date"], candidates)
    total = int(table["total"].sum())
    title = (
        f"The violence changed level {times_changed(breaks)}: {listed_days(breaks['date'])}"
        if len(breaks)
        else "No lasting change of level was found in the weekly counts"
    )
    subtitle = (
        f"{what} a week, n = {n:,} in {len(weeks)} weeks. Bands: phases; hatched: date ranges of the breaks"
        " (roughly 85 to 90 %)"
    )
    figure, axes = style.canvas(title=title, subtitle=subtitle, source=source, height=3.0)
    box = axes[0, 0]
    style.bands(box, table)
    _steps(box, weeks, colour)
    _break_lines(box, breaks, labelled=True)
    for stamp in only_candidates["date"]:
        box.axvline(style.at(stamp), color=style.GREY, linewidth=0.9, linestyle=(0, (2, 2)))
    style.months(box, table["date_first"].iloc[0], table["date_last"].iloc[-1], silent=silent)
    box.set_ylabel(f"{what.lower()} a week")
    peak = weeks.idxmax()
    lines = [
        f"{days(row['date_first'], row['date_last'])}: {row['level']}, {number(row['per_day'])} a day "
        f"({number(row['per_day_low'])} to {number(row['per_day_high'])})"
        for row in table.to_dict("records")
    ]
    unsure = int(breaks["is_possible"].astype(bool).sum())
    doubted = (
        f" With a question mark, dashed: {counted(unsure, 'break')} found on fewer than five of the seven"
        " week grids."
        if unsure
        else ""
    )
    possible = (
        f"{doubted} Dashed, without a date: {counted(len(only_candidates), 'further candidate')} by the"
        " generous criterion."
        if len(only_candidates)
        else doubted
    )
    return Chart(
        figure,
        pd.DataFrame({"week": weeks.index, "count": weeks.to_numpy()}),
        title,
        subtitle,
        caption=(
            "Dark strip on the axis: days of which no source counted here speaks. Each step is a"
            f" week{style.beyond_weeks(n, total)}. A break is the first week at a new level; its hatched"
            f" range says how far it could move.{possible} Levels are names for rates, not for causes: high"
            " is more than one and a half times the mean of the whole period, low less than two thirds"
            " of it."
        ),
        alt=(
            f"Step chart of {what.lower()} a week, {len(weeks)} weeks, n = {n:,}."
            f" {counted(len(table), 'phase').capitalize()}, levels in order: {', '.join(table['level'])}."
            f" Highest week: {number(weeks.max())} in the week of {day(peak)}."
        ),
        description="Phases: " + "; ".join(lines) + ".",
        source=source,
        n=n,
    )


def sources_title(found: Mapping[str, int], recurring: Mapping[str, Any] | None) -> str:
    """How many breaks recur in the other source, beside chance. `found`: number of breaks by series;
    `recurring`: the finding `recurring_breaks`, None where there is no second source."""
    if not recurring:
        return "One source: " + ", ".join(f"{counted(n, 'break')} in {name}" for name, n in found.items())
    if not recurring["n"]:
        return f"No break in {recurring['first']} that could recur in {recurring['second']}"
    recur = "recurs" if recurring["value"] == 1 else "recur"
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
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=1.35 * len(panels) + 0.3,
        rows=len(panels),
        gap=0.34,
        head=0.16,
        share_x=True,
    )
    rows = []
    for box, (name, (weeks, breaks, colour)) in zip(axes[:, 0], panels.items(), strict=True):
        for stamp in kept:
            box.axvspan(
                style.at(stamp) - 14,
                style.at(stamp) + 14,
                color=style.LEVELS["middle"],
                linewidth=0,
                zorder=0,
            )
        _steps(box, weeks, colour)
        _break_lines(box, breaks, labelled=True)
        box.set_title(
            f"{name}, n = {int(weeks.sum()):,}",
            loc="left",
            color=colour,
            weight="bold",
            size=style.BODY - 0.3,
            pad=3,
        )
        style.months(box, start, end, silent=silent)
        rows.append(pd.DataFrame({"series": name, "week": weeks.index, "count": weeks.to_numpy()}))
    said = [f"{name}: {listed_days(breaks['date'])}" for name, (_, breaks, _) in panels.items()]
    drawn = pd.concat(rows, ignore_index=True)
    return Chart(
        figure,
        drawn,
        title,
        subtitle,
        caption=(
            "Days beyond whole weeks are in no step. A break recurs when the other source has one within two"
            " weeks, by the strict or the generous criterion, and at least five of the seven possible week"
            " grids of each source find it. A dashed line with a question mark: on fewer than five grids."
            " UCDP cites Airwars among its sources, so those two are not independent."
            if recurring
            else (
                "Events and deaths of one source are no check of each other: what was never recorded is in"
                " neither."
            )
        ),
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
    labels = [
        f"from {row['date_first'].day} {row['date_first']:%b %Y}\n{row['days']} days, {row['level']}"
        for row in table.to_dict("records")
    ]
    y = np.arange(len(table))[::-1]
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
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=0.52 * len(table) + 0.3,
        columns=2,
        left=1.35,
        side=0.3,
        share_y=True,
        bottom=0.5,
    )
    left, right = axes[0]
    for place, row in zip(y, table.to_dict("records"), strict=True):
        left.plot(
            [row["per_day_low"], row["per_day_high"]],
            [place, place],
            color=colour,
            alpha=0.45,
            linewidth=5,
            solid_capstyle="butt",
        )
        left.plot(row["per_day"], place, "o", color=colour, markersize=5)
        left.annotate(
            number(row["per_day"]),
            (row["per_day"], place),
            (0, 7),
            textcoords="offset points",
            ha="center",
            size=style.SMALL,
        )
        low, best, high = (row[f"fatalities_{name}"] / row["days"] for name in ("low", "best", "high"))
        right.plot(
            [min(low, best), max(high, best)],
            [place, place],
            color=style.FATALITIES,
            alpha=0.45,
            linewidth=5,
            solid_capstyle="butt",
        )
        right.plot(best, place, "D", color=style.FATALITIES, markersize=4.5)
        words = f"{number(best, 1)} ({number(row['fatalities_best'])} in all)"
        edge = best > (deaths / table["days"]).max() * 0.6
        right.annotate(
            words,
            (best, place),
            (0, 7),
            textcoords="offset points",
            ha="right" if edge else "left",
            size=style.SMALL,
        )
    left.set_yticks(y, labels)
    left.set_ylim(-0.6, len(table) - 0.3)
    for box, words in ((left, f"{what.lower()} a day"), (right, "people killed a day")):
        box.set_xlim(left=0)
        box.margins(x=0.12)
        box.set_xlabel(words)
        box.grid(axis="x", color=style.HAIR, linewidth=0.5)
    columns = ["phase", "date_first", "date_last", "days", "level", "per_day", "per_day_low", "per_day_high"]
    columns += [f"fatalities_{name}" for name in ("low", "best", "high")]
    return Chart(
        figure,
        table[columns],
        title,
        subtitle,
        caption=(
            "Dots: rate of the phase. Bars on the left: 90 % interval from redrawing the days of a phase in"
            " blocks of a week. Bars on the right: the source's low and high estimates, which hold only the"
            " doubt its coders wrote down."
        ),
        alt=(
            f"Two dot charts by phase, {counted(len(table), 'phase')}. Lowest: {number(bottom['per_day'])} a"
            f" day from {day(bottom['date_first'])}; highest: {number(top['per_day'])} a day from"
            f" {day(top['date_first'])}. People killed, best estimate, in order of the phases:"
            f" {', '.join(number(value) for value in deaths)}."
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


def stability(
    rows: pd.DataFrame, *, start: object, end: object, source: str, silent: pd.DatetimeIndex | None = None
) -> Chart:
    """Where each series and criterion puts its breaks. `rows`: series, criterion, date, n_anchors,
    date_earliest, date_latest."""
    if rows.empty:
        return absent(
            "Where series and criteria put their breaks", "breaks by either criterion", source=source
        )
    lanes = list(dict.fromkeys(zip(rows["series"], rows["criterion"], strict=True)))
    firm = int((rows["n_anchors"] >= 5).sum())
    title = f"{firm} of {len(rows)} breaks are found on at least five of the seven week grids"
    subtitle = (
        "Break dates by series and criterion; number: of the seven week grids, how many find it within two"
        " weeks; line: how far it moves"
    )
    figure, axes = style.canvas(
        title=title, subtitle=subtitle, source=source, height=0.4 * len(lanes) + 0.2, left=1.75
    )
    box = axes[0, 0]
    for place, (series, criterion) in enumerate(reversed(lanes)):
        for row in rows[(rows["series"] == series) & (rows["criterion"] == criterion)].to_dict("records"):
            solid = row["n_anchors"] >= 5
            first, last = style.at(row["date_earliest"]), style.at(row["date_latest"])
            box.plot(
                [first, last], [place, place], color=style.INK, linewidth=4, alpha=0.35, solid_capstyle="butt"
            )
            box.plot(
                style.at(row["date"]),
                place,
                "o",
                markersize=11,
                color=style.INK if solid else "white",
                markeredgecolor=style.INK,
                mew=0.8,
            )
            shade = "white" if solid else style.INK
            box.text(
                style.at(row["date"]),
                place - 0.02,
                str(row["n_anchors"]),
                ha="center",
                va="center",
                size=7.2,
                color=shade,
            )
    box.set_yticks(range(len(lanes)), [f"{series}, {criterion}" for series, criterion in reversed(lanes)])
    box.set_ylim(-0.6, len(lanes) - 0.4)
    box.grid(axis="y", color=style.HAIR, linewidth=0.5)
    style.months(box, start, end, silent=silent)
    said = [
        f"{series}, {criterion}:"
        f" {listed_days(rows[(rows['series'] == series) & (rows['criterion'] == criterion)]['date'])}"
        for series, criterion in lanes
    ]
    return Chart(
        figure,
        rows,
        title,
        subtitle,
        caption=(
            "A filled mark: at least five of the seven grids find the break; an open one: fewer. LWZ is the"
            " strict criterion, BIC the generous one."
        ),
        alt=(
            f"Dot chart of {len(rows)} break dates in {len(lanes)} rows of series and criterion; {firm} are"
            f" found on at least 5 of 7 week grids. {said[0]}."
        ),
        description="; ".join(said) + ".",
        source=source,
        n=len(rows),
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
    fills = [style.LEVELS["low"], "#b9b7ae", "#6f6d66"]
    others = {name: value for name, value in agreement.items() if name in lanes}
    best = max(others, key=lambda name: others[name])
    title = f"The cuts found in the counts agree best with {best} ({number(others[best])} of 1)"
    subtitle = (
        "Phases by way of cutting; darker is more violent. Right: agreement with the first lane, adjusted"
        " Rand index, 1 is the same"
    )
    figure, axes = style.canvas(
        title=title, subtitle=subtitle, source=source, height=0.55 * len(lanes) + 0.2, left=1.6, right=0.6
    )
    box = axes[0, 0]
    rows = []
    for place, (name, phases) in enumerate(reversed(list(lanes.items()))):
        for phase in phases.to_dict("records"):
            first, last = (
                max(style.at(phase["date_first"]), style.at(start)),
                min(style.at(phase["date_last"]), style.at(end)) + 1,
            )
            level = shade[phase["level"]]
            box.barh(
                place,
                last - first,
                left=first,
                height=0.62,
                color=fills[level],
                edgecolor="white",
                linewidth=1,
            )
            if last - first > 13 * len(phase["level"]) + 12:
                ink = "white" if level == 2 else style.INK
                box.text(
                    (first + last) / 2,
                    place,
                    phase["level"].replace("_", " "),
                    ha="center",
                    va="center",
                    size=style.SMALL - 0.6,
                    color=ink,
                )
        if name in others:
            box.text(
                1.02,
                place,
                number(others[name]),
                transform=box.get_yaxis_transform(),
                va="center",
                size=style.SMALL,
            )
        rows.append(phases[["date_first", "date_last", "level"]].assign(lane=name))
    box.set_yticks(range(len(lanes)), list(reversed(list(lanes))))
    box.set_ylim(-0.6, len(lanes) - 0.4)
    box.tick_params(axis="y", length=0)
    style.months(box, start, end, silent=silent)
    said = ", ".join(f"{name} {number(value)}" for name, value in others.items())
    drawn = pd.concat(reversed(rows), ignore_index=True)
    return Chart(
        figure,
        drawn,
        title,
        subtitle,
        caption=(
            "The chronicles' phases follow what was announced and fought over, down to truces of days; the"
            " others see only counts. "
            if "chronicles" in lanes
            else ""
        )
        + "The threshold rule smooths over four weeks and searches for nothing. Random cuts of the same years"
        " score above 0 too.",
        alt=(
            f"Bar chart of {len(lanes)} ways to cut the same years into phases, {len(drawn)} phases in all."
            f" Agreement with the first: {said}."
        ),
        description="Phases by lane: "
        + "; ".join(f"{name} {counted(len(phases), 'phase')}" for name, phases in lanes.items())
        + f". {said}.",
        source=source,
        n=len(drawn),
    )


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
    lines = [int((rows["series"] == series).sum()) for series in panels]
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=0.145 * sum(lines) + 0.34 * len(panels),
        ratios=[count + 0.5 for count in lines],
        rows=len(panels),
        gap=0.3,
        head=0.16,
        left=0.95,
        right=0.5,
        share_x=True,
    )
    for box, series in zip(axes[:, 0], panels, strict=True):
        part = rows[rows["series"] == series].reset_index(drop=True)
        for place, row in enumerate(part.to_dict("records")):
            y = len(part) - place
            dates = [
                stamp
                for stamp in str(row["dates"] if not pd.isna(row["dates"]) else "").split(" | ")
                if stamp
            ]
            colour = (
                style.INK
                if row["is_reference"]
                else style.UCDP if row["criterion"] == "LWZ" else style.AIRWARS
            )
            for stamp in dates:
                box.plot(
                    [style.at(stamp)] * 2,
                    [y - 0.38, y + 0.38],
                    color=colour,
                    linewidth=2.6 if row["is_reference"] else 1.7,
                )
            box.text(
                1.02,
                y,
                f"{row['level_changed_pct']:.0f}",
                transform=box.get_yaxis_transform(),
                va="center",
                size=style.SMALL - 1.6,
            )
        box.set_title(series, loc="left", size=style.BODY - 0.5, weight="bold", pad=3)
        box.set_yticks(
            range(len(part), 0, -1),
            [f"{row['min_weeks']}, {row['criterion']}" for row in part.to_dict("records")],
        )
        box.tick_params(axis="y", labelsize=style.SMALL - 1.6, length=0)
        box.set_ylim(0.3, len(part) + 0.7)
        box.grid(axis="y", color=style.HAIR, linewidth=0.3)
        style.months(box, start, end, silent=silent)
    said = "; ".join(
        f"{series}: {number(float(rows.loc[rows['series'] == series, 'level_changed_pct'].min()), 0)} to "
        f"{number(float(rows.loc[rows['series'] == series, 'level_changed_pct'].max()), 0)} %"
        for series in panels
    )
    return Chart(
        figure,
        rows,
        title,
        subtitle,
        caption=(
            "Each row is one choice; the thick black ticks are the one made here. LWZ is the strict"
            " criterion, BIC the generous one."
        ),
        alt=(
            f"Tick chart of breaks under {len(rows)} choices in {len(panels)} panels. Days that change level"
            f" against the phases shown here: {said}."
        ),
        description=f"Days that change level, by series: {said}.",
        source=source,
        n=len(rows),
    )
