"""When after talks the counts differ: lags and windows against plain loops over every shift, planted dips
found again."""

import numpy as np
import pandas as pd
import pytest

from escalation import timing
from escalation.errors import Refusal
from escalation.timing.profile import largest

FIRST = pd.Timestamp("2019-01-01")
WEEK = timing.Design(window_days=7)


def days(numbers: object, first: pd.Timestamp = FIRST) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def spans_of(*rows: tuple[int, int]) -> pd.DataFrame:
    """Episodes from (days after the first day of the counts, length)."""
    first = [FIRST + pd.Timedelta(days=start) for start, _ in rows]
    last = [FIRST + pd.Timedelta(days=start + length - 1) for start, length in rows]
    return pd.DataFrame(
        {
            "episode": range(1, len(rows) + 1),
            "date_first": first,
            "date_last": last,
            "days": [n for _, n in rows],
        }
    )


def test_a_dip_of_three_days_is_found_where_it_is() -> None:
    """Twenty one-day episodes, each followed by three days with a quarter of the events: the first lag is
    the farthest, the second is within its band, and of all widths the third stands out."""
    rng = np.random.default_rng(5)
    numbers = rng.poisson(3, 853).astype(float)
    starts = np.arange(30, 830, 40)
    for start in starts:
        numbers[start + 1 : start + 4] = rng.poisson(0.75, 3)
    spans = spans_of(*[(int(start), 1) for start in starts])
    table, far = timing.lag_profile({"events": days(numbers)}, spans, WEEK)
    assert 0 == far.row and far.p < 0.01 and table["ratio"][0] < 0.45
    assert table["band_low"][1] < table["ratio"][1] < table["band_high"][1]
    widths, farthest = timing.window_profile(days(numbers), spans, WEEK)
    assert 3 == widths["window_days"][farthest.row] and farthest.p < 0.01


def test_the_farthest_of_many_is_seldom_far_by_chance() -> None:
    """Sixty series without any effect, fourteen widths looked at: the joint p is below .05 about as often
    as it says, while the smallest of the fourteen is so in far more of them."""
    spans = spans_of(*[(place, 1) for place in range(30, 270, 30)])
    joint, smallest = [], []
    for seed in range(60):
        table, far = timing.window_profile(days(np.random.default_rng(seed).poisson(2, 300)), spans, WEEK)
        joint.append(far.p < 0.05)
        smallest.append(table["p_shift"].min() < 0.05)
    assert np.mean(joint) < 0.1 < np.mean(smallest)


def test_too_few_episodes_are_not_judged() -> None:
    """Four episodes: a ratio and nothing else, and no p for the farthest; none at all of a series that
    ends before the talks."""
    counts = days(np.random.default_rng(6).poisson(2, 200))
    spans = spans_of((30, 1), (60, 1), (90, 1), (120, 1))
    table, far = timing.lag_profile({"a": counts, "early": counts.iloc[:20]}, spans, WEEK)
    assert table["p_shift"].isna().all() and table["band_low"].isna().all()
    assert [4, 4, 4, 0, 0, 0] == table["n_episodes"].tolist() and table["ratio"].notna().tolist() == [
        True
    ] * 3 + [False] * 3
    assert (-1, 0) == (far.row, far.n) and np.isnan(far.p)


def test_a_row_without_spread_is_not_the_farthest() -> None:
    """A series without an event gives the same value on every shift: it stands nowhere out."""
    curves = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 0.5, -0.5, 0.2]])
    assert 1 == largest(curves, np.full((2, 4), 6)).row


@pytest.mark.parametrize(
    ("lags", "before", "said"),
    [
        (((0, 3),), (-14, -4), "days 0 to 3"),
        (((4, 3),), (-14, -4), "days 4 to 3"),
        (((1, 3),), (-14, 0), "days -14 to 0 before"),
    ],
)
def test_lags_have_to_lie_after_talks(
    lags: tuple[tuple[int, int], ...], before: tuple[int, int], said: str
) -> None:
    """Days of talks are in no window."""
    with pytest.raises(Refusal, match=said):
        timing.lag_profile({"a": days(np.ones(100))}, spans_of((40, 1)), WEEK, lags=lags, before=before)
    with pytest.raises(Refusal, match="no series given"):
        timing.lag_profile({}, spans_of((40, 1)), WEEK)


def test_windows_longer_than_a_third_of_the_counts_are_refused() -> None:
    """As for the one window of the design."""
    with pytest.raises(Refusal, match="window of 14 days: allowed are 1 to 13"):
        timing.window_profile(days(np.ones(40)), spans_of((20, 1)), WEEK)
