"""The phases between the breaks: how long, how violent, how much more than before, and a plain name for the level."""

from typing import Literal

import numpy as np
import pandas as pd

from escalation import daily
from escalation.phases.bootstrap import block_indices

Level = Literal["low", "middle", "high"]


def level(rate: float, overall: float) -> Level:
    """The name of a phase by its level alone, never by its cause: low below 2/3 of the mean of the whole period, high
    above 3/2 of it, middle between. The two bounds are each other's inverse, so neither direction is favoured.

    >>> [level(rate, overall=3.0) for rate in (1.0, 3.0, 5.0)]
    ['low', 'middle', 'high']
    """
    ratio = rate / overall if overall > 0 else 1.0
    return "low" if ratio < 2 / 3 else "high" if ratio > 3 / 2 else "middle"


def phase_days(counts: pd.Series, breaks: pd.DataFrame) -> pd.DataFrame:
    """The phases as spans of days: phase (from 1), date_first, date_last, days. The first begins with the series and
    the last ends with it, whatever days the weekly grid left out.

    >>> counts = pd.Series(1.0, index=pd.date_range("2020-01-01", periods=100))
    >>> phase_days(counts, pd.DataFrame({"date": pd.to_datetime(["2020-02-01"])}))
       phase date_first  date_last  days
    0      1 2020-01-01 2020-01-31    31
    1      2 2020-02-01 2020-04-09    69
    """
    first, last = daily.numbers_of(pd.DatetimeIndex(counts.index[[0, -1]]))
    inner = daily.numbers_of(breaks["date"])
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

    level (low, middle, high: see `level`); range_first, range_last (of the break that opens it; blank for the first);
    total (events or deaths in it); per_day, per_day_low, per_day_high (90 % interval); ratio, ratio_low, ratio_high
    (rate to that of the phase before; blank for the first); fatalities_low, _best, _high (sums; if `fatalities`, a
    daily frame with these columns, is given; blank where
    a day of the phase is unknown in it); share_of_days_with_pct (days with at least one).

    Intervals: circular block bootstrap of the days within each phase, in blocks of a week. Each phase is drawn by
    itself, so a ratio carries the doubt of both. The doubt of the break dates is not in them: it is in the ranges.

    >>> counts = pd.Series([0.0, 1.0] * 30 + [3.0, 4.0] * 30, index=pd.date_range("2020-01-01", periods=120))
    >>> cut = pd.DataFrame({"date": pd.to_datetime(["2020-03-01"])})
    >>> phases = phase_table(counts, cut, fatalities=None, draws=200, rng=np.random.default_rng(1))
    >>> phases[["phase", "date_first", "days", "level", "total", "per_day", "ratio"]]
       phase date_first  days level  total  per_day  ratio
    0      1 2020-01-01    60   low   30.0      0.5    NaN
    1      2 2020-03-01    60  high  210.0      3.5    7.0
    """
    numbers = daily.values(counts)
    overall = float(numbers.mean())
    table = phase_days(counts, breaks)
    first = daily.positions(counts, table["date_first"])
    parts = [numbers[start : start + length] for start, length in zip(first, table["days"], strict=True)]
    drawn = np.array([part[block_indices(len(part), block=block_days, draws=draws, rng=rng)].mean(axis=1) for part in parts])
    rates = np.array([part.mean() for part in parts])
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    nowhere = np.array(["NaT"], dtype="datetime64[D]")
    opened = {
        name: np.concatenate([nowhere, breaks[name].to_numpy().astype("datetime64[D]") if name in breaks else nowhere.repeat(len(breaks))])
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
            table[name] = [float(deaths[start : start + length].sum()) for start, length in zip(first, table["days"], strict=True)]
    return table
