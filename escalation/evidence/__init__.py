"""Seeds and claims: every quote found again at its place, every number and act of a seed accounted for, and what other sources say.

`anchors` finds the quotes, `quantities` reads numbers in words, `detector` lists what no claim covers.
"""

from escalation.evidence.anchors import anchor, problems, seed_text
from escalation.evidence.detector import account, detect, uncovered, unexplained
from escalation.evidence.quantities import Number, numbers

__all__ = ["Number", "account", "anchor", "detect", "numbers", "problems", "seed_text", "uncovered", "unexplained"]
