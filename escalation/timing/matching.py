"""The same contrast on days without talks that looked alike: how much of a fall is only the end of a
surge."""

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.errors import Refusal
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import HALF, Ratio, counted, log_ratio, placed, window_sums

RECENT_DAYS = 42  # that the level before a day is held against
N_MATCHES = 10


def features(stack: Floats, window_days: int) -> Floats:
    """What the days before a day looked like, for series (…, days) in the shape (…, days, 2): log level of
    the window before it, and that level against the 42 days before (as many of them as there are). Blank
    where the window is not full."""
    n = stack.shape[-1]
    total = np.pad(np.cumsum(stack, axis=-1), [*[(0, 0)] * (stack.ndim - 1), (1, 0)])
    day = np.arange(n)
    near = (total[..., day] - total[..., np.maximum(day - window_days, 0)] + HALF) / window_days
    span = np.minimum(day, RECENT_DAYS)
    long = (total[..., day] - total[..., day - span] + HALF) / np.maximum(span, 1)
    out = np.stack([np.log(near), np.log(near) - np.log(long)], axis=-1)
    out[..., day < window_days, :] = np.nan
    return np.asarray(out, dtype=float)


def nearest_days(distance: Floats, n_matches: int, apart_days: int) -> Ints:
    """The days with the smallest distances (…, days), taken in order, none within fewer than `apart_days`
    of one taken before; shape (…, n_matches), −1 where no day is left. Infinite: not to be taken."""
    n = distance.shape[-1]
    reach = apart_days - 1
    # beyond an end of the series lie days that nobody can take, so that what is around a day is a plain slice
    left = np.full((distance.size // n, n + 2 * reach), np.inf)
    left[:, reach : reach + n] = distance.reshape(-1, n)
    around = np.lib.stride_tricks.sliding_window_view(left, 2 * reach + 1, axis=1, writeable=True)
    taken = np.full((len(left), n_matches), -1, dtype=np.int64)
    row = np.arange(len(left))
    for place in range(n_matches):
        day = left[:, reach : reach + n].argmin(axis=1)
        taken[:, place] = np.where(np.isfinite(left[row, day + reach]), day, -1)
        around[row, day] = np.inf
    return taken.reshape(*distance.shape[:-1], n_matches)


def similar_to(stack: Floats, design: Design) -> tuple[Floats, Floats]:
    """Of every day of the series (rows, days), whatever the talks: its log ratio (rows, days), and its features
    (rows, days, 2)."""
    after, before = window_sums(stack, 1, design)
    return log_ratio(after, before), features(stack, design.window_days)


def matched_days(
    of_days: tuple[Floats, Floats],
    starts: Ints,
    lengths: Ints,
    design: Design,
    *,
    margin: int,
    n_matches: int,
) -> tuple[Ints, Floats]:
    """For each series of `of_days` (see `similar_to`) and each of its episodes (`starts`: rows, episodes;
    `lengths`: episodes) the most similar days without talks (rows, episodes, n_matches; −1: none left), and the
    log ratio of every day (rows, days). See `matched`."""
    logs, seen = of_days
    rows, n = logs.shape
    # days of talks and those nearer to them than a window, as steps up and down
    width = design.window_days
    steps = np.zeros((rows, n + 1))
    row = np.arange(rows)[:, None]
    np.add.at(steps, (row, (starts - width + 1).clip(0, n)), 1.0)
    np.add.at(steps, (row, (starts + lengths + width - 1).clip(0, n)), -1.0)
    eligible = ~np.isnan(logs) & (np.cumsum(steps[:, :n], axis=1) == 0) & (np.arange(n) >= margin)
    choice = np.where(eligible[..., None], seen, 0.0)
    n_choice = np.maximum(eligible.sum(axis=1), 1)[:, None, None]
    apart = np.where(eligible[..., None], choice - choice.sum(axis=1, keepdims=True) / n_choice, 0.0)
    spread = np.sqrt((apart**2).sum(axis=1, keepdims=True) / n_choice)
    scaled = seen / np.where(spread > 0, spread, 1.0)
    own = np.take_along_axis(scaled, starts[..., None], axis=1)
    level, growth = (scaled[:, None, :, part] - own[:, :, None, part] for part in (0, 1))
    # of a day that is blank nobody knows how far it is; where an episode's own is, no day is taken for it
    known = eligible & ~np.isnan(seen).any(axis=-1)
    distance = np.where(known[:, None], np.sqrt(level**2 + growth**2), np.inf)
    return nearest_days(distance, n_matches, width), logs


def matched(
    counts: pd.Series, contrasts: pd.DataFrame, design: Design, *, n_matches: int = N_MATCHES
) -> pd.DataFrame:
    """Each episode beside its most similar days without talks: the frame of `contrast` (side "after", another
    is refused) with matched_log_ratio (mean over its matches), difference (log_ratio minus that), n_matched,
    matched_dates (" | ").

    Similar: near in (log level of the window before, that level against the 42 days before), each scaled by
    its spread over the days to choose from. Matches have full windows, stand at least a window from every day
    of talks and from each other. Talks called because fighting had surged are compared with surges without
    talks, so the fall that follows any surge drops out (in simulation the bias of 7 to 27 % shrinks to a few
    per cent; rejections at 5 % are 7 to 10 %). No day before the design's first is a match: whether there
    were talks is not coded for it."""
    if design.side != "after":
        raise Refusal(
            [f"matched days: their windows lie {design.side} talks; only those after talks are compared"]
        )
    check_window(counts, design)
    first, lengths = placed(counts, contrasts, design)
    chosen, logs = matched_days(
        similar_to(daily.values(counts)[None], design),
        first[None],
        lengths,
        design,
        margin=margin_of(counts, design),
        n_matches=n_matches,
    )
    days = [each[each >= 0] for each in chosen[0]]
    means = np.array([logs[0][each].mean() if len(each) else np.nan for each in days])
    dates = pd.DatetimeIndex(counts.index).strftime("%Y-%m-%d")
    return contrasts.assign(
        matched_log_ratio=means,
        difference=contrasts["log_ratio"].to_numpy(dtype=float) - means,
        n_matched=np.array([len(each) for each in days], dtype=np.int64),
        matched_dates=[" | ".join(dates[np.sort(each)]) for each in days],
    )


def adjusted_ratio(pairs: pd.DataFrame, *, level: float = 0.90) -> Ratio:
    """The typical ratio after subtracting each episode's matches, with t-interval and t-test. `n_rising`:
    episodes that rose more than their matches. Episodes without any match are left out."""
    differences = counted(pairs)["difference"].dropna().to_numpy(dtype=float)
    n = len(differences)
    if n < 2:
        return Ratio(
            float(np.exp(differences.mean())) if n else np.nan,
            np.nan,
            np.nan,
            np.nan,
            n,
            int((differences > 0).sum()),
        )
    middle, error = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(n))
    reach = error * float(stats.t.ppf(0.5 + level / 2, n - 1))
    p = float(stats.ttest_1samp(differences, 0.0).pvalue) if error > 0 else (1.0 if middle == 0 else 0.0)
    return Ratio(
        float(np.exp(middle)),
        float(np.exp(middle - reach)),
        float(np.exp(middle + reach)),
        p,
        n,
        int((differences > 0).sum()),
    )
