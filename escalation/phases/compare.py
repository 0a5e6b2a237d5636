"""How far two ways of cutting the same months agree, and how far the choices behind a cut matter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.errors import Refusal
from escalation.phases.segment import Criterion, Measure, Segmentation, breaks
from escalation.phases.table import level, phase_days


def labels_of(days: pd.DatetimeIndex, phases: pd.DataFrame) -> Ints:
    """The phase in which each day lies, as a number: position of the row of `phases` (date_first, date_last),
    −1 in none. Where rows overlap, the later row has the day."""
    numbers = daily.numbers_of(days)
    labels = np.full(len(numbers), -1, dtype=np.int64)
    for row, (first, last) in enumerate(
        zip(daily.numbers_of(phases["date_first"]), daily.numbers_of(phases["date_last"]), strict=True)
    ):
        labels[(numbers >= first) & (numbers <= last)] = row
    return labels


def table_of(a: Ints, b: Ints) -> Floats:
    """How many days lie in each pair of phases."""
    rows, columns = np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1]
    out = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(out, (rows, columns), 1.0)
    return out


def adjusted_rand(a: Ints, b: Ints) -> float:
    """Agreement of two partitions by pairs of days, 1 for the same and 0 for labels dealt at random
    (Hubert & Arabie 1985, J. of Classification 2). Cuts of a period into runs of days agree far better
    than that by chance: read `rand_by_chance`. Two partitions of one phase each agree: 1."""
    return float(_rand(table_of(a, b)))


def _rand(tables: Floats) -> Floats:
    """The index of each table of `table_of`; shape (..., phases, phases) to (...)."""

    def pairs(days: Floats) -> Floats:
        return np.asarray(days * (days - 1) / 2)

    together = pairs(tables).sum(axis=(-2, -1))
    in_a, in_b = (pairs(tables.sum(axis=axis)).sum(axis=-1) for axis in (-1, -2))
    expected = in_a * in_b / pairs(tables.sum(axis=(-2, -1)))
    room = (in_a + in_b) / 2 - expected
    return np.asarray(np.where(room == 0, 1.0, (together - expected) / np.where(room == 0, 1.0, room)))


def covering(reference: Ints, other: Ints) -> float:
    """How well `other` covers the phases of `reference`: for each phase the best overlap over union with a
    phase of the other, weighted by length, 0 to 1 (Arbeláez et al. 2011, IEEE TPAMI 33; for changepoints van
    den Burg & Williams 2020)."""
    counts = table_of(reference, other)
    rows, columns = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
    return float((rows[:, 0] * (counts / (rows + columns - counts)).max(axis=1)).sum() / len(reference))


def agreement(days: pd.DatetimeIndex, cuts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Each pair of the named ways to cut the period: first, second, adjusted_rand, covering (of the first's
    phases by the second's), n_first, n_second (phases), n_days (on which both are defined).

    `cuts` maps a name to phases with date_first and date_last. Fine cuts of a coarse one lower the Rand index
    less than moved boundaries do: read both.

    >>> def cut(day):
    ...     first, last = pd.to_datetime(["2020-01-01", day]), pd.to_datetime([day, "2020-03-31"])
    ...     return pd.DataFrame({"date_first": first, "date_last": [last[0] - pd.Timedelta(days=1), last[1]]})
    >>> agreement(pd.date_range("2020-01-01", "2020-03-31"), {"by search": cut("2020-02-01"),
    ...     "by rule": cut("2020-02-10")}).round(2)
           first   second  adjusted_rand  covering  n_first  n_second  n_days
    0  by search  by rule           0.64      0.82        2         2      91
    """
    labels = {name: labels_of(days, phases) for name, phases in cuts.items()}
    names = list(cuts)
    rows = []
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            both = (labels[first] >= 0) & (labels[second] >= 0)
            if not both.any():
                raise Refusal([f"agreement of {first} and {second}: no day lies in both"])
            a, b = labels[first][both], labels[second][both]
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "adjusted_rand": adjusted_rand(a, b),
                    "covering": covering(a, b),
                    "n_first": len(np.unique(a)),
                    "n_second": len(np.unique(b)),
                    "n_days": int(both.sum()),
                }
            )
    return pd.DataFrame(rows)


class RandByChance(NamedTuple):
    """An adjusted Rand index among those of random cuts: the index, the median and 95 % of the random
    ones, the share of them that are below it in per cent (half of those that equal it), and how many were
    drawn."""

    value: float
    middle: float
    high: float
    percentile: float
    n: int


