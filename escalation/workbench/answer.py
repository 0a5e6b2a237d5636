"""One set of choices → the numbers, the phases and the sentence that follow from it, by the functions of the report's own notebooks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, ValidationError

from escalation import cases, events, own, parameters, paths, phases, schema, sources, timing, words
from escalation import series as count_series
from escalation.build.graph import notebooks
from escalation.cases import Case
from escalation.errors import Refusal
from escalation.parameters import Value
from escalation.phases.segment import Criterion
from escalation.timing.episodes import Ratio, Statistic
from escalation.timing.shifts import ShiftTest

Anchor = Literal["both", "start", "end"]
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


def _known_set(name: str) -> str:
    if name not in events.TALKS_SETS:
        raise ValueError(f"allowed: {', '.join(events.TALKS_SETS)}")
    return name


class Choice(parameters.Window):
    """What is asked: the parameters of the workbench, each named as in the report's notebooks; `anchor` and `area` are its own."""

    events_file: str
    accessed: str
    max_date_precision: Annotated[int, Field(ge=1, le=5)]
    series: parameters.Series
    measure: parameters.Measure
    area: Annotated[str, Field(min_length=1)]
    window_days: Annotated[int, Field(ge=1, le=30)]
    anchor: Anchor
    talks_set: Annotated[str, AfterValidator(_known_set)]
    statistic: Statistic
    criterion: Criterion
    min_weeks: Annotated[int, Field(ge=2, le=12)]


@dataclass(frozen=True)
class Tables:
    """What is read once: the project's folder, the case, its daily counts by part of the area and their source records by publisher, the
    coded tables by name, and the published values of the parameters by notebook."""

    root: Path
    case: Case
    daily: dict[str, pd.DataFrame]
    records: dict[str, dict[str, Any]]
    coded: dict[str, pd.DataFrame]
    published: dict[str, dict[str, Value]]


@dataclass(frozen=True)
class Measured:
    """The contrast for one set of talks: episodes (`spans`), each one's two windows (`contrasts`), the ratio over them, that against similar
    days, the shifted calendars and their test, and the verdict."""

    spans: pd.DataFrame
    contrasts: pd.DataFrame
    ratio: Ratio
    adjusted: Ratio
    shifts: pd.DataFrame
    test: ShiftTest
    verdict: str


@dataclass(frozen=True)
class Answer:
    """All that follows from a choice. `case`: cut to its window and area; `talks`: the meetings of its set; `breaks` and `phases`: of the
    weekly counts; `from_phases`: the ratio that the phases alone would give; `what`: what is counted."""

    choice: Choice
    case: Case
    counts: pd.Series
    talks: pd.DataFrame
    truces: pd.DataFrame
    measured: Measured
    breaks: pd.DataFrame
    phases: pd.DataFrame
    from_phases: float
    what: str

    @property
    def facts(self) -> dict[str, Any]:
        """The numbers as `words.talks_answer` reads them. The detectable size is not among them: its simulations take seconds."""
        found = self.measured
        return {
            "ratio": found.ratio.ratio,
            "low": found.ratio.low,
            "high": found.ratio.high,
            "n_episodes": found.ratio.n,
            "n_rising": found.ratio.n_rising,
            "p": found.test.p,
            "band_low": found.test.band_low,
            "band_high": found.test.band_high,
            "n_shifts": found.test.n_shifts,
            "adjusted_ratio": found.adjusted.ratio,
            "adjusted_p": found.adjusted.p,
            "window_days": self.choice.window_days,
            "what": self.what,
        }

    @property
    def title(self) -> str:
        """The finding in a line."""
        return words.talks_title(self.measured.verdict, self.measured.ratio.ratio, self.choice.window_days)

    @property
    def sentence(self) -> str:
        """The conclusion that the numbers allow, chosen by the report's rule."""
        return words.talks_answer(self.measured.verdict, self.facts)


def choice(**values: object) -> Choice:
    """The parameters as a checked `Choice`. Raises Refusal with a line for each name or value that makes no sense."""
    try:
        return Choice.model_validate(values)
    except ValidationError as error:
        lines = []
        for each in error.errors():
            name, said = ".".join(map(str, each["loc"])), str(each["msg"]).removeprefix("Value error, ")
            lines.append(f"{name} = {each['input']!r}: {said}" if name else said)
        raise Refusal(lines) from None


