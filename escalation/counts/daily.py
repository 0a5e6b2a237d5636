"""A gapless daily series: the one thing that phases and timing both stand on."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation.errors import Refusal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
DAY = np.timedelta64(1, "D")
NO_DAY = np.iinfo(np.int64).min  # what a blank date is as a whole number


def values(counts: pd.Series) -> Floats:
    """The counts as floats, shape (days,), after a check: one value a day, no gap, no unknown, none negative.

    Unknown days are not zeros: a series that has them is refused rather than filled.

    >>> values(pd.Series([0, 2, 1], index=pd.date_range("2020-03-05", periods=3)))
    array([0., 2., 1.])
    >>> values(pd.Series([0, 2], index=pd.to_datetime(["2020-03-05", "2020-03-07"])))
    Traceback (most recent call last):
    escalation.errors.Refusal: daily counts: the day after 2020-03-05 is missing or doubled; every day needs
    one row
    """
    problems = []
    if not isinstance(counts, pd.Series):
        raise Refusal(f"daily counts: {type(counts).__name__}, not a pandas Series")
    if not isinstance(counts.index, pd.DatetimeIndex):
        raise Refusal(f"daily counts: the index is {type(counts.index).__name__}, not days")
    if counts.index.tz is not None or counts.index.hasnans:
        raise Refusal("daily counts: days without a time zone, and none blank, are needed as the index")
    if not pd.api.types.is_numeric_dtype(counts):
        raise Refusal(f"daily counts: {counts.dtype}, not numbers")
    if len(counts) < 2:
        problems.append(f"daily counts: {len(counts)} days, at least 2 are needed")
    steps = np.diff(counts.index.to_numpy().astype("datetime64[D]"))
    if (steps != DAY).any():
        place = counts.index[int(np.argmax(steps != DAY))]
        problems.append(
            f"daily counts: the day after {place:%Y-%m-%d} is missing or doubled; every day needs one row"
        )
    numbers = counts.to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(numbers).any():
        problems.append(
            f"daily counts: {int(np.isnan(numbers).sum())} days are unknown; cut the series or leave them out"
            " before"
        )
    if ((numbers < 0) | np.isinf(numbers)).any():
        wrong = int(((numbers < 0) | np.isinf(numbers)).sum())
        problems.append(f"daily counts: {wrong} days are negative or infinite")
    if problems:
        raise Refusal(problems)
    return numbers


def needs(frame: pd.DataFrame, what: str, columns: Sequence[str], *, dates: Sequence[str] = ()) -> None:
    """Raises Refusal, a line each, where a table that a function is given lacks columns, or has dates in them that
    pandas does not know as such.

    >>> needs(pd.DataFrame({"date_first": ["2020-01-01"]}), "talks", ["talk_id"], dates=["date_first"])
    Traceback (most recent call last):
    escalation.errors.Refusal: talks: no column talk_id talks, column date_first: str, not dates; pandas.to_datetime
    makes them
    """
    if not isinstance(frame, pd.DataFrame):
        raise Refusal(f"{what}: {type(frame).__name__}, not a pandas DataFrame")
    problems = [f"{what}: no column {name}" for name in (*columns, *dates) if name not in frame]
    problems += [
        f"{what}, column {name}: {frame[name].dtype}, not dates; pandas.to_datetime makes them"
        for name in dates
        if name in frame
        and frame[name].notna().any()
        and not pd.api.types.is_datetime64_any_dtype(frame[name])
    ]
    if problems:
        raise Refusal(problems)


def whole(name: str, given: object, least: int) -> list[str]:
    """A line if something that has to be a whole number from `least` is not; else none."""
    right = isinstance(given, int | np.integer) and not isinstance(given, bool) and given >= least
    return [] if right else [f"{name} {given!r}: a whole number from {least} is needed"]


def side_by_side(series: Mapping[str, pd.Series]) -> tuple[pd.Series, Floats]:
    """Several daily series as rows over the days of the longest, shape (series, days), and that longest
    series. They end on one day; days before a series begins are blank in its row. Raises Refusal as `values`
    does, and where they end on different days.

    >>> early = pd.Series([1, 2, 3], index=pd.date_range("2020-03-04", periods=3))
    >>> late = pd.Series([5, 6], index=pd.date_range("2020-03-05", periods=2))
    >>> side_by_side({"early": early, "late": late})[1]
    array([[ 1.,  2.,  3.],
           [nan,  5.,  6.]])
    """
    numbers = {name: values(counts) for name, counts in series.items()}
    if len({counts.index[-1] for counts in series.values()}) != 1:
        raise Refusal(f"series {', '.join(series)}: they do not end on the same day")
    longest = max(series.values(), key=len)
    return longest, np.array(
        [np.r_[np.full(len(longest) - len(row), np.nan), row] for row in numbers.values()]
    )


def numbers_of(dates: pd.Series | pd.DatetimeIndex) -> Ints:
    """Dates as whole days since 1 January 1970: plain integers, so that gaps are subtractions. Shape
    (dates,)."""
    missing = int(pd.isna(dates).sum())
    if missing:
        raise Refusal(f"dates: {missing} of {len(dates)} are blank")
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(np.int64), dtype=np.int64)


def dates_of(numbers: Ints) -> pd.DatetimeIndex:
    """The inverse of `numbers_of`; `NO_DAY` gives a blank."""
    return pd.DatetimeIndex(numbers.astype("datetime64[D]"))


def positions(counts: pd.Series, dates: pd.Series | pd.DatetimeIndex) -> Ints:
    """How many days each date lies after the first day of the counts (negative before it), shape (dates,).

    >>> counts = pd.Series(0, index=pd.date_range("2020-03-01", periods=10))
    >>> positions(counts, pd.to_datetime(["2020-03-01", "2020-03-05", "2020-02-28"]))
    array([ 0,  4, -2])
    """
    return numbers_of(dates) - numbers_of(pd.DatetimeIndex(counts.index[:1]))
