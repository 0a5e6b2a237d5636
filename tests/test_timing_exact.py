"""Timing, worked out by hand or by plain loops and held to the last cell: windows, shifts, steps, truces,
curves, matches, verdicts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from escalation import timing
from escalation.errors import Refusal

WEEK = timing.Design(window_days=7)
BLANK = float("nan")
LAGS = ((1, 1), (2, 3), (4, 7), (8, 14), (15, 28))


def days(numbers: Any, first: str = "2019-01-01") -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range(first, periods=len(values)))


def talks(counts: pd.Series, *rows: tuple[int, int]) -> pd.DataFrame:
    """Talks by the place of their first day and their length."""
    first, length = (np.array(column) for column in zip(*rows, strict=True))
    names = [f"T{place:03}" for place in first]
    return pd.DataFrame(
        {"talk_id": names, "date_first": counts.index[first], "date_last": counts.index[first + length - 1]}
    )


def spans(counts: pd.Series, *rows: tuple[int, int]) -> pd.DataFrame:
    """The same as episodes, one each."""
    frame = talks(counts, *rows)
    return pd.DataFrame(
        {
            "episode": range(1, len(rows) + 1),
            "date_first": frame["date_first"],
            "date_last": frame["date_last"],
            "days": [length for _, length in rows],
        }
    )


def plain_log(after: float, before: float) -> float:
    return float(np.log((after + 0.5) / (before + 0.5)))


def plain_p(observed: float, others: list[float]) -> float:
    known = [other for other in others if not np.isnan(other)]
    least = min(
        sum(other >= observed - 1e-9 for other in known), sum(other <= observed + 1e-9 for other in known)
    )
    return min(1.0, 2 * (1 + least) / (1 + len(known)))


def poisson_fit(numbers: Any, design: Any) -> Any:
    """A log-linear Poisson fit by Newton's steps."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(numbers.mean())
    for _ in range(60):
        mean = np.exp(design @ beta)
        beta = beta + np.linalg.solve(design.T @ (design * mean[:, None]), design.T @ (numbers - mean))
    return beta


def test_a_design_refuses_all_that_is_wrong_with_it_at_once() -> None:
    """A window of no days and three words that are none: a line each, with the words that are allowed."""
    told = (
        r"^window_days 0: a whole number from 1 is needed\nstatistic 'x': allowed are typical and pooled\n"
        r"side 'y': allowed are after and before\nanchor 'z': allowed are both, start and end$"
    )
    with pytest.raises(Refusal, match=told):
        timing.Design(window_days=0, statistic="x", side="y", anchor="z")  # type: ignore[arg-type]


def test_a_truce_at_the_edges_of_what_can_be_read() -> None:
    """Fourteen days before are enough and thirteen are not; a week that ends on the last day is whole, a day
    later it is cut; what is never broken has no first event; the first and the last day may be a truce's
    own."""
    counts = days([1.0] * 14 + [0.0] * 10)
    places = [0, 13, 14, 16, 17, 23]
    table = timing.truce_recovery(
        counts, pd.DataFrame({"truce_id": list("abcdef"), "effective_date": counts.index[places]})
    )
    assert [True, True, False, False, False, False] == table["level_before"].isna().tolist()
    assert [1.0, 12 / 14, 11 / 14, 5 / 14] == pytest.approx(table["level_before"].tolist()[2:])
    assert [1.0, 0.0, 0.0, 0.0] == table["level_week"].tolist()[:4] and table["level_week"].isna().tolist()[
        4:
    ] == [True, True]
    assert [1, pd.NA, pd.NA, pd.NA, pd.NA, pd.NA] == table["first_event_days"].tolist()
    assert [13, 1, 2, 1, 6, 0] == table["censor_days"].tolist()
    assert [2, 1, 6, 0] == table["days_50pct"].tolist()[2:] and [False] * 4 == table[
        "is_regained_50pct"
    ].tolist()[2:]
    short = timing.truce_recovery(
        counts[:10], pd.DataFrame({"truce_id": ["s"], "effective_date": counts.index[[5]]})
    )
    assert short[["level_before", "level_week", "days_50pct"]].isna().all(axis=None)
    outside = pd.DataFrame(
        {"truce_id": ["x", "y"], "effective_date": pd.to_datetime(["2018-12-31", "2019-01-25"])}
    )
    with pytest.raises(
        Refusal,
        match="truce x: its effective date lies outside the counts\ntruce y: its effective date lies outside",
    ):
        timing.truce_recovery(counts, outside)


