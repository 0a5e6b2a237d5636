"""`data/built/findings` beside the recomputation of someone who did not write the package. Counts equal exactly;
ratios, p and ends of intervals to eight digits (findings are kept to ten). And beside what the notebooks find now,
which every number of theirs has to be."""

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation import parameters, workbench
from tests import referee

NEAR: dict[str, Any] = {"rel": 1e-8}
X = referee.daily()
TALKS = referee.spans(referee.meetings())
NOTEBOOKS = ("1_dataset", "2_phases", "3_timing")


def read(root: Path) -> dict[str, dict[str, Any]]:
    folder = root / "data/built/findings"
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in NOTEBOOKS}


FOUND = read(referee.DATA.parent)


@pytest.fixture(scope="module")
def ran(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The working notebooks run in a folder of their own: where, and what the last one computed. Cells that draw, that
    are for hands, or that make the grids which the page offers (test_choices, test_phase_choices) are left out."""
    folder, made = tmp_path_factory.mktemp("notebooks"), {}
    tables = ("seeds", "data/coded", "data/series", "data/cases", "notebooks")
    for part in (*tables, "data/datapackage.json", "data/specification.toml"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (root / part).is_dir() else shutil.copy)(root / part, folder / part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESCALATION_ROOT", str(folder))
        for name in NOTEBOOKS:
            made = {}
            for cell in json.loads((folder / f"notebooks/{name}.ipynb").read_text("utf-8"))["cells"]:
                source = "".join(cell["source"])
                apart = cell["id"].startswith(("figure-", "choices")) or source.startswith("%%say")
                if cell["cell_type"] == "code" and not apart and "interactive" not in str(cell["metadata"]):
                    exec(source, made)
        yield folder, made


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_published_is_what_the_notebooks_find(name: str, ran: tuple[Path, Any]) -> None:
    """Every finding, to the last digit that is kept: whoever changes a number publishes it (`make report`)."""
    now, grids = read(ran[0])[name], {"choices", "phase_choices"}
    assert {key: FOUND[name][key] for key in FOUND[name].keys() - grids} == now


@pytest.mark.slow
def test_the_workbench_gives_the_numbers_of_the_notebooks(root: Path, ran: tuple[Path, Any]) -> None:
    """For the published choices ratio, interval, band, adjusted ratio, verdict and what the phases alone would give;
    and dropping the talks of an episode and counting anew is the same as dropping its row."""
    theirs = ran[1]
    choice = workbench.choice(**parameters.defaults(root / "notebooks/workbench.ipynb"))
    tables = workbench.read(choice, root)
    answer = workbench.ask(tables, choice)
    names = ("ratio", "test", "adjusted", "rising", "tests", "verdict")
    assert [getattr(theirs["measured"], name) for name in names] == [
        getattr(answer.measured, name) for name in names
    ]
    assert theirs["by_phases"] == answer.from_phases
    pd.testing.assert_frame_equal(theirs["spans"], answer.spans)
    assert list(theirs["table"]["date_first"]) == list(answer.phases["date_first"])
    rows = workbench.talks_left_out(tables, choice)
    ours = rows[rows["kind"] == "episode"].set_index("left_out")["ratio"]
    days = theirs["without"]["date_first"].dt.strftime("%Y-%m-%d")
    assert pytest.approx(theirs["without"]["ratio_without"].tolist()) == ours.loc[days].tolist()
    assert ["nothing", "episode", "publisher", "part of the area"] == list(dict.fromkeys(rows["kind"]))


def test_the_referee_stands_alone() -> None:
    """Its file imports numpy, pandas and scipy, and nothing of the package."""
    tree = ast.parse(Path(referee.__file__).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {"itertools", "pathlib", "typing", "numpy", "pandas", "scipy"} >= imported


def same(plain: dict[str, float], found: dict[str, Any], **names: str) -> None:
    """Every entry of `plain` equals that of the finding; `names`: what the finding calls it."""
    assert pytest.approx(plain, **NEAR) == {name: found[names.get(name, name)] for name in plain}


def test_killed_and_counted() -> None:
    best, low, high = referee.killed_by_phase()[
        ["fatalities_best", "fatalities_low", "fatalities_high"]
    ].sum()
    same({"value": best, "low": low, "high": high}, FOUND["1_dataset"]["main_fatalities"])
    assert referee.killed_by_phase()["events_state"].sum() == FOUND["1_dataset"]["main_events"]["value"]


def test_breaks_and_phases() -> None:
    """Dates, how many of seven week grids find each within two weeks, and which way each goes."""
    found = FOUND["2_phases"]
    rows = {row["date"]: row for row in found["breaks"]["value"]}
    grids = [pd.to_datetime(referee.breaks(X, grid)) for grid in range(7)]
    assert referee.breaks(X) == list(rows)
    for date, row in rows.items():
        near = sum((abs(dates - pd.Timestamp(date)) <= pd.Timedelta(days=14)).any() for dates in grids)
        assert (near, near < 5) == (row["n_grids"], row["is_possible"])
    plain, phases = referee.killed_by_phase(), found["phase_table"]["value"]
    assert plain["fatalities_best"].tolist() == [phase["fatalities_best"] for phase in phases]
    rates = plain["events_state"].to_numpy() / [phase["days"] for phase in phases]
    assert pytest.approx(rates, **NEAR) == [phase["per_day"] for phase in phases]


def test_the_map_holds_the_dead_of_table_1() -> None:
    cells = referee.table("built/cells")
    for phase in FOUND["2_phases"]["phase_table"]["value"]:
        inside = cells["date"].between(phase["date_first"], phase["date_last"])
        assert cells.loc[inside, "fatalities_best"].sum() == phase["fatalities_best"]


def test_after_talks() -> None:
    found, plain = FOUND["3_timing"], referee.contrast(X, TALKS)
    same(
        {name: plain[name] for name in ("n", "ratio", "low", "high", "t_p")},
        found["ratio"],
        ratio="value",
        t_p="p",
    )
    same(
        {name: plain[name] for name in ("p", "band_low", "band_high")},
        found["placebo"],
        p="value",
        band_low="low",
        band_high="high",
    )
    same(referee.rising(X, TALKS), found["rising"])
    without = [referee.contrast(X, TALKS[:n] + TALKS[n + 1 :]) for n in range(len(TALKS))]
    ratios, ps = [one["ratio"] for one in without], [one["p"] for one in without]
    same({"low": min(ratios), "high": max(ratios)}, found["leave_one_out"])
    same({"low": min(ps), "high": max(ps)}, found["fragile"])


def test_one_further_episode() -> None:
    """To four digits: τ² is found by halving an interval."""
    plain = referee.one_further_episode(X, TALKS)
    found = FOUND["3_timing"]["single_episode"]
    assert pytest.approx(plain, rel=1e-4) == {name: found[name] for name in plain}


def test_sets_of_meetings() -> None:
    complete = referee.contrast(X, referee.spans(referee.meetings("relevance")))
    same(
        {name: complete[name] for name in ("n", "ratio", "p")},
        FOUND["3_timing"]["complete_set"],
        ratio="value",
    )
    rows = referee.meetings()
    notice = {"scheduled": rows["scheduled"] == "yes", "reactive": rows["scheduled"] == "no"}
    for row in FOUND["3_timing"]["strata"]["value"]:
        if row["stratum"] in notice:
            plain = referee.contrast(X, referee.spans(rows[notice[row["stratum"]]]))
            same({name: plain[name] for name in ("ratio", "low", "high", "p")}, row, p="p_shift")


def test_days_after_and_one_p_for_all_windows() -> None:
    found = FOUND["3_timing"]
    rows = [referee.logs(X, TALKS, (1, n), (-n, -1)) for n in range(1, 15)]
    for each, row in zip(rows, found["window_profile"]["rows"], strict=True):
        same({name: referee.summary(each)[name] for name in ("ratio", "p")}, row, p="p_shift")
    assert pytest.approx(referee.farthest_p(rows)) == found["window_profile"]["value"]


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom", "ignore:All-NaN")
def test_who_and_whom() -> None:
    found, rows = FOUND["3_timing"]["who_profile"], []
    for row in found["value"]:
        after = (row["day_first"], row["day_last"])
        rows.append(referee.logs(referee.counted()[row["series"]], TALKS, after, (-14, -4)))
        plain = referee.summary(rows[-1])
        same(
            {name: plain[name] for name in ("n", "ratio", "p", "band_low", "band_high")},
            row,
            n="n_episodes",
            p="p_shift",
        )
    assert pytest.approx(referee.farthest_p(rows)) == found["p"]


def test_outside_the_area() -> None:
    for row in FOUND["3_timing"]["control"]["value"]:
        days = row["window_days"]
        here, there = (
            referee.logs(x, TALKS, (1, days), (-days, -1))
            for x in (X, referee.daily("ucdp_control_daily", "events"))
        )
        each = {"area": here, "elsewhere": there, "area / elsewhere": here - there}[row["series"]]
        plain = referee.summary(each)
        same({name: plain[name] for name in ("ratio", "low", "high", "p", "band_low")}, row, p="p_shift")


def test_the_day_after() -> None:
    same(referee.next_day(X), FOUND["3_timing"]["next_day"])
    same(referee.next_day(referee.daily("airwars_daily", "incidents")), FOUND["3_timing"]["next_day_airwars"])


def test_the_weeks_before_the_round_and_after_the_last_truce() -> None:
    """Days with an event in the weeks that end with the round; 28 days after the truce against 28 before."""
    days = pd.Series(X, index=referee.MARGIN)
    before, step = FOUND["3_timing"]["rate_before_round"], FOUND["3_timing"]["plain_step"]
    shares = [100 * (days[: before["date"]][-7 * weeks :] > 0).mean() for weeks in before["weeks"]]
    assert pytest.approx(shares) == before["value"]
    at = referee.MARGIN.get_loc(referee.truces()["effective_date"].max())
    assert (X[at - 28 : at].sum(), X[at + 1 : at + 29].sum()) == (step["n_before"], step["n_after"])


def test_truces() -> None:
    """Together, by set, one by one, and each count k of n with what other dates give."""
    found = FOUND["3_timing"]
    for row, chosen in zip(
        found["truce_sets"]["value"],
        (referee.truces(), referee.truces(in_register=True), referee.truces()[:-1]),
        strict=True,
    ):
        plain = referee.contrast(X, referee.day_by_day(chosen))
        same(
            {name: plain[name] for name in ("n", "ratio", "low", "high", "p", "band_low", "band_high")},
            row,
            n="n_episodes",
            p="p_shift",
        )
    alone = [referee.logs(X, [[day, day]])[0, 0] for day in referee.truces()["effective_date"]]
    assert pytest.approx([row["ratio"] for row in found["truce_rows"]["value"]]) == list(
        referee.np.exp(alone)
    )
    same(referee.truces_deep(X), found["truces_deep"])
    same(referee.truces_not_fallen(X), found["truces_not_fallen"])
    same(referee.truces_back(X), found["truces_back_in_two_weeks"])
    for row in found["truces_back_in_two_weeks"]["by_level"]:
        same(referee.truces_back(X, row["before_days"]), row)


def test_airwars_and_what_the_documents_hold() -> None:
    found = FOUND["1_dataset"]
    airwars = referee.table("series/airwars_daily")
    assert airwars["incidents"].sum() == found["second_incidents"]["value"] == 1008
    assert airwars[["civilians_killed_min", "civilians_killed_max"]].sum().tolist() == [1746, 2536]
    checks = referee.table("coded/checks")
    assert (len(checks), (checks["status"] == "agrees").sum()) == (150, 53)
    claims = referee.table("coded/claims")
    own = (claims["speaker_type"] == "article").mean()
    assert pytest.approx(own) == found["claims_own_voice"]["value"]


def test_two_codings_of_the_claims() -> None:
    for row in FOUND["1_dataset"]["claim_coders"]["value"]:
        assert pytest.approx(referee.alpha(row["field"], row["distance"])) == row["alpha"], row["field"]


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_specification_curve() -> None:
    """Each ratio with its p and band; how many lie below one; the two p-values of them all."""
    found = FOUND["3_timing"]["specifications"]
    rows = pd.read_csv(referee.DATA.parent / "figures/specifications.csv")
    curves = referee.specifications(rows)
    assert pytest.approx(np.exp(curves[:, 0]), **NEAR) == rows["ratio"]
    assert pytest.approx([referee.p_of(curve) for curve in curves], **NEAR) == rows["p_shift"]
    band = np.exp(np.nanquantile(curves[:, 1:], [0.05, 0.95], axis=1))
    assert pytest.approx(band, **NEAR) == rows[["band_low", "band_high"]].T.to_numpy()
    below = (curves < -1e-9).sum(axis=0).astype(float)
    low, high = np.quantile(below[1:], [0.05, 0.95])
    plain = {"n": len(curves), "below_one": below[0], "below_one_expected": below[1:].mean()}
    same(plain | {"below_one_low": low, "below_one_high": high, "below_one_p": referee.p_of(below)}, found)
    middle = np.nanmedian(np.abs(curves), axis=0)
    most = np.nanmax(np.abs(curves) / np.nanstd(curves[:, 1:], axis=1)[:, None], axis=0)
    joint = [float((size >= size[0] - 1e-9).mean()) for size in (middle, most)]
    assert pytest.approx(joint) == [found["value"]["p_median"], found["value"]["p_maximum"]]


def test_similar_days() -> None:
    """Of talks, with the interval; of truces the ratio and p alone, which are all that is printed."""
    found, truces = FOUND["3_timing"]["adjusted"], FOUND["3_timing"]["truces_ratio"]["tests"][2]
    plain = referee.summary(referee.similar_days(X, TALKS)[None, :].repeat(2, axis=0))
    same({name: plain[name] for name in ("ratio", "low", "high", "t_p")}, found, ratio="value", t_p="p")
    plain = referee.summary(
        referee.similar_days(X, referee.day_by_day(referee.truces()))[None, :].repeat(2, axis=0)
    )
    same({name: plain[name] for name in ("ratio", "t_p")}, truces, t_p="p")


def test_breaks_recur() -> None:
    same(
        referee.recurring(X, referee.daily("airwars_daily", "incidents")),
        FOUND["2_phases"]["recurring_breaks"],
    )


def test_ranges_of_the_breaks() -> None:
    """By other draws each end lies within a week of where the published one may."""
    ends = referee.break_ranges(X, 600)
    for row, pair in zip(FOUND["2_phases"]["breaks"]["value"], ends.T, strict=True):
        for name, day in zip(("range_first", "range_last"), pair, strict=True):
            low, high = (pd.Timestamp(row[f"{name}_{end}"]) for end in ("from", "to"))
            drawn, week = referee.START + pd.Timedelta(days=int(day)), pd.Timedelta(days=7)
            assert low - week <= drawn <= high + week


def test_days_that_documents_speak_of() -> None:
    assert len(referee.days_with_a_claim()) == FOUND["1_dataset"]["days_seed"]["value"]


def test_step_at_the_last_truce() -> None:
    """With a trend, beside the same fit at every seventh day; and plainly, beside all other dates."""
    found, plain = FOUND["3_timing"]["step"], FOUND["3_timing"]["plain_step"]
    day, last = referee.truces()["effective_date"].max(), referee.END - pd.Timedelta(days=59)
    fridays = [day - pd.Timedelta(weeks=n) for n in range(-60, 90)]
    others = [one for one in fridays if referee.START + pd.Timedelta(days=60) <= one <= last and one != day]
    own, steps = referee.step(X, day), np.array([referee.step(X, one) for one in others])
    low, high = np.exp(np.quantile(steps, [0.05, 0.95]))
    p = (1 + (np.abs(steps) >= abs(own)).sum()) / (1 + len(steps))
    values = {"value": np.exp(own), "low": low, "high": high, "p": p, "n": len(steps)}
    assert pytest.approx(values, rel=1e-6) == {name: found[name] for name in values}
    inside = X[(referee.START - referee.MARGIN[0]).days :]
    ratios = referee.sums(inside, 1, 28) / referee.sums(inside, -28, -1)
    ratios, at = ratios[~np.isnan(ratios)], (day - referee.START).days - 28
    assert pytest.approx([ratios[at], 100 * (ratios <= ratios[at]).mean()]) == [
        plain["value"],
        plain["lower_elsewhere_pct"],
    ]


def test_kinds_of_talks() -> None:
    """Announced ahead against at short notice, and with a truce by the third day after against without; the
    published p is exact where every relabelling is tried."""
    found = FOUND["3_timing"]["by_kind"]["value"]
    logs, meetings = referee.logs(X, TALKS)[0], referee.meetings_of(referee.meetings())
    announced = referee.table("coded/truces").query("is_truce")["announced_date"].pipe(pd.to_datetime)
    truce = [
        any(
            announced.between(m.date_first, m.date_last + pd.Timedelta(days=3)).any()
            for m in each.itertuples()
        )
        for each in meetings
    ]
    ahead, short = ([bool((each["scheduled"] == word).all()) for each in meetings] for word in ("yes", "no"))
    same(referee.by_label(logs, truce, [not one for one in truce]), found["truce"])
    same(referee.by_label(logs, ahead, short), found["notice"])


@pytest.mark.parametrize("way", ["down", "up"])
def test_what_the_verdict_would_see(way: str) -> None:
    """A change of the size called detectable is seen in as many cases, but for the luck of 150 draws."""
    found = FOUND["3_timing"]["detectable"]
    assert abs(referee.power(X, TALKS, found[way], 150) - found["value"]) < 0.12


def test_killed_by_month() -> None:
    drawn = pd.read_csv(referee.DATA.parent / "figures/counted.csv").drop(columns="month")
    assert (referee.killed_by_month()[drawn.columns].to_numpy() == drawn.to_numpy()).all()


def test_before_talks() -> None:
    """Lethal events over the window; combatants and civilians over the days on which they are told apart."""
    found = FOUND["3_timing"]
    plain = referee.summary(referee.before_talks(X, TALKS, 853))
    same({name: plain[name] for name in ("n", "ratio", "low", "high", "p")}, found["before"], ratio="value")
    for row in found["before_claim"]["value"][:2]:
        x = referee.counted()[f"{row['series']} killed"]
        days = (pd.Timestamp("2019-11-30") - referee.START).days + 1
        plain = referee.summary(referee.before_talks(x, TALKS, days))
        same({name: plain[name] for name in ("n", "ratio", "p")}, row, n="n_episodes", p="p_shift")
        known = np.where(
            np.arange(len(x)) < days + (referee.START - referee.MARGIN[0]).days, x.astype(float), np.nan
        )
        whole = referee.summary(referee.before_talks(known, TALKS, 853))
        same({name: whole[name] for name in ("n", "ratio", "p")}, row, n="n_episodes", p="p_whole")
