"""Tables that lay results side by side, worked out the long way to the last cell: strata, series, estimates,
labels, dates, cuts."""

import numpy as np
import pandas as pd
import plain_statistics as plain
import pytest
from scipy import stats

from escalation import phases, timing
from escalation.errors import Refusal

W = 3
SHORT = timing.Design(window_days=W)
FIRST = [4, 12, 20, 29, 38, 47]
ROW = ["n_episodes", "n_rising", "ratio", "low", "high", "p_shift", "band_low", "band_high"]


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range("2019-01-01", periods=len(values)))


def talks_on(counts: pd.Series, first: list[int]) -> pd.DataFrame:
    when = counts.index[first]
    return pd.DataFrame({"talk_id": [f"T{place}" for place in first], "date_first": when, "date_last": when})


def drawn(seed: int, n: int = 60) -> pd.Series:
    return days(np.random.default_rng(seed).poisson(3, n))


def windows(counts: pd.Series, place: int, side: str = "after") -> tuple[float, float]:
    """(after, before) of a one-day episode, or of the two windows before it."""
    numbers = counts.tolist()
    if side == "after":
        return sum(numbers[place + 1 : place + 1 + W]), sum(numbers[place - W : place])
    return sum(numbers[place - W : place]), sum(numbers[place - 2 * W : place - W])


def logs_of(counts: pd.Series, places: list[int], side: str = "after") -> np.ndarray:
    return np.array(
        [np.log((a + 0.5) / (b + 0.5)) for a, b in (windows(counts, place, side) for place in places)]
    )


def interval(logs: np.ndarray) -> list[float]:
    """Mean of the logarithms with its 90 % interval by Student's t, as ratios."""
    reach = stats.t.ppf(0.95, len(logs) - 1) * np.std(logs, ddof=1) / np.sqrt(len(logs))
    return np.exp([logs.mean(), logs.mean() - reach, logs.mean() + reach]).tolist()


def two_sided(observed: float, others: np.ndarray) -> float:
    known = others[~np.isnan(others)]
    return min(
        1.0,
        2 * (1 + min((known >= observed - 1e-9).sum(), (known <= observed + 1e-9).sum())) / (1 + len(known)),
    )


def shifted(counts: pd.Series, places: list[int]) -> np.ndarray:
    spans = pd.DataFrame({"date_first": counts.index[places], "days": 1})
    return np.array(plain.shift_log_ratios(counts, spans, W))


def test_five_episodes_have_p_and_band() -> None:
    """Both from the shifted calendars, counted in a loop; the rows keep the order and the names of the
    sets."""
    counts = drawn(2)
    table = timing.strata(
        counts, {"b": talks_on(counts, FIRST[:5]), "a": talks_on(counts, FIRST)}, SHORT
    ).set_index("stratum")
    assert ["b", "a"] == list(table.index)
    for name, places in (("b", FIRST[:5]), ("a", FIRST)):
        logs, moved = logs_of(counts, places), shifted(counts, places)
        expected = [len(places), (logs > 0).sum(), *interval(logs), two_sided(logs.mean(), moved[1:])]
        expected += np.exp(np.nanquantile(moved[1:], [0.05, 0.95])).tolist()
        assert pytest.approx(expected) == table.loc[name, ROW].astype(float).tolist()
    pairs = timing.matched(
        counts, timing.contrast(counts, timing.episodes(talks_on(counts, FIRST), SHORT), SHORT), SHORT
    )
    even = interval(pairs["difference"].dropna().to_numpy())
    assert pytest.approx(even) == table.loc["a", ["adjusted_ratio", "adjusted_low", "adjusted_high"]].tolist()


def permuted(logs: list[float], labels: list[str], full: list[bool] | None = None, draws: int = 999) -> tuple:
    contrasts = pd.DataFrame(
        {"log_ratio": logs, "is_full_window": full or [True] * len(logs)}, index=range(3, 3 + len(logs))
    )
    named = pd.Series(labels, index=contrasts.index)[::-1]
    return tuple(
        timing.label_permutation(
            contrasts, named, first="x", second="y", draws=draws, rng=np.random.default_rng(1)
        )
    )


