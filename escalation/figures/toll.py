"""The human cost: who was counted as killed, and who had to flee."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.figures.titles import counted_title, toll_title
from escalation.findings import counted, day, days, number

BAR = 24  # days: the width of a month's bar
PER_DAYS = 30  # a count over some days is drawn as so many in this many days


def flows(displacement: pd.DataFrame, *, wider: tuple[str, ...]) -> pd.DataFrame:
    """Displacement by month: month, low, high (least and most that a source gives for the whole month within the
    area), n (how many figures), source. `wider`: areas that reach beyond it."""
    rows = displacement.loc[(displacement["measure"] == "flow") & ~displacement["area"].isin(wider)]
    whole = (rows["date_first"].dt.day == 1) & (
        rows["date_last"] == rows["date_first"] + pd.offsets.MonthEnd(0)
    )
    groups = rows[whole].groupby("date_first")
    found = groups["value"].agg(low="min", high="max", n="size").astype({"low": "float64", "high": "float64"})
    found["source"] = groups["source"].agg(lambda names: " | ".join(dict.fromkeys(names)))
    return pd.DataFrame(found).rename_axis("month").reset_index()


def toll(
    displacement: pd.DataFrame,
    deaths: pd.DataFrame,
    *,
    start: Any,
    end: Any,
    wider: tuple[str, ...],
    source: str,
) -> Chart:
    """Civilians killed as monitors published it, each count over its own days, and displacement by month.
    `displacement`, `deaths`: the coded tables displacement and monthly_deaths; `wider`: areas in them that reach
    beyond the case."""
    first, last = pd.Timestamp(str(start)), pd.Timestamp(str(end))
    displacement = displacement[(displacement["date_first"] >= first) & (displacement["date_last"] <= last)]
    by_month = flows(displacement, wider=wider)
    of_area = deaths[~deaths["area"].isin(wider)].dropna(subset=["civilians_killed"])
    inside = (of_area["date_first"] >= first) & (of_area["date_last"] <= last)
    of_area = of_area[inside & (of_area["date_last"] > of_area["date_first"])].sort_values(
        ["date_first", "date_last"]
    )
    of_area = of_area.assign(civilians_killed=of_area["civilians_killed"].astype("float64"))
    if by_month.empty and of_area.empty:
        return absent("Civilians killed and displaced", "tallies of monitors", source=source)
    running = displacement[(displacement["measure"] == "cumulative") & ~displacement["area"].isin(wider)]
    largest = running.iloc[int(running["value"].astype("float64").argmax())] if len(running) else None

    def on(sheet: style.Sheet) -> Figure:
        left = 44 if sheet.is_narrow else 56
        figure, axes = style.canvas(
            sheet, height=468, rows=2, left=left, right=10, top=26, gap=68, share_x=True
        )
        upper, lower = axes[:, 0]
        _segments(upper, of_area, (start, end), sheet.width - left - 10.0, 200.0)
        heads = ("civilians killed in 30 days, by count", "people displaced in a month, thousands")
        for box, text in zip((upper, lower), heads, strict=True):
            box.set_title(
                text,
                loc="left",
                size=style.BODY,
                weight="bold",
                pad=8,
                x=-(left - 8) / (sheet.width - left - 10),
            )
        _bars(lower, by_month, largest, sheet)
        for box in (upper, lower):
            style.months(box, start, end)
            box.tick_params(axis="x", labelbottom=True)
        return figure

    told = [
        f"{number(float(row['civilians_killed']))} from {days(row['date_first'], row['date_last'])} ({row['source']})"
        for row in of_area.to_dict("records")
    ]
    fled = [
        f"{row['month']:%B %Y} "
        + (
            number(row["high"])
            if row["low"] == row["high"]
            else f"{number(row['low'])} to {number(row['high'])}"
        )
        + f" ({row['source']})"
        for row in by_month.to_dict("records")
    ]
    n_months = len(pd.date_range(pd.Timestamp(str(start)).replace(day=1), str(end), freq="MS"))
    in_all = (
        f" Running count, the largest: {number(float(largest['value']))} from"
        f" {days(largest['date_first'], largest['date_last'])} ({largest['source']})."
        if largest is not None
        else ""
    )
    return Chart(
        on,
        pd.concat(
            [
                of_area[["date_first", "date_last", "civilians_killed", "source", "area"]].assign(
                    what="killed"
                ),
                by_month.rename(columns={"month": "date_first"}).assign(what="displaced"),
            ],
            ignore_index=True,
        ),
        toll_title(by_month, of_area),
        "Above: each published count of civilians killed, over the days it covers, as so many in 30 days; below:"
        " displacement by month, from the least to the most that a source gives",
        caption=f"The counts differ in area, method and who is counted; they overlap and must not be added up. The"
        f" largest are named where there is room; the data have all. Repeat"
        f" moves count again. {counted(len(by_month), 'month').capitalize()} of {n_months} with a figure for the whole"
        " month; no bar: none was found, which is not zero.",
        alt=f"Two charts. Civilians killed, {counted(len(of_area), 'published count')}: "
        + ("; ".join(told[:3]) or "none")
        + f". Displacement: {counted(len(by_month), 'month')} with a figure.{in_all}",
        description=f"Civilians killed: {'; '.join(told) or 'none'}. Displaced: {'; '.join(fled) or 'none'}.{in_all}",
        source=source,
        n=len(of_area) + len(by_month),
    )


def _segments(box: Axes, rows: pd.DataFrame, window: tuple[Any, Any], room: float, tall: float) -> None:
    """Counts over days as lines at their rate; the largest are named, as far as there is room. `room`, `tall`:
    pixels of the axes."""
    days_of = (rows["date_last"] - rows["date_first"]).dt.days + 1
    rows = rows.assign(rate=rows["civilians_killed"] / days_of * PER_DAYS)
    top = float(rows["rate"].max()) * 1.25 if len(rows) else 1.0
    box.set_ylim(0, top)
    box.locator_params(axis="y", nbins=4, integer=True)
    start, end = style.at(window[0]), style.at(window[1]) + 1
    a_day = room / (end - start)
    taken = []  # what stands where: left, right, bottom, top in pixels
    ordered = rows.sort_values(["civilians_killed", "monthly_id"], ascending=[False, True]).to_dict("records")
    for row in ordered:
        first, last = (
            (style.at(row["date_first"]) - start) * a_day,
            (style.at(row["date_last"]) + 1 - start) * a_day,
        )
        y = row["rate"] / top * tall
        box.plot(
            [first / a_day + start, last / a_day + start],
            [row["rate"]] * 2,
            color=style.FATALITIES,
            linewidth=4,
        )
        taken.append((first, last, y - 2, y + 2))
    for (first, last, low, high), row in zip(list(taken), ordered, strict=True):
        words = f"{number(row['civilians_killed'])}, {row['source'].split(' via ')[0].split(' (')[0]}"
        wide = style.width_of(words)
        spots = ((last + 5, low - 5, "left"), (first - wide - 5, low - 5, "right"), (first, high + 3, "left"),
                 (first, low - 16, "left"), (last - wide, high + 3, "right"))  # fmt: skip
        for x, y, side in spots:
            own = (x, x + wide, y - 2.5, y + 11)
            if x >= 0 and x + wide <= room + 8 and y >= 1 and not any(_meet(own, other) for other in taken):
                taken.append(own)
                at = x + wide if side == "right" else x
                box.annotate(
                    words,
                    (start, 0),
                    (at, y + 1),
                    textcoords="offset points",
                    ha=side,
                    size=style.SMALL,
                    zorder=5,
                )
                break


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two boxes (left, right, bottom, top) overlap."""
    return one[0] < other[1] and one[1] > other[0] and one[2] < other[3] and one[3] > other[2]


