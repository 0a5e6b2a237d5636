"""The one way out for a figure: NAME.svg, NAME.png, NAME.csv (what it draws) and NAME.json (its words).

A figure without specific alt text, a source or its data does not leave."""

import base64
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from escalation import paths
from escalation.errors import Refusal

FOLDER = "figures"
LEAST_ALT = 60  # letters: a shorter alt text says no trend, extreme or n


@dataclass(frozen=True)
class Chart:
    """A drawn figure with the table it draws and its words: `title` the finding, `subtitle` measure, unit and n, `caption` how to read it,
    `alt` what is seen in a sentence or two made from the data, `description` the same at length, `source` whose data, `n` how many."""

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
        return {"image/png": picture, "text/plain": f"figure {self.name}: {self.alt}"}, {"image/png": {"alt": self.alt}}


def lighter(svg: str) -> str:
    """The drawing at half its size without visible change: coordinates to a hundredth of a point instead of six decimals, short names for
    glyphs, no comments, indentation or ids that nothing refers to (the SVG optimisers on PyPI are no longer kept up)."""
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


def save(chart: Chart, name: str, *, notebook: str, root: Path | None = None) -> Saved:
    """Writes the four files under `figures/` and gives what a notebook shows. Raises Refusal where a word is missing, the alt text
    says no number, or there are no data.

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
    words = {key: getattr(chart, key) for key in ("title", "subtitle", "caption", "alt", "description", "source")}
    problems = [f"figure {name}: no {key}" for key, value in words.items() if not value.strip()]
    if len(chart.alt) < LEAST_ALT or not any(letter.isdigit() for letter in chart.alt):
        problems.append(f"figure {name}: the alt text says no number from the data: {chart.alt!r}")
    if chart.data.empty:
        problems.append(f"figure {name}: no data behind it")
    if problems:
        raise Refusal(problems)
    folder = (root or paths.root()) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    drawing = io.StringIO()
    chart.figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None, "Title": chart.title})
    (folder / f"{name}.svg").write_text(lighter(drawing.getvalue()), encoding="utf-8", newline="\n")
    chart.figure.savefig(folder / f"{name}.png", metadata={"Software": None, "Title": chart.title})
    plt.close(chart.figure)
    chart.data.to_csv(
        folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d", float_format="%.10g"
    )
    width, height = chart.figure.get_size_inches()
    head, foot = (float(inches) for inches in str(chart.figure.get_label()).split())
    pixels = {"width_px": width, "height_px": height, "head_px": head, "foot_px": foot}
    about = {"name": name, **words, "notebook": notebook, "n": chart.n, **{key: round(inches * 96) for key, inches in pixels.items()}}
    (folder / f"{name}.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return Saved(name, chart.alt, (folder / f"{name}.png").read_bytes())
