"""The README's findings: the same numbers as the report, written between two marks; everything else in that file is prose by hand."""

from pathlib import Path

from escalation import findings, words
from escalation.errors import Refusal
from escalation.findings import counted, day, days, number, part

FIRST, LAST = "<!-- findings: written by `escalation readme`, not by hand -->", "<!-- end of findings -->"


def found(root: Path) -> str:
    """Five sentences and three figures as Markdown, out of the findings under `root`."""
    f = findings.read(root)
    highest, lowest, ratio, placebo, next_day = f["highest_phase"], f["lowest_phase"], f["ratio"], f["placebo"], f["next_day"]
    truces, step = f["truces_back_in_two_weeks"], f["step"]
    breaks = words.listed_days(row["date"] for row in f["breaks"].value)
    return "\n".join(
        [
            f"1. The violence changed level {counted(f['breaks'].n, 'time')}: {breaks}. "
            f"{part(len(f['stable_breaks'].value), f['stable_breaks'].n, 'break')} found in either of two sources recur in both.",
            f"2. {f['ratio'].what} ran from {number(lowest.value)} a day in the quietest phase to {number(highest.value)} a day "
            f"({days(highest.date_first, highest.date_last)}).",
            f"3. In the {ratio.window_days} days after talks there were {number(ratio.value)} times as many as in the days before (90 % interval {number(ratio.low)} to "
            f"{number(ratio.high)}, n = {ratio.n} episodes); the same calendar on other dates gives {number(placebo.low)} to {number(placebo.high)} nine times in ten: "
            f"{words.sureness(f['verdict'].value)}.",
            f"4. {words.coincidence_title(next_day.value, next_day.n, next_day.low, next_day.high, next_day.base_rate_pct)}: on shifted calendars "
            f"{number(next_day.expected, 1)}, between {next_day.low:.0f} and {next_day.high:.0f} nine times in ten.",
            f"5. After {part(truces.value, truces.n, 'truce')} recorded violence was back at half its earlier level within two weeks; at {day(step.date)} it went to "
            f"{number(step.value)} times (p = {number(step.p)} among {step.n} other dates).",
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
