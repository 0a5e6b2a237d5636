"""What became of the truces."""

from collections.abc import Mapping
from typing import Any

from escalation.findings import day, number


def truces_held(finding: Mapping[str, Any]) -> str:
    """The heading of the truce finding, by the share that lost half their effect within two weeks."""
    share = finding["value"] / finding["n"] if finding["n"] else 0
    return (
        "Most truces faded within two weeks."
        if share > 0.5
        else "Truces faded at different speeds."
        if share > 0
        else "No truce faded within two weeks."
    )


def step_answer(step: Mapping[str, Any]) -> str:
    """What the step at the last truce says, by its rank among placebo dates; never that the truce made it."""
    when, size = day(step["date"]), number(step["value"])
    if step["p"] <= 1.5 / (step["n"] + 1):
        rank = f"a larger step than at any of {step['n']} other dates (p = {number(step['p'])}, the smallest that so many dates allow)"
    else:
        rank = f"p = {number(step['p'])} among {step['n']} other dates"
    clear = "That the counts changed at the truce is clear; " if step["p"] < 0.05 else "That is no clear change; "
    return f"At {when} the level went to {size} times, {rank}. {clear}that the truce made them change, these data cannot say: other things changed in the same weeks."
