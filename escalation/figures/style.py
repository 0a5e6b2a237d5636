"""The look of every figure: sizes, type, and one colour for one meaning.

Every colour that carries meaning has at least 3:1 on white, and differs from the others in lightness as well
as hue, so that it survives grey print and colour-blind eyes; shape or a direct label always says the same
again. The typeface comes with the package, so the letters are the same on every machine and those of the page.

A unit of a drawing is a CSS pixel of the page that shows it at its width: sizes of letters, marks and margins
are pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

PAPER = "#ffffff"  # behind words that stand on marks
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
SEA = "#dfe8ee"
DARK = {  # what a page with a dark ground puts in the place of each
    PAPER: "#16191c",
    INK: "#eceded",
    GREY: "#a6aeb6",
    HAIR: "#4a5057",
    UCDP: "#6db5e6",
    AIRWARS: "#f2a365",
    FATALITIES: "#c9cdd1",
    TALKS: "#cba0e6",
    TRUCE: "#4cc4a4",
    SEED: "#dcb054",
    DOUBT: "#3a4046",
    LEVELS["low"]: "#1c2024",
    LEVELS["middle"]: "#262b30",
    LEVELS["high"]: "#343b42",
    SEA: "#1d2a35",
}
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


@dataclass(frozen=True)
class Sheet:
    """What a figure is drawn on: `name` stands in its file's (NAME.narrow.svg), `width` is in pixels."""

    name: str
    width: int

    @property
    def is_narrow(self) -> bool:
        """A phone's."""
        return self.width < 480


STANDARD, NARROW, FULL = Sheet("", 720), Sheet("narrow", 328), Sheet("wide", 1120)
TITLE, BODY, SMALL = 17, 13, 12  # px; no letter is smaller than SMALL
FONTS = Path(__file__).parents[1] / "fonts"
FAMILY = "Noto Sans"


@cache
def _fonts() -> None:
    for file in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(file)


def use() -> None:
    """Sets the look for all figures made afterwards."""
    _fonts()
    mpl.rcParams.update(mpl.rcParamsDefault)
    mpl.rcParams.update(
        {
            "font.family": [FAMILY, "Noto Sans Arabic"],
            "font.size": BODY,
            "axes.labelsize": SMALL,
            "axes.titlesize": BODY,
            "xtick.labelsize": SMALL,
            "ytick.labelsize": SMALL,
            "axes.edgecolor": GREY,
            "axes.linewidth": 1,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.labelcolor": GREY,
            "axes.facecolor": "none",
            "figure.facecolor": "none",
            "savefig.facecolor": PAPER,
            "text.color": INK,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "xtick.major.size": 4,
            "ytick.major.size": 4,
            "xtick.major.width": 1,
            "ytick.major.width": 1,
            "hatch.color": GREY,
            "lines.linewidth": 1.8,
            "lines.solid_capstyle": "butt",
            "svg.hashsalt": "talks-and-strikes",
            "svg.fonttype": "none",
            "figure.dpi": 72,
            "savefig.dpi": 144,
        }
    )


@cache
def width_of(text: str, *, size: float = SMALL, bold: bool = False) -> float:
    """How many pixels a line of text takes."""
    font = font_manager.get_font(FONTS / f"NotoSans-{'Bold' if bold else 'Regular'}.ttf")
    font.set_size(size, 72)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64


