"""The sentence of each choice, written by the same cell that writes it for any findings."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from escalation import events, timing
from escalation.cases import Case
from escalation.counts import sources
from escalation.page import blocks
from escalation.page.explorer import explorer
from escalation.prose.say import written

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def choice_sentences(template: str, grid: pd.DataFrame, what: Mapping[str, str]) -> list[str]:
    """One plain sentence or more for each row of the table `choices`, in its order. `template`: a `%%say` cell
    that uses ratio, rising, placebo, single_episode and verdict as the report's findings have them; it holds no
    markup but what keeps data from being read as such. `what`: what each of the column counts counts ("ucdp
    events": "Lethal events")."""
    known = grid.astype(object).where(grid.notna(), None)
    rows: list[dict[str, Any]] = known.to_dict("records")  # type: ignore[assignment]
    return [plain_sentence(template, findings_of(row, what)) for row in rows]


def plain_sentence(template: str, known: Mapping[str, Any]) -> str:
    """The one sentence that a `%%say sentences` cell names, in plain words without markup."""
    named = template.partition("### ")[2].partition("\n")[2]  # the words below the sentence's name
    return " ".join(_ESCAPED.sub(r"\1", written(named, known)).split())


def findings_of(row: Mapping[str, Any], what: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """A row of `choices` as the findings of 3_timing say the same."""
    interval = {"low": row["low"], "high": row["high"]}
    seen = timing.tests(
        **{name: float("nan") if row[name] is None else row[name] for name in ("p", "t_p", "ratio")},
        adjusted_p=row["adjusted_p"],
        adjusted_ratio=row["adjusted"],
    )
    return {
        "ratio": {
            "value": row["ratio"],
            **interval,
            "n": row["n"],
            "n_rising": row["n_rising"],
            "window_days": row["window_days"],
            "what": what[row["counts"]],
        },
        "rising": {"value": row["n_rising"]}
        | {name: row[f"rising_{name}"] for name in ("expected", "low", "high", "p")},
        "placebo": {
            "value": row["p"],
            "low": row["band_low"],
            "high": row["band_high"],
            "n": row["n_shifts"],
        },
        "single_episode": {name: row[name] for name in ("single_low", "single_high")},
        "verdict": {"value": row["verdict"], "tests": [one._asdict() for one in seen]},
    }


ANCHORS = {
    "both": "before the first and after the last day",
    "start": "around the first day",
    "end": "around the last day",
}
STATISTICS = {"typical": "the mean over episodes, each alike", "pooled": "all episodes together"}


def choices_block(
    grid: pd.DataFrame,
    talks: pd.DataFrame,
    by_day: pd.DataFrame,
    case: Case,
    *,
    records: Mapping[str, Mapping[str, Any]],
    template: str,
    published: Mapping[str, Any],
) -> blocks.Explorer:
    """The controls with which a reader tries other choices. `grid`, `talks`, `by_day`: the tables `choices`,
    `built_talks`, and `margin` and `daily` one below the other; `template`: the `%%say` cell of `choice_sentences`;
    `published`: the parameters of 3_timing."""
    rows = grid.assign(counts=grid["series"] + " " + grid["measure"])
    pairs = dict(zip(rows["counts"], zip(rows["series"], rows["measure"], strict=True), strict=True))
    of = {name: sources.of_series(*pair, publisher=True, records=records) for name, pair in pairs.items()}
    what = {name: sources.of_series(*pair, records=records) for name, pair in pairs.items()}
    labels = {
        "counts": {name: f"{what[name]} ({of[name]})" for name in pairs},
        "talks_set": {name: words for name, (words, _) in case.talks_sets.items()},
        "anchor": ANCHORS,
        "statistic": STATISTICS,
    }
    end = published["end"]
    days = {
        name: events.counts(by_day, source=source, measure=measure, start=None, end=end)
        for name, (source, measure) in pairs.items()
    }
    inside = talks[talks["date_first"].between(published["start"], end)]
    windows = sorted(int(width) for width in rows["window_days"].unique())
    whole = pd.date_range(min(series.index[0] for series in days.values()), end)
    spans: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
    for name in rows["talks_set"].unique():
        of_set = events.talks_of(inside, name, case)
        for anchor in rows["anchor"].unique():
            placed = timing.spans(of_set, whole, anchor=anchor, windows_days=windows)
            spans |= {(name, anchor, width): one for width, one in zip(windows, placed, strict=True)}
    return explorer(
        rows,
        choice_sentences(template, rows, what),
        labels=labels,
        published={
            "counts": f"{published['series']} {published['measure']}",
            **{name: published[name] for name in ("talks_set", "anchor", "statistic", "window_days")},
        },
        window=(str(published["start"])[:10], str(end)[:10]),
        days=days,
        episodes=spans,
    )
