"""Figures of truces: what followed them, and how long they held."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from escalation.figures import style
from escalation.figures.save import Chart
from escalation.figures.timing import WEEK
from escalation.findings import counted, day, is_known, number, part


def truces(rows: pd.DataFrame, *, said: str, what: str, colour: str, source: str) -> Chart:
    """Days until recorded violence was back at a quarter, half and three quarters of its earlier level, truce
    by truce. `rows`: name, effective_date, level_before, level_week, days_25pct/50pct/75pct with
    is_regained_…, censor_days."""
    subtitle = (
        f"{what}: days until the weekly mean was back at a share of the level in the 14 days before; open"
        " mark: cut off by the next truce or the end"
    )
    figure, axes = style.canvas(
        title=said,
        subtitle=subtitle,
        source=source,
        height=0.62 * len(rows) + 0.2,
        left=1.75,
        right=0.95,
        bottom=0.5,
    )
    box = axes[0, 0]
    y = np.arange(len(rows))[::-1]
    shapes = {"25pct": ("v", 0.22, "¼"), "50pct": ("o", 0.0, "½"), "75pct": ("^", -0.22, "¾")}
    for place, row in zip(y, rows.to_dict("records"), strict=True):
        for share, (marker, offset, sign) in shapes.items():
            length, back = row[f"days_{share}"], row[f"is_regained_{share}"]
            if pd.isna(length):
                continue
            box.plot([0, length], [place + offset] * 2, color=colour, linewidth=0.8, alpha=0.5)
            box.plot(
                length,
                place + offset,
                marker,
                color=colour if back else "white",
                markeredgecolor=colour,
                markersize=6,
                clip_on=False,
            )
            words = (
                (f"{sign}: ≤ {length}" if length == WEEK else f"{sign}: {length}")
                if back
                else f"{sign}: not in {length}"
            )
            box.annotate(
                words,
                (length, place + offset),
                (7, 0),
                textcoords="offset points",
                va="center",
                size=style.SMALL - 1,
            )
        if pd.isna(row["days_50pct"]):
            box.text(
                7.2, place, "no earlier level to regain", size=style.SMALL, va="center", color=style.GREY
            )
    labels = [
        f"{row['effective_date'].day} {row['effective_date']:%b %Y}\nfrom {number(row['level_before'], 1)}"
        " a day"
        for row in rows.to_dict("records")
    ]
    box.set_yticks(y, labels)
    box.set_ylim(-0.6, len(rows) - 0.4)
    box.set_xscale("symlog", linthresh=14)
    box.set_xticks([0, 7, 14, 30, 60, 120, 300], ["0", "7", "14", "30", "60", "120", "300"])
    box.set_xlim(0, 420)
    box.set_xlabel("days after the truce took effect (≤ 7: within a week, or it never fell so far)")
    box.grid(axis="x", color=style.HAIR, linewidth=0.5)
    box.set_axisbelow(True)

    def half(row: dict[Any, Any]) -> str:
        if pd.isna(row["days_50pct"]):
            return "no earlier level to regain"
        if not row["is_regained_50pct"]:
            return f"half the earlier level not back in {row['days_50pct']} days"
        if row["days_50pct"] == WEEK:
            return "half the earlier level there within a week, or never left"
        return f"half the earlier level back after {row['days_50pct']} days"

    told = "; ".join(f"{day(row['effective_date'])}: {half(row)}" for row in rows.to_dict("records"))
    weeks = "; ".join(
        f"{day(row['effective_date'])}: {number(row['level_week'], 1)} against"
        f" {number(row['level_week_before'], 1)}"
        for row in rows.to_dict("records")
    )
    return Chart(
        figure,
        rows,
        said,
        subtitle,
        caption=(
            "Truces as their sources declared them, each for itself. The mean is over seven days, so ≤ 7 can"
            " also mean that violence never fell to that share."
        ),
        alt=f"Dot chart of {len(rows)} truces: {told}.",
        description=f"Week after against week before, events a day: {weeks}.",
        source=source,
        n=len(rows),
    )


def survival(curve: pd.DataFrame, median: Any, *, said: str, source: str) -> Chart:
    """Share of truces in which violence had not yet regained half its level, by day. `curve`: day,
    holding_pct, low_pct, high_pct; `said`: the finding, as the title."""
    title = said
    subtitle = (
        "Kaplan–Meier curve of truces after which violence was not yet back at half its earlier level, n ="
        f" {median.n}, with 90 % limits"
    )
    figure, axes = style.canvas(
        title=title, subtitle=subtitle, source=source, height=2.0, left=0.75, bottom=0.5
    )
    box = axes[0, 0]
    end = float(curve["day"].max()) * 1.25
    x = [*curve["day"], end]
    limits = [[*curve[name].ffill(), float(curve[name].ffill().iloc[-1])] for name in ("low_pct", "high_pct")]
    box.fill_between(x, limits[0], limits[1], step="post", color=style.DOUBT, linewidth=0)
    box.step(
        x,
        [*curve["holding_pct"], float(curve["holding_pct"].iloc[-1])],
        where="post",
        color=style.TRUCE,
        linewidth=2,
    )
    box.set_ylim(0, 103)
    box.set_xlim(0, end)
    box.set_ylabel("not yet back, %")
    box.set_xlabel("days after the truce took effect")
    return Chart(
        figure, curve, title, subtitle,
        caption="The first day on which it can fall is the seventh, since the mean is over a week: violence that never fell is counted there. The curve describes and decides nothing. Truces of one war are not independent of each other.",
        alt=f"Step curve of {median.n} truces falling from 100 % to {number(float(curve['holding_pct'].iloc[-1]), 0)} %; median {number(median.days)}{' days' if not pd.isna(median.days) else ': half is not reached'}.",
        description="; ".join(f"day {row['day']:.0f}: {row['holding_pct']:.0f} %" for row in curve.to_dict("records")) + ".",
        source=source, n=median.n,
    )  # fmt: skip
