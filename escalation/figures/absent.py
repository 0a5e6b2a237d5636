"""The figure that stands where an edition has nothing to draw: it says so, instead of a gap or an error."""

import pandas as pd
from matplotlib.figure import Figure

from escalation.figures import style
from escalation.figures.save import Chart


def absent(what: str, reason: str, *, source: str) -> Chart:
    """`what` the figure would show (as its title), `reason` what the edition lacks, by its case or by what was
    chosen ("documents", "counts of a second publisher")."""
    title = f"{what}: not in this edition"
    subtitle = f"This edition has no {reason}; n = 0"

    def on(sheet: style.Sheet) -> Figure:
        figure, axes = style.canvas(sheet, height=62, left=19, right=19)
        box = axes[0, 0]
        box.set_axis_off()
        words = "\n".join(style.wrapped(f"no {reason}", sheet.width - 38, size=style.BODY))
        box.text(0, 0.5, words, ha="left", va="center", color=style.GREY, transform=box.transAxes)
        return figure

    said = f"An empty frame in place of a chart ({what}): this edition has no {reason}, so 0 rows could be drawn."
    return Chart(
        on,
        pd.DataFrame({"absent": [reason], "n": [0]}),
        title,
        subtitle,
        caption=f"Nothing is drawn: this edition has no {reason}.",
        alt=said,
        description=said,
        source=source,
        n=0,
    )
