"""The whole comparison around one set of talks: the contrast, what other dates give, what similar days give,
the verdict."""

from dataclasses import dataclass

import pandas as pd

from escalation.timing.base_rates import Chance, in_windows, rising_by_chance
from escalation.timing.design import Design
from escalation.timing.episodes import Ratio, average, contrast
from escalation.timing.matching import adjusted_ratio, matched
from escalation.timing.shifts import ShiftTest, circular_shifts, shift_test
from escalation.timing.verdicts import Test, Verdict, tests, verdict


@dataclass(frozen=True)
class Estimate:
    """The episodes' windows (`contrast`), their average, the shifted calendars (`circular_shifts`) and the
    test against them, the average against similar days without talks, how many episodes rose beside other
    dates, the tests of "no change" and the verdict that they allow."""

    contrasts: pd.DataFrame
    ratio: Ratio
    shifts: pd.DataFrame
    test: ShiftTest
    adjusted: Ratio
    rising: Chance
    tests: tuple[Test, ...]
    verdict: Verdict


def estimate(counts: pd.Series, spans: pd.DataFrame, design: Design) -> Estimate:
    """All of it for the episodes `spans` (of `episodes`) and windows after talks; `counts` may begin before
    the design's first day, which is the margin that windows read."""
    contrasts = contrast(counts, spans, design)
    ratio = average(contrasts, design)
    shifts = circular_shifts(counts, spans, design)
    test = shift_test(shifts)
    adjusted = adjusted_ratio(matched(counts, contrasts, design))
    rising = rising_by_chance(counts, contrasts, design)
    seen = {
        "p": test.p,
        "t_p": ratio.p,
        "ratio": test.ratio,
        "adjusted_p": adjusted.p,
        "adjusted_ratio": adjusted.ratio,
    }
    found = verdict(**seen, n=ratio.n, n_events=in_windows(contrasts))
    return Estimate(contrasts, ratio, shifts, test, adjusted, rising, tests(**seen), found)


def verdict_without_each(counts: pd.Series, spans: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Whether the conclusion hangs on one episode. One row an episode left out: episode, date_first, ratio, p
    (two-sided, exact), verdict. Every number is computed anew from the other episodes."""
    rows = []
    for place, (episode, first) in enumerate(zip(spans["episode"], spans["date_first"], strict=True)):
        found = estimate(counts, spans.drop(index=spans.index[place]), design)
        rows.append((episode, first, found.ratio.ratio, found.test.p, found.verdict))
    return pd.DataFrame(rows, columns=["episode", "date_first", "ratio", "p", "verdict"])
