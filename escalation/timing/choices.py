"""Every choice a reader may make about the comparison, computed at once: counts, talks, days, statistic and
anchor. Each number equals what `estimate` gives for the same choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Bools, Floats, Ints
from escalation.timing.design import Anchor, Design, Statistic, anchored, margin_of
from escalation.timing.episodes import HALF, day_sums, log_ratio, opens
from escalation.timing.heterogeneity import FEWEST_SPREAD, ordinary_dispersion
from escalation.timing.matching import N_MATCHES, matched_days, similar_to
from escalation.timing.shifts import band, tail_p
from escalation.timing.verdicts import FEWEST, verdict

DIMENSIONS = ("series", "talks_set", "anchor", "window_days", "statistic")
LEVEL = 0.90  # of every interval
STATISTICS: tuple[Statistic, ...] = ("typical", "pooled")
NAMES = [
    "series",
    "talks_set",
    "anchor",
    "window_days",
    "left_out",
    "n_episodes",
    "statistic",
    "n",
    "n_rising",
    "rising_expected",
    "rising_low",
    "rising_high",
    "rising_p",
    "ratio",
    "low",
    "high",
    "t_p",
    "p",
    "band_low",
    "band_high",
    "n_shifts",
    "adjusted",
    "adjusted_p",
    "single_low",
    "single_high",
    "verdict",
]


class _Block(NamedTuple):
    """One calendar of talks in several counts, windows of one length: what is summed over later."""

    names: tuple[
        tuple[str, str, str, int, object], ...
    ]  # of each row: series, talks_set, anchor, days, left out
    n_episodes: int
    after: Floats  # (series, episodes), blank where a window leaves the counts
    before: Floats
    matched: Floats  # (series, episodes): mean log ratio of the days most like it; blank where there are none
    shifted: Floats  # (series, statistics, shifts): log ratio of the calendar on every date, 0 as it was
    rising: Floats  # (series, shifts): episodes with more after than before
    dispersion: Floats  # (series,)


def choices(
    series: Mapping[str, pd.Series],
    sets: Mapping[str, pd.DataFrame],
    design: Design,
    *,
    windows_days: Sequence[int],
    anchors: Sequence[Anchor] = ("both", "start", "end"),
) -> pd.DataFrame:
    """One row for each choice of counts, talks, days, anchor and statistic.

    `series`: daily counts by name, each with a margin of its own before the design's first day; `sets`: talks
    by name (talk_id, date_first, date_last). Columns: series, talks_set, anchor, window_days, left_out (blank
    here), n_episodes, statistic, n (episodes with full windows), n_rising, rising_expected, rising_low,
    rising_high, rising_p (what other dates give for n_rising), ratio, low, high (90 %), t_p, p, band_low,
    band_high (nine in ten of the other dates), n_shifts, adjusted, adjusted_p (against similar days without
    talks), single_low, single_high (one further episode), verdict. A set without talks in the window has rows
    with n 0. Method: that of `estimate`, `heterogeneity` and `rising_by_chance`, over arrays."""
    return _table(_blocks(series, sets, design, windows_days, anchors, each_left_out=False))


def choices_without_each(
    series: Mapping[str, pd.Series], talks: pd.DataFrame, design: Design, *, windows_days: Sequence[int]
) -> pd.DataFrame:
    """The rows of `choices` with one episode left out, for each in turn: left_out is its number."""
    anchors = (design.anchor,)
    return _table(
        _blocks(series, {design.talks_set: talks}, design, windows_days, anchors, each_left_out=True)
    )


class Moves(NamedTuple):
    """A choice, and the lowest and highest mean ratio (of logs) among what it may be; blank without a ratio."""

    name: str
    low: float
    high: float


def spans(
    talks: pd.DataFrame, days: pd.DatetimeIndex, *, anchor: Anchor, windows_days: Sequence[int]
) -> list[list[tuple[int, int]]]:
    """Where in `days` each episode begins and how many days it has, for each of the windows: what `episodes`
    gives, over arrays. `talks`: date_first, date_last."""
    dates = anchored(talks, Design(window_days=1, anchor=anchor))
    placed = _positions(dates, pd.Series(0.0, index=days))
    found = (_episodes(*placed, width) for width in windows_days)
    return [list(zip(first.tolist(), lengths.tolist(), strict=True)) for first, lengths in found]


def alike(grid: pd.DataFrame, key: str) -> int:
    """How many choices give this verdict."""
    return int((grid["verdict"] == key).sum())


def moves_most(grid: pd.DataFrame) -> Moves:
    """Which of the choices moves the ratio most: the one between whose values the mean log ratio differs most,
    over all that the others may be; rows with fewer than 5 episodes or none aside."""
    held = grid[(grid["n"] >= FEWEST) & grid["ratio"].notna()]
    found = []
    for name in DIMENSIONS:
        middle = np.log(held["ratio"]).groupby(held[name]).mean()
        if len(middle) > 1:
            found.append(Moves(name, float(np.exp(middle.min())), float(np.exp(middle.max()))))
    return max(found, key=lambda each: each.high / each.low, default=Moves("", np.nan, np.nan))


def _blocks(
    series: Mapping[str, pd.Series],
    sets: Mapping[str, pd.DataFrame],
    design: Design,
    windows_days: Sequence[int],
    anchors: Sequence[Anchor],
    *,
    each_left_out: bool,
) -> Iterator[_Block]:
    """Counts that begin on the same day are computed side by side."""
    dates = {
        (name, anchor): anchored(talks, replace(design, anchor=anchor))
        for name, talks in sets.items()
        for anchor in anchors
    }
    for begin in sorted({counts.index[0] for counts in series.values()}):
        names = tuple(name for name, counts in series.items() if counts.index[0] == begin)
        stack = np.array([daily.values(series[name]) for name in names])
        example = series[names[0]]
        margin = margin_of(example, design)
        placed = {calendar: _positions(talks, example) for calendar, talks in dates.items()}
        for width in windows_days:
            of_width = replace(design, window_days=width)
            spread = np.array([ordinary_dispersion(series[name], of_width) for name in names])
            days = _Days(stack, of_width, margin)
            for (set_name, anchor), (first_days, last_days) in placed.items():
                first, lengths = _episodes(first_days, last_days, width)
                kept = [np.ones(len(first), dtype=bool)]
                labels: list[object] = [None]
                if each_left_out:
                    kept, labels = list(~np.eye(len(first), dtype=bool)), list(range(1, len(first) + 1))
                for label, mask in zip(labels, kept, strict=True):
                    rows = tuple((name, set_name, str(anchor), width, label) for name in names)
                    yield _block(rows, days, first[mask], lengths[mask], spread)


class _Days:
    """What windows of one length give around every day of the counts, kept for all calendars of talks."""

    def __init__(self, stack: Floats, design: Design, margin: int) -> None:
        self.stack, self.design, self.margin = stack, design, margin
        self.before = day_sums(stack, -design.window_days, -1)
        self.similar = similar_to(stack, design)
        self._after: dict[int, tuple[Floats, Bools, list[Floats]]] = {}

    def after(self, length: int) -> tuple[Floats, Bools, list[Floats]]:
        """For an episode of `length` days on each day in turn: the sum after it; whether both windows are whole;
        and twice in a row, blanks as 0, so that a shift is a slice: log ratio, after, before, whole, more after."""
        if length not in self._after:
            later, near = day_sums(self.stack, length, length + self.design.window_days - 1), self.before
            kept = ~np.isnan(later + near)
            parts = (log_ratio(later, near), later, near, 1.0, later > near + 1e-9)
            twice = [
                np.concatenate([np.where(kept, part, 0.0)[:, self.margin :]] * 2, axis=1) for part in parts
            ]
            self._after[length] = later, kept, twice
        return self._after[length]


def _positions(talks: pd.DataFrame, counts: pd.Series) -> tuple[Ints, Ints]:
    """First and last days as positions in the counts, in order."""
    first = daily.positions(counts, talks["date_first"])
    last = daily.positions(counts, talks["date_last"])
    order = np.lexsort((last, first))
    return first[order], last[order]


def _episodes(first: Ints, last: Ints, window_days: int) -> tuple[Ints, Ints]:
    """First positions and lengths of the episodes, as `episodes` and `placed` give them. `first`, `last`: of
    the talks, in order."""
    begins = np.flatnonzero(opens(first, last, window_days))
    if not len(begins):
        return first, first
    return first[begins], np.maximum.reduceat(last, begins) - first[begins] + 1


def _block(
    rows: tuple[tuple[str, str, str, int, object], ...],
    days: _Days,
    first: Ints,
    lengths: Ints,
    spread: Floats,
) -> _Block:
    n_series, n = len(days.stack), days.stack.shape[1] - days.margin
    after, before = np.full((2, n_series, len(first)), np.nan)
    logs, above, below, n_kept, rising, n_hits = np.zeros((6, n_series, n))
    for length in np.unique(lengths):
        later, kept, (*parts, more) = days.after(int(length))
        for place in np.flatnonzero(lengths == length):
            start = first[place] - days.margin
            after[:, place], before[:, place] = later[:, first[place]], days.before[:, first[place]]
            for total, part in zip((logs, above, below, n_kept), parts, strict=True):
                total += part[:, start : start + n]
            # an episode whose windows are cut is in no count "k of n", on whatever date
            own = kept[:, first[place]]
            rising[own] += more[own, start : start + n]
            n_hits[own] += parts[3][own, start : start + n]
    with np.errstate(divide="ignore", invalid="ignore"):
        rising *= n_hits[:, :1] / n_hits  # as `base_rates.hits_of_all` does
        typical = np.where(n_kept > 0, logs / np.maximum(n_kept, 1), np.nan)
        pooled = np.where(n_kept > 0, log_ratio(above, below), np.nan)
    alike = np.full((n_series, len(first)), np.nan)
    if len(first):
        starts = np.broadcast_to(first, (n_series, len(first)))
        similar, of_day = matched_days(
            days.similar, starts, lengths, days.design, margin=days.margin, n_matches=N_MATCHES
        )
        found = np.where(similar >= 0, np.take_along_axis(of_day[:, None], similar.clip(0), axis=2), 0.0)
        n_found = (similar >= 0).sum(axis=2)
        alike = np.where(n_found > 0, found.sum(axis=2) / np.maximum(n_found, 1), np.nan)
    return _Block(rows, len(first), after, before, alike, np.stack([typical, pooled], axis=1), rising, spread)


def _table(blocks: Iterator[_Block]) -> pd.DataFrame:
    found = list(blocks)
    if not found:
        return pd.DataFrame(columns=NAMES)
    widest = max(block.n_episodes for block in found)

    def padded(name: str) -> Floats:
        """(rows, episodes), blank beyond the last episode of a row."""
        out = np.full((sum(len(block.names) for block in found), widest), np.nan)
        at = 0
        for block in found:
            out[at : at + len(block.names), : block.n_episodes] = getattr(block, name)
            at += len(block.names)
        return out

    labels = [(*label, block.n_episodes) for block in found for label in block.names]
    after, before, alike = padded("after"), padded("before"), padded("matched")
    shifted = np.concatenate([block.shifted for block in found])
    known = {"series": "", "talks_set": "", "anchor": "", "window_days": 0, "left_out": None, "n_episodes": 0}
    rows = pd.DataFrame(labels, columns=list(known))
    rows["left_out"] = rows["left_out"].astype("Int64")
    rows["dispersion"] = np.concatenate([block.dispersion for block in found])
    logs = log_ratio(after, before)
    kept = ~np.isnan(logs)
    rows = rows.assign(n=kept.sum(axis=1), n_rising=(kept & (after > before)).sum(axis=1))
    rows = rows.assign(**_other_dates(np.concatenate([block.rising for block in found]), rows))
    rows = rows.assign(**_against_alike(logs, alike), **_single(rows, after, before, logs, kept))
    rows["in_windows"] = np.nansum(np.where(kept, after + before, 0.0), axis=1)
    of_statistic = [
        rows.assign(
            statistic=name, **_average(after, before, logs, kept, name), **_placebo(shifted[:, place])
        )
        for place, name in enumerate(STATISTICS)
    ]
    whole = pd.concat(of_statistic, ignore_index=True)
    asked = ("p", "t_p", "ratio", "n", "in_windows", "adjusted_p", "adjusted")
    columns = zip(*(whole[name].tolist() for name in asked), strict=True)
    whole["verdict"] = [
        verdict(p=p, t_p=t_p, ratio=ratio, n=n, n_events=held, adjusted_p=adjusted_p, adjusted_ratio=adjusted)
        for p, t_p, ratio, n, held, adjusted_p, adjusted in columns
    ]
    return whole[NAMES]


def _mean(values: Floats, kept: Floats) -> Floats:
    return np.asarray(np.where(kept, values, 0.0).sum(axis=1) / np.maximum(kept.sum(axis=1), 1), dtype=float)


def _t_interval(middle: Floats, error: Floats, n: Ints) -> tuple[Floats, Floats, Floats]:
    """Low, high (90 %) and two-sided p of "it is 0"; blank for fewer than two."""
    freedom = np.maximum(n - 1, 1)
    reach = error * stats.t.ppf(0.5 + LEVEL / 2, freedom)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(middle) / error, freedom)
    p = np.where(error > 0, p, np.where(middle == 0, 1.0, 0.0))
    low, high, p = (np.where(n < 2, np.nan, each) for each in (middle - reach, middle + reach, p))
    return low, high, p


def _average(
    after: Floats, before: Floats, logs: Floats, kept: Floats, statistic: Statistic
) -> dict[str, Floats]:
    """As `episodes.average`: the ratio, its interval by the jackknife over episodes, Student's p."""
    n = kept.sum(axis=1)
    if statistic == "typical":
        parts = np.where(kept, logs, 0.0)
        point = parts.sum(axis=1) / np.maximum(n, 1)
        left = (parts.sum(axis=1, keepdims=True) - parts) / np.maximum(n - 1, 1)[:, None]
    else:
        above, below = (np.where(kept, part, 0.0) for part in (after, before))
        point = log_ratio(above.sum(axis=1), below.sum(axis=1))
        left = log_ratio(above.sum(axis=1, keepdims=True) - above, below.sum(axis=1, keepdims=True) - below)
    apart = np.where(kept, left - _mean(left, kept)[:, None], 0.0)
    error = np.sqrt((n - 1) / np.maximum(n, 1) * (apart**2).sum(axis=1))
    low, high, t_p = _t_interval(point, error, n)
    ratio = np.where(n > 0, np.exp(point), np.nan)
    return {"ratio": ratio, "low": np.exp(low), "high": np.exp(high), "t_p": t_p}