def test_labels_dealt_anew() -> None:
    """Six of x against five of y: of the 462 deals one is as far on either side; other labels and cut windows
    are left out."""
    logs, labels = [1, 2, 3, 4, 5, 3, -1, -1, -1, -1, -1, 9], [*"xxxxxxyyyyy", "mixed"]
    assert (pytest.approx(np.exp(3.0 - -1.0)), pytest.approx(2 / 462), 6, 5) == permuted(logs, labels)
    assert (5, 5) == permuted(logs, labels, [False, *[True] * 11])[2:]
    assert 1.0 == permuted([1] * 10, [*"xxxxxyyyyy"])[1]
    # an episode that has no label at all is none of theirs
    contrasts = pd.DataFrame({"log_ratio": [1.0, 2.0, 3.0, 4.0, 5.0], "is_full_window": True})
    found = timing.label_permutation(
        contrasts, pd.Series([*"xxyy"]), first="x", second="y", draws=99, rng=np.random.default_rng(1)
    )
    assert (pytest.approx(np.exp(-2.0)), 2, 2) == (found.ratio_of_ratios, found.n_first, found.n_second)


def test_fewer_than_five_of_a_label_have_a_size_and_no_p() -> None:
    """Four against six: how the two differ is given, and no test of it."""
    found = permuted([2, 2, 2, 2, 1, 1, 1, 1, 1, 1], [*"xxxxyyyyyy"])
    assert pytest.approx(np.e) == found[0] and np.isnan(found[1]) and (4, 6) == found[2:]


def test_more_deals_than_draws_are_drawn() -> None:
    """Twelve of each can be dealt in 2.7 million ways; 99 draws give a multiple of one in a hundred, doubled,
    the same for the same seed."""
    logs = [*np.linspace(0, 1, 12), *np.linspace(0.2, 1.4, 12)]
    found = permuted(logs, [*"x" * 12, *"y" * 12], draws=99)
    assert found == permuted(logs, [*"x" * 12, *"y" * 12], draws=99)
    assert 0 < found[1] < 1 and (found[1] * 50) == pytest.approx(round(found[1] * 50))


def test_estimates_of_the_dead_by_hand() -> None:
    """Two episodes; where the high estimate is below the low one, the outer bound uses the larger of the two
    all the same."""
    low, best, high = drawn(11), drawn(12) + 1, drawn(13)
    places = [0, *FIRST[1:4]]
    spans = timing.episodes(talks_on(low, places), SHORT)
    table = timing.fatality_bounds(low, best, high, spans, SHORT)
    assert ["estimate", "n_episodes", "ratio", "interval_low", "interval_high"] == list(table.columns)
    assert ["low", "best", "high", "smallest", "largest"] == table["estimate"].tolist()
    assert [3] * 5 == table["n_episodes"].tolist(), "the talk on the first day has no week before"
    table = table.set_index("estimate")
    for name, counts in (("low", low), ("best", best), ("high", high)):
        expected = interval(logs_of(counts, places[1:]))
        assert pytest.approx(expected) == table.loc[name, ["ratio", "interval_low", "interval_high"]].tolist()
    sums = [[windows(counts, place) for counts in (low, best, high)] for place in places[1:]]
    after, before = ([[pair[k] for pair in each] for each in sums] for k in (0, 1))
    least = np.mean([np.log((min(a) + 0.5) / (max(b) + 0.5)) for a, b in zip(after, before, strict=True)])
    most = np.mean([np.log((max(a) + 0.5) / (min(b) + 0.5)) for a, b in zip(after, before, strict=True)])
    assert pytest.approx(np.exp([least, most])) == table.loc[["smallest", "largest"], "ratio"].tolist()
    assert table.loc[["smallest", "largest"], ["interval_low", "interval_high"]].isna().all(axis=None)


def test_a_rise_is_undone_from_below() -> None:
    """The near end of an interval above 1 is its low one; an interval that touches 1 is undone by nothing."""
    assert (2.0, 1.5) == tuple(timing.tipping(ratio=2.0, low=1.5, high=3.0))
    assert (2.0, 1.0) == tuple(timing.tipping(ratio=2.0, low=1.0, high=3.0))
    assert (0.5, 1.0) == tuple(timing.tipping(ratio=0.5, low=0.2, high=1.0))


