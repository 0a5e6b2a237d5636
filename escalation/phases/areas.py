"""The parts of the area side by side: counts, breaks and toll of each."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from escalation.counts import daily
from escalation.phases.segment import Segmentation
from escalation.phases.stability import anchor_stability

ESTIMATES = ("low", "best", "high")


def by_area(
    counts: Mapping[str, pd.Series], fatalities: Mapping[str, pd.DataFrame], how: Segmentation
) -> pd.DataFrame:
    """One row a part of the area, in the order of `counts` (daily series by name; `fatalities`: daily frames
    by the same names with fatalities_low, _best, _high).

    Columns: area, n_events, events_pct (of all parts), fatalities_low/best/high, fatalities_pct (best
    estimate, of all parts), days_with_pct (share of days with at least one event), per_day, n_breaks,
    dates (of its own breaks, ISO, " | "), n_anchors (on how many of the 7 week grids each is found, " |
    "), busiest_first and busiest_events (the 28 days with most events: first day and number). Part by part
    the counts are small: a part without a break has no phases of its own, which is not peace."""
    rows = []
    for name, own in counts.items():
        numbers = daily.values(own)
        found = anchor_stability(own, how)
        dead = fatalities[name].reindex(own.index)
        month = np.convolve(numbers, np.ones(min(28, len(numbers))), mode="valid")
        rows.append(
            {
                "area": name,
                "n_events": int(numbers.sum()),
                **{f"fatalities_{each}": int(dead[f"fatalities_{each}"].sum()) for each in ESTIMATES},
                "days_with_pct": 100 * float((numbers > 0).mean()),
                "per_day": float(numbers.mean()),
                "n_breaks": len(found),
                "dates": " | ".join(found["date"].dt.strftime("%Y-%m-%d")),
                "n_anchors": " | ".join(found["n_anchors"].astype("str")),
                "busiest_first": own.index[int(month.argmax())] if numbers.any() else pd.NaT,
                "busiest_events": int(month.max()),
            }
        )
    table = pd.DataFrame(rows)
    for share, of in (("events_pct", "n_events"), ("fatalities_pct", "fatalities_best")):
        table.insert(list(table.columns).index(of) + 1, share, 100 * table[of] / max(int(table[of].sum()), 1))
    return table
