"""Counts and talks → contrasts around talks, what shifted calendars give, truces. Pure: frames in, frames
out."""

from escalation.timing.base_rates import (
    Chance,
    back_by_chance,
    falling_by_chance,
    in_windows,
    not_falling_by_chance,
    rising_by_chance,
)
from escalation.timing.choices import alike, choices, choices_without_each, moves_most, spans
from escalation.timing.coincidence import coincidence, coincidence_by_anchor, rate_before
from escalation.timing.compare import (
    compare_series,
    date_draws,
    episode_has,
    episode_labels,
    fatality_bounds,
    label_permutation,
    strata,
    tipping,
)
from escalation.timing.design import Design, anchored
from escalation.timing.episodes import Ratio, average, contrast, episode_titles, episodes, without_each
from escalation.timing.estimate import Estimate, estimate, verdict_without_each
from escalation.timing.heterogeneity import (
    FEWEST_SPREAD,
    Heterogeneity,
    heterogeneity,
    ordinary_dispersion,
    weight_of_each,
)
from escalation.timing.interrupted import (
    STEP_DAYS,
    STEPS,
    PlainRatio,
    has_spans,
    interrupted,
    plain_ratio,
    step_line,
    step_test,
)
from escalation.timing.lags import lag
from escalation.timing.matching import N_MATCHES, RECENT_DAYS, adjusted_ratio, matched
from escalation.timing.model import after_talks_model
from escalation.timing.peri import peri_event, peri_median
from escalation.timing.power import detectable, power
from escalation.timing.profile import BEFORE, Largest, lag_profile, whole_window_p, window_profile
from escalation.timing.shifts import ShiftTest, circular_shifts, expected_from_phases, shift_test, tail_p
from escalation.timing.specification import joint_test, shift_curves
from escalation.timing.survival import kaplan_meier, median_days
from escalation.timing.truces import (
    BEFORE_DAYS,
    SHARE,
    TRAILING_DAYS,
    WITHIN_DAYS,
    as_talks,
    truce_curves,
    truce_recovery,
    truce_rows,
)
from escalation.timing.verdicts import FEWEST, SURE, Verdict, rules_out, tests, verdict

__all__ = [
    "BEFORE",
    "BEFORE_DAYS",
    "FEWEST",
    "FEWEST_SPREAD",
    "N_MATCHES",
    "RECENT_DAYS",
    "SHARE",
    "STEPS",
    "STEP_DAYS",
    "SURE",
    "TRAILING_DAYS",
    "WITHIN_DAYS",
    "Chance",
    "Design",
    "Estimate",
    "Heterogeneity",
    "Largest",
    "PlainRatio",
    "Ratio",
    "ShiftTest",
    "Verdict",
    "adjusted_ratio",
    "after_talks_model",
    "alike",
    "anchored",
    "as_talks",
    "average",
    "back_by_chance",
    "choices",
    "choices_without_each",
    "circular_shifts",
    "coincidence",
    "coincidence_by_anchor",
    "compare_series",
    "contrast",
    "date_draws",
    "detectable",
    "episode_has",
    "episode_labels",
    "episode_titles",
    "episodes",
    "estimate",
    "expected_from_phases",
    "falling_by_chance",
    "fatality_bounds",
    "has_spans",
    "heterogeneity",
    "in_windows",
    "interrupted",
    "joint_test",
    "kaplan_meier",
    "label_permutation",
    "lag",
    "lag_profile",
    "matched",
    "median_days",
    "moves_most",
    "not_falling_by_chance",
    "ordinary_dispersion",
    "peri_event",
    "peri_median",
    "plain_ratio",
    "power",
    "rate_before",
    "rising_by_chance",
    "rules_out",
    "shift_curves",
    "shift_test",
    "spans",
    "step_line",
    "step_test",
    "strata",
    "tail_p",
    "tests",
    "tipping",
    "truce_curves",
    "truce_recovery",
    "truce_rows",
    "verdict",
    "verdict_without_each",
    "weight_of_each",
    "whole_window_p",
    "window_profile",
    "without_each",
]
