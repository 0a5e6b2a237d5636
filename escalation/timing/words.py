"""Which sentence the numbers allow: keys chosen by rules written down before any result; the prose stands in the report."""

from typing import Literal

import numpy as np

Verdict = Literal["no_detectable_change", "unclear", "higher", "lower", "too_few"]

FEWEST = 5  # with fewer episodes no p-value is printed
SURE = 0.05  # two-sided p of the shifted calendars
DOUBT = 0.10
SURE_ADJUSTED = 0.02  # the matched test rejects 7 to 10 of 100 true nulls at 5 %: between .02 and .10 it decides nothing


def verdict(
    *,
    p: float,
    ratio: float,
    low: float,
    high: float,
    n: int,
    adjusted_p: float | None = None,
    adjusted_ratio: float | None = None,
) -> Verdict:
    """The key of the conclusion sentence, from the exact p of the shifts, the ratio with its 90 % interval, and (if given)
    the ratio adjusted for regression to the mean.

    too_few: fewer than 5 episodes, or no p. higher, lower: p < .05, the interval leaves out 1, and the adjusted ratio lies
    on the same side with p < .02. no_detectable_change: p ≥ .10 and the interval holds 1. unclear: everything else, so
    whenever the tests disagree. "No detectable change" says nothing of changes smaller than the detectable size: print
    that size beside it, and see `rules_out`.

    >>> verdict(n=20, ratio=0.76, low=0.54, high=1.07, p=0.12)
    'no_detectable_change'
    >>> verdict(n=20, ratio=0.5, low=0.4, high=0.7, p=0.01)
    'lower'
    >>> verdict(n=3, ratio=0.5, low=0.1, high=2.0, p=float("nan"))
    'too_few'
    """
    if n < FEWEST or np.isnan(p):
        return "too_few"
    holds_one = low <= 1 <= high
    if p >= DOUBT and holds_one:
        return "no_detectable_change"
    agrees = adjusted_p is None or adjusted_ratio is None or (adjusted_p < SURE_ADJUSTED and (adjusted_ratio > 1) == (ratio > 1))
    if p < SURE and not holds_one and agrees:
        return "higher" if ratio > 1 else "lower"
    return "unclear"


def rules_out(*, low: float, high: float, detectable_down: float, detectable_up: float) -> Literal["both", "rise", "fall", "neither"]:
    """Which changes of the size this design would usually see (80 %) the 90 % interval leaves out: a rise of that size, a
    fall of that size, both or neither."""
    rise, fall = high < detectable_up, low > detectable_down
    return "both" if rise and fall else "rise" if rise else "fall" if fall else "neither"