def test_a_level_regained_on_the_day_the_next_truce_begins_is_regained() -> None:
    """The tenth day after a truce is the first with events: a seventh of the level before, if the next truce
    begins no sooner."""
    counts = days([4.0] * 20 + [0.0] * 10 + [4.0] * 20)
    for place, is_back, length in ((30, True, 10), (29, False, 9)):
        truces = pd.DataFrame({"truce_id": ["a", "b"], "effective_date": counts.index[[20, place]]})
        table = timing.truce_recovery(counts, truces, shares=[1 / 7])
        assert (length, is_back) == (table["days_14pct"].iloc[0], table["is_regained_14pct"].iloc[0])


# the appendix model


def test_the_model_by_newton_and_newey_and_west() -> None:
    """Rate ratio, limits and p by plain matrices: logs of ½ and the means of 1, 2–3, 4–7, 8–14 and 15–28 days
    back, Newton's steps, and scores weighted down to nothing over fifteen days."""
    rng = np.random.default_rng(2)
    counts = days(rng.poisson(4, 160))
    rows = [(20, 2), (50, 1), (90, 3), (155, 1)]
    used = np.arange(28, 160)
    after = np.array(
        [
            float(any(start + length <= day < start + length + 6 for start, length in rows))
            for day in range(160)
        ]
    )
    whole = counts.to_numpy()
    lags = [
        [np.log(0.5 + whole[day - far : day - near + 1].mean()) for near, far in LAGS]
        for day in range(28, 160)
    ]
    design = np.column_stack([np.ones(132), after[used], lags])
    numbers = whole[used]
    beta = poisson_fit(numbers, design)
    mean = np.exp(design @ beta)
    score = design * (numbers - mean)[:, None]
    middle = score.T @ score
    for back in range(1, 15):
        product = score[back:].T @ score[:-back]
        middle = middle + (1 - back / 15) * (product + product.T)
    bread = np.linalg.inv(design.T @ (design * mean[:, None]))
    error = np.sqrt((bread @ middle @ bread)[1, 1])
    found = timing.after_talks_model(counts, spans(counts, *rows), timing.Design(window_days=6), level=0.8)
    reach = stats.norm.ppf(0.9) * error
    expected = [*np.exp([beta[1], beta[1] - reach, beta[1] + reach]), 2 * stats.norm.sf(abs(beta[1]) / error)]
    assert expected == pytest.approx([found.ratio, found.low, found.high, found.p])
    assert (132, 16) == (found.n, found.n_rising)


# one date, before and after


def test_sixty_days_on_both_sides_of_a_date_are_needed() -> None:
    """A date on day 60 of 134 is the first that can be asked for, day 74 the last; every seventh day between
    is a placebo."""
    counts = days(np.random.default_rng(4).poisson(4, 134))
    table = timing.interrupted(counts, counts.index[60])
    assert counts.index[[60, 67, 74]].tolist() == table["date"].tolist()
    assert [False, True, True] == table["is_placebo"].tolist()
    for place in (59, 75):
        for asked in (timing.interrupted, timing.step_line):
            with pytest.raises(Refusal, match=r": 60 days on both sides are needed$"):
                asked(counts, counts.index[place])


# every way to ask at once


