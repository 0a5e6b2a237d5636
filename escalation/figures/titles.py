"""The titles of the figures on talks and truces: each states a finding, under its conditions."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation import timing
from escalation.findings import by_chance, counted, day, is_known, number, p_value, part, window

WEEK = 7  # the smallest recovery: the mean is over seven days


def talks_title(verdict: str, ratio: Mapping[str, Any]) -> str:
    """The finding on talks in a line. `ratio`: the finding of that name (value, window_days, what)."""
    length = window(ratio["window_days"])
    if verdict == "no_events":
        return (
            f"No {ratio['what'].lower()} were recorded in the {length} before or after talks, so there is"
            " nothing to compare"
        )
    if not is_known(ratio["value"]):
        return "No episode of talks has full windows on both sides"
    base = f"In the {length} after talks, recorded violence was {number(ratio['value'])} times that before"
    return {
        "no_detectable_change": f"{base}: no detectable average change",
        "unclear": f"{base}: unclear, as not all tests see a change",
        "higher": f"{base}: higher than on other dates",
        "lower": f"{base}: lower than on other dates",
        "too_few": f"{base}; too few episodes to judge",
    }[verdict]


def rising_title(ratio: Mapping[str, Any], rising: Mapping[str, Any]) -> str:
    """How many episodes rose, beside other dates. `ratio`, `rising`: the findings (n_rising, n; expected)."""
    if not ratio["n"]:
        return "No episode of talks has full windows on both sides"
    said = f"After {part(ratio['n_rising'], ratio['n'], 'episode')} recorded violence was higher than before"
    return (
        f"{said}; other dates give {number(rising['expected'], 1)}" if is_known(rising["expected"]) else said
    )


def placebo_title(p: float | None, n_shifts: int) -> str:
    """Whether the real calendar stands out, by p alone, .05 being the bound of the verdict."""
    if p is None or not is_known(p):
        return f"Among {n_shifts} shifted calendars: no p-value, as no episode counts"
    if p < timing.SURE:
        return f"Among {n_shifts} shifted calendars the real one stands out (exact p = {p_value(p)})"
    return f"The real calendar among {n_shifts} shifted ones: exact p = {p_value(p)}"


def coincidence_title(found: Mapping[str, Any]) -> str:
    """How many meetings a day with recorded violence followed. `found`: value, n, expected, low, high, p."""
    k, n = int(found["value"]), int(found["n"])
    if not n:
        return "No meeting with a day after it in the window"
    said = f"{part(k, n, 'meeting')} {'was' if n == 1 else 'were'} followed by recorded violence the next day"
    if not is_known(found["expected"]):
        return said
    if found["p"] < timing.SURE:
        side = "more" if k > found["expected"] else "fewer"
        usual = number(found["expected"], 1)
        return f"{said}, {side} than the {usual} of other dates (p = {p_value(found['p'])})"
    return f"{said}; other dates give {by_chance(found)}"


def truces_title(found: Mapping[str, Any]) -> str:
    """How many truces saw a quick return, beside other dates. `found`: value, n, expected."""
    if not found["n"] or not is_known(found["expected"]):
        return "No truce in the window had an earlier level to regain"
    back = (
        f"After {part(found['value'], found['n'], 'truce')} half the earlier level was back in two weeks, or"
        " had never left"
    )
    return f"{back}; other dates give {number(found['expected'], 1)}"


def reach_title(down: float | None, up: float | None) -> str:
    """The title of the figure of power: the sizes usually seen, or that there are none."""
    ends = [f"a fall to {number(down)}"] if is_known(down) else []
    ends += [f"a rise to {number(up)}"] if is_known(up) else []
    if not ends:
        return "No change of the sizes tried would usually have been seen"
    return f"Only {' or '.join(ends)} times would usually have been seen"


def doubt_title(by_count: Iterable[float], dated: Iterable[float], estimated: Iterable[float]) -> str:
    """The title of the figure of doubt in the data: how far each choice moves the ratio. `by_count`: ratios
    by what is counted; the others: ratios by dating of inexact events and by estimate of the dead."""

    def ends(values: Iterable[float]) -> str:
        known = [value for value in values if not math.isnan(value)]
        return f"{number(min(known))} to {number(max(known))}" if known else "not known"

    return (
        f"Ratios by what is counted: {ends(by_count)}; by dating: {ends(dated)}; by estimate of the dead:"
        f" {ends(estimated)}"
    )


def survival_title(median: Any) -> str:
    """After how long half of the level was back. `median`: days, low, high, n (see `timing.Median`)."""
    if not median.n:
        return "No truce had a level to regain"
    if pd.isna(median.days):
        return f"Fewer than half of the {counted(median.n, 'truce')} saw half the earlier level again"
    low = _recovery(median.low)
    ends = f"from {low}, no upper limit" if pd.isna(median.high) else f"{low} to {_recovery(median.high)}"
    truces = counted(median.n, "truce")
    return (
        f"In the median of {truces} half the earlier level was back after {_recovery(median.days)} ({ends});"
        " never left counts as a week"
    )


def _recovery(days: Any) -> str:
    """Days until a share of the level was back: seven, the smallest value, means within a week or that it
    never fell so far."""
    if pd.isna(days):
        return "not known"
    return "a week or less" if days <= WEEK else f"{number(float(days))} days"


def step_title(step: Mapping[str, Any]) -> str:
    """The title of the figure of the step. `step`: value, p, n, date."""
    when = day(step["date"])
    if not is_known(step["value"], step["p"]):
        return f"The step at {when} is not known: on one side of it no event was recorded"
    base = f"At {when} the level went to {number(step['value'])} times"
    if step["p"] <= 1.5 / (step["n"] + 1):
        return f"{base}: the step furthest from 1 of {step['n'] + 1} dates tried"
    return f"{base} (p = {p_value(step['p'])} among {step['n']} other dates)"
