"""Which breaks stay when weeks begin on another day, and which recur in another source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Ints
from escalation.phases.segment import Criterion, Segmentation, breaks

Found = tuple[int, int]  # of a break: its day, and on how many grids it is found

GRIDS = 7  # ways to begin a week
ENOUGH = 5  # of them that have to find a break, or it is only possible
SOURCES = 2  # that have a stable break
NEAR_DAYS = 14  # two breaks no further apart than this are one


def anchor_stability(
    counts: pd.Series, how: Segmentation, *, tolerance_days: int = NEAR_DAYS
) -> pd.DataFrame:
    """For each break found: how it fares when weeks begin on each of the seven days.

    Columns: break_number, date, n_anchors (of 7 with a break within `tolerance_days`, itself included),
    move_days (the farthest of those), date_earliest, date_latest (of those). At each anchor the nearest break
    is taken."""
    found = [breaks(counts, replace(how, anchor=other)) for other in range(GRIDS)]
    days = [daily.numbers_of(frame["date"]) for frame in found]
    near: list[list[int]] = []
    for day in days[how.anchor]:
        nearest = [int(others[np.abs(others - day).argmin()]) for others in days if len(others)]
        near.append([other for other in nearest if abs(other - day) <= tolerance_days])
    return pd.DataFrame(
        {
            "break_number": found[how.anchor]["break_number"],
            "date": found[how.anchor]["date"],
            "n_anchors": np.array([len(others) for others in near], dtype=np.int64),
            "move_days": np.array(
                [max(abs(o - d) for o in others) for d, others in zip(days[how.anchor], near, strict=True)],
                dtype=np.int64,
            ),
            "date_earliest": daily.dates_of(np.array([min(others) for others in near])),
            "date_latest": daily.dates_of(np.array([max(others) for others in near])),
        }
    )


def grids(
    counts: pd.Series, how: Segmentation, *, tolerance_days: int = NEAR_DAYS, enough: int = ENOUGH
) -> pd.DataFrame:
    """The breaks found when weeks begin on each of the seven days, laid together: one row a break, also those
    that the chosen grid does not have. Columns: date (on the grid of `how`, else on the first grid that has
    it), n_grids (of 7), date_earliest, date_latest, on_chosen_grid, status ("holds" on at least `enough`
    grids, else "possible").

    A break of another grid is the same break if it lies within `tolerance_days` and no nearer break does."""
    order = [how.anchor, *(other for other in range(GRIDS) if other != how.anchor)]
    found = [breaks(counts, replace(how, anchor=grid))["date"] for grid in order]
    by_grid = [daily.numbers_of(dates).tolist() for dates in found]
    known, chosen = together(by_grid, tolerance_days=tolerance_days), set(by_grid[0])
    return pd.DataFrame(
        {
            "date": daily.dates_of(np.array([each[0] for each in known], dtype=np.int64)),
            "n_grids": np.array([len(each) for each in known], dtype=np.int64),
            "date_earliest": daily.dates_of(np.array([min(each) for each in known], dtype=np.int64)),
            "date_latest": daily.dates_of(np.array([max(each) for each in known], dtype=np.int64)),
            "on_chosen_grid": [each[0] in chosen for each in known],
            "status": ["holds" if len(each) >= enough else "possible" for each in known],
        }
    )


def together(by_grid: Sequence[Sequence[int]], *, tolerance_days: int = NEAR_DAYS) -> list[list[int]]:
    """The days of the same break on each grid, in order of time: that of the first grid that has it comes first.
    No two breaks of the first grid are one, however near.

    >>> together([[10, 60], [12], [58, 100]])
    [[10, 12], [60, 58], [100]]
    """
    known = [[day] for day in by_grid[0]]
    for days in by_grid[1:]:
        firsts = [each[0] for each in known]
        for day in days:
            near = [place for place, first in enumerate(firsts) if abs(first - day) <= tolerance_days]
            if near:
                known[min(near, key=lambda place: abs(firsts[place] - day))].append(day)
            else:
                known.append([day])
    return sorted(known)


def with_grids(found: pd.DataFrame, laid: pd.DataFrame) -> pd.DataFrame:
    """Breaks (date, …) with n_grids, the number of the seven week grids that have each, and is_possible:
    fewer than five. `laid`: the frame of `grids` of the same counts and segmentation."""
    known = laid[["date", "n_grids", "status"]].rename(columns={"status": "on_grids"})
    merged = found.merge(known, how="left", on="date", validate="one_to_one")
    return merged.assign(is_possible=merged["on_grids"] != "holds").drop(columns="on_grids")


def candidates(counts: pd.Series, how: Segmentation) -> pd.DataFrame:
    """Every break of one series that LWZ or BIC finds, whichever the criterion of `how`, by date.

    Columns: date, found_by ("LWZ", "BIC" or "LWZ | BIC"), n_anchors (the larger count of the two criteria),
    move_days. A BIC break no more than a week from an LWZ break is the same break, and keeps the date of the
    latter."""
    by_criterion: dict[Criterion, pd.DataFrame] = {
        criterion: anchor_stability(counts, replace(how, criterion=criterion)) for criterion in ("LWZ", "BIC")
    }
    strict, loose = by_criterion["LWZ"], by_criterion["BIC"]
    days, other_days = daily.numbers_of(strict["date"]), daily.numbers_of(loose["date"])
    gaps = np.abs(days[:, None] - other_days[None, :])
    twin = [int(row.argmin()) if len(row) and row.min() <= 7 else -1 for row in gaps]
    kept = strict.assign(
        found_by=["LWZ" if place < 0 else "LWZ | BIC" for place in twin],
        n_anchors=[
            int(own) if place < 0 else max(int(own), int(loose["n_anchors"].iloc[place]))
            for own, place in zip(strict["n_anchors"], twin, strict=True)
        ],
    )
    alone = [place for place in range(len(loose)) if place not in twin]
    added = loose.iloc[alone].assign(found_by="BIC")
    both = added if kept.empty else pd.concat([kept, added])
    return both.sort_values("date", ignore_index=True)[["date", "found_by", "n_anchors", "move_days"]]


def stable_breaks(
    per_source: Mapping[str, pd.DataFrame],
    *,
    tolerance_days: int = NEAR_DAYS,
    min_sources: int = SOURCES,
    min_anchors: int = ENOUGH,
) -> pd.DataFrame:
    """The breaks of all sources laid beside each other: one row a break, by date.

    `per_source` maps the name of a source (a publisher, not a measure: deaths and events of one file are one
    source) to its `candidates`. Columns: date (that of the first source that has it, in the order given),
    status ("stable" or "possible"), n_sources, sources (names, " | "), n_anchors (fewest among those
    sources), and for each source date_NAME. Stable: in at least `min_sources` sources within
    `tolerance_days`, each for at least `min_anchors` of the 7 week anchors. A break is matched with the
    nearest of the next source, and none is used twice."""
    names = list(per_source)
    rows = _matched({name: _found(frame) for name, frame in per_source.items()}, tolerance_days)
    statuses = [_status(row, min_sources, min_anchors) for row in rows]
    dates = {
        f"date_{name}": daily.dates_of(
            np.array([row[name][0] if name in row else daily.NO_DAY for row in rows])
        )
        for name in names
    }
    return pd.DataFrame(
        {
            "date": daily.dates_of(np.array([_day(matched) for matched in rows])),
            "status": statuses,
            "n_sources": [len(matched) for matched in rows],
            "sources": [" | ".join(matched) for matched in rows],
            "n_anchors": [min(anchors for _, anchors in matched.values()) for matched in rows],
            **dates,
        }
    )


def _found(frame: pd.DataFrame) -> list[Found]:
    return list(zip(daily.numbers_of(frame["date"]).tolist(), frame["n_anchors"].tolist(), strict=True))


def _matched(per_source: Mapping[str, list[Found]], tolerance_days: int) -> list[dict[str, Found]]:
    """What each source has of each break, by date of the first that has it."""
    names = list(per_source)
    left = {name: list(found) for name, found in per_source.items()}
    rows: list[dict[str, Found]] = []
    for place, name in enumerate(names):
        for day, anchors in sorted(left[name]):
            matched = {name: (day, anchors)}
            for other in names[place + 1 :]:
                near = [pair for pair in left[other] if abs(pair[0] - day) <= tolerance_days]
                if near:
                    matched[other] = min(near, key=lambda pair: (abs(pair[0] - day), pair[0]))
                    left[other].remove(matched[other])
            rows.append(matched)
    return sorted(rows, key=_day)


def _day(matched: Mapping[str, Found]) -> int:
    return next(iter(matched.values()))[0]


def _status(matched: Mapping[str, Found], min_sources: int, min_anchors: int) -> str:
    holding = sum(anchors >= min_anchors for _, anchors in matched.values())
    return "stable" if holding >= min_sources else "possible"


def recurrence(dates: pd.Series, stable: pd.DataFrame, *, tolerance_days: int = NEAR_DAYS) -> list[str]:
    """For each date the status ("stable" or "possible") of the nearest row of `stable_breaks`, "possible" if
    none is near."""
    return _nearest(
        daily.numbers_of(dates), daily.numbers_of(stable["date"]), list(stable["status"]), tolerance_days
    )


def _nearest(dates: Ints, known: Ints, statuses: Sequence[str], tolerance_days: int) -> list[str]:
    if not len(known):
        return ["possible"] * len(dates)
    gaps = np.abs(known - dates[:, None])
    return [
        str(statuses[place]) if gap <= tolerance_days else "possible"
        for place, gap in zip(gaps.argmin(axis=1), gaps.min(axis=1), strict=True)
    ]


def further_candidates(dates: pd.Series, candidates: pd.DataFrame) -> pd.DataFrame:
    """The rows of `candidates` that the generous criterion alone has and that lie more than a week from each
    of the breaks at `dates`."""
    gaps = np.abs(daily.numbers_of(candidates["date"])[:, None] - daily.numbers_of(dates)[None, :])
    alone = (candidates["found_by"] == "BIC").to_numpy() & (gaps > 7).all(axis=1)
    return candidates.iloc[np.flatnonzero(alone)]


class Recurring(NamedTuple):
    """How many breaks recur in another source (value, of n), beside the mean and 5 and 95 % of that number
    when the other source's breaks lie elsewhere, and the two-sided p (exact). Blank where there is no
    break."""

    value: int
    n: int
    expected: float
    low: float
    high: float
    p: float


def recurring_by_chance(
    dates: pd.Series, per_source: Mapping[str, pd.DataFrame], days: pd.DatetimeIndex
) -> Recurring:
    """How many of these breaks of the first source recur in the others, and how many would if the others'
    breaks lay at random: they are moved together by each of 1 … T−1 days around the T days of the series, so
    that their distances stay (`per_source`: the `candidates` of each, as `stable_breaks` takes them)."""
    first, *others = per_source
    asked = daily.numbers_of(dates)
    found = {name: _found(frame) for name, frame in per_source.items()}

    def recur(moved: Mapping[str, list[Found]]) -> int:
        rows = _matched(moved, NEAR_DAYS)
        known = np.array([_day(row) for row in rows], dtype=np.int64)
        return _nearest(asked, known, [_status(row, SOURCES, ENOUGH) for row in rows], NEAR_DAYS).count(
            "stable"
        )

    value = recur(found)
    if not len(dates) or not others:
        return Recurring(value, len(dates), *(float("nan"),) * 4)
    start, length = int(daily.numbers_of(days)[0]), len(days)

    def turned(breaks_found: list[Found], move: int) -> list[Found]:
        return [((day - start + move) % length + start, anchors) for day, anchors in breaks_found]

    elsewhere = np.array(
        [
            recur({first: found[first]} | {name: turned(found[name], move) for name in others})
            for move in range(1, length)
        ]
    )
    low, high = np.quantile(elsewhere, [0.05, 0.95], method="inverted_cdf")
    least = min(int((elsewhere >= value).sum()), int((elsewhere <= value).sum()))
    p = min(1.0, 2.0 * (1 + least) / (1 + len(elsewhere)))
    return Recurring(value, len(dates), float(elsewhere.mean()), float(low), float(high), p)
