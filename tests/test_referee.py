"""The package's headline numbers beside a referee's own (`referee.py`, which imports nothing of it), on
the data as they are."""

import ast
import json
from pathlib import Path

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
def talks() -> pd.DataFrame:
    case = cases.read("idlib")
    return events.talks_of(events.talks(schema.read("talks"), case), "primary", case)


@pytest.fixture(scope="module")
def spans(talks: pd.DataFrame) -> pd.DataFrame:
    return timing.episodes(talks, DESIGN)


@pytest.fixture(scope="module")
def ours(counts: pd.Series, spans: pd.DataFrame) -> timing.Estimate:
    return timing.estimate(counts, spans, DESIGN)


def calendar(counts: pd.Series) -> referee.Calendar:
    return referee.Calendar(counts, [(first, last) for first, last, _ in referee.episodes()])


@pytest.mark.parametrize("name", ["referee", "referee_stranger"])
def test_the_referees_stand_alone(name: str) -> None:
    """Their files import numpy, pandas and scipy, and nothing of the package."""
    tree = ast.parse(Path(referee.__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {"itertools", "pathlib", "typing", "numpy", "pandas", "scipy"} >= imported


def test_the_ratio_against_similar_days(root: Path, counts: pd.Series, ours: timing.Estimate) -> None:
    """Day by day, and the built finding says the same."""
    apart = referee.similar_days(calendar(counts))
    built = json.loads((root / "data/built/findings/3_timing.json").read_text(encoding="utf-8"))
    assert pytest.approx(np.exp(apart.mean()), **NEAR) == ours.adjusted.ratio
    assert pytest.approx(np.exp(apart.mean()), **NEAR) == built["adjusted"]["value"]


def test_power_of_the_whole_verdict(counts: pd.Series, spans: pd.DataFrame) -> None:
    """A week after talks thinned to half: the share of turned calendars on which all three tests see it,
    within four standard errors of their difference."""
    plain = referee.share_seen(0.5, draws=60, seed=5)
    curve = timing.power(counts, spans, DESIGN, draws=300, rng=np.random.default_rng(20190427), ratios=(0.5,))
    share = curve["detected_pct"].iloc[0] / 100
    assert abs(plain - share) < 4 * np.sqrt(share * (1 - share) * (1 / 60 + 1 / 300))


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
