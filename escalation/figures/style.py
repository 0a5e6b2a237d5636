"""The look of every figure: sizes, type, and one colour for one meaning.

Every colour that carries meaning has at least 3:1 on white, and differs from the others in lightness as well
as hue, so that it survives grey print and colour-blind eyes; shape or a direct label always says the same
again. DejaVu Sans comes with matplotlib, so the letters are the same on every machine.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns  # type: ignore[import-untyped]
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from escalation import findings

INK = "#1b1b1b"
GREY = "#6b6b6b"  # context, axes, notes: 5.3:1
HAIR = "#b8b8b4"  # rules and grids, never meaning
UCDP = "#1b5e8c"  # UCDP counts: 6.9:1
AIRWARS = "#b4530a"  # Airwars counts: 5.2:1
FATALITIES = "#4d4d4d"  # people killed: 8.5:1
TALKS = "#7a3e9d"  # talks: 6.9:1
TRUCE = "#0b7a5e"  # truces: 5.3:1
SEED = "#8a5a00"  # what the documents say: 5.7:1
DOUBT = "#d9d8d2"  # ranges drawn behind marks, always with a label
LEVELS = {"low": "#f3f3f0", "middle": "#e4e3dd", "high": "#d0cec5"}  # phase bands: fills behind labels
MEANING = {
    "ucdp": UCDP,
    "airwars": AIRWARS,
    "fatalities": FATALITIES,
    "talks": TALKS,
    "truce": TRUCE,
    "seed": SEED,
    "context": GREY,
}


def of_series(source: str, measure: str) -> str:
    """The colour of a series: its source's where events are counted, that of the dead where people are."""
    return MEANING[source if measure == "events" else "fatalities"]


WIDTH = 5.8  # inches: narrow, so that the letters are still read on a phone
TITLE, BODY, SMALL = 12.5, 9.5, 8.2  # points


def use() -> None:
    """Sets the look for all figures made afterwards."""
    sns.set_theme(style="white", font="DejaVu Sans")
    mpl.rcParams.update(
        {
            "font.size": BODY,
            "axes.labelsize": BODY,
            "axes.titlesize": BODY,
            "xtick.labelsize": SMALL + 0.3,
            "ytick.labelsize": SMALL + 0.3,
            "axes.edgecolor": GREY,
            "axes.linewidth": 0.7,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.labelcolor": GREY,
            "text.color": INK,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "xtick.bottom": True,
            "ytick.left": True,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "xtick.major.width": 0.7,
            "ytick.major.width": 0.7,
            "lines.linewidth": 1.4,
            "svg.hashsalt": "talks-and-strikes",
            "svg.fonttype": "path",
            "figure.dpi": 100,
            "savefig.dpi": 160,
        }
    )


def canvas(
    *,
    title: str,
    subtitle: str,
    source: str,
    height: float,
    rows: int = 1,
    columns: int = 1,
    left: float = 0.62,
    right: float = 0.14,
    bottom: float = 0.42,
    head: float = 0.0,
    gap: float = 0.3,
    side: float = 0.3,
    ratios: Sequence[float] | None = None,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Figure, np.ndarray[Any, np.dtype[Any]]]:
    """A figure with its title (the finding), subtitle (measure, unit, n) and source line set, and its axes as
    an array (rows, columns).

    `height` is the plotting area's, in inches; the words get the room they need on top of it, so nothing is
    clipped; `head` is room for titles of single panels."""
    use()
    title_lines = textwrap.wrap(title, 52)
    subtitle_lines = textwrap.wrap(subtitle, 80)
    source_lines = textwrap.wrap(source + findings.edition(), 96)
    top = 0.12 + 0.225 * len(title_lines) + 0.165 * len(subtitle_lines) + 0.14 + head
    foot = bottom + 0.14 * len(source_lines) + 0.08
    full = top + height + foot
    figure = Figure(figsize=(WIDTH, full))
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        sharex=share_x,
        sharey=share_y,
        gridspec_kw={
            "left": left / WIDTH,
            "right": 1 - right / WIDTH,
            "top": 1 - top / full,
            "bottom": foot / full,
            "hspace": gap * rows / max(height - gap * (rows - 1), 0.1) if rows > 1 else 0,
            "wspace": (
                side * columns / max(WIDTH - left - right - side * (columns - 1), 0.1) if columns > 1 else 0
            ),
            "height_ratios": ratios,
        },
    )
    figure.text(
        0.012, 1 - 0.1 / full, "\n".join(title_lines), size=TITLE, weight="bold", va="top", linespacing=1.25
    )
    below = 0.12 + 0.225 * len(title_lines) + 0.02
    figure.text(
        0.012,
        1 - below / full,
        "\n".join(subtitle_lines),
        size=BODY - 0.3,
        color=GREY,
        va="top",
        linespacing=1.25,
    )
    figure.text(
        0.012,
        0.07 / full,
        "\n".join(source_lines),
        size=SMALL - 0.9,
        color=GREY,
        va="bottom",
        linespacing=1.25,
    )
    # how much of the height is words: the page shows them as text and crops the picture
    figure.set_label(f"{top - 0.08 - head:.4f} {0.14 * len(source_lines) + 0.1:.4f}")
    return figure, axes


