"""The figures of the first notebook: what is known, and who says so."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted, number, percent

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
    most = float(table.to_numpy().max())
    n_documents = len(table.columns)
    names = {
        row["document_id"]: (row["publisher"], f"{row['date_first']:%B %Y}")
        for row in documents.to_dict("records")
    }

    def on(sheet: style.Sheet) -> Figure:
        # a phone's rows have their words above their counts
        narrow = sheet.is_narrow
        words = [style.wrapped(labels.get(key, key), sheet.width - 8 if narrow else 250) for key in order]
        left = 4 if narrow else max(style.width_of(line) for lines in words for line in lines) + 14
        right = 4 if narrow else 14
        wide = (sheet.width - left - right) / n_documents
        heads = [
            [line for part in names[key] for line in style.wrapped(part, wide - 4)] for key in table.columns
        ]
        y, places = 0.0, []
        for lines in words:
            above = 15 * len(lines) + 8 if narrow else 0
            tall = 26 if narrow else max(40, 15 * len(lines) + 6)
            places.append((y + above, tall))
            y += above + tall + 2
        top = 15 * max(map(len, heads)) + 8
        figure, axes = style.canvas(sheet, height=y, left=left, right=right, top=top, bottom=6)
        box = axes[0, 0]
        box.set_xlim(0, n_documents)
        box.set_ylim(y, 0)
        box.set_axis_off()
        for column, head in enumerate(heads):
            box.annotate("\n".join(head), (column + 0.5, 0), (0, 6), textcoords="offset points", ha="center",
                         size=style.SMALL, color=style.GREY, annotation_clip=False)  # fmt: skip
        for key, lines, (place, tall) in zip(order, words, places, strict=True):
            where = {"ha": "left", "va": "bottom"} if narrow else {"ha": "right", "va": "center"}
            shift = (0, 3) if narrow else (-8, -tall / 2)
            box.annotate(
                "\n".join(lines), (0, place), shift, textcoords="offset points", size=style.SMALL, **where
            )
            for column, count in enumerate(table.loc[key]):
                shade = {"facecolor": style.SEED, "alpha": 0.04 + 0.4 * count / most, "linewidth": 0}
                box.add_patch(Rectangle((column + 1 / wide, place), 1 - 2 / wide, tall, **shade))
                box.text(column + 0.5, place + tall / 2, f"{count}", color=style.INK if count else style.GREY,
                         ha="center", va="center")  # fmt: skip
        return figure

    totals = ", ".join(f"{int(table.loc[key].sum())} {labels.get(key, key)}" for key in order)
    return Chart(
        on,
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
    runs = {
        lane: _runs(days.loc[days[column].astype("float64").fillna(0) > 0, "date"])
        for lane, (column, _) in lanes.items()
    }

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
            box.broken_barh(
                list(zip(first, last - first, strict=True)),
                (middle - bar / 2, bar),
                facecolors=colour,
                linewidth=0,
            )
            told = f"{share[lane]} days"
            if sheet.is_narrow:
                box.text(0, middle - bar / 2 - 5, lane, transform=over, size=style.SMALL, color=style.GREY)
                box.text(1, middle - bar / 2 - 5, told, transform=over, size=style.SMALL, ha="right")
            else:
                box.text(1.01, middle, told, transform=over, va="center", size=style.SMALL)
        named = (
            {}
            if sheet.is_narrow
            else {pitch * place - bar / 2: lane for place, lane in enumerate(lanes, start=1)}
        )
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
