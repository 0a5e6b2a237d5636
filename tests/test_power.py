"""How often the verdict would say so: the whole rule on calendars with planted changes."""

import numpy as np
import pandas as pd
import pytest

from escalation import timing
from escalation.timing.power import affected_days, verdicts

DAYS = 160


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range("2018-09-01", periods=len(values)))


def spans_at(counts: pd.Series, places: list[int]) -> pd.DataFrame:
    dates = counts.index[sorted(places)]
    return pd.DataFrame({"episode": range(1, len(places) + 1), "date_first": dates, "date_last": dates})


def planted(ratio: float, seed: int, draws: int) -> tuple[pd.Series, np.ndarray, np.ndarray, np.ndarray]:
    """A calendar of one-day episodes in random counts, turned at random; after each the counts are changed
    by `ratio`."""
    rng = np.random.default_rng(seed)
    counts = days(rng.poisson(3, DAYS))
    first, lengths = np.arange(10, 150, 14), np.ones(10, dtype=np.int64)
    moved = rng.integers(0, DAYS, draws)
    on = affected_days(DAYS, first, lengths, moved, 4, 0)
    changed = rng.poisson(np.where(on > 0, 3 * ratio, 3.0)).astype(float)
    return counts, (first + moved[:, None]) % DAYS, moved, changed


@pytest.mark.parametrize("statistic", ["typical", "pooled"])
@pytest.mark.parametrize("ratio", [0.1, 0.4, 1.0, 3.0])
def test_the_verdict_on_each_draw_is_that_of_the_estimate(ratio: float, statistic: str) -> None:
    """Many series at once have the very verdict that `estimate` gives each alone (where one of the cheap
    tests sees nothing, the matched one is left out: never lower or higher, with it or without)."""
    design = timing.Design(window_days=4, statistic=statistic)
    counts, starts, _, changed = planted(ratio, seed=int(10 * ratio), draws=25)
    alone = [
        timing.estimate(days(row), spans_at(counts, places.tolist()), design)
        for row, places in zip(changed, starts, strict=True)
    ]
    shifts_p, measured = (
        np.array([each.test.p for each in alone]),
        np.log([each.test.ratio for each in alone]),
    )
    found = verdicts(changed, starts, np.ones(10, dtype=np.int64), shifts_p, measured, design, margin=0)
    clear = {"lower", "higher"}
    assert [each.verdict if each.verdict in clear else "" for each in alone] == [
        each if each in clear else "" for each in found
    ]
    assert (ratio == 1.0) == (not clear & set(found)) or ratio == 0.4


def test_the_verdict_asks_for_more_than_the_shifts_alone() -> None:
    """All tests have to agree, so the verdict is as rare as the rarest of them: never more often clear
    than the shifts, seldom without a change, nearly always at a tenth of the counts, and the size that it
    usually sees is the larger change."""
    counts = days(np.random.default_rng(3).poisson(2.5, 400))
    spans = spans_at(counts, list(range(20, 380, 20)))
    curve = timing.power(
        counts,
        spans,
        timing.Design(window_days=7),
        draws=80,
        rng=np.random.default_rng(5),
        ratios=(0.1, 0.6, 0.75, 1.0, 1.4, 4.0),
    )
    assert (curve["detected_pct"] <= curve["shifts_pct"]).all() and (
        curve["detected_pct"] < curve["shifts_pct"]
    ).any()
    found = curve.set_index("ratio")["detected_pct"]
    assert found[1.0] <= 5 and found[0.1] > 95 and found[4.0] > 95
    alone = timing.detectable(curve.assign(detected_pct=curve["shifts_pct"]))
    whole = timing.detectable(curve)
    assert whole.down <= alone.down < 1 < alone.up <= whole.up and whole != alone
