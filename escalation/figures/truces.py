"""The figure of truces: what was recorded before and after each."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import day, number

HALF = 0.5
WEEK = 7  # days: the shortest recovery, whose mean holds no day before the truce


def outcome(row: Any) -> str:
    """What became of the level after a truce, in a few words. `row`: of `timing.truce_recovery`."""
    if pd.isna(row["days_50pct"]):
        return "no earlier level to fall from"
    if row["is_fallen"] is not None and not pd.isna(row["is_fallen"]) and not row["is_fallen"]:
        return "never fell"
    if pd.notna(row["level_week"]) and row["level_week"] >= HALF * row["level_before"]:
        return "fell, but not to half"
    if row["is_regained_50pct"]:
        return f"half back after {row['days_50pct']:.0f} days"
    return f"half not back in {row['days_50pct']:.0f} days"


def truces(
    rows: pd.DataFrame, curves: pd.DataFrame, *, said: str, what: str, colour: str, source: str
) -> Chart:
    """A small curve a truce: days as recorded, and the mean of seven days, against the level of the 14 days
    before. `rows`: the frame of `timing.truce_recovery` with name; `curves`: of `timing.truce_curves` over seven days; `said`: the
    finding, as the title."""
    if rows.empty:
        return absent("What followed each truce", "truces", source=source)
    first, last = int(curves["day"].min()), int(curves["day"].max())
    top = max(1.0, float(curves["mean"].max()) * 1.15)

    def on(sheet: style.Sheet) -> Figure:
        columns = min(2 if sheet.is_narrow else 3, len(rows))
        lines = -(-len(rows) // columns)
        left, side = 24, 30
        wide = (sheet.width - left - 8 - side * (columns - 1)) / columns
        titles = [style.wrapped(row["name"], wide + 12) for row in rows.to_dict("records")]
        head = 15 * (2 + max(len(title) for title in titles)) + 10
        tall = 92
        figure, axes = style.canvas(
            sheet,
            height=tall * lines + (head + 24) * (lines - 1),
            rows=lines,
            columns=columns,
            left=left,
            right=8,
            top=head,
            bottom=42,
            gap=head + 24,
            side=side,
        )
        for place, box in enumerate(axes.reshape(-1)):
            box.set_visible(place < len(rows))
            if place >= len(rows):
                continue
            row = rows.iloc[place]
            own = curves[curves["truce_id"] == row["truce_id"]]
            # a mean of seven days that straddles the day of effect is of neither side
            mean = own["mean"].mask(own["day"].between(0, WEEK - 1))
            # after the next truce began, or the end of the counts, a day belongs to another question
            counts = own["count"].clip(upper=top)
            box.fill_between(own["day"], counts, step="mid", color=colour, alpha=0.3, linewidth=0)
            box.plot(own["day"], mean, color=style.INK, linewidth=2.2)
            if pd.notna(row["level_before"]):
                box.plot(
                    [0, last],
                    [HALF * row["level_before"]] * 2,
                    color=style.GREY,
                    linewidth=1,
                    linestyle=(0, (3, 2)),
                )
            if row["censor_days"] < last:
                box.axvspan(row["censor_days"], last, facecolor=style.PAPER, alpha=0.7, linewidth=0, zorder=4)
                box.axvline(
                    row["censor_days"], color=style.TRUCE, linewidth=1.2, linestyle=(0, (2, 2)), zorder=5
                )
            is_back = pd.notna(row["is_regained_50pct"]) and row["is_regained_50pct"]  # no level: not known
            back = row["days_50pct"] if is_back else np.nan
            if outcome(row).startswith("half back") and back <= last:
                level = own.set_index("day")["mean"].get(int(back), np.nan)
                box.plot(back, level, "o", color=style.INK, markersize=8, zorder=6)
            box.axvline(0, color=style.TRUCE, linewidth=2, zorder=5)
            box.set_xlim(first, last)
            box.set_ylim(0, top)
            box.set_xticks([-14, 0, 14, 28, 42, 56] if wide > 150 else [-14, 0, 28, 56])
            box.locator_params(axis="y", nbins=3, integer=True)
            when = row["effective_date"]
            words = [
                (f"{when.day} {when:%b %Y}", "bold", style.TRUCE),
                *((line, "normal", style.INK) for line in titles[place]),
                (outcome(row), "bold", style.INK),
            ]
            for number_of, (text, weight, shade) in enumerate(words[::-1]):
                box.annotate(text, (0, 1), (-left + 4, 7 + 15 * number_of), xycoords="axes fraction",
                             textcoords="offset points", size=style.SMALL, weight=weight, color=shade)  # fmt: skip
        figure.text(0.5, 6 / (72 * figure.get_size_inches()[1]), "days from the day it took effect", ha="center",
                    size=style.SMALL, color=style.GREY)  # fmt: skip
        return figure

    told = "; ".join(f"{day(row['effective_date'])}: {outcome(row)}" for row in rows.to_dict("records"))
    weeks = "; ".join(
        f"{day(row['effective_date'])}: {number(row['level_week'], 1)} against"
        f" {number(row['level_week_before'], 1)}"
        for row in rows.to_dict("records")
    )
    paler = (rows["censor_days"] < last).to_numpy()
    until = (["the next truce took effect"] if paler[:-1].any() else []) + (
        ["the counts ended"] if paler[-1] else []
    )
    return Chart(
        on,
        rows,
        said,
        f"{what} a day (steps) and mean of the seven days up to each (line), {-first} days before to {last} days after;"
        " dashed: half the level of the 14 days before",
        caption="Truces as their sources declared them, each for itself."
        + (
            " A dot: the first day on which the mean was back at half the earlier level."
            if "half back" in told
            else ""
        )
        + (
            " Never fell: the week after held as many as the week before, or more."
            if "never fell" in told
            else ""
        )
        + (f" Paler: after {' or '.join(until)}." if until else ""),
        alt=f"Small curves of {len(rows)} {'truce' if len(rows) == 1 else 'truces'}: {told}.",
        description=f"Week after against week before, a day: {weeks}.",
        source=source,
        n=len(rows),
    )
