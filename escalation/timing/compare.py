"""The same contrast for other sets of talks, other series and other readings of the dead, row beside row."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.errors import Refusal
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import average, contrast, counted, episodes, log_ratio, placed, window_sums
from escalation.timing.matching import adjusted_ratio, matched
from escalation.timing.shifts import band, circular_shifts, shift_test, shifted_logs, tail_p
from escalation.timing.verdicts import FEWEST


class Difference(NamedTuple):
    """Two groups of episodes: the ratio of their typical ratios, its exact or sampled two-sided p, and the
    numbers in each."""

    ratio_of_ratios: float
    p: float
    n_first: int
    n_second: int


def row_of(counts: pd.Series, spans: pd.DataFrame, design: Design) -> dict[str, float]:
    """One contrast in one row: n_episodes, n_rising, ratio, low, high, p_shift, band_low, band_high; with
    fewer than 5 episodes p and band are blank."""
    if spans.empty:
        return {"n_episodes": 0}
    found = average(contrast(counts, spans, design), design)
    test = shift_test(circular_shifts(counts, spans, design))
    row: dict[str, float] = {
        "n_episodes": found.n,
        "n_rising": found.n_rising,
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
    }
    if found.n >= FEWEST:
        row |= {"p_shift": test.p, "band_low": test.band_low, "band_high": test.band_high}
    return row


ROW = ["n_episodes", "n_rising", "ratio", "low", "high", "p_shift", "band_low", "band_high"]


def table_of(names: str, rows: Mapping[str, dict[str, float]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame({column: [row.get(column, np.nan) for row in rows.values()] for column in columns})
    frame.insert(0, names, list(rows))
    return frame.astype(
        {column: "Int64" for column in ("n_talks", "n_episodes", "n_rising") if column in columns}
    )


def strata(counts: pd.Series, sets: Mapping[str, pd.DataFrame], design: Design) -> pd.DataFrame:
    """Each named set of talks by itself: stratum, n_talks, n_episodes, n_rising, ratio, low, high, p_shift,
    band_low, band_high, and for side "after" adjusted_ratio, adjusted_low, adjusted_high (matched, see
    `matching`).

    Each set makes its own episodes; talks outside it are as if unknown. Descriptive: sets were fixed before
    the result, but many rows are looked at. Fewer than 5 episodes: no p, no band."""
    rows = {}
    for name, talks in sets.items():
        spans = episodes(talks, design)
        row = row_of(counts, spans, design)
        row["n_talks"] = len(talks)
        if design.side == "after" and row["n_episodes"] >= 2:
            even = adjusted_ratio(matched(counts, contrast(counts, spans, design), design))
            row |= {"adjusted_ratio": even.ratio, "adjusted_low": even.low, "adjusted_high": even.high}
        rows[name] = row
    adjusted = ["adjusted_ratio", "adjusted_low", "adjusted_high"] if design.side == "after" else []
    return table_of("stratum", rows, ["n_talks", *ROW, *adjusted])


def compare_series(series: Mapping[str, pd.Series], spans: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The typical ratio of each series, and of the first against each other one: series, then the columns of
    `strata` without n_talks. Whatever the design's statistic: pooled sums of two sources have no meaning
    beside each other.

    The row "A / B" is the typical ratio of ratios: how A changed against B around the same episodes, with its
    t-interval and the p of shifting both together. Two uses: combatant against civilian deaths before
    meetings (side "before"; the claim of DOI 10.1177/00220027241308270), and one source against another as an
    outcome: if that moves around talks, it is reporting that moves. All series must end on the same day; one
    may begin later (one source has a margin before the design's first day, the other none): its own row
    counts the episodes whose windows it holds, "A / B" those whose windows both hold."""
    names = list(series)
    longest, stack = daily.side_by_side(series)
    design = replace(design, statistic="typical", first_day=design.first_day or longest.index[0])
    rows = {name: row_of(counts, spans, design) for name, counts in series.items()}
    places, lengths = placed(longest, spans, design)
    for number in range(1, len(names)):
        # days that one of the two does not know are known of neither
        pair = np.where(np.isnan(stack[[0, number]]).any(axis=0), np.nan, stack[[0, number]])
        of_each = [window_sums(pair, int(length), design) for length in lengths]
        logs = np.array(
            [
                log_ratio(after, before)[:, start]
                for (after, before), start in zip(of_each, places, strict=True)
            ]
        ).reshape(-1, 2)
        each = logs[:, 0] - logs[:, 1]
        each = each[~np.isnan(each)]
        n = len(each)
        if n < 2:
            continue
        middle, reach = float(each.mean()), float(each.std(ddof=1) / np.sqrt(n) * stats.t.ppf(0.95, n - 1))
        row: dict[str, float] = {
            "n_episodes": n,
            "n_rising": int((each > 0).sum()),
            "ratio": float(np.exp(middle)),
        }
        row |= {"low": float(np.exp(middle - reach)), "high": float(np.exp(middle + reach))}
        if n >= FEWEST:
            turned, _ = shifted_logs(pair, places, lengths, design, margin=margin_of(longest, design))
            moved = turned[0] - turned[1]
            low, _, high = np.exp(band(moved[1:]))
            row |= {"p_shift": tail_p(middle, moved[1:]), "band_low": float(low), "band_high": float(high)}
        rows[f"{names[0]} / {names[number]}"] = row
    return table_of("series", rows, ROW)


