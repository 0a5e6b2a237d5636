"""Counts and talks → contrasts around talks, what shifted calendars give, truces. Pure: frames in, frames out."""

from escalation.timing.coincidence import coincidence, coincidence_by_anchor
from escalation.timing.episodes import Ratio, average, contrast, episodes, without_each
from escalation.timing.matching import adjusted_ratio, matched
from escalation.timing.peri import peri_event, peri_median
from escalation.timing.shifts import ShiftTest, circular_shifts, expected_from_phases, shift_test, tail_p
from escalation.timing.truces import truce_recovery
from escalation.timing.words import rules_out, verdict

__all__ = [
    "Ratio",
    "ShiftTest",
    "adjusted_ratio",
    "average",
    "circular_shifts",
    "coincidence",
    "coincidence_by_anchor",
    "contrast",
    "episodes",
    "expected_from_phases",
    "matched",
    "peri_event",
    "peri_median",
    "rules_out",
    "shift_test",
    "tail_p",
    "truce_recovery",
    "verdict",
    "without_each",
]
