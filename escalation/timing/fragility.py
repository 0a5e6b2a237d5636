"""Whether the conclusion hangs on one episode: the whole test again without each in turn."""

import pandas as pd

from escalation.timing.base_rates import in_windows
from escalation.timing.episodes import Statistic, average, contrast
from escalation.timing.matching import adjusted_ratio, matched
from escalation.timing.shifts import circular_shifts, shift_test
from escalation.timing.verdicts import verdict


def verdict_without_each(
    counts: pd.Series, spans: pd.DataFrame, *, window_days: int, statistic: Statistic, first_day: str | pd.Timestamp | None = None
) -> pd.DataFrame:
    """One row an episode left out: episode, date_first, ratio, p (two-sided, exact), verdict (see `timing.verdict`).

    Every number is computed anew from the other episodes: contrasts, shifts, interval and matched days."""
    rows = []
    for place, (episode, first) in enumerate(zip(spans["episode"], spans["date_first"], strict=True)):
        others = spans.drop(index=spans.index[place])
        contrasts = contrast(counts, others, window_days=window_days)
        ratio = average(contrasts, statistic=statistic)
        test = shift_test(circular_shifts(counts, others, window_days=window_days, statistic=statistic, first_day=first_day))
        adjusted = adjusted_ratio(matched(counts, contrasts, window_days=window_days, first_day=first_day))
        found = verdict(
            p=test.p,
            t_p=ratio.p,
            ratio=test.ratio,
            n=ratio.n,
            n_events=in_windows(contrasts),
            adjusted_p=adjusted.p,
            adjusted_ratio=adjusted.ratio,
        )
        rows.append({"episode": episode, "date_first": first, "ratio": ratio.ratio, "p": test.p, "verdict": found})
    return pd.DataFrame(rows, columns=["episode", "date_first", "ratio", "p", "verdict"])