def wrapped(text: str, width: float, *, size: float = SMALL, bold: bool = False) -> list[str]:
    """The lines of a text that fit a width in pixels; a word that is wider stays whole."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(f"{lines[-1]} {word}", size=size, bold=bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def canvas(
    sheet: Sheet,
    *,
    height: float,
    rows: int = 1,
    columns: int = 1,
    left: float = 60,
    right: float = 14,
    top: float = 10,
    bottom: float = 40,
    gap: float = 34,
    side: float = 34,
    ratios: Sequence[float] | None = None,
    share_x: bool = False,
    share_y: bool = False,
) -> tuple[Figure, np.ndarray[Any, np.dtype[Any]]]:
    """A figure as wide as its sheet and its axes as an array (rows, columns). All in pixels: `height` is that
    of the axes with the gaps between their rows, the margins come on top of it. Title, subtitle and source are
    no part of a drawing: the page sets them."""
    use()
    full, inner = top + height + bottom, sheet.width - left - right
    figure = Figure(figsize=(sheet.width / 72, full / 72))
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        sharex=share_x,
        sharey=share_y,
        gridspec_kw={
            "left": left / sheet.width,
            "right": 1 - right / sheet.width,
            "top": 1 - top / full,
            "bottom": bottom / full,
            "hspace": gap * rows / max(height - gap * (rows - 1), 1) if rows > 1 else 0,
            "wspace": side * columns / max(inner - side * (columns - 1), 1) if columns > 1 else 0,
            "height_ratios": ratios,
        },
    )
    for each in axes.flat:
        each.set_title("", y=1)  # without a place of its own, an empty title is placed anew among all labels
    return figure, axes


def head(axes: Axes, text: str, sheet: Sheet, *, up: float = 10) -> None:
    """What a panel shows, so many pixels above it: from the sheet's edge, or from the axes' where another panel
    stands to the left."""
    place = axes.get_position()
    at_left = place.x0 < 0.5
    shift = 8 - place.x0 * sheet.width if at_left else 0.0
    axes.annotate(
        text,
        (0, 1),
        (shift, up),
        xycoords="axes fraction",
        textcoords="offset points",
        size=BODY,
        weight="bold",
    )


def dark_css(selector: str) -> str:
    """Rules that give drawings inside a page their colours on a dark ground. `selector`: where they hold, such
    as `:root[data-theme="dark"]`."""
    return "\n".join(
        f'{selector} .drawn [{attribute}="{light}"] {{ {attribute}: {dark} }}'
        for light, dark in DARK.items()
        for attribute in ("fill", "stroke")
    )


def at(when: Any) -> float:
    """A day as matplotlib counts it."""
    return float(mdates.date2num(pd.Timestamp(when)))


MONTHS_FOR, MANY_YEARS = 3, 12  # years of a window whose months are named; years named one by one
A_MONTH = 23  # px that the name of a month takes on an axis
STRIP = 3  # px: how thick the strip of silent days is


def months(
    axes: Axes, start: Any, end: Any, *, every: int = 3, silent: pd.DatetimeIndex | None = None
) -> None:
    """A time axis: the window's ends, a tick every few months (over many years: every few years), the year
    under January. `silent`: days of
    which no source counted here speaks, drawn as a thin dark strip along the axis."""
    silence(axes, silent)
    axes.set_xlim(at(start), at(end) + 1)
    ticks = pd.date_range(pd.Timestamp(start).replace(day=1), pd.Timestamp(end), freq="MS")
    years = pd.Timestamp(end).year - pd.Timestamp(start).year
    every = 1 if len(ticks) <= 9 else every if years <= MONTHS_FOR else 12
    while every < 12 and len(ticks) / every * A_MONTH > pixels(axes):
        every = {1: 3, 3: 6}.get(every, 12)
    ticks = ticks[(ticks >= pd.Timestamp(start)) & ((ticks.month - 1) % every == 0)]
    if every == 12:
        ticks = ticks[(ticks.year - ticks[:1].year.max()) % (1 + years // MANY_YEARS) == 0]
    axes.set_xticks([at(tick) for tick in ticks])
    named = _month if every < 12 else lambda stamp: f"{stamp:%Y}"
    axes.xaxis.set_major_formatter(lambda number, _: named(mdates.num2date(number)))
    axes.xaxis.set_minor_locator(mdates.MonthLocator() if every < 12 else mdates.YearLocator())
    axes.tick_params(axis="x", which="minor", length=2, width=0.7)


def silence(axes: Axes, silent: pd.DatetimeIndex | None) -> None:
    """Days of which no source counted here speaks, as a thin dark strip along a time axis."""
    if silent is not None and len(silent):
        days = np.array([at(stamp) for stamp in silent])
        runs = np.split(days, np.flatnonzero(np.diff(days) > 1) + 1)
        ends = [end for run in runs for end in (run[0], run[-1] + 1, np.nan)]
        lifted = ScaledTranslation(0, STRIP / 2 / 72, axes.figure.dpi_scale_trans)
        over = axes.get_xaxis_transform() + lifted
        # one line with gaps takes a twentieth of what a bar for each run does
        axes.plot(ends, np.zeros(len(ends)), transform=over, color=INK, linewidth=STRIP, zorder=5)


def silence_said(silent: pd.DatetimeIndex | None) -> str:
    """What a caption says of that strip; blank where there is none."""
    if silent is None or not len(silent):
        return ""
    return " Strip on the axis: days of which no source counted here speaks."


def pixels(axes: Axes) -> float:
    """How wide axes are."""
    return float(axes.get_window_extent().width * 72 / axes.figure.dpi)


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


def beyond_weeks(*counts: tuple[int, int, str]) -> str:
    """What a caption of weekly steps says of the counts on days outside whole weeks; blank if there is none.
    `counts`: in whole weeks, in all, and a word after the number.

    >>> beyond_weeks((1803, 1806, ""), (9088, 9095, " killed"))
    '; 3 of the 1,806 and 7 of the 9,095 killed lie on days outside whole weeks'
    """
    over = [f"{total - weekly:,} of the {total:,}{word}" for weekly, total, word in counts if total > weekly]
    return f"; {' and '.join(over)} lie on days outside whole weeks" if over else ""
