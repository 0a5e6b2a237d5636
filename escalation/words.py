"""The sentences that the numbers allow: chosen by rule from a verdict, never typed beside a result, never with a verb of cause.

The rules were written down before the talks table met the counts; the verdict itself is `escalation.timing.verdict`.
"""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.findings import counted, day, days, number, percent

SERIES = {
    ("ucdp", "events"): "Lethal events",
    ("ucdp", "fatalities"): "People killed",
    ("airwars", "events"): "Incidents of alleged civilian harm",
    ("airwars", "fatalities"): "Civilians alleged killed (minimum)",
}
SHORT = {"events": "events", "fatalities": "deaths"}
PUBLISHER = {"ucdp": "UCDP", "airwars": "Airwars"}
TALKS_SET = {
    "primary": "meetings of the guarantors about the area",
    "scheduled": "meetings announced at least a week ahead",
    "reactive": "meetings called at shorter notice",
    "agenda": "all meetings with the area on their agenda",
    "new_commitment": "meetings with a new commitment",
    "no_new_commitment": "meetings without a new commitment",
    "astana": "rounds, summits and ministers' meetings of the Astana format",
    "bilateral": "meetings of Russia and Turkey alone",
    "without_moscow_2020": "meetings of the guarantors without 5 March 2020",
}


SET_SHORT = {
    "primary": "primary set",
    "scheduled": "scheduled",
    "reactive": "called at short notice",
    "agenda": "all with the area on the agenda",
    "new_commitment": "with a new commitment",
    "no_new_commitment": "without one",
    "astana": "Astana format",
    "bilateral": "Russia and Turkey alone",
    "without_moscow_2020": "without 5 March 2020",
}
SERIES_SHORT = {
    "ucdp": "UCDP events of the war",
    "ucdp_all": "UCDP events of all kinds",
    "ucdp_deaths": "UCDP deaths",
    "airwars": "Airwars incidents",
    "airwars_graded": "Airwars fair or confirmed",
    "airwars_deaths": "Airwars civilians killed",
}


