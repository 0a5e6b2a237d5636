"""One set of choices → the numbers, the phases and the sentence that follow from it, by the functions of the
report's own notebooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from escalation import cases, events, findings, parameters, paths, phases, schema, timing
from escalation.build.graph import notebooks
from escalation.cases import Case
from escalation.counts import own, sources
from escalation.counts import series as count_series
from escalation.errors import Refusal
from escalation.figures.titles import talks_title
from escalation.page import markup
from escalation.parameters import Value
from escalation.parameters.models import Workbench
from escalation.prose.check import said
from escalation.timing import Design, Estimate
from escalation.timing.design import Anchor

OWN = "workbench"
ANCHORS: dict[Anchor, str] = {
    "both": "before the first day, after the last",
    "start": "around the first day",
    "end": "around the last day",
}
WHOLE = "all"
# where `events.daily` takes each count from, so that one part of the area can be counted by itself
COLUMNS = {
    ("ucdp", "events"): "events_state",
    ("ucdp", "fatalities"): "fatalities_best",
    ("airwars", "events"): "incidents",
    ("airwars", "fatalities"): "civilians_killed_min",
}
TABLES = ("talks", "truces", "claims", "documents", "incidents", "merges", "origins", "places")


class Choice(Workbench):
    """What is asked: the parameters of the workbench, each named as in the report's notebooks; `anchor` and
    `area` are its own. As the report's functions take them: `design` around talks, `segmentation` into
    phases."""

    @property
    def design(self) -> Design:
        return Design(
            window_days=self.window_days,
            statistic=self.statistic,
            first_day=self.start,
            talks_set=self.talks_set,
            anchor=self.anchor,
        )

    @property
    def segmentation(self) -> phases.Segmentation:
        return phases.Segmentation(measure=self.measure, min_weeks=self.min_weeks, criterion=self.criterion)


@dataclass(frozen=True)
class Tables:
    """What is read once: the project's folder, the case, its daily counts by part of the area and their
    source records by publisher, the coded tables by name, and the published values of the parameters by
    notebook."""

    root: Path
    case: Case
    daily: dict[str, pd.DataFrame]
    records: dict[str, dict[str, Any]]
    coded: dict[str, pd.DataFrame]
    published: dict[str, dict[str, Value]]


@dataclass(frozen=True)
class Answer:
    """All that follows from a choice. `root`: the project's folder; `case`: cut to its window and area;
    `talks`: the meetings of its set; `what`: what is counted. `counts`: of the window; `counts_around` begin
    with the margin before it, which windows around talks read. `spans` and `measured`: the episodes and all
    that is estimated around them. Computed when asked for, since the sentence on talks needs none of them: `breaks`
    and `phases` of the weekly counts, `from_phases` (the ratio that the phases alone would give), `truces`,
    `of_truces`, `next_day`."""

    root: Path
    choice: Choice
    case: Case
    counts: pd.Series
    counts_around: pd.Series
    talks: pd.DataFrame
    coded_truces: pd.DataFrame
    spans: pd.DataFrame
    measured: Estimate
    what: str

    @cached_property
    def breaks(self) -> pd.DataFrame:
        return phases.breaks(self.counts, self.choice.segmentation)

    @cached_property
    def phases(self) -> pd.DataFrame:
        # their intervals are not shown here, so few draws do
        return phases.phase_table(
            self.counts, self.breaks, fatalities=None, draws=99, rng=np.random.default_rng(0)
        )

    @cached_property
    def from_phases(self) -> float:
        return timing.expected_from_phases(self.counts_around, self.phases, self.spans, self.choice.design)

    @cached_property
    def truces(self) -> pd.DataFrame:
        return events.truces(self.coded_truces, self.case)

    @property
    def found(self) -> dict[str, Any]:
        """The numbers as the findings of the report's timing notebook, which the report's own sentences name.
        The detectable size and the specifications are not known: they take seconds."""
        measured, ratio = self.measured, self.measured.ratio
        size = {
            "value": ratio.ratio,
            "low": ratio.low,
            "high": ratio.high,
            "p": ratio.p,
            "n": ratio.n,
            "n_rising": ratio.n_rising,
        }
        test, adjusted = measured.test, measured.adjusted
        found = {
            "ratio": {**size, "window_days": self.choice.window_days, "what": self.what},
            "rising": measured.rising.finding,
            "placebo": {"value": test.p, "low": test.band_low, "high": test.band_high, "n": test.n_shifts},
            "adjusted": {"value": adjusted.ratio, "p": adjusted.p},
            "detectable": {"down": None, "up": None},
            "specifications": {"n": 0, "value": {"p_median": None}},
            "verdict": {"value": measured.verdict, "tests": [one._asdict() for one in measured.tests]},
        }
        return dict(findings.plain(found))

    @property
    def next_day(self) -> dict[str, Any]:
        """The finding on the day after meetings: value of n, what other dates give, p."""
        last = self.talks["date_last"]
        row = timing.coincidence(self.counts, last[last.isin(self.counts.index)]).iloc[0]
        chance = {name: row[name] for name in ("expected", "low", "high", "p")}
        return {"value": int(row["k"]), "n": int(row["n"]), **chance}

    @cached_property
    def of_truces(self) -> Estimate | None:
        """What is estimated around the truces of the window, as around talks; None without any."""
        if self.truces.empty:
            return None
        spans = timing.episodes(timing.as_talks(self.truces), self.choice.design)
        return timing.estimate(self.counts_around, spans, self.choice.design)

    @property
    def title(self) -> str:
        """The finding in a line."""
        return talks_title(self.measured.verdict, self.found["ratio"])

    def said(self, name: str) -> str:
        """A sentence of the report by its name, with these numbers, as plain text: `verdict_paragraph`, the
        conclusion that the numbers allow, chosen by the report's rule; `rising_sentence`."""
        sentences = said(self.root / "notebooks" / "4_report.ipynb", "clauses", "verdict", known=self.found)
        return markup.words(markup.parse(sentences[name]))