def _bars(box: Axes, by_month: pd.DataFrame, largest: Any, sheet: style.Sheet) -> None:
    for row in by_month.to_dict("records"):
        middle = style.at(row["month"]) + 15
        box.bar(middle, row["low"] / 1000, width=BAR, color=style.SEED, linewidth=0)
        box.bar(middle, (row["high"] - row["low"]) / 1000, bottom=row["low"] / 1000, width=BAR, color=style.SEED,
                alpha=0.4, linewidth=0)  # fmt: skip
    top = float(by_month["high"].max()) / 1000 if len(by_month) else 1.0
    if len(by_month):
        most = by_month.iloc[int(by_month["high"].argmax())]
        box.annotate(number(most["high"]), (style.at(most["month"]) + 15, most["high"] / 1000), (0, 4),
                     textcoords="offset points", ha="center", size=style.SMALL, weight="bold")  # fmt: skip
    box.set_ylim(0, top * 1.5)
    if largest is not None:
        first, last = style.at(largest["date_first"]), style.at(largest["date_last"]) + 1
        y = top * 1.22
        box.plot([first, last], [y, y], "|-", color=style.SEED, linewidth=2, markersize=8, mew=2)
        words = f"{number(float(largest['value']))} in all, {day(largest['date_first'])} to {day(largest['date_last'])}"
        lines = style.wrapped(words, 150 if sheet.is_narrow else 400)
        for number_of, line in enumerate(lines[::-1]):
            box.annotate(line, (last, y), (0, 9 + 15 * number_of), textcoords="offset points", ha="right",
                         size=style.SMALL)  # fmt: skip
    box.locator_params(axis="y", nbins=4, integer=True)


