"""The published numbers once more, by someone who did not write the package: plain pandas and numpy over `data/`,
from METHODS.md, AMENDMENTS.md, the codebook and the report alone. Each function returns what one place in the
report says; `test_referee.py` lays it beside `data/built/findings`.
"""

from itertools import combinations
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


def spans(rows: pd.DataFrame, within: int = 7) -> list[list[pd.Timestamp]]:
    """First and last day of each episode: meetings no more than a window apart are one."""
    found: list[list[pd.Timestamp]] = []
    for first, last in zip(rows["date_first"], rows["date_last"], strict=True):
        if found and (first - found[-1][1]).days <= within:
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
    each = np.lib.stride_tricks.sliding_window_view(x, last - first + 1)
    out[low:high] = each[low + first : high + first].sum(axis=1)
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


def best_cuts(y: np.ndarray, most: int) -> list[tuple[float, list[int]]]:
    """For 0 … `most` cuts with four weeks at least between them: the least squares, and where the cuts lie."""
    n, s, q = len(y), np.r_[0, np.cumsum(y)], np.r_[0, np.cumsum(y * y)]
    i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    cost = np.where(j - i >= 4, q[j] - q[i] - (s[j] - s[i]) ** 2 / np.where(j > i, j - i, 1), np.inf)
    best, cuts = cost[0], [[[]] * (n + 1)]
    found: list[tuple[float, list[int]]] = [(best[n], [])]
    for _ in range(most):
        through = best[:, None] + cost
        came, best = through.argmin(axis=0), through.min(axis=0)
        cuts.append([[*cuts[-1][at], int(at)] for at in came])
        found.append((best[n], cuts[-1][n]))
    return found


