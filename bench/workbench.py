"""From a moved control to the new chart: what the kernel takes, for every control of the workbench."""

import os
import statistics
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

TITLE = "The workbench"
LIMIT = 0.3
SAID = 0.1
# what each control is moved to, in turn, and back
MOVES: dict[str, tuple[Any, ...]] = {
    "window_days": (14, 3),
    "anchor": ("start", "end"),
    "talks_set": ("scheduled",),
    "statistic": ("pooled",),
    "series": ("airwars",),
    "measure": ("fatalities",),
    "criterion": ("BIC",),
    "min_weeks": (8,),
    "start": (date(2019, 3, 1),),
    "area": (1,),
    "view": ("talks and phases", "shifted calendars", "day by day", "one left out"),
}


def report(root: Path, rounds: int) -> Iterator[str]:
    """The section of the results: the median and the slowest move of each control."""
    os.environ["ESCALATION_ROOT"] = str(root)
    from escalation import parameters, workbench
    from escalation.workbench.panel import Panel

    choice = workbench.choice(**parameters.defaults(root / "notebooks/workbench.ipynb"))
    tables = workbench.read(choice)
    panel = workbench.panel(tables, choice)
    assert isinstance(panel, Panel)
    took: dict[str, list[float]] = {name: [] for name in MOVES}
    said: dict[str, list[float]] = {name: [] for name in MOVES}
    stood: list[float] = []  # when sentence or findings last changed: they stand before the chart is drawn
    for name in ("said", "findings"):
        panel.controls[name].observe(lambda _: stood.append(time.perf_counter()), names="value")
    for _ in range(rounds + 1):  # the first round fills what is kept
        for name, values in MOVES.items():
            control = panel.controls[name]
            before = control.value
            for value in (
                *((control.options[:value],) if name == "area" else (value,) for value in values),
                (before,),
            ):
                shown = panel.controls["shown"].value
                stood.clear()
                began = time.perf_counter()
                control.value = value[0]
                took[name].append(time.perf_counter() - began)
                said[name] += [stood[-1] - began] if stood else []
                assert panel.controls["shown"].value != shown, f"{name}: nothing changed"
    kept, words = (
        {name: seconds[len(seconds) // (rounds + 1) :] for name, seconds in each.items()}
        for each in (took, said)
    )
    yield (
        "Seconds in the kernel from a control's new value to the new sentence and what becomes of the five"
        " findings, and to numbers and chart too; the browser's own drawing is not in them.\n"
    )
    yield "| control | sentence and findings, median | with chart, median | slowest |"
    yield "|---|---:|---:|---:|"
    for name, seconds in kept.items():
        first = f"{statistics.median(words[name]):.2f}" if words[name] else "the same"
        yield f"| {name} | {first} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |"
    middle, worst = (
        statistics.median(s for all_ in kept.values() for s in all_),
        max(statistics.median(all_) for all_ in kept.values()),
    )
    spoken = statistics.median(s for all_ in words.values() for s in all_)
    yield "\n| budget | reached | |"
    yield "|---|---:|---|"
    yield (
        f"| control to new sentence and findings ≤ {SAID} s, median of all moves | {spoken:.2f} |"
        f" {'kept' if spoken <= SAID else 'missed'} |"
    )
    yield (
        f"| control to new chart ≤ {LIMIT} s, median of all moves | {middle:.2f} |"
        f" {'kept' if middle <= LIMIT else 'missed'} |"
    )
    yield f"| the same, slowest control | {worst:.2f} | {'kept' if worst <= LIMIT else 'missed'} |"
