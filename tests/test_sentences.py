"""Every sentence over a grid of made-up findings: no direction against its number, no word of another parameter, nothing unknown as a number."""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from escalation import timing, words
from escalation.words.talks import reach_sentence

NAN = float("nan")
RATIOS = (0.5, 0.98, 1.0, 1.02, 1.5, NAN)
COUNTS = (0, 1, 2, 20)
PS = (0.01, 0.07, 0.5)
DATES = ["2019-02-16", "2019-04-27", "2020-03-07"]
# Columns and labels, which no finding chooses between.
NO_SENTENCES = {
    "actor_table", "arabic_day", "coder_table", "confidence_of", "displaced", "lags", "of_series", "publisher_of", "range_of", "series_short",
    "signs", "step", "weeks_between", "window_words",
}  # fmt: skip


def counts_of(n: int) -> Iterator[dict[str, Any]]:
    """A count of n at 0, at the expected and at all, beside what other dates give; blank for n = 0."""
    if not n:
        yield {"value": 0, "n": 0, "expected": None, "low": None, "high": None, "p": None, "base_rate_pct": None}
        return
    for k in sorted({0, n // 2, n}):
        for low, high in {(0.0, float(n)), (float(n // 2), float(n // 2))}:
            yield {"value": k, "n": n, "expected": n / 2, "low": low, "high": high, "p": 0.3, "base_rate_pct": 50.0}


def talks_facts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Made-up results of the timing notebook, each with the verdict that its own numbers give."""
    for ratio, n, p, t_p, adjusted, window, events in itertools.product(RATIOS, COUNTS, PS, PS, (None, 0.9, 1.1), (1, 3, 7, 30), (0, 90)):
        known = n > 0 and ratio == ratio
        if not events and known and ratio != 1.0:
            continue  # without an event the ratio is 1
        tested = known and n >= 5
        size = {
            "ratio": ratio if known else None,
            "low": ratio * 0.6 if known and n > 1 else None,
            "high": ratio * 1.6 if known and n > 1 else None,
        }
        found: dict[str, Any] = {
            **size, "p": p if tested else None, "t_p": t_p if n > 1 and known else None, "band_low": 0.8 if tested else None, "band_high": 1.3 if tested else None,
            "adjusted_ratio": adjusted if tested else None, "adjusted_p": p if adjusted and tested else None, "n_episodes": n, "n_rising": n // 2,
            "rising": next(counts_of(n)), "n_shifts": 852, "window_days": window, "what": "Lethal events",
            "detectable_down": 0.6 if tested else None, "detectable_up": None if window == 30 or not tested else 1.7,
        }  # fmt: skip
        blank = {
            name: NAN if value is None else value
            for name, value in found.items()
            if name in ("p", "t_p", "ratio", "adjusted_p", "adjusted_ratio")
        }
        yield timing.verdict(**blank, n=n, n_events=events), found


TALKS = list(talks_facts())


def sentences() -> Iterator[tuple[Callable[..., str], dict[str, Any], str]]:
    """Each sentence with the function that made it and the facts it was made of."""

    def say(
        function: Callable[..., str], facts: dict[str, Any], *values: Any, **named: Any
    ) -> tuple[Callable[..., str], dict[str, Any], str]:
        return function, facts, function(*values, **named)

    for verdict, found in TALKS:
        facts = {**found, "verdict": verdict}
        for function in (words.talks_title, words.talks_answer, words.short_answer, words.plain_answer):
            yield say(function, facts, verdict, found)
        yield say(words.ratio_finding, facts, found, verdict)
        yield say(words.ratio_doubt, facts, found, verdict)
        yield say(words.sureness, facts, verdict)
        yield say(words.rising_title, facts, found)
        if found["n_episodes"]:
            yield say(words.rising_sentence, facts, found)
        if verdict == "unclear":
            yield say(words.tests_apart, facts, found)
        yield say(words.placebo_title, facts, found["p"], 852)
        left_out = {"low": found["low"], "high": found["high"]}
        for changed in (0, 1):
            fragile = {
                "value": changed,
                "n": found["n_episodes"],
                "low": found["p"],
                "high": found["p"],
                "verdicts": {"unclear": changed, verdict: 1},
            }
            yield say(words.fragility, facts, fragile, verdict, left_out)
        before = {"value": found["ratio"], "low": found["low"], "high": found["high"], "p": found["p"], "band_low": 0.8, "band_high": 1.2}
        yield say(words.before_answer, facts, before, found["window_days"])
        killed = {name: before[name] for name in ("low", "high")} | {
            "ratio": found["ratio"],
            "p_shift": found["p"],
            "n_episodes": found["n_episodes"],
        }
        yield say(words.before_claim, facts, [killed | {"series": name} for name in ("combatants", "civilians")], found["window_days"])
        for statistic in ("typical", "pooled"):
            ratios = {"phases_alone": before, "adjusted": before, "other_statistic": before, "ratio": {"statistic": statistic}}
            yield say(words.other_ratios, facts, ratios)
        yield say(words.model_answer, facts, before)
        yield say(words.tipping_answer, facts, {"for_point": found["ratio"]})
        yield say(words.interval, facts, found["low"], found["high"])
        agreed = {"value": found["ratio"], "p": found["p"], "n_agreed": found["n_episodes"], "n_not": 9}
        yield say(words.agreed_answer, facts, agreed)
        row = {"stratum": "primary", "n_episodes": found["n_episodes"], "ratio": found["ratio"], "low": found["low"], "high": found["high"]}
        yield say(words.stratum_of, facts, [row | {"adjusted_ratio": found["adjusted_ratio"]}], "primary")
        reach = {"value": 0.8, "down": found["detectable_down"], "up": found["detectable_up"]}
        yield say(words.reach_answer, facts, reach)
        yield say(words.unseen_answer, facts, reach, found["n_episodes"])
        yield say(words.reach_title, facts, reach["down"], reach["up"])
        yield say(reach_sentence, facts, reach["down"], reach["up"])
        summary = {
            "ratio": {name: found[name] for name in ("low", "high", "n_rising", "window_days", "what")} | {"value": found["ratio"], "p": found["t_p"], "n": found["n_episodes"]},
            "rising": found["rising"], "placebo": {"value": found["p"], "low": found["band_low"], "high": found["band_high"], "n": 852},
            "adjusted": {"value": found["adjusted_ratio"], "p": found["adjusted_p"]}, "verdict": {"value": verdict},
            "breaks": {"n": found["n_episodes"], "series": "ucdp", "measure": "events"}, "truces_back_in_two_weeks": found["rising"],
        }  # fmt: skip
        assert {**found, "detectable_down": None, "detectable_up": None} == words.facts_of(summary)
        yield say(
            words.arabic_summary, facts, summary, place="مكان", parties="", has_documents=False, towns=[], start=DATES[0], end=DATES[2]
        )
    for count in itertools.chain.from_iterable(map(counts_of, COUNTS)):
        facts = {"count": count}
        for function in (
            words.next_day_title,
            words.next_day_answer,
            words.coincidence_title,
            words.plain_base_rate,
            words.truces_held,
            words.truces_title,
            words.truces_measure,
            words.chance_doubt,
        ):
            yield say(function, facts, count)
        held = count | {"dates": DATES[: count["value"]]}
        yield say(words.truces_answer, facts, count, held)
        yield say(words.never_fell, facts, held)
    for days, low, high, n in ((NAN, NAN, NAN, 0), (7.0, 7.0, NAN, 3), (11.0, 7.0, 67.0, 7), (NAN, 20.0, NAN, 7)):
        median = {name: None if value != value else value for name, value in (("value", days), ("low", low), ("high", high))} | {"n": n}
        yield say(words.median_answer, {}, median)
        yield say(words.survival_title, {}, timing.survival.Median(days, low, high, n, n))
    for size, p in ((0.07, 0.0095), (1.4, 0.03), (0.9, 0.5), (None, None)):
        step = {"value": size, "p": p, "n": 104, "date": DATES[2]}
        yield say(words.step_answer, {"step": step}, step)
        yield say(words.step_title, {"step": step}, step)
    for criterion, n in itertools.product(("LWZ", "BIC"), (0, 1, 3)):
        facts, dates = {"criterion": criterion}, DATES[:n]
        breaks = pd.DataFrame({"range_first": pd.to_datetime(dates), "range_last": pd.to_datetime(dates)})
        yield say(words.cutting_answer, facts, dates, criterion=criterion, what="lethal events")
        yield say(words.levels_doubt, facts, breaks, criterion=criterion)
        yield say(words.criterion_words, facts, criterion)
        yield say(words.breaks_title, {}, dates)
        yield say(words.listed_days, {}, dates)
        for both in {0, n}:
            yield say(words.sources_answer, {}, {"value": dates[:both], "n": n}, ["UCDP", "Airwars"])
            yield say(words.recurring_sentence, {}, {"value": dates[:both], "n": n}, True)
            yield say(words.levels_answer, {}, dates, recurring=both, what="lethal events", has_second=True)
        yield say(words.recurring_sentence, {}, {"value": [], "n": n}, False)
        rate = {"value": 4.2, "date_first": DATES[0], "date_last": DATES[2]}
        yield say(words.levels_finding, {}, n + 1, rate, rate, "lethal events")
        yield say(words.levels_plain, {}, n + 1)
    for p_median, p_maximum in itertools.product(PS, PS):
        joint = {
            "value": {"p_median": p_median, "p_maximum": p_maximum},
            "n": 36,
            "below_one": 7,
            "below_one_expected": 18.0,
            "below_one_low": 0.0,
            "below_one_high": 36.0,
        }
        yield say(words.joint_answer, {}, joint)
    yield say(words.doubt_title, {}, [0.5, 0.8], [NAN, 0.7], [NAN])
    for key in words.SERIES:
        yield say(words.counted_plain, {}, *key)
        yield say(words.counted_limit, {}, *key, parties=True)
    for departs in ([], [["window_days", 3, 7]]):
        yield say(words.departures, {}, {"departs": departs})


@pytest.fixture(scope="module")
def said() -> list[tuple[Callable[..., str], dict[str, Any], str]]:
    return list(sentences())


def test_every_sentence_is_tried(said: list[Any]) -> None:
    """Whatever `escalation.words` offers is tried here or listed as no sentence: a new one cannot slip past."""
    offered = {name for name in words.__all__ if inspect.isfunction(getattr(words, name))} - {"facts_of"}
    assert offered - NO_SENTENCES == {function.__name__ for function, _, _ in said} & offered


def test_nothing_unknown_is_said_as_a_number(said: list[Any]) -> None:
    """No "unknown times", nan, inf or None; what is not known is said as that, and never with a unit after it."""
    bad = re.compile(r"\b([Uu]nknown|nan|inf|NaT)\b|\bNone\b(?! of)|not known (times|%|to|nine)|p = not known")
    assert [] == sorted({f"{function.__name__}: {text}" for function, _, text in said if bad.search(text)})


def test_no_word_of_another_parameter(said: list[Any]) -> None:
    """A week is said of windows of seven days alone, and strict of LWZ alone."""
    assert [] == [text for _, facts, text in said if facts.get("window_days", 7) != 7 and re.search(r"\bweek", text)]
    assert [] == [text for _, facts, text in said if facts.get("criterion") == "BIC" and "strict" in text]


def test_no_direction_against_its_number(said: list[Any]) -> None:
    """Higher, more and rise stand by ratios above 1, lower, less and fall by those below; sizes that might be missed and pairs of both aside."""
    up, down = re.compile(r"\b(higher than|more violence|a rise)\b"), re.compile(r"\b(lower than|less violence|a fall)\b")
    about = {words.talks_title, words.talks_answer, words.short_answer, words.plain_answer, words.ratio_doubt, words.sureness}
    wrong = []
    for function, facts, text in said:
        own = re.sub(r"With this calendar.*|neither clearly higher nor clearly lower than before|the tests see opposite.*", "", text)
        if function in about and facts["ratio"] is not None:
            wrong += [text] if (up.search(own) and facts["ratio"] <= 1) or (down.search(own) and facts["ratio"] >= 1) else []
    assert [] == wrong


def test_counts_are_called_more_or_fewer_by_where_they_lie(said: list[Any]) -> None:
    """More than other dates only above the 95 % of shifted calendars, fewer only below the 5 %, and little only between."""
    wrong = []
    for _, facts, text in said:
        count = facts.get("count")
        if count and count["n"]:
            k, low, high = count["value"], count["low"], count["high"]
            place = "more" if k > high else "fewer" if k < low else "inside"
            for pattern, right in (
                (r"\bmore (often )?than", "more"),
                (r"\b(fewer|less often) than", "fewer"),
                (r"\b(says little|about (as|what)|like the day)", "inside"),
            ):
                wrong += [text] if re.search(pattern, text) and place != right else []
    assert [] == wrong


def test_every_count_stands_beside_other_dates(said: list[Any]) -> None:
    """Each "k of n" meetings, episodes or truces says in the same sentence or the next what the same calendar gives on other dates."""
    counted = re.compile(r"\d+ of \d+ (meeting|episode|truce)")
    assert [] == [text for _, _, text in said if counted.search(text) and "other dates" not in text]


def test_no_disagreement_without_a_test_that_sees_a_change() -> None:
    """Over the whole grid: unclear means that one test lies below its level and another does not, or on the other side."""
    for verdict, found in TALKS:
        if verdict == "unclear":
            tried = timing.tests(
                p=found["p"], t_p=found["t_p"], ratio=found["ratio"], adjusted_p=found["adjusted_p"], adjusted_ratio=found["adjusted_ratio"]
            )
            sides = {(test.sees, test.ratio > 1) for test in tried}
            assert any(test.sees for test in tried) and len(sides) > 1
