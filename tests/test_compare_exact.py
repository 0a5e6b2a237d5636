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


def test_matches_need_two_episodes_and_the_side_after() -> None:
    """Two episodes are matched, one is not; before talks there is no matching and no column for it."""
    counts = drawn(3)
    sets = {
        "two": talks_on(counts, FIRST[1:3]),
        "one": talks_on(counts, FIRST[1:2]),
        "none": talks_on(counts, []),
    }
    after = timing.strata(counts, sets, timing.Design(window_days=W, statistic="pooled")).set_index("stratum")
    assert [False, True, True] == after["adjusted_ratio"].isna().tolist()
    (a, b), (c, d) = (windows(counts, place) for place in FIRST[1:3])
    assert (
        pytest.approx([(a + c + 0.5) / (b + d + 0.5), (a + 0.5) / (b + 0.5)]) == after["ratio"].tolist()[:2]
    )
    assert [2, 1, 0] == after["n_episodes"].tolist() == after["n_talks"].tolist()
    before = timing.strata(counts, sets, timing.Design(window_days=W, statistic="typical", side="before"))
    assert ["stratum", "n_talks", *ROW] == list(before.columns)
    assert pytest.approx(np.exp(logs_of(counts, FIRST[1:3], "before").mean())) == before["ratio"].iloc[0]


def test_two_series_row_beside_row() -> None:
    """Each series by itself, then the first against each other one: ratio of ratios, interval and p from logs
    of both."""
    series = {"a": drawn(4), "b": drawn(5), "c": drawn(6)}
    spans = timing.episodes(talks_on(series["a"], FIRST[:5]), SHORT)
    table = timing.compare_series(series, spans, timing.Design(window_days=W, side="after"))
    assert ["series", *ROW] == list(table.columns) and ["a", "b", "c", "a / b", "a / c"] == table[
        "series"
    ].tolist()
    assert ["Int64", "Int64"] == [str(table[name].dtype) for name in ("n_episodes", "n_rising")]
    table = table.set_index("series")
    own, moved = (
        {name: find(counts, FIRST[:5]) for name, counts in series.items()} for find in (logs_of, shifted)
    )
    for name in series:
        expected = [
            5,
            (own[name] > 0).sum(),
            *interval(own[name]),
            two_sided(own[name].mean(), moved[name][1:]),
        ]
        expected += np.exp(np.nanquantile(moved[name][1:], [0.05, 0.95])).tolist()
        assert pytest.approx(expected) == table.loc[name].astype(float).tolist()
    for other in ("b", "c"):
        each, apart = own["a"] - own[other], (moved["a"] - moved[other])[1:]
        expected = [
            5,
            (each > 0).sum(),
            *interval(each),
            two_sided(each.mean(), apart),
            *np.exp(np.nanquantile(apart, [0.05, 0.95])),
        ]
        assert pytest.approx(expected) == table.loc[f"a / {other}"].astype(float).tolist()


def test_few_episodes_give_a_ratio_of_ratios_without_p() -> None:
    """With two an interval, with one no row at all; before talks the windows are those before."""
    series = {"a": drawn(7), "b": drawn(8)}
    for places, rows in (
        (FIRST[1:3], ["a", "b", "a / b"]),
        (FIRST[1:2], ["a", "b"]),
        (FIRST[1:5], ["a", "b", "a / b"]),
    ):
        spans = timing.episodes(talks_on(series["a"], places), SHORT)
        table = timing.compare_series(series, spans, timing.Design(window_days=W, side="before")).set_index(
            "series"
        )
        assert rows == list(table.index) and table[["p_shift", "band_low", "band_high"]].isna().all(axis=None)
        if len(places) > 1:
            each = logs_of(series["a"], places, "before") - logs_of(series["b"], places, "before")
            assert pytest.approx(interval(each)) == table.loc["a / b", ["ratio", "low", "high"]].tolist()


