"""The sentence of each choice of phases, and the controls with which a reader makes it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from escalation import events, phases
from escalation.cases import Case
from escalation.counts import series as count_series
from escalation.counts import sources
from escalation.page import blocks
from escalation.page.phase_explorer import by_choice, map_ground, phase_explorer
from escalation.phases import ENOUGH
from escalation.prose.choices import plain_sentence

COLUMNS = {"events": "events_state", "fatalities": "fatalities_best"}  # of the counts by part of the area


def phase_sentences(template: str, grid: pd.DataFrame, what: Mapping[str, str]) -> dict[tuple[Any, ...], str]:
    """The plain words of each choice of the table `phase_choices`, by counts, area, criterion and min_weeks.
    `template`: a `%%say` cell that uses breaks, highest_phase and lowest_phase as the report's findings have them;
    `what`: what each of the column counts counts."""
    return {
        keys: plain_sentence(template, findings_of(rows, what[keys[0]]))
        for keys, rows in by_choice(grid).items()
    }


def findings_of(rows: Sequence[Mapping[str, Any]], what: str) -> dict[str, Any]:
    """The phases of one choice, rows of `phase_choices`, as the findings of 2_phases say the same."""
    steps = [
        {
            "date": row["date_first"],
            "n_grids": row["n_grids"],
            "is_possible": row["n_grids"] < ENOUGH,
            "mean_before": before["per_week"],
            "mean_after": row["per_week"],
        }
        for before, row in pairwise(rows)
    ]
    n_held = sum(not step["is_possible"] for step in steps)
    spans = [
        {"date_first": row["date_first"], "date_last": row["date_last"], "value": row["per_day"]}
        for row in rows
    ]
    return {
        "breaks": {"value": steps, "n": len(steps), "n_held": n_held, "what": what},
        "highest_phase": max(spans, key=lambda phase: phase["value"]),
        "lowest_phase": min(spans, key=lambda phase: phase["value"]),
    }


def phases_block(
    grid: pd.DataFrame,
    case: Case,
    *,
    tables: Mapping[str, pd.DataFrame],
    outline: Mapping[str, Any] | None,
    records: Mapping[str, Mapping[str, Any]],
    template: str,
    published: Mapping[str, Any],
) -> blocks.Explorer:
    """The controls with which a reader tries other choices of phases. `grid`: the table `phase_choices`; `tables`:
    daily, areas_daily, area_cells and places; `outline`: that of the case; `template`: the `%%say` cell of
    `phase_sentences`; `published`: the parameters of 2_phases."""
    rows = grid.assign(counts=grid["series"] + " " + grid["measure"])
    pairs = dict(zip(rows["counts"], zip(rows["series"], rows["measure"], strict=True), strict=True))
    of = {name: sources.of_series(*pair, publisher=True, records=records) for name, pair in pairs.items()}
    what = {name: sources.of_series(*pair, records=records) for name, pair in pairs.items()}
    start, end = str(published["start"])[:10], str(published["end"])[:10]
    weeks = {}
    for name, area in rows[["counts", "area"]].drop_duplicates().itertuples(index=False):
        source, measure = pairs[name]
        if area == phases.WHOLE:
            counts = events.counts(tables["daily"], source=source, measure=measure, start=start, end=end)
        else:
            by_area = tables["areas_daily"]
            counts = count_series.total(by_area, COLUMNS[measure], start=start, end=end, governorates=[area])
        weeks[name, area] = phases.weekly(counts, anchor=published["week_anchor"])
    places, cells = tables["places"], tables["area_cells"]
    towns = places[places["name"].isin(case.towns)].dropna(subset=["lat"])
    return phase_explorer(
        rows,
        phase_sentences(template, rows, what),
        labels={
            "counts": {name: f"{what[name]} ({of[name]})" for name in pairs},
            "area": {phases.WHOLE: "the whole area"} | {name: f"{name} alone" for name in case.areas},
            "criterion": {"LWZ": "strict (Liu, Wu and Zidek)", "BIC": "generous (Bayes)"},
        },
        published={
            "counts": f"{published['series']} {published['measure']}",
            "area": phases.WHOLE,
            **{name: published[name] for name in ("criterion", "min_weeks")},
        },
        weeks=weeks,
        possible_below=ENOUGH,
        ground=map_ground(
            cells[cells["date"].between(start, end)], towns, outline, first=pd.Timestamp(start)
        ),
    )
