"""The smallest change around talks that this calendar and these counts would usually show."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation import daily
from escalation.daily import Floats, Ints
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import placed
from escalation.timing.shifts import shifted_logs

RATIOS = (0.25, 0.33, 0.4, 0.5, 0.58, 0.67, 0.75, 0.85, 1.0, 1.2, 1.35, 1.5, 1.7, 2.0, 2.4, 3.0, 4.0)
NEAR_DAYS = 7


class Detectable(NamedTuple):
    """The ratios below and above 1 that would be noticed in `share` of cases; blank if none of those tried would be."""

    down: float
    up: float
    share: float


def p_of_each(logs: Floats, own: Ints) -> Floats:
    """Two-sided p of one column of each row, `own` says which, among the others of its row, as `shifts.tail_p` gives it."""
    observed = np.take_along_axis(logs, own[:, None], axis=1)
    slack = 1e-9 * np.maximum(1.0, np.abs(observed))
    # the observed one is at least as large and at least as small as itself: the 1 that tail_p adds
    least = np.minimum((logs >= observed - slack).sum(axis=1), (logs <= observed + slack).sum(axis=1))
    p = np.minimum(1.0, 2.0 * least / (~np.isnan(logs)).sum(axis=1).clip(1))
    return np.asarray(np.where(np.isnan(observed[:, 0]), np.nan, p), dtype=float)


def affected_days(n: int, first: Ints, lengths: Ints, moved: Ints, effect_days: int, margin: int) -> Floats:
    """1 on the days that lie within `effect_days` after an episode of the calendar moved by `moved` days around the window, which
    begins after `margin` days; shape (draws, n). Days beyond the counts are nowhere."""
    starts = (first[None, :] - margin + moved[:, None]) % (n - margin) + margin
    days = (starts + lengths[None, :])[:, :, None] + np.arange(effect_days)
    out = np.zeros((len(moved), n + effect_days + int(lengths.max())))
    out[np.arange(len(moved))[:, None, None], days] = 1.0
    return out[:, :n]


def power(
    counts: pd.Series,
    spans: pd.DataFrame,
    design: Design,
    *,
    draws: int,
    rng: np.random.Generator,
    effect_days: int | None = None,
    ratios: Sequence[float] = RATIOS,
    level: float = 0.05,
) -> pd.DataFrame:
    """How often the circular-shift test would notice an effect of each size: ratio, detected_pct (p < `level`),
    median_ratio (what would be measured; overlapping windows make it smaller than the truth).

    Each draw turns the real calendar to a random place in the real counts (from the design's first day on), where no effect is
    expected, and plants one: each event on the `effect_days` (the window, unless told) after an episode stays with the chance
    `ratio` (ratio < 1: binomial thinning), or the day gains Poisson((ratio − 1) × the count of a day drawn from the week around it) (ratio > 1).
    Then the whole exact test is run. Real counts keep the phases, bursts and empty days that a parametric series would have
    to imitate. Additions borrow a neighbouring day's count: the day's own would leave empty weeks empty however large the
    effect, a local mean would spread the added deaths more evenly than real ones fall."""
    check_window(counts, design)
    numbers = daily.values(counts)
    n = len(numbers)
    first, lengths = placed(counts, spans, design)
    margin = margin_of(counts, design)
    if not len(first):
        return pd.DataFrame({"ratio": ratios, "detected_pct": 0.0, "median_ratio": np.nan})
    whole = np.round(numbers).astype(np.int64)
    rows = []
    for ratio in ratios:
        moved = rng.integers(0, n - margin, draws)
        on = affected_days(n, first, lengths, moved, effect_days or design.window_days, margin)
        near = np.arange(n)[None, :] + rng.integers(-NEAR_DAYS, NEAR_DAYS + 1, (draws, n))
        lent = numbers[near.clip(0, n - 1)]
        changed = rng.binomial(whole, np.where(on > 0, min(ratio, 1.0), 1.0)) + rng.poisson(on * max(ratio - 1.0, 0.0) * lent)
        logs, _ = shifted_logs(changed.astype(float), first, lengths, design, margin=margin)
        # the calendar as it was is one of the shifts of the calendar that moved: all are the same circle
        detected = p_of_each(logs, moved) < level
        measured = np.take_along_axis(logs, moved[:, None], axis=1)
        rows.append({"ratio": ratio, "detected_pct": 100 * float(detected.mean()), "median_ratio": float(np.exp(np.nanmedian(measured)))})
    return pd.DataFrame(rows)


def detectable(curve: pd.DataFrame, *, share: float = 0.8) -> Detectable:
    """Where the curve of `power` crosses `share` on either side of 1, between the ratios tried (on the log scale)."""

    def crossing(side: pd.DataFrame) -> float:
        steps = np.log(side["ratio"].to_numpy(dtype=float))
        # chance wobbles of the simulation must not make a larger effect look harder to see
        seen = np.maximum.accumulate(side["detected_pct"].to_numpy(dtype=float)) / 100
        if not len(seen) or seen[-1] < share:
            return float("nan")
        at = int(np.argmax(seen >= share))
        if at == 0:
            return float(np.exp(steps[0]))
        part = (share - seen[at - 1]) / (seen[at] - seen[at - 1])
        return float(np.exp(steps[at - 1] + part * (steps[at] - steps[at - 1])))

    ordered = curve.sort_values("ratio")
    return Detectable(crossing(ordered[ordered["ratio"] <= 1].iloc[::-1]), crossing(ordered[ordered["ratio"] >= 1]), share)
