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
    axes.step(x, y, where="post", color=colour, linewidth=1.4)
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
        axes.axvline(style.at(found["date"]), color=style.INK, linewidth=1.4, linestyle=dashes)
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
                bbox={"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.2, "alpha": 0.8},
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
    figure, axes = style.canvas(
        style.STANDARD, height=167 * len(panels) + 37, rows=len(panels), gap=42, top=20, share_x=True
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
            size=style.BODY,
            pad=3,
        )
        style.months(box, start, end, silent=silent)
        rows.append(pd.DataFrame({"series": name, "week": weeks.index, "count": weeks.to_numpy()}))
    said = [f"{name}: {listed_days(breaks['date'])}" for name, (_, breaks, _) in panels.items()]
    is_unsure = any(breaks["is_possible"].astype(bool).any() for _, breaks, _ in panels.values())
    dashed = " A dashed line with a question mark: on fewer than five grids." if is_unsure else ""
    drawn = pd.concat(rows, ignore_index=True)
    return Chart(
        figure,
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
        style.STANDARD, height=64 * len(table) + 37, columns=2, left=130, side=37, share_y=True, bottom=46
    )
    left, right = axes[0]
    for place, row in zip(y, table.to_dict("records"), strict=True):
        left.plot(
            [row["per_day_low"], row["per_day_high"]],
            [place, place],
            color=colour,
            alpha=0.45,
            linewidth=6.5,
            solid_capstyle="butt",
        )
        left.plot(row["per_day"], place, "o", color=colour, markersize=6.5)
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
            linewidth=6.5,
            solid_capstyle="butt",
        )
        right.plot(best, place, "D", color=style.FATALITIES, markersize=5.9)
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
        box.grid(axis="x", color=style.HAIR, linewidth=0.7)
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
    figure, axes = style.canvas(
        style.STANDARD,
        height=60 * len(lanes),
        left=max(style.width_of(name) for name in lanes) + 16,
        right=54,
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
                color=style.FATALITIES,
                alpha=fills[level],
                edgecolor=style.PAPER,
                linewidth=1.3,
            )
            if last - first > 13 * len(phase["level"]) + 12:
                ink = style.PAPER if level == 2 else style.INK
                box.text(
                    (first + last) / 2,
                    place,
                    phase["level"].replace("_", " "),
                    ha="center",
                    va="center",
                    size=style.SMALL,
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
    agreed = f"Agreement with the first: {said}." if others else f"{title}."
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
        + "The threshold rule smooths over four weeks and searches for nothing."
        + (" Random cuts of the same years score above 0 too." if others else ""),
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
        style.STANDARD,
        height=18 * sum(lines) + 42 * len(panels),
        ratios=[count + 0.5 for count in lines],
        rows=len(panels),
        gap=37,
        top=20,
        left=80,
        right=46,
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
                else style.UCDP
                if row["criterion"] == "LWZ"
                else style.AIRWARS
            )
            for stamp in dates:
                box.plot(
                    [style.at(stamp)] * 2,
                    [y - 0.38, y + 0.38],
                    color=colour,
                    linewidth=3.4 if row["is_reference"] else 1.7,
                )
            box.text(
                1.02,
                y,
                f"{row['level_changed_pct']:.0f}",
                transform=box.get_yaxis_transform(),
                va="center",
                size=style.SMALL,
            )
        box.set_title(series, loc="left", size=style.BODY, weight="bold", pad=3)
        box.set_yticks(
            range(len(part), 0, -1),
            [f"{row['min_weeks']}, {row['criterion']}" for row in part.to_dict("records")],
        )
        box.tick_params(axis="y", labelsize=style.SMALL, length=0)
        box.set_ylim(0.3, len(part) + 0.7)
        box.grid(axis="y", color=style.HAIR, linewidth=0.4)
        style.months(box, start, end, silent=silent)
    changed = rows.groupby("series")["level_changed_pct"].agg(["min", "max"])
    ends = {series: dict.fromkeys(number(float(end), 0) for end in changed.loc[series]) for series in panels}
    said = "; ".join(f"{series}: {' to '.join(both)} %" for series, both in ends.items())
    has_ticks = rows.loc[rows["is_reference"], "dates"].fillna("").ne("").any()
    here = "the thick black ticks are the one made here" if has_ticks else "the one made here finds no break"
    return Chart(
        figure,
        rows,
        title,
        subtitle,
        caption=(f"Each row is one choice; {here}. LWZ is the strict criterion, BIC the generous one."),
        alt=(
            f"Tick chart of breaks under {len(rows)} choices in {len(panels)} panels. Days that change level"
            f" against the phases shown here: {said}."
        ),
        description=f"Days that change level, by series: {said}.",
        source=source,
        n=len(rows),
    )
