"""Weekly counts cut where their level changes: exact least squares, the number of cuts by a stated
criterion."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import ruptures  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.errors import Refusal

Measure = Literal["events", "fatalities"]
Criterion = Literal["LWZ", "BIC"]


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """How a daily series is cut into phases; `dataclasses.replace` varies one choice. Raises Refusal for a
    week that begins on no day, words that are none, and numbers that are not whole.

    - measure: events or fatalities, which decides on the scale (see `transform`).
    - min_weeks: the shortest phase, in weeks. max_breaks: the most breaks that are looked for.
    - criterion: how many breaks: LWZ (strict) or BIC (generous).
    - anchor: days after the first of the series on which the first week begins, 0 to 6."""

    measure: Measure = "events"
    min_weeks: int = 4
    criterion: Criterion = "LWZ"
    max_breaks: int = 10
    anchor: int = 0

    def __post_init__(self) -> None:
        problems = [f"week anchor {self.anchor}: allowed are 0 to 6"] if self.anchor not in range(7) else []
        problems += daily.whole("min_weeks", self.min_weeks, 1) + daily.whole(
            "max_breaks", self.max_breaks, 0
        )
        problems += (
            [f"criterion {self.criterion!r}: allowed are LWZ and BIC"]
            if self.criterion not in ("LWZ", "BIC")
            else []
        )
        problems += (
            [f"measure {self.measure!r}: allowed are events and fatalities"]
            if self.measure not in ("events", "fatalities")
            else []
        )
        if problems:
            raise Refusal(problems)


def weekly(counts: pd.Series, *, anchor: int) -> pd.Series:
    """Totals of whole weeks, indexed by the first day of each week.

    `anchor` (0 to 6) leaves out that many first days, which moves the day on which weeks begin. Days after
    the last whole week are left out as well: a short week would look like a fall.

    >>> weekly(pd.Series(1.0, index=pd.date_range("2020-01-01", periods=16)), anchor=0)
    2020-01-01    7.0
    2020-01-08    7.0
    Freq: 7D, dtype: float64
    """
    if anchor not in range(7):
        raise Refusal([f"week anchor {anchor}: allowed are 0 to 6"])
    numbers = daily.values(counts)[anchor:]
    n_weeks = len(numbers) // 7
    starts = counts.index[anchor : anchor + 7 * n_weeks : 7]
    return pd.Series(
        numbers[: 7 * n_weeks].reshape(n_weeks, 7).sum(axis=1),
        index=pd.DatetimeIndex(starts),
        name=counts.name,
    )


def transform(weeks: pd.Series, *, measure: Measure) -> Floats:
    """Weekly totals on a scale where their spread hardly depends on their level, shape (weeks,).

    Events: Anscombe's root 2·√(w + 3/8). Fatalities: log(1 + w), since one bombing can kill dozens: their
    variance grows faster than the mean and the root would not steady it.

    >>> transform(pd.Series([0.0, 10.0, 100.0]), measure="events").round(2)
    array([ 1.22,  6.44, 20.04])
    >>> transform(pd.Series([0.0, 10.0, 100.0]), measure="fatalities").round(2)
    array([0.  , 2.4 , 4.62])
    """
    numbers = weeks.to_numpy(dtype=float)
    return np.log1p(numbers) if measure == "fatalities" else 2.0 * np.sqrt(numbers + 0.375)


def cuts_of_each(series: Floats, *, n_breaks: int, min_weeks: int) -> Ints:
    """Where the best segmentation of each series (rows) with exactly `n_breaks` breaks begins a new segment,
    ascending; shape (rows, n_breaks). Exact least squares as in `segment`, by the same dynamic programming
    over all rows at once.

    >>> cuts_of_each(np.array([[0.0, 0, 0, 0, 9, 9, 9, 9, 9], [9, 9, 9, 9, 9, 9, 0, 0, 0]]), n_breaks=1,
    ...     min_weeks=2)
    array([[4],
           [6]])
    """
    n_rows, n = series.shape
    if (n_breaks + 1) * min_weeks > n:
        raise Refusal([f"segmentation: {n} weeks do not hold {n_breaks + 1} phases of {min_weeks} weeks"])
    total = np.zeros((n + 1, n_rows))
    np.cumsum(series.T, axis=0, out=total[1:])
    # the squares that a segment explains, sum² / length, have to be as large as they can: their rest is the
    # residual sum
    best = np.full((n_breaks + 1, n + 1, n_rows), -np.inf)
    places = np.arange(n + 1)[:, None]
    for week in range(min_weeks, n + 1):
        last = week - min_weeks + 1
        own = (total[week] - total[:last]) ** 2 / (week - places[:last])
        best[0, week] = own[0]
        for k in range(1, n_breaks + 1):
            if k * min_weeks < last:
                best[k, week] = (own[k * min_weeks :] + best[k - 1, k * min_weeks : last]).max(axis=0)
    cuts = np.empty((n_rows, n_breaks), dtype=np.int64)
    end, row = np.full(n_rows, n), np.arange(n_rows)
    for k in range(n_breaks, 0, -1):
        fits = (places >= k * min_weeks) & (places <= end - min_weeks)
        own = (total[end, row] - total) ** 2 / np.where(fits, end - places, 1)
        end = np.where(fits, best[k - 1] + own, -np.inf).argmax(axis=0)
        cuts[:, k - 1] = end
    return cuts


def residual_squares(x: Floats, cuts: list[int]) -> float:
    """The sum of squared distances from the mean of each segment."""
    starts = [0, *cuts]
    lengths = np.diff([*starts, len(x)])
    means = np.add.reduceat(x, starts) / lengths
    return float(((x - np.repeat(means, lengths)) ** 2).sum())


def segment(x: Floats, *, min_weeks: int, max_breaks: int) -> pd.DataFrame:
    """The best segmentation for each number of breaks: one row for k = 0 … `max_breaks` (fewer if they do not
    fit).

    Columns: n_breaks, rss, LWZ, BIC, cuts (list of positions where a new segment begins). Exact least squares
    by dynamic programming (`ruptures.KernelCPD`, linear kernel; the library's other searchers skip positions
    by default). With p = 2(k + 1): LWZ = n·ln(RSS / (n − p)) + p·0.299·(ln n)^2.1 (Liu, Wu & Zidek 1997,
    Statistica Sinica 7, in the form of Bai & Perron 2003, J. Applied Econometrics 18); BIC = n·ln(RSS / n) +
    p·ln n. A residual sum below rounding error counts as zero, so that a constant series keeps zero breaks.

    >>> found = segment(np.repeat([1.0, 5.0], 8), min_weeks=4, max_breaks=2)
    >>> found[["n_breaks", "rss", "cuts"]]
       n_breaks   rss    cuts
    0         0  64.0      []
    1         1   0.0     [8]
    2         2   0.0  [4, 8]
    >>> choose(found, criterion="LWZ")
    1
    """
    n = len(x)
    if min_weeks < 1 or n < min_weeks or n < 4:
        raise Refusal(
            [
                f"segmentation: {n} weeks with a shortest phase of {min_weeks}; at least 4 weeks and one"
                " whole phase are needed"
            ]
        )
    # two parameters a segment (mean and break, or mean and variance) must leave at least one week to spare
    largest = min(max_breaks, n // min_weeks - 1, (n - 1) // 2 - 1)
    all_cuts: list[list[int]] = [[]]
    if largest > 0:
        model = ruptures.KernelCPD(kernel="linear", min_size=min_weeks).fit(x)
        model.predict(n_bkps=largest)
        all_cuts += [[int(cut) for cut in model.segmentations_dict[k][:-1]] for k in range(1, largest + 1)]
    floor = n * (1e-9 * max(1.0, float(np.abs(x).max()))) ** 2
    rss = np.array([residual_squares(x, cuts) for cuts in all_cuts])
    kept = np.maximum(rss, floor)
    k = np.arange(len(all_cuts))
    p = 2 * (k + 1)
    return pd.DataFrame(
        {
            "n_breaks": k,
            "rss": rss,
            "LWZ": n * np.log(kept / (n - p)) + p * 0.299 * np.log(n) ** 2.1,
            "BIC": n * np.log(kept / n) + p * np.log(n),
            "cuts": all_cuts,
        }
    )


def choose(segmentations: pd.DataFrame, *, criterion: Criterion) -> int:
    """The number of breaks with the smallest criterion; of equal ones the smaller number."""
    if criterion not in ("LWZ", "BIC"):
        raise Refusal([f"criterion {criterion!r}: allowed are LWZ and BIC"])
    return int(segmentations["n_breaks"].iloc[int(np.argmin(segmentations[criterion].to_numpy()))])


def segmentations(counts: pd.Series, how: Segmentation) -> pd.DataFrame:
    """The frame of `segment` for the whole weeks of a daily series on the scale of its measure. Raises Refusal for
    counts that are not gapless days, and for fewer than four weeks."""
    if not isinstance(how, Segmentation):
        raise Refusal([f"segmentation: {type(how).__name__}, not phases.Segmentation(...)"])
    x = transform(weekly(counts, anchor=how.anchor), measure=how.measure)
    return segment(x, min_weeks=how.min_weeks, max_breaks=how.max_breaks)


def breaks(counts: pd.Series, how: Segmentation) -> pd.DataFrame:
    """The breaks of a daily series: one row each, by date.

    Columns: break_number (from 1), date (first day of the first week at the new level), week (position of
    that week), mean_before, mean_after (events or deaths a week in the two phases that meet there). No rows:
    one phase.

    >>> counts = pd.Series([0.0, 1.0] * 42 + [3.0, 4.0] * 42, index=pd.date_range("2020-01-01", periods=168))
    >>> breaks(counts, Segmentation(measure="events", criterion="LWZ", max_breaks=3))
       break_number       date  week  mean_before  mean_after
    0             1 2020-03-25    12          3.5        24.5
    """
    found = segmentations(counts, how)
    weeks = weekly(counts, anchor=how.anchor)
    cuts = list(found["cuts"].iloc[choose(found, criterion=how.criterion)])
    means = [float(part.mean()) for part in np.split(weeks.to_numpy(dtype=float), cuts)]
    return pd.DataFrame(
        {
            "break_number": np.arange(1, len(cuts) + 1),
            "date": pd.DatetimeIndex(weeks.index[cuts]),
            "week": np.array(cuts, dtype=np.int64),
            "mean_before": means[:-1],
            "mean_after": means[1:],
        }
    )
