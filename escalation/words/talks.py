"""The second question: whether strikes moved with the talks."""

from collections.abc import Iterable, Mapping
from typing import Any

from escalation.findings import counted, number, percent


def talks_title(verdict: str, ratio: float, window_days: int) -> str:
    """The title of the talks figures: the finding in a line."""
    base = f"In the {counted(window_days, 'day')} after talks, recorded violence was {number(ratio)} times that before"
    return {
        "no_detectable_change": f"{base}: no detectable average change",
        "unclear": f"{base}: the tests do not agree on what that means",
        "higher": f"{base}: higher than on other dates",
        "lower": f"{base}: lower than on other dates",
        "too_few": f"{base}; too few episodes to judge",
    }[verdict]


def talks_answer(verdict: str, found: dict[str, Any]) -> str:
    """The answer to the second question in a paragraph. `found`: ratio, low, high, band_low, band_high, p, n_episodes, n_rising, n_shifts,
    window_days, what, adjusted_ratio, adjusted_p, detectable_up, detectable_down (the last two may be missing)."""
    window = counted(found["window_days"], "day")
    opening = (
        f"Across {counted(found['n_episodes'], 'episode')} of talks, {found['what'].lower()} in the {window} after were {number(found['ratio'])} times "
        f"those in the {window} before (90 % interval {number(found['low'])} to {number(found['high'])}); {found['n_rising']} episodes rose. "
        f"Moving the whole calendar to the {found['n_shifts']} other dates gives ratios between {number(found['band_low'])} and "
        f"{number(found['band_high'])} nine times in ten"
    )
    adjusted = (
        f" Compared with similar days without talks the ratio is {number(found['adjusted_ratio'])}."
        if found.get("adjusted_ratio") is not None
        else ""
    )
    reach = (
        f" With this calendar and these counts the design would usually miss a rise of less than {percent(found['detectable_up'] - 1)} or a fall of "
        f"less than {percent(1 - found['detectable_down'])}."
        if found.get("detectable_up") and found.get("detectable_down")
        else ""
    )
    thousand = f"{1000 * found['p']:.0f} in 1,000"
    return {
        "no_detectable_change": f"{opening}, so the meetings do not stand out.{adjusted}{reach} No detectable change is not the same as no change.",
        "unclear": f"{opening}. The tests do not agree (p = {number(found['p'])}), so the numbers decide nothing.{adjusted}{reach}",
        "higher": f"{opening}; {thousand} give a ratio this far from 1. Meetings are often called when fighting has surged.{adjusted}{reach}",
        "lower": f"{opening}; {thousand} give a ratio this far from 1. Meetings are often called when fighting has surged, and surges end."
        f"{adjusted}{reach}",
        "too_few": f"{opening}. With so few episodes no test is made.",
    }[verdict]


def coincidence_title(k: float, n: float, low: float, high: float, base_rate_pct: float) -> str:
    """The title of the next-day figure."""
    inside = (
        "as many as on any other dates" if low <= k <= high else ("more than on other dates" if k > high else "fewer than on other dates")
    )
    return f"{k:.0f} of {n:.0f} meetings were followed by recorded violence the next day, {inside}"


def placebo_title(p: float, n_shifts: int) -> str:
    """The title of the figure of shifted calendars: by p alone, .05 and .10 being the bounds of the verdict."""
    stands = "stands out" if p < 0.05 else "stands at the edge" if p < 0.10 else "does not stand out"
    return f"Among {n_shifts} shifted calendars the real one {stands} (exact p = {number(p)})"


def sureness(verdict: str) -> str:
    """The verdict in two or three words."""
    return {
        "no_detectable_change": "no detectable change",
        "unclear": "unclear",
        "higher": "higher than on other dates",
        "lower": "lower than on other dates",
        "too_few": "too few to judge",
    }[verdict]


def short_answer(verdict: str, ratio: Mapping[str, Any], placebo: Mapping[str, Any]) -> str:
    """The second question's answer in a sentence or two, with links to its figures. `ratio`, `placebo`: the findings of those names."""
    size = f"{number(ratio['value'])} times the days before ({number(ratio['low'])} to {number(ratio['high'])})"
    base = (
        f"In the {counted(ratio['window_days'], 'day')} after talks there were [{size}](figure:peri_event) as many {ratio['what'].lower()}"
    )
    by_chance = (
        f"[the same calendar on other dates](figure:placebo) gives {number(placebo['low'])} to {number(placebo['high'])} nine times in ten"
    )
    return {
        "no_detectable_change": f"Not measurably. {base}; {by_chance}.",
        "unclear": f"Not clearly. {base}; {by_chance}, and the tests do not agree on whether that is a change.",
        "higher": f"There was more violence after talks than on other dates. {base}; {by_chance}.",
        "lower": f"There was less violence after talks than on other dates. {base}; {by_chance}.",
        "too_few": f"There are too few episodes to say. {base}.",
    }[verdict]


