"""Counts → changepoints, phases, their uncertainty and agreement. Pure: frames in, frames out, generators passed in."""

from escalation.phases.bootstrap import block_indices, break_ranges
from escalation.phases.segment import breaks, choose, segment, transform, weekly
from escalation.phases.stability import anchor_stability, candidates, stable_breaks, status_of
from escalation.phases.table import level, phase_days, phase_table

__all__ = [
    "anchor_stability",
    "block_indices",
    "break_ranges",
    "breaks",
    "candidates",
    "choose",
    "level",
    "phase_days",
    "phase_table",
    "segment",
    "stable_breaks",
    "status_of",
    "transform",
    "weekly",
]
