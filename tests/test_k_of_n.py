"""No count "k of n" of things that stand in a calendar without what the same calendar gives on other
dates."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

# pairs of counts by which a finding, or a row in one, says "k of n"; and where their base rate stands
PAIRS = {
    ("value", "n"): ("expected", "low", "high"),
    ("k", "n"): ("expected", "low", "high"),
    ("n_rising", "n"): ("rising_expected", "rising_low", "rising_high"),
    ("n_rising", "n_episodes"): ("rising_expected", "rising_low", "rising_high"),
    ("below_one", "n"): ("below_one_expected", "below_one_low", "below_one_high"),
}
# counts of what was coded, looked at or tried: no dates that could be others, so nothing to expect
DESCRIBED = {
    "claims_one_day": "claims of the documents dated to one day, of those dated",
    "claims": "claims, in so many documents",
    "talks": "meetings of the primary set, of all coded",
    "episodes": "episodes, of so many meetings",
    "phases": "phases, of so many weeks",
    "main_events": "events counted, of those in the file",
    "main_events_left_out": "events left out for inexact dates, of those in the file",
    "days_seed": "days that the documents speak of, of the window",
    "days_curated": "days that coded incidents speak of, of the window",
    "days_main": "days with a recorded event, of the window: itself the base rate",
    "days_silent": "days of which nobody speaks, of the window",
    "fragile": "episodes without which the verdict would be another: runs of one test",
    "level_changed": "per cent of days, and how many cuts were tried",
}


def counts_in(finding: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each mapping in a finding under the key of the finding."""
    if isinstance(finding, Mapping):
        yield key, finding
        for inner in finding.values():
            yield from counts_in(inner, key)
    elif isinstance(finding, list):
        for inner in finding:
            yield from counts_in(inner, key)


RATES = {"rising_expected": 1.4, "rising_low": 0, "rising_high": 3}


def whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def lacking(findings: Mapping[str, Any]) -> set[str]:
    """Every "k of n" among findings that is not described and has no base rate beside it: KEY: K of N. A
    total of 0 has none to have."""
    found = set()
    for key, fields in (
        (key, fields) for name, finding in findings.items() for key, fields in counts_in(finding, name)
    ):
        for (k, n), rates in PAIRS.items():
            said = (
                k in fields
                and n in fields
                and whole(fields[k])
                and whole(fields[n])
                and 0 <= fields[k] <= fields[n]
            )
            described = key in DESCRIBED and (k, n) == ("value", "n")
            if said and fields[n] and not described and any(fields.get(rate) is None for rate in rates):
                found.add(f"{key}: {k} of {n}")
    return found


@pytest.fixture(scope="module")
def findings(root: Path) -> dict[str, Any]:
    files = sorted((root / "data" / "built" / "findings").glob("*.json"))
    return {
        key: finding
        for file in files
        for key, finding in json.loads(file.read_text(encoding="utf-8")).items()
    }


def test_every_count_stands_beside_its_base_rate(findings: dict[str, Any]) -> None:
    """In what the notebooks found every "k of n" has the number that other dates give, but for those
    described."""
    assert {"next_day", "rising", "truces_not_fallen"} <= set(findings)
    assert set() == lacking(findings)


def test_described_counts_are_there(findings: dict[str, Any]) -> None:
    """No exception is kept for a finding that is gone."""
    assert set() == set(DESCRIBED) - set(findings)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ({"value": 4, "n": 7}, {"new: value of n"}),
        ({"value": 4, "n": 7, "expected": 6.4, "low": 5, "high": None}, {"new: value of n"}),
        ({"value": 4, "n": 7, "expected": 6.4, "low": 5, "high": 7}, set()),
        ({"value": 0, "n": 0}, set()),
        ({"value": 0.5, "n": 7}, set()),
        ({"value": [{"k": 1, "n": 3}]}, {"new: k of n"}),
        ({"value": {"rows": [{"n_rising": 1, "n_episodes": 3} | RATES]}}, set()),
        ({"value": {"rows": [{"n_rising": 1, "n_episodes": 3}]}}, {"new: n_rising of n_episodes"}),
        ({"value": 0.9, "below_one": 191, "n": 216}, {"new: below_one of n"}),
    ],
)
def test_a_new_count_without_base_rate_is_seen(finding: dict[str, Any], expected: set[str]) -> None:
    """Wherever it stands in a finding."""
    assert expected == lacking({"new": finding})


def test_an_exception_covers_the_count_it_describes_alone() -> None:
    """Another pair of counts in the same finding is seen."""
    assert {"talks: k of n"} == lacking({"talks": {"value": 27, "n": 38, "k": 3}})