def test_dates_drawn_by_hand() -> None:
    """Events known to a span, each draw counted in a loop; those outside the series are none of it, the last
    day takes what goes beyond."""
    counts = drawn(14) + 3
    doubt = pd.DataFrame(
        {
            "date_first": (
                counts.index[[10, 14, 0, 58]].append(pd.DatetimeIndex(["2018-12-31", "2019-03-02"]))
            ),
            "span_days": [4, 2, 9, 5, 3, 3],
            "n": [2, 1, 1, 1, 50, 50],
        }
    )
    places, draws = [4, 12, 30, 55], 4
    # the window of a talk on day 1 leaves the series, so its episode does not count
    spans = timing.episodes(talks_on(counts, [0, *places]), SHORT)
    assert 5 == len(spans)
    table = timing.date_draws(counts, doubt, spans, SHORT, draws=draws, rng=np.random.default_rng(3))
    assert ["run", "n_events_moved", "ratio", "low", "high"] == list(table.columns)
    assert ["first day", "exact only", "drawn"] == table["run"].tolist() and [0, 0, 5] == table[
        "n_events_moved"
    ].tolist()
    exact = counts.copy()
    exact.iloc[[10, 14, 0, 58]] -= [2, 1, 1, 1]
    offsets = np.random.default_rng(3).integers(0, [[5, 5, 3, 10, 6]], (draws, 5))
    ratios = []
    for row in offsets:
        moved = exact.copy()
        for start, offset in zip([10, 10, 14, 0, 58], row, strict=True):
            moved.iloc[min(start + offset, 59)] += 1
        ratios.append(np.exp(logs_of(moved, places).mean()))
    assert (
        pytest.approx([np.exp(logs_of(each, places).mean()) for each in (counts, exact)])
        == table["ratio"].tolist()[:2]
    )
    assert table[["low", "high"]].iloc[:2].isna().all(axis=None)
    assert (
        pytest.approx(np.quantile(ratios, [0.5, 0.05, 0.95]))
        == table.loc[2, ["ratio", "low", "high"]].tolist()
    )


def cut(*dates: tuple[str, str]) -> pd.DataFrame:
    first, last = zip(*dates, strict=True)
    return pd.DataFrame({"date_first": pd.to_datetime(list(first)), "date_last": pd.to_datetime(list(last))})


def test_agreement_of_three_cuts() -> None:
    """Each pair once, in the given order, over the days that lie in both; covering is of the first's phases
    by the second's."""
    ten = pd.date_range("2019-01-01", periods=10)
    cuts = {
        "halves": cut(("2019-01-01", "2019-01-05"), ("2019-01-06", "2019-01-10")),
        "late": cut(("2019-01-01", "2019-01-04"), ("2019-01-05", "2019-01-10")),
        "some": cut(("2019-01-01", "2019-01-02"), ("2019-01-03", "2019-01-05"), ("2019-01-06", "2019-01-06")),
    }
    table = phases.agreement(ten, cuts)
    assert [("halves", "late", 2, 2, 10), ("halves", "some", 2, 3, 6), ("late", "some", 2, 3, 6)] == list(
        table[["first", "second", "n_first", "n_second", "n_days"]].itertuples(index=False, name=None)
    )
    assert (
        pytest.approx([(5 * 4 / 5 + 5 * 5 / 6) / 10, (5 * 3 / 5 + 1) / 6, (4 * 2 / 4 + 2 * 1 / 2) / 6])
        == table["covering"].tolist()
    )
    with pytest.raises(Refusal, match=r"^agreement of some and none: no day lies in both$"):
        phases.agreement(ten, {"some": cuts["some"], "none": cut(("2019-01-08", "2019-01-09"))})


def test_sensitivity_to_the_last_cell() -> None:
    """Sixteen weeks at 1, sixteen at 9: the plain choice finds the break; a shortest phase of 20 weeks
    cannot; each row says so."""
    counts = days([1.0] * 112 + [9.0] * 112)
    other = days([9.0] * 112 + [1.0] * 112)
    table = phases.sensitivity(
        {"here": (counts, "events"), "there": (other, "fatalities")},
        phases.Segmentation(criterion="BIC", max_breaks=1),
        reference="here",
        min_weeks=(4, 20),
        criteria=("LWZ", "BIC"),
    )
    keys = [(name, weeks, by) for name in ("here", "there") for weeks in (4, 20) for by in ("LWZ", "BIC")]
    assert keys == list(table[["series", "min_weeks", "criterion"]].itertuples(index=False, name=None))
    assert [1, 1, 0, 0] * 2 == table["n_breaks"].tolist()
    assert ["2019-04-23", "2019-04-23", "", ""] * 2 == table["dates"].tolist()
    assert [key == ("here", 4, "BIC") for key in keys] == table["is_reference"].tolist()
    assert [0.0, 0.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0] == table["level_changed_pct"].tolist()
    assert [1.0, 1.0, 0.5, 0.5] * 2 == table["covering"].tolist()
