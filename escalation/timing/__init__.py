"""Counts and talks → contrasts around talks, what shifted calendars give, truces. Pure: frames in, frames out."""

from escalation.timing.base_rates import Chance, back_by_chance, in_windows, not_falling_by_chance, rising_by_chance
from escalation.timing.coincidence import coincidence, coincidence_by_anchor
from escalation.timing.compare import (
    compare_series,
    date_draws,
    episode_labels,
    episodes_with,
    fatality_bounds,
    label_permutation,
    strata,
    tipping,
)
from escalation.timing.design import Design, anchored
from escalation.timing.episodes import Ratio, average, contrast, episode_titles, episodes, without_each
from escalation.timing.estimate import Estimate, estimate, verdict_without_each
from escalation.timing.interrupted import interrupted, step_line, step_test
from escalation.timing.lags import lag
from escalation.timing.matching import adjusted_ratio, matched
from escalation.timing.model import after_talks_model
from escalation.timing.peri import peri_event, peri_median
from escalation.timing.power import detectable, power
from escalation.timing.shifts import ShiftTest, circular_shifts, expected_from_phases, shift_test, tail_p
from escalation.timing.specification import joint_test, shift_curves
from escalation.timing.survival import kaplan_meier, median_days
from escalation.timing.truces import truce_recovery
from escalation.timing.verdicts import FEWEST, SURE, Verdict, rules_out, tests, verdict

__all__ = [
    "FEWEST",
    "SURE",
    "Chance",
    "Design",
    "Estimate",
    "Ratio",
    "ShiftTest",
    "Verdict",
    "adjusted_ratio",
    "after_talks_model",
    "anchored",
    "average",
    "back_by_chance",
    "circular_shifts",
    "coincidence",
    "coincidence_by_anchor",
    "compare_series",
    "contrast",
    "date_draws",
    "detectable",
    "episode_labels",
    "episode_titles",
    "episodes",
    "episodes_with",
    "estimate",
    "expected_from_phases",
    "fatality_bounds",
    "in_windows",
    "interrupted",
    "joint_test",
    "kaplan_meier",
    "label_permutation",
    "lag",
    "matched",
    "median_days",
    "not_falling_by_chance",
    "peri_event",
    "peri_median",
    "power",
    "rising_by_chance",
    "rules_out",
    "shift_curves",
    "shift_test",
    "step_line",
    "step_test",
    "strata",
    "tail_p",
    "tests",
    "tipping",
    "truce_recovery",
    "verdict",
    "verdict_without_each",
    "without_each",
]
