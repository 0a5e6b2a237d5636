"""The published numbers once more, by someone who did not write the package: plain pandas and numpy over `data/`,
from METHODS.md, AMENDMENTS.md, the codebook and the report alone. Each function returns what one place in the
report says; `test_referee_stranger.py` lays it beside `data/built/findings`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

DATA = Path(__file__).resolve().parent.parent / "data"
START, END = pd.Timestamp("2018-09-01"), pd.Timestamp("2020-12-31")
MARGIN = pd.date_range(
    "2018-07-01", END
)  # counts begin earlier, so that no window before the first talks is cut


def table(name: str) -> pd.DataFrame:
    rows = pd.read_csv(DATA / f"{name}.csv", keep_default_na=False, na_values=[""])
    days = [c for c in rows.columns if c == "date" or c in ("date_first", "date_last", "effective_date")]
    return rows.assign(**{c: pd.to_datetime(rows[c]) for c in days})


def daily(name: str = "ucdp_daily", column: str = "events_state") -> np.ndarray:
    """A count a day from 1 July 2018; blank where the source does not say."""
    by_day = table(f"series/{name}").groupby("date")[column].sum()
    return by_day.reindex(MARGIN).to_numpy(dtype=float)


def meetings(relevance: str = "relevance_frozen") -> pd.DataFrame:
    rows = table("coded/talks")
    kept = (rows["is_meeting"] == True) & (rows[relevance] == "primary")  # noqa: E712 (blank is neither)
    return rows[kept & rows["date_first"].between(START, END)].sort_values(["date_first", "date_last"])


def spans(rows: pd.DataFrame) -> list[list[pd.Timestamp]]:
    """First and last day of each episode: meetings at most a week apart are one."""
    found: list[list[pd.Timestamp]] = []
    for first, last in zip(rows["date_first"], rows["date_last"], strict=True):
        if found and (first - found[-1][1]).days <= 7:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    return found


def truces(**only: Any) -> pd.DataFrame:
    rows = table("coded/truces")
    rows = rows[rows["is_truce"] & rows["effective_date"].between(START, END)].sort_values("effective_date")
    rows = rows.drop_duplicates("arrangement")
    return rows[(rows[list(only)] == pd.Series(only)).all(axis=1)] if only else rows


def day_by_day(rows: pd.DataFrame) -> list[list[pd.Timestamp]]:
    return [[day, day] for day in rows["effective_date"]]


def sums(x: np.ndarray, first: int, last: int) -> np.ndarray:
    """Events on the days first … last from each day of `x`; blank where such a window leaves the counts."""
    out = np.full(len(x), np.nan)
    low, high = max(0, -first), len(x) - max(0, last)
    out[low:high] = [x[day + first : day + last + 1].sum() for day in range(low, high)]
    return out


def logs(x: np.ndarray, episodes: list, after: tuple = (1, 7), before: tuple = (-7, -1)) -> np.ndarray:
    """ln of after to before, a day each, half an event added to both: a row for each of the 853 places of the
    calendar (the first as it was), a column for each episode. The calendar goes round; a window does not."""
    skip, columns = (START - MARGIN[0]).days, []
    width = after[1] - after[0] + 1, before[1] - before[0] + 1
    b = np.log((sums(x, *before) + 0.5) / width[1])
    for first, last in episodes:
        long = (last - first).days
        ratio = np.log((sums(x, after[0] + long, after[1] + long) + 0.5) / width[0]) - b
        columns.append(np.roll(ratio[skip:], -(first - START).days))
    return np.array(columns).T


def p_of(shifted: np.ndarray) -> float:
    """Two-sided and exact: twice the smaller tail, the calendar as it was (the first) counted in it."""
    known = shifted[~np.isnan(shifted)]
    return float(min(1, 2 * min((known >= known[0] - 1e-9).mean(), (known <= known[0] + 1e-9).mean())))


def contrast(x: np.ndarray, episodes: list, **windows: Any) -> dict[str, float]:
    """Mean ratio, its 90 % t-interval, p and band of the shifted calendars."""
    each = logs(x, episodes, **windows)
    return summary(each)


def summary(each: np.ndarray) -> dict[str, float]:
    own, means = each[0][~np.isnan(each[0])], np.nanmean(each, axis=1)
    reach = stats.t.ppf(0.95, len(own) - 1) * own.std(ddof=1) / np.sqrt(len(own))
    low, high = np.exp(np.nanquantile(means[1:], [0.05, 0.95]))
    return {
        "n": len(own),
        "ratio": float(np.exp(own.mean())),
        "low": float(np.exp(own.mean() - reach)),
        "high": float(np.exp(own.mean() + reach)),
        "t_p": float(stats.ttest_1samp(own, 0).pvalue),
        "p": p_of(means),
        "band_low": float(low),
        "band_high": float(high),
    }


def k_of_n(hits: list[np.ndarray], dates: list[pd.Timestamp]) -> dict[str, float]:
    """How often it held, beside the same calendar on the 852 other dates. `hits`: for each date 1, 0 or blank (left
    out there: the share of the others stands for all) on each of the 853 days."""
    moved = np.array([np.roll(hit, -(day - START).days) for hit, day in zip(hits, dates, strict=True)])
    k = np.nanmean(moved, axis=0) * len(dates)
    return {
        "value": float(k[0]),
        "n": len(dates),
        "expected": float(k[1:].mean()),
        "p": p_of(k),
        "base_rate_pct": float(100 * np.nanmean(hits)),
    }


def held(x: np.ndarray, least: float) -> np.ndarray:
    """1 or 0 on each of the 853 days, by whether `x` is at least so much; blank where it is."""
    return np.where(np.isnan(x), np.nan, x >= least)[(START - MARGIN[0]).days :]


def rising(x: np.ndarray, episodes: list) -> dict[str, float]:
    """Episodes with more after than before."""
    before = sums(x, -7, -1)
    long = [(last - first).days for first, last in episodes]
    return k_of_n([held(sums(x, 1 + n, 7 + n) - before, 0.5) for n in long], [first for first, _ in episodes])


def next_day(x: np.ndarray) -> dict[str, float]:
    """Meetings with an event on the day after their last."""
    return k_of_n([held(sums(x, 1, 1), 0.5)] * len(meetings()), list(meetings()["date_last"]))


def truces_back(x: np.ndarray, level_days: int = 14) -> dict[str, float]:
    """Truces after which a mean of seven days stood at half the level before within 14 days, or until the next
    truce; a date with no event before it has no level
    and is left out."""
    days, hits = list(truces()["effective_date"]), []
    for number, day in enumerate(days):
        limit = min(14, (days[number + 1] - day).days if number + 1 < len(days) else 14)
        level = sums(x, -level_days, -1)
        weeks = [sums(x, n - 6, n) for n in range(7, limit + 1)]
        back = np.any([2 * level_days * week >= 7 * level for week in weeks], axis=0)
        known = (level > 0) & (back | ~np.isnan(weeks[-1]))
        hits.append(np.where(known, back, np.nan)[(START - MARGIN[0]).days :])
    return k_of_n(hits, days)


def truces_not_fallen(x: np.ndarray) -> dict[str, float]:
    return k_of_n([held(sums(x, 1, 7) - sums(x, -7, -1), 0)] * 7, list(truces()["effective_date"]))


def truces_deep(x: np.ndarray) -> dict[str, float]:
    """Falls as deep as on a twentieth of all dates."""
    ratio = logs(x, [[START, START]])[:, 0]
    rank = pd.Series(ratio).rank(method="max", pct=True).to_numpy()
    hit = np.where(np.isnan(ratio), np.nan, rank <= 0.05)
    return k_of_n([hit] * 7, list(truces()["effective_date"]))


def farthest_p(rows: list[np.ndarray]) -> float:
    """One p for many rows: how often, in a shifted calendar, any row lies as far from its own middle, in units of
    its own spread, as the farthest of the calendar as it was. More episodes weigh more (the root of their number)."""
    sizes = []
    for each in rows:
        n = (~np.isnan(each)).sum(axis=1)
        means = np.nansum(each, axis=1) / np.where(n > 0, n, np.nan)
        apart = (means - np.nanmedian(means[1:])) * np.sqrt(n)
        sizes.append(np.abs(apart) / np.sqrt(np.nanmean(apart[1:] ** 2)))
    most = np.nanmax(sizes, axis=0)
    return float((most >= most[0] - 1e-9).mean())


def counted() -> dict[str, np.ndarray]:
    """Lethal events, Airwars incidents, and while UCDP tells them apart combatants and civilians killed."""
    known, civilians = daily(column="fatalities_known"), daily(column="civilians_known")
    told_apart = MARGIN <= pd.Timestamp("2019-11-30")
    return {
        "lethal events": daily(),
        "Airwars incidents": daily("airwars_daily", "incidents"),
        "combatants killed": np.where(told_apart, np.maximum(known - civilians, 0), np.nan),
        "civilians killed": np.where(told_apart, civilians, np.nan),
    }


def one_further_episode(x: np.ndarray, episodes: list) -> dict[str, float]:
    """Weighted mean and 90 % prediction interval: random effects by Paule and Mandel, counting noise enlarged by
    how much two neighbouring weeks of these counts differ on ordinary days."""
    skip = (START - MARGIN[0]).days
    b, a = sums(x, -7, -1), sums(x, 1, 7)
    share = np.nansum(a[skip:]) / np.nansum((a + b)[skip:])
    both = (a + b)[skip:]
    held = both > 0
    squares = (a[skip:][held] - both[held] * share) ** 2 / (both[held] * share * (1 - share))
    places = [((first - MARGIN[0]).days, (last - first).days) for first, last in episodes]
    before = np.array([b[place] for place, _ in places])
    after = np.array([sums(x, 1 + long, 7 + long)[place] for place, long in places])
    y = np.log((after + 0.5) / (before + 0.5))
    v = squares.mean() * (1 / (after + 0.5) + 1 / (before + 0.5))
    low, high = 0.0, 10.0
    for _ in range(80):  # τ² at which the weighted squares are as large as they should be
        tau = (low + high) / 2
        w = 1 / (v + tau)
        mean = (w * y).sum() / w.sum()
        low, high = (tau, high) if (w * (y - mean) ** 2).sum() > len(y) - 1 else (low, tau)
    reach = stats.t.ppf(0.95, len(y) - 2) * np.sqrt(tau + 1 / w.sum())
    return {
        "value": float(np.exp(mean)),
        "single_low": float(np.exp(mean - reach)),
        "single_high": float(np.exp(mean + reach)),
    }


def breaks(x: np.ndarray, grid: int = 0) -> list[str]:
    """First days of the phases after the first: whole weeks, Anscombe's root, the cuts of least squares with four
    weeks at least between them, their number by Liu, Wu and Zidek's criterion."""
    inside = x[(START - MARGIN[0]).days + grid :]
    weeks = inside[: len(inside) // 7 * 7].reshape(-1, 7).sum(axis=1)
    y = 2 * np.sqrt(weeks + 3 / 8)
    n, s, q = len(y), np.r_[0, np.cumsum(y)], np.r_[0, np.cumsum(y * y)]
    i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    cost = np.where(j - i >= 4, q[j] - q[i] - (s[j] - s[i]) ** 2 / np.where(j > i, j - i, 1), np.inf)
    best, came, scores = [cost[0]], [], []
    for k in range(11):
        p = 2 * (k + 1)
        scores.append(n * np.log(best[k][n] / (n - p)) + p * 0.299 * np.log(n) ** 2.1)
        through = best[k][:, None] + cost
        came.append(through.argmin(axis=0))
        best.append(through.min(axis=0))
    k, end, cuts = int(np.argmin(scores)), n, []
    for step in range(k, 0, -1):
        end = int(came[step - 1][end])
        cuts.append(str((START + pd.Timedelta(days=grid + 7 * end)).date()))
    return cuts[::-1]


def killed_by_phase() -> pd.DataFrame:
    """People killed in each phase, best, low and high, from the days."""
    rows, phases = table("series/ucdp_daily"), table("built/phases")
    columns = ["events_state", "fatalities_best", "fatalities_low", "fatalities_high"]
    return pd.DataFrame(
        [
            rows.loc[rows["date"].between(p.date_first, p.date_last), columns].sum()
            for p in phases.itertuples()
        ]
    )


def alpha(field: str, distance: str) -> float:
    """Krippendorff's alpha of two codings: 1 minus the distance within claims over the distance among all values."""
    wide = table("coded/claim_codings").pivot(index="claim_id", columns="coder", values=field)
    if distance == "nominal":  # lists are sets (CODING.md); blank is an answer too
        words = wide.fillna("").astype(str).map(lambda cell: " | ".join(sorted(cell.split(" | "))))
        wide = pd.DataFrame(pd.factorize(words.to_numpy().ravel())[0].reshape(wide.shape))
    elif distance == "interval":
        wide = wide.apply(lambda day: pd.to_datetime(day).map(pd.Timestamp.toordinal, na_action="ignore"))
    pairs = wide.dropna().to_numpy(dtype=float)

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if distance == "nominal":
            return (a != b) * 1.0
        scale = 1.0 if distance == "interval" else np.where(a + b > 0, a + b, 1)
        return ((a - b) / scale) ** 2

    every = pairs.ravel()
    among = apart(every[:, None], every[None, :]).sum() / (len(every) * (len(every) - 1))
    within = apart(pairs[:, 0], pairs[:, 1]).mean()
    return float(1 - within / among) if among else 1.0