def of_series(source: str, measure: str, *, publisher: bool = False, records: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """What a series counts, as a label: "Lethal events", with `publisher` "UCDP events"; by the source records where they say it."""
    record = (records or {}).get(source, {})
    if publisher:
        return f"{record.get('name', PUBLISHER[source])} {SHORT[measure]}"
    return str(record.get("counts", {}).get(measure, SERIES[source, measure]))


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


def listed_days(dates: Iterable[Any]) -> str:
    """Days as a sentence lists them, the year said once: 16 February and 27 April 2019 and 7 March 2020."""
    by_year: dict[int, list[str]] = {}
    for value in dates:
        stamp = pd.Timestamp(value)
        by_year.setdefault(stamp.year, []).append(f"{stamp.day} {stamp:%B}")
    said = [(", ".join(found[:-1]) + " and " if found[1:] else "") + f"{found[-1]} {year}" for year, found in by_year.items()]
    return " and ".join(said) if said else "none"


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
    said = f"{number(row['ratio'])} ({number(row['low'])} to {number(row['high'])}) over {counted(int(row['n_episodes']), 'episode')}"
    return said + (f", {number(row['adjusted_ratio'])} against similar days" if row.get("adjusted_ratio") is not None else "")


def signs(claims: pd.DataFrame, checks: pd.DataFrame, *, document: str) -> pd.DataFrame:
    """The reported signs of what was to come in one document: claims of threats, reinforcements, protests against patrols, breaches and
    called-off talks, with the kind of speaker and what the record says. Columns: claim_id, sign, speaker, kind, dates, record."""
    kinds = ("threat", "reinforcement", "strike", "ground_attack", "protest", "talks")
    rows = claims[
        (claims["document_id"] == document)
        & claims["claim_type"].isin(kinds)
        & (claims["date_first"] >= claims["date_first"].max() - pd.Timedelta(days=100))
    ]
    status = (
        checks[checks["claim_id"].notna()].groupby("claim_id")["status"].agg(lambda found: ", ".join(sorted(set(found))).replace("_", " "))
    )
    return pd.DataFrame(
        {
            "claim_id": rows["claim_id"],
            "sign": [
                f"{kind.replace('_', ' ')}: “{textwrap.shorten(quote, 110, placeholder=' …')}”"
                for kind, quote in zip(rows["claim_type"], rows["quote"], strict=True)
            ],
            "speaker": rows["speaker"],
            "kind": rows["speaker_type"].str.replace("_", " "),
            "dates": [days(first, last) for first, last in zip(rows["date_first"], rows["date_last"], strict=True)],
            "record": rows["claim_id"].map(status).fillna("not checked"),
        }
    ).reset_index(drop=True)


def actor_table(actors: Iterable[Mapping[str, Any]], meanings: Mapping[str, str]) -> pd.DataFrame:
    """Coded events by actor, a column a tier. `actors`: tier, actor_group, event_type, n_events."""
    counts = pd.DataFrame(list(actors)).pivot_table(index="actor_group", columns="tier", values="n_events", aggfunc="sum", fill_value=0)
    ordered = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    labels = [meanings.get(name, name) for name in ordered.index]
    ordered.index = pd.Index([label[0].upper() + label[1:] for label in labels])
    return ordered.rename_axis("Actor").reset_index().rename(columns={name: name.capitalize() for name in counts.columns})


def confidence_of(finding: Mapping[str, Any]) -> str:
    """How many coded events rest on several independent origins."""
    grades = finding["value"]
    return f"Of {finding['n']} coded events {grades.get('high', 0)} rest on several independent origins and {grades.get('low', 0)} on one, or on none that is named."


def coder_table(agreed: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Agreement of two codings by field, ready to print."""
    rows = pd.DataFrame(list(agreed))
    return pd.DataFrame(
        {
            "field": rows["field"].str.replace("_", " ").str.replace("nw", "area"),
            "n": rows["n"],
            "agreement": [percent(share) for share in rows["agreement"]],
            "kappa": [number(value) for value in rows["kappa"]],
            "interval": [
                f"{number(low)} to {number(min(high, 1.0))}" for low, high in zip(rows["kappa_low"], rows["kappa_high"], strict=True)
            ],
        }
    )


DUTIES = {"talk_id": "Agreed at", "guarantors": "Who", "duty": "Duty", "due_date": "By", "status": "Kept", "reason": "What the record says"}


ARABIC_MONTHS = (
    "كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيو",
    "تموز/يوليو", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
)  # fmt: skip


def arabic_day(value: Any) -> str:
    """A date in Arabic, month names of the Levant and of Egypt side by side."""
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {ARABIC_MONTHS[stamp.month - 1]} {stamp.year}"


def arabic_summary(found: Mapping[str, Any], *, place: str, towns: Iterable[str], start: Any, end: Any) -> str:
    """The summary in Arabic, its numbers from the findings; not yet reviewed by a translator, which its first line says."""
    ratio, verdict = found["ratio"], found["verdict"]["value"]
    size = f"{number(ratio['value'])} من عددها في المدة نفسها قبلها (مجال الثقة 90٪: من {number(ratio['low'])} إلى {number(ratio['high'])})"
    meaning = {
        "no_detectable_change": "أي أنه لا يظهر تغيّر يمكن تمييزه",
        "unclear": "ولا تتفق الاختبارات على معنى ذلك",
        "higher": "أي أنها كانت أكثر مما تعطيه تواريخ أخرى",
        "lower": "أي أنها كانت أقل مما تعطيه تواريخ أخرى",
        "too_few": "والحالات أقل من أن تسمح بحكم",
    }[verdict]
    return (
        f"*لم يراجع هذا الملخص بعد مترجم ناطق بالعربية.*\n\n"
        f"من {arabic_day(start)} إلى {arabic_day(end)} دارت حرب في {place} ({'، '.join(towns)}). التقت روسيا وتركيا وإيران مراراً للتباحث فيها، "
        "وذكرت تقارير أن الغارات جاءت بعد محادثات فاشلة. عددنا الحوادث المميتة المسجلة يوماً بعد يوم وسألنا هل كان ذلك صحيحاً.\n\n"
        f"تغيّر مستوى العنف {found['breaks']['n']} مرات. في الأيام التي تلت المحادثات (عددها {ratio['window_days']}) بلغت الحوادث {size}، {meaning}.\n\n"
        "لا تقول هذه الأرقام لماذا ضرب أحد، ولا ما كان سيحدث لولا المحادثات، وكثير من الحوادث لم يُسجَّل."
    )


def lags(claims: pd.DataFrame, talks: pd.DataFrame, *, talk_id: str, claim_ids: Iterable[str], recorded: str) -> pd.DataFrame:
    """Days from a round to what claims say of strikes, as intervals: claim_id (blank for the record), first and last (fewest to most days from
    the round's first and last day), words (the claim's own). `recorded`: the day on which the record has the first strike."""
    talk = talks.set_index("talk_id").loc[talk_id]
    rows = claims.set_index("claim_id").loc[list(claim_ids)]
    ends = [(name, row["date_first"], row["date_last"], f"“{row['quote']}”") for name, row in rows.iterrows()]
    ends.append(("", pd.Timestamp(recorded), pd.Timestamp(recorded), "recorded by others"))

    def between(start: Any, first: Any, last: Any) -> str:
        least, most = (first - start).days, (last - start).days
        return str(least) if least == most else f"{least} to {most}"

    return pd.DataFrame(
        [
            {
                "claim_id": name,
                "first": between(talk["date_first"], first, last),
                "last": between(talk["date_last"], first, last),
                "words": said,
            }
            for name, first, last, said in ends
        ]
    )


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


def truces_held(finding: Mapping[str, Any]) -> str:
    """The heading of the truce finding, by the share that lost half their effect within two weeks."""
    share = finding["value"] / finding["n"] if finding["n"] else 0
    return (
        "Most truces faded within two weeks."
        if share > 0.5
        else "Truces faded at different speeds."
        if share > 0
        else "No truce faded within two weeks."
    )


def plain_base_rate(phases: Iterable[Mapping[str, Any]]) -> str:
    """Why a day's gap says little, in plain words, where the most violent phase had recorded violence on nearly every day."""
    highest = max((float(row["base_rate_pct"]) for row in phases if row["phase"]), default=0.0)
    if highest >= 90:
        return f"In the worst months {percent(highest / 100)} of days were followed by a day with recorded violence, so violence came a day after almost anything."
    return f"Even in the worst months only {percent(highest / 100)} of days were followed by a day with recorded violence."


def step_answer(step: Mapping[str, Any]) -> str:
    """What the step at the last truce says, by its rank among placebo dates; never that the truce made it."""
    when, size = day(step["date"]), number(step["value"])
    if step["p"] <= 1.5 / (step["n"] + 1):
        rank = f"a larger step than at any of {step['n']} other dates (p = {number(step['p'])}, the smallest that so many dates allow)"
    else:
        rank = f"p = {number(step['p'])} among {step['n']} other dates"
    clear = "That the counts changed at the truce is clear; " if step["p"] < 0.05 else "That is no clear change; "
    return f"At {when} the level went to {size} times, {rank}. {clear}that the truce made them change, these data cannot say: other things changed in the same weeks."


def fragility(fragile: Mapping[str, Any], verdict: str, left_out: Mapping[str, Any]) -> str:
    """Whether the conclusion hangs on one episode. `fragile`: how many omissions change the verdict, of n, with the range of p."""
    spread = f"Leaving each out in turn gives ratios from {number(left_out['low'])} to {number(left_out['high'])} and p from {number(fragile['low'])} to {number(fragile['high'])}."
    if fragile["value"] == 0:
        return f"{spread} The conclusion ({sureness(verdict)}) stays the same without any one of them."
    others = ", ".join(f"{sureness(name)} {count} times" for name, count in fragile["verdicts"].items() if name != verdict)
    return f"{spread} The conclusion ({sureness(verdict)}) hangs on single episodes: without one of them it would change in {fragile['value']} of {fragile['n']} cases ({others})."
