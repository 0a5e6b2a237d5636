"""The sentences that the numbers allow: chosen by rule from a verdict, never typed beside a result, never with a verb of cause.

The rules were written down before the talks table met the counts; the verdict itself is `escalation.timing.verdict`.
"""

from typing import Any

from escalation.findings import counted, number, percent

SERIES = {
    ("ucdp", "events"): "Lethal events",
    ("ucdp", "fatalities"): "People killed",
    ("airwars", "events"): "Incidents of alleged civilian harm",
    ("airwars", "fatalities"): "Civilians alleged killed (minimum)",
}
PUBLISHER = {"ucdp": "UCDP", "airwars": "Airwars"}
TALKS_SET = {
    "primary": "meetings of the guarantors about the area",
    "scheduled": "meetings announced at least a week ahead",
    "astana": "rounds, summits and ministers' meetings of the Astana format",
    "bilateral": "meetings of Russia and Turkey alone",
    "without_moscow_2020": "meetings of the guarantors without 5 March 2020",
}


def of_series(source: str, measure: str, *, publisher: bool = False) -> str:
    """What a series counts, as a label: "Lethal events", with `publisher` "UCDP lethal events"."""
    label = SERIES[source, measure]
    return f"{PUBLISHER[source]} {label[0].lower()}{label[1:]}" if publisher else label


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
