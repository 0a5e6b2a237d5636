"""The phases between the breaks: how long, how violent, how much more than before, and a plain name for the
level."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.errors import Refusal
from escalation.phases.bootstrap import block_indices

Level = Literal["low", "middle", "high"]
BOUND = 1.5  # how far from the mean of the whole period a level has a name of its own


def level(rate: float, overall: float, *, bound: float = BOUND) -> Level:
    """The name of a phase by its level alone, never by its cause: high above `bound` times the mean of the
    whole period (3/2), low below its inverse (2/3), middle between: neither direction is favoured.

    >>> [level(rate, overall=3.0) for rate in (1.0, 3.0, 5.0)]
    ['low', 'middle', 'high']
    >>> level(5.0, overall=3.0, bound=2.0)
    'middle'
    """
    ratio = rate / overall if overall > 0 else 1.0
    return "low" if ratio < 1 / bound else "high" if ratio > bound else "middle"


def phase_days(counts: pd.Series, breaks: pd.DataFrame) -> pd.DataFrame:
    """The phases as spans of days: phase (from 1), date_first, date_last, days. The first begins with the
    series and the last ends with it, whatever days the weekly grid left out.

    >>> counts = pd.Series(1.0, index=pd.date_range("2020-01-01", periods=100))
    >>> phase_days(counts, pd.DataFrame({"date": pd.to_datetime(["2020-02-01"])}))
       phase date_first  date_last  days
    0      1 2020-01-01 2020-01-31    31
    1      2 2020-02-01 2020-04-09    69
    """
    daily.values(counts)
    daily.needs(breaks, "breaks", (), dates=["date"])
    first, last = daily.numbers_of(pd.DatetimeIndex(counts.index[[0, -1]]))
    inner = daily.numbers_of(breaks["date"])
    if len(inner) and not (first < inner[0] and inner[-1] <= last and (np.diff(inner) > 0).all()):
        covered = f"{counts.index[0]:%Y-%m-%d} to {counts.index[-1]:%Y-%m-%d}"
        raise Refusal(
            [f"breaks: they have to ascend, after the first day of the counts ({covered}) and within them"]
        )
    starts, ends = np.concatenate([[first], inner]), np.concatenate([inner - 1, [last]])
    return pd.DataFrame(
        {
            "phase": np.arange(1, len(starts) + 1),
            "date_first": daily.dates_of(starts),
            "date_last": daily.dates_of(ends),
            "days": ends - starts + 1,
        }
    )


def by_cell(cells: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """People killed by phase and cell of the map: phase, cell_lat, cell_lon, fatalities_best; deaths without
    a known cell stand in a row without one. `cells`: date, cell_lat, cell_lon, fatalities_best, of days
    within the phases of `table`."""
    phase = np.searchsorted(table["date_first"].to_numpy(), cells["date"].to_numpy(), side="right")
    keys = ["phase", "cell_lat", "cell_lon"]
    killed = cells.assign(phase=phase).groupby(keys, dropna=False)["fatalities_best"].sum()
    return killed.reset_index()


def phase_table(
    counts: pd.Series,
    breaks: pd.DataFrame,
    *,
    fatalities: pd.DataFrame | None,
    draws: int,
    rng: np.random.Generator,
    block_days: int = 7,
) -> pd.DataFrame:
    """One row a phase. Columns of `phase_days`, then:

    level (low, middle, high: see `level`); range_first, range_last (of the break that opens it; blank for the
    first); total (events or deaths in it); per_day, per_day_low, per_day_high (90 % interval); ratio,
    ratio_low, ratio_high (rate to that of the phase before; blank for the first); fatalities_low, _best,
    _high (sums; if `fatalities`, a daily frame with these columns, is given; blank where a day of the phase
    is unknown in it); share_of_days_with_pct (days with at least one).

    Intervals: circular block bootstrap of the days within each phase, in blocks of a week. Each phase is
    drawn by itself, so a ratio carries the doubt of both. The doubt of the break dates is not in them: it is
    in the ranges.

    >>> counts = pd.Series([0.0, 1.0] * 30 + [3.0, 4.0] * 30, index=pd.date_range("2020-01-01", periods=120))
    >>> cut = pd.DataFrame({"date": pd.to_datetime(["2020-03-01"])})
    >>> phases = phase_table(counts, cut, fatalities=None, draws=200, rng=np.random.default_rng(1))
    >>> phases[["phase", "date_first", "days", "level", "total", "per_day", "ratio"]]
       phase date_first  days level  total  per_day  ratio
    0      1 2020-01-01    60   low   30.0      0.5    NaN
    1      2 2020-03-01    60  high  210.0      3.5    7.0
    """
    problems = daily.whole("draws", draws, 1) + daily.whole("block_days", block_days, 1)
    if not isinstance(rng, np.random.Generator):
        problems.append(f"rng {rng!r}: a numpy generator is needed, such as numpy.random.default_rng(1)")
    if problems:
        raise Refusal(problems)
    numbers = daily.values(counts)
    overall = float(numbers.mean())
    table = phase_days(counts, breaks)
    first = daily.positions(counts, table["date_first"])
    parts = [numbers[start : start + length] for start, length in zip(first, table["days"], strict=True)]
    drawn = np.array(
        [
            part[block_indices(len(part), block=block_days, draws=draws, rng=rng)].mean(axis=1)
            for part in parts
        ]
    )
    rates = np.array([part.mean() for part in parts])
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    nowhere = np.array(["NaT"], dtype="datetime64[D]")
    opened = {
        name: np.concatenate(
            [
                nowhere,
                (
                    breaks[name].to_numpy().astype("datetime64[D]")
                    if name in breaks
                    else nowhere.repeat(len(breaks))
                ),
            ]
        )
        for name in ("range_first", "range_last")
    }
    table = table.assign(
        level=[level(float(rate), overall) for rate in rates],
        range_first=pd.DatetimeIndex(opened["range_first"]),
        range_last=pd.DatetimeIndex(opened["range_last"]),
        total=[float(part.sum()) for part in parts],
        share_of_days_with_pct=[100.0 * float((part > 0).mean()) for part in parts],
        per_day=rates,
        per_day_low=low,
        per_day_high=high,
    )
    # a phase without a single event leaves the ratio after it undefined, not infinite
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rates[1:] / rates[:-1]
        spread = np.quantile(drawn[1:] / drawn[:-1], [0.05, 0.95], axis=1)
    for name, column in (("ratio", ratio), ("ratio_low", spread[0]), ("ratio_high", spread[1])):
        table[name] = np.concatenate([[np.nan], np.where(np.isfinite(column), column, np.nan)])
    for name in ("fatalities_low", "fatalities_best", "fatalities_high"):
        if fatalities is not None:
            deaths = fatalities[name].reindex(counts.index).to_numpy(dtype=float, na_value=np.nan)
            table[name] = [
                float(deaths[start : start + length].sum())
                for start, length in zip(first, table["days"], strict=True)
            ]
    return table


def levels_by_bound(
    phases: pd.DataFrame, *, overall: float, bounds: Sequence[float] = (1.25, 1.5, 1.75, 2.0)
) -> pd.DataFrame:
    """What the phases would be called under other bounds: one row a bound. `phases`: phase, days, per_day (of
    `phase_table`); `overall`: mean of the whole period a day.

    Columns: bound, levels (of the phases in order, " | "), n_changed (phases whose name differs from that
    under 3/2), days_changed_pct (share of days in them). Raises Refusal for a bound that is not above 1."""
    if wrong := [bound for bound in bounds if not bound > 1]:
        raise Refusal([f"bound {bound} of a level: it has to be above 1" for bound in wrong])
    rates, days = phases["per_day"].to_numpy(dtype=float), phases["days"].to_numpy(dtype=float)
    usual = np.array([level(float(rate), overall) for rate in rates])
    rows = []
    for bound in bounds:
        names = np.array([level(float(rate), overall, bound=bound) for rate in rates])
        other = names != usual
        rows.append((bound, " | ".join(names), int(other.sum()), 100 * float(days[other].sum() / days.sum())))
    return pd.DataFrame(rows, columns=["bound", "levels", "n_changed", "days_changed_pct"])
