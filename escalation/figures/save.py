"""The one way out for a figure: NAME.svg and, for a phone, NAME.narrow.svg (the drawing alone), NAME.png (with
its words), NAME.csv (what it draws) and NAME.json (its words and sizes).

A figure without specific alt text, a source or its data does not leave."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from escalation import findings, paths
from escalation.errors import Refusal
from escalation.figures.style import BODY, FAMILY, GREY, INK, NARROW, SMALL, STANDARD, TITLE, Sheet, wrapped
from escalation.figures.svg import for_page

FOLDER = "figures"
EDGE, LEADING = 8, 1.35  # px around the words of a picture; height of a line in letters
LEAST_ALT = 60  # letters: a shorter alt text says no trend, extreme or n


@dataclass(frozen=True)
class Chart:
    """A figure with the table it draws and its words: `drawing` a figure, drawn once, or what draws it on a sheet
    of any width; `title` the finding, `subtitle` measure, unit and n, `caption` how to read it, `alt` what is seen in a
    sentence or two made from the data, `description` the same at length, `source` whose data, `n` how many;
    `sheets` for what widths it is drawn; `has_own_words`: title and the like stand in the drawing."""

    drawing: Figure | Callable[[Sheet], Figure]
    data: pd.DataFrame
    title: str
    subtitle: str
    caption: str
    alt: str
    description: str
    source: str
    n: int
    sheets: tuple[Sheet, ...] = (STANDARD, NARROW)
    has_own_words: bool = False

    def on(self, sheet: Sheet) -> Figure:
        """The figure as drawn for a sheet."""
        return self.drawing if isinstance(self.drawing, Figure) else self.drawing(sheet)

    @property
    def figure(self) -> Figure:
        """The figure as drawn for most screens."""
        return self.on(STANDARD)

    def svg(self, sheet: Sheet, *, name: str) -> str:
        """The drawing as it stands inside a page, without its words. `name`: what its ids begin with."""
        return _svg(self, self.on(sheet), name)


def _svg(chart: Chart, figure: Figure, name: str) -> str:
    drawing = io.StringIO()
    # the page says the title above the drawing, so that one of the drawing's own would stand there twice
    own = [text for text in figure.findobj(Text) if chart.has_own_words and text.get_text() == chart.title]
    for text in own:
        text.set_visible(False)
    # as `style.use`, which others need not call
    with mpl.rc_context({"svg.hashsalt": "talks-and-strikes", "svg.fonttype": "none"}):
        figure.savefig(drawing, format="svg", facecolor="none", metadata={"Date": None, "Creator": None})
    for text in own:
        text.set_visible(True)
    scale = 96 / 72 if chart.has_own_words else 1.0
    words = {"label": chart.alt, "time": time_axis(figure)}
    return for_page(drawing.getvalue(), prefix=name, family=FAMILY, scale=scale, **words)


def time_axis(figure: Figure) -> str:
    """Where the time axis of a drawing begins and ends, for a page that lets a reader point at days: x or y, and the
    two places in units of the drawing. Blank unless one of its axes has the gid `time-x` or `time-y`; that axis shows
    the days of the window and no others."""
    width, height = (72 * inches for inches in figure.get_size_inches())
    for axes in figure.axes:
        place = axes.get_position()
        if axes.get_gid() == "time-x":
            return f"x {place.x0 * width:.1f} {place.x1 * width:.1f}"
        if axes.get_gid() == "time-y":
            return f"y {(1 - place.y1) * height:.1f} {(1 - place.y0) * height:.1f}"
    return ""


@dataclass(frozen=True)
class Saved:
    """What a notebook shows of a saved figure: the picture with its alt text."""

    name: str
    alt: str
    png: bytes

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        picture = base64.b64encode(self.png).decode("ascii")
        return {"image/png": picture, "text/plain": f"figure {self.name}: {self.alt}"}, {
            "image/png": {"alt": self.alt}
        }


def show(drawn: Chart | Artist, name: str, **words: Any) -> Saved:
    """Saves a figure as this notebook's (`escalation.prose.begin`) and gives what the cell shows. `drawn` is
    a `Chart`, or any figure or axes of matplotlib: then `caption`, `alt` and `source` say what a reader
    needs, and `title`, `subtitle`, `description` and `data` may, which are else the drawing's own title, its
    y label, the alt text, and the points, lines and bars drawn.

    Raises Refusal as `save` does, for all words at once.
    """
    return save(
        drawn if isinstance(drawn, Chart) else _chart(drawn, name, words), name, notebook=findings.notebook()
    )


def _chart(drawn: Artist, name: str, words: dict[str, Any]) -> Chart:
    figure = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise Refusal([f"figure {name}: show takes a Chart, a figure or axes, not {type(drawn).__name__}"])
    known = {"title", "subtitle", "caption", "alt", "description", "source", "data", "n"}
    if strange := sorted(set(words) - known):
        raise Refusal([f"figure {name}: {', '.join(strange)}: a figure has {', '.join(sorted(known))}"])
    first = figure.axes[0] if figure.axes else None
    own = {
        "title": figure.get_suptitle() or (first.get_title() if first else ""),
        "subtitle": first.get_ylabel() if first else "",
    }
    data = words.get("data", _points(figure))
    said = {
        "caption": "",
        "alt": "",
        "source": "",
        **own,
        "description": words.get("alt", ""),
        "data": data,
        "n": len(data),
    }
    return Chart(figure, **(said | words), has_own_words=True)


def _points(figure: Figure) -> pd.DataFrame:
    """What a figure draws: panel, mark and the x and y of each point, of each bar its middle and height."""
    rows: list[tuple[int, str, Any, Any]] = []
    for panel, axes in enumerate(figure.axes, start=1):
        for number, line in enumerate(axes.lines, start=1):
            rows += [
                (panel, f"line {number}", x, y)
                for x, y in zip(*map(np.asarray, line.get_data(orig=True)), strict=True)
            ]
        bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        rows += [(panel, "bar", bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in bars]
        for number, marks in enumerate(axes.collections, start=1):
            rows += [(panel, f"points {number}", x, y) for x, y in np.asarray(marks.get_offsets())]
    return pd.DataFrame(rows, columns=["panel", "mark", "x", "y"])


def save(chart: Chart, name: str, *, notebook: str, root: Path | None = None) -> Saved:
    """Writes the files under `figures/` and gives what a notebook shows. Raises Refusal where a word is
    missing, the alt text says no number, or there are no data.

    >>> from tempfile import TemporaryDirectory
    >>> from escalation.figures import style
    >>> def drawn(sheet):
    ...     figure, axes = style.canvas(sheet, height=100)
    ...     axes[0, 0].plot([1, 3, 2])
    ...     return figure
    >>> alt = "A line that rises from 1 to 3 and falls to 2: three days with 6 events in all, the most on the second."
    >>> counts = pd.DataFrame({"n": [1, 3, 2]})
    >>> chart = Chart(drawn, counts, "Three counts", "events", "Each point is a day.", alt, alt, "invented", 6)
    >>> with TemporaryDirectory() as folder:
    ...     saved = save(chart, "counts", notebook="mine", root=Path(folder))
    ...     sorted(file.name for file in Path(folder, "figures").iterdir())
    ['counts.csv', 'counts.json', 'counts.narrow.svg', 'counts.png', 'counts.svg']
    """
    words = {
        key: getattr(chart, key) for key in ("title", "subtitle", "caption", "alt", "description", "source")
    }
    problems = [
        f"figure {name}: no {key}"
        for key, value in words.items()
        if not value.strip() and (key != "description" or chart.alt.strip())
    ]
    words["source"] += findings.edition() if words["source"].strip() else ""
    if 0 < len(chart.alt) < LEAST_ALT:
        problems.append(f"figure {name}: the alt text has {len(chart.alt)} letters; at least {LEAST_ALT}")
    if chart.alt.strip() and not any(letter.isdigit() for letter in chart.alt):
        problems.append(f"figure {name}: the alt text says no number from the data: {chart.alt!r}")
    if chart.data.empty:
        problems.append(f"figure {name}: no data behind it")
    if problems:
        words_asked = 'show(figure, "NAME", title="…", caption="…", alt="…", source=credit)'
        raise Refusal([*problems, f"figure {name}: write {words_asked}"])
    folder = (root or paths.root()) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}.*.svg"):
        old.unlink()  # of a sheet that it is no longer drawn on
    sizes: dict[str, list[int]] = {}
    sheets = (STANDARD,) if isinstance(chart.drawing, Figure) else chart.sheets
    for sheet in sheets:
        figure = chart.on(sheet)
        stem = f"{name}.{sheet.name}".rstrip(".")
        (folder / f"{stem}.svg").write_text(
            _svg(chart, figure, stem.replace(".", "-")), encoding="utf-8", newline="\n"
        )
        units = 96 if chart.has_own_words else 72
        sizes[sheet.name] = [round(inches * units) for inches in figure.get_size_inches()]
        if sheet == STANDARD:
            png = _png(chart, figure)
        plt.close(figure)
    (folder / f"{name}.png").write_bytes(png)
    chart.data.to_csv(
        folder / f"{name}.csv",
        index=False,
        encoding="utf-8",
        lineterminator="\n",
        date_format="%Y-%m-%d",
        float_format="%.10g",
    )
    width, height = sizes[STANDARD.name]
    size = {"width_px": width, "height_px": height, "head_px": 0, "foot_px": 0, "sizes": sizes}
    about = {"name": name, **words, "notebook": notebook, "n": chart.n, **size}
    (folder / f"{name}.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    return Saved(name, chart.alt, png)


def _png(chart: Chart, figure: Figure) -> bytes:
    """The figure with title and subtitle above and source below it: a picture that travels alone."""
    width, height = (72 * inches for inches in figure.get_size_inches())
    head = foot = 0.0
    if not chart.has_own_words:
        room = width - 2 * EDGE
        above = [(line, TITLE, INK, "bold") for line in wrapped(chart.title, room, size=TITLE, bold=True)]
        above += [(line, BODY, GREY, "normal") for line in wrapped(chart.subtitle, room, size=BODY)]
        below = [(line, SMALL, GREY, "normal") for line in wrapped(chart.source, room)]
        head, foot = (sum(LEADING * line[1] for line in lines) + 2 * EDGE for lines in (above, below))
        for lines, top in ((above, height + head - EDGE), (below, -EDGE)):
            y = top
            for text, size, colour, weight in lines:
                figure.text(EDGE / width, y / height, text, size=size, color=colour, weight=weight, va="top")
                y -= LEADING * size
    picture = io.BytesIO()
    whole = Bbox.from_extents(0, -foot / 72, width / 72, (height + head) / 72)
    figure.savefig(
        picture, format="png", bbox_inches=whole, metadata={"Software": None, "Title": chart.title}
    )
    return picture.getvalue()
