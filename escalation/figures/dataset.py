"""The figures of the first notebook: what is known, and who says so."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted, day, number, percent

LEAST = 1.2  # px: no mark is narrower, where there is room


def speakers(claims: pd.DataFrame, documents: pd.DataFrame, labels: dict[str, str], *, source: str) -> Chart:
    """Claims by kind of speaker and document, as counts. `labels`: meaning of each speaker type."""
    if claims.empty:
        return absent("Who speaks in the documents", "documents", source=source)
    order = list(claims["speaker_type"].value_counts().index)
    table = pd.crosstab(claims["speaker_type"], claims["document_id"]).loc[order]
    own = int((claims["speaker_type"] == "article").sum())
    title = f"{percent(own / len(claims))} of what the documents claim is in their authors' own voice"
    subtitle = (
        f"Claims by kind of speaker and document; n = {len(claims)} claims in {len(documents)} documents"
    )
    lines = {key: style.wrapped(labels.get(key, key), 250) for key in order}
    left = max(style.width_of(line) for words in lines.values() for line in words) + 14
    figure, axes = style.canvas(style.STANDARD, height=42 * len(order), left=left, bottom=48)
    box = axes[0, 0]
    most = float(table.to_numpy().max())
    for row, key in enumerate(order):
        for place, document in enumerate(table.columns):
            count = int(table.loc[key, document])
            look: dict[str, Any] = {"facecolor": style.SEED, "alpha": 0.04 + 0.4 * count / most, "edgecolor": "none"}
            box.add_patch(Rectangle((place + 0.01, row + 0.03), 0.98, 0.94, **look))
            box.text(place + 0.5, row + 0.5, str(count), ha="center", va="center")
    box.set_xlim(0, len(table.columns))
    box.set_ylim(len(order), 0)
    names = {
        row["document_id"]: f"{row['publisher']}\n{row['date_first']:%B %Y}"
        for row in documents.to_dict("records")
    }
    box.set_xticks(np.arange(len(table.columns)) + 0.5, [names[key] for key in table.columns])
    box.set_yticks(np.arange(len(order)) + 0.5, ["\n".join(lines[key]) for key in order])
    for spine in box.spines.values():
        spine.set_visible(False)
    box.tick_params(length=0)
    totals = ", ".join(f"{int(table.loc[key].sum())} {labels.get(key, key)}" for key in order)
    return Chart(
        figure,
        table.rename_axis("speaker_type").reset_index(),
        title,
        subtitle,
        caption=(
            "A claim is one statement at one place in one document. Who says it is coded apart from who"
            " reports it: a belligerent quoted by an outlet is a belligerent."
        ),
        alt=(
            f"Table chart of {len(claims)} claims by {len(order)} kinds of speaker in {len(documents)}"
            f" documents. By speaker: {totals}."
        ),
        description=f"By kind of speaker: {totals}.",
        source=source,
        n=len(claims),
    )


def _runs(spoken: pd.Series) -> tuple[Any, Any]:
    """Days in a row as first days and days after the last, as matplotlib counts days."""
    numbers = np.array([style.at(stamp) for stamp in spoken])
    return numbers[np.diff(numbers, prepend=-np.inf) > 1], numbers[np.diff(numbers, append=np.inf) > 1] + 1


def coverage(days: pd.DataFrame, *, source: str) -> Chart:
    """The silence strip: for each day, whether the documents, the curated list or an event dataset speak of
    it. `days`: date, n_seed, n_curated, n_main, n_second, is_silent."""
    lanes = {
        "the documents": ("n_seed", style.SEED),
        "curated incidents": ("n_curated", style.TRUCE),
        "UCDP events": ("n_main", style.UCDP),
        "Airwars incidents": ("n_second", style.AIRWARS),
        "none of them": ("is_silent", style.INK),
    }
    # a lane for whoever could have spoken: a case without documents, or with one publisher, has no row for
    # them
    lanes = {
        lane: look
        for lane, look in lanes.items()
        if lane in ("none of them", "UCDP events") or days[look[0]].astype("float64").fillna(0).any()
    }
    n = len(days)
    share = {
        lane: int((days[column].astype("float64").fillna(0) > 0).sum()) for lane, (column, _) in lanes.items()
    }
    title = f"UCDP has events on {share['UCDP events']} of {n} days"
    if "the documents" in share:
        title = (
            f"The documents date claims to {share['the documents']} of {n} days; UCDP has events on"
            f" {share['UCDP events']}"
        )
    is_coded = {"the documents", "curated incidents", "Airwars incidents"} & set(share)
    subtitle = (
        f"Days with at least one {'claim, incident or ' if is_coded else ''}recorded event, n = {n} days; no mark means nobody"
        " counted here speaks of that day"
    )
    runs = {lane: _runs(days.loc[days[column].astype("float64").fillna(0) > 0, "date"]) for lane, (column, _) in lanes.items()}

    def on(sheet: style.Sheet) -> Figure:
        left = 14 if sheet.is_narrow else max(style.width_of(lane) for lane in lanes) + 14
        pitch, bar = (48, 26) if sheet.is_narrow else (40, 28)
        tall = pitch * len(lanes) + 6
        figure, axes = style.canvas(sheet, height=tall, left=left, right=14 if sheet.is_narrow else 80)
        box = axes[0, 0]
        box.set_ylim(tall, 0)  # pixels from the top
        style.months(box, days["date"].iloc[0], days["date"].iloc[-1])
        least = LEAST * n / style.pixels(box)
        over = box.get_yaxis_transform()
        for place, (lane, (_, colour)) in enumerate(lanes.items(), start=1):
            first, last = runs[lane]
            # a lone day is widened so that it shows, at most into half of the gap after it
            gap = np.append(first[1:], np.inf) - last
            last = np.maximum(last, np.minimum(first + least, last + gap / 2))
            middle = pitch * place - bar / 2
            box.broken_barh(list(zip(first, last - first, strict=True)), (middle - bar / 2, bar), facecolors=colour, linewidth=0)
            told = f"{share[lane]} days"
            if sheet.is_narrow:
                box.text(0, middle - bar / 2 - 5, lane, transform=over, size=style.SMALL, color=style.GREY)
                box.text(1, middle - bar / 2 - 5, told, transform=over, size=style.SMALL, ha="right")
            else:
                box.text(1.01, middle, told, transform=over, va="center", size=style.SMALL)
        named = {} if sheet.is_narrow else {pitch * place - bar / 2: lane for place, lane in enumerate(lanes, start=1)}
        box.set_yticks(list(named), list(named.values()))
        box.tick_params(axis="y", length=0)
        box.spines["left"].set_visible(not sheet.is_narrow)
        return figure

    said = ", ".join(f"{lane} {number(count)}" for lane, count in share.items())
    return Chart(
        on,
        days,
        title,
        subtitle,
        caption=(
            "Claims and incidents stand on a day only if they are dated to within a week. "
            if {"the documents", "curated incidents"} & set(lanes)
            else ""
        )
        + "A day without a mark is a day without a record, not a day without violence. A lone day is drawn wider than it"
        " is, so that it shows.",
        alt=f"Strip chart of {number(n)} days in {counted(len(lanes), 'row')}. Days spoken of: {said}.",
        description=f"Days spoken of, of {number(n)}: {said}.",
        source=source,
        n=n,
    )
