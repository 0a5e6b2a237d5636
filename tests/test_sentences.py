"""Every `%%say` cell of the report over a grid of made-up findings: no direction against its number, no word
of another parameter, nothing unknown as a number. The titles of figures that state a finding are tried with
them."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jinja2 import nodes

from escalation import cases, findings, schema, timing
from escalation.figures import titles
from escalation.page import markup
from escalation.prose.check import sentences
from escalation.prose.say import ENVIRONMENT, named, names_in, written

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "4_report.ipynb"
CELLS = sentences(NOTEBOOK)
SHARED = [
    cell["id"]
    for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    if "".join(cell["source"]).startswith("%%say sentences")
]
NAN = float("nan")
RATIOS = (0.5, 0.98, 1.0, 1.02, 1.5, NAN)
COUNTS = (0, 1, 2, 20)
PS = (0.01, 0.07, 0.5)
DATES = ["2019-02-16", "2019-04-27", "2020-03-07"]
VERDICTS = ("no_detectable_change", "unclear", "higher", "lower", "too_few", "no_events")
# What a verdict on the talks says, and what the grid of talks leaves alone: calendar weeks of breaks, truces
# and methods.
OF_VERDICT = {
    "verdict_answer", "verdict_paragraph", "verdict_plain", "tests_apart", "nothing_to_compare", "answers 2",
    "findings 2", "talks-answer 1",
    "talks_title",
}  # fmt: skip
OF_CALENDAR = {
    "answers 1", "day-after-text 1", "findings 1", "findings 4", "methods-tests 1", "methods-text 1",
    "phases-told 1", "recurring_sentence", "sources-text 1", "truces-survival 1",
    "truces-text 1", "truces_sentence",
}  # fmt: skip
CAUSE = re.compile(
    r"\b(caused?|causing|because|triggered|led to|resulted|provoked|due to|in response|retaliat\w+)\b", re.I
)

OF_RECOVERY = {"within_days": 14, "share": 0.5, "before_days": 14, "mean_days": 7}

Said = tuple[str, dict[str, Any], str]


def counts_of(n: int) -> Iterator[dict[str, Any]]:
    """A count of n at 0, at the expected and at all, inside nine in ten other dates, outside with p = .07 and
    with p = .03; blank for n = 0."""
    names = ("value", "n", "expected", "low", "high", "p", "base_rate_pct")
    if not n:
        yield dict.fromkeys(names) | {"value": 0, "n": 0}
        return
    near = (n / 2 - 0.1, n / 2 + 0.1)
    for k in sorted({0, n // 2, n}):
        for low, high, p in ((0.0, float(n), 0.3), (*near, 0.07), (*near, 0.03)):
            if p == 0.3 or k != n / 2:
                yield dict(zip(names, (k, n, n / 2, low, high, p, 50.0), strict=True))


def talks_facts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Made-up results of the timing notebook, each with the verdict that its own numbers give."""
    for ratio, n, p, t_p, adjusted, window, events in itertools.product(
        RATIOS, COUNTS, PS, PS, (None, 0.9, 1.1), (1, 3, 7, 30), (0, 90)
    ):
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
            **size, "p": p if tested else None, "t_p": t_p if n > 1 and known else None,
            "band_low": 0.8 if tested else None, "band_high": 1.3 if tested else None,
            "adjusted_ratio": adjusted if tested else None, "adjusted_p": p if adjusted and tested else None,
            "n": n, "n_rising": n // 2,
            "rising": next(counts_of(n)), "window_days": window,
            "down": 0.6 if tested and window != 3 else None,
            "up": None if window == 30 or not tested else 1.7,
        }  # fmt: skip
        numbers = {name: found[name] for name in ("p", "t_p", "ratio", "adjusted_p", "adjusted_ratio")}
        blank = {name: NAN if value is None else value for name, value in numbers.items()}
        verdict = timing.verdict(**blank, n=n, n_events=events)
        yield verdict, {**found, "tests": [test._asdict() for test in timing.tests(**blank)]}


# with few episodes much is blank, whatever the ratio and p: each result once
TALKS = list({str(made): made for made in talks_facts()}.values())


