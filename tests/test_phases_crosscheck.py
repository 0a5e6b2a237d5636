"""Phases seen from other sides: by likelihood, by a plain rule, under other choices, and what their arrows
say."""

import numpy as np
import pandas as pd
import pytest

from escalation import phases
from escalation.findings import number
from escalation.phases.compare import adjusted_rand
from escalation.phases.likelihood import best_cuts, dispersion, segment_cost

PLAIN = phases.Segmentation()

# British coal mines, explosions with ten deaths or more, 1851 to 1962: 191 in 112 years (Jarrett 1979, as in
# Carlin, Gelfand & Smith 1992). Two versions of single years are about; totals and break are the same.
COAL = [
    *[
        4,
        5,
        4,
        1,
        0,
        4,
        3,
        4,
        0,
        6,
        3,
        3,
        4,
        0,
        2,
        6,
        3,
        3,
        5,
        4,
        5,
        3,
        1,
        4,
        4,
        1,
        5,
        5,
        3,
        4,
        2,
        5,
        2,
        2,
        3,
        4,
        2,
        1,
        3,
        2,
    ],
    *[
        2,
        1,
        1,
        1,
        1,
        3,
        0,
        0,
        1,
        0,
        1,
        1,
        0,
        0,
        3,
        1,
        0,
        3,
        2,
        2,
        0,
        1,
        1,
        1,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        2,
        1,
        0,
        0,
        0,
        1,
        1,
        0,
        2,
    ],
    *[3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1],
]


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range("2018-09-01", periods=len(values)))


def levels(rng: np.random.Generator, *blocks: tuple[int, float]) -> pd.Series:
    return days(np.concatenate([rng.poisson(rate, length) for length, rate in blocks]))


def spans(*rows: tuple[str, str]) -> pd.DataFrame:
    first, last = zip(*rows, strict=True)
    return pd.DataFrame({"date_first": pd.to_datetime(list(first)), "date_last": pd.to_datetime(list(last))})


def test_coal_mining_break() -> None:
    """One Poisson break after 1891: 127 disasters in 41 years, then 64 in 71; twice the log-likelihood ratio
    is 69.988."""
    y = np.array(COAL, dtype=float)
    total, n = np.cumsum(y), len(y)
    k = np.arange(1, n)
    cost = segment_cost(total[k - 1], k.astype(float), 0.0) + segment_cost(
        total[-1] - total[k - 1], (n - k).astype(float), 0.0
    )
    at = int(k[cost.argmin()])
    whole = float(segment_cost(total[-1:], np.array([float(n)]), 0.0)[0])
    assert (112, 191, 41, 127) == (n, y.sum(), at, y[:at].sum())
    assert pytest.approx(69.988, abs=5e-4) == whole - cost.min()


def test_coal_mining_break_is_the_only_one() -> None:
    """With twice BIC's penalty the exact search over all cuts finds that break alone; BIC itself adds one
    after 1947."""
    y = np.array(COAL, dtype=float)
    cuts = [best_cuts(y, alpha=0.0, penalty=penalty * np.log(112), min_days=15) for penalty in (4, 2)]
    assert [[41], [41, 97]] == cuts


def test_cuts_equal_every_segmentation() -> None:
    """The search over last cuts agrees with trying all pairs, singles and none."""
    y = np.random.default_rng(5).poisson([1] * 9 + [6] * 8 + [2] * 9).astype(float)
    n, penalty, alpha = len(y), 4.0, 0.2
    every = [
        [],
        *[[i] for i in range(4, n - 3)],
        *[[i, j] for i in range(4, n - 3) for j in range(i + 4, n - 3)],
    ]

    def cost(cuts: list[int]) -> float:
        parts = np.split(y, cuts)
        return penalty * len(cuts) + sum(
            float(segment_cost(np.array([p.sum()]), np.array([float(len(p))]), alpha)[0]) for p in parts
        )

    assert min(every, key=cost) == best_cuts(y, alpha=alpha, penalty=penalty, min_days=4)


def test_dispersion_of_poisson_is_small() -> None:
    """Independent Poisson days have no overdispersion to speak of and no long memory; repeated days have
    both."""
    rng = np.random.default_rng(2)
    plain = dispersion(rng.poisson(4, 2000).astype(float), [])
    sticky = dispersion(np.repeat(rng.poisson(4, 200), 10).astype(float), [])
    assert plain.alpha < 0.02 and 1.0 <= plain.long_run < 1.3 and sticky.long_run > 4