def rand_by_chance(
    days: pd.DatetimeIndex,
    ours: pd.DataFrame,
    other: pd.DataFrame,
    *,
    draws: int,
    rng: np.random.Generator,
    shortest_days: int = 1,
) -> RandByChance:
    """The agreement of two ways to cut (`adjusted_rand`, phases with date_first and date_last) beside that of
    ours with random cuts of the same days into as many runs as the other has, every set of boundaries alike,
    none nearer than `shortest_days`.

    Any two cuts of a period into long runs share most pairs of days: in the median random cuts into six
    score about 0.45 with six phases of this report, not 0. Raises Refusal where no day lies in both, or
    where so many runs do not fit."""
    a, b = labels_of(days, ours), labels_of(days, other)
    both = (a >= 0) & (b >= 0)
    if not both.any():
        raise Refusal(["agreement with random cuts: no day lies in both"])
    a, b = a[both], b[both]
    n, n_runs = len(a), len(np.unique(b))
    free = n - n_runs * shortest_days
    if free < 0:
        raise Refusal(
            [f"agreement with random cuts: {n} days do not hold {n_runs} runs of {shortest_days} days"]
        )
    # boundaries at least so far apart are boundaries among fewer days, spread out again
    starts = np.array(
        [np.sort(rng.choice(free + n_runs - 1, n_runs - 1, replace=False)) for _ in range(draws)]
    ).reshape(draws, -1)
    starts = starts - np.arange(n_runs - 1) + shortest_days * np.arange(1, n_runs)
    # days of each of our phases before each day; what lies between two boundaries is a difference
    before = np.pad(np.cumsum(a[:, None] == np.arange(a.max() + 1), axis=0), ((1, 0), (0, 0)))
    ends = np.pad(starts, ((0, 0), (1, 1)), constant_values=(0, n))
    drawn = _rand(np.diff(before[ends], axis=1))
    value = adjusted_rand(a, b)
    below, same = (drawn < value - 1e-12).mean(), (np.abs(drawn - value) <= 1e-12).mean()
    middle, high = np.quantile(drawn, [0.5, 0.95])
    return RandByChance(value, float(middle), float(high), 100 * float(below + same / 2), draws)


def threshold_phases(counts: pd.Series, *, smooth_days: int = 28, min_days: int = 28) -> pd.DataFrame:
    """Phases by a plain rule, no search: the centred mean of `smooth_days` is low, middle or high by the
    bounds of `table.level`; runs shorter than `min_days` join the run before them. Columns: phase,
    date_first, date_last, days, level.

    At the ends of the series the mean is taken over the days there are.

    >>> counts = pd.Series(np.repeat([1.0, 5.0], 60), index=pd.date_range("2020-01-01", periods=120))
    >>> threshold_phases(counts)
       phase date_first  date_last  days level
    0      1 2020-01-01 2020-03-11    71   low
    1      2 2020-03-12 2020-04-29    49  high
    """
    numbers = daily.values(counts)
    half = smooth_days // 2
    smooth = pd.Series(numbers).rolling(2 * half + 1, center=True, min_periods=half + 1).mean().to_numpy()
    names = np.array([level(float(value), float(numbers.mean())) for value in smooth])
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), len(names)]
    runs: list[tuple[int, int, str]] = []
    for first, end in pairwise(starts):
        name = str(names[first])
        if runs and (end - first < min_days or runs[-1][2] == name):
            runs[-1] = (runs[-1][0], end, runs[-1][2])
        elif runs or end - first >= min_days or end == len(names):
            runs.append((first, end, name))
        else:
            # a short run at the very beginning has none before it: it joins the next
            runs.append((first, end, str(names[end])))
    days = pd.DatetimeIndex(counts.index)
    return pd.DataFrame(
        {
            "phase": np.arange(1, len(runs) + 1),
            "date_first": days[[first for first, _, _ in runs]],
            "date_last": days[[end - 1 for _, end, _ in runs]],
            "days": [end - first for first, end, _ in runs],
            "level": [name for _, _, name in runs],
        }
    )


def daily_levels(counts: pd.Series, phases: pd.DataFrame) -> pd.Series:
    """The level (low, middle, high) of the phase each day lies in, indexed by day."""
    numbers = daily.values(counts)
    labels = labels_of(pd.DatetimeIndex(counts.index), phases)
    means = {row: float(numbers[labels == row].mean()) for row in np.unique(labels) if row >= 0}
    names = [level(means[row], float(numbers.mean())) if row >= 0 else "none" for row in labels.tolist()]
    return pd.Series(names, index=counts.index, dtype="str")


def sensitivity(
    series: Mapping[str, tuple[pd.Series, Measure]],
    how: Segmentation,
    *,
    reference: str,
    min_weeks: Sequence[int],
    criteria: Sequence[Criterion],
) -> pd.DataFrame:
    """The phases under other choices: one row a series, shortest phase and criterion; all else as in `how`.

    `series` maps a name ("ucdp events", "airwars", a governorate …) to counts and measure. The reference is
    the series of that name with the shortest phase and criterion of `how`. Columns: series, min_weeks,
    criterion, n_breaks, dates (ISO, " | "), level_changed_pct (share of days whose level — low, middle, high,
    against the mean of their own series — differs from the reference's), covering (of the reference's
    phases), is_reference."""
    counts, measure = series[reference]
    days = pd.DatetimeIndex(counts.index)
    base = phase_days(counts, breaks(counts, replace(how, measure=measure)))
    base_levels, base_labels = daily_levels(counts, base), labels_of(days, base)
    rows = []
    for name, (other, by) in series.items():
        if not other.index.equals(counts.index):
            raise Refusal([f"sensitivity: series {name} and {reference} do not stand on the same days"])
        for weeks in min_weeks:
            for criterion in criteria:
                found = breaks(other, replace(how, measure=by, min_weeks=weeks, criterion=criterion))
                phases = phase_days(other, found)
                rows.append(
                    {
                        "series": name,
                        "min_weeks": weeks,
                        "criterion": criterion,
                        "n_breaks": len(found),
                        "dates": " | ".join(found["date"].dt.strftime("%Y-%m-%d")),
                        "level_changed_pct": 100 * float((daily_levels(other, phases) != base_levels).mean()),
                        "covering": covering(base_labels, labels_of(days, phases)),
                        "is_reference": (name, weeks, criterion) == (reference, how.min_weeks, how.criterion),
                    }
                )
    return pd.DataFrame(rows)
