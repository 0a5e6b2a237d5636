"""The README's findings: the same numbers as the report, written between two marks; everything else in that file is prose by hand."""

from pathlib import Path

from escalation import findings, words
from escalation.errors import Refusal

FIRST, LAST = "<!-- findings: written by `escalation readme`, not by hand -->", "<!-- end of findings -->"


def found(root: Path) -> str:
    """Five sentences and three figures as Markdown, out of the findings under `root`."""
    f = findings.read(root)
    facts, verdict, truces = words.facts_of(f), f["verdict"].value, f["truces_back_in_two_weeks"]
    dates = [row["date"] for row in f["breaks"].value]
    levels = words.levels_finding(f["phases"].value, f["highest_phase"], f["lowest_phase"], f["breaks"].what.lower())
    return "\n".join(
        [
            f"1. {words.breaks_title(dates)} {words.recurring_sentence(f['stable_breaks'], f['breaks'].has_second)}",
            f"2. {levels.replace('**', '')}",
            f"3. {words.talks_title(verdict, facts)} ({words.interval(facts['low'], facts['high'])}). {words.rising_sentence(facts)}",
            f"4. {words.next_day_answer(f['next_day'])}",
            f"5. {words.truces_answer(truces, f['truces_not_fallen'])} {words.step_title(f['step'])}.",
            "",
            "![Weekly counts and phases](figures/phases.png)",
            "",
            "![Talks and what followed them](figures/peri_event.png)",
            "",
            "![Truces and how long they held](figures/truces.png)",
        ]
    )


def updated(text: str, root: Path) -> str:
    """The README's text with fresh findings. Raises Refusal where the marks are missing."""
    if FIRST not in text or LAST not in text:
        raise Refusal([f"README.md: the marks {FIRST!r} and {LAST!r} are missing"])
    before, rest = text.split(FIRST, 1)
    return f"{before}{FIRST}\n{found(root)}\n{LAST}{rest.split(LAST, 1)[1]}"
