"""The case strips: what the record holds for the fortnight on either side of each episode of talks."""

import numpy as np
import pandas as pd

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted

REACH = 14  # days on either side
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
    twice = f"; one near several episodes is marked at each ({len(around)} marks)" if len(around) > n_events else ""
    title = (
        f"{counted(n_events, 'coded event').capitalize()} within a fortnight of talks,"
        f" {counted(n_seeds, 'of them', 'of them') if n_seeds else 'none of them'} from the documents"
    )
    subtitle = (
        f"{what} a day (steps, one scale) and coded violent events (marks) from {REACH} days before the first"
        f" to {REACH} days after the last day of talks"
    )
    figure, axes = style.canvas(style.STANDARD, height=36 * n + 12, left=272, bottom=46)
    box = axes[0, 0]
    top = float(counts.max())
    days = np.arange(-REACH, REACH + 1)
    for row, episode in enumerate(episodes.to_dict("records")):
        base = n - row
        stamps = [
            (
                episode["date_first"] + pd.Timedelta(days=int(day))
                if day < 0
                else episode["date_last"] + pd.Timedelta(days=int(day))
            )
            for day in days
        ]
        level = counts.reindex(pd.DatetimeIndex(stamps)).to_numpy(dtype=float)
        box.fill_between(
            days + 0.5,
            base,
            base + 0.8 * np.nan_to_num(level) / top,
            step="mid",
            color=colour,
            alpha=0.35,
            linewidth=0,
        )
        own = around[around["episode"] == episode["episode"]]
        for mark in own.to_dict("records"):
            seed = mark["tier"] != "curated"
            tint, height = (style.SEED, base + 0.62) if seed else (style.TRUCE, base + 0.3)
            middle = (mark["days_first"] + mark["days_last"]) / 2 + 0.5
            if mark["days_last"] > mark["days_first"]:
                box.plot(
                    [mark["days_first"] + 0.2, mark["days_last"] + 0.8],
                    [height, height],
                    color=tint,
                    linewidth=1.8,
                )
            box.plot(
                middle,
                height,
                "D" if seed else "o",
                color=tint,
                markersize=5.5 if seed else 3,
                markerfacecolor=tint if seed else style.PAPER,
                mew=1,
            )
        box.axhline(base, color=style.HAIR, linewidth=0.5)
    box.axvspan(0, 1, color=style.TALKS, alpha=0.25, linewidth=0)
    box.text(0.5, n + 1.02, "talks", color=style.TALKS, size=style.SMALL, ha="center", weight="bold")
    box.set_yticks([n - row + 0.35 for row in range(n)], ["\n".join(style.wrapped(label, 256)) for label in episodes["label"]])
    box.tick_params(axis="y", length=0, labelsize=style.SMALL)
    box.set_ylim(0.9, n + 1.35)
    box.set_xlim(-REACH, REACH + 1)
    box.set_xticks([day + 0.5 for day in (-14, -7, 0, 7, 14)], ["−14", "−7", "0", "+7", "+14"])
    box.set_xlabel("days before and after the talks")
    diamonds = "Filled diamonds: told by one of the documents. " if n_seeds else ""
    return Chart(
        figure,
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