def _placebo(lines: Floats) -> dict[str, Floats]:
    """As `shifts.shift_test`: exact p of the calendar as it was among its shifts, and nine in ten of them."""
    low, _, high = np.exp(band(lines[:, 1:].T))
    p = np.array([tail_p(float(line[0]), line[1:]) for line in lines])
    return {"p": p, "band_low": low, "band_high": high, "n_shifts": (~np.isnan(lines[:, 1:])).sum(axis=1)}


def _other_dates(rising: Floats, rows: pd.DataFrame) -> dict[str, Floats]:
    """As `base_rates.by_chance`: what the other dates give for the number of episodes that rose."""
    others, none = rising[:, 1:], rows["n"].to_numpy() == 0
    ordered, n_known = np.sort(others, axis=1), (~np.isnan(others)).sum(axis=1)
    low, high = (
        ordered[np.arange(len(others)), np.maximum(np.ceil(share * n_known - 1e-9).astype(int) - 1, 0)]
        for share in (0.05, 0.95)
    )
    p = np.array([tail_p(float(k), line) for k, line in zip(rows["n_rising"], others, strict=True)])
    found = {
        "rising_expected": _mean(others, ~np.isnan(others)),
        "rising_low": low,
        "rising_high": high,
        "rising_p": p,
    }
    return {name: np.where(none, np.nan, each) for name, each in found.items()}


