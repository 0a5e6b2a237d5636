"""The figures of the third notebook: did strikes move with the talks?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns  # type: ignore[import-untyped]
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted, number, p_value, window
from escalation.timing.verdicts import FEWEST

PLATE = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
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
    low, high = min(0.5, test.ratio, float(others.min())), max(2.0, test.ratio, float(others.max()))
    if detectable:
        low, high = min(low, detectable[0] * 0.93), max(high, detectable[1] * 1.07)
    first, last = np.log2(low) - 0.16, np.log2(high) + 0.16

    def on(sheet: style.Sheet) -> Figure:
        left, right, above = 46, 10, 89 if detectable else 58
        inner = sheet.width - left - right
        tall = 220 if sheet.is_narrow else 260
        figure, axes = style.canvas(sheet, height=tall, left=left, right=right, top=above, bottom=46)
        box = axes[0, 0]
        style.head(box, "shifted calendars", sheet, up=above - 20)
        look = {"color": style.GREY, "alpha": 0.45, "edgecolor": style.PAPER, "linewidth": 0.5}
        sns.histplot(x=np.log2(others), bins=40, ax=box, **look)
        band = np.log2([test.band_low, test.band_high])
        box.axvspan(*band, color=style.DOUBT, alpha=0.6, linewidth=0, zorder=0)
        box.set_xlim(first, last)
        box.set_ylabel("")
        box.set_xlabel("ratio of the days after to the days before")
        step = next(step for step in (0.5, 1, 2, 4, np.inf) if last - first < 7 * step)  # of doublings
        ticks = np.arange(np.ceil(first / step), np.floor(last / step) + 1) * step
        box.set_xticks(ticks, [f"×{2**tick:.2g}" for tick in ticks])
        over = {"transform": box.get_xaxis_transform(), "clip_on": False}
        box.plot(2 * [np.log2(test.ratio)], [0, 1 + (above - 44) / tall], color=colour, linewidth=2.9, **over)
        for value in detectable or ():
            box.axvline(np.log2(value), color=style.INK, linewidth=1.3, linestyle=(0, (2, 2)))

        def write(text: str, place: float, up: float, **look: Any) -> None:
            half = max(style.width_of(line, bold=True) for line in text.splitlines()) / 2
            place = min(max(place, half + 4 - left), inner + right - 4 - half)
            box.annotate(text, (0, 1), (place, up), xycoords="axes fraction", textcoords="offset points", ha="center",
                         size=style.SMALL, bbox=PLATE, **look)  # fmt: skip

        a_log = inner / (last - first)
        write(
            f"as it was: ×{number(test.ratio)}",
            (np.log2(test.ratio) - first) * a_log,
            above - 40,
            color=colour,
            weight="bold",
        )
        seen = [f"usually seen\nfrom ×{number(value)}" for value in detectable or ()]
        at = style.spread((np.log2(detectable or ()) - first) * a_log, gap=88)
        for text, place in zip(seen, at, strict=True):
            write(text, place, 6)
        return figure

    seen = (
        f" Dashed: the size of change that this design would see four times in five ({number(detectable[0])}"
        f" down, {number(detectable[1])} up)."
        if detectable
        else ""
    )
    return Chart(
        on,
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


def peri_event(
    lines: pd.DataFrame,
    median: pd.DataFrame,
    named: Mapping[int, str],
    *,
    said: str,
    what: str,
    colour: str,
    source: str,
) -> Chart:
    """Every episode laid over the others, the median and the band of shifted calendars. `lines`: episode, day,
    ratio; `median`: day, median, n, band_low, band_high; `named`: episode → name, for those drawn in colour;
    `said`: the finding, as the title."""
    if not median["median"].notna().any():
        return absent("The weeks around talks", "episodes of talks", source=source)
    low, high = 0.06, 16
    courses = {
        int(str(episode)): line for episode, line in lines.groupby("episode") if line["ratio"].notna().any()
    }
    n_episodes, n_all = len(courses), lines["episode"].nunique()
    cut = (
        f" {n_all - n_episodes} of {counted(n_all, 'episode')} without a line: the days it is measured against begin before"
        " the counts."
        if n_all > n_episodes
        else ""
    )
    dashes: dict[int, Any] = dict(zip(named, ("solid", (0, (5, 2)), (0, (1.5, 1.5))), strict=False))

    def on(sheet: style.Sheet) -> Figure:
        room = sheet.width - 62 - (14 if sheet.is_narrow else 190)
        legend: list[tuple[str, float, Any, str]] = [
            (
                style.INK,
                3.2,
                "solid",
                f"median of {n_episodes} {'episode' if n_episodes == 1 else 'episodes'}",
            ),
            *((colour, 1.8, dashes[episode], name) for episode, name in named.items() if episode in courses),
            (style.DOUBT, 12, "solid", "shifted calendars: their median, nine times in ten"),
            (style.HAIR, 1.2, "solid", "each other episode"),
        ]
        words = [
            (look, style.wrapped(look[3], sheet.width - 60 if sheet.is_narrow else 150)) for look in legend
        ]
        above = 15 * sum(len(text) for _, text in words) + 6 * len(words) + 8 if sheet.is_narrow else 0
        figure, axes = style.canvas(
            sheet,
            height=250 if sheet.is_narrow else 300,
            left=62,
            right=sheet.width - 62 - room,
            top=28 + above,
            bottom=62 if sheet.is_narrow else 46,
        )
        box = axes[0, 0]
        box.fill_between(
            median["day"], median["band_low"], median["band_high"], color=style.DOUBT, linewidth=0
        )
        for episode, line in courses.items():
            if episode not in named:
                box.plot(line["day"], line["ratio"].clip(low, high), color=style.HAIR, linewidth=0.9)
        for episode in named:
            if episode in courses:
                line = courses[episode]
                look = {"linewidth": 1.8, "linestyle": dashes[episode]}
                box.plot(line["day"], line["ratio"].clip(low, high), color=colour, **look)
        box.plot(median["day"], median["median"], color=style.INK, linewidth=3.2)
        box.axhline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
        box.axvline(0, color=style.TALKS, linewidth=1.6)
        box.set_yscale("log")
        box.set_ylim(low, high)
        _ratio_axis(box.yaxis, low, high)
        box.set_xlim(-21, 21)
        box.set_xticks([-21, -14, -7, 0, 7, 14, 21])
        before_after = "days before the first and after the last day of the talks"
        box.set_xlabel("\n".join(style.wrapped(before_after, room)))
        box.annotate("talks", (0, 1), (0, 5), xycoords=box.get_xaxis_transform(), textcoords="offset points",
                     color=style.TALKS, size=style.SMALL, weight="bold", ha="center")  # fmt: skip
        height = 72 * figure.get_size_inches()[1]
        x, y = (4.0, height - 12.0) if sheet.is_narrow else (sheet.width - 180.0, height - 40.0)
        for (shade, width, dash, _), text in words:
            figure.add_artist(
                Line2D([x / sheet.width, (x + 22) / sheet.width], [y / height] * 2, color=shade, linewidth=width,
                       linestyle=dash, solid_capstyle="butt")
            )  # fmt: skip
            for row, part_of_it in enumerate(text):
                figure.text(
                    (x + 28) / sheet.width, (y - 15 * row) / height, part_of_it, size=style.SMALL, va="center"
                )
            y -= 15 * len(text) + (6 if sheet.is_narrow else 12)
        return figure

    at = {int(row["day"]): row for row in median.to_dict("records")}
    told = " and ".join(named.values())
    return Chart(
        on,
        median,
        said,
        f"{what}, mean of the seven days up to each day, against each episode's own level 21 to 8 days before",
        caption="Day −1 shows the week before the talks, day +7 the week after. A median that leaves the band on a day"
        f" does not by itself say much: there are many days.{cut}",
        alt=f"Line chart of {counted(n_episodes, 'episode')} from 21 days before to 21 days after talks. The median stands at"
        f" {number(at[-1]['median'])} times its earlier level in the week before and {number(at[7]['median'])} in"
        f" the week after; the band of shifted calendars there runs from {number(at[7]['band_low'])} to"
        f" {number(at[7]['band_high'])}." + (f" Drawn in colour: {told}." if told else ""),
        description="Median by day: "
        + "; ".join(f"day {d}: {number(at[d]['median'])}" for d in (-21, -14, -7, -1, 0, 7, 14, 21))
        + ".",
        source=source,
        n=n_episodes,
    )


NOTICE = {"yes": "Announced ahead", "no": "At short notice"}  # all others: mixed or not known


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
    """Each episode's ratio of the days after to the days before, those announced ahead apart from those at short
    notice. `rows`: name (whole), notice (yes, no, or else), date_first, n_before, n_after, ratio,
    is_full_window; `ratio`: the average with low and high; `band`: of the shifted calendars."""
    if rows.empty:
        return absent("Each episode of talks", "episodes of talks", source=source)
    whole = rows[rows["is_full_window"]]
    low = min([0.1, *(0.8 * whole["ratio"])])
    high = max([10.0, *(1.25 * whole["ratio"])])
    kinds = rows["notice"].map(NOTICE).fillna("Both, or not known")
    groups = [kind for kind in (*NOTICE.values(), "Both, or not known") if (kinds == kind).any()]
    is_judged = len(whole) >= FEWEST  # a mean of a few thin counts, and its interval, would be anything

    def on(sheet: style.Sheet) -> Figure:
        narrow = sheet.is_narrow
        left, right = (16, 62) if narrow else (330, 70)
        room = sheet.width - 22 if narrow else left - 14
        names = {index: style.wrapped(row["name"], room) for index, row in rows.iterrows()}
        # a row: its place from above in pixels, and what stands there
        y, places, heads = 0.0, {}, {}
        for kind in groups:
            heads[kind] = y + 12
            y += 26
            for index in rows.index[kinds == kind]:
                tall = 15 * len(names[index])
                places[index] = y + (tall + 9 if narrow else max(tall, 16) / 2 + 2)
                y += tall + 22 if narrow else max(tall, 16) + 7
            y += 6
        overall, y = y + (26 if narrow else 14), y + (40 if narrow else 32) * is_judged
        figure, axes = style.canvas(sheet, height=y, left=left, right=right, top=24, bottom=44)
        box = axes[0, 0]
        box.set_ylim(y, 0)
        box.axvspan(band.band_low, band.band_high, color=style.DOUBT, linewidth=0, zorder=0)
        box.axvline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
        beside = box.get_yaxis_transform()

        def write(text: str, place: float, **look: Any) -> None:
            shift = -left + 4
            box.annotate(text, (0, place), (shift, 0), xycoords=beside, textcoords="offset points",
                         size=style.SMALL, va="center", annotation_clip=False, zorder=5, bbox=plate, **look)  # fmt: skip

        plate = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.5}
        box.annotate("before → after", (1, 0), (right - 2, 8), xycoords=beside, textcoords="offset points",
                     ha="right", size=style.SMALL, color=style.GREY, annotation_clip=False)  # fmt: skip
        for kind, place in heads.items():
            write(f"{kind}: {int((kinds == kind).sum())}", place, weight="bold")
        for index, row in zip(rows.index, rows.to_dict("records"), strict=True):
            place, text = places[index], names[index]
            first = place - 15 * len(text) - 1 if narrow else place - 7.5 * (len(text) - 1)
            # from below: the plate of a line would else cover the feet of the line above
            for number_of, line in list(enumerate(text))[::-1]:
                write(line, first + 15 * number_of)
            ahead = kinds[index] == NOTICE["yes"]
            if row["is_full_window"]:
                box.plot([1, row["ratio"]], [place] * 2, color=colour, linewidth=1.3, alpha=0.6)
                face = colour if ahead else style.PAPER
                box.plot(
                    row["ratio"], place, "o" if ahead else "s", markersize=8, color=face, mec=colour, mew=1.6
                )
            known = ["–" if np.isnan(row[side]) else f"{row[side]:.0f}" for side in ("n_before", "n_after")]
            box.annotate(" → ".join(known), (1, place), (right - 2, 0), xycoords=beside, textcoords="offset points",
                         ha="right", va="center", size=style.SMALL, annotation_clip=False)  # fmt: skip
        if is_judged:
            write("Over all episodes, 90 % interval", overall - (18 if narrow else 0), weight="bold")
            box.plot([ratio.low, ratio.high], [overall] * 2, color=style.INK, linewidth=6, alpha=0.45)
            box.plot(ratio.ratio, overall, "D", color=style.INK, markersize=9)
            box.annotate(number(ratio.ratio), (1, overall), (right - 2, 0), xycoords=beside, textcoords="offset points",
                         ha="right", va="center", size=style.SMALL, weight="bold", annotation_clip=False)  # fmt: skip
        box.set_yticks([])
        box.spines["left"].set_visible(False)
        box.set_xscale("log")
        box.set_xlim(low, high)
        _ratio_axis(box.xaxis, low, high)
        box.set_xlabel("after, against before")
        return figure

    up, down = int((whole["ratio"] > 1).sum()), int((whole["ratio"] < 1).sum())
    ends = [("rise", whole.nlargest(1, "ratio")), ("fall", whole.nsmallest(1, "ratio"))]
    cut = len(rows) - len(whole)
    said_of_cut = (
        f"{counted(cut, 'episode').capitalize()} without a mark: a window leaves the counts (–), so not counted. "
        if cut
        else ""
    )
    alike = f", {len(whole) - up - down} with as much" if up + down < len(whole) else ""
    half, none = ("an event", "without events") if "event" in what.lower() else ("of one", "with none")
    split = ", ".join(f"{kind.lower()} {int((kinds[whole.index] == kind).sum())}" for kind in groups)
    open_marks = ", ".join(kind.lower() for kind in groups if kind != NOTICE["yes"])
    marks = "; ".join(
        [*(["round, filled: announced ahead"] if NOTICE["yes"] in groups else [])]
        + ([f"square, open: {open_marks}"] if open_marks else [])
    )
    marks = f"{marks[0].upper()}{marks[1:]}."
    split = f" ({split})" if set(groups) & set(NOTICE.values()) else ""
    of_shifts = f"shifted calendars {number(band.band_low)} to {number(band.band_high)}"
    overall = f" Over all {number(ratio.ratio)} (90 % interval {number(ratio.low)} to {number(ratio.high)}); {of_shifts}."
    overall = overall if is_judged else ""
    return Chart(
        on,
        rows,
        said,
        f"{what} in the {window(window_days)} before and after each episode of talks, and their ratio; grey: shifted"
        " calendars, nine in ten",
        caption=f"{said_of_cut}{marks} Half {half} is added to both sides, so that a window {none} gives a large"
        " ratio and not an infinite one.",
        alt=f"Dot chart of {counted(len(whole), 'episode')} of talks: {up} with more {what.lower()} after than"
        f" before, {down} with less{alike}{split}.{overall}",
        description=" ".join(
            f"Largest {word}: {row['name']}, {number(row['n_before'])} before and {number(row['n_after'])} after."
            for word, end in ends
            for row in end.to_dict("records")
            if (row["ratio"] > 1 if word == "rise" else row["ratio"] < 1)
        )
        or "No episode that counts rose or fell.",
        source=source,
        n=len(whole),
    )


def coincidence(rows: pd.DataFrame, *, said: str, colours: Mapping[str, str], source: str) -> Chart:
    """The share of meetings after which violence was recorded on the next day, beside shifted calendars.
    `rows`: group (what is counted), label (of which meetings), n, k, expected, low, high, base_rate_pct;
    `colours`: by group."""
    shown = rows[rows["n"] > 0].reset_index(drop=True)
    if shown.empty:
        return absent("The day after talks", "meetings", source=source)
    groups = list(dict.fromkeys(shown["group"]))
    share = 100 * shown["k"] / shown["n"]

    def on(sheet: style.Sheet) -> Figure:
        narrow = sheet.is_narrow
        left, right = (6, 74) if narrow else (230, 118)
        y, places, heads = 0.0, {}, {}
        for group in groups:
            heads[group] = y + 12
            y += 28 if narrow else 26
            for index in shown.index[shown["group"] == group]:
                places[index] = y + (27 if narrow else 12)
                y += 42 if narrow else 26
            y += 8
        figure, axes = style.canvas(
            sheet, height=y, left=left, right=right, top=8, bottom=68 if narrow else 44
        )
        box = axes[0, 0]
        box.set_ylim(y, 0)
        box.set_xlim(0, 100)
        beside = box.get_yaxis_transform()
        for group, place in heads.items():
            box.annotate(group, (0, place), (-left + 6 if not narrow else 0, 0), xycoords=beside,
                         textcoords="offset points", size=style.SMALL, weight="bold", va="center",
                         color=colours[group], annotation_clip=False)  # fmt: skip
        for index, row in zip(shown.index, shown.to_dict("records"), strict=True):
            place, colour = places[index], colours[row["group"]]
            if not np.isnan(row["expected"]):
                ends = [100 * row["low"] / row["n"], 100 * row["high"] / row["n"]]
                box.plot(ends, [place] * 2, color=style.DOUBT, linewidth=14, zorder=1)
                usual = 100 * row["expected"] / row["n"]
                box.plot([usual] * 2, [place - 8, place + 8], color=style.GREY, linewidth=1.8, zorder=2)
            box.plot(share[index], place, "o", color=colour, markersize=9, clip_on=False, zorder=3)
            look = {"xycoords": beside, "textcoords": "offset points", "va": "center", "size": style.SMALL}
            where = (0, -19) if narrow else (-left + 16, 0)
            box.annotate(row["label"], (0, place), (where[0], -where[1]), annotation_clip=False, **look)
            box.annotate(f"{row['k']:.0f} of {row['n']:.0f}", (1, place), (right - 2, 0), ha="right",
                         annotation_clip=False, **look)  # fmt: skip
        box.set_yticks([])
        box.spines["left"].set_visible(False)
        box.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
        room = sheet.width - left - right
        words = "share of meetings with a record on the next day"
        box.set_xlabel("\n".join(style.wrapped(words, room)))
        for tick in (25, 50, 75, 100):
            box.axvline(tick, color=style.HAIR, linewidth=0.7, zorder=0)
        return figure

    told = "; ".join(
        f"{row['group']}, {row['label']}: {row['k']:.0f} of {row['n']:.0f} ({100 * row['k'] / row['n']:.0f} %),"
        f" shifted calendars {number(row['expected'], 1)}, any day {row['base_rate_pct']:.0f} %"
        for row in shown.to_dict("records")
    )
    first = shown.iloc[0]
    band = " to ".join(dict.fromkeys(f"{first[end]:.0f}" for end in ("low", "high")))
    return Chart(
        on,
        shown.assign(share_pct=share),
        said,
        "Share of meetings with a record on the day after their last day; grey: the same calendar on other dates, nine"
        " in ten; tick: its mean",
        caption="Where the tick stands near 100 %, nearly every day is followed by such a day, and violence on the day"
        " after talks says next to nothing.",
        alt=f"Dot chart in {counted(len(groups), 'part')}. {first['group']}, {first['label']}: {first['k']:.0f} of"
        f" {first['n']:.0f} meetings; shifted calendars give {number(first['expected'], 1)} ({band}).",
        description=f"{told}.",
        source=source,
        n=int(first["n"]),
    )
