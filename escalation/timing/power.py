"""The smallest change around talks that this calendar and these counts would usually show."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation import daily
from escalation.daily import Floats, Ints
from escalation.timing.episodes import Edges, Statistic, check_options, check_window, placed
from escalation.timing.shifts import shifted_logs

RATIOS = (0.25, 0.33, 0.4, 0.5, 0.58, 0.67, 0.75, 0.85, 1.0, 1.2, 1.35, 1.5, 1.7, 2.0, 2.4, 3.0, 4.0)
NEAR_DAYS = 7


class Detectable(NamedTuple):
    """The ratios below and above 1 that would be noticed in `share` of cases; blank if none of those tried would be."""

    down: float
    up: float
    share: float


def p_of_first(logs: Floats) -> Floats:
    """Two-sided p of the first column of each row among the others of its row, as `shifts.tail_p` gives it."""
    observed, others = logs[:, :1], logs[:, 1:]
    slack = 1e-9 * np.maximum(1.0, np.abs(observed))
    least = np.minimum((others >= observed - slack).sum(axis=1), (others <= observed + slack).sum(axis=1))
    return np.asarray(np.minimum(1.0, 2.0 * (1 + least) / (1 + (~np.isnan(others)).sum(axis=1))), dtype=float)


def affected_days(n: int, first: Ints, lengths: Ints, moved: Ints, effect_days: int) -> Floats:
    """1 on the days that lie within `effect_days` after an episode of the calendar moved by `moved` days, shape (draws, n)."""
    days = np.concatenate([start + length + np.arange(effect_days) for start, length in zip(first, lengths, strict=True)])
    out = np.zeros((len(moved), n))
    out[np.arange(len(moved))[:, None], (days[None, :] + moved[:, None]) % n] = 1.0
    return out


def power(
    counts: pd.Series,
    spans: pd.DataFrame,
    *,
    window_days: int,
    statistic: Statistic,
    edges: Edges,
    draws: int,
    rng: np.random.Generator,
    effect_days: int | None = None,
    ratios: Sequence[float] = RATIOS,
    level: float = 0.05,
) -> pd.DataFrame:
    """How often the circular-shift test would notice an effect of each size: ratio, detected_pct (p < `level`),
    median_ratio (what would be measured; overlapping windows make it smaller than the truth).

    Each draw turns the real calendar to a random place in the real counts, where no effect is expected, and plants one:
    each event on the `effect_days` (the window, unless told) after an episode stays with the chance `ratio` (ratio < 1:
    binomial thinning), or the day gains Poisson((ratio − 1) × the count of a day drawn from the week around it) (ratio > 1).
    Then the whole exact test is run. Real counts keep the phases, bursts and empty days that a parametric series would have
    to imitate. Additions borrow a neighbouring day's count: the day's own would leave empty weeks empty however large the
    effect, a local mean would spread the added deaths more evenly than real ones fall."""
    check_window(counts, window_days)
    check_options(statistic=statistic, edges=edges)
    numbers = daily.values(counts)
    n = len(numbers)
    first, lengths = placed(counts, spans)
    if not len(first):
        return pd.DataFrame({"ratio": ratios, "detected_pct": 0.0, "median_ratio": np.nan})
    whole = np.round(numbers).astype(np.int64)
    rows = []
    for ratio in ratios:
        moved = rng.integers(0, n, draws)
        on = affected_days(n, first, lengths, moved, effect_days or window_days)
        lent = numbers[(np.arange(n)[None, :] + rng.integers(-NEAR_DAYS, NEAR_DAYS + 1, (draws, n))) % n]
        changed = rng.binomial(whole, np.where(on > 0, min(ratio, 1.0), 1.0)) + rng.poisson(on * max(ratio - 1.0, 0.0) * lent)
        # turned back, so that the calendar stands where it is and the counts moved under it
        turned = np.take_along_axis(changed.astype(float), (np.arange(n)[None, :] + moved[:, None]) % n, axis=1)
        logs, _ = shifted_logs(turned, first, lengths, window_days=window_days, statistic=statistic, edges=edges, side="after")
        detected = p_of_first(logs) < level
        rows.append({"ratio": ratio, "detected_pct": 100 * float(detected.mean()), "median_ratio": float(np.exp(np.median(logs[:, 0])))})
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
