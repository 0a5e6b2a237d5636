"""The titles of the figures on talks and truces: each states a finding, under its conditions."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation import timing
from escalation.findings import (
    by_chance,
    counted,
    day,
    days,
    interval,
    is_known,
    number,
    p_value,
    part,
    percent,
    window,
)


def times_changed(breaks: pd.DataFrame) -> str:
    """How often the level changed, for a title: five times, four to five times, up to two times. `breaks`:
    is_possible."""
    n, held = len(breaks), int((~breaks["is_possible"].astype(bool)).sum())
    times = "once" if n == 1 else counted(n, "time")
    if held == n:
        return times
    return f"{counted(held, 'to', 'to')} {times}" if held else f"at most {times}"


def phases_title(table: pd.DataFrame, breaks: pd.DataFrame) -> str:
    """How often the level changed, and the phase above all others. `table`: date_first, date_last, per_day, one
    row more than `breaks` (is_possible)."""
    if breaks.empty:
        return "No lasting change of level was found in the weekly counts"
    said = f"The violence changed level {times_changed(breaks)}"
    top = table[table["per_day"] == table["per_day"].max()]
    if len(top) > 1:
        return said
    row = top.iloc[0]
    return f"{said}; the level was highest from {days(row['date_first'], row['date_last'])}"


def map_title(place: str, killed: float, n: float) -> str:
    """The deadliest cell of the map. `place`: its nearest settlement; `killed` in it, of `n`."""
    if not n:
        return "Nobody is recorded as killed in these events"
    said = f"More people were killed near {place} than in any other square of the map"
    return f"{said}: {number(killed)} of the {number(n)} recorded"


def areas_title(totals: Mapping[str, float], what: str) -> str:
    """Which part of the area holds most and least. `totals`: counts by part; `what` they count."""
    n = sum(totals.values())
    if not n:
        return f"No {what.lower()} were recorded in any part of the area"
    most, least = max(totals, key=lambda name: totals[name]), min(totals, key=lambda name: totals[name])
    if len(totals) == 1:
        return f"{number(n)} {what.lower()} in {most}, which is told as one part"
    said = f"{percent(totals[most] / n)} of the {what.lower()} were recorded in {most}"
    return f"{said}, {percent(totals[least] / n)} in {least}" if totals[least] < totals[most] else said


def toll_title(flows: pd.DataFrame, deaths: pd.DataFrame) -> str:
    """The month with most displacement, and the largest count of civilians killed. `flows`: month, high, source;
    `deaths`: date_first, date_last, civilians_killed, source."""
    said = []
    if len(flows):
        top = flows.iloc[int(flows["high"].argmax())]
        said.append(
            f"Most displacement in {top['month']:%B %Y}: {number(float(top['high']))} {'movement' if top['high'] == 1 else 'movements'}"
        )
    if len(deaths):
        most = deaths.iloc[int(deaths["civilians_killed"].argmax())]
        n = float(most["civilians_killed"])
        who = f"{number(n)} {'civilian' if n == 1 else 'civilians'} counted as killed"
        said.append(f"{who} from {days(most['date_first'], most['date_last'])}")
    return "; ".join(said) or "No tally of displacement or of civilians killed"


def counted_title(months: pd.DataFrame, until: str) -> str:
    """The share of civilians where it is known. `months`: civilians, others, unknown; `until`: the last day with a
    split."""
    civilians, known = months["civilians"].sum(), months[["civilians", "others"]].sum().sum()
    if not known:
        return "These counts do not tell how many of the dead were civilians"
    # of the others some are of unknown status: the share is of civilians known
    said = f"{percent(civilians / known)} of the killed are known to have been civilians"
    return f"{said}, where these are told apart (until {day(until)})"


def talks_title(verdict: str, ratio: Mapping[str, Any], *, of: str = "talks") -> str:
    """The finding on talks, or on truces (`of`), in a line, the verdict first. `ratio`: the finding of that name
    (value, low, high, window_days, what)."""
    length = window(ratio["window_days"])
    if verdict == "no_events":
        return (
            f"No {ratio['what'].lower()} were recorded in the {length} before or after {of}, so there is"
            " nothing to compare"
        )
    if not is_known(ratio["value"]):
        return f"No episode of {of} has full windows on both sides"
    if verdict == "too_few":  # a ratio of a few counts is anything
        return f"Too few episodes of {of} to judge"
    size = f"{number(ratio['value'])} times the {length} before"
    if is_known(ratio.get("low"), ratio.get("high")):
        size = f"{size} ({interval(ratio)})"
    return {
        "no_detectable_change": f"No detectable change after {of}: {size}",
        "unclear": f"Unclear whether violence changed after {of}: {size}",
        "higher": f"After {of}, more violence than on other dates: {size}",
        "lower": f"After {of}, less violence than on other dates: {size}",
    }[verdict]


def rising_title(ratio: Mapping[str, Any], rising: Mapping[str, Any]) -> str:
    """How many episodes rose, beside other dates. `ratio`, `rising`: the findings (n_rising, n, what; expected)."""
    if not ratio["n"]:
        return "No episode of talks has full windows on both sides"
    said = f"After {part(ratio['n_rising'], ratio['n'], 'episode')} there were more {ratio['what'].lower()} than before"
    return (
        f"{said}; other dates give {number(rising['expected'], 1)}" if is_known(rising["expected"]) else said
    )


def placebo_title(p: float | None, n_shifts: int) -> str:
    """Whether the real calendar stands out, by p alone, .05 being the bound of the verdict."""
    if p is None or not is_known(p):
        return f"Among {number(n_shifts)} shifted calendars: no p-value, as no episode counts"
    if p < timing.SURE:
        return f"Among {number(n_shifts)} shifted calendars the real one stands out (exact p = {p_value(p)})"
    return f"The real calendar among {number(n_shifts)} shifted ones: exact p = {p_value(p)}"


def coincidence_title(found: Mapping[str, Any], *, what: str = "recorded violence") -> str:
    """How many meetings `what` followed on the next day. `found`: value, n, expected, low, high, p."""
    k, n = int(found["value"]), int(found["n"])
    if not n:
        return "No meeting with a day after it in the window"
    said = f"{part(k, n, 'meeting')} {'was' if 1 in (k, n) else 'were'} followed by {what} the next day"
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
    if found["n"] < timing.FEWEST:
        return "Too few truces to judge how long they hold"
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
        if not known:
            return "not known"
        low, high = number(min(known)), number(max(known))
        return low if low == high else f"{low} to {high}"

    dated = list(dated)
    by_dating = f" by dating: {ends(dated)};" if dated else ""
    return (
        f"Ratios by what is counted: {ends(by_count)};{by_dating} by estimate of the dead: {ends(estimated)}"
    )


def step_title(step: Mapping[str, Any]) -> str:
    """The title of the figure of the step. `step`: value, p, n, date."""
    when = day(step["date"])
    if not is_known(step["value"], step["p"]):
        return f"The step at {when} is not known: nothing was recorded in the {step['span_days']} days on one side of it"
    base = f"At {when} the level went to {number(step['value'])} times"
    if step["p"] <= 1.5 / (step["n"] + 1):
        return f"{base}: the step furthest from 1 of {step['n'] + 1} dates tried"
    return f"{base} (p = {p_value(step['p'])} among {step['n']} other dates)"
