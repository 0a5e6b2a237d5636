"""The second question: whether strikes moved with the talks."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from escalation import timing
from escalation.findings import counted, number, p_value, part, percent
from escalation.words.labels import interval, is_known

TESTS = {"shifts": "the shifted calendars", "t": "the t-test over episodes", "matched": "the comparison with similar days"}


def window_words(window_days: int) -> str:
    """The days of a window, after "the": day, or seven days.

    >>> window_words(1), window_words(7), window_words(30)
    ('day', 'seven days', '30 days')
    """
    return "day" if window_days == 1 else counted(window_days, "day")


def side_of(ratio: float) -> str:
    """On which side of 1 a ratio lies as it is printed: higher, lower, or as high."""
    return "as high" if number(ratio) in ("1", "1.00") else "higher" if ratio > 1 else "lower"


def tests_apart(found: Mapping[str, Any]) -> str:
    """Which tests see a change and which do not, each with its p; the clause of the verdict `unclear`. `found`: as for `talks_answer`."""
    tried = timing.tests(
        p=found["p"], t_p=found["t_p"], ratio=found["ratio"], adjusted_p=found.get("adjusted_p"), adjusted_ratio=found.get("adjusted_ratio")
    )

    if len({test.sees for test in tried}) == 1 and (not tried[0].sees or len({test.ratio > 1 for test in tried}) == 1):
        return f"{'every' if tried[0].sees else 'no'} test sees a change"
    if all(test.sees for test in tried):
        sides = ", ".join(f"{TESTS[test.name]} {'a rise' if test.ratio > 1 else 'a fall'} (p = {p_value(test.p)})" for test in tried)
        return f"the tests see opposite changes: {sides}"
    seen, not_seen = (
        " and ".join(f"{TESTS[test.name]} (p = {p_value(test.p)})" for test in tried if test.sees is sees) for sees in (True, False)
    )
    return f"a change is seen by {seen}, but not by {not_seen}"


def nothing_recorded(found: Mapping[str, Any]) -> str:
    """What stands instead of a ratio where neither side of any episode held an event."""
    window = window_words(found["window_days"])
    return f"No {found['what'].lower()} were recorded in the {window} before or after talks, so there is nothing to compare"


def talks_title(verdict: str, found: Mapping[str, Any]) -> str:
    """The title of the talks figures: the finding in a line. `found`: as for `talks_answer`."""
    if verdict == "no_events":
        return nothing_recorded(found)
    if not is_known(found["ratio"]):
        return "No episode of talks has full windows on both sides"
    base = f"In the {window_words(found['window_days'])} after talks, recorded violence was {number(found['ratio'])} times that before"
    return {
        "no_detectable_change": f"{base}: no detectable average change",
        "unclear": f"{base}: unclear, as not all tests see a change",
        "higher": f"{base}: higher than on other dates",
        "lower": f"{base}: lower than on other dates",
        "too_few": f"{base}; too few episodes to judge",
    }[verdict]


def talks_answer(verdict: str, found: Mapping[str, Any]) -> str:
    """The answer to the second question in a paragraph. `found`: ratio, low, high, band_low, band_high, p, t_p, n_episodes, n_rising,
    rising (by chance: expected, low, high), n_shifts, window_days, what, adjusted_ratio, adjusted_p, detectable_up, detectable_down
    (the last two may be missing)."""
    if verdict == "no_events":
        return f"{nothing_recorded(found)}."
    if not is_known(found["ratio"]):
        return "No episode of talks has full windows on both sides, so there is nothing to compare."
    window = window_words(found["window_days"])
    opening = (
        f"Across {counted(found['n_episodes'], 'episode')} of talks, {found['what'].lower()} in the {window} after were {number(found['ratio'])} times "
        f"those in the {window} before ({interval(found['low'], found['high'])}). {rising_sentence(found)}"
    )
    others = (
        f" Moving the whole calendar to the {found['n_shifts']} other dates gives ratios between {number(found['band_low'])} and "
        f"{number(found['band_high'])} nine times in ten (p = {p_value(found['p'])})"
        if is_known(found["p"], found["band_low"], found["band_high"])
        else ""
    )
    adjusted = (
        f" Compared with similar days without talks the ratio is {number(found['adjusted_ratio'])}."
        if is_known(found.get("adjusted_ratio"))
        else ""
    )
    apart = f" This is unclear: {tests_apart(found)}." if verdict == "unclear" else ""
    reach = f" {reach_sentence(found.get('detectable_down'), found.get('detectable_up'))}".rstrip()
    return {
        "no_detectable_change": f"{opening}{others}: the meetings do not stand out.{adjusted}{reach} No detectable change is not the same as no change.",
        "unclear": f"{opening}{others}.{apart}{adjusted}{reach}",
        "higher": f"{opening}{others}; every test sees a rise.{adjusted}{reach}",
        "lower": f"{opening}{others}; every test sees a fall.{adjusted}{reach}",
        "too_few": f"{opening} With so few episodes no test is made.",
    }[verdict]


def reach_sentence(down: float | None, up: float | None) -> str:
    """Which changes the design would usually miss, with an end that none of the sizes tried reached; blank where neither end is known."""
    if not is_known(down) and not is_known(up):
        return ""
    rise = f"a rise of less than {percent(up - 1)}" if up is not None and is_known(up) else "any rise that was tried"
    fall = f"a fall of less than {percent(1 - down)}" if down is not None and is_known(down) else "any fall that was tried"
    return f"With this calendar and these counts the design would usually miss {rise} or {fall}."


def rising_sentence(found: Mapping[str, Any]) -> str:
    """How many episodes rose, beside what other dates give. `found`: n_rising, n_episodes and rising (expected, low, high)."""
    k, n, chance = found["n_rising"], found["n_episodes"], found["rising"]
    said = f"After {part(k, n, 'episode')} there was more than before"
    return f"{said}; the same calendar on other dates gives {by_chance(chance)}." if is_known(chance["expected"]) else f"{said}."


def by_chance(chance: Mapping[str, Any]) -> str:
    """What other dates give for a count: 18.5 (15 to 22 nine times in ten). `chance`: expected, low, high."""
    return f"{number(chance['expected'], 1)} ({chance['low']:.0f} to {chance['high']:.0f} nine times in ten)"


def against_chance(finding: Mapping[str, Any], *, inside: str, more: str, fewer: str) -> str:
    """One of three wordings, by where a count lies against the 5 and 95 % of the shifted calendars. `finding`: value, low, high."""
    k = finding["value"]
    return more if k > finding["high"] else fewer if k < finding["low"] else inside


def rising_title(found: Mapping[str, Any]) -> str:
    """The title of the figure of episodes. `found`: as for `rising_sentence`."""
    k, n, chance = found["n_rising"], found["n_episodes"], found["rising"]
    if not n:
        return "No episode of talks has full windows on both sides"
    said = f"After {part(k, n, 'episode')} recorded violence was higher than before"
    return f"{said}; other dates give {number(chance['expected'], 1)}" if is_known(chance["expected"]) else said


def next_day_title(finding: Mapping[str, Any]) -> str:
    """The next-day finding in a few words. `finding`: the finding `next_day`."""
    if not finding["n"]:
        return "No meeting, so no day after one."
    return against_chance(
        finding,
        inside="The day after talks is like the day after any date.",
        more="Violence came on the day after talks more often than after nine of ten other dates.",
        fewer="Violence came on the day after talks less often than after nine of ten other dates.",
    )


def coincidence_title(finding: Mapping[str, Any]) -> str:
    """The title of the next-day figure. `finding`: value (k), n, expected, low, high."""
    if not finding["n"]:
        return "No meeting with a day after it in the window"
    verb = "was" if finding["n"] == 1 else "were"
    said = f"{part(int(finding['value']), int(finding['n']), 'meeting')} {verb} followed by recorded violence the next day"
    if not is_known(finding["expected"]):
        return said
    where = against_chance(
        finding,
        inside="about as on other dates",
        more="more than on nine of ten other dates",
        fewer="fewer than on nine of ten other dates",
    )
    return f"{said}, {where} (mean {number(finding['expected'], 1)})"


def next_day_answer(finding: Mapping[str, Any]) -> str:
    """The next-day count beside its base rate, and what a gap of a day can say."""
    if not finding["n"]:
        return "No meeting has a day after it in the window, so there is nothing to count."
    k, n = finding["value"], finding["n"]
    closing = against_chance(
        finding,
        inside="So the gap of a day by itself says little.",
        more="That is more than nine of ten other dates give.",
        fewer="That is fewer than nine of ten other dates give.",
    )
    meetings = "meeting was" if n == 1 else "meetings were"
    return (
        f"{k} of {n} {meetings} followed by recorded violence on the next day. The same calendar on other dates gives {by_chance(finding)}: "
        f"{percent(finding['base_rate_pct'] / 100)} of all days are followed by such a day. {closing}"
    )


def placebo_title(p: float | None, n_shifts: int) -> str:
    """The title of the figure of shifted calendars: by p alone, .05 being the bound of the verdict."""
    if not is_known(p) or p is None:
        return f"Among {n_shifts} shifted calendars: no p-value, as no episode counts"
    return f"Among {n_shifts} shifted calendars the real one {'stands out' if p < timing.SURE else 'does not stand out'} (exact p = {p_value(p)})"


def sureness(verdict: str) -> str:
    """The verdict in two or three words."""
    return {
        "no_detectable_change": "no detectable change",
        "unclear": "unclear",
        "higher": "higher than on other dates",
        "lower": "lower than on other dates",
        "too_few": "too few to judge",
        "no_events": "nothing to compare",
    }[verdict]


def short_answer(verdict: str, found: Mapping[str, Any]) -> str:
    """The second question's answer in a sentence or two, with links to its figures. `found`: as for `talks_answer`."""
    if verdict == "no_events" or not is_known(found["ratio"]):
        return talks_answer(verdict, found)
    window = window_words(found["window_days"])
    size = f"{number(found['ratio'])} times as many {found['what'].lower()} as in the {window} before ({interval(found['low'], found['high'])})"
    base = f"In the {window} after talks there were [{size}](figure:peri_event)"
    others = f"[the same calendar on other dates](figure:placebo) gives {number(found['band_low'])} to {number(found['band_high'])} nine times in ten"
    apart = f" Whether that is a change is unclear: {tests_apart(found)}." if verdict == "unclear" else ""
    return {
        "no_detectable_change": f"Not measurably. {base}; {others}.",
        "unclear": f"Not clearly. {base}; {others}.{apart}",
        "higher": f"There was more violence after talks than on other dates. {base}; {others}.",
        "lower": f"There was less violence after talks than on other dates. {base}; {others}.",
        "too_few": f"There are too few episodes to say. {base}.",
    }[verdict]


