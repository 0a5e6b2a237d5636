"""The headline numbers once more, in plain pandas and numpy over `data/series` and `data/coded`, by someone
who read the methods and not the package: nothing of `escalation` is imported here. `test_referee.py` lays
them beside the package's.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

DATA = Path(__file__).resolve().parent.parent / "data"
START, END = pd.Timestamp("2018-09-01"), pd.Timestamp("2020-12-31")


def read(name: str) -> pd.DataFrame:
    table = pd.read_csv(DATA / name)
    for column in table.columns:
        if column in ("date", "date_first", "date_last", "effective_date"):
            table[column] = pd.to_datetime(table[column])
    return table


def series(name: str = "ucdp_daily", column: str = "events_state") -> pd.Series:
    """A whole column by day, margin and all."""
    return read(f"series/{name}.csv").groupby("date")[column].sum().astype(float)


def meetings() -> pd.DataFrame:
    talks = read("coded/talks.csv")
    primary = (
        talks["is_meeting"].fillna(False).astype(bool)
        & (talks["relevance_frozen"] == "primary")
        & talks["date_first"].between(START, END)
    )
    return talks[primary].sort_values(["date_first", "date_last", "talk_id"])


def episodes() -> list[tuple[pd.Timestamp, pd.Timestamp, list[str]]]:
    """Meetings at most a week apart are one."""
    found: list[tuple[pd.Timestamp, pd.Timestamp, list[str]]] = []
    for row in meetings().itertuples():
        if found and (row.date_first - found[-1][1]).days <= 7:
            found[-1] = (found[-1][0], max(found[-1][1], row.date_last), [*found[-1][2], row.talk_id])
        else:
            found.append((row.date_first, row.date_last, [row.talk_id]))
    return found


def truces() -> pd.Series:
    rows = read("coded/truces.csv")
    rows = rows[rows["is_truce"].astype(bool) & rows["effective_date"].between(START, END)].sort_values(
        ["effective_date", "truce_id"]
    )
    return rows.drop_duplicates("arrangement").set_index("truce_id")["effective_date"]


class Calendar:
    """Spans of days on a series, as positions; windows read all of the series, the calendar moves from
    START on."""

    def __init__(self, counts: pd.Series, spans: list[tuple[pd.Timestamp, pd.Timestamp]]) -> None:
        self.x = counts.to_numpy()
        self.margin = max((START - counts.index[0]).days, 0)
        self.days = len(self.x) - self.margin
        self.first = np.array([(a - counts.index[0]).days for a, _ in spans])
        self.length = np.array([(b - a).days + 1 for a, b in spans])

    def total(self, place: np.ndarray, first: int, last: int) -> np.ndarray:
        """Events on the days `first` … `last` from each place; unknown where they leave the series or hold
        an unknown day."""
        days = place[:, None] + np.arange(first, last + 1)[None, :]
        inside = (days >= 0) & (days < len(self.x))
        return np.where(inside, self.x[days.clip(0, len(self.x) - 1)], np.nan).sum(axis=1)

    def logs(self, after: tuple[int, int], before: tuple[int, int]) -> np.ndarray:
        """ln of the ratio of daily rates with ½ added to both sums, (shifts, spans); shift 0 is the
        calendar as it was."""
        out = np.empty((self.days, len(self.first)))
        for k, (start, length) in enumerate(zip(self.first, self.length, strict=True)):
            place = (start - self.margin + np.arange(self.days)) % self.days + self.margin
            a, b = self.total(place, length - 1 + after[0], length - 1 + after[1]), self.total(place, *before)
            out[:, k] = np.log((a + 0.5) / (after[1] - after[0] + 1)) - np.log(
                (b + 0.5) / (before[1] - before[0] + 1)
            )
        return out

    def means(self, after: tuple[int, int], before: tuple[int, int]) -> np.ndarray:
        logs = self.logs(after, before)
        n = (~np.isnan(logs)).sum(axis=1)
        return np.where(n > 0, np.nansum(logs, axis=1) / np.maximum(n, 1), np.nan)


def two_sided(values: np.ndarray) -> float:
    """The first among all: twice the smaller tail, itself counted."""
    known = values[~np.isnan(values)]
    return float(
        min(1.0, 2 * min((known >= values[0] - 1e-9).sum(), (known <= values[0] + 1e-9).sum()) / len(known))
    )


def joint(rows: list[np.ndarray]) -> float:
    """How often a shift has a row as far from its own middle, in units of its own spread, as the farthest
    of the calendar as it was. Each of `rows`: logs (shifts, spans)."""
    sizes = []
    for logs in rows:
        n = (~np.isnan(logs)).sum(axis=1)
        mean = np.where(n > 0, np.nansum(logs, axis=1) / np.maximum(n, 1), np.nan)
        apart = (mean - np.nanmedian(mean[1:])) * np.sqrt(n)
        sizes.append(np.abs(apart) / np.sqrt(np.nanmean(apart[1:] ** 2)))
    farthest = np.nanmax(np.array(sizes), axis=0)
    return float(np.mean(farthest >= farthest[0] - 1e-9))


def paule_mandel(y: np.ndarray, v: np.ndarray) -> tuple[float, float, float, float]:
    """τ², mean, and the ends of the 90 % prediction interval (ratios), by bisection."""

    def weighted(tau: float) -> tuple[float, float]:
        w = 1 / (v + tau)
        mean = float((w * y).sum() / w.sum())
        return mean, float((w * (y - mean) ** 2).sum())

    low, high = 0.0, 100.0
    for _ in range(100):
        tau = (low + high) / 2
        low, high = (tau, high) if weighted(tau)[1] > len(y) - 1 else (low, tau)
    mean = weighted(low)[0]
    reach = stats.t.ppf(0.95, len(y) - 2) * np.sqrt(low + 1 / (1 / (v + low)).sum())
    return low, float(np.exp(mean)), float(np.exp(mean - reach)), float(np.exp(mean + reach))


def similar_days(calendar: Calendar, *, width: int = 7, n_matches: int = 10) -> np.ndarray:
    """Log ratio of each span minus the mean of its ten most similar days without talks, day by day."""
    x, n = calendar.x, len(calendar.x)
    every = np.arange(n)
    logs = np.log((calendar.total(every, 1, width) + 0.5) / (calendar.total(every, -width, -1) + 0.5))
    level, growth = np.full(n, np.nan), np.full(n, np.nan)
    for day in range(width, n):
        back = min(day, 42)
        level[day] = np.log((x[day - width : day].sum() + 0.5) / width)
        growth[day] = level[day] - np.log((x[day - back : day].sum() + 0.5) / back)
    free = ~np.isnan(logs) & (every >= calendar.margin)
    for start, length in zip(calendar.first, calendar.length, strict=True):
        free &= (every <= start - width) | (every >= start + length - 1 + width)
    out = []
    for start, length in zip(calendar.first, calendar.length, strict=True):
        distance = np.hypot(
            (level - level[start]) / level[free].std(), (growth - growth[start]) / growth[free].std()
        )
        taken: list[int] = []
        for day in np.argsort(np.where(free & ~np.isnan(distance), distance, np.inf), kind="stable"):
            if (
                len(taken) < n_matches
                and free[day]
                and not np.isnan(distance[day])
                and all(abs(day - other) >= width for other in taken)
            ):
                taken.append(int(day))
        a, b = (
            calendar.total(np.array([start]), length, length + width - 1)[0],
            calendar.total(np.array([start]), -width, -1)[0],
        )
        out.append(np.log((a + 0.5) / (b + 0.5)) - logs[taken].mean())
    return np.array(out)


def says_lower(calendar: Calendar) -> bool:
    """Shifts and t below .05, similar days below .02, all falls."""
    logs = calendar.logs((1, 7), (-7, -1))
    own = logs[0][~np.isnan(logs[0])]
    if (
        own.mean() >= 0
        or stats.ttest_1samp(own, 0).pvalue >= 0.05
        or two_sided(np.nanmean(logs, axis=1)) >= 0.05
    ):
        return False
    apart = similar_days(calendar)
    apart = apart[~np.isnan(apart)]
    return bool(apart.mean() < 0 and stats.ttest_1samp(apart, 0).pvalue < 0.02)


def share_seen(ratio: float, *, draws: int, seed: int) -> float:
    """In how many of `draws` turned calendars, each week after talks thinned to `ratio`, the verdict is
    "lower"."""
    rng, counts = np.random.default_rng(seed), series()
    spans = [(a, b) for a, b, _ in episodes()]
    seen = 0
    for _ in range(draws):
        calendar = Calendar(counts, spans)
        calendar.first = (
            calendar.first - calendar.margin + rng.integers(calendar.days)
        ) % calendar.days + calendar.margin
        after = np.zeros(len(calendar.x), dtype=bool)
        for start, length in zip(calendar.first, calendar.length, strict=True):
            after[start + length : start + length + 7] = True
        calendar.x = np.where(after, rng.binomial(calendar.x.astype(int), ratio), calendar.x).astype(float)
        seen += says_lower(calendar)
    return seen / draws


def next_day(counts: pd.Series, dates: pd.Series) -> tuple[int, int, float, float]:
    """k, n, what shifted calendars expect (the last day has no day after it), and the share of days
    followed by an event, per cent."""
    x = counts.loc[START:END].to_numpy()
    places = np.array([(date - START).days for date in dates if date < END])
    hits = np.r_[x[1:] > 0, np.nan]
    shifted = [len(places) * np.nanmean(hits[(places + move) % len(x)]) for move in range(1, len(x))]
    return int(hits[places].sum()), len(places), float(np.mean(shifted)), 100 * float((x[1:] > 0).mean())


def breaks(counts: pd.Series, grid: int) -> list[pd.Timestamp]:
    """Weeks from day `grid` on, Anscombe's root, least squares with phases of four weeks at least, LWZ."""
    x = counts.loc[START:END].to_numpy()[grid:]
    weeks = x[: len(x) // 7 * 7].reshape(-1, 7).sum(axis=1)
    y, n = 2 * np.sqrt(weeks + 0.375), len(weeks)
    total, square = np.r_[0, np.cumsum(y)], np.r_[0, np.cumsum(y**2)]
    best: dict[int, tuple[float, tuple[int, ...]]] = {
        end: (square[end] - total[end] ** 2 / end, ()) for end in range(4, n + 1)
    }
    scores = []
    for k in range(11):
        if k:
            before, best = best, {}
            for end in range(4 * (k + 1), n + 1):
                best[end] = min(
                    (
                        before[cut][0]
                        + square[end]
                        - square[cut]
                        - (total[end] - total[cut]) ** 2 / (end - cut),
                        (*before[cut][1], cut),
                    )
                    for cut in range(4 * k, end - 3)
                )
        p = 2 * (k + 1)
        scores.append((n * np.log(best[n][0] / (n - p)) + p * 0.299 * np.log(n) ** 2.1, best[n][1]))
    return [START + pd.Timedelta(days=grid + 7 * cut) for cut in min(scores)[1]]


def rand(a: np.ndarray, b: np.ndarray) -> float:
    """Adjusted Rand index over all pairs of days."""
    same_a, same_b = a[:, None] == a[None, :], b[:, None] == b[None, :]
    pairs = np.triu(np.ones((len(a), len(a)), dtype=bool), 1)
    both, in_a, in_b, n = (
        (same_a & same_b & pairs).sum(),
        (same_a & pairs).sum(),
        (same_b & pairs).sum(),
        pairs.sum(),
    )
    expected = in_a * in_b / n
    return float((both - expected) / ((in_a + in_b) / 2 - expected))
