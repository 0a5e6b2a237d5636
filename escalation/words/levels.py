"""The first question: when the level changed."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from escalation.findings import counted, days, number, part
from escalation.words.labels import criterion_words, listed_days


def levels_answer(dates: Collection[Any], *, recurring: int, what: str, has_second: bool) -> str:
    """The first question's answer, with links to its figures. `dates`: the breaks; `recurring`: how many of them a second publisher's counts
    have too, which is said where there is one (`has_second`)."""
    if not len(dates):
        return f"Not lastingly. [One level](figure:phases) fits the weekly counts of {what} from beginning to end."
    many = counted(len(dates), "time").capitalize()
    again = f"{counted(recurring, 'of these changes', 'of these changes').capitalize()} {'recurs' if recurring == 1 else 'recur'}"
    again = again if recurring else "None of these changes recurs"
    last = f" {again} in [a second source](figure:sources)." if has_second else " No second source counts this conflict."
    return f"{many}, by {what}: in the weeks of [{listed_days(dates)}](figure:phases).{last}"


def levels_finding(n_phases: int, highest: Mapping[str, Any], lowest: Mapping[str, Any], what: str) -> str:
    """The first finding: how many phases, and how far apart the quietest and the most violent are."""
    if n_phases == 1:
        return f"**One level throughout.** {what.capitalize()} ran at {number(highest['value'])} a day; no change lasted."
    return (
        f"**{counted(n_phases, 'phase').capitalize()}.** {what.capitalize()} ran from {number(lowest['value'])} a day in the quietest phase to "
        f"{number(highest['value'])} a day from {days(highest['date_first'], highest['date_last'])}."
    )


def levels_plain(n_phases: int) -> str:
    """The same for the summary in plain words."""
    return (
        "The level of violence did not change for long."
        if n_phases == 1
        else f"The level of violence changed {counted(n_phases - 1, 'time')}."
    )


def sources_answer(found: Mapping[str, Any], publishers: Collection[str]) -> str:
    """Whether a second publisher's counts have the same breaks. `found`: the finding `stable_breaks` (value: dates in both, n: in either)."""
    if len(publishers) < 2:
        return (
            f"No second publisher counts this conflict, so nobody can say whether another source sees the same. Here are events and deaths, both by "
            f"{next(iter(publishers), 'the one there is')}."
        )
    if not found["n"]:
        return "Does another source see the same? Neither has a break."
    both = len(found["value"])
    listed = f": {listed_days(found['value'])}" if both else ""
    apart = " Where they disagree, the date depends on what is counted." if both < found["n"] else ""
    return (
        f"Does another source see the same? {part(both, found['n'], 'break')} found in either source {'recurs' if found['n'] == 1 or both == 1 else 'recur'} in "
        f"both within two weeks, on at least five of the seven possible week grids{listed}.{apart}"
    )


def breaks_title(dates: Collection[Any]) -> str:
    """The changes of level in a line, as the README lists them."""
    if not len(dates):
        return "The violence kept one level: no lasting change was found."
    return f"The violence changed level {counted(len(dates), 'time')}: {listed_days(dates)}."


def recurring_sentence(found: Mapping[str, Any], has_second: bool) -> str:
    """How many breaks both sources have, in a sentence. `found`: the finding `stable_breaks`."""
    if not has_second:
        return "No second source counts this conflict."
    if not found["n"]:
        return "A second source has none either."
    both = len(found["value"])
    return (
        f"{part(both, found['n'], 'break')} found in either of two sources {'recurs' if found['n'] == 1 or both == 1 else 'recur'} in both."
    )


def cutting_answer(dates: Collection[Any], *, criterion: str, what: str) -> str:
    """How the weekly counts were cut, and where. `criterion`: LWZ or BIC."""
    where = f": {listed_days(dates)}" if len(dates) else ""
    return (
        f"Weekly counts ({what}) were cut where their level changes; {criterion_words(criterion)} decided how many cuts there are. "
        f"It finds {counted(len(dates), 'break')}{where}."
    )


def levels_doubt(breaks: pd.DataFrame, *, criterion: str) -> str:
    """How sure the first finding is: the date ranges of the breaks, or which rule found none."""
    if breaks.empty:
        return f"by {criterion_words(criterion)}"
    weeks = weeks_between(breaks)
    return f"each change dated to within {weeks} {'week' if weeks == '1' else 'weeks'}"


def weeks_between(breaks: pd.DataFrame) -> str:
    """The shortest and longest date range of the breaks, in weeks: 2 to 5."""
    weeks = (breaks["range_last"] - breaks["range_first"]).dt.days // 7 + 1
    return "no" if weeks.empty else f"{weeks.min()}" if weeks.min() == weeks.max() else f"{weeks.min()} to {weeks.max()}"


def step(phase: Mapping[str, Any]) -> str:
    """The ratio to the phase before with its interval, or blank for the first."""
    if pd.isna(phase["ratio"]):
        return ""
    return f"{number(phase['ratio'])} ({number(phase['ratio_low'])} to {number(phase['ratio_high'])})"


def range_of(phase: Mapping[str, Any]) -> str:
    """The weeks between which a phase began, or blank for the first."""
    return "" if pd.isna(phase["range_first"]) else days(phase["range_first"], phase["range_last"])


def displaced(table: pd.DataFrame, displacement: pd.DataFrame, *, most: int = 3) -> list[str]:
    """For each phase the largest displacement figures whose period lies within it, as stated, never added up: sources count persons,
    movements or those still away, over periods that overlap. `table`: date_first, date_last; `displacement`: coded rows."""
    said = []
    for phase in table.to_dict("records"):
        inside = displacement[(displacement["date_first"] >= phase["date_first"]) & (displacement["date_last"] <= phase["date_last"])]
        top = inside.sort_values(["value", "date_first"], ascending=[False, True]).head(most).sort_values("date_first")
        said.append(
            "; ".join(
                f"{number(float(row['value']))} ({row['source']}, {row['measure'].replace('_', ' ')}, {days(row['date_first'], row['date_last'])})"
                for row in top.to_dict("records")
            )
        )
    return said
