"""Timing, worked out by hand or by plain loops and held to the last cell: windows, shifts, steps, truces,
curves, matches, verdicts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from escalation import timing
from escalation.errors import Refusal
from escalation.timing.coincidence import followed
from escalation.timing.episodes import placed, window_sums
from escalation.timing.interrupted import log_step
from escalation.timing.matching import features, nearest_days
from escalation.timing.model import lagged_logs
from escalation.timing.power import RATIOS, affected_days, p_of_each

WEEK = timing.Design(window_days=7)
BLANK = float("nan")


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


def windows(numbers: list[float], start: int, length: int, width: int, side: str) -> tuple[float, float]:
    """Sum after and sum before, one day at a time; blank where one of the days is not in the series."""
    late, early = (start + length, start - width) if side == "after" else (start - width, start - 2 * width)

    def total(first: int) -> float:
        whole = range(first, first + width)
        return sum(numbers[day] for day in whole) if all(0 <= day < len(numbers) for day in whole) else BLANK

    return total(late), total(early)


def plain_log(after: float, before: float) -> float:
    return float(np.log((after + 0.5) / (before + 0.5)))


def plain_shifts(
    counts: pd.Series,
    rows: list[tuple[int, int]],
    *,
    window_days: int,
    statistic: str,
    side: str,
    margin: int = 0,
) -> tuple[list[float], list[int]]:
    """The log ratio under every shift and the episodes that count in it: days of talks move around the days
    after the margin, windows read all days and go round nowhere."""
    numbers, n = counts.tolist(), len(counts) - margin
    logs, kept = [], []
    for shift in range(n):
        sums = [
            windows(numbers, (start - margin + shift) % n + margin, length, window_days, side)
            for start, length in rows
        ]
        used = [pair for pair in sums if not np.isnan(pair).any()]
        kept.append(len(used))
        if not used:
            logs.append(BLANK)
        elif statistic == "typical":
            logs.append(sum(plain_log(*pair) for pair in used) / len(used))
        else:
            logs.append(plain_log(sum(after for after, _ in used), sum(before for _, before in used)))
    return logs, kept


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


# what is compared


def test_a_design_refuses_all_that_is_wrong_with_it_at_once() -> None:
    """A window of no days and three words that are none: a line each, with the words that are allowed."""
    told = (
        r"^window_days 0: a whole number from 1 is needed\nstatistic 'x': allowed are typical and pooled\n"
        r"side 'y': allowed are after and before\nanchor 'z': allowed are both, start and end$"
    )
    with pytest.raises(Refusal, match=told):
        timing.Design(window_days=0, statistic="x", side="y", anchor="z")  # type: ignore[arg-type]


def test_windows_up_to_a_third_of_the_counts() -> None:
    """Six days of twenty are allowed and seven are refused, by every function that looks into windows."""
    counts = days(np.arange(20.0))
    own, six, seven = spans(counts, (10, 1)), timing.Design(window_days=6), timing.Design(window_days=7)
    contrasts = timing.contrast(counts, own, six)
    for asked in (timing.contrast, timing.circular_shifts, timing.after_talks_model):
        with pytest.raises(Refusal, match=r"^window of 7 days: allowed are 1 to 6 for a series of 20 days$"):
            asked(counts, own, seven)
    with pytest.raises(Refusal, match="window of 7 days"):
        timing.matched(counts, contrasts, seven)
    with pytest.raises(
        Refusal, match=r"^matched days: their windows lie before talks; only those after talks are compared$"
    ):
        timing.matched(counts, contrasts, timing.Design(window_days=6, side="before"))


def test_windows_lie_around_the_anchored_day() -> None:
    """Talks of three days: whole, as their first or as their last day; anchoring again changes nothing."""
    frame = talks(days(np.ones(30)), (10, 3))
    found = {}
    for anchor in ("both", "start", "end"):
        design = timing.Design(window_days=7, anchor=anchor)  # type: ignore[arg-type]
        found[anchor] = timing.episodes(frame, design)[["date_first", "date_last"]].iloc[0].dt.day.tolist()
        pd.testing.assert_frame_equal(
            timing.anchored(frame, design), timing.anchored(timing.anchored(frame, design), design)
        )
    assert {"both": [11, 13], "start": [11, 11], "end": [13, 13]} == found


# truces


def test_truces_in_order_and_each_to_the_next() -> None:
    """Seven truces out of order: without 14 days before, after 14 empty ones, two on one day, one that
    regains its level on the very day the next begins, one that would a day later, and the last, whose week is
    cut."""
    counts = days([0.0] * 16 + [7.0] * 20 + [0.0] * 5 + [7.0] * 9 + [0.0] * 13 + [3.0] * 11)
    places = {"G": 70, "F": 60, "E2": 43, "E1": 43, "D": 36, "B": 15, "A": 13}
    table = timing.truce_recovery(
        counts,
        pd.DataFrame({"truce_id": list(places), "effective_date": counts.index[list(places.values())]}),
        shares=[0.125, 1 / 7],
    )
    assert ["A", "B", "D", "E1", "E2", "F", "G"] == table["truce_id"].tolist()
    assert counts.index[[13, 15, 36, 43, 43, 60, 70]].tolist() == table["effective_date"].tolist()
    numbers = counts.tolist()
    for found, (start, end) in zip(
        table.to_dict("records"),
        [(13, 15), (15, 36), (36, 43), (43, 60), (43, 60), (60, 70), (70, 73)],
        strict=True,
    ):
        before = sum(numbers[start - 14 : start]) / 14 if start >= 14 else None
        later = numbers[start + 1 : start + 8]
        event = next((day - start for day in range(start + 1, 74) if numbers[day] > 0), None)
        assert (end - start, event) == (found["censor_days"], found["first_event_days"])
        assert before == found["level_before"] or (before is None and np.isnan(found["level_before"]))
        assert sum(later) / 7 == found["level_week"] if len(later) == 7 else np.isnan(found["level_week"])
        eve = numbers[start - 7 : start]
        assert sum(eve) / 7 == found["level_week_before"]
        assert (
            sum(later) < sum(eve) if found["is_fallen"] is True else sum(later) >= sum(eve) or len(later) < 7
        )
        for share, name in ((0.125, "12pct"), (1 / 7, "14pct")):
            back = [
                k
                for k in range(7, end - start + 1)
                if before and sum(numbers[start + k - 6 : start + k + 1]) / 7 >= share * before - 1e-9
            ]
            if not before:
                assert pd.isna(found[f"days_{name}"]) and pd.isna(found[f"is_regained_{name}"])
            else:
                assert ((back or [end - start])[0], bool(back)) == (
                    found[f"days_{name}"],
                    found[f"is_regained_{name}"],
                )
    assert [True, True, False] == table["is_regained_14pct"].iloc[[2, 3, 6]].tolist()
    assert 7 == table["days_14pct"].iloc[2]


def test_nothing_beyond_the_next_truce_is_read() -> None:
    """A truce of six days has no week of its own, however loud the week after it. In another the last six of
    fifteen days are as before, so six sevenths are back on its last day, and all would be a day later, in the
    next."""
    counts = days([2.0] * 14 + [5.0] * 20)
    loud = timing.truce_recovery(
        counts, pd.DataFrame({"truce_id": list("ab"), "effective_date": counts.index[[14, 20]]})
    )
    assert [6, 7] == loud["days_50pct"].tolist() and [False, True] == loud["is_regained_50pct"].tolist()
    counts = days([2.0] * 14 + [0.0] * 10 + [2.0] * 10)
    two = pd.DataFrame({"truce_id": list("ab"), "effective_date": counts.index[[14, 29]]})
    row = timing.truce_recovery(counts, two, shares=[6 / 7, 1.0]).iloc[0]
    assert (15, True) == (row["days_86pct"], row["is_regained_86pct"])
    assert (15, False) == (row["days_100pct"], row["is_regained_100pct"])


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


# the appendix model


def test_logs_of_lagged_means() -> None:
    """½ and the mean of 1, 2–3, 4–7, 8–14, 15–28 days back, days before the first as empty."""
    numbers = np.random.default_rng(1).poisson(3, 60).astype(float)
    found = lagged_logs(numbers)
    assert (60, 5) == found.shape
    for day in range(60):
        plain = []
        for near, far in ((1, 1), (2, 3), (4, 7), (8, 14), (15, 28)):
            plain.append(
                np.log(
                    0.5
                    + sum(numbers[day - back] for back in range(near, far + 1) if day >= back)
                    / (far - near + 1)
                )
            )
        assert plain == pytest.approx(found[day].tolist())


def test_the_model_by_newton_and_newey_and_west() -> None:
    """Rate ratio, 80 % limits and p by plain matrices: Newton's steps, and scores weighted down to nothing
    over fifteen days."""
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
    design = np.column_stack([np.ones(160), after, lagged_logs(counts.to_numpy())])[used]
    numbers = counts.to_numpy()[used]
    beta = poisson_fit(numbers, design)
    mean = np.exp(design @ beta)
    score = design * (numbers - mean)[:, None]
    middle = score.T @ score
    for back in range(1, 15):
        product = score[back:].T @ score[:-back]
        middle = middle + (1 - back / 15) * (product + product.T)
    bread = np.linalg.inv(design.T @ (design * mean[:, None]))
    error = np.sqrt((bread @ middle @ bread)[1, 1])
    for level, found in (
        (
            0.8,
            timing.after_talks_model(counts, spans(counts, *rows), timing.Design(window_days=6), level=0.8),
        ),
        (0.9, timing.after_talks_model(counts, spans(counts, *rows), timing.Design(window_days=6))),
    ):
        reach = stats.norm.ppf(0.5 + level / 2) * error
        expected = [
            np.exp(beta[1]),
            np.exp(beta[1] - reach),
            np.exp(beta[1] + reach),
            2 * stats.norm.sf(abs(beta[1]) / error),
        ]
        assert expected == pytest.approx([found.ratio, found.low, found.high, found.p])
        assert (132, 16) == (found.n, found.n_rising)


# one date, before and after


def test_a_step_put_in_comes_out() -> None:
    """A level of 5, a trend of e^0.4 over a span, a step to 0.6 of it: the fit gives back all three, and the
    step alone. What is added besides (1, −2, 1 on either side) has neither level nor trend, so the best fit
    leaves it alone."""
    time = (np.arange(30) - 15) / 15
    fitted = np.exp(np.log(5) + 0.4 * time + np.log(0.6) * (np.arange(30) >= 15))
    counts = fitted + np.r_[np.zeros(5), 1, -2, 1, np.zeros(10), 1, -2, 1, np.zeros(9)]
    step, (level, trend, again) = log_step(np.r_[9.0, counts, 9.0], 16, 15)
    assert [np.log(0.6), np.log(5), 0.4, np.log(0.6)] == pytest.approx([step, level, trend, again])
    line = timing.step_line(days(np.r_[9.0, counts, 9.0]), pd.Timestamp("2019-01-17"), span_days=15)
    expected = pd.DataFrame(
        {
            "date": pd.date_range("2019-01-02", periods=30),
            "count": counts,
            "fitted": fitted,
            "without": 5 * np.exp(0.4 * time),
        }
    )
    pd.testing.assert_frame_equal(expected, line)


@pytest.mark.parametrize("empty", [slice(0, 10), slice(10, 20)])
def test_no_event_on_one_side_is_no_step(empty: slice) -> None:
    """Either side without events: no step and no line. One event on either is enough."""
    numbers = np.ones(20)
    numbers[empty] = 0
    step, line = log_step(numbers, 10, 10)
    assert np.isnan([step, *line]).tolist() == [True] * 4
    numbers[empty.start] = 1
    assert not np.isnan(log_step(numbers, 10, 10)[0])


def test_steps_at_every_fifth_day() -> None:
    """Fifty days, spans of 14: the date on day 22 stands among days 17, 27 and 32; each step is that of a
    plain fit."""
    counts = days(np.random.default_rng(3).poisson(4, 50))
    table = timing.interrupted(counts, counts.index[22], span_days=14, step_days=5)
    assert ["date", "ratio", "is_placebo"] == list(table.columns)
    assert counts.index[[17, 22, 27, 32]].tolist() == table["date"].tolist()
    assert [True, False, True, True] == table["is_placebo"].tolist()
    for place, ratio in zip((17, 22, 27, 32), table["ratio"], strict=True):
        time = (np.arange(28) - 14) / 14
        design = np.column_stack([np.ones(28), time, time >= 0])
        assert np.exp(poisson_fit(counts.to_numpy()[place - 14 : place + 14], design)[2]) == pytest.approx(
            ratio
        )


def test_sixty_days_and_seven_are_what_is_meant() -> None:
    """A date on day 60 of 134 is the first that can be asked for, day 74 the last; weeks lie between."""
    counts = days(np.random.default_rng(4).poisson(4, 134))
    for place in (60, 74):
        table = timing.interrupted(counts, counts.index[place])
        assert counts.index[[60, 67, 74]].tolist() == table["date"].tolist()
        assert [each != place for each in (60, 67, 74)] == table["is_placebo"].tolist()
        assert (
            counts.index[place - 60 : place + 60].tolist()
            == timing.step_line(counts, counts.index[place])["date"].tolist()
        )
    for place in (59, 75):
        told = f"^interrupted series at {counts.index[place]:%Y-%m-%d}: 60 days on both sides are needed$"
        with pytest.raises(Refusal, match=told):
            timing.interrupted(counts, counts.index[place])
        with pytest.raises(Refusal, match=told):
            timing.step_line(counts, counts.index[place])


def test_a_step_among_placebos() -> None:
    """A half against a half, a double, 1.1 and four: three of four are as far from 1; blank placebos are
    none."""
    frame = pd.DataFrame(
        {"ratio": [0.5, 2.0, BLANK, 0.5, 1.1, 4.0], "is_placebo": [True, True, True, False, True, True]}
    )
    found = timing.step_test(frame)
    logs = np.log([0.5, 1.1, 2.0, 4.0])
    low, high = logs[0] + 0.15 * (logs[1] - logs[0]), logs[3] - 0.15 * (logs[3] - logs[2])
    assert (0.5, 0.8, np.exp(low), np.exp(high), 4) == pytest.approx(tuple(found))


# every way to ask at once


def test_specifications_to_the_last_cell() -> None:
    """Two series, two windows, both statistics: rows in this order, each with the loop's ratio, p and band. A
    set of four and one without talks are left out. The series that begins ten days before the window counts
    the first episode, the other does not."""
    rng = np.random.default_rng(5)
    series = {"early": days(rng.poisson(3, 110), "2018-12-22"), "late": days(rng.poisson(2, 100))}
    rows = [(1, 1), (20, 2), (40, 1), (60, 3), (75, 1), (86, 1)]
    own = talks(series["late"], *rows)
    frame, curves = timing.shift_curves(
        series,
        {"none": own.iloc[:0], "four": own.iloc[1:5], "all": own},
        timing.Design(window_days=7, first_day="2019-01-01"),
        windows_days=(3, 6),
        statistics=("pooled", "typical"),
    )
    expected, lines = [], []
    for window in (3, 6):
        for statistic in ("pooled", "typical"):
            for name, counts in series.items():
                margin = 10 if name == "early" else 0
                there = [(start + margin, length) for start, length in rows]
                logs, kept = plain_shifts(
                    counts, there, window_days=window, statistic=statistic, side="after", margin=margin
                )
                low, high = np.exp(np.nanquantile(logs[1:], [0.05, 0.95]))
                ratio, p = float(np.exp(logs[0])), plain_p(logs[0], logs[1:])
                expected.append(
                    (len(expected) + 1, name, "all", window, statistic, kept[0], ratio, p, low, high)
                )
                lines.append(logs)
    columns = [
        "specification",
        "series",
        "talks_set",
        "window_days",
        "statistic",
        "n_episodes",
        "ratio",
        "p_shift",
        "band_low",
        "band_high",
    ]
    assert [6, 5] * 4 == [row[5] for row in expected]
    pd.testing.assert_frame_equal(pd.DataFrame(expected, columns=columns), frame)
    assert np.allclose(lines, curves, equal_nan=True)


def test_specifications_refuse_by_name() -> None:
    """Series on other days, windows too long, and sets that are all too small are refused in words."""
    counts = days(np.ones(60))
    own = talks(counts, (20, 1), (40, 1))
    with pytest.raises(Refusal, match=r"^series a, b: they do not end on the same day$"):
        timing.shift_curves(
            {"a": counts, "b": counts[:-1]}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",)
        )
    with pytest.raises(
        Refusal, match=r"^window from 2019-01-01: outside the counts \(2019-01-02 to 2019-03-01\)$"
    ):
        timing.shift_curves(
            {"a": counts, "b": counts[1:]}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",)
        )
    with pytest.raises(Refusal, match="window of 21 days: allowed are 1 to 20"):
        timing.shift_curves({"a": counts}, {"s": own}, WEEK, windows_days=(21,), statistics=("typical",))
    with pytest.raises(Refusal, match="window of 21 days: allowed are 1 to 20"):
        timing.shift_curves(
            {"a": counts}, {"none": own.iloc[:0]}, WEEK, windows_days=(3, 21), statistics=("typical",)
        )
    of_few = timing.shift_curves({"a": counts}, {"s": own}, WEEK, windows_days=(3,), statistics=("typical",))
    assert (0, (0, len(counts))) == (len(of_few[0]), of_few[1].shape)
    assert timing.joint_test(of_few[1]).n_specifications == 0


def test_specifications_judged_together_by_hand() -> None:
    """Three curves of one observed and four shifted values. Medians of |ln| are 1 against 1, .5, 1, .5: two
    as large. Over their own spread the largest are √2·2 (third), against √2 twice at most: none. One of three
    lies above 1."""
    curves = np.array(
        [[1.0, 1.0, -1.0, 1.0, -1.0], [0.0, 0.5, -0.5, BLANK, 0.5], [-2.0, 1.0, 0.0, -1.0, 0.0]]
    )
    found = timing.joint_test(curves)
    spread = [1.0, float(np.std([0.5, -0.5, 0.5])), float(np.sqrt(0.5))]
    medians = [float(np.nanmedian(np.abs(curves[:, k]))) for k in range(5)]
    largest = [float(np.nanmax([abs(curves[row, k]) / spread[row] for row in range(3)])) for k in range(5)]
    assert [1.0, 1.0, 0.5, 1.0, 0.5] == medians
    p_median = sum(each >= medians[0] for each in medians) / 5
    p_maximum = sum(each >= largest[0] for each in largest) / 5
    assert (0.6, 0.2) == (p_median, p_maximum)
    assert (0.6, 0.2, 3, pytest.approx(100 / 3), 0.0) == tuple(found)


def test_a_p_of_exactly_a_twentieth_is_not_below_it() -> None:
    """Of forty values the observed is the largest: p is .05, and .0488 of forty-one."""
    for n, below in ((40, 0.0), (41, 100.0)):
        found = timing.joint_test(np.r_[2.0, np.linspace(-1, 1, n - 1)][None, :])
        assert below == found.below_05_pct


# how long truces held


def test_a_survival_curve_by_hand() -> None:
    """Days 1+, 2, 4, 4, 4+, 6+, 9, 12+ and two without a day or an end: eight watched; one of 7, two of 6,
    then one of 2 fail."""
    when = pd.Series([1, 2, 4, 4, 4, 6, 9, 12, None, 5], dtype="Int64")
    failed = pd.Series([False, True, True, True, False, False, True, False, True, None], dtype="boolean")
    curve = timing.kaplan_meier(when, failed, level=0.5)
    holding = [6 / 7, 6 / 7 * 4 / 6, 6 / 7 * 4 / 6 / 2]
    growth = [1 / (7 * 6), 1 / (7 * 6) + 2 / (6 * 4), 1 / (7 * 6) + 2 / (6 * 4) + 1 / (2 * 1)]
    z = stats.norm.ppf(0.75)
    low, high = (
        [
            100 * share ** np.exp(sign * z * np.sqrt(part) / np.log(share))
            for share, part in zip(holding, growth, strict=True)
        ]
        for sign in (-1, 1)
    )
    expected = pd.DataFrame(
        {
            "day": [0.0, 2, 4, 9],
            "holding_pct": [100.0, *(100 * share for share in holding)],
            "low_pct": [BLANK, *low],
            "high_pct": [BLANK, *high],
            "n_at_risk": [8, 7, 6, 2],
        }
    )
    pd.testing.assert_frame_equal(expected, curve)
    half = timing.median_days(curve, n=8, n_failed=4)
    assert (
        9.0,
        next(day for day, share in zip((2, 4, 9), low, strict=True) if share <= 50),
        9.0,
        8,
        4,
    ) == tuple(half)


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


def test_p_in_rows_by_hand() -> None:
    """Ties count on both sides, blanks on none, and p is never above 1; large numbers tie within rounding;
    any column can be the own one."""
    logs = np.array(
        [
            [2.0, 1.0, 2.0, 3.0, BLANK],
            [0.0, 0.0, 0.0, 0.0, 0.0],
            [3.0, 1.0, 2.0, 0.0, -1.0],
            [1e6, 1e6 + 5e-4, 0, 0, 2e6],
        ]
    )
    first = np.zeros(4, dtype=np.int64)
    assert [1.0, 1.0, 0.4, 1.0] == p_of_each(logs, first).tolist()
    assert [1.0, 1.0, 0.4, 1.0] == p_of_each(np.roll(logs, 3, axis=1), first + 3).tolist()
    assert [1.0, 1.0, 0.4, 1.0] == [timing.tail_p(float(line[0]), line[1:]) for line in logs]
    assert np.isnan(p_of_each(logs, first + 4)[0]), "nothing observed, no p"
    for observed, other, p in (
        (0.001, 0.0010000005, 0.4),
        (0.001, 0.0010000015, 0.2),
        (1e6, 1e6 + 5e-4, 0.4),
        (1e6, 1e6 + 5e-3, 0.2),
    ):
        line = np.array([observed, other, *[2e6] * 8])
        assert [p, p] == [timing.tail_p(observed, line[1:]), *p_of_each(line[None, :], first[:1])]


def test_days_of_a_planted_effect() -> None:
    """Three days after each of two episodes, moved by 0, 5 and 9 of the twelve days that follow a margin of
    two. The days of talks go round to the first day after the margin; what follows them ends with the
    counts."""
    found = affected_days(14, np.array([3, 8]), np.array([2, 1]), np.array([0, 5, 9]), 3, 2)
    assert [[5, 6, 7, 9, 10, 11], [10, 11, 12], [6, 7, 8]] == [np.flatnonzero(row).tolist() for row in found]


@pytest.mark.parametrize(("effect_days", "margin"), [(None, 0), (2, 0), (3, 6)])
def test_power_by_a_loop_over_draws(effect_days: int | None, margin: int) -> None:
    """The same random numbers, one draw at a time: the calendar moved, events thinned or lent, the exact
    shifts run."""
    n = 50
    counts = days(np.random.default_rng(6).poisson(3, n + margin))
    rows = [(2 + margin, 1), (24 + margin, 2), (38 + margin, 1)]
    found = timing.power(
        counts,
        spans(counts, *rows),
        timing.Design(window_days=4, statistic="pooled", first_day=counts.index[margin]),
        draws=8,
        rng=np.random.default_rng(7),
        effect_days=effect_days,
        ratios=(0.3, 1.0, 5.0),
        level=0.25,
    )
    rng = np.random.default_rng(7)
    numbers, expected = counts.to_numpy(), []
    for ratio in (0.3, 1.0, 5.0):
        moves = rng.integers(0, n, 8)
        neighbours = rng.integers(-7, 8, (8, n + margin))
        on = np.zeros((8, n + margin))
        for draw, move in enumerate(moves):
            for start, length in rows:
                for day in range(effect_days or 4):
                    place = (start - margin + move) % n + margin + length + day
                    if place < n + margin:
                        on[draw, place] = 1
        stay = rng.binomial(numbers.astype(int), np.where(on > 0, min(ratio, 1), 1.0))
        near = [
            [min(max(day + neighbours[draw, day], 0), n + margin - 1) for day in range(n + margin)]
            for draw in range(8)
        ]
        gained = rng.poisson(on * max(ratio - 1, 0) * numbers[near])
        observed, detected = [], []
        for draw, move in enumerate(moves):
            changed = days(stay[draw] + gained[draw])
            logs, _ = plain_shifts(
                changed, rows, window_days=4, statistic="pooled", side="after", margin=margin
            )
            own = logs.pop(move)
            observed.append(own)
            detected.append(plain_p(own, logs) < 0.25)
        expected.append((ratio, 100 * np.mean(detected), np.exp(np.median(observed))))
    columns = ["ratio", "shifts_pct", "median_ratio"]
    pd.testing.assert_frame_equal(pd.DataFrame(expected, columns=columns), found[columns])
    assert found["shifts_pct"].nunique() > 1


def test_power_without_episodes_and_without_sense() -> None:
    """No episode detects nothing, at the ratios usually tried; a window or a word that is not allowed is
    refused."""
    counts = days(np.ones(40))
    options: dict[str, Any] = {"draws": 2, "rng": np.random.default_rng(1)}
    table = timing.power(counts, spans(counts, (20, 1)).iloc[:0], timing.Design(window_days=3), **options)
    expected = pd.DataFrame({"ratio": RATIOS, "detected_pct": 0.0, "shifts_pct": 0.0, "median_ratio": BLANK})
    pd.testing.assert_frame_equal(expected, table)
    with pytest.raises(Refusal, match="window of 14 days: allowed are 1 to 13"):
        timing.power(counts, spans(counts, (20, 1)), timing.Design(window_days=14), **options)


def test_everything_after_talks_taken_away() -> None:
    """Flat counts of 2, ratio 0: each week of 14 falls to 0, so ½ over 14½ in every draw, far from every
    shift."""
    counts = days(np.full(300, 2.0))
    rows = [(place, 1) for place in range(30, 280, 40)]
    found = timing.power(
        counts, spans(counts, *rows), WEEK, draws=3, ratios=(0.0, 1.0), rng=np.random.default_rng(1)
    )
    assert [100.0, 0.0, 0.5 / 14.5, 1.0] == pytest.approx([*found["detected_pct"], *found["median_ratio"]])
    sure = timing.power(
        counts, spans(counts, *rows), WEEK, draws=3, ratios=(1.0,), rng=np.random.default_rng(1), level=1.0
    )
    assert [0.0] == sure["shifts_pct"].tolist()


def test_the_detectable_size_on_either_side() -> None:
    """Between the ratios tried on the log scale; at the first tried if that is seen; a wobble does not undo
    what was seen; 80 % unless told; a curve that stays below has none."""
    curve = pd.DataFrame(
        {"ratio": [2.0, 0.5, 1.0, 0.25, 4.0, 8.0], "detected_pct": [60.0, 40.0, 0.0, 90.0, 50.0, 100.0]}
    )
    found = timing.detectable(curve)
    down = np.exp(np.log(0.5) + 0.8 * np.log(0.5))
    assert (down, np.exp(np.log(4) + 0.5 * np.log(2)), 0.8) == pytest.approx(tuple(found))
    half = timing.detectable(curve, share=0.5)
    assert (np.exp(np.log(0.5) + 0.2 * np.log(0.5)), np.exp(5 / 6 * np.log(2)), 0.5) == pytest.approx(
        tuple(half)
    )
    assert (0.25, 8.0) == pytest.approx(
        timing.detectable(curve, share=0.9)[:1] + timing.detectable(curve, share=1.0)[1:2]
    )
    assert np.isnan(timing.detectable(curve, share=0.95).down)
    at_once = timing.detectable(pd.DataFrame({"ratio": [0.5, 1.5], "detected_pct": [80.0, 95.0]}))
    assert (0.5, 1.5) == pytest.approx(at_once[:2])
    one = timing.detectable(pd.DataFrame({"ratio": [1.0], "detected_pct": [85.0]}))
    assert (1.0, 1.0) == one[:2]
    assert np.isnan(timing.detectable(curve[curve["ratio"] > 1]).down)


# which sentence is allowed


def test_what_an_interval_leaves_out() -> None:
    """The limits themselves are not left out."""
    size = {"detectable_down": 0.7, "detectable_up": 1.5}
    found = [
        timing.rules_out(low=low, high=high, **size)
        for low, high in ((0.71, 1.49), (0.7, 1.49), (0.71, 1.5), (0.7, 1.5))
    ]
    assert ["both", "rise", "fall", "neither"] == found


# matches


@pytest.mark.parametrize("width", [1, 6])
def test_features_by_a_loop(width: int) -> None:
    """The log level of the days before, and that against up to 42 days before; blank where the window is not
    full."""
    numbers = np.random.default_rng(8).poisson(2, 60).astype(float)
    found = features(numbers, width)
    assert (60, 2) == found.shape
    assert np.isnan(found[:width]).all()
    for day in range(width, 60):
        near = np.log((sum(numbers[day - width : day]) + 0.5) / width)
        span = min(day, 42)
        assert [near, near - np.log((sum(numbers[day - span : day]) + 0.5) / span)] == pytest.approx(
            found[day].tolist()
        )


def test_nearest_days_keep_apart() -> None:
    """The nearest first, the earlier of two alike, exactly three days apart at least, none that cannot be
    chosen."""
    distance = np.array([4.0, 1.0, 0.5, 0.5, 3.0, 2.0, np.inf, 2.5, np.inf])
    assert [2, 5] == nearest_days(distance, 2, 3).tolist()
    assert [2, 5, -1, -1] == nearest_days(distance, 4, 3).tolist()
    assert [2, 3, 1, 5, 7, 4, 0, -1, -1] == nearest_days(distance, 9, 1).tolist()
    assert [] == nearest_days(distance, 0, 3).tolist()
    # many at once as each alone, and none is changed
    both = np.array([distance, distance[::-1]])
    assert [[2, 5, -1], [5, 1, 8]] == nearest_days(both, 3, 3).tolist()
    assert np.isinf(both[0]).sum() == 2


def plain_matches(
    counts: pd.Series, rows: list[tuple[int, int]], width: int, n_matches: int
) -> list[list[int]]:
    numbers = counts.to_numpy()
    n = len(numbers)
    seen = features(numbers, width)
    free = []
    for day in range(n):
        full = day - width >= 0 and day + 1 + width <= n
        away = all(start - day >= width or day - (start + length - 1) >= width for start, length in rows)
        if full and away:
            free.append(day)
    spread = np.array([np.std([seen[day][k] for day in free]) for k in range(2)]) if free else np.ones(2)
    spread[spread == 0] = 1
    chosen = []
    for start, _ in rows:
        taken: list[int] = []
        if not np.isnan(seen[start]).any():
            for _, day in sorted(
                (float(np.sqrt((((seen[day] - seen[start]) / spread) ** 2).sum())), day) for day in free
            ):
                if len(taken) < n_matches and all(abs(day - other) >= width for other in taken):
                    taken.append(day)
        chosen.append(taken)
    return chosen


@pytest.mark.parametrize(("width", "n_matches"), [(5, 3), (5, 10), (1, 6), (3, 20)])
def test_matches_by_a_loop(width: int, n_matches: int) -> None:
    """Each episode with its most similar days in a series that grows: means, differences, numbers and dates;
    one too early to be compared has none. Ten unless told."""
    counts = days(np.random.default_rng(9).poisson(np.exp(np.linspace(0, 3.5, 200))))
    rows = [(width - 1, 1), (30, 3), (60, 1), (90, 2), (150, 1)]
    contrasts = timing.contrast(counts, spans(counts, *rows), timing.Design(window_days=width))
    found = timing.matched(
        counts,
        contrasts,
        timing.Design(window_days=width),
        **{} if n_matches == 10 else {"n_matches": n_matches},
    )
    chosen = plain_matches(counts, rows, width, n_matches)
    numbers = counts.tolist()
    means = [
        (
            float(np.mean([plain_log(*windows(numbers, day, 1, width, "after")) for day in own]))
            if own
            else BLANK
        )
        for own in chosen
    ]
    expected = contrasts.assign(
        matched_log_ratio=means,
        difference=[log - mean for log, mean in zip(contrasts["log_ratio"], means, strict=True)],
        n_matched=[len(own) for own in chosen],
        matched_dates=[
            " | ".join(counts.index[day].strftime("%Y-%m-%d") for day in sorted(own)) for own in chosen
        ],
    )
    pd.testing.assert_frame_equal(expected, found)
    assert [0] + [n_matches] * 4 == found["n_matched"].tolist()


def test_the_adjusted_ratio_by_hand() -> None:
    """Differences of .1, .5, −.3: Student's t with two degrees; neither a cut window nor an episode without a
    match counts."""
    frame = pd.DataFrame(
        {"difference": [0.1, 0.5, -0.3, BLANK, 2.0], "is_full_window": [True, True, True, True, False]}
    )
    found = timing.adjusted_ratio(frame, level=0.8)
    error = 0.4 / np.sqrt(3)
    reach = stats.t.ppf(0.9, 2) * error
    p = 2 * stats.t.sf(0.1 / error, 2)
    assert (np.exp(0.1), np.exp(0.1 - reach), np.exp(0.1 + reach), p, 3, 2) == pytest.approx(tuple(found))
    usual = timing.adjusted_ratio(frame)
    assert np.exp(0.1 + stats.t.ppf(0.95, 2) * error) == pytest.approx(usual.high)
    lone = timing.adjusted_ratio(frame[:1])
    assert (np.exp(0.1), 1, 1) == pytest.approx((lone.ratio, lone.n, lone.n_rising)) and np.isnan(
        [lone.low, lone.high, lone.p]
    ).all()
    fallen = timing.adjusted_ratio(frame.assign(difference=[0.0] + [BLANK] * 4))
    assert (1.0, 1, 0) == (fallen.ratio, fallen.n, fallen.n_rising)
    none = timing.adjusted_ratio(frame[:0])
    assert (0, 0) == (none.n, none.n_rising) and np.isnan(none[:4]).all()
    two = timing.adjusted_ratio(frame[:2])
    assert (2, 2) == (two.n, two.n_rising) and two.p == pytest.approx(2 * stats.t.sf(0.3 / 0.2, 1))


def test_differences_that_are_all_alike() -> None:
    """Without spread there is no doubt: p is 1 where nothing changed and 0 where all changed alike."""
    for value, p, rising in ((0.0, 1.0, 0), (0.5, 0.0, 3)):
        found = timing.adjusted_ratio(pd.DataFrame({"difference": [value] * 3, "is_full_window": True}))
        assert (np.exp(value), np.exp(value), np.exp(value), p, 3, rising) == pytest.approx(tuple(found))


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


# episodes and their windows


def test_episodes_to_the_last_cell() -> None:
    """Exactly a week apart is one episode, eight days are two; a round inside another does not shorten it;
    gaps run from the last day."""
    counts = days(np.ones(90))
    frame = talks(counts, (60, 1), (0, 12), (3, 2), (18, 2), (27, 1)).iloc[::-1]
    expected = pd.DataFrame(
        {
            "episode": [1, 2, 3],
            "date_first": counts.index[[0, 27, 60]],
            "date_last": counts.index[[19, 27, 60]],
            "days": [20, 1, 1],
            "n_talks": [3, 1, 1],
            "talk_ids": ["T000 | T003 | T018", "T027", "T060"],
            "gap_days": pd.array([None, 8, 33], "Int64"),
        }
    )
    pd.testing.assert_frame_equal(expected, timing.episodes(frame, WEEK), check_dtype=False)
    assert ["Int64"] * 3 == [str(timing.episodes(frame.iloc[:n], WEEK)["gap_days"].dtype) for n in (0, 1, 5)]
    assert 2 == len(timing.episodes(frame, timing.Design(window_days=8)))
    none = timing.episodes(frame.iloc[:0], WEEK)
    assert (list(expected.columns), 0) == (list(none.columns), len(none))


def test_talks_on_the_same_days_are_told_in_order() -> None:
    """Sorted by first day, last day and name; all that are turned are named."""
    day = pd.to_datetime(["2019-02-02", "2019-02-01", "2019-02-01", "2019-02-01"])
    last = pd.to_datetime(["2019-02-02", "2019-02-02", "2019-02-01", "2019-02-01"])
    frame = pd.DataFrame({"talk_id": ["a", "b", "d", "c"], "date_first": day, "date_last": last})
    assert ["c | d | b | a"] == timing.episodes(frame, timing.Design(window_days=1))["talk_ids"].tolist()
    turned = frame.assign(date_last=pd.Timestamp("2019-01-31"))
    with pytest.raises(
        Refusal,
        match=(
            r"^talks, b: date_last is before date_first\ntalks, c: date_last is before date_first\ntalks, d"
        ),
    ):
        timing.episodes(turned, timing.Design(window_days=1))


def test_episodes_outside_are_named_with_what_is_covered() -> None:
    """The first and the last day are inside; a day off either end is not."""
    counts = days(np.ones(30))
    first, lengths = placed(counts, spans(counts, (0, 2), (28, 2)))
    assert ([0, 28], [2, 2]) == (first.tolist(), lengths.tolist())
    day = pd.to_datetime(["2018-12-31", "2019-01-10", "2019-01-30"])
    outside = pd.DataFrame(
        {"date_first": day, "date_last": pd.to_datetime(["2019-01-02", "2019-01-10", "2019-01-31"])}
    )
    told = (
        r"^episode of 2018-12-31: outside the counts \(2019-01-01 to 2019-01-30\)\nepisode of 2019-01-30:"
        r" outside the counts \(2019-01-01 to 2019-01-30\)$"
    )
    with pytest.raises(Refusal, match=told):
        placed(counts, outside)


@pytest.mark.parametrize("side", ["after", "before"])
def test_windows_by_a_loop(side: Any) -> None:
    """Both sums for an episode that begins on each day in turn, alone and in a stack; blank where a day of
    the window is not counted, whether it lies beyond the series or is blank in it."""
    rng = np.random.default_rng(13)
    stack = rng.poisson(3, (2, 30)).astype(float)
    stack[1, :6] = BLANK
    for length in (1, 4):
        found = window_sums(stack, length, timing.Design(window_days=5, side=side))
        for row in range(2):
            expected = np.array(
                [windows(stack[row].tolist(), start, length, 5, side) for start in range(30)]
            ).T
            assert np.array_equal(expected, [part[row] for part in found], equal_nan=True)
            assert np.array_equal(
                expected,
                window_sums(stack[row], length, timing.Design(window_days=5, side=side)),
                equal_nan=True,
            )


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
    whole = point(pairs)
    p = 2 * stats.t.sf(abs(whole) / error, kept - 1)
    for level, found in (
        (0.9, timing.average(CONTRASTS, timing.Design(window_days=7, statistic=statistic))),
        (0.5, timing.average(CONTRASTS, timing.Design(window_days=7, statistic=statistic), level=0.5)),
    ):
        reach = stats.t.ppf(0.5 + level / 2, kept - 1) * error
        assert (
            np.exp(whole),
            np.exp(whole - reach),
            np.exp(whole + reach),
            p,
            kept,
            kept - 2,
        ) == pytest.approx(tuple(found))
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


# shifted calendars


@pytest.mark.parametrize("margin", [0, 8])
@pytest.mark.parametrize("statistic", ["typical", "pooled"])
@pytest.mark.parametrize("side", ["after", "before"])
def test_every_shift_by_a_loop(side: Any, statistic: Any, margin: int) -> None:
    """Log ratio and number of episodes under each shift, with and without days before the window; the test's
    line; the flat counts of two phases in their place, that of the first before it too."""
    counts = days(np.random.default_rng(15).poisson(3, 40 + margin))
    rows = [(3 + margin, 2), (8 + margin, 1), (20 + margin, 3)]
    options: dict[str, Any] = {"window_days": 9, "statistic": statistic}
    logs, kept = plain_shifts(counts, rows, **options, side=side, margin=margin)
    table = timing.circular_shifts(
        counts, spans(counts, *rows), timing.Design(**options, side=side, first_day=counts.index[margin])
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame({"shift_days": range(40), "log_ratio": logs, "n_episodes": kept}), table
    )
    found = timing.shift_test(table)
    middle = np.exp(np.nanquantile(logs[1:], [0.05, 0.5, 0.95]))
    known = sum(not np.isnan(each) for each in logs[1:])
    assert (np.exp(logs[0]), plain_p(logs[0], logs[1:]), *middle, kept[0], known) == pytest.approx(
        tuple(found), nan_ok=True
    )
    if side == "after":
        if not margin:
            pd.testing.assert_frame_equal(
                table, timing.circular_shifts(counts, spans(counts, *rows), timing.Design(**options))
            )
        cut = margin + 17
        phases = pd.DataFrame(
            {"date_first": counts.index[[margin, cut]], "date_last": counts.index[[cut - 1, cut + 22]]}
        )
        flat = days([counts[margin:cut].mean()] * cut + [counts[cut:].mean()] * 23)
        expected = plain_shifts(flat, rows, **options, side=side)[0][0]
        assert np.exp(expected) == pytest.approx(
            timing.expected_from_phases(counts, phases, spans(counts, *rows), timing.Design(**options)),
            nan_ok=True,
        )


def test_a_tail_at_its_ends() -> None:
    """Blank without something observed; 1 without anything else; blanks among the others are nobody."""
    assert np.isnan(timing.tail_p(BLANK, np.ones(3)))
    assert 1.0 == timing.tail_p(2.0, np.array([BLANK]))
    assert [0.4, 0.4] == [timing.tail_p(value, np.array([1.0, 2.0, BLANK, 3.0, 4.0])) for value in (0.0, 5.0)]


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
    assert np.array_equal(hits, followed(np.array(numbers), lags), equal_nan=True)
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


def test_the_verdict_without_each_to_the_last_cell() -> None:
    """Seven episodes, each left out in turn: the ratio of the others, their exact p, and the sentence these
    numbers allow. The last is cut by the end, and so counts for nothing: not even the heap at the other end,
    which would be its week after."""
    numbers = np.random.default_rng(17).poisson(4, 200).astype(float)
    rows = [(30, 1), (55, 2), (80, 1), (110, 1), (140, 3), (170, 1), (197, 1)]
    for start, length in rows[:-1]:
        numbers[start + length : start + length + 6] *= 3
    numbers[:4] = 400
    counts = days(numbers)
    pooled = timing.Design(window_days=6, statistic="pooled")
    found = timing.verdict_without_each(counts, spans(counts, *rows), pooled)
    expected = []
    for out, (start, _) in enumerate(rows):
        logs, _ = plain_shifts(
            counts, rows[:out] + rows[out + 1 :], window_days=6, statistic="pooled", side="after"
        )
        expected.append(
            (out + 1, counts.index[start], float(np.exp(logs[0])), plain_p(logs[0], logs[1:]), "higher")
        )
    pd.testing.assert_frame_equal(
        pd.DataFrame(expected, columns=["episode", "date_first", "ratio", "p", "verdict"]), found
    )
    none = timing.verdict_without_each(counts, spans(counts, *rows).iloc[:0], pooled)
    assert (["episode", "date_first", "ratio", "p", "verdict"], 0) == (list(none.columns), len(none))


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