def whole_weeks(x: np.ndarray, grid: int = 0) -> np.ndarray:
    """Sums of the whole weeks of the window, on Anscombe's scale."""
    inside = x[(START - MARGIN[0]).days + grid :]
    return 2 * np.sqrt(inside[: len(inside) // 7 * 7].reshape(-1, 7).sum(axis=1) + 3 / 8)


def breaks(x: np.ndarray, grid: int = 0, strict: bool = True) -> list[str]:
    """First days of the phases after the first: whole weeks, Anscombe's root, the cuts of least squares with four
    weeks at least between them, their number by the criterion of Liu, Wu and Zidek or, not strict, of Bayes."""
    y = whole_weeks(x, grid)
    n, found = len(y), best_cuts(y, 10)
    p = 2 * np.arange(1, 12)
    squares = np.array([least for least, _ in found])
    liu = n * np.log(squares / (n - p)) + p * 0.299 * np.log(n) ** 2.1
    bayes = n * np.log(squares / n) + p * np.log(n)
    cuts = found[int(np.argmin(liu if strict else bayes))][1]
    return [str((START + pd.Timedelta(days=grid + 7 * cut)).date()) for cut in cuts]


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


def similar_days(x: np.ndarray, episodes: list) -> np.ndarray:
    """Log ratio of each episode less the mean of the ten days of the window most like its first day: by the level
    of the week before, and that level over the level of 42 days, each in units of its spread; a week at least
    from each other and from any episode."""
    before, skip = sums(x, -7, -1), (START - MARGIN[0]).days
    level, ratio = np.log((before + 0.5) / 7), np.log((sums(x, 1, 7) + 0.5) / (before + 0.5))
    like = np.array([level, level - np.log((sums(x, -42, -1) + 0.5) / 42)]).T
    at = [((first - MARGIN[0]).days, (last - first).days) for first, last in episodes]
    day = np.arange(len(x))
    near = np.any([(day > first - 7) & (day < first + long + 7) for first, long in at], axis=0)
    free = np.flatnonzero(~near & (day >= skip) & ~np.isnan(ratio))
    like, apart = like / like[free].std(axis=0), []
    for (first, _), own in zip(at, logs(x, episodes)[0], strict=True):
        taken: list[int] = []
        for other in free[np.argsort(((like[free] - like[first]) ** 2).sum(axis=1), kind="stable")]:
            if len(taken) < 10 and all(abs(other - one) >= 7 for one in taken):
                taken.append(int(other))
        apart.append(own - ratio[taken].mean())
    return np.array(apart)


def every_series() -> dict[str, np.ndarray]:
    """The counts of the specification curve."""
    columns = {"": "incidents", "_graded": "incidents_fair_or_confirmed", "_deaths": "civilians_killed_min"}
    ucdp = {"": "events_state", "_all": "events_all", "_deaths": "fatalities_best"}
    return {f"ucdp{name}": daily(column=column) for name, column in ucdp.items()} | {
        f"airwars{name}": daily("airwars_daily", column) for name, column in columns.items()
    }


def in_set(name: str) -> pd.DataFrame:
    rows = table("built/talks").sort_values(["date_first", "date_last"])
    own = rows["case_sets"].fillna("").str.split(" | ", regex=False)
    return rows[rows[f"in_{name}"] if f"in_{name}" in rows else own.map(lambda names: name in names)]


def pooled(x: np.ndarray, episodes: list, days: int) -> np.ndarray:
    """ln of all events after to all before, over the episodes with both windows: at each of the 853 places."""
    skip, before, total = (START - MARGIN[0]).days, sums(x, -days, -1), np.full((2, 853), 0.5)
    for first, last in episodes:
        after = sums(x, 1 + (last - first).days, days + (last - first).days)
        both = np.where(np.isnan(after + before), 0, [after, before])
        total += np.roll(both[:, skip:], -(first - START).days, axis=1)
    return np.log(total[0] / total[1])


def specifications(rows: pd.DataFrame) -> np.ndarray:
    """Log ratio of each of `rows` (series, talks_set, window_days, statistic) at each of the 853 places."""
    counts, curves = every_series(), []
    for row in rows.itertuples():
        x, days = counts[row.series], row.window_days
        episodes = spans(in_set(row.talks_set), days)
        each = pooled(x, episodes, days)
        if row.statistic == "typical":
            each = np.nanmean(logs(x, episodes, (1, days), (-days, -1)), axis=1)
        curves.append(each)
    return np.array(curves)


def breaks_that_hold(x: np.ndarray) -> np.ndarray:
    """Day numbers of the breaks on the first week grid by either criterion (two within a week are one, the strict
    one's) that by one of the two lie within two weeks of a break on five of the seven grids."""
    found: dict[int, int] = {}
    for strict in (True, False):
        grids = [(pd.to_datetime(breaks(x, grid, strict)) - START).days.to_numpy() for grid in range(7)]
        for day in grids[0]:
            same = [one for one in found if abs(one - day) <= 7] or [int(day)]
            n = sum(bool((np.abs(grid - day) <= 14).any()) for grid in grids)
            found[same[0]] = max(n, found.get(same[0], 0))
    return np.array([day for day, n in found.items() if n >= 5])


def recurring(x: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Breaks of `x` with one of `other` within two weeks, and the same with all breaks of `other` moved on."""
    own, others = breaks_that_hold(x), breaks_that_hold(other)
    apart = np.abs(own[:, None, None] - (others[:, None] + np.arange(853)) % 853)
    k = (apart.min(axis=1) <= 14).sum(axis=0).astype(float)
    low, high = np.quantile(k[1:], [0.05, 0.95], method="inverted_cdf")
    found = {"value": k[0], "expected": k[1:].mean(), "low": low, "high": high, "p": p_of(k)}
    return {name: float(value) for name, value in found.items()}


def break_ranges(x: np.ndarray, draws: int) -> np.ndarray:
    """5 and 95 in a hundred of where each break falls, in days from the start: what each phase leaves over, drawn
    anew in blocks of four weeks that go round the phase, and cut into as many phases again."""
    y, rng = whole_weeks(x), np.random.default_rng(1)
    cuts, again = [(pd.Timestamp(day) - START).days // 7 for day in breaks(x)], []
    parts = [y[a:b] for a, b in zip([0, *cuts], [*cuts, len(y)], strict=True)]
    for _ in range(draws):
        drawn = []
        for part in parts:
            starts = rng.integers(0, len(part), -(-len(part) // 4))
            drawn.append(part[((starts[:, None] + np.arange(4)) % len(part)).ravel()[: len(part)]])
        again.append(best_cuts(np.concatenate(drawn), len(cuts))[-1][1])
    return 7 * np.quantile(again, [0.05, 0.95], axis=0, method="inverted_cdf")


def days_with_a_claim() -> set[pd.Timestamp]:
    """Days of the window that a claim is dated to, if to no more than seven."""
    rows = table("coded/claims")
    short = rows[(rows["date_last"] - rows["date_first"]).dt.days < 7]
    told = [pd.date_range(*span) for span in zip(short["date_first"], short["date_last"], strict=True)]
    return {day for span in told for day in span if START <= day <= END}


def step(x: np.ndarray, day: pd.Timestamp) -> float:
    """ln of the step on this day in a Poisson fit with one trend through the 60 days before and the 60 from it."""
    t = np.arange(-60, 60)
    y, design = x[(day - MARGIN[0]).days + t], np.column_stack([np.ones(120), t / 60, t >= 0])
    beta = np.array([np.log(y.mean()), 0, 0])
    for _ in range(50):  # Newton
        mean = np.exp(design @ beta)
        beta += np.linalg.solve(design.T * mean @ design, design.T @ (y - mean))
    return float(beta[2])


def by_label(values: np.ndarray, first: list[bool], second: list[bool]) -> dict[str, float]:
    """Ratio of ratios of two kinds of episodes, and its exact p: every way of dealing the labels."""
    one, both = int(np.sum(first)), np.r_[values[first], values[second]]
    dealt = both[np.array(list(combinations(range(len(both)), one)))].sum(axis=1)
    apart = dealt / one - (both.sum() - dealt) / (len(both) - one)  # the first deal is the true one
    return {"ratio_of_ratios": float(np.exp(apart[0])), "p": p_of(apart)}


def meetings_of(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return [rows[rows["date_first"].between(*episode)] for episode in spans(rows)]


def seen(x: np.ndarray, episodes: list) -> bool:
    """Whether the verdict calls it a change: shifts and t below 0.05, similar days below 0.02, all one way."""
    each = logs(x, episodes)
    own, apart = each[0][~np.isnan(each[0])], similar_days(x, episodes)
    apart = apart[~np.isnan(apart)]
    if p_of(np.nanmean(each, axis=1)) >= 0.05 or stats.ttest_1samp(own, 0).pvalue >= 0.05:
        return False
    return bool(stats.ttest_1samp(apart, 0).pvalue < 0.02 and apart.mean() * own.mean() > 0)


def power(x: np.ndarray, episodes: list, ratio: float, draws: int) -> float:
    """Share of draws in which a change is seen: the calendar at a random place, and in the week after each episode
    each event kept with chance `ratio` or, above 1, so many added as a day of the week around gives."""
    rng, day, found = np.random.default_rng(1), pd.Timedelta(days=1), 0
    for _ in range(draws):
        shift, planted = int(rng.integers(853)), x.copy()
        moved = [START + ((first - START).days + shift) % 853 * day for first, _ in episodes]
        calendar = [[new, new + (last - first)] for new, (first, last) in zip(moved, episodes, strict=True)]
        after = {(last - MARGIN[0]).days + n for _, last in calendar for n in range(1, 8)}
        for at in after & set(range(len(x))):
            lent = x[np.clip(at + rng.integers(-7, 8), 0, len(x) - 1)]
            kept = rng.binomial(int(x[at]), min(ratio, 1))
            planted[at] = kept + rng.poisson(max(ratio - 1, 0) * lent)
        found += seen(planted, calendar)
    return found / draws


def killed_by_month() -> pd.DataFrame:
    """Civilians, others and people of whom it is not known by UCDP, and Airwars' civilians, by month."""
    both = table("series/ucdp_daily").merge(
        table("series/airwars_daily"), how="left", on=["date", "governorate"]
    )
    both = both[both["date"].between(START, END)]
    month = both.groupby(both["date"].dt.to_period("M")).sum(numeric_only=True)
    return pd.DataFrame(
        {
            "civilians": month["civilians_known"],
            "others": month["fatalities_known"] - month["civilians_known"],
            "unknown": month["fatalities_best"] - month["fatalities_known"],
            "second_min": month["civilians_killed_min"],
            "second_max": month["civilians_killed_max"],
        }
    )


def before_talks(x: np.ndarray, episodes: list, days: int) -> np.ndarray:
    """Log ratio of the week before to the week before that, the calendar moved through the first `days` days."""
    ratio = np.log((sums(x, -7, -1) + 0.5) / (sums(x, -14, -8) + 0.5))
    inside = ratio[(START - MARGIN[0]).days :][:days]
    places = [(first - START).days for first, _ in episodes if (first - START).days < days]
    return np.array([np.roll(inside, -place) for place in places]).T
