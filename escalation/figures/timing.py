"""The figures of the third notebook: did strikes move with the talks?"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns  # type: ignore[import-untyped]
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from escalation import timing
from escalation.figures import style
from escalation.figures.save import Chart
from escalation.findings import counted, days, is_known, number, p_value, part, window

OTHER_LANE = "other meetings"
WEEK = 7  # the smallest recovery: the mean is over seven days
PLATE = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
RATIO_TICKS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 20)


def _ratio_axis(axis: Any, low: float, high: float) -> None:
    """A log axis whose ticks read as ratios: ¼, ½, 1, 2, 4."""
    # side by side, the labels of so many would run into each other
    wide = axis.axis_name == "x" and high > 100 * low
    ticks = [
        tick for tick in ((0.05, 0.25, 1, 4, 20) if wide else RATIO_TICKS) if low * 0.8 <= tick <= high * 1.25
    ]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"×{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def calendar(
    weeks: pd.Series,
    talks: pd.DataFrame,
    truces: pd.DataFrame,
    table: pd.DataFrame,
    *,
    what: str,
    colour: str,
    source: str,
    lanes_of: Mapping[str, Collection[str]],
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """Weekly totals above a lane for each kind of talks and one for truces. `talks`: talk_id, title, format,
    date_first, date_last; `truces`: name, effective_date, date_last (collapse, or the end of the window),
    is_open; `table`: phases; `lanes_of`: the formats of talks in each lane, by its name; all others share
    one."""
    start, end = table["date_first"].iloc[0], table["date_last"].iloc[-1]
    title = (
        f"{counted(len(talks), 'meeting').capitalize()}, some in every phase, and"
        f" {counted(len(truces), 'truce')}"
    )
    of_format = {form: lane for lane, forms in lanes_of.items() for form in forms}
    lane_of = talks["format"].map(of_format).fillna(OTHER_LANE)
    used = [lane for lane in (*lanes_of, OTHER_LANE) if lane in set(lane_of)]
    if used == [OTHER_LANE]:
        used, lane_of = ["meetings"], lane_of.replace(OTHER_LANE, "meetings")
    spread_over = table.apply(
        lambda phase: (
            (talks["date_first"] >= phase["date_first"]) & (talks["date_first"] <= phase["date_last"])
        ).any(),
        axis=1,
    )
    if len(table) == 1 or not spread_over.all():
        title = (
            f"{counted(len(talks), 'meeting').capitalize()} and {counted(len(truces), 'truce')} against the"
            " weekly counts"
        )
    subtitle = (
        f"Above: {what.lower()} a week with phases. Below: days of meetings by kind, and truces from effect"
        " to collapse"
    )
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=4.1,
        rows=2,
        gap=0.12,
        left=1.85,
        ratios=[2, 1.75],
        share_x=True,
    )
    top, lanes = axes[0, 0], axes[1, 0]
    style.bands(top, table)
    x = [style.at(stamp) for stamp in weeks.index] + [style.at(weeks.index[-1]) + 7]
    y = [*weeks.to_numpy(dtype=float), float(weeks.iloc[-1])]
    top.fill_between(x, y, step="post", color=colour, alpha=0.28, linewidth=0)
    top.step(x, y, where="post", color=colour, linewidth=1.0)
    top.set_ylim(0, max(y) * 1.2 if max(y) else 1)
    top.set_ylabel(f"{what.lower()}\na week")
    style.bands(lanes, table, labels=False)
    heights = {lane: len(used) + len(truces) * 0.42 + 0.4 - place for place, lane in enumerate(used)}
    for talk, lane in zip(talks.to_dict("records"), lane_of, strict=True):
        place = heights[lane]
        first, last = style.at(talk["date_first"]), style.at(talk["date_last"]) + 1
        lanes.plot(
            [first, max(last, first + 2)],
            [place, place],
            color=style.TALKS,
            linewidth=7,
            solid_capstyle="butt",
        )
        top.axvline(first, color=style.TALKS, linewidth=0.5, alpha=0.5, zorder=1)
    names = [heights[lane] for lane in used]
    ticks = list(used)
    for row, truce in enumerate(truces.to_dict("records")):
        place = (len(truces) - row) * 0.42
        first, last = style.at(truce["effective_date"]), style.at(truce["date_last"]) + 1
        lanes.plot([first, last], [place, place], color=style.TRUCE, linewidth=3.5, solid_capstyle="butt")
        if truce["is_open"]:
            lanes.plot(last - 3, place, ">", color=style.TRUCE, markersize=5, clip_on=False)
    names.append((len(truces) + 1) * 0.42 / 2)
    ticks.append("truces, in order\nof effect")
    lanes.set_yticks(names, ticks)
    lanes.set_ylim(0, max(heights.values()) + 0.6)
    lanes.tick_params(axis="y", length=0)
    style.months(lanes, start, end, silent=silent)
    counts = [f"{int((lane_of == lane).sum())} {lane}" for lane in used if lane != "meetings"]
    kinds = f" ({', '.join(counts)})" if counts else ""
    return Chart(
        figure,
        talks[["talk_id", "title", "format", "date_first", "date_last"]],
        title,
        subtitle,
        caption=(
            "Dark strip on the axis: days of which no source counted here speaks. Each step is a"
            f" week{style.beyond_weeks(int(weeks.sum()), int(table['total'].sum()))}. Thin lines carry the"
            " first day of each meeting up into the counts. A truce's bar ends on the day its sources give"
            " for its collapse; an arrow means that none was declared over by the end of the window."
        ),
        alt=(
            f"Time chart in two parts. Above, weekly counts, n = {int(weeks.sum()):,}, in"
            f" {counted(len(table), 'phase')}; below, {counted(len(talks), 'meeting')}{kinds} and"
            f" {counted(len(truces), 'truce')}."
        ),
        description="Truces: "
        + "; ".join(
            f"{row['name']}, {days(row['effective_date'], row['date_last'])}"
            for row in truces.to_dict("records")
        )
        + ".",
        source=source,
        n=len(talks),
    )


def peri_event(
    lines: pd.DataFrame,
    median: pd.DataFrame,
    *,
    said: str,
    n_episodes: int,
    what: str,
    colour: str,
    source: str,
) -> Chart:
    """Every episode laid over the others, the median and the band of shifted calendars. `lines`: episode,
    day, ratio; `median`: day, median, n, band_low, band_high; `said`: the finding, as the title."""
    subtitle = (
        f"{what}, mean of the seven days up to each day, against each episode's own level 21 to 8 days"
        f" before; n = {n_episodes} episodes; grey: where the median of shifted calendars lies nine times"
        " in ten"
    )
    figure, axes = style.canvas(
        title=said, subtitle=subtitle, source=source, height=3.3, left=0.85, right=0.35, bottom=0.5
    )
    box = axes[0, 0]
    box.fill_between(median["day"], median["band_low"], median["band_high"], color=style.DOUBT, linewidth=0)
    for _, line in lines.groupby("episode"):
        box.plot(line["day"], line["ratio"].clip(0.06, 16), color=colour, linewidth=0.6, alpha=0.45)
    box.plot(median["day"], median["median"], color=style.INK, linewidth=2.4)
    box.axhline(1, color=style.GREY, linewidth=0.7, linestyle=(0, (3, 3)))
    box.axvline(0, color=style.TALKS, linewidth=1.2)
    box.set_yscale("log")
    box.set_ylim(0.06, 16)
    _ratio_axis(box.yaxis, 0.06, 16)
    box.set_xlim(-21, 23)
    box.set_xticks([-21, -14, -7, 0, 7, 14, 21])
    box.set_xlabel("days before the first day and after the last day of the talks")
    box.set_ylabel("level against\nthe weeks before")
    box.text(0.4, 12.5, "talks", color=style.TALKS, size=style.SMALL, weight="bold")
    end = float(median["median"].iloc[-1])
    box.text(21.3, end, "median", size=style.SMALL, weight="bold", va="center")
    at = {int(row["day"]): row for row in median.to_dict("records")}
    return Chart(
        figure,
        median,
        said,
        subtitle,
        caption=(
            "Each thin line is one episode of talks; the thick one is their median. Each point is the mean of"
            " the seven days up to it: day −1 shows the week before the talks, day +7 the week after. A"
            " median that leaves the grey band on a day does not by itself say much: there are many days."
        ),
        alt=(
            f"Line chart of {n_episodes} episodes from 21 days before to 21 days after talks. The median"
            f" stands at {number(at[-1]['median'])} times its earlier level in the week before and"
            f" {number(at[7]['median'])} in the week after; the band of shifted calendars there runs from"
            f" {number(at[7]['band_low'])} to {number(at[7]['band_high'])}."
        ),
        description="Median by day: "
        + "; ".join(f"day {d}: {number(at[d]['median'])}" for d in (-21, -14, -7, -1, 0, 7, 14, 21))
        + ".",
        source=source,
        n=n_episodes,
    )


def episodes(
    rows: pd.DataFrame,
    ratio: Any,
    band: Any,
    *,
    said: str,
    window_days: int,
    what: str,
    colour: str,
    source: str,
) -> Chart:
    """Each episode's ratio of the days after to the days before. `rows`: label, date_first, n_before,
    n_after, ratio, is_full_window; `ratio`: the average with low and high; `band`: of the shifted
    calendars."""
    subtitle = (
        f"{what} in the {window(window_days)} after talks against the {window(window_days)} before, by"
        " episode; numbers: before and after. Grey: shifted calendars, nine in ten; bar: 90 % interval"
        " over all"
    )
    figure, axes = style.canvas(
        title=said,
        subtitle=subtitle,
        source=source,
        height=0.215 * (len(rows) + 2) + 0.2,
        left=2.7,
        right=0.7,
        bottom=0.5,
    )
    box = axes[0, 0]
    box.axvspan(band.band_low, band.band_high, color=style.DOUBT, linewidth=0, zorder=0)
    box.axvline(1, color=style.GREY, linewidth=0.8, linestyle=(0, (3, 3)))
    y = np.arange(len(rows))[::-1] + 1.6
    whole = rows[rows["is_full_window"]]
    low, high = min([0.1, *(0.8 * whole["ratio"])]), max([10.0, *(1.25 * whole["ratio"])])
    for place, row in zip(y, rows.to_dict("records"), strict=True):
        if row["is_full_window"]:
            box.plot([1, row["ratio"]], [place, place], color=colour, linewidth=0.9, alpha=0.6)
            box.plot(row["ratio"], place, "o", markersize=5, color=colour)
        known = ["–" if np.isnan(row[side]) else f"{row[side]:.0f}" for side in ("n_before", "n_after")]
        numbers = " → ".join(known)
        box.text(
            1.02, place, numbers, transform=box.get_yaxis_transform(), va="center", size=style.SMALL - 0.4
        )
    box.plot(
        [ratio.low, ratio.high], [0.2, 0.2], color=style.INK, linewidth=5, alpha=0.4, solid_capstyle="butt"
    )
    box.plot(ratio.ratio, 0.2, "D", color=style.INK, markersize=6)
    box.set_yticks([*y, 0.2], [*rows["label"], "over all episodes"])
    box.get_yticklabels()[-1].set_weight("bold")
    box.set_ylim(-0.5, len(rows) + 1.3)
    box.set_xscale("log")
    box.set_xlim(low, high)
    _ratio_axis(box.xaxis, low, high)
    box.tick_params(axis="y", length=0, labelsize=style.SMALL - 0.6)
    box.set_xlabel("after, against before")
    up, down = int((whole["ratio"] > 1).sum()), int((whole["ratio"] < 1).sum())
    ends = [("rise", whole.nlargest(1, "ratio")), ("fall", whole.nsmallest(1, "ratio"))]
    cut = len(rows) - len(whole)
    said_of_cut = (
        f"{counted(cut, 'episode').capitalize()} without a mark: a window leaves the counts (–), so not"
        " counted. "
        if cut
        else ""
    )
    return Chart(
        figure,
        rows,
        said,
        subtitle,
        caption=(
            f"{said_of_cut}Half an event is added to both sides, so that a window without events gives a"
            " large ratio and not an infinite one."
        ),
        alt=(
            f"Dot chart of {counted(len(whole), 'episode')} of talks: {up} with more recorded violence after"
            f" than before, {down} with less. Over all {number(ratio.ratio)} (90 % interval"
            f" {number(ratio.low)} to {number(ratio.high)}); shifted calendars {number(band.band_low)} to"
            f" {number(band.band_high)}."
        ),
        description=" ".join(
            f"Largest {word}: {row['label']}, {number(row['n_before'])} before and {number(row['n_after'])}"
            " after."
            for word, end in ends
            for row in end.to_dict("records")
            if (row["ratio"] > 1 if word == "rise" else row["ratio"] < 1)
        )
        or "No episode that counts rose or fell.",
        source=source,
        n=len(whole),
    )


def placebo(
    shifts: pd.DataFrame,
    test: Any,
    *,
    said: str,
    detectable: tuple[float, float] | None,
    what: str,
    colour: str,
    source: str,
) -> Chart:
    """The observed ratio among those of all shifted calendars. `shifts`: shift_days, log_ratio (shift 0 is
    the calendar as it was)."""
    others = np.exp(shifts["log_ratio"].iloc[1:].dropna())
    subtitle = (
        f"{what}: ratio after to before for the calendar as it was, and moved to every other date of the"
        f" window (n = {len(others)} shifts)"
    )
    figure, axes = style.canvas(
        title=said, subtitle=subtitle, source=source, height=2.4, left=0.7, bottom=0.5
    )
    box = axes[0, 0]
    low, high = min(0.5, float(others.min())), max(2.0, float(others.max()))
    if detectable:
        low, high = min(low, detectable[0] * 0.93), max(high, detectable[1] * 1.07)
    sns.histplot(
        x=np.log2(others), bins=40, color=style.GREY, alpha=0.45, edgecolor="white", linewidth=0.4, ax=box
    )
    box.axvspan(
        np.log2(test.band_low), np.log2(test.band_high), color=style.DOUBT, alpha=0.6, linewidth=0, zorder=0
    )
    box.axvline(np.log2(test.ratio), color=colour, linewidth=2.2)
    top = box.get_ylim()[1] * 1.3
    box.set_ylim(0, top)
    side = "right" if test.ratio < 1 else "left"
    shift = -0.012 if side == "right" else 0.012
    label = f"as it was: ×{number(test.ratio)}"
    box.text(
        np.log2(test.ratio) + shift,
        top * 0.97,
        label,
        color=colour,
        weight="bold",
        ha=side,
        va="top",
        size=style.BODY,
        bbox=PLATE,
    )
    for value in detectable or ():
        box.axvline(np.log2(value), color=style.INK, linewidth=1, linestyle=(0, (2, 2)))
        ha = "left" if value > 1 else "right"
        box.text(
            np.log2(value) + (0.012 if value > 1 else -0.012),
            top * 0.72,
            f"usually\nseen from\n×{number(value)}",
            size=style.SMALL,
            va="top",
            ha=ha,
        )
    box.set_xlim(np.log2(low) - 0.16, np.log2(high) + 0.16)
    ticks = [tick for tick in (0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.6, 2, 2.5) if low * 0.9 <= tick <= high * 1.1]
    box.set_xticks([np.log2(tick) for tick in ticks], [f"×{tick:g}" for tick in ticks])
    box.set_xlabel("ratio of the days after to the days before, over all episodes")
    box.set_ylabel("shifted calendars")
    seen = (
        f" Dashed: the size of change that this design would see four times in five ({number(detectable[0])}"
        f" down, {number(detectable[1])} up)."
        if detectable
        else ""
    )
    return Chart(
        figure,
        shifts,
        said,
        subtitle,
        caption=(
            f"Each bar counts shifted calendars; the shaded middle holds nine in ten of them.{seen} The"
            " shifts keep the gaps and bursts of the calendar and the clustering of the violence."
        ),
        alt=(
            f"Histogram of {len(others)} ratios from shifted calendars, nine in ten between"
            f" {number(test.band_low)} and {number(test.band_high)}; the calendar as it was gives"
            f" {number(test.ratio)}, p = {p_value(test.p)}."
        ),
        description=(
            f"Observed ratio {number(test.ratio)}; shifted calendars: middle {number(test.band_middle)}, 5 %"
            f" {number(test.band_low)}, 95 % {number(test.band_high)}; exact two-sided p {p_value(test.p)}."
        ),
        source=source,
        n=len(others),
    )


def coincidence(
    rows: pd.DataFrame, labels: dict[int, str], *, said: str, what: str, colour: str, source: str
) -> Chart:
    """How many meetings were followed by recorded violence on the next day, beside what shifted calendars
    give. `rows`: phase (0 = whole window), n, k, expected, low, high, base_rate_pct; `labels`: phase →
    words."""
    shown = rows[rows["n"] > 0].reset_index(drop=True)
    subtitle = (
        f"Meetings with {what.lower()} recorded on the day after their last day; grey: shifted calendars,"
        " nine in ten; tick: their mean"
    )
    figure, axes = style.canvas(
        title=said,
        subtitle=subtitle,
        source=source,
        height=0.42 * len(shown) + 0.25,
        left=2.1,
        right=1.35,
        bottom=0.5,
    )
    box = axes[0, 0]
    y = np.arange(len(shown))[::-1]
    for place, row in zip(y, shown.to_dict("records"), strict=True):
        box.plot(
            [row["low"], row["high"]], [place, place], color=style.DOUBT, linewidth=11, solid_capstyle="butt"
        )
        box.plot([row["expected"]] * 2, [place - 0.22, place + 0.22], color=style.GREY, linewidth=1.4)
        box.plot(row["k"], place, "o", color=colour, markersize=7)
        box.text(
            1.02,
            place,
            f"{row['k']:.0f} of {row['n']:.0f}\nany day: {row['base_rate_pct']:.0f} %",
            transform=box.get_yaxis_transform(),
            va="center",
            size=style.SMALL,
        )
    box.set_yticks(y, [labels[int(phase)] for phase in shown["phase"]])
    box.set_ylim(-0.6, len(shown) - 0.4)
    box.set_xlim(left=-0.5)
    box.set_xlabel("meetings followed by recorded violence on the next day")
    box.grid(axis="x", color=style.HAIR, linewidth=0.5)
    box.set_axisbelow(True)
    whole = shown.iloc[0]
    return Chart(
        figure,
        shown,
        said,
        subtitle,
        caption=(
            "Any day: the share of all days of the phase that are followed by a day with recorded events."
            " Where that is close to 100 %, violence on the day after talks says next to nothing."
        ),
        alt=(
            f"Dot chart by phase. Over the whole window {whole['k']:.0f} of {whole['n']:.0f} meetings were"
            " followed by recorded violence on the next day; shifted calendars give"
            f" {number(whole['expected'], 1)} ({whole['low']:.0f} to {whole['high']:.0f})."
        ),
        description="; ".join(
            f"{labels[int(row['phase'])]}: {row['k']:.0f} of {row['n']:.0f}, expected"
            f" {number(row['expected'], 1)}".replace("\n", " ")
            for row in shown.to_dict("records")
        )
        + ".",
        source=source,
        n=int(whole["n"]),
    )


def hairlines(axes: Axes, talks: pd.DataFrame) -> None:
    """Talks as hairlines over any time axis."""
    for stamp in talks["date_first"]:
        axes.axvline(style.at(stamp), color=style.TALKS, linewidth=0.5, alpha=0.6, zorder=1)