def test_likelihood_agrees_with_the_weekly_search_on_planted_breaks() -> None:
    """Two methods with nothing in common but the data find the same planted changes, within a week."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 5), (63, 1), (196, 4))
    sides = phases.differing_breaks(phases.breaks(counts, PLAIN), phases.likelihood_breaks(counts, PLAIN))
    assert ["both"] * 3 == sides["in"].tolist() and (sides["gap_days"].abs() <= 7).all()


def test_likelihood_finds_nothing_in_nothing() -> None:
    """A flat and an empty series are one phase by likelihood too."""
    flat = days(np.random.default_rng(3).poisson(2, 600))
    assert [0, 0] == [len(phases.likelihood_breaks(counts, PLAIN)) for counts in (flat, days(np.zeros(200)))]


def test_differing_breaks_lists_both_sides() -> None:
    """Breaks farther apart than two weeks are two breaks, each missing on the other side."""
    ours, theirs = (
        pd.DataFrame({"date": pd.to_datetime(dates)})
        for dates in (["2019-04-27", "2019-11-02"], ["2019-04-29", "2020-03-06"])
    )
    assert ["both", "first", "second"] == phases.differing_breaks(ours, theirs)["in"].tolist()


def test_adjusted_rand_known_answer() -> None:
    """The worked example of Hubert & Arabie's formula: {1,1,2,2} and {1,1,2,3} agree at 4/7."""
    assert pytest.approx(4 / 7) == adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2]))
    assert (1.0, 1.0) == (
        adjusted_rand(np.zeros(5, dtype=int), np.zeros(5, dtype=int)),
        adjusted_rand(np.arange(5), np.arange(5)),
    )


def test_agreement_of_a_cut_with_itself_is_one() -> None:
    """Same phases, same labels, same score; days that one side leaves out are not counted."""
    cut = spans(("2018-09-01", "2018-09-30"), ("2018-10-01", "2018-10-31"))
    row = phases.agreement(pd.date_range("2018-09-01", "2018-11-30"), {"a": cut, "b": cut}).iloc[0]
    assert (1.0, 1.0, 61) == (row["adjusted_rand"], row["covering"], row["n_days"])


def test_threshold_rule_finds_plain_levels() -> None:
    """Low, high, low by rule, each long enough; a spike of a week is no phase."""
    counts = days([1] * 150 + [6] * 120 + [1] * 80 + [3] * 6 + [1] * 150)
    found = phases.threshold_phases(counts)
    assert ["low", "high", "low"] == found["level"].tolist()
    assert len(counts) == found["days"].sum()


@pytest.mark.parametrize("blocks", [[(10, 9), (300, 1)], [(400, 2)], [(20, 1), (20, 9), (20, 1)]])
def test_threshold_rule_covers_every_day_once(blocks: list[tuple[int, int]]) -> None:
    """Whatever the series, its phases follow each other without gap from the first day to the last."""
    counts = days(np.concatenate([[rate] * length for length, rate in blocks]))
    found = phases.threshold_phases(counts)
    assert len(counts) == found["days"].sum()
    assert (
        found["date_first"].iloc[1:].to_numpy()
        == (found["date_last"].iloc[:-1] + pd.Timedelta(days=1)).to_numpy()
    ).all()


def test_reference_is_not_sensitive_to_itself() -> None:
    """The row of the reference changes no day and covers all; a series without phases changes every day that
    was not middle."""
    counts = levels(np.random.default_rng(1), (200, 1), (200, 6))
    table = phases.sensitivity(
        {"here": (counts, "events"), "flat": (days(np.full(400, 3)), "events")},
        phases.Segmentation(criterion="LWZ", max_breaks=10),
        reference="here",
        min_weeks=(4, 8),
        criteria=("LWZ", "BIC"),
    )
    own = table[table["is_reference"]].iloc[0]
    assert (8, 1, 0.0, 1.0) == (
        len(table),
        table["is_reference"].sum(),
        own["level_changed_pct"],
        own["covering"],
    )
    assert 100.0 == table.loc["flat" == table["series"], "level_changed_pct"].iloc[0]


def test_status_follows_the_interval() -> None:
    """Worse if the whole interval lies above 1, better if below, otherwise unchanged; the first phase has no
    arrow."""
    counts = levels(np.random.default_rng(1), (168, 1), (126, 5), (256, 1))
    table = phases.phase_table(
        counts, phases.breaks(counts, PLAIN), fatalities=None, draws=199, rng=np.random.default_rng(1)
    )
    found = phases.phase_status(counts, table, unit="events", said=number)
    assert ["first", "deteriorated", "improved"] == found["status"].tolist()
    assert found["reason"].iloc[1].startswith(f"{number(table['per_day'].iloc[1])} events a day, ")


def test_flag_reads_the_last_four_weeks() -> None:
    """A quiet phase whose last four weeks double carries a risk flag, a violent one that fades an opportunity
    flag."""
    counts = days([1] * 100 + [2] * 28 + [9] * 100 + [4] * 28)
    cut = pd.DataFrame({"date": counts.index[[128]]})
    table = phases.phase_table(counts, cut, fatalities=None, draws=19, rng=np.random.default_rng(1))
    assert ["risk", "opportunity"] == phases.phase_status(counts, table, unit="events", said=number)[
        "flag"
    ].tolist()


def test_truces_in_force_are_counted_in_days() -> None:
    """Two truces that overlap count a day once; one without an end lasts to the end of the phase."""
    counts = days(np.ones(60))
    table = phases.phase_days(counts, pd.DataFrame({"date": counts.index[[30]]}))
    truces = pd.DataFrame(
        {
            "truce_id": ["A", "B", "C"],
            "effective_date": pd.to_datetime(["2018-09-11", "2018-09-16", "2018-10-21"]),
            "last": pd.to_datetime(["2018-09-20", "2018-09-22", None]),
        }
    )
    found = phases.truces_in_force(table, truces, end="last")
    assert [("A | B", 12), ("C", 10)] == list(zip(found["truce_ids"], found["days_in_force"], strict=True))