def of_talks(
    verdict: str, found: Mapping[str, Any], *, changed: int = 0, statistic: str = "typical"
) -> dict[str, Any]:
    """The findings on talks that these results would write. `changed`: how many omissions of an episode
    change the verdict."""
    n, p, ends = found["n"], found["p"], {name: found[name] for name in ("low", "high")}
    size = {"value": found["ratio"], **ends, "n": n}
    killed = {"ratio": found["ratio"], **ends, "p_shift": p, "n_episodes": n}
    row = {"ratio": found["ratio"], **ends, "n_episodes": n, "adjusted_ratio": found["adjusted_ratio"]}
    other = "unclear" if verdict != "unclear" else "lower"
    about = {
        "window_days": found["window_days"],
        "what": "Lethal events",
        "noun": "events",
        "statistic": statistic,
        "talks_set": "primary",
    }
    made = {
        "ratio": {**size, **about, "p": found["t_p"], "n_rising": found["n_rising"]},
        "episodes": {"value": n + changed, "n_full": n},
        "rising": found["rising"],
        "placebo": {"value": p, "low": found["band_low"], "high": found["band_high"], "n": 852},
        "adjusted": {
            "value": found["adjusted_ratio"],
            **ends,
            "p": found["adjusted_p"],
            "n_matches": 10,
            "recent_days": 42,
        },
        "verdict": {"value": verdict, "tests": found["tests"]},
        "detectable": {"value": 0.8, "down": found["down"], "up": found["up"]},
        "leave_one_out": {**ends, "n": n},
        "fragile": {
            "value": changed,
            "n": n,
            "low": p,
            "high": p,
            "verdicts": {other: changed, verdict: n - changed},
        },
        "phases_alone": size,
        "other_statistic": size,
        "before": {**size, "p": p, "band_low": 0.8, "band_high": 1.2},
        "before_claim": {
            "value": [killed | {"series": name, "p_whole": 0.4} for name in ("combatants", "civilians")]
        },
        "model": size,
        "tipping": {"value": {"for_point": found["ratio"]}},
        "agreed_or_not": {"value": found["ratio"], "p": p, "n_agreed": n, "n_not": 9},
        "strata": {"value": [row | {"stratum": name} for name in ("scheduled", "reactive")]},
        "complete_set": {**size, "p": p},
        "by_kind": {
            "value": {
                name: {"ratio_of_ratios": found["ratio"], "p": p, "n_first": n, "n_second": 9}
                for name in ("text", "truce", "notice")
            }
        },
        **of_profiles(found),
    }
    return dict(findings.plain(made))


def of_profiles(found: Mapping[str, Any], *, beside: bool = True) -> dict[str, Any]:
    """How one episode differs from another, and the days after talks, here and elsewhere (`beside`)."""
    n, p, known = found["n"], found["p"], found["ratio"] is not None
    ends = {"low": found["low"], "high": found["high"]}
    bands = {"band_low": found["band_low"], "band_high": found["band_high"], "p_shift": p, "n_episodes": n}
    one = {
        "date_first": DATES[0],
        "n_before": 0.0,
        "n_after": 1.0,
        "plain_pct": 5.0,
        "information_pct": 0.4,
        "ratio_without": 0.7,
        "p": p,
    }
    lags = (
        [{"series": "events", "day_first": 1, "day_last": 3, "ratio": found["ratio"], **bands}]
        if known
        else []
    )
    sides = [
        {"series": name, "window_days": 3, "ratio": found["ratio"], **ends, **bands}
        for name in ("elsewhere", "area / elsewhere")
    ]
    several = known and n > 2
    return {
        "single_episode": {"value": found["ratio"] if several else None, **ends, "n": n, "single_low": 0.3,
        "single_high": 1.8,
                           "dispersion": 3.3, "tau_squared": 0.0 if p == 0.5 else 0.1},
        "thinnest_episode": {"value": [one] if n >= 5 else []},
        # the thinnest one itself, or another
        "most_moving_episode": {"value": [one if p == 0.5 else one | {"date_first": DATES[1]}] if n >= 5 else []},
        "window_profile": {"value": p, "n": 14, "window_days": 3, "ratio": found["ratio"]},
        "lag_profile": {"value": lags, "before_first": 14, "before_last": 4},
        "control": {"value": sides if known and beside else []},
        "who_profile": {"value": lags, "p": p, "n": 12, "farthest": {"series": "civilians killed",
        "day_first": 8, "day_last": 14, "ratio": 0.4}, "split_until": DATES[2] if p != 0.5 else None},
    }  # fmt: skip


