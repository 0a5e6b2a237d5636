"""What series, sets of talks and dates are called."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from escalation.findings import number

SERIES = {
    ("ucdp", "events"): "Lethal events",
    ("ucdp", "fatalities"): "People killed",
    ("airwars", "events"): "Incidents of alleged civilian harm",
    ("airwars", "fatalities"): "Civilians alleged killed (minimum)",
}


SHORT = {"events": "events", "fatalities": "deaths"}


PUBLISHER = {"ucdp": "UCDP", "airwars": "Airwars"}


TALKS_SET = {
    "primary": "the main set of meetings",
    "scheduled": "meetings announced at least a week ahead",
    "reactive": "meetings called at shorter notice",
    "agenda": "all meetings with the area on their agenda",
    "new_commitment": "meetings with a new commitment",
    "no_new_commitment": "meetings without a new commitment",
    "astana": "rounds, summits and ministers' meetings of the Astana format",
    "bilateral": "meetings of Russia and Turkey alone",
    "without_moscow_2020": "meetings of the guarantors without 5 March 2020",
    "complete": "the main set by the rule written later, with the meetings found later",
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
    "complete": "primary by the later rule",
}


SERIES_SHORT = {
    "ucdp": "{} events of the war",
    "ucdp_all": "{} events of all kinds",
    "ucdp_deaths": "{} deaths",
    "airwars": "{} incidents",
    "airwars_graded": "{} fair or confirmed",
    "airwars_deaths": "{} civilians killed",
}


def publisher_of(source: str, records: Mapping[str, Mapping[str, Any]]) -> str:
    """Whose counts stand under the name of a source, by its record: UCDP, or ACLED where its export was counted instead."""
    return str(records.get(source, {}).get("name", PUBLISHER[source]))


def series_short(records: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A short label for each series of the specifications, with the publisher's name."""
    return {name: label.format(publisher_of(name.split("_")[0], records)) for name, label in SERIES_SHORT.items()}


def of_series(source: str, measure: str, *, publisher: bool = False, records: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """What a series counts, as a label: "Lethal events", with `publisher` "UCDP events"; by the source records where they say it."""
    record = (records or {}).get(source, {})
    if publisher:
        return f"{publisher_of(source, records or {})} {SHORT[measure]}"
    return str(record.get("counts", {}).get(measure, SERIES[source, measure]))


def counted_plain(source: str, measure: str) -> str:
    """What is counted, in plain words and with its limit; after "We counted". `source`: ucdp or airwars; `measure`: events or fatalities."""
    return {
        ("ucdp", "events"): "events in which somebody was recorded as killed",
        ("ucdp", "fatalities"): "people recorded as killed",
        ("airwars", "events"): "incidents in which Russian strikes were said to have harmed civilians",
        ("airwars", "fatalities"): "civilians who were said to have been killed by Russian strikes",
    }[source, measure]


def counted_limit(source: str, measure: str, *, parties: bool) -> str:
    """What the main series is and is not, as the first limit. `parties`: whether to say where strikes by Russia stand in it."""
    if source == "airwars":
        whom = "civilians alleged killed" if measure == "fatalities" else "incidents of alleged civilian harm"
        return (
            f"**Allegations of harm, not strikes.** The main series counts {whom}, by strikes laid to Russia. A strike that was not said to have harmed "
            "a civilian is not in it, nor is one by others alone."
        )
    first = (
        "**Deaths, not strikes.** The main series counts people recorded as killed."
        if measure == "fatalities"
        else "**Deadly events, not strikes.** The main series counts events in which at least one death was recorded."
    )
    where = ", and strikes by Russia stand there under the Syrian government's side" if parties else ""
    return f"{first} A day without deaths is not a day without bombing{where}."


def departures(freeze: Mapping[str, Any]) -> str:
    """Where this edition leaves the specification that was fixed; blank where nowhere. `freeze`: the finding of that name, with `departs`
    (parameter, value here, value fixed)."""
    if not freeze["departs"]:
        return ""
    said = ", ".join(f"{name.replace('_', ' ')} {here} instead of {fixed}" for name, here, fixed in freeze["departs"])
    return f" This edition departs from it: {said}."


def listed_days(dates: Iterable[Any]) -> str:
    """Days as a sentence lists them, the year said once: 16 February and 27 April 2019 and 7 March 2020.

    >>> listed_days(["2020-01-05", "2020-02-01", "2021-03-07"])
    '5 January and 1 February 2020 and 7 March 2021'
    """
    by_year: dict[int, list[str]] = {}
    for value in dates:
        stamp = pd.Timestamp(value)
        by_year.setdefault(stamp.year, []).append(f"{stamp.day} {stamp:%B}")
    said = [(", ".join(found[:-1]) + " and " if found[1:] else "") + f"{found[-1]} {year}" for year, found in by_year.items()]
    return " and ".join(said) if said else "none"


def is_known(*values: Any) -> bool:
    """Whether every one of these is a value, and none a blank."""
    return not any(value is None or pd.isna(value) for value in values)


def interval(low: float | None, high: float | None) -> str:
    """A 90 % interval as a sentence shows it, or why there is none."""
    if not is_known(low, high):
        return "no interval: that takes two episodes"
    return f"90 % interval {number(low)} to {number(high)}"


def criterion_words(criterion: str) -> str:
    """The rule that decides how many breaks there are, by its parameter."""
    return {"LWZ": "the strict criterion of Liu, Wu and Zidek", "BIC": "the generous criterion of Bayes"}[criterion]