def test_specifications_refuse_by_name() -> None:
    """Series on other days, windows too long, and sets that are all too small are refused in words."""
    counts = days(np.ones(60))
    own = talks(counts, (20, 1), (40, 1))
    with pytest.raises(Refusal, match=r"^series a, b: they do not end on the same day$"):
        timing.shift_curves(
            {"a": counts, "b": counts[:-1]}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",)
        )
    with pytest.raises(Refusal, match=r"^series a, b: they do not end on the same day$"):
        timing.compare_series({"a": counts, "b": counts[:-1]}, spans(counts, (20, 1)), WEEK)
    with pytest.raises(
        Refusal, match=r"^window from 2019-01-01: outside the counts \(2019-01-02 to 2019-03-01\)$"
    ):
        timing.shift_curves(
            {"a": counts, "b": counts[1:]}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",)
        )
    with pytest.raises(Refusal, match="window of 21 days: allowed are 1 to 20"):
        timing.shift_curves(
            {"a": counts}, {"none": own.iloc[:0]}, WEEK, windows_days=(3, 21), statistics=("typical",)
        )
    of_few = timing.shift_curves({"a": counts}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",))
    assert (0, (0, len(counts))) == (len(of_few[0]), of_few[1].shape)
    assert timing.joint_test(of_few[1]).n_specifications == 0


def test_a_p_of_exactly_a_twentieth_is_not_below_it() -> None:
    """Of forty values the observed is the largest: p is .05, and .0488 of forty-one."""
    for n, below in ((40, 0.0), (41, 100.0)):
        found = timing.joint_test(np.r_[2.0, np.linspace(-1, 1, n - 1)][None, :])
        assert below == found.below_05_pct


# how long truces held


def test_limits_of_the_median() -> None:
    """A curve at exactly one half is there; a limit that stays above is blank."""
    curve = pd.DataFrame(
        {
            "day": [0.0, 3, 5],
            "holding_pct": [100.0, 50, 20],
            "low_pct": [BLANK, 30, 5],
            "high_pct": [BLANK, 70, 51],
        }
    )
    found = timing.median_days(curve, n=5, n_failed=4)
    assert (3.0, 3.0, 5, 4) == (found.days, found.low, found.n, found.n_failed) and np.isnan(found.high)
    late = timing.median_days(
        curve.assign(low_pct=[BLANK, 51, 49], high_pct=[BLANK, 70, 50]), n=5, n_failed=4
    )
    assert (5.0, 5.0) == (late.low, late.high)


# the smallest change that would be seen


def test_the_detectable_size_on_either_side() -> None:
    """Between the ratios tried on the log scale; at the first tried if that is seen; a wobble does not undo
    what was seen; 80 % unless told; a curve that stays below has none."""
    curve = pd.DataFrame(
        {"ratio": [2.0, 0.5, 1.0, 0.25, 4.0, 8.0], "detected_pct": [60.0, 40.0, 0.0, 90.0, 50.0, 100.0]}
    )
    found = timing.detectable(curve)
    down = np.exp(np.log(0.5) + 0.8 * np.log(0.5))
    assert (down, np.exp(np.log(4) + 0.5 * np.log(2)), 0.8) == pytest.approx(tuple(found))
    assert np.isnan(timing.detectable(curve, share=0.95).down)
    at_once = timing.detectable(pd.DataFrame({"ratio": [0.5, 1.5], "detected_pct": [80.0, 95.0]}))
    assert (0.5, 1.5) == pytest.approx(at_once[:2])
    assert np.isnan(timing.detectable(curve[curve["ratio"] > 1]).down)


def test_what_an_interval_leaves_out() -> None:
    """The limits themselves are not left out."""
    size = {"detectable_down": 0.7, "detectable_up": 1.5}
    found = [
        timing.rules_out(low=low, high=high, **size)
        for low, high in ((0.71, 1.49), (0.7, 1.49), (0.71, 1.5), (0.7, 1.5))
    ]
    assert ["both", "rise", "fall", "neither"] == found


def test_the_adjusted_ratio_by_hand() -> None:
    """Differences of .1, .5, −.3: Student's t with two degrees; neither a cut window nor an episode without a
    match counts. One has a ratio and no more, none has nothing."""
    frame = pd.DataFrame(
        {"difference": [0.1, 0.5, -0.3, BLANK, 2.0], "is_full_window": [True, True, True, True, False]}
    )
    found = timing.adjusted_ratio(frame, level=0.8)
    error = 0.4 / np.sqrt(3)
    reach = stats.t.ppf(0.9, 2) * error
    p = 2 * stats.t.sf(0.1 / error, 2)
    assert (np.exp(0.1), np.exp(0.1 - reach), np.exp(0.1 + reach), p, 3, 2) == pytest.approx(tuple(found))
    lone = timing.adjusted_ratio(frame[:1])
    assert (np.exp(0.1), 1, 1) == pytest.approx((lone.ratio, lone.n, lone.n_rising)) and np.isnan(
        [lone.low, lone.high, lone.p]
    ).all()
    none = timing.adjusted_ratio(frame[:0])
    assert (0, 0) == (none.n, none.n_rising) and np.isnan(none[:4]).all()


# episodes laid over each other


def plain_course(numbers: list[float], start: int, length: int, span: int) -> list[float]:
    """One episode's line: the week up to each day over the two weeks three weeks before, a day at a time."""
    n = len(numbers)

    def own(relative: int) -> list[int]:
        if relative == 0:
            return list(range(start, start + length))
        return [start + relative if relative < 0 else start + length - 1 + relative]

    line = []
    base_days = list(range(start - 21, start - 7))
    base = (sum(numbers[day % n] for day in base_days) + 1) / 14
    for relative in range(-span, span + 1):
        week = [own(day) for day in range(relative - 6, relative + 1)]
        used = [*base_days, *(day for each in week for day in each)]
        level = (sum(sum(numbers[day % n] for day in each) / len(each) for each in week) + 0.5) / 7
        line.append(level / base if all(0 <= day < n for day in used) else BLANK)
    return line


@pytest.mark.parametrize("margin", [0, 8])
def test_lines_and_their_median_by_a_loop(margin: int) -> None:
    """Episode, day and ratio of every line; the median of the known ones; the band of the medians of all
    shifted calendars."""
    counts = days(np.random.default_rng(12).poisson(3, 80))
    rows = [(10, 1), (20, 3), (40, 1), (66, 2)]
    numbers = counts.tolist()
    lines = [plain_course(numbers, start, length, 9) for start, length in rows]
    expected = pd.DataFrame(
        {
            "episode": [episode for episode in (1, 2, 3, 4) for _ in range(19)],
            "day": list(range(-9, 10)) * 4,
            "ratio": [ratio for line in lines for ratio in line],
        }
    )
    pd.testing.assert_frame_equal(expected, timing.peri_event(counts, spans(counts, *rows), span_days=9))
    medians = []
    for shift in range(80 - margin):
        cube = [
            plain_course(numbers, (start - margin + shift) % (80 - margin) + margin, length, 9)
            for start, length in rows
        ]
        known = [[line[day] for line in cube if not np.isnan(line[day])] for day in range(19)]
        medians.append([float(np.median(each)) if each else BLANK for each in known])
    low, middle, high = np.nanquantile(medians[1:], [0.05, 0.5, 0.95], axis=0)
    table = pd.DataFrame(
        {
            "day": range(-9, 10),
            "median": medians[0],
            "n": [sum(not np.isnan(line[day]) for line in lines) for day in range(19)],
            "band_low": low,
            "band_middle": middle,
            "band_high": high,
        }
    )
    found = timing.peri_median(
        counts,
        spans(counts, *rows),
        timing.Design(window_days=7, first_day=counts.index[margin]),
        span_days=9,
    )
    pd.testing.assert_frame_equal(table, found)


CONTRASTS = pd.DataFrame(
    {
        "episode": [1, 2, 3, 4],
        "date_first": pd.date_range("2019-01-01", periods=4, freq="MS"),
        "n_before": [10.0, 4.0, 7.0, 9.0],
        "n_after": [5.0, 6.0, 7.0, 60.0],
        "is_full_window": [True, True, True, False],
    }
)


@pytest.mark.parametrize("statistic", ["typical", "pooled"])
def test_the_average_by_its_jackknife(statistic: Any) -> None:
    """Point, each one left out, the error from these, limits and p by Student's t; one of three rises, a tie
    does not; the fourth, whose window is cut, does not count."""
    kept = 3
    pairs = list(zip(CONTRASTS["n_after"][:kept], CONTRASTS["n_before"][:kept], strict=True))

    def point(used: list[tuple[float, float]]) -> float:
        if statistic == "typical":
            return sum(plain_log(*pair) for pair in used) / len(used)
        return plain_log(sum(after for after, _ in used), sum(before for _, before in used))

    left = [point(pairs[:out] + pairs[out + 1 :]) for out in range(kept)]
    error = np.sqrt((kept - 1) / kept * sum((each - sum(left) / kept) ** 2 for each in left))
    whole, reach = point(pairs), stats.t.ppf(0.95, kept - 1) * error
    p = 2 * stats.t.sf(abs(whole) / error, kept - 1)
    found = timing.average(CONTRASTS, timing.Design(window_days=7, statistic=statistic))
    ends = np.exp([whole, whole - reach, whole + reach])
    assert (*ends, p, kept, kept - 2) == pytest.approx(tuple(found))
    table = timing.without_each(CONTRASTS, timing.Design(window_days=7, statistic=statistic))
    expected = CONTRASTS[["episode", "date_first"]][:kept].assign(ratio_without=np.exp(left))
    pd.testing.assert_frame_equal(expected, table)
    alone = timing.average(CONTRASTS[:1], timing.Design(window_days=7, statistic=statistic))
    assert (pytest.approx(5.5 / 10.5), 1, 0) == (alone.ratio, alone.n, alone.n_rising) and np.isnan(
        [alone.low, alone.high, alone.p]
    ).all()


def test_an_average_without_spread() -> None:
    """Two episodes alike: p is 1 where nothing moved and 0 where both moved alike, and the limits are the
    point."""
    same = CONTRASTS[:2].assign(n_before=[4.0, 4.0], n_after=[4.0, 4.0])
    assert (1.0, 1.0, 1.0, 1.0, 2, 0) == tuple(timing.average(same, WEEK))
    moved = timing.average(same.assign(n_after=[8.5, 8.5]), WEEK)
    assert (2.0, 2.0, 2.0, 0.0, 2, 2) == pytest.approx(tuple(moved))


# the day after


@pytest.mark.parametrize("lags", [(1,), (0, 2), (3, 1)])
def test_rounds_followed_by_a_loop(lags: tuple[int, ...]) -> None:
    """Whole series and five phases, the third of two days, the fourth without rounds, the last of one day: n,
    k, chance from all shifts of the circle, p, and the share of all days."""
    numbers = [float(each) for each in np.random.default_rng(16).poisson(0.5, 40)]
    numbers[0], numbers[38], numbers[39] = 1.0, 0.0, 1.0
    counts = days(numbers)
    places = [0, 7, 8, 15, 15, 31, 39]
    cut = [0, 13, 30, 32, 39, 40]
    phases = pd.DataFrame(
        {
            "phase": range(1, 6),
            "date_first": counts.index[cut[:-1]],
            "date_last": counts.index[np.array(cut[1:]) - 1],
        }
    )
    hits: list[float] = []
    for day in range(40):
        seen = [numbers[day + lag] > 0 if day + lag < 40 else None for lag in lags]
        hits.append(1.0 if True in seen else BLANK if None in seen else 0.0)
    expected = []
    for name, a, b in ((0, 0, 40), *zip(range(1, 6), cut[:-1], cut[1:], strict=True)):
        inside = [place for place in places if a <= place < b and not np.isnan(hits[place])]
        row: dict[str, float] = {
            "phase": name,
            "n": len(inside),
            "k": int(sum(hits[place] for place in inside)),
        }
        row |= {"expected": BLANK, "low": BLANK, "high": BLANK, "p": BLANK}
        if inside and b - a > 1:
            found = [[hits[a:b][(p - a + shift) % (b - a)] for p in inside] for shift in range(1, b - a)]
            known = [[hit for hit in each if not np.isnan(hit)] for each in found]
            moved = [len(inside) * sum(each) / len(each) for each in known if each]
            ordered = sorted(moved)
            row["expected"] = sum(moved) / len(moved)
            row["low"], row["high"] = (
                ordered[int(np.ceil(share * len(moved))) - 1] for share in (0.05, 0.95)
            )
            row["p"] = plain_p(row["k"], moved)
        known = [hit for hit in hits[a:b] if not np.isnan(hit)]
        expected.append(row | {"base_rate_pct": 100 * sum(known) / len(known) if known else BLANK})
    rounds = pd.Series([*counts.index[places], pd.NaT])
    pd.testing.assert_frame_equal(
        pd.DataFrame(expected), timing.coincidence(counts, rounds, lags_days=lags, phases=phases)
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame(expected[:1]), timing.coincidence(counts, rounds, lags_days=lags)
    )


def test_rounds_that_cannot_be_followed_are_refused() -> None:
    counts = days([1.0] * 10)
    rounds = pd.Series(pd.to_datetime(["2018-12-31", "2019-01-01", None, "2019-01-10", "2019-01-11"]))
    with pytest.raises(Refusal, match=r"^coincidence: 2 of 4 dates lie outside the counts$"):
        timing.coincidence(counts, rounds)
    for lags in ((), (1, -1)):
        with pytest.raises(Refusal, match=r"^lags \[.*\]: at least one, none negative$"):
            timing.coincidence(counts, rounds, lags_days=lags)
    assert 9 == timing.coincidence(counts, pd.Series(counts.index), lags_days=(1,))["n"].iloc[0]


# lags and what hangs on one episode


def test_a_lag_from_ends_to_ends() -> None:
    """Third to fifth, then ninth to twelfth: four to nine days; a turned pair is named, both if both are."""
    day = [pd.Timestamp(2019, 3, number) for number in range(1, 20)]
    assert (4, 9) == tuple(timing.lag(day[2], day[4], day[8], day[11]))
    assert (-9, -4) == tuple(timing.lag(day[8], day[11], day[2], day[4]))
    with pytest.raises(
        Refusal, match=r"^lag: 2019-03-03 is before 2019-03-05\nlag: 2019-03-09 is before 2019-03-12$"
    ):
        timing.lag(day[4], day[2], day[11], day[8])


def test_the_verdict_without_each_hears_the_matches() -> None:
    """Talks at the top of surges that always fade: the shifted calendars alone would say lower without any of
    them; days that looked alike fell as much, so with them nothing is sure."""
    rng = np.random.default_rng(19)
    tops = 40 + np.cumsum(rng.integers(16, 34, 36))
    rates = np.ones(tops[-1] + 40)
    for top in tops:
        rates[top - 7 : top] = 6.0
    counts = days(rng.poisson(rates))
    rows = [(int(top), 1) for top in np.sort(rng.choice(tops, 9, replace=False))]
    found = timing.verdict_without_each(counts, spans(counts, *rows), WEEK)
    assert (found["p"] < 0.05).all() and (found["ratio"] < 0.5).all()
    assert {"unclear"} == set(found["verdict"])