def episode_labels(spans: pd.DataFrame, talks: pd.DataFrame, *, column: str) -> pd.Series:
    """The value of `column` of each episode's talks, "mixed" where they differ; indexed like `spans`."""
    known = dict(zip(talks["talk_id"], talks[column], strict=True))
    found = [sorted({str(known[name]) for name in ids.split(" | ")}) for ids in spans["talk_ids"]]
    return pd.Series(
        [names[0] if len(names) == 1 else "mixed" for names in found], index=spans.index, dtype="str"
    )


def episode_has(spans: pd.DataFrame, talks: pd.DataFrame, *, column: str) -> pd.Series:
    """Whether any of each episode's talks has the flag `column` (true/false; blank counts as false); indexed
    like `spans`.

    An episode of delegations that ends in a summit with a truce has a truce; `episode_labels` would call
    it mixed."""
    known = dict(zip(talks["talk_id"], talks[column].fillna(False).astype(bool), strict=True))
    return pd.Series(
        [any(known[name] for name in ids.split(" | ")) for ids in spans["talk_ids"]],
        index=spans.index,
        dtype="bool",
    )


def label_permutation(
    contrasts: pd.DataFrame,
    labels: pd.Series,
    *,
    first: str | bool,
    second: str | bool,
    draws: int,
    rng: np.random.Generator,
) -> Difference:
    """Whether episodes labelled `first` changed otherwise than those labelled `second`: labels dealt anew,
    counts untouched.

    `labels` as from `episode_labels` or `episode_has`; episodes with another label are left out. The
    statistic is the difference of mean log ratios; all relabellings are tried if there are no more than
    `draws`, else `draws` random ones. Fewer than 5 on a side: no p, since so few can't show what they
    would have to; fewer than 2: blank."""
    used = counted(contrasts)
    logs = [
        used.loc[labels.reindex(used.index) == name, "log_ratio"].to_numpy(dtype=float)
        for name in (first, second)
    ]
    sizes = [len(values) for values in logs]
    if min(sizes) < 2:
        return Difference(np.nan, np.nan, *sizes)
    if min(sizes) < FEWEST:
        return Difference(float(np.exp(logs[0].mean() - logs[1].mean())), np.nan, *sizes)
    test = stats.permutation_test(
        logs,
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type="independent",
        vectorized=True,
        n_resamples=draws,
        rng=rng,
    )
    return Difference(float(np.exp(test.statistic)), float(test.pvalue), *sizes)


