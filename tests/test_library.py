"""The package as a library: the README's lines run as they stand, and wrong arguments are answered in words."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation import phases, timing
from escalation.errors import Refusal

LINES = re.compile(r"^```python library\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_lines_of_the_readme(root: Path, tmp_path: Path) -> None:
    """Far from any project they print two phases, cut where the series was made to change, and a test of five
    episodes."""
    (lines,) = LINES.findall((root / "README.md").read_text(encoding="utf-8"))
    assert (
        len([line for line in lines.splitlines() if line and not line.startswith(("import", "from"))]) <= 10
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", lines], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "2020-04-08" in answer.stdout, "the first whole week at the new level"
    assert re.search(r"ShiftTest\(ratio=.*n_episodes=5, n_shifts=199\)", answer.stdout)


COUNTS = pd.Series(1.0, index=pd.date_range("2020-01-01", periods=200))
DAYS = pd.date_range("2020-02-01", periods=5, freq="28D")
TALKS = pd.DataFrame({"talk_id": list("abcde"), "date_first": DAYS, "date_last": DAYS})
WEEK = timing.Design(window_days=7)
CUT = pd.DataFrame({"date": pd.to_datetime(["2020-03-01"])})
ONE = np.random.default_rng(1)


def table(counts: object = COUNTS, cut: object = CUT, draws: object = 10, rng: object = ONE) -> object:
    return phases.phase_table(counts, cut, fatalities=None, draws=draws, rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: phases.breaks([1, 2, 3], phases.Segmentation()), "list, not a pandas Series"),
        (lambda: phases.breaks(COUNTS.to_frame(), phases.Segmentation()), "DataFrame, not a pandas Series"),
        (lambda: phases.breaks(COUNTS.reset_index(drop=True), phases.Segmentation()), "RangeIndex, not days"),
        (lambda: phases.breaks(COUNTS.astype(str), phases.Segmentation()), "not numbers"),
        (lambda: phases.breaks(COUNTS.tz_localize("UTC"), phases.Segmentation()), "without a time zone"),
        (lambda: phases.breaks(COUNTS * np.inf, phases.Segmentation()), "200 days are negative or infinite"),
        (lambda: phases.breaks(COUNTS[::7], phases.Segmentation()), "the day after 2020-01-01 is missing"),
        (lambda: phases.breaks(COUNTS, None), "NoneType, not phases.Segmentation"),
        (
            lambda: phases.Segmentation(min_weeks=2.5, max_breaks=-1),
            "min_weeks 2.5: .*\nmax_breaks -1: a whole",
        ),
        (lambda: table(cut=TALKS), "breaks: no column date"),
        (lambda: table(cut=CUT + pd.Timedelta(days=999)), "within them"),
        (lambda: table(draws=0), "draws 0: a whole number from 1"),
        (lambda: table(rng=3), r"numpy.random.default_rng\(1\)"),
        (lambda: timing.Design(window_days="7"), "window_days '7': a whole number from 1 is needed"),
        (lambda: timing.Design(window_days=7, first_day="soon"), "first_day 'soon': a date like"),
        (lambda: timing.episodes(list(DAYS), WEEK), "talks: list, not a pandas DataFrame"),
        (lambda: timing.episodes(TALKS.drop(columns="talk_id"), WEEK), "talks: no column talk_id"),
        (lambda: timing.episodes(TALKS.astype(str), WEEK), "not dates; pandas.to_datetime makes them"),
        (
            lambda: timing.contrast(COUNTS, TALKS, WEEK),
            r"episodes \(see timing.episodes\): no column episode",
        ),
        (lambda: timing.circular_shifts([1], TALKS, WEEK), "list, not a pandas Series"),
        (lambda: timing.shift_test(TALKS), r"shifts \(see timing.circular_shifts\): no column log_ratio"),
    ],
)
def test_wrong_arguments_are_refused_in_words(call: Callable[[], object], said: str) -> None:
    """What stands in the place of counts, choices, breaks or talks is named, with what is needed; no
    traceback out of pandas."""
    with pytest.raises(Refusal, match=said):
        call()


@pytest.mark.slow
def test_a_wheel_holds_what_the_readme_says(root: Path, tmp_path: Path) -> None:
    """The package and nothing of the report: with it alone the README's lines run, and a build says that it
    needs a checkout."""
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w"]
    subprocess.run([*wheel, tmp_path, root], check=True)
    (made,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "alone")
    assert {"escalation/phases/segment.py", "escalation/timing/shifts.py", "escalation/fetch.py"} <= set(
        names
    )
    assert not [name for name in names if name.startswith(("notebooks", "data", "seeds"))]
    (lines,) = LINES.findall((root / "README.md").read_text(encoding="utf-8"))
    alone = {"PYTHONPATH": str(tmp_path / "alone"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    where = "\nimport escalation; print(escalation.__file__)"
    run = [sys.executable, "-c", lines + where]
    answer = subprocess.run(run, cwd=tmp_path, env=alone, capture_output=True, text=True, check=True)
    assert "n_episodes=5" in answer.stdout
    assert str(tmp_path / "alone") in answer.stdout
    run = [sys.executable, "-c", "from escalation.start import main; main()", "build"]
    answer = subprocess.run(run, cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert answer.returncode != 0
    assert "Traceback" not in answer.stderr, answer.stderr
