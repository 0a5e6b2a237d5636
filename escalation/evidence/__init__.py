"""Seeds and claims: every quote found again at its place, every number and act of a seed accounted for, and what other sources say.

`anchors` finds the quotes, `numbers` reads numbers in words, `detect` lists what no claim covers.
"""

from escalation.evidence.anchors import anchor, problems, seed_text
from escalation.evidence.numbers import Number, numbers

__all__ = ["Number", "anchor", "numbers", "problems", "seed_text"]
