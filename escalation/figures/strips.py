"""The case strips: what the record holds for the fortnight on either side of each episode of talks."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted

REACH = 14  # days on either side
NAMED, TALKS = 16, 18  # px: a line that names a strip, the head that names the talks
VIOLENT = (
    "strike",
    "airstrike",
    "shelling",
    "ground_attack",
    "ground_offensive",
    "clash",
    "suicide_bombing",
    "drone_attack",
    "explosion",
    "armed_attack",
    "chemical_allegation",
)


def marks(episodes: pd.DataFrame, happened: pd.DataFrame) -> pd.DataFrame:
    """The coded violent events around each episode: episode, event_id, tier, days_first and days_last. Days
    before the talks are counted
    from their first day (negative), days after from their last; the days of the talks are 0. Events further
    off than a fortnight, or dated to more than a week, are left out."""
    violent = happened[
        happened["event_type"].isin(VIOLENT) & ((happened["date_last"] - happened["date_first"]).dt.days < 7)
    ]
    rows = []
    for episode in episodes.to_dict("records"):
        first, last = episode["date_first"], episode["date_last"]

        def place(day: pd.Timestamp, first: pd.Timestamp = first, last: pd.Timestamp = last) -> int:
            return (day - first).days if day < first else (day - last).days if day > last else 0

        for event in violent.to_dict("records"):
            a, b = place(event["date_first"]), place(event["date_last"])
            if a >= -REACH and b <= REACH:
                rows.append(
                    {
                        "episode": episode["episode"],
                        "event_id": event["event_id"],
                        "tier": event["tier"],
                        "days_first": a,
                        "days_last": b,
                    }
                )
    return pd.DataFrame(rows, columns=["episode", "event_id", "tier", "days_first", "days_last"])


def _around(counts: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> np.ndarray[Any, np.dtype[Any]]:
    """The counts by day from a fortnight before `first` to a fortnight after `last`; the days between them are one,
    that of `last`. Not a number where nothing was counted."""
    before = pd.date_range(end=first, periods=REACH + 1)[:-1]
    return counts.reindex(before.append(pd.date_range(last, periods=REACH + 1))).to_numpy(dtype=float)


def strips(
    episodes: pd.DataFrame, counts: pd.Series, around: pd.DataFrame, *, what: str, colour: str, source: str
) -> Chart:
    """One strip an episode: daily counts as grey steps, coded events as marks by tier. `episodes`: episode,
    label, date_first, date_last; `around`: from `marks`."""
    if around.empty:
        return absent("Coded events around talks", "coded events", source=source)
    n = len(episodes)
    # an event near two episodes is marked at both
    n_events = around["event_id"].nunique()
    n_seeds = around.loc[around["tier"] != "curated", "event_id"].nunique()
    twice = (
        f"; one near several episodes is marked at each ({len(around)} marks)"
        if len(around) > n_events
        else ""
    )
    title = (
        f"{counted(n_events, 'coded event').capitalize()} within a fortnight of talks,"
        f" {counted(n_seeds, 'of them', 'of them') if n_seeds else 'none of them'} from the documents"
    )
    subtitle = (
        f"{what} a day (steps, one scale) and coded violent events (marks) from {REACH} days before the first"
        f" to {REACH} days after the last day of talks"
    )
    top = max(1.0, float(counts.max()))
    levels = {
        episode["episode"]: _around(counts, episode["date_first"], episode["date_last"])
        for episode in episodes.to_dict("records")
    }
    is_seed = around["tier"] != "curated"

    def on(sheet: style.Sheet) -> Figure:
        left, pitch = (12, 30) if sheet.is_narrow else (272, 36)
        labels = [
            style.wrapped(label, sheet.width - 24 if sheet.is_narrow else 256) for label in episodes["label"]
        ]
        heads = [NAMED * len(lines) + 6 if sheet.is_narrow else 0 for lines in labels]
        bases = dict(
            zip(episodes["episode"], TALKS + np.cumsum(heads) + pitch * np.arange(1, n + 1), strict=True)
        )
        tall = TALKS + sum(heads) + pitch * n + 4
        figure, axes = style.canvas(sheet, height=tall, left=left, top=26, bottom=46)
        box = axes[0, 0]
        box.set_ylim(tall, 0)  # pixels from the top
        box.set_xlim(-REACH, REACH + 1)
        for episode, base in bases.items():
            edges = np.arange(-REACH, REACH + 2)
            heights = base - 0.8 * pitch * levels[episode] / top
            box.stairs(heights, edges, baseline=base, fill=True, color=colour, alpha=0.35, linewidth=0)
        ends = np.array(list(bases.values()))
        box.hlines(ends, -REACH, REACH + 1, color=style.HAIR, linewidth=0.5)
        wide = style.pixels(box) / (2 * REACH + 1)
        box.vlines([0.5] * n, ends - pitch, ends, color=style.TALKS, alpha=0.25, linewidth=wide)
        box.text(0.5, TALKS - 4, "talks", color=style.TALKS, size=style.SMALL, ha="center", weight="bold")
        for marks_of, tint, look, lift in (
            (around[~is_seed], style.TRUCE, {"marker": "o", "markersize": 4, "mfc": style.PAPER}, 0.3),
            (around[is_seed], style.SEED, {"marker": "D", "markersize": 5.5}, 0.62),
        ):
            y = marks_of["episode"].map(bases).to_numpy(dtype=float) - lift * pitch
            first, last = (marks_of[name].to_numpy(dtype=float) for name in ("days_first", "days_last"))
            is_long = last > first
            box.hlines(y[is_long], first[is_long] + 0.2, last[is_long] + 0.8, color=tint, linewidth=1.8)
            box.plot((first + last) / 2 + 0.5, y, linestyle="none", color=tint, mew=1, **look)
        names = ["\n".join(lines) for lines in labels]
        if sheet.is_narrow:
            for name, base in zip(names, ends, strict=True):
                box.text(-REACH, base - pitch, name, size=style.SMALL, color=style.GREY, va="bottom")
        box.set_yticks([] if sheet.is_narrow else ends - 0.35 * pitch, [] if sheet.is_narrow else names)
        box.tick_params(axis="y", length=0)
        box.spines["left"].set_visible(not sheet.is_narrow)
        box.set_xticks([day + 0.5 for day in (-14, -7, 0, 7, 14)], ["−14", "−7", "0", "+7", "+14"])
        box.tick_params(axis="x", labeltop=True)
        box.set_xlabel("days before and after the talks")
        return figure

    diamonds = "Filled diamonds: told by one of the documents. " if n_seeds else ""
    return Chart(
        on,
        around,
        title,
        subtitle,
        caption=(
            f"{diamonds}Open circles: curated from other public sources;"
            " they are a sample and no frequency. A line through a mark: dated to several days. Steps:"
            f" {what.lower()} by day."
        ),
        alt=(
            f"Strip chart of {n} episodes of talks with {n_events} coded violent events within {REACH}"
            f" days{twice}; {n_seeds} of the events {'is' if n_seeds == 1 else 'are'} told by a document."
        ),
        description="Coded events by episode: "
        + "; ".join(
            f"{row['label']}: {int((around['episode'] == row['episode']).sum())}"
            for row in episodes.to_dict("records")
        )
        + ".",
        source=source,
        n=len(around),
    )
