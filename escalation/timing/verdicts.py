"""Which sentence the numbers allow: keys chosen by written rules; the words stand in a cell of the report,
each under its key."""

from typing import Literal, NamedTuple

import numpy as np

Verdict = Literal["no_detectable_change", "unclear", "higher", "lower", "too_few", "no_events"]

FEWEST = 5  # with fewer episodes no p-value is printed
SURE = 0.05  # two-sided p of the shifted calendars and of Student's t
# the matched test rejects 7 to 10 of 100 true nulls at 5 %: at .02 it errs about as often as the others at
# .05
SURE_ADJUSTED = 0.02


class Test(NamedTuple):
    """One test of "no change around talks": its name, its two-sided p, the p below which it sees a change,
    the ratio it is about, and whether it sees one; a ratio of 1 is no change, whatever its p."""

    name: Literal["shifts", "t", "matched"]
    p: float
    level: float
    ratio: float
    sees: bool


def tests(
    *,
    p: float,
    t_p: float,
    ratio: float,
    adjusted_p: float | None = None,
    adjusted_ratio: float | None = None,
) -> tuple[Test, ...]:
    """The tests a verdict rests on: the exact p of the shifted calendars and Student's t over episodes (both
    of `ratio`, at .05), and, where both its numbers are known, the t-test against the most similar days
    without talks (at .02, see SURE_ADJUSTED)."""
    both = (
        Test("shifts", p, SURE, ratio, _sees(p, SURE, ratio)),
        Test("t", t_p, SURE, ratio, _sees(t_p, SURE, ratio)),
    )
    if adjusted_p is None or adjusted_ratio is None or np.isnan([adjusted_p, adjusted_ratio]).any():
        return both
    sees = _sees(adjusted_p, SURE_ADJUSTED, adjusted_ratio)
    return (*both, Test("matched", adjusted_p, SURE_ADJUSTED, adjusted_ratio, sees))


def _sees(p: float, level: float, ratio: float) -> bool:
    return bool(p < level and ratio != 1)


def verdict(
    *,
    p: float,
    t_p: float,
    ratio: float,
    n: int,
    n_events: float,
    adjusted_p: float | None = None,
    adjusted_ratio: float | None = None,
) -> Verdict:
    """The key of the conclusion sentence, from what each test sees (see `tests`). The first rule that fits:

    - no_events: neither the days before nor those after held one event (`n_events` is the sum over both):
      nothing to compare.
    - too_few: fewer than 5 episodes, or a p that is not known.
    - no_detectable_change: no test sees a change. A p between .05 and .10 is printed and is no disagreement.
    - higher, lower: every test sees one, on the same side of 1.
    - unclear: some see one and others do not, or they see it on opposite sides. The sentence names both.

    "No detectable change" says nothing of changes smaller than the detectable size: print that size beside
    it, and see `rules_out`.

    >>> verdict(n=20, n_events=300, ratio=0.76, p=0.08, t_p=0.19, adjusted_p=0.23, adjusted_ratio=0.8)
    'no_detectable_change'
    >>> verdict(n=20, n_events=300, ratio=0.5, p=0.01, t_p=0.001, adjusted_p=0.01, adjusted_ratio=0.6)
    'lower'
    >>> verdict(n=20, n_events=300, ratio=0.5, p=0.01, t_p=0.2)
    'unclear'
    >>> verdict(n=3, n_events=9, ratio=0.5, p=float("nan"), t_p=0.4)
    'too_few'
    """
    if n and not n_events:
        return "no_events"
    if n < FEWEST or np.isnan([p, t_p]).any():
        return "too_few"
    tried = tests(p=p, t_p=t_p, ratio=ratio, adjusted_p=adjusted_p, adjusted_ratio=adjusted_ratio)
    if not any(test.sees for test in tried):
        return "no_detectable_change"
    if all(test.sees for test in tried) and len({np.sign(np.log(test.ratio)) for test in tried}) == 1:
        return "higher" if ratio > 1 else "lower"
    return "unclear"


def rules_out(
    *, low: float, high: float, detectable_down: float, detectable_up: float
) -> Literal["both", "rise", "fall", "neither"]:
    """Which changes of the size this design would usually see (80 %) the 90 % interval leaves out: a rise of
    that size, a fall of that size, both or neither."""
    rise, fall = high < detectable_up, low > detectable_down
    return "both" if rise and fall else "rise" if rise else "fall" if fall else "neither"
