"""Every choice a reader may make about the phases, computed at once: counts, area, criterion and shortest phase.
Each cut is the one that `breaks` gives for the same choice."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.counts.daily import Floats, Ints
from escalation.phases.segment import Criterion, Measure, Segmentation, choose, segment, transform, weekly
from escalation.phases.stability import GRIDS, together
from escalation.phases.table import level

DIMENSIONS = ("series", "measure", "area", "criterion", "min_weeks")
WHOLE = "all"  # the area, all its parts together
ESTIMATES = ("fatalities_low", "fatalities_best", "fatalities_high")
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)


def choices(
    series: Mapping[tuple[str, Measure, str], pd.Series],
    fatalities: Mapping[str, pd.DataFrame],
    how: Segmentation,
    *,
    min_weeks: Sequence[int],
) -> pd.DataFrame:
    """One row for each phase of each choice of counts, area, criterion and shortest phase; all else as in `how`.

    `series`: daily counts by source, measure and area; `fatalities`: people killed by area, by day (fatalities_low,
    _best, _high). Columns: series, measure, area, criterion, min_weeks, phase (from 1), date_first, date_last, days,
    level, n_grids (on how many of the seven week grids the break that begins the phase is found, as `grids` counts
    them; blank for the first phase), per_week (mean of its whole weeks), total, per_day, and the people killed in
    these days. Raises Refusal as `segment` does."""
    rows: list[dict[str, object]] = []
    for (source, measure, area), counts in series.items():
        numbers = daily.values(counts)
        dead = fatalities[area].loc[counts.index, list(ESTIMATES)].to_numpy(dtype=float)
        order = [how.anchor, *(other for other in range(GRIDS) if other != how.anchor)]
        weeks = [weekly(counts, anchor=anchor) for anchor in order]
        scaled = [transform(one, measure=measure) for one in weeks]
        for length in min_weeks:
            found = [segment(x, min_weeks=length, max_breaks=how.max_breaks) for x in scaled]
            for criterion in CRITERIA:
                cuts = [
                    np.array(one["cuts"].iloc[choose(one, criterion=criterion)], dtype=int) for one in found
                ]
                begins = [anchor + 7 * cut for anchor, cut in zip(order, cuts, strict=True)]
                chosen = {"series": source, "measure": measure, "area": area, "criterion": criterion}
                per_week = [part.mean() for part in np.split(weeks[0].to_numpy(dtype=float), cuts[0])]
                for phase in _phases(numbers, dead, begins, per_week):
                    rows.append({**chosen, "min_weeks": length, **phase})
    table = pd.DataFrame(rows)
    first = next(iter(series.values())).index[0]
    for name in ("date_first", "date_last"):
        table[name] = first + pd.to_timedelta(table[name], unit="D")
    return table.astype({"n_grids": "Int64"})


class Moves(NamedTuple):
    """A choice, and the lowest and highest mean number of breaks among what it may be; blank without one."""

    name: str
    low: float
    high: float


def breaks_of_each(grid: pd.DataFrame) -> pd.Series:
    """How many breaks each choice has: the frame of `choices` by its five columns of choices."""
    return grid.groupby(list(DIMENSIONS))["phase"].max() - 1


def moves_most(grid: pd.DataFrame) -> Moves:
    """Which of the choices moves the number of breaks most: the one between whose values its mean differs most, over
    all that the others may be. Areas are compared by the series that have parts, the rest over the whole area."""
    n = breaks_of_each(grid).reset_index(name="n")
    whole = n[n["area"] == WHOLE]
    parted = n[n["series"].isin(n.loc[n["area"] != WHOLE, "series"])]
    found = []
    for name in DIMENSIONS:
        middle = (parted if name == "area" else whole).groupby(name)["n"].mean()
        if len(middle) > 1:
            found.append(Moves(name, float(middle.min()), float(middle.max())))
    return max(found, key=lambda each: each.high - each.low, default=Moves("", np.nan, np.nan))


def _phases(
    numbers: Floats, dead: Floats, begins: list[Ints], per_week: list[float]
) -> list[dict[str, object]]:
    """The phases of one choice, their dates as days from the first. `begins`: where the breaks lie on each grid, the
    chosen one first."""
    starts = [0, *begins[0].tolist()]
    ends = [*starts[1:], len(numbers)]
    n_grids = {days[0]: len(days) for days in together([one.tolist() for one in begins])}
    overall = float(numbers.mean())
    rows: list[dict[str, object]] = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        part = numbers[start:end]
        killed = dead[start:end].sum(axis=0)
        rows.append(
            {
                "phase": place + 1,
                "date_first": start,
                "date_last": end - 1,
                "days": end - start,
                "level": level(float(part.mean()), overall),
                "n_grids": n_grids[start] if place else None,
                "per_week": float(per_week[place]),
                "total": float(part.sum()),
                "per_day": float(part.mean()),
                **dict(zip(ESTIMATES, map(float, killed), strict=True)),
            }
        )
    return rows