def of_truces(verdict: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What truces together were followed by, and sets of them."""
    n = found["n"]
    ends = {name: found[name] for name in ("low", "high", "band_low", "band_high")}
    row = {"n_talks": 6, "ratio": found["ratio"], "p_shift": found["p"], **ends}
    return dict(findings.plain({
        "truces_ratio": {"value": found["ratio"], **ends, "n": n, "n_truces": 7, "p": found["p"],
        "verdict": verdict, "tests": found["tests"]},
        "truce_sets": {"value": [row | {"stratum": name} for name in ("all", "in ETH/PRIO",
        "without the last")]},
    }))  # fmt: skip


def of_breaks(
    n: int,
    *,
    criterion: str = "LWZ",
    recurring: int = 0,
    weeks: tuple[int, int] = (2, 5),
    held: int | None = None,
) -> dict[str, Any]:
    """The findings on levels, and what the report counts of them. `held`: breaks on at least five week
    grids."""
    held = n if held is None else held
    phase = {"value": 4.2, "date_first": DATES[0], "date_last": DATES[2]}
    return {
        "breaks": {
            "value": [{"date": date, "n_grids": 7 if place < held else 4,
            "mean_before": 4.0 + place % 2, "mean_after": 5.0 - place % 2,
            "is_possible": place >= held} for place, date in enumerate(DATES[:n])], "block_weeks": 4, "draws": 4000,
            "n": n, "n_held": held, "series": "ucdp", "measure": "events", "criterion": criterion,
            "what": "Lethal events", "further": recurring,
            "departs": [] if criterion == "LWZ" else [["criterion", criterion, "LWZ"]],
        },
        "break_grids": {"value": [{"date": date, "n_grids": 1 if n == 1 else 3,
        "on_chosen_grid": date != DATES[2]} for date in DATES], "grids": 7, "enough": 5, "near_weeks": 2},
        "level_bounds": {"bound": 1.5, "held_low": 85, "held_high": 90, "value": [{"bound": bound, "n_changed": n > 1,
        "days_changed_pct": 7.0} for bound in (1.25, 2.0)]},
        "phases": {"value": n + 1},
        "recurring_breaks": {
            "value": recurring, "n": n, "dates": DATES[:recurring], "first": "UCDP", "second": "Airwars",
            **(dict.fromkeys(("expected", "low", "high", "p")) if not n else {"expected": 1.0, "low": 0.0,
            "high": 2.0, "p": 0.052}),
        },
        "highest_phase": phase,
        "lowest_phase": phase,
        "weeks": pd.Series(weeks if n else (), dtype="int64"),
        "daily_breaks": {"value": DATES[:n]},
        "agreement": {
            "value": {"threshold rule": 0.5} | ({"chronicles": 0.3} if n else {}),
            "by_chance": {name: {"percentile": 99.95 if n > 1 else 67.0,
            "middle": 0.4} for name in ("threshold rule", "chronicles")},
        },
    }  # fmt: skip


def of_counts(count: Mapping[str, Any]) -> dict[str, Any]:
    """The findings that count meetings and truces."""
    held = {**count, "dates": DATES[: count["value"]]}
    return {
        "next_day": count,
        "next_day_airwars": count,
        "truces_deep": {**held, "share_pct": 5},
        "truces_back_in_two_weeks": {
            **count,
            **OF_RECOVERY,
            "by_level": [{**count, "before_days": days} for days in (7, 14, 28)],
        },
        "truces_not_fallen": held,
        "truce_recovery": {"n": count["n"]},
    }


def of_case(name: str) -> dict[str, Any]:
    """What the notebook reads of a case: with documents and a second source, or without."""
    case, whole = cases.read(name, ROOT), name == "idlib"
    record = {
        "name": "UCDP",
        "credit": "GED (CC BY 4.0)",
        "limits": "Some.",
        "rows_of_the_war": 1806,
        "publisher": "Some Data Program (UCDP), Some University",
        "filter": "Area",
    }
    second = {"name": "Airwars", "credit": "Airwars", "limits": "Alleged."} if whole else None
    check = {
        "subject": "Day",
        "status": "party_denies",
        "our_value": "one",
        "other_value": "2019-04-26 (AFP)",
    }
    return {
        "conflict": case, "package": {"title": "Talks", "version": "1.0.0"},
        "tiers": "all" if whole else "seeds", "what": "lethal events",
        "n_documents": 3 if whole else 0, "outlets": 2, "main": record, "second": second,
        "records": {"ucdp": record} | ({"airwars": second} if second else {}), "publishers": ["UCDP",
        "Airwars"] if whole else ["UCDP"],
        "areas_ar": ["مدينة"] if whole else [], "verdicts": schema.meanings("errata", "verdict_after",
        ROOT),
        "grades": schema.meanings("events", "confidence", ROOT),
        "headline": [check | {"against": kind} for kind in ("record", "seed", "source")] if whole else [],
        "later": {"publisher": "Paper"} if whole else None, "later_month": "June 2020" if whole else "",
        "main_fatalities": {"value": 700, "low": 600, "high": 800},
        "made": {"released": "2026-01-01" if whole else ""}, "drawn": {"toll", "counted", "areas"}, "has_tallies": whole,
        "killed_by_phase": [{"days": "1 to 9 May 2019", "date_first": "2019-05-01", "date_last": "2019-05-09", "low": 600, "best": 700, "high": 800}] * (2 if whole else 1),
        "civilians_known": {"days": 9 if whole else 0, "last": "2019-05-09", "killed": 300, "of": 1000},
        "alleged": {"least": 20, "most": 30 if second else 0},
        "fled": [{"value": 5000.0, "source": "OCHA", "area": "Idlib", "days": "May 2019",
        "date_first": "2019-05-01", "date_last": "2019-05-31", "source_ar": "OCHA"}] if whole else [],
        "n_checks": 11, "n_agree": 4, "by_status": {"agrees": 4, "differs": 7}, "corrected": [1] if whole else [],
    }  # fmt: skip


MEDIANS = (
    (NAN, NAN, NAN, 0), (7.0, NAN, NAN, 5), (7.0, 7.0, NAN, 3), (11.0, 7.0, 67.0, 7), (11.0, 9.0, 12.0, 7),
    (6.0, 5.0, 7.0, 7), (NAN, 20.0, NAN, 7),
)  # fmt: skip
STEPS = ((0.07, 0.0095), (1.4, 0.03), (0.9, 0.5), (None, None))


def step(
    value: float | None, p: float | None, *, date: str | None = DATES[2], is_held: bool = True
) -> dict[str, Any]:
    return {"value": value, "p": p, "n": 104, "date": date, "span_days": 60, "is_held": is_held}


def median_truce(value: float, low: float, high: float, n: int) -> dict[str, Any]:
    return dict(findings.plain({"value": value, "low": low, "high": high, "n": n, "share": 0.5}))


def joint(p_median: float, p_maximum: float) -> dict[str, Any]:
    below = {
        "below_one": 7,
        "below_one_expected": 18.0,
        "below_one_low": 0.0,
        "below_one_high": 36.0,
        "below_one_p": 0.4,
    }
    return {"value": {"p_median": p_median, "p_maximum": p_maximum}, "n": 36, **below}


BASE: dict[str, Any] = {
    **findings.read(ROOT),  # what is made up for no test below: as last built
    **of_case("idlib"), **of_breaks(3), **of_counts(next(counts_of(20))),
    **of_talks(*next((verdict, found) for verdict, found in TALKS if verdict == "no_detectable_change")),
    **of_truces(*next((verdict, found) for verdict, found in TALKS if verdict == "unclear")),
    "rate_before_round": {"low": 89.3, "high": 92.9, "n": 4, "weeks": [4, 6, 8, 10], "date": DATES[1]},
    "plain_step": {"value": 0.1, "n_before": 121.0, "n_after": 12.0, "lower_elsewhere_pct": 0.13,
    "date": DATES[2], "span_days": 28},
    "median_truce": median_truce(*MEDIANS[2]), "step": step(0.07, 0.5),
    "specifications": joint(0.5, 0.5), "freeze": {"value": DATES[0], "departs": [], "window_days": 7},
    "phase_table": {"n": 1806},
    "choices": {"value": 7200, "n_alike": 6100, "n_few": 700, "moves_most": "anchor", "least": 0.8, "most": 1.2},
    "phase_choices": {"value": 264, "n_alike": 63, "moves_most": "area", "least": 1.5, "most": 5.0},
    "claims": {"value": 104}, "claims_own_voice": {"value": 0.5}, "days": {"value": 853},
    "days_seed": {"value": 17},
    "confidence": {"value": {"high": 3, "low": 4}, "n": 7}, "coders": {"n": 9, "differences": 11}, "level_pct": findings.LEVEL,
    "captures": {"value": {}, "n": 24}, "incidents": {"value": 225},
    "claim_coders": {"n": 104, "differences": 197, "settled": 60},
}  # fmt: skip


def points() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Facts that the tests below hold sentences to, and the names that are changed for them."""
    yield {}, {}
    for verdict, found in TALKS:
        yield {**found, "verdict": verdict}, of_talks(verdict, found)
        if found["window_days"] == 7 and found["n"]:
            yield {**found, "verdict": verdict}, of_talks(verdict, found, changed=1, statistic="pooled")
    for count in itertools.chain.from_iterable(map(counts_of, COUNTS)):
        yield {"count": count}, of_counts(count)
    yield {}, of_counts({**next(counts_of(0)), "base_rate_pct": 50.0})
    most = of_counts(
        {**next(counts_of(5)), "base_rate_pct": 60.0}
    )  # most days; and a level fewer truces have
    most["truces_back_in_two_weeks"]["by_level"][2]["n"] = 4
    yield {}, most
    yield {}, of_counts(next(counts_of(0))) | {"truce_recovery": {"n": 2}}
    yield {}, {"truces_ratio": {**BASE["truces_ratio"], "n_truces": 0}}
    kinds: dict[tuple[object, ...], dict[str, Any]] = {}
    for verdict, found in TALKS:
        kinds.setdefault(
            (verdict, *((test["sees"], test["ratio"] > 1) for test in found["tests"])),
            of_truces(verdict, found),
        )
    for made in kinds.values():
        yield {}, made
    for n, held in ((1, 0), (2, 1), (3, 0), (3, 2)):
        yield {}, of_breaks(n, held=held)
    for low, high, n in ((89.3, 92.9, 4), (50.0, 50.0, 1), (None, None, 0)):
        yield (
            {},
            {
                "rate_before_round": {
                    "low": low,
                    "high": high,
                    "n": n,
                    "weeks": [4, 10] if n else [],
                    "date": DATES[1] if n else None,
                }
            },
        )
    yield {}, {"plain_step": dict.fromkeys(BASE["plain_step"])}
    yield {}, {"control": {"value": []}}
    yield {}, {"choices": {**BASE["choices"], "n_alike": 600}}  # most have too few episodes
    measured = {"adjusted": {**BASE["adjusted"], "value": 0.8, "p": 0.3}}
    yield {}, measured | {"strata": {"value": BASE["strata"]["value"][:1]}}  # none at short notice
    yield {}, {"truces_deep": {**next(counts_of(0)), "dates": [], "share_pct": 5}}
    for criterion, n, weeks in itertools.product(("LWZ", "BIC"), (0, 1, 2, 3), ((2, 5), (1, 1), (3, 3))):
        for recurring in range(n + 1):
            yield (
                {"criterion": criterion},
                of_breaks(n, criterion=criterion, recurring=recurring, weeks=weeks),
            )
            yield (
                {"criterion": criterion},
                of_breaks(n, criterion=criterion, recurring=recurring, weeks=weeks) | of_case("afghanistan"),
            )
    for source, measure in itertools.product(("ucdp", "airwars"), ("events", "fatalities")):
        yield (
            {"series": source, "measure": measure},
            {"breaks": {**BASE["breaks"], "series": source, "measure": measure}},
        )
    for n in (3, 10, 11):
        yield {}, {"breaks": {**BASE["breaks"], "n": n, "n_held": n}}
    for median in MEDIANS:
        yield {}, {"median_truce": median_truce(*median)}
    for size, p in STEPS:
        yield {}, {"step": step(size, p)}
    yield {}, {"step": step(None, None, date=None, is_held=False)}
    yield {}, {"step": step(None, None, is_held=False)}
    yield {}, {"specifications": {**joint(0.5, 0.5), "n": 0, "value": {"p_median": None, "p_maximum": None}}}
    for down, up in ((0.5, None), (None, 1.9)):
        yield {}, {"detectable": {"value": 0.8, "down": down, "up": up}}
    yield {}, {"captures": {"value": {}, "n": 0}, "incidents": {"value": 0}, "claim_coders": {"n": 0}}
    for p_median, p_maximum in itertools.product(PS, PS):
        yield {}, {"specifications": joint(p_median, p_maximum)}
    for verdict in ("lower", "unclear"):  # several ways together: with a direction, and without
        found = next(found for name, found in TALKS if name == verdict)
        yield {**found, "verdict": verdict}, of_talks(verdict, found) | {"specifications": joint(0.01, 0.5)}
    for departs in ([], [["window_days", 3, 7], ["measure", "fatalities", "events"]]):
        yield {}, {"freeze": {"value": DATES[0], "departs": departs, "window_days": 7}}
    yield {}, {"before_claim": {"value": []}}
    for further in (0, 1, 3):
        yield {}, {**of_breaks(0), "breaks": {**of_breaks(0)["breaks"], "further": further}}
    deaths = {
        "ratio": {**BASE["ratio"], "what": "People killed", "noun": "deaths"},
        "breaks": {**BASE["breaks"], "measure": "fatalities", "noun": "deaths", "what": "People killed"},
    }
    for count in itertools.chain.from_iterable(map(counts_of, COUNTS)):
        yield {"noun": "deaths"}, of_counts(count) | deaths | {"what": "people killed"}
    for n_agreed, p in itertools.product((0, 4, 5), (0.049, 0.05, None)):
        yield (
            {},
            {"agreed_or_not": {"value": 0.5 if n_agreed else None, "p": p, "n_agreed": n_agreed, "n_not": 9}},
        )


@cache
def in_words(markdown: str) -> str:
    return " ".join(" ".join(markup.words([token]) for token in markup.parse(markdown)).split())


def pieces(cell: str, raw: str) -> dict[str, str]:
    """A cell's sentences by name, or what stands under each of its headings and items, numbered."""
    if cell in SHARED:
        return {name: in_words(text) for name, text in named(raw).items()}
    parts = [part for part in re.split(r"(?m)^(?:### .*|(?=- ))", raw) if part.strip()]
    return {f"{cell} {number}": in_words(part) for number, part in enumerate(parts, 1)}


def rendered() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each cell that a point changes, as its template writes it."""
    uses = {cell: names_in(template) for cell, template in CELLS.items()}
    left = {
        cell: set(named(written(CELLS[cell], BASE | dict.fromkeys(uses[cell] - BASE.keys(), ""))))
        for cell in SHARED
    }
    for facts, changes in points():
        known, new = BASE | changes, set(changes)
        for cell, template in CELLS.items():
            moved = not changes or uses[cell] & new
            if moved or cell in SHARED:
                raw = written(template, known)
                if cell in SHARED:
                    known |= named(raw)
                    new |= left[cell] if moved else set()
                if moved:
                    yield cell, facts, raw


def of_figures() -> Iterator[Said]:
    """The titles that the figures of the timing notebook print."""

    def say(function: Callable[..., str], facts: dict[str, Any], *values: Any) -> Said:
        return function.__name__, facts, function(*values)

    for verdict, found in TALKS:
        facts, made = {**found, "verdict": verdict}, of_talks(verdict, found)
        yield say(titles.talks_title, facts, verdict, made["ratio"])
        yield say(titles.rising_title, facts, made["ratio"], made["rising"])
        yield say(titles.placebo_title, facts, found["p"], 852)
        yield say(titles.reach_title, facts, found["down"], found["up"])
    for count in itertools.chain.from_iterable(map(counts_of, COUNTS)):
        yield say(titles.coincidence_title, {"count": count}, count)
        yield say(titles.truces_title, {"count": count}, count)
    for size, p in STEPS:
        yield say(titles.step_title, {}, step(size, p))
    yield say(titles.doubt_title, {}, [0.5, 0.8], [NAN, 0.7], [NAN])


@pytest.fixture(scope="module")
def raw() -> list[tuple[str, dict[str, Any], str]]:
    return list(rendered())


@pytest.fixture(scope="module")
def said(raw: list[Said]) -> list[Said]:
    return [
        (name, facts, text) for cell, facts, one in raw for name, text in pieces(cell, one).items()
    ] + list(of_figures())


def test_every_wording_is_tried(raw: list[Said]) -> None:
    """Each run of words in every cell, under whatever conditions, is printed at some point of the grid: a new
    one cannot slip past."""
    printed: dict[str, set[str]] = {}
    for cell, _, text in raw:
        printed.setdefault(cell, set()).add(" ".join(text.split()))
    missed = [
        f"{cell}: {words}"
        for cell, template in CELLS.items()
        for node in ENVIRONMENT.parse(template).find_all(nodes.TemplateData)
        if (words := " ".join(node.data.split())) and not any(words in text for text in printed[cell])
    ]
    assert [] == missed


def test_every_verdict_has_its_words(said: list[Said]) -> None:
    """Each verdict has an answer, a paragraph and words in plain English and Arabic, and none of them speaks
    of a cause."""
    own = {"verdict_answer", "verdict_paragraph", "verdict_plain", "verdict_arabic", "talks_title"}
    there = {
        (name, facts["verdict"]) for name, facts, text in said if name in own and "verdict" in facts and text
    }
    assert set(itertools.product(own, VERDICTS)) == there
    assert [] == [text for name, _, text in said if name in OF_VERDICT and CAUSE.search(text)]


def test_nothing_unknown_is_said_as_a_number(said: list[Said]) -> None:
    """No "unknown times", nan, inf or None; what is not known is said as that, and never with a unit after
    it."""
    bad = re.compile(
        r"\b([Uu]nknown|nan|inf|NaT)\b|\bNone\b(?! of)|not known (times|%|to|nine)|p = not known"
    )
    assert [] == sorted({f"{name}: {text}" for name, _, text in said if bad.search(text)})


def test_no_blank_is_left_in_a_sentence(said: list[Said]) -> None:
    """Where a condition leaves words out, no empty bracket, doubled stop or space before a stop is left."""
    assert [] == sorted(
        {
            f"{name}: {text}"
            for name, _, text in said
            if re.search(r"\( |\(\)| [.,;:](?!\d)|[.,;:][.,;:]|[.;:][A-Z]", text)
        }
    )


def test_no_word_of_another_parameter(said: list[Said]) -> None:
    """A week is said of windows of seven days alone, and strict of LWZ alone."""
    about = [(facts, text) for name, facts, text in said if name not in OF_CALENDAR]
    assert [] == [
        text for facts, text in about if facts.get("window_days", 7) != 7 and re.search(r"\bweek", text)
    ]
    assert [] == [text for _, facts, text in said if facts.get("criterion") == "BIC" and "strict" in text]
    counted = [
        (facts["series"], text) for _, facts, text in said if "series" in facts and "not every strike" in text
    ]
    assert counted and not [
        text for series, text in counted if (series == "airwars") == bool(re.search(r"UCDP\)? counts", text))
    ]


def test_no_direction_against_its_number(said: list[Said]) -> None:
    """Higher, more and rise stand by ratios above 1, lower, less and fall by those below; sizes that might be
    missed and pairs of both aside."""
    up, down = (
        re.compile(r"\b(higher than|rose more|a rise)\b"),
        re.compile(r"\b(lower than|fell more|a fall)\b"),
    )
    wrong = []
    for name, facts, text in said:
        own = re.sub(
            r"With this calendar.*|neither clearly higher nor clearly lower than before|the tests see"
            r" opposite.*",
            "",
            text,
        )
        if name in OF_VERDICT and facts.get("ratio") is not None:
            wrong += (
                [text]
                if (up.search(own) and facts["ratio"] <= 1) or (down.search(own) and facts["ratio"] >= 1)
                else []
            )
    assert [] == wrong


def test_counts_are_called_more_or_fewer_below_five_in_a_hundred_alone(said: list[Said]) -> None:
    """More or fewer than other dates give only with p below .05 and on that side, little only inside nine in
    ten; what lies outside with a larger p has no direction."""
    wrong = []
    for name, facts, text in said:
        count = facts.get("count")
        if count and count["n"] and name not in OF_VERDICT:
            k, inside = count["value"], count["low"] <= count["value"] <= count["high"]
            place = (
                "inside"
                if inside
                else "unsure"
                if count["p"] >= 0.05
                else "more"
                if k > count["expected"]
                else "fewer"
            )
            for pattern, right in (
                (r"(?<!no )\bmore (often )?than|seldom seen", "more"),
                (r"\b(fewer|less often) than", "fewer"),
                (r"\b(says little|about (as|what)|like the day)", "inside"),
            ):
                wrong += [text] if re.search(pattern, text) and place != right else []
    assert [] == wrong


def test_every_count_stands_beside_other_dates(said: list[Said]) -> None:
    """Each "k of n" meetings, episodes or truces says in the same sentence or the next what the same calendar
    gives on other dates."""
    counted = re.compile(r"\d+ of \d+ (meeting|episode|truce)")
    assert [] == [text for _, _, text in said if counted.search(text) and "other dates" not in text]


def test_what_lies_outside_nine_in_ten_is_said_of_every_count(said: list[Said]) -> None:
    """And of none inside: with its p, whether that is below .05 or not."""
    own = {"next_day_sentence", "airwars_sentence", "truces_sentence", "coincidence_title"}
    there = [
        (facts["count"], name, text)
        for name, facts, text in said
        if name in own and facts.get("count", {}).get("n")
    ]
    assert {name for _, name, _ in there} == own
    for count, name, text in there:
        titled = name == "coincidence_title" and count["p"] < 0.05
        inside = count["low"] <= count["value"] <= count["high"]
        assert titled or inside == ("this lies outside" not in text), text
        assert f"p = {count['p']}0" in text or f"p = {count['p']}" in text, text


def test_no_finding_loses_its_sentence(raw: list[Said]) -> None:
    """A sentence left out leaves no blank line before the others: what follows one is read as n, doubt and
    figure."""
    kept = [item for cell, _, text in raw if cell == "findings" for item in re.split(r"(?m)^- ", text)[1:]]
    assert [] == [item for item in kept if not item.partition("\n\n")[2].strip().startswith("n = ")]


def test_deaths_are_not_called_events(said: list[Said]) -> None:
    """An edition that counts deaths says so in every sentence that counts them; methods and wishes speak of
    UCDP's events too."""
    apart = ("methods-text", "change-text")
    told = [
        text for name, facts, text in said if facts.get("noun") == "deaths" and not name.startswith(apart)
    ]
    assert any("deaths" in text for text in told)
    assert [] == [text for text in told if re.search(r"\bevents\b", text)]


def test_what_is_counted_has_its_name(said: list[Said]) -> None:
    """Incidents in Airwars and deaths are not called recorded violence, which is what lethal events are: the same words
    would have two numbers."""
    called = {
        (facts["series"], facts["measure"], words)
        for name, facts, text in said
        if "series" in facts and name == "next_day_sentence"
        for words in re.findall(r"followed by ([\w ]+?) on the next day", text)
    }
    assert called == {
        ("ucdp", "events", "recorded violence"),
        ("ucdp", "fatalities", "recorded deaths"),
        ("airwars", "events", "incidents in Airwars"),
        ("airwars", "fatalities", "deaths alleged in Airwars"),
    }
    of_others = [text for _, facts, text in said if facts.get("series") == "airwars"]
    assert [] == [text for text in of_others if "recorded violence" in text]


def test_number_and_verb_agree(raw: list[Said]) -> None:
    """One of several was."""
    assert [] == sorted({text for _, _, text in raw if re.search(r"\b1 of \d+ \w+ were\b", text)})


def test_days_stand_in_words(said: list[Said]) -> None:
    """No sentence holds a date as 2019-04-26, data from tables included."""
    assert [] == [text for _, _, text in said if re.search(r"\b\d{4}-\d\d-\d\d\b", text)]


def test_no_disagreement_without_a_test_that_sees_a_change() -> None:
    """Over the whole grid: unclear means that one test lies below its level and another does not, or on the
    other side."""
    for verdict, found in TALKS:
        if verdict == "unclear":
            tests = found["tests"]
            assert (
                any(test["sees"] for test in tests)
                and len({(test["sees"], test["ratio"] > 1) for test in tests}) > 1
            )