def test_a_series_with_a_margin_beside_one_without() -> None:
    """A talk on the second day counts for the series that begins ten days earlier, not for the other, and not
    where both are compared; calendars move within the days that both know."""
    early, late = drawn(9, 70).set_axis(pd.date_range("2018-12-22", periods=70)), drawn(10)
    spans = timing.episodes(talks_on(late, [1, *FIRST[2:]]), SHORT)
    table = timing.compare_series(
        {"early": early, "late": late},
        spans,
        timing.Design(window_days=W, side="after", first_day="2019-01-01"),
    ).set_index("series")
    assert [5, 4, 4] == table["n_episodes"].tolist()
    both = timing.compare_series(
        {"early": early.iloc[10:], "late": late}, spans, timing.Design(window_days=W, side="after")
    ).set_index("series")
    pd.testing.assert_frame_equal(both.loc[["late", "early / late"]], table.loc[["late", "early / late"]])
    own = plain.shift_log_ratios(
        early, pd.DataFrame({"date_first": late.index[[1, *FIRST[2:]]], "days": 1}), W, margin=10
    )
    assert (
        pytest.approx([np.exp(own[0]), two_sided(own[0], np.array(own[1:]))])
        == table.loc["early", ["ratio", "p_shift"]].tolist()
    )


def test_series_on_other_days_are_refused() -> None:
    """Same length, another last day."""
    one = drawn(1)
    spans = timing.episodes(talks_on(one, FIRST), SHORT)
    moved = one.set_axis(one.index + pd.Timedelta(days=1))
    with pytest.raises(Refusal, match=r"^series a, b: they do not end on the same day$"):
        timing.compare_series({"a": one, "b": moved}, spans, timing.Design(window_days=W, side="after"))


def test_labels_of_episodes() -> None:
    """One value is the label, two are mixed, twice the same is one; the index is that of the episodes."""
    counts = drawn(1)
    talks = talks_on(counts, [1, 3, 12, 14, 30]).assign(
        outcome=["agreed", "failed", "failed", "failed", "agreed"]
    )
    spans = timing.episodes(talks, SHORT).set_axis([7, 8, 9])
    found = timing.episode_labels(spans, talks, column="outcome")
    assert {7: "mixed", 8: "failed", 9: "agreed"} == found.to_dict() and "str" == str(found.dtype)


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


def test_an_episode_has_what_any_of_its_talks_has() -> None:
    """Delegations without a truce and the summit with one are an episode with one; a blank is no truce."""
    counts = drawn(1)
    talks = talks_on(counts, [1, 3, 12, 30]).assign(truce=pd.array([False, True, None, False], "boolean"))
    spans = timing.episodes(talks, SHORT).set_axis([7, 8, 9])
    assert {7: True, 8: False, 9: False} == timing.episode_has(spans, talks, column="truce").to_dict()


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
    pooled = timing.fatality_bounds(
        low, best, high, spans, timing.Design(window_days=W, statistic="pooled")
    ).set_index("estimate")
    total = [
        (sum(min(a) for a in after) + 0.5) / (sum(max(b) for b in before) + 0.5),
        sum(max(a) for a in after) + 0.5,
    ]
    assert (
        pytest.approx([total[0], total[1] / (sum(min(b) for b in before) + 0.5)])
        == pooled["ratio"].tolist()[3:]
    )
    a, b = np.array([windows(best, place) for place in places[1:]]).sum(axis=0)
    assert pytest.approx((a + 0.5) / (b + 0.5)) == pooled.loc["best", "ratio"]


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
    assert ["first", "second", "adjusted_rand", "covering", "n_first", "n_second", "n_days"] == list(
        table.columns
    )
    assert [("halves", "late"), ("halves", "some"), ("late", "some")] == list(
        zip(table["first"], table["second"], strict=True)
    )
    assert [(2, 2, 10), (2, 3, 6), (2, 3, 6)] == list(
        table[["n_first", "n_second", "n_days"]].itertuples(index=False, name=None)
    )
    assert (
        pytest.approx([(5 * 4 / 5 + 5 * 5 / 6) / 10, (5 * 3 / 5 + 1) / 6, (4 * 2 / 4 + 2 * 1 / 2) / 6])
        == table["covering"].tolist()
    )
    # pairs of days together in both; in each; chance (Hubert & Arabie)
    together, one, other, pairs = 6 + 10, 10 + 10, 6 + 15, 45
    expected = one * other / pairs
    assert (
        pytest.approx((together - expected) / ((one + other) / 2 - expected))
        == table["adjusted_rand"].iloc[0]
    )
    with pytest.raises(Refusal, match=r"^agreement of some and none: no day lies in both$"):
        phases.agreement(ten, {"some": cuts["some"], "none": cut(("2019-01-08", "2019-01-09"))})