def _against_alike(logs: Floats, alike: Floats) -> dict[str, Floats]:
    """As `matching.adjusted_ratio`."""
    apart = logs - alike
    kept = ~np.isnan(apart)
    n, middle = kept.sum(axis=1), _mean(apart, kept)
    spread = np.where(kept, apart - middle[:, None], 0.0)
    error = np.sqrt((spread**2).sum(axis=1) / np.maximum(n - 1, 1) / np.maximum(n, 1))
    *_, p = _t_interval(middle, error, n)
    return {"adjusted": np.where(n > 0, np.exp(middle), np.nan), "adjusted_p": p}


def _single(
    rows: pd.DataFrame, after: Floats, before: Floats, logs: Floats, kept: Floats
) -> dict[str, Floats]:
    """As `heterogeneity.heterogeneity`: nine in ten of the true ratios of one further episode."""
    n = kept.sum(axis=1)
    some = n >= FEWEST_SPREAD
    variance = rows["dispersion"].to_numpy()[:, None] * (1 / (after + HALF) + 1 / (before + HALF))
    blank = np.full(len(rows), np.nan)
    found = {"single_low": blank.copy(), "single_high": blank.copy()}
    if some.any():
        tau_squared = _tau_squared(logs[some], variance[some])
        weights = 1 / (variance[some] + tau_squared[:, None])
        total = np.nansum(weights, axis=1)
        middle = np.nansum(weights * logs[some], axis=1) / total
        reach = np.sqrt(tau_squared + 1 / total) * stats.t.ppf(0.5 + LEVEL / 2, n[some] - 2)
        found["single_low"][some], found["single_high"][some] = np.exp(middle - reach), np.exp(middle + reach)
    return found


def _tau_squared(effects: Floats, variances: Floats) -> Floats:
    """The variance between episodes by Paule and Mandel for many rows at once, by the steps of `statsmodels`'
    `combine_effects(method_re="iterated")`, which takes one row at a time and a thousand times as long."""
    freedom = (~np.isnan(effects)).sum(axis=1) - 1
    found = np.zeros(len(effects))
    going = np.ones(len(effects), dtype=bool)
    for _ in range(50):
        weights = 1 / (variances[going] + found[going, None])
        middle = np.nansum(weights * effects[going], axis=1) / np.nansum(weights, axis=1)
        squared = (effects[going] - middle[:, None]) ** 2
        excess = np.nansum(weights * squared, axis=1) - freedom[going]
        slope = np.nansum(weights**2 * squared, axis=1)
        step = np.where(np.abs(excess) <= 1e-5, 0.0, excess / np.where(slope > 0, slope, 1.0))
        found[going] = np.where(excess < 0, 0.0, found[going] + step)
        going[np.flatnonzero(going)[(excess < 0) | (step == 0)]] = False
        if not going.any():
            break
    return found