def plain_answer(verdict: str, found: Mapping[str, Any]) -> str:
    """The same for the summary in plain words."""
    if verdict == "unclear":
        side = side_of(found["ratio"])
        than = "as high as before" if side == "as high" else f"{side} than before"
        return f"After talks, violence was on average {than}. Some of our tests call that more than chance and some do not, so nothing is decided."
    return {
        "no_detectable_change": "After talks, violence was on average neither clearly higher nor clearly lower than before.",
        "higher": "After talks, violence was on average higher than before, more than chance would explain.",
        "lower": "After talks, violence was on average lower than before, more than chance would explain.",
        "too_few": "There were too few talks to say what followed them.",
        "no_events": "Nothing was recorded in the days around talks, so nothing can be compared.",
    }[verdict]


def facts_of(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `talks_answer` needs, out of the findings of the timing notebook."""
    ratio, placebo, adjusted, reach = found["ratio"], found["placebo"], found["adjusted"], found.get("detectable")
    return {
        **{name: ratio[name] for name in ("low", "high", "n_rising", "window_days", "what")},
        "rising": found["rising"],
        "ratio": ratio["value"],
        "t_p": ratio["p"],
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


def ratio_finding(found: Mapping[str, Any], verdict: str) -> str:
    """The finding on talks: its size, and how many episodes rose beside what other dates give. `found`: as for `talks_answer`."""
    if verdict == "no_events" or not is_known(found["ratio"]):
        return f"**Nothing to compare.** {talks_answer(verdict, found)}"
    return f"**After talks: {number(found['ratio'])} times the {window_words(found['window_days'])} before.** {rising_sentence(found)}"


def ratio_doubt(found: Mapping[str, Any], verdict: str) -> str:
    """How sure that finding is: interval, p and verdict."""
    p = f"p = {p_value(found['p'])} on shifted calendars; " if is_known(found["p"]) and verdict not in ("too_few", "no_events") else ""
    return f"{interval(found['low'], found['high'])}; {p}{sureness(verdict)}"


def fragility(fragile: Mapping[str, Any], verdict: str, left_out: Mapping[str, Any]) -> str:
    """Whether the conclusion hangs on one episode. `fragile`: how many omissions change the verdict, of n, with the range of p."""
    if not is_known(left_out["low"], left_out["high"]):
        return "There are too few episodes to leave one out."
    ps = f" and p from {p_value(fragile['low'])} to {p_value(fragile['high'])}" if is_known(fragile["low"], fragile["high"]) else ""
    spread = f"Leaving each out in turn gives ratios from {number(left_out['low'])} to {number(left_out['high'])}{ps}."
    if fragile["value"] == 0:
        return f"{spread} The conclusion ({sureness(verdict)}) stays the same without any one of them."
    others = ", ".join(f"{sureness(name)} {counted(count, 'time')}" for name, count in fragile["verdicts"].items() if name != verdict)
    return f"{spread} The conclusion ({sureness(verdict)}) hangs on single episodes: without one of them it would change in {part(fragile['value'], fragile['n'], 'case')} ({others})."


def other_ratios(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The ratio by the phases alone, against similar days and by the other statistic, each where it is known. `found`: the findings."""
    alone, adjusted, other = found["phases_alone"], found["adjusted"], found["other_statistic"]
    averaged = (
        "Summed over all episodes instead of averaged"
        if found["ratio"]["statistic"] == "typical"
        else "Averaged over episodes instead of summed"
    )
    said = []
    if is_known(alone["value"]):
        said.append(f"The phases alone, without anything around talks, would give {number(alone['value'])}.")
    if is_known(adjusted["value"]):
        p = f", p = {p_value(adjusted['p'])}" if is_known(adjusted["p"]) else ""
        size = f"{number(adjusted['value'])} ({interval(adjusted['low'], adjusted['high'])}{p})"
        said.append(f"Against the most similar days without talks the ratio is {size}.")
    if is_known(other["value"]):
        said.append(f"{averaged}, it is {number(other['value'])} ({interval(other['low'], other['high'])}).")
    return " ".join(said)


def model_answer(model: Mapping[str, Any]) -> str:
    """The ratio of the count model; blank where it could not be fitted. `model`: the finding of that name."""
    if not is_known(model["value"]):
        return ""
    return f"A count model that allows for the days just before gives {number(model['value'])} ({interval(model['low'], model['high'])})."


def before_answer(before: Mapping[str, Any], window_days: int) -> str:
    """The days before the talks against as many days before those. `before`: the finding of that name."""
    window = window_words(window_days)
    if not is_known(before["value"]):
        return f"The {window} before talks cannot be compared with as many days before: no episode has both in the window."
    shifted = (
        f"; shifted calendars {number(before['band_low'])} to {number(before['band_high'])}, p = {p_value(before['p'])}"
        if is_known(before["p"])
        else ""
    )
    return (
        f"The {window} before talks had {number(before['value'])} times the events of the {window} before that "
        f"({interval(before['low'], before['high'])}{shifted})."
    )


def chance_doubt(finding: Mapping[str, Any]) -> str:
    """How sure a count is: its p on shifted calendars. `finding`: p."""
    return f"p = {p_value(finding['p'])} on shifted calendars" if is_known(finding["p"]) else "nothing to test"


def before_claim(rows: Iterable[Mapping[str, Any]], window_days: int) -> str:
    """Combatants and civilians killed before meetings, against a published claim on them. `rows`: the finding of that name."""
    window = window_words(window_days)
    claim = {row["series"]: row for row in rows}
    said = {}
    for name in ("combatants", "civilians"):
        row = claim[name]
        if not is_known(row["ratio"]):
            return "Here no meeting has both of these spans within the days for which UCDP's split is known, so it can be neither confirmed nor refuted."
        p = f"; p = {p_value(row['p_shift'])} on shifted calendars" if is_known(row["p_shift"]) else ""
        said[name] = f"({interval(row['low'], row['high'])}{p})"
    n = counted(int(claim["civilians"]["n_episodes"]), "episode")
    return (
        f"Here, where UCDP's split is known, the {window} before meetings had {number(claim['combatants']['ratio'])} times the combatants killed in the "
        f"{window} before that {said['combatants']} and {number(claim['civilians']['ratio'])} times the civilians {said['civilians']}, over {n}. "
        "That neither confirms nor refutes it: the area, years and number of meetings differ."
    )


def plain_base_rate(finding: Mapping[str, Any]) -> str:
    """What a day's gap can say, in plain words: the rate after talks beside that after any day. `finding`: the finding `next_day`."""
    if not is_known(finding["base_rate_pct"]):
        return "How often violence was recorded on the day after is not known, as no day has one after it."
    every = f"Of all days {percent(finding['base_rate_pct'] / 100)} were followed by a day with recorded violence"
    if not finding["n"]:
        return f"{every}."
    return f"{every}; of the meetings {finding['value']} of {finding['n']}, {against_chance(finding, inside='about what', more='more than nine of ten', fewer='fewer than nine of ten')} other dates give."


def joint_answer(joint: Mapping[str, Any]) -> str:
    """What all specifications say together. `joint`: the finding `specifications`."""
    value = joint["value"]
    together = "further from 1 than" if value["p_median"] < timing.SURE else "no further from 1 than"
    furthest = "further than" if value["p_maximum"] < timing.SURE else "no further than"
    return (
        f"Of {joint['n']} defensible specifications {joint['below_one']} show less violence after talks than before; shifted calendars give "
        f"{number(joint['below_one_expected'], 0)} ({joint['below_one_low']:.0f} to {joint['below_one_high']:.0f} nine times in ten). Taken together "
        f"their ratios lie {together} those of shifted calendars (joint p = {p_value(value['p_median'])}), and the furthest of them lies {furthest} "
        f"the furthest there (joint p = {p_value(value['p_maximum'])})."
    )


def stratum_of(strata: Iterable[Mapping[str, Any]], name: str) -> str:
    """One set of talks in a clause: 0.98 (0.70 to 1.37) over 11 episodes, against similar days 1.02."""
    row = next((row for row in strata if row["stratum"] == name), {"n_episodes": 0})
    if not row["n_episodes"] or not is_known(row["ratio"]):
        return "nothing, as there are none"
    size = f" ({number(row['low'])} to {number(row['high'])})" if is_known(row["low"], row["high"]) else ""
    said = f"{number(row['ratio'])}{size} over {counted(int(row['n_episodes']), 'episode')}"
    return said + (f", {number(row['adjusted_ratio'])} against similar days" if is_known(row.get("adjusted_ratio")) else "")


def agreed_answer(agreed: Mapping[str, Any]) -> str:
    """Whether episodes with a new commitment differ from those without, by the p of their labels drawn anew; with fewer than five of either
    kind only the size. `agreed`: the finding `agreed_or_not`."""
    if not is_known(agreed["value"]):
        return "Episodes with a new commitment and without cannot be compared: there are too few of one kind."
    sizes = f"{agreed['n_agreed']} against {agreed['n_not']} episodes"
    if min(agreed["n_agreed"], agreed["n_not"]) < timing.FEWEST or not is_known(agreed["p"]):
        return (
            f"Episodes with a new commitment had {number(agreed['value'])} times the ratio of those without ({sizes}: too few for a test)."
        )
    apart = "differ" if agreed["p"] < timing.SURE else "cannot be told apart"
    return f"Episodes with a new commitment and without {apart} (ratio of ratios {number(agreed['value'])}, p = {p_value(agreed['p'])}, {sizes})."


def tipping_answer(tipping: Mapping[str, Any]) -> str:
    """How much recording would have to change to make the ratio by itself. `tipping`: the value of that finding."""
    size = tipping["for_point"]
    if not is_known(size) or side_of(size) == "as high":
        return ""
    return f"If recording after talks were {number(size)} times as complete as before them, that alone would make the ratio."


def reach_title(down: float | None, up: float | None) -> str:
    """The title of the figure of power: the sizes usually seen, or that there are none."""
    ends = [f"a fall to {number(down)}"] if is_known(down) else []
    ends += [f"a rise to {number(up)}"] if is_known(up) else []
    if not ends:
        return "No change of the sizes tried would usually have been seen"
    return f"Only {' or '.join(ends)} times would usually have been seen"


def reach_answer(reach: Mapping[str, Any]) -> str:
    """What the test on shifted calendars would notice. `reach`: the finding `detectable`."""
    share = percent(reach["value"])
    ends = [f"a fall to {number(reach['down'])} times"] if is_known(reach["down"]) else []
    ends += [f"a rise to {number(reach['up'])} times"] if is_known(reach["up"]) else []
    if not ends:
        return f"With this calendar and these counts the test on shifted calendars notices no size of change that was tried in as many as {share} of cases, so finding none would mean nothing."
    return (
        f"With this calendar and these counts the test on shifted calendars notices {' or '.join(ends)} in {share} of cases, and smaller changes less "
        "often: finding none would not mean that there was none."
    )


def unseen_answer(reach: Mapping[str, Any], n: int) -> str:
    """What more episodes would add. `reach`: the finding `detectable`; `n`: episodes that count."""
    if is_known(reach["down"], reach["up"]):
        return f"With {counted(n, 'episode')} the design usually misses changes between {number(reach['down'])} and {number(reach['up'])} times."
    return f"With {counted(n, 'episode')} the design usually misses every change tried."


def doubt_title(by_count: Iterable[float], dated: Iterable[float], estimated: Iterable[float]) -> str:
    """The title of the figure of doubt in the data: how far each choice moves the ratio. `by_count`: ratios by what is counted; the others:
    ratios by dating of inexact events and by estimate of the dead."""

    def ends(values: Iterable[float]) -> str:
        known = [value for value in values if not math.isnan(value)]
        return f"{number(min(known))} to {number(max(known))}" if known else "not known"

    return f"Ratios by what is counted: {ends(by_count)}; by dating: {ends(dated)}; by estimate of the dead: {ends(estimated)}"
