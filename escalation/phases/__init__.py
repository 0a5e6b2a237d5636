"""Counts → changepoints, phases, their uncertainty and agreement. Pure: frames in, frames out, generators
passed in."""

from escalation.phases.areas import by_area
from escalation.phases.bootstrap import BLOCK_WEEKS, HELD_PCT, block_indices, break_ranges, dated_breaks
from escalation.phases.choices import WHOLE, breaks_of_each, choices, moves_most
from escalation.phases.compare import (
    RandByChance,
    agreement,
    daily_levels,
    rand_by_chance,
    sensitivity,
    threshold_phases,
)
from escalation.phases.flat import FalseBreaks, false_breaks, flat_series
from escalation.phases.likelihood import differing_breaks, likelihood_breaks
from escalation.phases.segment import Segmentation, breaks, choose, segment, segmentations, transform, weekly
from escalation.phases.stability import (
    ENOUGH,
    GRIDS,
    NEAR_DAYS,
    anchor_stability,
    candidates,
    further_candidates,
    grids,
    recurrence,
    recurring_by_chance,
    stable_breaks,
    with_grids,
)
from escalation.phases.status import phase_status, truces_in_force
from escalation.phases.table import BOUND, by_cell, level, levels_by_bound, phase_days, phase_table

__all__ = [
    "BLOCK_WEEKS",
    "BOUND",
    "ENOUGH",
    "GRIDS",
    "HELD_PCT",
    "NEAR_DAYS",
    "WHOLE",
    "FalseBreaks",
    "RandByChance",
    "Segmentation",
    "agreement",
    "anchor_stability",
    "block_indices",
    "break_ranges",
    "breaks",
    "breaks_of_each",
    "by_area",
    "by_cell",
    "candidates",
    "choices",
    "choose",
    "daily_levels",
    "dated_breaks",
    "differing_breaks",
    "false_breaks",
    "flat_series",
    "further_candidates",
    "grids",
    "level",
    "levels_by_bound",
    "likelihood_breaks",
    "moves_most",
    "phase_days",
    "phase_status",
    "phase_table",
    "rand_by_chance",
    "recurrence",
    "recurring_by_chance",
    "segment",
    "segmentations",
    "sensitivity",
    "stable_breaks",
    "threshold_phases",
    "transform",
    "truces_in_force",
    "weekly",
    "with_grids",
]