def spelled(table: pd.DataFrame) -> list[tuple[int, str, str, int, str]]:
    dates = table.assign(**{name: table[name].dt.strftime("%m-%d") for name in ("date_first", "date_last")})
    return list(
        dates[["phase", "date_first", "date_last", "days", "level"]].itertuples(index=False, name=None)
    )


def test_the_plain_rule_without_smoothing() -> None:
    """Means of one day: a run shorter than the shortest joins the one before it, one just as long stands, a
    short first one joins the next."""
    counts = days([0] * 2 + [9] * 4 + [0] * 3 + [9] * 2 + [0] * 4)  # mean 3.6
    assert [(1, "01-01", "01-06", 6, "high"), (2, "01-07", "01-15", 9, "low")] == spelled(
        phases.threshold_phases(counts, smooth_days=1, min_days=3)
    )
    two = phases.threshold_phases(counts, smooth_days=0, min_days=2)
    assert [("low", 2), ("high", 4), ("low", 3), ("high", 2), ("low", 4)] == list(
        zip(two["level"], two["days"], strict=True)
    )
    assert [(1, "01-01", "01-15", 15, "high")] == spelled(
        phases.threshold_phases(counts, smooth_days=1, min_days=5)
    )


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
    assert [
        "series",
        "min_weeks",
        "criterion",
        "n_breaks",
        "dates",
        "level_changed_pct",
        "covering",
        "is_reference",
    ] == list(table.columns)
    keys = [(name, weeks, by) for name in ("here", "there") for weeks in (4, 20) for by in ("LWZ", "BIC")]
    assert keys == list(table[["series", "min_weeks", "criterion"]].itertuples(index=False, name=None))
    assert [1, 1, 0, 0] * 2 == table["n_breaks"].tolist()
    assert ["2019-04-23", "2019-04-23", "", ""] * 2 == table["dates"].tolist()
    assert [key == ("here", 4, "BIC") for key in keys] == table["is_reference"].tolist()
    assert [0.0, 0.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0] == table["level_changed_pct"].tolist()
    assert [1.0, 1.0, 0.5, 0.5] * 2 == table["covering"].tolist()
    with pytest.raises(Refusal, match=r"^sensitivity: series there and here do not stand on the same days$"):
        phases.sensitivity(
            {"here": (counts, "events"), "there": (other[:-1], "events")},
            phases.Segmentation(criterion="LWZ", max_breaks=1),
            reference="here",
            min_weeks=(4,),
            criteria=("LWZ",),
        )


def test_events_and_deaths_are_cut_on_their_own_scales() -> None:
    """0, 3 and 15 a day: with one break the root of events sees the rise to 15, the logarithm of deaths the
    first ones; with two both see both."""
    counts = days([0] * 56 + [3] * 56 + [15] * 112)

    def cuts(max_breaks: int) -> pd.DataFrame:
        return phases.sensitivity(
            {"events": (counts, "events"), "dead": (counts, "fatalities")},
            phases.Segmentation(criterion="BIC", max_breaks=max_breaks),
            reference="dead",
            min_weeks=(4,),
            criteria=("BIC",),
        )

    one = cuts(1)
    assert ["2019-04-23", "2019-02-26"] == one["dates"].tolist()
    assert [False, True] == one["is_reference"].tolist() and [1.0] == one["covering"].tolist()[1:]
    assert pytest.approx((56 * 56 / 112 + 168 * 112 / 168) / 224) == one["covering"].iloc[0]
    assert ["2019-02-26 | 2019-04-23"] * 2 == cuts(2)["dates"].tolist()
