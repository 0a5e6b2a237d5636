"""The appendix model: daily counts explained by the days before them and by whether a round of talks has just
ended."""

import numpy as np
import pandas as pd
from statsmodels.genmod import families  # type: ignore[import-untyped]
from statsmodels.genmod.generalized_linear_model import GLM  # type: ignore[import-untyped]

from escalation.counts import daily
from escalation.counts.daily import Floats
from escalation.timing.design import Design, check_window, margin_of
from escalation.timing.episodes import HALF, Ratio, placed

LAGS = ((1, 1), (2, 3), (4, 7), (8, 14), (15, 28))  # days back, first and last
HAC_DAYS = 14


def lagged_logs(numbers: Floats) -> Floats:
    """ln(½ + mean count) over each span of `LAGS`, shape (days, spans); the first 28 days are not to be
    used."""
    total = np.r_[0.0, np.cumsum(numbers)]
    day = np.arange(len(numbers))
    columns = []
    for near, far in LAGS:
        sums = total[np.maximum(day - near + 1, 0)] - total[np.maximum(day - far, 0)]
        columns.append(np.log(HALF + sums / (far - near + 1)))
    return np.column_stack(columns)


def after_talks_model(
    counts: pd.Series, spans: pd.DataFrame, design: Design, *, level: float = 0.90
) -> Ratio:
    """The rate on the days +1 … +w after episodes against other days of the same recent past: rate ratio with
    interval.

    Poisson GLM, log link, with the logs of lagged means (1, 2–3, 4–7, 8–14, 15–28 days) and standard errors
    that allow for autocorrelation over 14 days (Newey-West). A robustness line: its size is 7 to 11 % at a
    nominal 5 % (METHODS 4.1), so its p belongs in no summary. Days before the design's first are read as the
    past of others and are not fitted. n: days used; n_rising: days after talks among them. Blank where the
    days do not tell the terms apart, as with no day after talks or too few days."""
    check_window(counts, design)
    numbers = daily.values(counts)
    first, lengths = placed(counts, spans, design)
    after = np.zeros(len(numbers))
    for start, length in zip(first, lengths, strict=True):
        after[start + length : start + length + design.window_days] = 1.0
    used = slice(max(LAGS[-1][1], margin_of(counts, design)), None)
    regressors = np.column_stack([np.ones(len(numbers)), after, lagged_logs(numbers)])[used]
    n_after = int(after[used].sum())
    if np.linalg.matrix_rank(regressors) < regressors.shape[1]:
        return Ratio(np.nan, np.nan, np.nan, np.nan, len(regressors), n_after)
    fit = GLM(numbers[used], regressors, family=families.Poisson()).fit(
        cov_type="HAC", cov_kwds={"maxlags": HAC_DAYS}
    )
    low, high = fit.conf_int(alpha=1 - level)[1]
    return Ratio(
        float(np.exp(fit.params[1])),
        float(np.exp(low)),
        float(np.exp(high)),
        float(fit.pvalues[1]),
        len(regressors),
        n_after,
    )
