"""The smallest change around talks that this calendar and these counts would usually show."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import log_average, log_ratio, placed, window_sums
from escalation.timing.matching import N_MATCHES, matched_days, similar_to
from escalation.timing.shifts import shifted_logs
from escalation.timing.verdicts import SURE, Verdict, verdict

RATIOS = (0.25, 0.33, 0.4, 0.5, 0.58, 0.67, 0.75, 0.85, 1.0, 1.2, 1.35, 1.5, 1.7, 2.0, 2.4, 3.0, 4.0)
NEAR_DAYS = 7
AT_ONCE = 12  # series matched together: their distances fill the processor's cache
MOST_AT_ONCE = 2**24  # distances: 128 MB, however many days and episodes there are


class Detectable(NamedTuple):
    """The ratios below and above 1 that would be noticed in `share` of cases; blank if none of those tried
    would be."""

    down: float
    up: float
    share: float


def p_of_each(logs: Floats, own: Ints) -> Floats:
    """Two-sided p of one column of each row, `own` says which, among the others of its row, as
    `shifts.tail_p` gives it."""
    observed = np.take_along_axis(logs, own[:, None], axis=1)
    slack = 1e-9 * np.maximum(1.0, np.abs(observed))
    # the observed one is at least as large and at least as small as itself: the 1 that tail_p adds
    least = np.minimum((logs >= observed - slack).sum(axis=1), (logs <= observed + slack).sum(axis=1))
    p = np.minimum(1.0, 2.0 * least / (~np.isnan(logs)).sum(axis=1).clip(1))
    return np.asarray(np.where(np.isnan(observed[:, 0]), np.nan, p), dtype=float)


def affected_days(n: int, first: Ints, lengths: Ints, moved: Ints, effect_days: int, margin: int) -> Floats:
    """1 on the days that lie within `effect_days` after an episode of the calendar moved by `moved` days
    around the window, which begins after `margin` days; shape (draws, n). Days beyond the counts are
    nowhere."""
    starts = (first[None, :] - margin + moved[:, None]) % (n - margin) + margin
    days = (starts + lengths[None, :])[:, :, None] + np.arange(effect_days)
    out = np.zeros((len(moved), n + effect_days + int(lengths.max())))
    out[np.arange(len(moved))[:, None, None], days] = 1.0
    return out[:, :n]


class OfEach(NamedTuple):
    """For each series its average log ratio, the two-sided p of "it is 0", and how many episodes count;
    shape (series,)."""

    log_ratio: Floats
    p: Floats
    n: Ints


def averages(after: Floats, before: Floats, design: Design) -> OfEach:
    """What `episodes.average` gives, for many series at once: window sums (series, episodes), blank where
    not full."""
    kept = (~np.isnan(after + before)).astype(float)
    after, before = np.where(kept > 0, after, 0.0), np.where(kept > 0, before, 0.0)
    n = kept.sum(axis=1)
    point = log_average(after, before, kept, statistic=design.statistic)
    without = kept[:, None, :] * (1.0 - np.eye(kept.shape[1]))
    left = log_average(after[:, None, :], before[:, None, :], without, statistic=design.statistic)
    known = (kept > 0) & (n[:, None] > 1)
    middle = np.where(known, left, 0.0).sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(known, left - middle[:, None], 0.0) ** 2).sum(axis=1)
    return OfEach(
        point, t_p(point, np.sqrt((n - 1).clip(0) / np.maximum(n, 1) * squares), n), n.astype(np.int64)
    )


def t_p(middle: Floats, error: Floats, n: Floats) -> Floats:
    """Two-sided p of Student's t for means with their standard errors; blank for fewer than two values, 0
    or 1 without any spread."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(middle) / error, np.maximum(n - 1, 1))
    return np.asarray(
        np.where(n < 2, np.nan, np.where(error > 0, p, np.where(middle == 0, 1.0, 0.0))), dtype=float
    )


def matched_averages(
    series: Floats, starts: Ints, lengths: Ints, own: Floats, design: Design, *, margin: int
) -> tuple[Floats, Floats]:
    """The log of what `matching.adjusted_ratio` gives and its p, for many series at once. `own`: log ratio
    of each episode (series, episodes), blank where its windows are not full."""
    middle, p = np.full(len(series), np.nan), np.full(len(series), np.nan)
    at_once = min(AT_ONCE, max(1, MOST_AT_ONCE // max(1, len(lengths) * series.shape[1])))
    for rows in np.split(np.arange(len(series)), range(at_once, len(series), at_once)):
        chosen, logs = matched_days(
            similar_to(series[rows], design),
            starts[rows],
            lengths,
            design,
            margin=margin,
            n_matches=N_MATCHES,
        )
        found = np.take_along_axis(np.nan_to_num(logs)[:, None], chosen.clip(0), axis=-1)
        n_found = (chosen >= 0).sum(axis=-1)
        known = (n_found > 0) & ~np.isnan(own[rows])
        apart = np.where(
            known, own[rows] - np.where(chosen >= 0, found, 0.0).sum(axis=-1) / np.maximum(n_found, 1), 0.0
        )
        n = known.sum(axis=1).astype(float)
        middle[rows] = np.where(n > 0, apart.sum(axis=1) / np.maximum(n, 1), np.nan)
        squares = (np.where(known, apart - middle[rows][:, None], 0.0) ** 2).sum(axis=1)
        p[rows] = t_p(middle[rows], np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1)), n)
    return middle, p