def at(when: Any) -> float:
    """A day as matplotlib counts it."""
    return float(mdates.date2num(pd.Timestamp(when)))


MONTHS_FOR, MANY_YEARS = 3, 12  # years of a window whose months are named; years named one by one


def months(
    axes: Axes, start: Any, end: Any, *, every: int = 3, silent: pd.DatetimeIndex | None = None
) -> None:
    """A time axis: the window's ends, a tick every few months (over many years: every few years), the year
    under January. `silent`: days of
    which no source counted here speaks, drawn as a thin dark strip along the axis."""
    if silent is not None and len(silent):
        days = np.array([at(stamp) for stamp in silent])
        runs = np.split(days, np.flatnonzero(np.diff(days) > 1) + 1)
        for run in runs:
            axes.axvspan(run[0], run[0] + len(run), ymin=0, ymax=0.018, color=INK, linewidth=0, zorder=5)
    axes.set_xlim(at(start), at(end) + 1)
    ticks = pd.date_range(pd.Timestamp(start).replace(day=1), pd.Timestamp(end), freq="MS")
    years = pd.Timestamp(end).year - pd.Timestamp(start).year
    every = 1 if len(ticks) <= 9 else every if years <= MONTHS_FOR else 12
    ticks = ticks[(ticks >= pd.Timestamp(start)) & ((ticks.month - 1) % every == 0)]
    if every == 12:
        ticks = ticks[(ticks.year - ticks[:1].year.max()) % (1 + years // MANY_YEARS) == 0]
    axes.set_xticks([at(tick) for tick in ticks])
    named = _month if every < 12 else lambda stamp: f"{stamp:%Y}"
    axes.xaxis.set_major_formatter(lambda number, _: named(mdates.num2date(number)))
    axes.xaxis.set_minor_locator(mdates.MonthLocator() if every < 12 else mdates.YearLocator())
    axes.tick_params(axis="x", which="minor", length=1.5, width=0.5)


def _month(stamp: Any) -> str:
    return f"{stamp:%b}\n{stamp:%Y}" if stamp.month == 1 else f"{stamp:%b}"


def bands(axes: Axes, phases: pd.DataFrame, *, labels: bool = True) -> None:
    """Phases as bands behind the marks: columns date_first, date_last, level; the level's name at the top of
    each."""
    for phase in phases.to_dict("records"):
        first, last = at(phase["date_first"]), at(phase["date_last"]) + 1
        axes.axvspan(first, last, color=LEVELS[phase["level"]], linewidth=0, zorder=0)
        if labels:
            middle = (first + last) / 2
            over = axes.get_xaxis_transform()
            axes.text(
                middle, 0.985, phase["level"], transform=over, ha="center", va="top", size=SMALL, color=GREY
            )


def spread(positions: Sequence[float], *, gap: float) -> list[float]:
    """Label positions moved apart as little as needed, order kept, so that neighbours are at least `gap`
    apart."""
    order = np.argsort(np.asarray(positions, dtype=float), kind="stable")
    placed = np.asarray(positions, dtype=float)[order]
    for _ in range(200):
        short = gap - np.diff(placed)
        if (short <= 1e-9).all():
            break
        push = np.clip(short, 0, None) / 2
        placed[:-1] -= push
        placed[1:] += push
    out = np.empty_like(placed)
    out[order] = placed
    return [float(value) for value in out]


def beyond_weeks(weekly: int, total: int) -> str:
    """What a caption of weekly steps says of the count on days outside whole weeks; blank if there is
    none."""
    return f"; {total - weekly:,} of the {total:,} lie on days outside whole weeks" if total > weekly else ""
