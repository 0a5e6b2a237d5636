"""The two questions asked again with other choices, at once: what `notebooks/workbench.ipynb` stands on.
Nothing here writes a file."""

from escalation.workbench.answer import Answer, Choice, Tables, ask, choice, chosen, read
from escalation.workbench.command import commands
from escalation.workbench.left_out import evidence_left_out, talks_left_out
from escalation.workbench.panel import panel
from escalation.workbench.show import VIEWS, evidence_of, points, show

__all__ = [
    "VIEWS",
    "Answer",
    "Choice",
    "Tables",
    "ask",
    "choice",
    "chosen",
    "commands",
    "evidence_left_out",
    "evidence_of",
    "panel",
    "points",
    "read",
    "show",
    "talks_left_out",
]