def power(
    counts: pd.Series,
    spans: pd.DataFrame,
    design: Design,
    *,
    draws: int,
    rng: np.random.Generator,
    effect_days: int | None = None,
    ratios: Sequence[float] = RATIOS,
    level: float = SURE,
) -> pd.DataFrame:
    """How often the verdict would say so if talks changed what follows them: ratio, detected_pct (share of
    draws in which `verdicts.verdict` gives "lower" for a ratio below 1, "higher" above, either at 1),
    shifts_pct (p of the shifted calendars alone below `level`), median_ratio (what would be measured;
    overlapping windows make it smaller than the truth).

    Each draw turns the real calendar to a random place in the real counts (from the design's first day
    on), where no effect is expected, and plants one: each event on the `effect_days` (the window, unless
    told) after an episode stays with the chance `ratio` (ratio < 1: binomial thinning), or the day gains
    Poisson((ratio − 1) × the count of a day drawn from the week around it) (ratio > 1). Then every test of
    the verdict is run: exact shifts, Student's t over episodes, matched days. Real counts keep the phases,
    bursts and empty days that a parametric series would have to imitate. Additions borrow a neighbouring
    day's count: the day's own would leave empty weeks empty however large the effect, a local mean would
    spread the added deaths more evenly than real ones fall."""
    check_window(counts, design)
    numbers = daily.values(counts)
    n = len(numbers)
    first, lengths = placed(counts, spans, design)
    margin = margin_of(counts, design)
    if not len(first):
        return pd.DataFrame({"ratio": ratios, "detected_pct": 0.0, "shifts_pct": 0.0, "median_ratio": np.nan})
    whole = np.round(numbers).astype(np.int64)
    rows = []
    for ratio in ratios:
        moved = rng.integers(0, n - margin, draws)
        on = affected_days(n, first, lengths, moved, effect_days or design.window_days, margin)
        near = np.arange(n)[None, :] + rng.integers(-NEAR_DAYS, NEAR_DAYS + 1, (draws, n))
        lent = numbers[near.clip(0, n - 1)]
        changed = rng.binomial(whole, np.where(on > 0, min(ratio, 1.0), 1.0)) + rng.poisson(
            on * max(ratio - 1.0, 0.0) * lent
        )
        planted = changed.astype(float)
        logs, _ = shifted_logs(planted, first, lengths, design, margin=margin)
        # the calendar as it was is one of the shifts of the calendar that moved: all are the same circle
        shifts_p = p_of_each(logs, moved)
        measured = np.take_along_axis(logs, moved[:, None], axis=1)[:, 0]
        starts = (first[None, :] - margin + moved[:, None]) % (n - margin) + margin
        found = verdicts(planted, starts, lengths, shifts_p, measured, design, margin=margin)
        wanted = ("lower",) * (ratio <= 1) + ("higher",) * (ratio >= 1)
        rows.append(
            {
                "ratio": ratio,
                "detected_pct": 100 * float(np.mean([each in wanted for each in found])),
                "shifts_pct": 100 * float((shifts_p < level).mean()),
                "median_ratio": float(np.exp(np.nanmedian(measured))),
            }
        )
    return pd.DataFrame(rows)


def verdicts(
    series: Floats,
    starts: Ints,
    lengths: Ints,
    shifts_p: Floats,
    measured: Floats,
    design: Design,
    *,
    margin: int,
) -> list[Verdict]:
    """The verdict on each series, from the p of its shifted calendars, its log ratio, and the other tests,
    which are made here.

    The matched test is the costly one. Where one of the other two sees no change the verdict can be
    neither lower nor higher whatever it says, and it is left out: such a series has the verdict of those
    two alone."""
    after, before = np.full((2, *starts.shape), np.nan)
    for length in np.unique(lengths):
        of_length = np.flatnonzero(lengths == length)
        for side, sums in zip((after, before), window_sums(series, int(length), design), strict=True):
            side[:, of_length] = np.take_along_axis(sums, starts[:, of_length], axis=1)
    t = averages(after, before, design)
    seen = np.flatnonzero((shifts_p < SURE) & (t.p < SURE))
    adjusted, adjusted_p = np.full((2, len(series)), np.nan)
    adjusted[seen], adjusted_p[seen] = matched_averages(
        series[seen], starts[seen], lengths, log_ratio(after, before)[seen], design, margin=margin
    )
    n_events = np.nansum(after + before, axis=1)
    return [
        verdict(
            p=float(shifts_p[row]),
            t_p=float(t.p[row]),
            ratio=float(np.exp(measured[row])),
            n=int(t.n[row]),
            n_events=float(n_events[row]),
            adjusted_p=float(adjusted_p[row]),
            adjusted_ratio=float(np.exp(adjusted[row])),
        )
        for row in range(len(series))
    ]


def detectable(curve: pd.DataFrame, *, share: float = 0.8) -> Detectable:
    """Where the curve of `power` crosses `share` on either side of 1, between the ratios tried (on the log
    scale)."""

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
    return Detectable(
        crossing(ordered[ordered["ratio"] <= 1].iloc[::-1]), crossing(ordered[ordered["ratio"] >= 1]), share
    )