def read(choice: Choice, root: Path | None = None) -> Tables:
    """The tables of the choice's case, as they are kept: hand-coded ones and daily counts (or those of `events_file`), nothing built."""
    base = root or paths.root()
    case = cases.read(choice.case, base)
    main = own.main_series(
        case, events_file=choice.events_file, accessed=choice.accessed, max_date_precision=choice.max_date_precision, root=base
    )
    daily = {"ucdp": main.counts, "airwars": schema.read("airwars_daily", base, folder=case.series)}
    coded = {name: schema.read(name, base, folder=case.tables) for name in TABLES}
    published = {path.stem: parameters.defaults(path) for path in (base / "notebooks" / f"{OWN}.ipynb", *notebooks(base))}
    return Tables(base, case, daily, {**sources.kept_records(base, case), "ucdp": main.record}, coded, published)


def within(tables: Tables, choice: Choice) -> Case:
    """The case cut to the window and the area of the choice. Raises Refusal for a part that the case does not have."""
    whole = tables.case.within(choice.start, choice.end)
    if choice.area == WHOLE:
        return whole
    wanted = [name.strip() for name in choice.area.split("|")]
    unknown = [name for name in wanted if name not in whole.areas]
    if unknown:
        raise Refusal([f"area {name!r}: no such part; there are {', '.join(whole.areas)}, or {WHOLE}" for name in unknown])
    parts = ("governorates", "countries", "boxes")
    return whole.model_copy(update={kind: {k: v for k, v in getattr(whole, kind).items() if k in wanted} for kind in parts})


def counts_of(tables: Tables, choice: Choice, case: Case) -> pd.Series:
    """The daily series of the choice over the parts of the area that `case` has."""
    column = COLUMNS[choice.series, choice.measure]
    return count_series.total(tables.daily[choice.series], column, start=case.start, end=case.end, governorates=case.areas)


def anchored(talks: pd.DataFrame, anchor: Anchor) -> pd.DataFrame:
    """The meetings reduced to their first or last day, or as they were: with "both" days before count from the first and days after
    from the last."""
    if anchor == "start":
        return talks.assign(date_last=talks["date_first"])
    return talks.assign(date_first=talks["date_last"]) if anchor == "end" else talks


def measure(counts: pd.Series, talks: pd.DataFrame, *, window_days: int, statistic: Statistic) -> Measured:
    """What notebook 3 computes for one set of talks. Raises Refusal if there are none."""
    if talks.empty:
        raise Refusal(["no talks of this set within the window, so there is nothing to compare"])
    spans = timing.episodes(talks, window_days=window_days)
    contrasts = timing.contrast(counts, spans, window_days=window_days)
    ratio = timing.average(contrasts, statistic=statistic, edges="drop")
    if not ratio.n:
        raise Refusal([f"no episode of talks has {window_days} days on both sides within the window"])
    shifts = timing.circular_shifts(counts, spans, window_days=window_days, statistic=statistic, edges="drop")
    test = timing.shift_test(shifts)
    adjusted = timing.adjusted_ratio(timing.matched(counts, contrasts, window_days=window_days), edges="drop")
    said = timing.verdict(
        p=test.p, ratio=test.ratio, low=ratio.low, high=ratio.high, n=ratio.n, adjusted_p=adjusted.p, adjusted_ratio=adjusted.ratio
    )
    return Measured(spans, contrasts, ratio, adjusted, shifts, test, said)


def talks_of(tables: Tables, choice: Choice, case: Case) -> pd.DataFrame:
    """The meetings of the chosen set within the window, at the chosen anchor."""
    return anchored(events.talks_of(events.talks(tables.coded["talks"], case), choice.talks_set), choice.anchor)


def ask(tables: Tables, choice: Choice) -> Answer:
    """Everything that follows from the choice, in some hundredths of a second. Raises Refusal where nothing can follow from it."""
    case = within(tables, choice)
    counts = counts_of(tables, choice, case)
    talks = talks_of(tables, choice, case)
    measured = measure(counts, talks, window_days=choice.window_days, statistic=choice.statistic)
    breaks = phases.breaks(counts, measure=choice.measure, min_weeks=choice.min_weeks, criterion=choice.criterion, max_breaks=10, anchor=0)
    # the intervals of phases are not shown here, so few draws do
    table = phases.phase_table(counts, breaks, fatalities=None, draws=99, rng=np.random.default_rng(0))
    from_phases = timing.expected_from_phases(
        counts, table, measured.spans, window_days=choice.window_days, statistic=choice.statistic, edges="drop"
    )
    truces = events.truces(tables.coded["truces"], case)
    what = words.of_series(choice.series, choice.measure)
    return Answer(choice, case, counts, talks, truces, measured, breaks, table, from_phases, what)
