"""Seeds and claims: every quote found again at its place, every number and act of a seed accounted for, and
what other sources say.

`anchors` finds the quotes, `quantities` reads numbers in words, `detector` lists what no claim covers, `link`
joins claims and incidents into events, `origins` says who stands behind them. `agreement`, `corrections`,
`changes` and `articles` are imported where they are used.
"""

from escalation.evidence.anchors import anchor, problems, seed_text
from escalation.evidence.detector import account, detect, uncovered, unexplained
from escalation.evidence.link import (
    by_actor,
    captures,
    event_claims,
    link,
    sources_of,
    talk_claims,
    told_by,
    total,
)
from escalation.evidence.origins import confidence, independent
from escalation.evidence.quantities import Number, numbers

__all__ = [
    "Number", "account", "anchor", "by_actor", "captures", "confidence", "detect", "event_claims",
    "independent", "link", "numbers", "problems", "seed_text", "sources_of", "talk_claims", "told_by",
    "total", "uncovered", "unexplained",
]  # fmt: skip
