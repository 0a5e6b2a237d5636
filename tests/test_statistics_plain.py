"""The fast way and the long way give the same numbers; and the real counts give what was read off them before
the project."""

from pathlib import Path

import numpy as np
import pandas as pd
import plain_statistics as plain

from escalation import phases

SERIES = Path(__file__).resolve().parent.parent / "data" / "series"


def days(numbers: object) -> pd.Series:
    values = np.asarray(numbers, dtype=float)
    return pd.Series(values, index=pd.date_range("2018-09-01", periods=len(values)))


def real(source: str, column: str) -> pd.Series:
    table = pd.read_csv(SERIES / f"{source}_daily.csv", parse_dates=["date"])
    total = table.groupby("date")[column].sum().astype(float)
    return total.loc["2018-09-01":"2020-12-31"]


def test_segmentation_is_that_of_the_loop() -> None:
    """The library's compiled search and a dynamic programme over lists cut the same series in the same
    places."""
    x = np.random.default_rng(3).normal([0] * 15 + [2] * 12 + [1] * 18)
    found = phases.segment(x, min_weeks=4, max_breaks=4)["cuts"]
    for k in (1, 2, 3, 4):
        assert plain.best_cuts(x.tolist(), k, 4) == found[k]


def test_real_counts_break_where_the_record_says() -> None:
    """UCDP's counts of the Idlib war break in five weeks; that of 7 March 2020 follows the Moscow truce of 5
    March, as Karakus and Svensson (2021) saw in ACLED's deaths."""
    found = phases.breaks(real("ucdp", "events_state"), phases.Segmentation())
    assert ["2019-02-16", "2019-04-27", "2019-08-31", "2019-11-02", "2020-03-07"] == found[
        "date"
    ].dt.strftime("%Y-%m-%d").tolist()


def test_real_breaks_recur_in_the_second_source() -> None:
    """April and August 2019 and March 2020 are breaks of Airwars' incidents too: stable by the rule. February
    2019 is not."""
    both = {"ucdp": real("ucdp", "events_state"), "airwars": real("airwars", "incidents")}
    table = phases.stable_breaks(
        {name: phases.candidates(counts, phases.Segmentation()) for name, counts in both.items()}
    )
    status = dict(zip(table["date"].dt.strftime("%Y-%m-%d"), table["status"], strict=True))
    assert ["possible", "stable", "stable", "stable"] == [
        status[day] for day in ("2019-02-16", "2019-04-27", "2019-08-31", "2020-03-07")
    ]


def test_real_counts_shuffled_have_no_breaks() -> None:
    """The same days in random order: one phase."""
    counts = real("ucdp", "events_state")
    shuffled = pd.Series(np.random.default_rng(4).permutation(counts.to_numpy()), index=counts.index)
    assert 0 == len(phases.breaks(shuffled, phases.Segmentation()))
