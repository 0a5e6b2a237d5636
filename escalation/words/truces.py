"""What became of the truces."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from escalation.findings import counted, day, number, p_value, part, percent
from escalation.words.labels import is_known, listed_days
from escalation.words.talks import against_chance, by_chance

WEEK = 7  # the smallest value a recovery can take: the mean is over seven days


def truces_held(finding: Mapping[str, Any]) -> str:
    """The truce finding in a few words: the quick returns against those of other dates. `finding`: `truces_back_in_two_weeks`."""
    if not finding["n"] or not is_known(finding["low"], finding["high"]):
        return "No truce with a level to regain."
    return against_chance(
        finding,
        inside="Violence was back within two weeks of truces about as often as on other dates.",
        more="Violence was back within two weeks of truces more often than on nine of ten other dates.",
        fewer="Violence was back within two weeks of truces less often than on nine of ten other dates.",
    )


def truces_measure(next_day: Mapping[str, Any]) -> str:
    """How truces are measured, and why not by their first violation: how often any day is followed by recorded violence."""
    rate = next_day["base_rate_pct"]
    why = f"{percent(rate / 100)} of all days are followed by a day with recorded violence, truce or not. " if is_known(rate) else ""
    return f"{why}So the first violation is not what we measure, but how long it took until recorded violence was back at a share of its earlier level."


def truces_answer(finding: Mapping[str, Any], not_fallen: Mapping[str, Any]) -> str:
    """The count behind it with its base rate, and which truces were followed by no fall at all. `finding`: value (k), n, expected, low, high;
    `not_fallen`: the same for truces after which the first week held no fewer events than the week before, with their `dates`."""
    k, n = finding["value"], finding["n"]
    if not n or not is_known(finding["expected"]):
        return "No truce took effect in the window that had an earlier level to regain."
    said = (
        f"After {part(k, n, 'truce')} recorded violence was back at half its earlier level within two weeks, or had never left it; "
        f"the same calendar on other dates gives {by_chance(finding)}."
    )
    return f"{said} {never_fell(not_fallen)}".rstrip()


def never_fell(finding: Mapping[str, Any]) -> str:
    """After how many truces violence did not fall at first, and which; blank where no truce has both weeks. `finding`: as `not_fallen` above."""
    if not finding["n"] or not is_known(finding["expected"]):
        return ""
    which = f" ({listed_days(finding['dates'])})" if finding["value"] else ""
    return (
        f"After {part(finding['value'], finding['n'], 'truce')}{which} it did not fall at first: the week after held no fewer events than the week "
        f"before; other dates give {by_chance(finding)}."
    )


def truces_title(finding: Mapping[str, Any]) -> str:
    """The title of the truces' figure."""
    if not finding["n"] or not is_known(finding["expected"]):
        return "No truce in the window had an earlier level to regain"
    return f"After {part(finding['value'], finding['n'], 'truce')} half the earlier level was back in two weeks; other dates give {number(finding['expected'], 1)}"


def recovery(days: Any) -> str:
    """Days until a share of the level was back: seven, the smallest value, means within a week or that it never fell so far."""
    if pd.isna(days):
        return "not known"
    return "a week or less" if days <= WEEK else f"{number(float(days))} days"


def median_answer(median: Mapping[str, Any]) -> str:
    """The median of the recoveries as a description. `median`: the finding `median_truce`, blank where the curve does not get there."""
    if not median["n"]:
        return "There is no truce to describe."
    if not is_known(median["value"]):
        return f"Fewer than half of the {counted(median['n'], 'truce')} saw half of the earlier level again."
    low, high = (recovery(median[name]) if is_known(median[name]) else "" for name in ("low", "high"))
    ends = f"{low or 'not known'} to {high}" if high else f"from {low or 'not known'}, and no upper limit"
    week = " A value of a week can also mean that violence never fell so far." if WEEK in (median["value"], median["low"]) else ""
    return f"By the median, half of the earlier level was back after {recovery(median['value'])} (90 % limits: {ends}): with {counted(median['n'], 'truce')}, a description.{week}"


def step_answer(step: Mapping[str, Any]) -> str:
    """What the step at the last truce says, by its rank among placebo dates; never that the truce made it."""
    when = day(step["date"])
    if not is_known(step["value"], step["p"]):
        return f"The step at {when} is not known: on one side of it no event was recorded."
    if step["p"] <= 1.5 / (step["n"] + 1):
        rank = f"a step further from 1 than at any of {step['n']} other dates (p = {p_value(step['p'])}, the smallest that so many dates allow)"
    else:
        rank = f"p = {p_value(step['p'])} among {step['n']} other dates"
    clear = "That the counts changed at the truce is clear; " if step["p"] < 0.05 else "That is no clear change; "
    return f"At {when} the level went to {number(step['value'])} times, {rank}. {clear}that the truce made them change, these data cannot say: other things changed in the same weeks."


def step_title(step: Mapping[str, Any]) -> str:
    """The title of the figure of the step. `step`: value, p, n, date."""
    when = day(step["date"])
    if not is_known(step["value"], step["p"]):
        return f"The step at {when} is not known: on one side of it no event was recorded"
    base = f"At {when} the level went to {number(step['value'])} times"
    if step["p"] <= 1.5 / (step["n"] + 1):
        return f"{base}: the step furthest from 1 of {step['n'] + 1} dates tried"
    return f"{base} (p = {p_value(step['p'])} among {step['n']} other dates)"


def survival_title(median: Any) -> str:
    """The title of the curve of truces. `median`: days, low, high, n (see `timing.Median`)."""
    if not median.n:
        return "No truce had a level to regain"
    if pd.isna(median.days):
        return f"Fewer than half of the {counted(median.n, 'truce')} saw half the earlier level again"
    ends = f"from {recovery(median.low)}, no upper limit" if pd.isna(median.high) else f"{recovery(median.low)} to {recovery(median.high)}"
    return f"In the median of {counted(median.n, 'truce')} half the earlier level was back after {recovery(median.days)} ({ends})"
