"""The figures of the first notebook: what is known, and who says so."""

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns  # type: ignore[import-untyped]

from escalation.figures import style
from escalation.figures.absent import absent
from escalation.figures.save import Chart
from escalation.findings import counted, day, percent


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
    figure, axes = style.canvas(
        title=title,
        subtitle=subtitle,
        source=source,
        height=0.36 * len(order) + 0.15,
        left=2.4,
        right=0.15,
        bottom=0.55,
    )
    box = axes[0, 0]
    sns.heatmap(
        table,
        ax=box,
        annot=True,
        fmt="d",
        cmap=sns.light_palette(style.SEED, as_cmap=True),
        cbar=False,
        linewidths=1.5,
        vmin=0,
        vmax=float(table.to_numpy().max()) * 1.6,
        annot_kws={"size": style.BODY, "color": style.INK},
    )
    names = {
        row["document_id"]: f"{row['publisher']}\n{row['date_first']:%B %Y}"
        for row in documents.to_dict("records")
    }
    box.set_xticklabels([names[key] for key in table.columns], rotation=0)
    box.set_yticklabels([textwrap.fill(labels.get(key, key), 30) for key in order], rotation=0)
    box.set_xlabel("")
    box.set_ylabel("")
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
    title = f"Event data speak of {share['UCDP events']} of {n} days"
    if "the documents" in share:
        title = (
            f"The documents date claims to {share['the documents']} of {n} days; event data speak of"
            f" {share['UCDP events']}"
        )
    subtitle = (
        f"Days with at least one claim, incident or recorded event, n = {n} days; no mark means nobody"
        " counted here speaks of that day"
    )
    figure, axes = style.canvas(
        title=title, subtitle=subtitle, source=source, height=0.36 * len(lanes) + 0.2, left=1.6, right=0.95
    )
    box = axes[0, 0]
    for place, (lane, (column, colour)) in enumerate(reversed(lanes.items())):
        spoken = days.loc[days[column].astype("float64").fillna(0) > 0, "date"]
        numbers = np.array([style.at(stamp) for stamp in spoken])
        runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1) if len(numbers) else []
        box.broken_barh(
            [(run[0], len(run)) for run in runs], (place - 0.35, 0.7), facecolors=colour, linewidth=0
        )
        box.text(
            1.01,
            place,
            f"{share[lane]} days",
            transform=box.get_yaxis_transform(),
            va="center",
            size=style.SMALL,
        )
    box.set_yticks(range(len(lanes)), list(reversed(lanes)))
    box.set_ylim(-0.6, len(lanes) - 0.4)
    box.tick_params(axis="y", length=0)
    style.months(box, days["date"].iloc[0], days["date"].iloc[-1])
    said = ", ".join(f"{lane} {count}" for lane, count in share.items())
    return Chart(
        figure,
        days,
        title,
        subtitle,
        caption=(
            "Claims and incidents stand on a day only if they are dated to within a week. A day without a"
            " mark is a day without a record, not a day without violence."
        ),
        alt=f"Strip chart of {n} days in {len(lanes)} rows. Days spoken of: {said}.",
        description=f"Days spoken of, of {n}: {said}.",
        source=source,
        n=n,
    )


def claim_dates(
    claims: pd.DataFrame,
    documents: pd.DataFrame,
    case_start: object,
    case_end: object,
    *,
    source: str,
    silent: pd.DatetimeIndex | None = None,
) -> Chart:
    """When the claims say things happened, as intervals. `claims`: claim_id, document_id, status, date_first,
    date_last."""
    if claims.empty:
        return absent("What the documents date to when", "documents", source=source)
    factual = claims[~claims["status"].isin(["opinion", "context"])].sort_values(
        ["document_id", "date_first", "date_last"]
    )
    start, end = pd.Timestamp(str(case_start)), pd.Timestamp(str(case_end))
    inside = factual[(factual["date_last"] >= start) & (factual["date_first"] <= end)].reset_index(drop=True)
    length = (inside["date_last"] - inside["date_first"]).dt.days + 1
    exact = int((length == 1).sum())
    title = f"{exact} of {len(inside)} claims about events can be dated to a single day"
    subtitle = (
        f"Date interval of each claim about an event, by document; n = {len(inside)}; opinions, captions and"
        " what lies outside the window left out"
    )
    figure, axes = style.canvas(
        title=title, subtitle=subtitle, source=source, height=0.055 * len(inside) + 0.6, left=1.35
    )
    box = axes[0, 0]
    y = len(inside)
    middles, names = [], []
    lookup = {row["document_id"]: row for row in documents.to_dict("records")}
    for document, part in inside.groupby("document_id", sort=True):
        first_y = y
        for row in part.to_dict("records"):
            first, last = style.at(max(row["date_first"], start)), style.at(min(row["date_last"], end)) + 1
            hollow = row["status"] in ("planned", "cancelled")
            alpha = 0.45 if hollow else 1
            if last - first <= 1:
                box.plot(first + 0.5, y, "o", color=style.SEED, markersize=2.8, alpha=alpha)
            else:
                box.plot(
                    [first, last], [y, y], color=style.SEED, linewidth=2.6, alpha=alpha, solid_capstyle="butt"
                )
            y -= 1
        box.axhline(y + 0.0, color=style.HAIR, linewidth=0.6)
        published = lookup[document]["date_last"]
        box.plot(
            [style.at(published)] * 2, [y + 0.5, first_y + 0.5], color=style.GREY, linewidth=0.7, zorder=0
        )
        middles.append((first_y + y) / 2 + 0.5)
        names.append(f"{lookup[document]['publisher']}\n{lookup[document]['date_first']:%B %Y}")
        y -= 1
    box.set_yticks(middles, names)
    box.set_ylim(y + 0.5, len(inside) + 1.5)
    box.tick_params(axis="y", length=0)
    style.months(box, start, end, silent=silent)
    longest = inside.iloc[int(np.argmax(length))]
    return Chart(
        figure,
        inside[["claim_id", "document_id", "status", "date_first", "date_last"]],
        title,
        subtitle,
        caption=(
            "Each bar runs from the first to the last day on which the claim can lie; a dot is a single day."
            " Thin line: the day the document was published; what lies after it was planned or cancelled."
            " Paler marks: plans and cancellations, which no count includes."
        ),
        alt=(
            f"Bar chart of the date intervals of {len(inside)} claims in {len(names)} documents: {exact} are"
            f" one day long, the longest has {int(length.max())} days (claim {longest['claim_id']})."
        ),
        description=(
            f"{counted(exact, 'claim')} dated to one day, {int((length.between(2, 7)).sum())} to within a"
            f" week, {int((length > 7).sum())} to a longer span; the last document is dated"
            f" {day(documents['date_last'].max())} at the latest."
        ),
        source=source,
        n=len(inside),
    )
