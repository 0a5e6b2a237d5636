"""The package's headline numbers beside a referee's own (`referee.py`, which imports nothing of it), on
the data as they are."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation import cases, events, phases, schema, timing
from tests import referee

NEAR = {"rel": 1e-7}
DESIGN = timing.Design(window_days=7, first_day="2018-09-01")


@pytest.fixture(scope="module")
def counts() -> pd.Series:
    return schema.read("ucdp_daily").groupby("date")["events_state"].sum().astype(float)


@pytest.fixture(scope="module")
def airwars() -> pd.Series:
    return schema.read("airwars_daily").groupby("date")["incidents"].sum().astype(float)


@pytest.fixture(scope="module")
def talks() -> pd.DataFrame:
    case = cases.read("idlib")
    return events.talks_of(events.talks(schema.read("talks"), case), "primary", case)


@pytest.fixture(scope="module")
def truces() -> pd.DataFrame:
    return events.truces(schema.read("truces"), cases.read("idlib"))


@pytest.fixture(scope="module")
def spans(talks: pd.DataFrame) -> pd.DataFrame:
    return timing.episodes(talks, DESIGN)


@pytest.fixture(scope="module")
def ours(counts: pd.Series, spans: pd.DataFrame) -> timing.Estimate:
    return timing.estimate(counts, spans, DESIGN)


def calendar(counts: pd.Series) -> referee.Calendar:
    return referee.Calendar(counts, [(first, last) for first, last, _ in referee.episodes()])


def found(root: Path, notebook: str) -> dict[str, Any]:
    return dict(json.loads((root / f"data/built/findings/{notebook}.json").read_text(encoding="utf-8")))


def test_the_referee_stands_alone() -> None:
    """Its file imports numpy, pandas and scipy, and nothing of the package."""
    tree = ast.parse(Path(referee.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imported |= {
        str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }
    assert {"pathlib", "numpy", "pandas", "scipy"} == imported


def test_the_ratio_and_its_p(root: Path, counts: pd.Series, ours: timing.Estimate) -> None:
    """Ratio, exact p, Student's p, the ratio against similar days, the verdict's inputs; and the built
    findings say the same."""
    of_shifts = calendar(counts).means((1, 7), (-7, -1))
    assert pytest.approx(np.exp(of_shifts[0]), **NEAR) == ours.ratio.ratio == pytest.approx(ours.test.ratio)
    assert pytest.approx(referee.two_sided(of_shifts)) == ours.test.p
    apart = referee.similar_days(calendar(counts))
    assert pytest.approx(np.exp(apart.mean()), **NEAR) == ours.adjusted.ratio
    built = found(root, "3_timing")
    assert pytest.approx([np.exp(of_shifts[0]), referee.two_sided(of_shifts)], **NEAR) == [
        built["ratio"]["value"],
        built["placebo"]["value"],
    ]


def test_power_of_the_whole_verdict(counts: pd.Series, spans: pd.DataFrame) -> None:
    """A week after talks thinned to half: the share of turned calendars on which all three tests see it,
    within four standard errors of their difference."""
    plain = referee.share_seen(0.5, draws=60, seed=5)
    curve = timing.power(counts, spans, DESIGN, draws=300, rng=np.random.default_rng(20190427), ratios=(0.5,))
    share = curve["detected_pct"].iloc[0] / 100
    assert abs(plain - share) < 4 * np.sqrt(share * (1 - share) * (1 / 60 + 1 / 300))


def test_heterogeneity(counts: pd.Series, ours: timing.Estimate) -> None:
    """How much two neighbouring weeks differ on ordinary days, τ² by bisection, weighted mean and
    prediction interval."""
    x = calendar(counts)
    place = np.arange(x.margin, len(x.x) - 7)
    a, b = x.total(place, 1, 7), x.total(place, -7, -1)
    both, held = a + b, a + b > 0
    share = a.sum() / both.sum()
    dispersion = float(((a - both * share) ** 2 / np.where(held, both * share * (1 - share), 1))[held].mean())
    assert pytest.approx(dispersion, **NEAR) == timing.ordinary_dispersion(counts, DESIGN)
    after = np.array([x.total(np.array([f]), n, n + 6)[0] for f, n in zip(x.first, x.length, strict=True)])
    before = x.total(x.first, -7, -1)
    plain = referee.paule_mandel(
        np.log((after + 0.5) / (before + 0.5)), dispersion * (1 / (after + 0.5) + 1 / (before + 0.5))
    )
    package = timing.heterogeneity(ours.contrasts, dispersion=dispersion)
    assert pytest.approx(plain, rel=1e-4) == (
        package.tau_squared,
        package.ratio,
        package.single_low,
        package.single_high,
    )
    thin = timing.weight_of_each(ours.contrasts, package).set_index(["n_before", "n_after"]).loc[(0.0, 1.0)]
    others = np.log((after + 0.5) / (before + 0.5))[~((before == 0) & (after == 1))]
    assert pytest.approx(np.exp(others.mean()), **NEAR) == thin["ratio_without"]


def test_windows_of_one_to_fourteen_days(counts: pd.Series, spans: pd.DataFrame) -> None:
    """Each ratio and p, and the p of the farthest of the fourteen."""
    table, far = timing.window_profile(counts, spans, DESIGN)
    x = calendar(counts)
    plain = [x.logs((1, width), (-width, -1)) for width in range(1, 15)]
    means = [np.nanmean(logs, axis=1) for logs in plain]
    assert pytest.approx([np.exp(each[0]) for each in means], **NEAR) == table["ratio"].tolist()
    assert pytest.approx([referee.two_sided(each) for each in means]) == table["p_shift"].tolist()
    assert pytest.approx(referee.joint(plain)) == far.p


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_who_and_whom(counts: pd.Series, airwars: pd.Series, spans: pd.DataFrame) -> None:
    """Lethal events, Airwars incidents, and to November 2019 civilians and combatants: three lags each
    against the days before, and one p for all twelve."""
    kept = schema.read("ucdp_daily")
    split = (
        kept[kept["date"] <= "2019-11-30"]
        .groupby("date")[["civilians_known", "fatalities_known"]]
        .sum()
        .astype(float)
    )
    combatants = (split["fatalities_known"] - split["civilians_known"]).clip(lower=0)
    panels = {
        "events": counts,
        "airwars": airwars,
        "civilians": split["civilians_known"],
        "combatants": combatants,
    }
    table, far = timing.lag_profile(panels, spans, DESIGN)
    lags, rows = ((1, 3), (4, 7), (8, 14)), []
    for series in panels.values():
        x = calendar(series.reindex(counts.index))
        rows += [x.logs(lag, (-14, -4)) for lag in lags]
    assert pytest.approx([np.exp(np.nanmean(logs[0])) for logs in rows], **NEAR) == table["ratio"].tolist()
    assert [int((~np.isnan(logs[0])).sum()) for logs in rows] == table["n_episodes"].tolist()
    assert (
        pytest.approx([referee.two_sided(np.nanmean(logs, axis=1)) for logs in rows])
        == table["p_shift"].tolist()
    )
    assert pytest.approx(referee.joint(rows)) == far.p


@pytest.mark.parametrize("width", [3, 7])
def test_the_rest_of_the_country(counts: pd.Series, spans: pd.DataFrame, width: int) -> None:
    """The same contrast outside the area, and the difference of the two with its p."""
    control = schema.read("ucdp_control_daily").set_index("date")["events"].astype(float)
    design = timing.Design(window_days=width, first_day="2018-09-01")
    table = timing.compare_series({"area": counts, "elsewhere": control}, spans, design)
    here, there = (
        calendar(each).means((1, width), (-width, -1))
        for each in (counts, referee.series("ucdp_control_daily", "events"))
    )
    assert pytest.approx(np.exp([here[0], there[0], here[0] - there[0]]), **NEAR) == table["ratio"].tolist()
    assert (
        pytest.approx([referee.two_sided(each) for each in (here, there, here - there)])
        == table["p_shift"].tolist()
    )


def test_truces(counts: pd.Series, truces: pd.DataFrame) -> None:
    """Week by week, together against shifted calendars, and on how many other dates it fell as far."""
    dates = referee.truces()
    x = referee.Calendar(counts, [(date, date) for date in dates])
    logs = x.logs((1, 7), (-7, -1))
    rows = timing.truce_rows(counts, truces, DESIGN)
    assert dates.index.tolist() == rows["truce_id"].tolist()
    assert pytest.approx(np.exp(logs[0]), **NEAR) == rows["ratio"].to_numpy()
    assert [name for name, log in zip(dates.index, logs[0], strict=True) if log < 0] == rows.loc[
        rows["is_fallen"], "truce_id"
    ].tolist()
    together = timing.estimate(counts, timing.episodes(timing.as_talks(truces), DESIGN), DESIGN)
    assert pytest.approx(np.exp(logs[0].mean()), **NEAR) == together.ratio.ratio
    assert pytest.approx(referee.two_sided(np.nanmean(logs, axis=1))) == together.test.p
    every = np.arange(x.margin, len(x.x) - 7)
    ratios = (x.total(every, 1, 7) + 0.5) / (x.total(every, -7, -1) + 0.5)
    elsewhere = [100 * float((ratios <= np.exp(log) + 1e-9).mean()) for log in logs[0]]
    assert pytest.approx(elsewhere) == rows["lower_elsewhere_pct"].tolist()


def test_talks_with_a_truce_against_those_without(
    talks: pd.DataFrame, spans: pd.DataFrame, ours: timing.Estimate
) -> None:
    """By episode: any meeting of it that ended in a text for a truce; how the two kinds differ."""
    texts = set(talks.loc[talks["outcome"] == "ceasefire_text", "talk_id"])
    logs = np.log(ours.contrasts["ratio"].to_numpy())
    has = np.array([bool(texts & set(ids)) for _, _, ids in referee.episodes()])
    labels = timing.episode_has(
        spans, talks.assign(truce=talks["outcome"] == "ceasefire_text"), column="truce"
    )
    package = timing.label_permutation(
        ours.contrasts, labels, first=True, second=False, draws=999, rng=np.random.default_rng(1)
    )
    assert (has.sum(), (~has).sum()) == (package.n_first, package.n_second)
    assert pytest.approx(np.exp(logs[has].mean() - logs[~has].mean()), **NEAR) == package.ratio_of_ratios


def test_the_next_day(counts: pd.Series, airwars: pd.Series, talks: pd.DataFrame, root: Path) -> None:
    """Airwars first, lethal events second: how many meetings were followed the next day, what other dates
    give, how often any day is."""
    for series in (airwars, counts.loc["2018-09-01":]):
        row = timing.coincidence(series, talks["date_last"]).iloc[0]
        assert pytest.approx(referee.next_day(series, referee.meetings()["date_last"])) == tuple(
            row[["k", "n", "expected", "base_rate_pct"]]
        )
    built = found(root, "3_timing")["next_day"]
    assert (row["k"], row["n"]) == (built["value"], built["n"])
    # of the 28 days before the twelfth Astana round closed, on 26 April 2019
    before = counts.loc["2019-03-30":"2019-04-26"]
    assert pytest.approx(100 * float((before > 0).mean())) == timing.rate_before(
        counts, pd.Timestamp("2019-04-26"), weeks=4
    )


def test_breaks_on_seven_grids(counts: pd.Series) -> None:
    """A dynamic program over dictionaries finds the same breaks on every grid, and as many grids for each."""
    window = counts.loc["2018-09-01":]
    plain = [referee.breaks(counts, grid) for grid in range(7)]
    table = phases.grids(window, phases.Segmentation())
    assert plain[0] == table.loc[table["on_chosen_grid"], "date"].tolist()
    near = [
        sum(any(abs((other - date).days) <= 14 for other in dates) for dates in plain)
        for date in table["date"]
    ]
    assert near == table["n_grids"].tolist()


def test_random_cuts(counts: pd.Series) -> None:
    """The index over all pairs of days, and where it lies among random cuts into as many runs: both within
    the error of 400 draws."""
    window = counts.loc["2018-09-01":]
    own = phases.phase_days(window, phases.breaks(window, phases.Segmentation()))
    rule = phases.threshold_phases(window)
    package = phases.rand_by_chance(
        pd.DatetimeIndex(window.index), own, rule, draws=400, rng=np.random.default_rng(1)
    )
    a, b = (
        np.searchsorted(each["date_first"].to_numpy(), window.index.to_numpy(), side="right")
        for each in (own, rule)
    )
    assert pytest.approx(referee.rand(a, b)) == package.value
    rng, every = np.random.default_rng(2), np.arange(len(window))
    cuts = [np.sort(rng.choice(every[1:], len(rule) - 1, replace=False)) for _ in range(100)]
    drawn = [referee.rand(a, np.searchsorted(cut, every, side="right")) for cut in cuts]
    assert (
        abs(np.median(drawn) - package.middle) < 0.08
        and abs(100 * np.mean(np.array(drawn) < package.value) - package.percentile) < 10
    )


def test_each_governorate(root: Path) -> None:
    """Events and dead of each part add up to those of the war in the window, as the file's description and
    Table 1 have them."""
    rows = referee.read("series/ucdp_daily.csv")
    rows = rows[rows["date"] >= referee.START]
    of_part = {name: part.set_index("date") for name, part in rows.groupby("governorate")}
    package = phases.by_area(
        {n: p["events_state"] for n, p in of_part.items()}, of_part, phases.Segmentation()
    ).set_index("area")
    plain = rows.groupby("governorate")[["events_state", "fatalities_best"]].sum()
    assert plain["events_state"].tolist() == package.loc[plain.index, "n_events"].tolist()
    assert plain["fatalities_best"].tolist() == package.loc[plain.index, "fatalities_best"].tolist()
    assert (1806, 9095) == (package["n_events"].sum(), package["fatalities_best"].sum())


def test_the_map_and_table_1_are_one(root: Path) -> None:
    """Cells of the map by day, summed over the days of each phase, are the dead of Table 1."""
    cells, table = referee.read("built/cells.csv"), referee.read("built/phases.csv")
    killed = [
        int(cells.loc[cells["date"].between(row.date_first, row.date_last), "fatalities_best"].sum())
        for row in table.itertuples()
    ]
    assert killed == table["fatalities_best"].tolist()
    by_day = referee.series(column="fatalities_best")
    assert killed == [int(by_day.loc[row.date_first : row.date_last].sum()) for row in table.itertuples()]


def test_the_last_truce_plainly(counts: pd.Series, truces: pd.DataFrame) -> None:
    """Twenty-eight days after against twenty-eight before, the day itself in neither."""
    date = referee.truces().max()
    after = counts.loc[date + pd.Timedelta(days=1) : date + pd.Timedelta(days=28)].sum()
    before = counts.loc[date - pd.Timedelta(days=28) : date - pd.Timedelta(days=1)].sum()
    assert pytest.approx(after / before) == timing.plain_ratio(counts, truces["effective_date"].max()).ratio
