"""The one way out for a figure: NAME.svg, NAME.png, NAME.csv (what it draws) and NAME.json (its words).

A figure without specific alt text, a source or its data does not leave."""

import base64
import io
import json
import re
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

from escalation import findings, paths
from escalation.errors import Refusal

FOLDER = "figures"
LEAST_ALT = 60  # letters: a shorter alt text says no trend, extreme or n


@dataclass(frozen=True)
class Chart:
    """A drawn figure with the table it draws and its words: `title` the finding, `subtitle` measure, unit and
    n, `caption` how to read it, `alt` what is seen in a sentence or two made from the data, `description` the
    same at length, `source` whose data, `n` how many."""

    figure: Figure
    data: pd.DataFrame
    title: str
    subtitle: str
    caption: str
    alt: str
    description: str
    source: str
    n: int


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


def lighter(svg: str) -> str:
    """The drawing at half its size without visible change: coordinates to a hundredth of a point instead of
    six decimals, short names for glyphs, no comments, indentation or ids that nothing refers to (the SVG
    optimisers on PyPI are no longer kept up)."""
    shorter = re.compile(r"(\.\d\d)\d+")

    def shortened(found: re.Match[str]) -> str:
        return found[1] + shorter.sub(r"\1", found[2]) + found[3]

    svg = re.sub(r'(\s(?:d|x|y)=")([^"]*)(")', shortened, svg)
    svg = re.sub(r"(translate\()([^)]*)(\))", shortened, svg)
    for long, short in (("DejaVuSans-Bold-", "B"), ("DejaVuSans-", "D")):
        svg = svg.replace(f'id="{long}', f'id="{short}').replace(f'"#{long}', f'"#{short}')
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    return re.sub(r"^\s+", "", svg, flags=re.M)


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
    return Chart(figure, **(said | words))


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
    """Writes the four files under `figures/` and gives what a notebook shows. Raises Refusal where a word is
    missing, the alt text says no number, or there are no data.

    >>> from tempfile import TemporaryDirectory
    >>> from escalation.figures import style
    >>> figure, axes = style.canvas(title="Three counts", subtitle="events", source="invented", height=1.0)
    >>> _ = axes[0, 0].plot([1, 3, 2])
    >>> alt = "A line that rises from 1 to 3 and falls to 2: three days with 6 events in all, the most on the second."
    >>> chart = Chart(figure, pd.DataFrame({"n": [1, 3, 2]}), "Three counts", "events", "Each point is a day.", alt, alt, "invented", 6)
    >>> with TemporaryDirectory() as folder:
    ...     saved = save(chart, "counts", notebook="mine", root=Path(folder))
    ...     sorted(file.name for file in Path(folder, "figures").iterdir())
    ['counts.csv', 'counts.json', 'counts.png', 'counts.svg']
    """
    words = {
        key: getattr(chart, key) for key in ("title", "subtitle", "caption", "alt", "description", "source")
    }
    problems = [f"figure {name}: no {key}" for key, value in words.items() if not value.strip()]
    words["source"] += findings.edition() if words["source"].strip() else ""
    if 0 < len(chart.alt) < LEAST_ALT:
        problems.append(f"figure {name}: the alt text has {len(chart.alt)} letters; at least {LEAST_ALT}")
    if not any(letter.isdigit() for letter in chart.alt):
        problems.append(f"figure {name}: the alt text says no number from the data: {chart.alt!r}")
    if chart.data.empty:
        problems.append(f"figure {name}: no data behind it")
    if problems:
        raise Refusal(problems)
    folder = (root or paths.root()) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    drawing = io.StringIO()
    with mpl.rc_context(
        {"svg.hashsalt": "talks-and-strikes", "svg.fonttype": "path"}
    ):  # as `style.use`, which others need not call
        chart.figure.savefig(
            drawing, format="svg", metadata={"Date": None, "Creator": None, "Title": chart.title}
        )
    (folder / f"{name}.svg").write_text(lighter(drawing.getvalue()), encoding="utf-8", newline="\n")
    chart.figure.savefig(folder / f"{name}.png", metadata={"Software": None, "Title": chart.title})
    plt.close(chart.figure)
    chart.data.to_csv(
        folder / f"{name}.csv",
        index=False,
        encoding="utf-8",
        lineterminator="\n",
        date_format="%Y-%m-%d",
        float_format="%.10g",
    )
    width, height = chart.figure.get_size_inches()
    head, foot = (
        float(inches) for inches in (str(chart.figure.get_label()) or "0 0").split()
    )  # set by `style.canvas`
    pixels = {"width_px": width, "height_px": height, "head_px": head, "foot_px": foot}
    about = {
        "name": name,
        **words,
        "notebook": notebook,
        "n": chart.n,
        **{key: round(inches * 96) for key, inches in pixels.items()},
    }
    (folder / f"{name}.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    return Saved(name, chart.alt, (folder / f"{name}.png").read_bytes())
