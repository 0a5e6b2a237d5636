"""The figures that ask how far the talks result depends on choices, and what could have been seen at all."""

import math
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.figures.timing import _ratio_axis
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
    figure, axes = style.canvas(style.STANDARD, height=285, left=70, bottom=46)
    box = axes[0, 0]
    box.plot(curve["ratio"], curve["detected_pct"], "-o", color=colour, markersize=5.2)
    box.axhline(80, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
    for value, side in ((reach.down, "right"), (reach.up, "left")):
        if not np.isnan(value):
            box.plot([value, value], [0, 80], color=style.INK, linewidth=1.2)
            box.text(
                value * (0.96 if side == "right" else 1.04),
                6,
                f"×{number(value)}",
                ha=side,
                weight="bold",
                size=style.SMALL,
            )
    box.set_xscale("log")
    _ratio_axis(box.xaxis, float(curve["ratio"].min()), float(curve["ratio"].max()))
    box.set_ylim(0, 103)
    box.set_ylabel("noticed, %")
    box.set_xlabel("true change in the days after talks")
    one = curve.iloc[int((curve["ratio"] - 1).abs().argmin())]
    ends = [number(value) for value in (reach.down, reach.up) if not np.isnan(value)]
    reached = f"80 % at {' and '.join(ends)} times" if ends else "80 % at none of the sizes tried"
    return Chart(
        figure, curve, title, subtitle,
        caption="The real calendar was turned to random places in the real counts, a change of known size planted after each episode, and every test of the verdict run. A rise is planted by the counts of days near by, so that empty days do not stay empty. "
        f"At no change (×1) the verdict finds one in {number(float(one['detected_pct']), 0)} % of cases.",
        alt=f"Curve of the share of simulations in which a change is noticed: {number(float(one['detected_pct']), 0)} % at no change; {reached}.",
        description="; ".join(f"×{row['ratio']:g}: {row['detected_pct']:.0f} %" for row in curve.to_dict("records")) + ".",
        source=source, n=len(curve),
    )  # fmt: skip


def forest(rows: pd.DataFrame, *, said: str, subtitle: str, caption: str, colour: str, source: str) -> Chart:
    """Ratios side by side: label, group, n, ratio, low, high (blank where there is no interval), band_low,
    band_high."""
    groups = list(dict.fromkeys(rows["group"]))
    lines = len(rows) + len(groups)
    left = max(style.width_of(f"{label}, n = 000") for label in [*rows["label"], *groups]) + 16
    figure, axes = style.canvas(
        style.STANDARD, height=26 * lines + 12, left=left, right=130, bottom=46
    )
    box = axes[0, 0]
    box.axvline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
    y = lines
    ticks, labels = [], []
    known = rows[["ratio", "low", "high"]].to_numpy(dtype=float)
    low, high = max(0.05, np.nanmin(known) * 0.85), min(20.0, np.nanmax(known) * 1.15)
    for group in groups:
        box.text(
            -0.02,
            y,
            group,
            transform=box.get_yaxis_transform(),
            ha="right",
            va="center",
            weight="bold",
            size=style.SMALL,
        )
        y -= 1
        for row in rows[rows["group"] == group].to_dict("records"):
            if not pd.isna(row.get("band_low", np.nan)):
                box.plot(
                    [row["band_low"], row["band_high"]],
                    [y, y],
                    color=style.DOUBT,
                    linewidth=10.4,
                    solid_capstyle="butt",
                    zorder=0,
                )
            if not pd.isna(row["low"]):
                box.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.7)
            box.plot(row["ratio"], y, "o", color=colour, markersize=5.9)
            interval = "" if pd.isna(row["low"]) else f" ({number(row['low'])}–{number(row['high'])})"
            box.text(
                1.02,
                y,
                f"{number(row['ratio'])}{interval}",
                transform=box.get_yaxis_transform(),
                va="center",
                size=style.SMALL,
            )
            ticks.append(y)
            labels.append(f"{row['label']}, n = {row['n']:.0f}" if not pd.isna(row["n"]) else row["label"])
            y -= 1
    box.set_yticks(ticks, labels)
    box.tick_params(axis="y", length=0, labelsize=style.SMALL)
    box.set_ylim(0.3, lines + 0.7)
    box.set_xscale("log")
    box.set_xlim(low, high)
    _ratio_axis(box.xaxis, low, high)
    box.set_xlabel("after, against before")
    first, lowest, highest = (
        rows.iloc[0],
        rows.iloc[int(rows["ratio"].argmin())],
        rows.iloc[int(rows["ratio"].argmax())],
    )
    return Chart(
        figure, rows, said, subtitle, caption=caption,
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
            " which no choice within the ranges can pass."
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
    lines = [(column, value) for column in labels for value in labels[column]]
    figure, axes = style.canvas(style.STANDARD, height=211 + 19 * (len(lines) + len(labels)), rows=2, gap=10, left=max(style.width_of(word) for values in labels.values() for word in values.values()) + 20, right=14, bottom=12, ratios=[1.7, 0.15 * (len(lines) + len(labels))], share_x=True)  # fmt: skip
    top, matrix = axes[0, 0], axes[1, 0]
    top.fill_between(x, ordered["band_low"], ordered["band_high"], color=style.DOUBT, linewidth=0)
    own = np.ones(len(ordered), dtype=bool)
    for column, value in primary.items():
        own &= (ordered[column] == value).to_numpy()
    low_p = (ordered["p_shift"] < 0.05).to_numpy()
    top.scatter(x[~low_p], ordered["ratio"][~low_p], s=8, color=style.GREY, linewidth=0)
    top.scatter(x[low_p], ordered["ratio"][low_p], s=14, color=style.INK, linewidth=0)
    for place in x[own]:
        top.plot(place, ordered["ratio"][place], "D", color=style.UCDP, markersize=7.8)
        top.annotate(
            "as specified" if edition() else "published",
            (place, ordered["ratio"][place]),
            (0, 11),
            textcoords="offset points",
            ha="center",
            size=style.SMALL,
            color=style.UCDP,
            weight="bold",
        )
        matrix.axvline(place, color=style.UCDP, linewidth=1)
    top.axhline(1, color=style.GREY, linewidth=1, linestyle=(0, (3, 3)))
    top.set_yscale("log")
    low, high = (
        float(ordered[["ratio", "band_low"]].min().min()) * 0.9,
        float(ordered[["ratio", "band_high"]].max().max()) * 1.1,
    )
    top.set_ylim(low, high)
    _ratio_axis(top.yaxis, low, high)
    top.set_ylabel("after, against before")
    y = len(lines) + len(labels)
    ticks, words = [], []
    for column, values in labels.items():
        for value, label in values.items():
            with_it = (ordered[column].astype(str) == str(value)).to_numpy()
            matrix.scatter(
                x[with_it], np.full(with_it.sum(), y), marker="|", s=15, color=style.GREY, linewidth=1
            )
            matrix.scatter(
                x[with_it & low_p],
                np.full((with_it & low_p).sum(), y),
                marker="|",
                s=15,
                color=style.INK,
                linewidth=1.3,
            )
            ticks.append(y)
            words.append(label)
            y -= 1
        y -= 1
    matrix.set_yticks(ticks, words)
    matrix.tick_params(axis="y", length=0, labelsize=style.SMALL)
    matrix.set_ylim(0.5, len(lines) + len(labels) + 0.7)
    for box in (top, matrix):
        box.set_xticks([])
        box.set_xlim(-1, len(ordered))
    return Chart(
        figure, ordered, title, subtitle,
        caption="Each column is one way to do the analysis; the marks below say which choices it made. Grey: where its own shifted calendars lie nine times in ten. "
        "The joint p-values ask whether so many, or so extreme, ratios would come up on shifted calendars too. Many specifications share their data, so their "
        "number is no measure of strength.",
        alt=f"Specification curve of {len(ordered)} ratios from {number(float(ordered['ratio'].min()))} to {number(float(ordered['ratio'].max()))}, middle {number(float(ordered['ratio'].median()))}; {below} lie below 1. Joint p of the median {number(joint.p_median)}, of the largest {number(joint.p_maximum)}.",
        description=f"Of {len(ordered)} specifications {below} lie below 1 and {above} above; {int(low_p.sum())} have p < .05 by themselves.",
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
    subtitle = (
        f"Left: {what.lower()} a day, 60 days before and after, with trend and step. Right: the same step at"
        f" {test.n_placebos} other dates"
        if is_known(test.ratio)
        else f"Left: {what.lower()} a day, 60 days before and after. Right: the step at {test.n_placebos} other dates"
    )
    figure, axes = style.canvas(style.STANDARD, height=285, columns=2, side=68, left=58, bottom=46)
    stepped = (
        "no step that could be measured"
        if np.isnan(test.ratio)
        else f"a step to {number(test.ratio)} times the earlier level (p = {p_value(test.p)})"
    )
    left, right = axes[0]
    x = [style.at(stamp) for stamp in line["date"]]
    left.bar(x, line["count"], width=1, color=colour, alpha=0.35, linewidth=0)
    if is_known(test.ratio):
        left.plot(x, line["fitted"], color=style.INK, linewidth=2.3)
    after = (line["date"] >= date) & is_known(test.ratio)
    left.plot(
        [style.at(stamp) for stamp in line.loc[after, "date"]],
        line.loc[after, "without"],
        color=style.GREY,
        linewidth=1.3,
        linestyle=(0, (3, 2)),
    )
    left.axvline(style.at(date), color=style.TRUCE, linewidth=1.6)
    style.months(left, line["date"].iloc[0], line["date"].iloc[-1], every=1)
    left.set_ylabel(f"{what.lower()} a day")
    ratios = np.log2(steps.loc[steps["is_placebo"], "ratio"].dropna().to_numpy(dtype=float))
    right.hist(ratios, bins=24, color=style.GREY, alpha=0.5, edgecolor=style.PAPER, linewidth=0.5)
    right.axvline(np.log2(test.ratio), color=style.TRUCE, linewidth=2.6)
    right.annotate(
        day(date),
        (np.log2(test.ratio), 1),
        (6, 0),
        xycoords=right.get_xaxis_transform(),
        textcoords="offset points",
        color=style.TRUCE,
        size=style.SMALL,
        weight="bold",
        va="top",
    )
    ticks = [
        tick
        for tick in (0.06, 0.25, 1, 4)
        if np.log2(tick) >= np.log2(test.ratio) - 0.4 and np.log2(tick) <= ratios.max() + 0.3
    ]
    right.set_xticks([np.log2(tick) for tick in ticks], [f"×{tick:g}" for tick in ticks])
    right.set_xlabel("step at the date")
    right.set_ylabel("dates")
    return Chart(
        figure, steps, title, subtitle,
        caption="With nothing recorded on one side no step can be fitted: none is drawn, and no p-value is given."
        if not is_known(test.ratio)
        else "The p-value compares the step with those at every seventh day of the window; the usual standard errors, which take neighbouring days for independent, find too many, and none is given. "
        "Dashed: the trend common to both sides, without the step, which is what the step is measured against and not what would have happened.",
        alt=f"Bar chart of daily counts around {day(date)} with {stepped}, beside a histogram of {test.n_placebos} placebo steps, nine in ten between {number(test.band_low)} and {number(test.band_high)}.",
        description=f"{stepped[0].upper()}{stepped[1:]}, among {test.n_placebos} placebo dates (5 to 95 %: {number(test.band_low)} to {number(test.band_high)}).",
        source=source, n=len(steps),
    )  # fmt: skip