def counted_dead(
    months: pd.DataFrame, *, until: str, main: str, second: str, colour: str, source: str
) -> Chart:
    """Who is counted: people killed by month as the main source splits them, and civilians as the second counts
    them, on one scale. `months`: of `events.dead_by_month`; `until`: the last day with a split; `main`, `second`:
    the publishers; `colour`: of the second."""
    has_second = bool(months["second_max"].notna().any() and months["second_max"].sum())
    tops = [float(months[["civilians", "others", "unknown"]].sum(axis=1).max())]
    tops += [float(months["second_max"].max())] if has_second else []
    if not tops[0]:
        return absent("Who is counted as killed", "people killed", source=source)
    parts = (
        ("civilians", "civilians", style.FATALITIES, 1.0, 0.0),
        ("others", "combatants and others", style.FATALITIES, 0.45, 0.0),
        ("unknown", "not known who they were", style.HAIR, 0.35, 1.0),  # pale, so it has an edge
    )

    def on(sheet: style.Sheet) -> Figure:
        heights = [max(60.0, 230.0 * top / max(tops)) for top in tops]
        figure, axes = style.canvas(
            sheet,
            height=sum(heights) + (76 if has_second else 0),
            rows=len(tops),
            ratios=heights,
            left=50,
            right=10,
            top=26 + 19 * (3 if sheet.is_narrow else 1),
            gap=76,
            share_x=True,
        )
        upper = axes[0, 0]
        base = np.zeros(len(months))
        x = [style.at(month) + 15 for month in months["month"]]
        for name, _, shade, alpha, edge in parts:
            some = months[name].fillna(0).to_numpy(dtype=float)
            upper.bar(x, some, bottom=base, width=BAR, color=shade, alpha=alpha, linewidth=0)
            if edge:
                there = some > 0
                upper.bar(np.array(x)[there], some[there], bottom=base[there], width=BAR, fill=False,
                          edgecolor=style.GREY, linewidth=edge)  # fmt: skip
            base += some
        upper.set_ylim(0, tops[0] * 1.04)
        heads = [f"{main}: people killed a month"]
        if has_second:
            lower = axes[1, 0]
            low = months["second_min"].fillna(0)
            lower.bar(x, low, width=BAR, color=colour, linewidth=0)
            lower.bar(x, (months["second_max"].fillna(0) - low).clip(lower=0), bottom=low, width=BAR, color=colour,
                      alpha=0.4, linewidth=0)  # fmt: skip
            lower.set_ylim(0, tops[1] * 1.04)
            heads.append(f"{second}: civilians killed, least to most")
        height = 72 * figure.get_size_inches()[1]
        for box, text in zip(axes[:, 0], heads, strict=True):
            pad = 8 + (19 * (3 if sheet.is_narrow else 1) if box is upper else 0)
            box.annotate(text, (0, 1), (-44, pad), xycoords="axes fraction", textcoords="offset points",
                         size=style.BODY, weight="bold")  # fmt: skip
            box.locator_params(axis="y", nbins=4 if box is upper else 2, integer=True)
            style.months(box, months["month"].iloc[0], months["month"].iloc[-1] + pd.offsets.MonthEnd(0))
            box.tick_params(axis="x", labelbottom=True)
        place, y = 0.0, 0.0
        for _, words, shade, alpha, edge in parts:
            where = (place - 44, 7 + 19 * (2 - y) if sheet.is_narrow else 7)
            look = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
            inside = figure.add_axes((6 / sheet.width + (where[0] + 44) / sheet.width, (height - 26 - 19 * (y + 1) + 7) / height,
                                      12 / sheet.width, 12 / height))  # fmt: skip
            inside.axis("off")
            inside.add_patch(Rectangle((0, 0), 1, 1, facecolor=shade, alpha=alpha, linewidth=0))
            if edge:
                inside.add_patch(Rectangle((0, 0), 1, 1, fill=False, edgecolor=style.GREY, linewidth=edge))
            upper.annotate(words, (0, 1), (where[0] + 18, where[1]), size=style.SMALL, **look)
            if sheet.is_narrow:
                y += 1
            else:
                place += style.width_of(words) + 40
        return figure

    sums = months[["civilians", "others", "unknown", "second_min", "second_max"]].sum()
    in_second = (
        f" {second}: {number(sums['second_min'])} to {number(sums['second_max'])} civilians."
        if has_second
        else ""
    )
    is_split = bool(sums[["civilians", "others"]].sum())
    who = (
        f"{number(sums['civilians'])} civilians, {number(sums['others'])} combatants and others,"
        f" {number(sums['unknown'])} of whom it is not known"
        if is_split
        else f"{number(sums['unknown'])}, and of none of them is it known who they were"
    )
    said = f"{main}: {who}.{in_second}"
    after = f", and for none after {day(until)}" if pd.Timestamp(until) < months["month"].iloc[-1] else ""
    return Chart(
        on,
        months,
        counted_title(months, until),
        f"People killed by month, best estimate, n = {number(float(sums[['civilians', 'others', 'unknown']].sum()))}"
        + (f"; below, civilians as {second} counts them, on the same scale" if has_second else ""),
        caption=(
            f"{main} says who the dead were only for some events{after}."
            if is_split
            else f"The counts of {main} used here do not say who the dead were."
        )
        + (
            f" {second} counts civilians alone, and only where harm is laid to one party: the two do not count the same."
            if has_second
            else ""
        ),
        alt=f"Stacked bars of {counted(len(months), 'month')}. {said}",
        description="By month: "
        + "; ".join(
            f"{row['month']:%B %Y} "
            + (f"{number(row['civilians'])} civilians, {number(row['others'])} others, " if is_split else "")
            + f"{number(row['unknown'])} not known"
            for row in months.fillna(0).to_dict("records")
        )
        + f". {said}",
        source=source,
        n=int(sums[["civilians", "others", "unknown"]].sum()),
    )