def fatality_bounds(
    low: pd.Series, best: pd.Series, high: pd.Series, spans: pd.DataFrame, design: Design
) -> pd.DataFrame:
    """The ratio by estimate of the dead: estimate (low, best, high, smallest, largest), n_episodes, ratio,
    interval_low, interval_high (blank for the last two).

    smallest takes the low estimate after and the high one before, largest the reverse: the outer bound that
    no choice within the reported ranges can pass. Some GED rows have low above high; the larger of the two is
    read as high here."""
    rows = {}
    parts = {}
    for name, counts in (("low", low), ("best", best), ("high", high)):
        parts[name] = contrast(counts, spans, design)
        found = average(parts[name], design)
        rows[name] = {
            "n_episodes": found.n,
            "ratio": found.ratio,
            "interval_low": found.low,
            "interval_high": found.high,
        }
    ends = {
        name: np.sort([parts[k][name].to_numpy(dtype=float) for k in ("low", "best", "high")], axis=0)
        for name in ("n_after", "n_before")
    }
    for name, after, before in (("smallest", 0, 2), ("largest", 2, 0)):
        pair = parts["best"].assign(n_after=ends["n_after"][after], n_before=ends["n_before"][before])
        found = average(pair, design)
        rows[name] = {"n_episodes": found.n, "ratio": found.ratio}
    return table_of("estimate", rows, ["n_episodes", "ratio", "interval_low", "interval_high"])


class Tipping(NamedTuple):
    """How much the completeness of recording would have to change from before talks to after them (a ratio):
    to make the point estimate mean no change, and to bring 1 into the interval (1 if it holds 1 already)."""

    for_point: float
    for_interval: float


def tipping(*, ratio: float, low: float, high: float) -> Tipping:
    """If recording after talks is ρ times as complete as before, the true ratio is the measured one divided
    by ρ: so the ρ that would undo a result is the result itself. Constant under-recording cancels; attention
    in weeks of talks does not.

    >>> tipping(ratio=0.5, low=0.4, high=0.8)
    Tipping(for_point=0.5, for_interval=0.8)
    """
    return Tipping(ratio, low if low > 1 else high if high < 1 else 1.0)


def date_draws(
    counts: pd.Series,
    inexact: pd.DataFrame,
    spans: pd.DataFrame,
    design: Design,
    *,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """What the ratio becomes when events of uncertain day are dated otherwise: run, n_events_moved, ratio,
    low, high.

    `counts`: every event on its first day. `inexact`: date_first, span_days (days after the first on which it
    may have happened, at least 1), n (events) — those among `counts` whose day is known only within a span.
    Rows: "first day" (as counted), "exact only" (those left out) and "drawn": each event on a day drawn
    evenly from its span, `draws` times; the ratio is the median over the draws, low and high their 5 and 95
    %. Days drawn beyond the series are put on its last."""
    check_window(counts, design)
    numbers = daily.values(counts)
    n = len(numbers)
    places = daily.positions(counts, inexact["date_first"])
    inside = (places >= 0) & (places < n)
    place = np.repeat(places[inside], inexact["n"].to_numpy(dtype=np.int64)[inside])
    span = np.repeat(
        inexact["span_days"].to_numpy(dtype=np.int64)[inside], inexact["n"].to_numpy(dtype=np.int64)[inside]
    )
    exact = numbers - np.bincount(place, minlength=n)
    if (exact < 0).any():
        day = counts.index[int(np.argmin(exact))]
        raise Refusal([f"events of uncertain day on {day:%Y-%m-%d}: more than are counted on that day"])
    moved = np.minimum(place[None, :] + rng.integers(0, span[None, :] + 1, (draws, len(place))), n - 1)
    drawn = np.tile(exact, (draws, 1))
    np.add.at(drawn, (np.arange(draws)[:, None], moved), 1.0)
    first, lengths = placed(counts, spans, design)
    every = np.concatenate([numbers[None], exact[None], drawn])
    logs, _ = shifted_logs(every, first, lengths, design, margin=margin_of(counts, design))
    observed = np.exp(logs[:, 0])  # the calendar as it was
    low, middle, high = np.quantile(observed[2:], [0.05, 0.5, 0.95])
    return pd.DataFrame(
        {
            "run": ["first day", "exact only", "drawn"],
            "n_events_moved": [0, 0, len(place)],
            "ratio": [observed[0], observed[1], middle],
            "low": [np.nan, np.nan, low],
            "high": [np.nan, np.nan, high],
        }
    )