def choice(**values: object) -> Choice:
    """The parameters as a checked `Choice`. Raises Refusal with a line for each name or value that makes no
    sense."""
    try:
        return Choice.model_validate(values)
    except ValidationError as error:
        raise Refusal(parameters.plain(OWN, error)) from None


def chosen(namespace: Mapping[str, object]) -> Choice:
    """The `choice` that a notebook's parameters make: `chosen(globals())`."""
    return choice(**{name: namespace[name] for name in Choice.model_fields})


def read(choice: Choice, root: Path | None = None) -> Tables:
    """The tables of the choice's case, as they are kept: hand-coded ones and daily counts (or those of
    `events_file`), nothing built."""
    base = root or paths.root()
    case = cases.read(choice.case, base)
    main = own.main_series(
        case,
        events_file=choice.events_file,
        accessed=choice.accessed,
        max_date_precision=choice.max_date_precision,
        root=base,
    )
    daily = {"ucdp": main.counts, "airwars": schema.read("airwars_daily", base, folder=case.series)}
    coded = {name: schema.read(name, base, folder=case.tables) for name in TABLES}
    published = {
        path.stem: parameters.defaults(path)
        for path in (base / "notebooks" / f"{OWN}.ipynb", *notebooks(base))
    }
    return Tables(
        base, case, daily, {**sources.kept_records(base, case), "ucdp": main.record}, coded, published
    )


def within(tables: Tables, choice: Choice) -> Case:
    """The case cut to the window and the area of the choice. Raises Refusal for a part that the case does not
    have."""
    whole = tables.case.within(choice.start, choice.end)
    if choice.area == WHOLE:
        return whole
    wanted = [name.strip() for name in choice.area.split("|")]
    unknown = [name for name in wanted if name not in whole.areas]
    if unknown:
        raise Refusal(
            [
                f"area {name!r}: no such part; there are {', '.join(whole.areas)}, or {WHOLE}"
                for name in unknown
            ]
        )
    parts = ("governorates", "countries", "boxes")
    return whole.model_copy(
        update={kind: {k: v for k, v in getattr(whole, kind).items() if k in wanted} for kind in parts}
    )


def counts_of(tables: Tables, choice: Choice, case: Case) -> pd.Series:
    """The daily series of the choice over the parts of the area that `case` has, from the first day that is
    counted: days before the window are the margin that windows around talks read."""
    column, kept = COLUMNS[choice.series, choice.measure], tables.daily[choice.series]
    first = min(kept["date"].min(), pd.Timestamp(case.start)) if len(kept) else case.start
    return count_series.total(kept, column, start=first, end=case.end, governorates=case.areas)


def measure(counts: pd.Series, talks: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, Estimate]:
    """The episodes of these talks and what is estimated around them. Raises Refusal where there is nothing to
    compare."""
    if talks.empty:
        raise Refusal(["no talks of this set within the window, so there is nothing to compare"])
    spans = timing.episodes(talks, design)
    found = timing.estimate(counts, spans, design)
    if not found.ratio.n:
        raise Refusal([f"no episode of talks has {design.window_days} days on both sides that are counted"])
    return spans, found


def talks_of(tables: Tables, choice: Choice, case: Case) -> pd.DataFrame:
    """The meetings of the chosen set within the window, at the chosen anchor."""
    design = choice.design
    return timing.anchored(
        events.talks_of(events.talks(tables.coded["talks"], case), design.talks_set, case), design
    )


def ask(tables: Tables, choice: Choice) -> Answer:
    """Everything that follows from the choice, in some hundredths of a second. Raises Refusal where nothing
    can follow from it."""
    case = within(tables, choice)
    counts_around = counts_of(tables, choice, case)
    talks = talks_of(tables, choice, case)
    spans, measured = measure(counts_around, talks, choice.design)
    return Answer(
        tables.root,
        choice,
        case,
        counts_around.loc[pd.Timestamp(case.start) :],
        counts_around,
        talks,
        tables.coded["truces"],
        spans,
        measured,
        sources.of_series(choice.series, choice.measure),
    )
