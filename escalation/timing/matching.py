"""The same contrast on days without talks that looked alike: how much of a fall is only the end of a surge."""

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation import daily
from escalation.daily import Floats, Ints
from escalation.errors import Refusal
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import HALF, Ratio, counted, log_ratio, placed, window_sums

TRAILING_DAYS = 42


def features(numbers: Floats, window_days: int) -> Floats:
    """What the days before a day looked like, shape (days, 2): log level of the window before it, and that level against
    the 42 days before (as many of them as there are). Blank where the window is not full."""
    n = len(numbers)
    total = np.r_[0.0, np.cumsum(numbers)]
    day = np.arange(n)
    near = (total[day] - total[np.maximum(day - window_days, 0)] + HALF) / window_days
    span = np.minimum(day, TRAILING_DAYS)
    long = (total[day] - total[day - span] + HALF) / np.maximum(span, 1)
    out = np.column_stack([np.log(near), np.log(near) - np.log(long)])
    out[day < window_days] = np.nan
    return np.asarray(out, dtype=float)


def nearest_days(distance: Floats, n_matches: int, apart_days: int) -> Ints:
    """The days with the smallest distances, taken in order, none within fewer than `apart_days` of one taken before."""
    taken: list[int] = []
    for day in np.argsort(distance, kind="stable"):
        if len(taken) == n_matches or np.isinf(distance[day]):
            break
        if all(abs(int(day) - other) >= apart_days for other in taken):
            taken.append(int(day))
    return np.array(taken, dtype=np.int64)


def matched(counts: pd.Series, contrasts: pd.DataFrame, design: Design, *, n_matches: int = 10) -> pd.DataFrame:
    """Each episode beside its most similar days without talks: the frame of `contrast` (side "after", another is refused) with
    matched_log_ratio (mean over its matches), difference (log_ratio minus that), n_matched, matched_dates (" | ").

    Similar: near in (log level of the window before, that level against the 42 days before), each scaled by its spread
    over the days to choose from. Matches have full windows, stand at least a window from every day of talks and from each
    other. Talks called because fighting had surged are compared with surges without talks, so the fall that follows any
    surge drops out (in simulation the bias of 7 to 27 % shrinks to a few per cent; rejections at 5 % are 7 to 10 %).
    No day before the design's first is a match: whether there were talks is not coded for it."""
    if design.side != "after":
        raise Refusal([f"matched days: their windows lie {design.side} talks; only those after talks are compared"])
    check_window(counts, design)
    numbers = daily.values(counts)
    n = len(numbers)
    first, lengths = placed(counts, contrasts, design)
    after, before = window_sums(numbers, 1, design)
    logs = log_ratio(after, before)
    day = np.arange(n)
    gap = np.min(
        [np.maximum(np.maximum(start - day, day - (start + length - 1)), 0) for start, length in zip(first, lengths, strict=True)],
        axis=0,
        initial=n,
    )
    eligible = ~np.isnan(logs) & (gap >= design.window_days) & (day >= margin_of(counts, design))
    seen = features(numbers, design.window_days)
    spread = seen[eligible].std(axis=0) if eligible.any() else np.ones(2)
    scaled = seen / np.where(spread > 0, spread, 1.0)
    chosen: list[Ints] = []
    for start in first:
        distance = np.sqrt(((scaled - scaled[start]) ** 2).sum(axis=1))
        distance[~eligible | np.isnan(distance)] = np.inf
        chosen.append(nearest_days(distance, n_matches, design.window_days))
    means = np.array([logs[days].mean() if len(days) else np.nan for days in chosen])
    dates = pd.DatetimeIndex(counts.index).strftime("%Y-%m-%d")
    return contrasts.assign(
        matched_log_ratio=means,
        difference=contrasts["log_ratio"].to_numpy(dtype=float) - means,
        n_matched=np.array([len(days) for days in chosen], dtype=np.int64),
        matched_dates=[" | ".join(dates[np.sort(days)]) for days in chosen],
    )


def adjusted_ratio(pairs: pd.DataFrame, *, level: float = 0.90) -> Ratio:
    """The typical ratio after subtracting each episode's matches, with t-interval and t-test. `n_rising`: episodes that
    rose more than their matches. Episodes without any match are left out."""
    differences = counted(pairs)["difference"].dropna().to_numpy(dtype=float)
    n = len(differences)
    if n < 2:
        return Ratio(float(np.exp(differences.mean())) if n else np.nan, np.nan, np.nan, np.nan, n, int((differences > 0).sum()))
    middle, error = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(n))
    reach = error * float(stats.t.ppf(0.5 + level / 2, n - 1))
    p = float(stats.ttest_1samp(differences, 0.0).pvalue) if error > 0 else (1.0 if middle == 0 else 0.0)
    return Ratio(float(np.exp(middle)), float(np.exp(middle - reach)), float(np.exp(middle + reach)), p, n, int((differences > 0).sum()))
