"""Talks gathered into episodes, and each episode's week before and after: the unit of every comparison."""

import textwrap
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Bools, Floats, Ints
from escalation.errors import Refusal
from escalation.timing.design import Design, Statistic, anchored, check_window, margin_of

HALF = 0.5  # added to every window sum, so that an empty week gives a large ratio and not an infinite one


class Ratio(NamedTuple):
    """A ratio over episodes: its 90 % interval, the p of "it is 1" by Student's t, and how many episodes
    rise, of how many."""

    ratio: float
    low: float
    high: float
    p: float
    n: int
    n_rising: int


def episodes(talks: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Talks no more than a window apart become one episode, since their windows would be each other's.

    `talks`: talk_id, date_first, date_last. Columns: episode (from 1), date_first, date_last, days, n_talks,
    talk_ids (" | "), gap_days (days from the last day of the episode before to the first of this one; blank
    for the first).

    >>> day = pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"])
    >>> talks = pd.DataFrame({"talk_id": ["a", "b", "c"], "date_first": day, "date_last": day})
    >>> episodes(talks, Design(window_days=7))[["episode", "days", "talk_ids"]]
       episode  days talk_ids
    0        1     5    a | b
    1        2     1        c
    """
    daily.needs(talks, "talks", ["talk_id"], dates=["date_first", "date_last"])
    ordered = anchored(talks, design).sort_values(["date_first", "date_last", "talk_id"], ignore_index=True)
    first, last = daily.numbers_of(ordered["date_first"]), daily.numbers_of(ordered["date_last"])
    wrong = [str(name) for name, turned in zip(ordered["talk_id"], last < first, strict=True) if turned]
    if wrong:
        raise Refusal([f"talks, {name}: date_last is before date_first" for name in wrong])
    groups = ordered.groupby(np.cumsum(opens(first, last, design.window_days)), sort=True)
    spans = pd.DataFrame(
        {
            "date_first": groups["date_first"].min(),
            "date_last": groups["date_last"].max(),
            "n_talks": groups.size(),
            "talk_ids": groups["talk_id"].agg(" | ".join),
        }
    ).reset_index(drop=True)
    starts, ends = daily.numbers_of(spans["date_first"]), daily.numbers_of(spans["date_last"])
    spans.insert(0, "episode", np.arange(1, len(spans) + 1))
    spans.insert(3, "days", ends - starts + 1)
    spans["gap_days"] = pd.array([pd.NA, *(starts[1:] - ends[:-1]).tolist()][: len(spans)], dtype="Int64")
    return spans


def opens(first: Ints, last: Ints, window_days: int) -> Bools:
    """Which of these talks, in order of their first days, begin an episode: those more than a window after
    the last day of all before them."""
    reached = np.maximum.accumulate(last) if len(last) else last
    return np.asarray(np.r_[True, first[1:] - reached[:-1] > window_days][: len(first)], dtype=bool)


def episode_titles(spans: pd.DataFrame, talks: pd.DataFrame, *, whole: bool = False) -> list[str]:
    """A label for each episode: its first day and what its first talk was called, 46 letters at most; `whole`:
    the title uncut, and how many talks followed. `talks`: talk_id, title."""
    titles = talks.set_index("talk_id")["title"]
    labels = []
    for day, ids in zip(spans["date_first"], spans["talk_ids"].str.split(" | ", regex=False), strict=True):
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        title = titles[ids[0]] + more if whole else textwrap.shorten(titles[ids[0]], 31, placeholder=" …")
        labels.append(f"{day.day} {day:%b %Y}, {title}")
    return labels


def placed(counts: pd.Series, spans: pd.DataFrame, design: Design | None = None) -> tuple[Ints, Ints]:
    """First days of the episodes as positions in the counts, and their lengths in days. Raises Refusal for
    episodes outside the counts, or before the first day of the design."""
    daily.needs(spans, "episodes (see timing.episodes)", (), dates=["date_first", "date_last"])
    first = daily.positions(counts, spans["date_first"])
    lengths = daily.positions(counts, spans["date_last"]) - first + 1
    margin = margin_of(counts, design) if design else 0
    outside = (first < margin) | (first + lengths > len(counts))
    if outside.any():
        dates = spans["date_first"][outside].dt.strftime("%Y-%m-%d")
        covered = f"{counts.index[margin]:%Y-%m-%d} to {counts.index[-1]:%Y-%m-%d}"
        raise Refusal([f"episode of {date}: outside the counts ({covered})" for date in dates])
    return first, lengths


def day_sums(numbers: Floats, first: int, last: int) -> Floats:
    """For each day of the series the sum over the days `first` … `last` from it (0 is the day itself), in the
    shape of `numbers` (…, days); blank where these days leave the series or one of them is blank.

    >>> day_sums(np.array([1.0, 2.0, 4.0, 8.0]), -1, 0)
    array([nan,  3.,  6., 12.])
    """
    n = numbers.shape[-1]
    unknown = np.isnan(numbers)
    out = np.full(numbers.shape, np.nan)
    held = slice(max(0, -first), max(0, -first, min(n, n - last)))

    def sums(days: Floats) -> Floats:
        total = np.pad(np.cumsum(days, axis=-1), [*[(0, 0)] * (days.ndim - 1), (1, 0)])
        return np.asarray(
            total[..., held.start + last + 1 : held.stop + last + 1]
            - total[..., held.start + first : held.stop + first]
        )

    if unknown.any():
        out[..., held] = np.where(
            sums(unknown.astype(float)) == 0, sums(np.where(unknown, 0.0, numbers)), np.nan
        )
    else:
        out[..., held] = sums(numbers)
    return out


def window_sums(numbers: Floats, length: int, design: Design) -> tuple[Floats, Floats]:
    """For an episode of `length` days that begins on each day of the series in turn: the sum after and the
    sum before, each in the shape of `numbers` (…, days); blank where the window leaves the series or holds a
    blank day.

    side "after": days +1 … +w counted from the last day against −w … −1 counted from the first; the days of
    the talks are in neither. side "before": days −w … −1 against −2w … −w−1."""
    width = design.window_days
    near = day_sums(numbers, -width, -1)
    if design.side == "before":
        return near, day_sums(numbers, -2 * width, -width - 1)
    return day_sums(numbers, length, length + width - 1), near


def log_ratio(after: Floats, before: Floats) -> Floats:
    """ln((after + ½) / (before + ½))."""
    return np.asarray(np.log((after + HALF) / (before + HALF)), dtype=float)


def contrast(counts: pd.Series, spans: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Each episode's two windows: the columns episode, date_first, date_last of `spans` and n_before,
    n_after, log_ratio, ratio, is_full_window.

    `counts` may begin before the talks do: windows read that margin. With side "before" n_after holds days −w
    … −1 and n_before −2w … −w−1. An episode with a window that leaves the counts keeps its row, with
    is_full_window false and the sum of that window blank; no average counts it.

    >>> counts = pd.Series([2.0] * 30 + [1.0] * 30, index=pd.date_range("2020-01-01", periods=60))
    >>> day = pd.to_datetime(["2020-01-15", "2020-01-31", "2020-02-25"])
    >>> talks = pd.DataFrame({"talk_id": ["a", "b", "c"], "date_first": day, "date_last": day})
    >>> week = Design(window_days=7)
    >>> contrast(counts, episodes(talks, week), week)[["episode", "n_before", "n_after", "ratio",
    ...     "is_full_window"]].round(2)
       episode  n_before  n_after  ratio  is_full_window
    0        1      14.0     14.0   1.00            True
    1        2      14.0      7.0   0.52            True
    2        3       7.0      NaN    NaN           False
    """
    numbers = daily.values(counts)
    check_window(counts, design)
    daily.needs(spans, "episodes (see timing.episodes)", ["episode"])
    first, lengths = placed(counts, spans, design)
    rows = [window_sums(numbers, int(length), design) for length in lengths]
    picked = np.array(
        [[sums[start] for sums in row] for row, start in zip(rows, first, strict=True)]
    ).reshape(-1, 2)
    after, before = picked[:, 0], picked[:, 1]
    logs = log_ratio(after, before)
    return spans[["episode", "date_first", "date_last"]].assign(
        n_before=before, n_after=after, log_ratio=logs, ratio=np.exp(logs), is_full_window=~np.isnan(logs)
    )


def log_average(after: Floats, before: Floats, kept: Floats, *, statistic: Statistic) -> Floats:
    """The logarithm of the typical or pooled ratio over the last axis, counting only what is kept (0 or 1).

    typical: mean of the log ratios, each episode alike. pooled: ln((ΣA + ½) / (ΣB + ½)), ruled by the most
    violent episodes. Blank where nothing is kept."""
    n = kept.sum(axis=-1)
    if statistic == "pooled":
        value = log_ratio((after * kept).sum(axis=-1), (before * kept).sum(axis=-1))
    else:
        value = (log_ratio(after, before) * kept).sum(axis=-1) / np.maximum(n, 1)
    return np.asarray(np.where(n > 0, value, np.nan), dtype=float)


def counted(contrasts: pd.DataFrame) -> pd.DataFrame:
    """The episodes with full windows."""
    return contrasts[contrasts["is_full_window"]]


def without_each(contrasts: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The ratio over the other episodes, for each one left out: episode, date_first, ratio_without. Read its
    range."""
    used = counted(contrasts)
    n = len(used)
    after, before = (np.tile(used[name].to_numpy(dtype=float), (n, 1)) for name in ("n_after", "n_before"))
    logs = log_average(after, before, 1.0 - np.eye(n), statistic=design.statistic)
    return used[["episode", "date_first"]].assign(ratio_without=np.exp(logs)).reset_index(drop=True)


def average(contrasts: pd.DataFrame, design: Design, *, level: float = 0.90) -> Ratio:
    """The typical or pooled ratio over episodes with its t-interval.

    Only episodes with full windows count. The standard error is that of the jackknife over episodes, which
    for the typical ratio is the ordinary s/√n. A percentile bootstrap would be too narrow for 20 rounds
    (METHODS 2.3). With one episode the interval and p are blank.

    >>> rows = pd.DataFrame({"n_before": [10, 4, 7, 9], "n_after": [5, 4, 3, 6], "is_full_window": [True,
    ...     True, True, False]})
    >>> rows = rows.assign(episode=[1, 2, 3, 4], date_first=pd.date_range("2020-01-01", periods=4, freq="MS"))
    >>> found = average(rows, Design(window_days=7))
    >>> f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f}), {found.n_rising} of {found.n} rise"
    '0.63 (0.31 to 1.25), 0 of 3 rise'
    """
    used = counted(contrasts)
    n = len(used)
    after, before = used["n_after"].to_numpy(dtype=float), used["n_before"].to_numpy(dtype=float)
    rising = int((after > before).sum())
    point = float(log_average(after, before, np.ones(n), statistic=design.statistic))
    if n < 2:
        return Ratio(float(np.exp(point)), np.nan, np.nan, np.nan, n, rising)
    left = np.log(without_each(contrasts, design)["ratio_without"].to_numpy(dtype=float))
    error = float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))
    reach = error * float(stats.t.ppf(0.5 + level / 2, n - 1))
    p = float(2 * stats.t.sf(abs(point) / error, n - 1)) if error > 0 else (1.0 if point == 0 else 0.0)
    return Ratio(
        float(np.exp(point)), float(np.exp(point - reach)), float(np.exp(point + reach)), p, n, rising
    )
