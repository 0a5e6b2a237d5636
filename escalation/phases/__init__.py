"""Counts → changepoints, phases, their uncertainty and agreement. Pure: frames in, frames out, generators passed in."""

from escalation.phases.bootstrap import block_indices, break_ranges
from escalation.phases.compare import agreement, daily_levels, sensitivity, threshold_phases
from escalation.phases.likelihood import differing_breaks, likelihood_breaks
from escalation.phases.segment import Segmentation, breaks, choose, segment, segmentations, transform, weekly
from escalation.phases.stability import anchor_stability, candidates, recurrence, stable_breaks
from escalation.phases.status import phase_status, truces_in_force
from escalation.phases.table import level, phase_days, phase_table

__all__ = [
    "Segmentation",
    "agreement",
    "anchor_stability",
    "block_indices",
    "break_ranges",
    "breaks",
    "candidates",
    "choose",
    "daily_levels",
    "differing_breaks",
    "level",
    "likelihood_breaks",
    "phase_days",
    "phase_status",
    "phase_table",
    "recurrence",
    "segment",
    "segmentations",
    "sensitivity",
    "stable_breaks",
    "threshold_phases",
    "transform",
    "truces_in_force",
    "weekly",
]
