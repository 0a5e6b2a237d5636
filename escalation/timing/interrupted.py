"""One date, before and after: the step of a trend line there, among the steps the same fit finds at every
other week."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from statsmodels.genmod import families  # type: ignore[import-untyped]
from statsmodels.genmod.generalized_linear_model import GLM  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats
from escalation.errors import Refusal
from escalation.timing.episodes import day_sums

STEP_DAYS = 60  # counts on either side of a date that its step is measured in
STEPS = ["date", "ratio", "is_placebo"]


class Step(NamedTuple):
    """The level after the date against that before it (a ratio, trend removed), the p among placebo dates,
    their 5 and 95 %, and how many there were."""

    ratio: float
    p: float
    band_low: float
    band_high: float
    n_placebos: int


def has_spans(counts: pd.Series, date: pd.Timestamp, *, span_days: int = STEP_DAYS, after: int = 0) -> bool:
    """Whether the counts hold `span_days` days before the date and as many from `after` days after it on;
    false where there is no date.

    >>> counts = pd.Series([1.0] * 120, index=pd.date_range("2020-01-01", periods=120))
    >>> has_spans(counts, pd.Timestamp("2020-03-01")), has_spans(counts, pd.Timestamp("2020-03-02")), has_spans(counts, pd.NaT)
    (True, False, False)
    """
    if pd.isna(date):
        return False
    place = (date - counts.index[0]).days
    return bool(span_days <= place <= len(counts) - span_days - after)


class PlainRatio(NamedTuple):
    """Events in the days before and after a date, their ratio, and the share of all dates with both spans
    on which it is at least as low, in per cent, the date itself among them; ratio and share blank where
    nothing happened before."""

    n_before: float
    n_after: float
    ratio: float
    lower_elsewhere_pct: float


def plain_ratio(counts: pd.Series, date: pd.Timestamp, *, span_days: int = 28) -> PlainRatio:
    """What happened, without any model: the `span_days` after the date against those before it, the date in
    neither. The step of `interrupted` is that beside a trend common to both sides; where the counts fell or
    rose anyway, the two differ.

    Raises Refusal where the counts do not hold both spans.

    >>> counts = pd.Series([4.0] * 30 + [1.0] * 30, index=pd.date_range("2020-01-01", periods=60))
    >>> plain_ratio(counts, pd.Timestamp("2020-01-30"), span_days=10)
    PlainRatio(n_before=40.0, n_after=10.0, ratio=0.25, lower_elsewhere_pct=5.0)
    """
    numbers = daily.values(counts)
    place = int(daily.positions(counts, pd.DatetimeIndex([date]))[0])
    if not span_days <= place < len(numbers) - span_days:
        raise Refusal([f"ratio at {date:%Y-%m-%d}: {span_days} days on both sides are needed"])
    before, after = day_sums(numbers, -span_days, -1), day_sums(numbers, 1, span_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(before > 0, after / before, np.nan)
    known = ratios[~np.isnan(ratios)]
    own = float(ratios[place])
    share = 100 * float((known <= own + 1e-9).mean()) if not np.isnan(own) else np.nan
    return PlainRatio(float(before[place]), float(after[place]), own, share)


def log_step(numbers: Floats, place: int, span_days: int) -> tuple[float, Floats]:
    """The step at `place` in a log-linear Poisson fit (level, common trend, step) of the `span_days` on
    either side."""
    part = numbers[place - span_days : place + span_days]
    time = (np.arange(len(part)) - span_days) / span_days
    design = np.column_stack([np.ones(len(part)), time, np.arange(len(part)) >= span_days])
    if min(part[:span_days].sum(), part[span_days:].sum()) == 0:
        return float("nan"), np.full(3, np.nan)
    fit = GLM(part, design, family=families.Poisson()).fit()
    return float(fit.params[2]), np.asarray(fit.params, dtype=float)


def interrupted(
    counts: pd.Series, date: pd.Timestamp, *, span_days: int = STEP_DAYS, step_days: int = 7
) -> pd.DataFrame:
    """The step at `date` and at every `step_days`-th day before and after it with a full span on both sides:
    date, ratio, is_placebo.

    Poisson likelihood for the fit only: its standard errors reject 27 to 85 of 100 true nulls on such series
    (METHODS 4.4), so none is given. Dates with no event at all on one side have no step: blank."""
    numbers = daily.values(counts)
    place = int(daily.positions(counts, pd.DatetimeIndex([date]))[0])
    if not span_days <= place <= len(numbers) - span_days:
        raise Refusal([f"interrupted series at {date:%Y-%m-%d}: {span_days} days on both sides are needed"])
    first = span_days + (place - span_days) % step_days
    places = np.arange(first, len(numbers) - span_days + 1, step_days)
    ratios = [np.exp(log_step(numbers, int(other), span_days)[0]) for other in places]
    return pd.DataFrame({"date": counts.index[places], "ratio": ratios, "is_placebo": places != place})


def step_test(steps: pd.DataFrame) -> Step:
    """The frame of `interrupted` in one line. p: share of all dates, its own included, whose step is at least
    as far from 1 in either direction. Placebo dates near the real one share its days: that makes p larger,
    not smaller. Where the date itself has no step (no event on one side), ratio and p are blank; so is all where
    there are no rows."""
    if steps.empty:
        return Step(np.nan, np.nan, np.nan, np.nan, 0)
    logs = np.log(steps["ratio"].to_numpy(dtype=float))
    own = float(logs[~steps["is_placebo"].to_numpy(dtype=bool)][0])
    others = logs[steps["is_placebo"].to_numpy(dtype=bool)]
    others = others[~np.isnan(others)]
    low, high = np.exp(np.quantile(others, [0.05, 0.95])) if len(others) else (np.nan, np.nan)
    p = (
        (1 + int((np.abs(others) >= abs(own) - 1e-9).sum())) / (1 + len(others))
        if not np.isnan(own)
        else np.nan
    )
    return Step(float(np.exp(own)), float(p), float(low), float(high), len(others))


def step_line(counts: pd.Series, date: pd.Timestamp, *, span_days: int = STEP_DAYS) -> pd.DataFrame:
    """For the figure: date, count, fitted (with the step), without (the common trend without the step: what the
    step is measured against, not what would have happened)."""
    numbers = daily.values(counts)
    place = int(daily.positions(counts, pd.DatetimeIndex([date]))[0])
    if not span_days <= place <= len(numbers) - span_days:
        raise Refusal([f"interrupted series at {date:%Y-%m-%d}: {span_days} days on both sides are needed"])
    _, (level, trend, step) = log_step(numbers, place, span_days)
    time = np.arange(-span_days, span_days) / span_days
    base = np.exp(level + trend * time)
    days = slice(place - span_days, place + span_days)
    fitted = base * np.exp(step * (time >= 0))
    return pd.DataFrame(
        {"date": counts.index[days], "count": numbers[days], "fitted": fitted, "without": base}
    )
