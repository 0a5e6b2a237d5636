"""Small results worked out by hand, to the last field. (Mutants that lived on coarser tests are killed here.)"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation import schema, timing
from escalation.evidence import detector, quantities
from escalation.phases import likelihood, status
from escalation.timing import peri


def days(numbers: list[float]) -> pd.Series:
    return pd.Series(numbers, index=pd.date_range("2019-01-01", periods=len(numbers)), dtype=float)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (np.nan, 2.0, "first"),
        (0.5, np.nan, "first"),
        (1.01, 2, "deteriorated"),
        (0.5, 0.99, "improved"),
        (1.0, 2, "unchanged"),
        (0.5, 1.0, "unchanged"),
    ],
)
def test_an_arrow_needs_both_ends_of_the_interval(low: float, high: float, said: str) -> None:
    """One unknown end is no comparison; an interval that touches 1 is no change."""
    assert said == status.status_of(low, high)


def test_flags_at_their_edges() -> None:
    """Last weeks at exactly 3/2 are a risk, at exactly 2/3 an opportunity, as before are none, in a short phase unknown and so none."""
    parts = [[2.0] * 28 + [3.0] * 28, [3.0] * 28 + [2.0] * 28, [2.0] * 56, [2.0] * 30]
    first = np.cumsum([0, *map(len, parts)])[:-1]
    counts = days([n for part in parts for n in part])
    one = np.ones(len(parts))
    table = pd.DataFrame(
        {
            "date_first": counts.index[first],
            "days": list(map(len, parts)),
            "per_day": 2 * one,
            "ratio": one,
            "ratio_low": one * np.nan,
            "ratio_high": one * np.nan,
        }
    )
    found = status.phase_status(counts, table, unit="events")
    assert ["risk", "opportunity", "none", "none"] == list(found["flag"])
    assert [1.5, 0.6667, 1.0] == [round(each, 4) for each in found["last_weeks_ratio"][:3]]


def test_rising_episodes_are_counted() -> None:
    """Of four episodes one rose, two fell and one stayed: one is rising."""
    frame = pd.DataFrame(
        {
            "episode": range(4),
            "n_after": [3, 1, 2, 0],
            "n_before": [1, 3, 2, 5],
            "is_full_window": True,
            "date_first": pd.date_range("2019-01-01", periods=4),
        }
    )
    assert 1 == timing.average(frame, statistic="typical").n_rising
    assert 1 == timing.average(frame[:1], statistic="pooled").n_rising


def test_an_episode_list_may_be_empty() -> None:
    """No talks, no episodes, and the columns are there all the same."""
    none = pd.DataFrame(
        {"talk_id": pd.Series(dtype="str"), "date_first": pd.Series(dtype="datetime64[ns]"), "date_last": pd.Series(dtype="datetime64[ns]")}
    )
    assert 0 == len(timing.episodes(none, window_days=7))


def test_the_placebo_interval_of_a_step() -> None:
    """Twenty-one placebo ratios from 1 to 2: their 5 and 95 % points are the second and the last but one."""
    ratios = np.exp(np.linspace(0, np.log(2), 21))
    steps = pd.DataFrame({"ratio": [*ratios, 4.0], "is_placebo": [True] * 21 + [False]})
    found = timing.step_test(steps)
    assert (4.0, 21) == (round(found.ratio, 9), found.n_placebos)
    assert np.allclose([1 / 22, ratios[1], ratios[19]], [found.p, found.band_low, found.band_high])


def test_the_median_says_of_how_many() -> None:
    """Four truces, three of which ended, on days 2, 4 and 6: half are gone by day 4."""
    found = timing.median_days(timing.kaplan_meier(pd.Series([2.0, 4.0, 6.0, 8.0]), pd.Series([True, True, True, False])), n=4, n_failed=3)
    assert (4.0, 4, 3) == (found.days, found.n, found.n_failed)


def test_chance_of_a_hit_has_two_ends() -> None:
    """One talk on ten days of which every second has an event: shifted calendars give 0 to 1, the mean of nine shifts."""
    found = timing.coincidence(days([0, 1] * 5), pd.Series([pd.Timestamp("2019-01-01")])).iloc[0]
    assert (1, 1, 0.0, 1.0) == (found["n"], found["k"], found["low"], found["high"])
    assert 4 / 9 == pytest.approx(found["expected"])


def test_a_flat_series_is_one_all_around() -> None:
    """Half an event a week is added above and below alike, so a series without change has the ratio 1 on every day."""
    assert np.allclose(1.0, peri.around(np.full(90, 3.0), 2, span_days=21)[27:67])
    assert np.allclose(1.0, peri.around(np.zeros(90), 2, span_days=21)[27:67])


def test_the_long_run_variance_by_hand() -> None:
    """Alternating blocks of seven days: Bartlett's weights over 14 days, products of residuals that far apart, over n."""
    numbers = np.tile(np.repeat([1.0, 5.0], 7), 6)
    mean = numbers.mean()
    alpha = max(0.0, (((numbers - mean) ** 2 - mean).sum()) / (len(numbers) * mean**2))
    r = (numbers - mean) / np.sqrt(mean + alpha * mean**2)
    total = (r**2).mean() + 2 * sum((1 - lag / 15) * (r[lag:] * r[:-lag]).sum() / len(r) for lag in range(1, 15))
    found = likelihood.dispersion(numbers, [])
    assert pytest.approx((alpha, max(1.0, total))) == tuple(found)


def test_kinds_of_numbers() -> None:
    """A place in an order is no count, in words as in digits."""
    assert [
        ("ordinal", Decimal(3)),
        ("ordinal", Decimal(12)),
        ("number", Decimal(5)),
        ("number", Decimal(2)),
        ("verbal", None),
        ("vague", None),
    ] == [
        (found.kind, found.value)
        for found in quantities.numbers("the third round, the 12th, five dead, twice, tens of thousands fled, several died")
    ]


def test_every_kind_is_accounted_for(root: Path) -> None:
    """For each seed and kind: what is found is coded or waived, nothing is left, and sentences are among the kinds."""
    tables = {name: schema.read(name, root) for name in ("claims", "waivers", "documents")}
    found = detector.account(tables["claims"], tables["waivers"], tables["documents"], root)
    assert ["sentence", "number", "date", "violence", "diplomacy"] == list(found["kind"].unique())
    assert (found["n_found"] == found["n_coded"] + found["n_waived"]).all()
    by_kind = found.set_index(["document_id", "kind"])["n_found"]
    for document in tables["documents"].to_dict("records"):
        told = detector.detect((root / document["file"]).read_bytes().decode())["kind"].value_counts()
        assert {kind: int(told.get(kind, 0)) for kind in found["kind"].unique()} == dict(by_kind[document["document_id"]])