def plain_answer(verdict: str, ratio: Mapping[str, Any]) -> str:
    """The same for the summary in plain words."""
    return {
        "no_detectable_change": "After talks, violence was on average neither clearly higher nor clearly lower than before.",
        "unclear": f"After talks, violence was more often lower than higher than before ({ratio['n_rising']} of {ratio['n']} times it rose), but that "
        "may be chance.",
        "higher": "After talks, violence was on average higher than before, more than chance would explain.",
        "lower": "After talks, violence was on average lower than before, more than chance would explain.",
        "too_few": "There were too few talks to say what followed them.",
    }[verdict]


def facts_of(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `talks_answer` needs, out of the findings of the timing notebook."""
    ratio, placebo, adjusted, reach = found["ratio"], found["placebo"], found["adjusted"], found.get("detectable")
    return {
        **{name: ratio[name] for name in ("low", "high", "n_rising", "window_days", "what")},
        "ratio": ratio["value"],
        "n_episodes": ratio["n"],
        "p": placebo["value"],
        "band_low": placebo["low"],
        "band_high": placebo["high"],
        "n_shifts": placebo["n"],
        "adjusted_ratio": adjusted["value"],
        "adjusted_p": adjusted["p"],
        "detectable_up": reach["up"] if reach else None,
        "detectable_down": reach["down"] if reach else None,
    }


def fragility(fragile: Mapping[str, Any], verdict: str, left_out: Mapping[str, Any]) -> str:
    """Whether the conclusion hangs on one episode. `fragile`: how many omissions change the verdict, of n, with the range of p."""
    spread = f"Leaving each out in turn gives ratios from {number(left_out['low'])} to {number(left_out['high'])} and p from {number(fragile['low'])} to {number(fragile['high'])}."
    if fragile["value"] == 0:
        return f"{spread} The conclusion ({sureness(verdict)}) stays the same without any one of them."
    others = ", ".join(f"{sureness(name)} {count} times" for name, count in fragile["verdicts"].items() if name != verdict)
    return f"{spread} The conclusion ({sureness(verdict)}) hangs on single episodes: without one of them it would change in {fragile['value']} of {fragile['n']} cases ({others})."


def plain_base_rate(phases: Iterable[Mapping[str, Any]]) -> str:
    """Why a day's gap says little, in plain words, where the most violent phase had recorded violence on nearly every day."""
    highest = max((float(row["base_rate_pct"]) for row in phases if row["phase"]), default=0.0)
    if highest >= 90:
        return f"In the worst months {percent(highest / 100)} of days were followed by a day with recorded violence, so violence came a day after almost anything."
    return f"Even in the worst months only {percent(highest / 100)} of days were followed by a day with recorded violence."


def joint_answer(joint: Mapping[str, Any]) -> str:
    """What all specifications say together. `joint`: the finding `specifications`."""
    value = joint["value"]
    seen = value["p_median"] < 0.05
    most = value["p_maximum"] < 0.05
    together = {
        (True, True): "more, and more strongly, than shifted calendars do",
        (True, False): "more than shifted calendars do taken together, though none of them stands out when all are allowed for",
        (False, True): "no more than shifted calendars do taken together, though the strongest stands out",
        (False, False): "no more than shifted calendars do",
    }[seen, most]
    return (
        f"Of {joint['n']} defensible specifications {joint['below_one']} show less violence after talks than before, {together} "
        f"(joint p of the median {number(value['p_median'])}, of the largest {number(value['p_maximum'])}). No such test removes the tendency of talks "
        "to be called in a surge, which ends by itself."
    )


def stratum_of(strata: Iterable[Mapping[str, Any]], name: str) -> str:
    """One set of talks in a clause: 0.98 (0.70 to 1.37) over 11 episodes, against similar days 1.02."""
    row = next(row for row in strata if row["stratum"] == name)
    if not row["n_episodes"]:
        return "nothing, as there are none"
    said = f"{number(row['ratio'])} ({number(row['low'])} to {number(row['high'])}) over {counted(int(row['n_episodes']), 'episode')}"
    return said + (f", {number(row['adjusted_ratio'])} against similar days" if row.get("adjusted_ratio") is not None else "")


def agreed_answer(agreed: Mapping[str, Any]) -> str:
    """Whether episodes with a new commitment differ from those without, by the p of their labels drawn anew. `agreed`: the finding `agreed_or_not`."""
    if agreed["value"] is None:
        return "Episodes with a new commitment and without cannot be compared: there are too few of one kind."
    apart = "differ" if agreed["p"] < 0.05 else "cannot be told apart"
    return (
        f"Episodes with a new commitment and without {apart} (ratio of ratios {number(agreed['value'])}, p = {number(agreed['p'])}, "
        f"{agreed['n_agreed']} against {agreed['n_not']} episodes)."
    )


def tipping_answer(tipping: Mapping[str, Any]) -> str:
    """How much recording would have to change to make the ratio by itself. `tipping`: the value of that finding."""
    size = tipping["for_point"]
    return f"If recording became {'less' if size < 1 else 'more'} complete after talks, by {number(size)} times, that alone would make the ratio."
