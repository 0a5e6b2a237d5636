"""The figures that ask how far the talks result depends on choices, and what could have been seen at all."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.figures.timing import PLATE, _ratio_axis
from escalation.figures.titles import doubt_title
from escalation.findings import counted, day, edition, is_known, number, p_value, percent
from escalation.timing.verdicts import FEWEST


def power(curve: pd.DataFrame, reach: Any, *, said: str, what: str, colour: str, source: str) -> Chart:
    """How often the design would notice an effect of each size. `curve`: ratio, detected_pct; `reach`: down
    and up at four in five (blank: none of the sizes tried); `said`: the finding, as the title."""
    title = said
    subtitle = (
        f"{what}: share of simulated calendars with a planted change whose verdict is higher or lower, by the"
        " size of the change"
    )

    def on(sheet: style.Sheet) -> Figure:
        figure, axes = style.canvas(sheet, height=240 if sheet.is_narrow else 285, left=50, top=32, bottom=46)
        box = axes[0, 0]
        style.head(box, "how often it was noticed, %", sheet)
        box.plot(curve["ratio"], curve["detected_pct"], "-o", color=colour, markersize=5.2)
        box.axhline(80, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
        for value, side in ((reach.down, "right"), (reach.up, "left")):
            if not np.isnan(value):
                box.plot([value, value], [0, 80], color=style.INK, linewidth=1.2)
                where = {
                    "xytext": (-4 if side == "right" else 4, 6),
                    "textcoords": "offset points",
                    "ha": side,
                }
                box.annotate(f"×{number(value)}", (value, 0), weight="bold", size=style.SMALL, **where)
        box.set_xscale("log")
        _ratio_axis(box.xaxis, float(curve["ratio"].min()), float(curve["ratio"].max()))
        box.set_ylim(0, 103)
        box.set_xlabel("true change in the days after talks")
        return figure

    one = curve.iloc[int((curve["ratio"] - 1).abs().argmin())]
    ends = [number(value) for value in (reach.down, reach.up) if not np.isnan(value)]
    reached = f"80 % at {' and '.join(ends)} times" if ends else "80 % at none of the sizes tried"
    return Chart(
        on, curve, title, subtitle,
        caption="The real calendar was turned to random places in the real counts, a change of known size planted after each episode, and every test of the verdict run. A rise is planted by the counts of days near by, so that empty days do not stay empty. "
        f"At no change (×1) the verdict finds one in {number(float(one['detected_pct']), 0)} % of cases.",
        alt=f"Curve of the share of simulations in which a change is noticed: {number(float(one['detected_pct']), 0)} % at no change; {reached}.",
        description="; ".join(f"×{row['ratio']:g}: {row['detected_pct']:.0f} %" for row in curve.to_dict("records")) + ".",
        source=source, n=len(curve),
    )  # fmt: skip


def forest(rows: pd.DataFrame, *, said: str, subtitle: str, caption: str, colour: str, source: str) -> Chart:
    """Ratios side by side: label, group, n, ratio, low, high (blank where there is no interval), band_low,
    band_high."""
    rows = rows.reset_index(drop=True)
    groups = list(dict.fromkeys(rows["group"]))
    known = rows[["ratio", "low", "high"]].to_numpy(dtype=float)
    low, high = max(0.05, np.nanmin(known) * 0.85), min(20.0, np.nanmax(known) * 1.15)
    labels, said_of = [], []
    for row in rows.to_dict("records"):
        labels.append(row["label"] if pd.isna(row["n"]) else f"{row['label']}, n = {row['n']:.0f}")
        interval = "" if pd.isna(row["low"]) else f" ({number(row['low'])}–{number(row['high'])})"
        said_of.append(f"{number(row['ratio'])}{interval}")

    def on(sheet: style.Sheet) -> Figure:
        # a phone's rows have their words above their marks
        narrow = sheet.is_narrow
        beside = max(map(style.width_of, said_of)) + 12
        words = [style.wrapped(label, sheet.width - 12 - beside if narrow else 300) for label in labels]
        left = (
            18
            if narrow
            else max(map(style.width_of, [*groups, *(line for lines in words for line in lines)])) + 16
        )
        right = 18 if narrow else beside
        inner = sheet.width - left - right
        y, heads, places = 0.0, {}, np.zeros(len(rows))
        for group in groups:
            heads[group] = y + 12
            y += 28 if narrow else 26
            for index in rows.index[rows["group"] == group]:
                tall = 15 * len(words[index])
                places[index] = y + (tall + 9 if narrow else tall / 2 + 5)
                y += tall + (21 if narrow else 11)
            y += 6
        figure, axes = style.canvas(sheet, height=y, left=left, right=right, bottom=46)
        box = axes[0, 0]
        box.set_ylim(y, 0)
        box.set_xscale("log")
        box.set_xlim(low, high)
        if narrow:  # a line all the way would cross the words
            box.vlines([1] * len(places), places - 9, places + 9, color=style.GREY, linewidth=1)
        else:
            box.axvline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
        if "band_low" in rows:
            box.hlines(
                places, rows["band_low"], rows["band_high"], color=style.DOUBT, linewidth=10.4, zorder=0
            )
        box.hlines(places, rows["low"], rows["high"], color=colour, linewidth=1.7)
        box.plot(rows["ratio"], places, "o", color=colour, markersize=5.9)
        look = {"transform": box.get_yaxis_transform(), "va": "center", "size": style.SMALL}
        where = {"x": -12 / inner, "ha": "left"} if narrow else {"x": -8 / inner, "ha": "right"}
        for group, place in heads.items():
            box.text(y=place, s=group, weight="bold", **where, **look)
        for index, place in enumerate(places):
            first = place - 15 * len(words[index]) - 1 if narrow else place - 7.5 * (len(words[index]) - 1)
            for line, text in enumerate(words[index]):
                box.text(y=first + 15 * line, s=text, **where, **look)
            end = {"x": 1 + 12 / inner, "ha": "right"} if narrow else {"x": 1 + 12 / inner}
            box.text(y=first if narrow else place, s=said_of[index], **end, **look)
        box.set_yticks([])
        box.spines["left"].set_visible(False)
        _ratio_axis(box.xaxis, low, high)
        box.set_xlabel("after, against before")
        return figure

    first, lowest, highest = (
        rows.iloc[0],
        rows.iloc[int(rows["ratio"].argmin())],
        rows.iloc[int(rows["ratio"].argmax())],
    )
    return Chart(
        on, rows, said, subtitle, caption=caption,
        alt=f"Dot chart of {counted(len(rows), 'ratio')} in {counted(len(groups), 'group')}: {first['label']} {number(first['ratio'])}; lowest {lowest['label']} {number(lowest['ratio'])}, highest {highest['label']} {number(highest['ratio'])}.",
        description="; ".join(f"{row['label']}: {number(row['ratio'])}" + ("" if pd.isna(row["low"]) else f" ({number(row['low'])} to {number(row['high'])})") for row in rows.to_dict("records")) + ".",
        source=source, n=len(rows),
    )  # fmt: skip


def strata(by_set: pd.DataFrame, names: Mapping[str, str], *, what: str, colour: str, source: str) -> Chart:
    """The ratio by set of talks, of sets with two episodes or more. `by_set`: the frame of `timing.strata`;
    `names`: what each set is called on a figure."""
    rows = by_set.assign(
        label=by_set["stratum"].map(names), group="by set of talks", n=by_set["n_episodes"]
    ).query("n_episodes > 1")
    if len(rows) < 2:
        return absent("The ratio by set of talks", "second set of talks with two episodes", source=source)
    few = rows["n_episodes"] < FEWEST  # an interval over two episodes spans the page and says nothing
    rows = rows.assign(low=rows["low"].mask(few), high=rows["high"].mask(few))
    enough = rows[~few] if (~few).any() else rows
    pairs = list(zip(enough["ratio"].tolist(), enough["label"].tolist(), strict=True))
    ends = [
        f"{number(ratio)} ({label})"
        for ratio, label in (min(pairs, key=itemgetter(0)), max(pairs, key=itemgetter(0)))
    ]
    of_sets = f"{counted(FEWEST, 'episode')} or more" if few.any() and (~few).any() else "talks"
    return forest(
        rows,
        said=f"From {ends[0]} to {ends[1]} by set of {of_sets}",
        subtitle=(
            f"{what}: ratio after to before by set of talks, 90 % interval; n = episodes; grey: shifted"
            " calendars, nine in ten"
        ),
        caption=(
            "Each set makes its own episodes. Sets overlap, and with fewer than five episodes no test is made"
            " and no interval drawn."
        ),
        colour=colour,
        source=source,
    )


def doubt(
    by_series: pd.DataFrame,
    redrawn: pd.DataFrame,
    bounds: pd.DataFrame,
    *,
    n_episodes: int,
    events: str,
    deaths: str,
    colour: str,
    source: str,
) -> Chart:
    """The ratio by what is counted, by dating of inexact events and by estimate of the dead: the frames of
    `timing.compare_series`, `date_draws` and `fatality_bounds`. `events`, `deaths`: what the last two count,
    as labels. `redrawn` is empty where no event is known to be of inexact day."""
    dated = redrawn.assign(label=events + ", " + redrawn["run"], group="events of inexact day", n=n_episodes)
    estimated = bounds.rename(columns={"interval_low": "low", "interval_high": "high"}).assign(
        label=deaths + ", " + bounds["estimate"], group="estimates of the dead", n=bounds["n_episodes"]
    )
    counted_by = by_series.assign(
        label=by_series["series"], group="by source and measure", n=by_series["n_episodes"]
    )
    alone = by_series.loc[~by_series["series"].str.contains(" / ", regex=False), "ratio"]
    return forest(
        pd.concat([counted_by, dated, estimated], ignore_index=True),
        said=doubt_title(alone, redrawn["ratio"], bounds["ratio"]),
        subtitle=(
            "Ratio after to before by count, by dating of inexact events, and by estimate of the dead; "
            "90 % interval, for drawn dates 5 to 95 % of draws"
            if len(redrawn)
            else "Ratio after to before by count and by estimate of the dead; 90 % interval"
        ),
        caption=(
            '"A / B" is the change of A against B around the same episodes: if it moved, recording would. The'
            ' rows "smallest" and "largest" pair the low estimate on one side with the high one on the other,'
            " which no choice within the ranges can pass. Grey: shifted calendars, nine in ten."
        ),
        colour=colour,
        source=source,
    )


def specifications(
    rows: pd.DataFrame,
    joint: Any,
    labels: dict[str, dict[str, str]],
    *,
    below_expected: float,
    primary: dict[str, Any],
    source: str,
) -> Chart:
    """Every specification by size of its ratio, above the matrix of its choices. `rows`: series, talks_set,
    window_days, statistic, ratio, p_shift, band_low, band_high; `labels`: column → value → words; `primary`:
    the values of the published one; `below_expected`: how many lie below 1 on shifted calendars, in the
    mean."""
    ordered = rows.sort_values("ratio", ignore_index=True)
    x = np.arange(len(ordered))
    below, above = int((ordered["ratio"] < 1).sum()), int((ordered["ratio"] > 1).sum())
    title = (
        f"{percent(below / len(ordered))} of {len(ordered)} specifications show a fall after talks; on other"
        f" dates {percent(below_expected / len(ordered))} do"
    )
    subtitle = (
        f"After-to-before ratio by specification; stronger: p < .05 by itself ({number(joint.below_05_pct, 0)}"
        f" %). All together, under the same shifts: median p = {p_value(joint.p_median)}, largest p ="
        f" {p_value(joint.p_maximum)}"
    )
    used = {column: set(ordered[column].astype(str)) for column in labels}
    labels = {
        column: {value: word for value, word in values.items() if str(value) in used[column]}
        for column, values in labels.items()
    }
    own = np.ones(len(ordered), dtype=bool)
    for column, value in primary.items():
        own &= (ordered[column] == value).to_numpy()
    is_strong = (ordered["p_shift"] < 0.05).to_numpy()
    ratio = ordered["ratio"].to_numpy(dtype=float)
    low = float(ordered[["ratio", "band_low"]].min().min()) * 0.9
    high = float(ordered[["ratio", "band_high"]].max().max()) * 1.1

    def on(sheet: style.Sheet) -> Figure:
        # a phone's rows have their words above their marks
        narrow = sheet.is_narrow
        row, gap, upper = (30, 10, 190) if narrow else (19, 19, 200)
        y, places = 0.0, {}
        for column, values in labels.items():
            for value in values:
                places[column, value] = y + (22 if narrow else 9)
                y += row
            y += gap
        of_words = max(style.width_of(word) for values in labels.values() for word in values.values())
        left = 44 if narrow else of_words + 20
        figure, axes = style.canvas(sheet, height=upper + 10 + y, rows=2, gap=10, left=left, right=14 - 6 * narrow, top=30,
                                    bottom=8, ratios=[upper, y], share_x=True)  # fmt: skip
        top, matrix = axes[:, 0]
        style.head(top, "after, against before", sheet)
        top.fill_between(x, ordered["band_low"], ordered["band_high"], color=style.DOUBT, linewidth=0)
        top.set_yscale("log")
        top.set_ylim(low, high)
        _ratio_axis(top.yaxis, low, high)
        top.axhline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
        dot = np.array([0, 0.01, np.nan])  # a path whose ends are round, a fraction of a mark's bytes
        tick = np.array([-4, 4, np.nan])
        for some, shade, size, wide in ((~is_strong, style.GREY, 2.8, 1), (is_strong, style.INK, 3.8, 1.3)):
            top.plot(np.add.outer(x[some], dot).ravel(), np.repeat(ratio[some], 3), color=shade, linewidth=size,
                     solid_capstyle="round")  # fmt: skip
            marks = [(x[with_it], place) for (column, value), place in places.items()
                     if (with_it := some & (ordered[column].astype(str) == str(value)).to_numpy()).any()]  # fmt: skip
            along = [np.repeat(each, 3) for each, _ in marks]
            down = [np.tile(place + tick, len(each)) for each, place in marks]
            matrix.plot(
                np.concatenate([[], *along]), np.concatenate([[], *down]), color=shade, linewidth=wide
            )
        for place in x[own]:
            is_below = ratio[place] < 1  # away from the line at 1
            side = "left" if place < 0.2 * len(x) else "right" if place > 0.8 * len(x) else "center"
            top.plot(place, ratio[place], "D", color=style.UCDP, markersize=7.8)
            top.annotate("as specified" if edition() else "published", (place, ratio[place]), (0, -9 if is_below else 9),
                         textcoords="offset points", ha=side, va="top" if is_below else "bottom", size=style.SMALL,
                         color=style.UCDP, weight="bold")  # fmt: skip
            matrix.axvline(place, color=style.UCDP, linewidth=1)
        inner = sheet.width - left - (14 - 6 * narrow)
        for (column, value), place in places.items():
            where = {"x": -8 / inner, "y": place, "ha": "right"}
            if narrow:
                where = {"x": -(left - 4) / inner, "y": place - 14, "bbox": PLATE | {"pad": 0.5}}
            matrix.text(
                s=labels[column][value],
                va="center",
                size=style.SMALL,
                transform=matrix.get_yaxis_transform(),
                **where,
            )
        matrix.set_yticks([])
        matrix.set_ylim(y, 0)
        for box in (top, matrix):
            box.set_xticks([])
            box.set_xlim(-1, len(ordered))
        for spine in ("left", "bottom"):
            matrix.spines[spine].set_visible(False)
        return figure

    return Chart(
        on, ordered, title, subtitle,
        caption="Each column is one way to do the analysis; the marks below say which choices it made. Grey: where its own shifted calendars lie nine times in ten. "
        "The joint p-values ask whether so many, or so extreme, ratios would come up on shifted calendars too. Many specifications share their data, so their "
        "number is no measure of strength.",
        alt=f"Specification curve of {len(ordered)} ratios from {number(float(ordered['ratio'].min()))} to {number(float(ordered['ratio'].max()))}, middle {number(float(ordered['ratio'].median()))}; {below} lie below 1. Joint p of the median {number(joint.p_median)}, of the largest {number(joint.p_maximum)}.",
        description=f"Of {len(ordered)} specifications {below} lie below 1 and {above} above; {int(is_strong.sum())} have p < .05 by themselves.",
        source=source, n=len(ordered),
    )  # fmt: skip


def interrupted(
    line: pd.DataFrame,
    steps: pd.DataFrame,
    test: Any,
    date: pd.Timestamp,
    *,
    said: str,
    what: str,
    colour: str,
    source: str,
) -> Chart:
    """Daily counts around one date with the fitted step, and the steps at placebo dates. `line`: date, count,
    fitted, without; `steps`: date, ratio, is_placebo; `said`: the finding, as the title."""
    title = said
    is_stepped = is_known(test.ratio)
    subtitle = (
        f"{what} a day, 60 days before and after, with trend and step, and the same step at {test.n_placebos} other dates"
        if is_stepped
        else f"{what} a day, 60 days before and after, and the step at {test.n_placebos} other dates"
    )
    stepped = (
        f"a step to {number(test.ratio)} times the earlier level (p = {p_value(test.p)})"
        if is_stepped
        else "no step that could be measured"
    )
    ratios = np.log2(steps.loc[steps["is_placebo"], "ratio"].dropna().to_numpy(dtype=float))
    found = [float(np.log2(test.ratio))] if is_stepped else []

    def on(sheet: style.Sheet) -> Figure:
        # beside each other, on a phone under each other
        rows, columns, height = (2, 1, 440) if sheet.is_narrow else (1, 2, 285)
        figure, axes = style.canvas(
            sheet,
            height=height,
            rows=rows,
            columns=columns,
            gap=78,
            side=58,
            left=36,
            right=10,
            top=32,
            bottom=46,
        )
        series, others = axes.flat
        style.head(series, f"{what.lower()} a day", sheet)
        style.head(others, "dates, by the size of their step", sheet)
        x = np.array([style.at(stamp) for stamp in line["date"]])
        series.stairs(
            line["count"], [*(x - 0.5), x[-1] + 0.5], fill=True, color=colour, alpha=0.45, linewidth=0
        )
        after = (line["date"] >= date).to_numpy()
        if is_stepped:
            for side in (~after, after):
                series.plot(x[side], line.loc[side, "fitted"], color=style.INK, linewidth=2.3)
            look = {"color": style.GREY, "linewidth": 1.3, "linestyle": (0, (3, 2))}
            series.plot(x[after], line.loc[after, "without"], **look)
        series.axvline(style.at(date), color=style.TRUCE, linewidth=1.6)
        style.months(series, line["date"].iloc[0], line["date"].iloc[-1], every=1)
        others.hist(ratios, bins=24, color=style.GREY, alpha=0.5, edgecolor=style.PAPER, linewidth=0.5)
        others.set_ylim(0, others.get_ylim()[1] * 1.14)  # room for a day's name above the bars
        for place in found:
            others.axvline(place, color=style.TRUCE, linewidth=2.6)
            shift, ha = (-6, "right") if place > np.mean(others.get_xlim()) else (6, "left")
            others.annotate(day(date), (place, 1), (shift, 0), xycoords=others.get_xaxis_transform(),
                            textcoords="offset points", color=style.TRUCE, size=style.SMALL, weight="bold",
                            ha=ha, va="top")  # fmt: skip
        low, high = min([*ratios, *found], default=0.0), max([*ratios, *found], default=0.0)
        ticks = [tick for tick in (0.06, 0.25, 1, 4, 16) if low - 0.4 <= np.log2(tick) <= high + 0.3]
        others.set_xticks([np.log2(tick) for tick in ticks], [f"×{tick:g}" for tick in ticks])
        others.set_xlabel("step at the date")
        return figure

    return Chart(
        on, steps, title, subtitle,
        caption="With nothing recorded on one side no step can be fitted: none is drawn, and no p-value is given."
        if not is_stepped
        else "The p-value compares the step with those at every seventh day of the window; the usual standard errors, which take neighbouring days for independent, find too many, and none is given. "
        "Dashed: the trend common to both sides, without the step, which is what the step is measured against and not what would have happened.",
        alt=f"Bar chart of daily counts around {day(date)} with {stepped}, beside a histogram of {test.n_placebos} placebo steps, nine in ten between {number(test.band_low)} and {number(test.band_high)}.",
        description=f"{stepped[0].upper()}{stepped[1:]}, among {test.n_placebos} placebo dates (5 to 95 %: {number(test.band_low)} to {number(test.band_high)}).",
        source=source, n=len(steps),
    )  # fmt: skip
