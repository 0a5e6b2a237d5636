"""The sentences that the numbers allow: chosen by rule from a verdict, never typed beside a result, never with a verb of cause.

The rules were written down before the talks table met the counts; the verdict itself is `escalation.timing.verdict`.
"""

from escalation.words.arabic import ARABIC_MONTHS, arabic_day, arabic_summary
from escalation.words.corrections import corrected
from escalation.words.documents import DUTIES, actor_table, coder_table, confidence_of, lags, signs
from escalation.words.labels import (
    PUBLISHER,
    SERIES,
    SERIES_SHORT,
    SET_SHORT,
    SHORT,
    TALKS_SET,
    listed_days,
    of_series,
    publisher_of,
    series_short,
)
from escalation.words.levels import displaced, levels_answer, levels_finding, levels_plain, range_of, sources_answer, step, weeks_between
from escalation.words.talks import (
    agreed_answer,
    coincidence_title,
    facts_of,
    fragility,
    joint_answer,
    placebo_title,
    plain_answer,
    plain_base_rate,
    short_answer,
    stratum_of,
    sureness,
    talks_answer,
    talks_title,
    tipping_answer,
)
from escalation.words.truces import step_answer, truces_held

__all__ = [
    "ARABIC_MONTHS",
    "DUTIES",
    "PUBLISHER",
    "SERIES",
    "SERIES_SHORT",
    "SET_SHORT",
    "SHORT",
    "TALKS_SET",
    "actor_table",
    "agreed_answer",
    "arabic_day",
    "arabic_summary",
    "coder_table",
    "coincidence_title",
    "confidence_of",
    "corrected",
    "displaced",
    "facts_of",
    "fragility",
    "joint_answer",
    "lags",
    "levels_answer",
    "levels_finding",
    "levels_plain",
    "listed_days",
    "of_series",
    "placebo_title",
    "plain_answer",
    "plain_base_rate",
    "publisher_of",
    "range_of",
    "series_short",
    "short_answer",
    "signs",
    "sources_answer",
    "step",
    "step_answer",
    "stratum_of",
    "sureness",
    "talks_answer",
    "talks_title",
    "tipping_answer",
    "truces_held",
    "weeks_between",
]
