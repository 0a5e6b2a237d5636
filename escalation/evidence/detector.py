"""Nothing missed: every number, date word, act of violence or diplomacy and every sentence of a seed is coded
or waived with a reason."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from escalation.errors import Refusal
from escalation.evidence.anchors import seed_text
from escalation.evidence.quantities import numbers

COLUMNS = ["document_id", "kind", "text", "char_start", "char_end", "line", "context"]

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?:[ ]of)?"
DATES = re.compile(
    rf"""\b(?:
        (?:mid-|early[ ]|late[ ]|{_DAY}[ ])?(?:{_MONTHS})(?:[ ]\d{{1,2}}\b)?(?:,?[ ]\d{{4}})?
      | \d{{4}}-\d{{2}}-\d{{2}}
      | (?:1[89]|20)\d\d
      | (?:{_DAYS})
      | (?:in[ ]the[ ])?(?:past|last|coming|next|recent)[ ](?:\w+[ ])?(?:hours?|days?|weeks?|months?|years?)
      | a[ ]few[ ](?:hours|days|weeks|months)
      | (?:\d+|\w+)[- ](?:hours?|days?|weeks?|months?|years?)\b(?:[ ]period)?
      | (?:early|late)[ ](?:this|last)[ ]year
      | today|yesterday|tomorrow|tonight|daily|midnight|dawn|morning|evening|overnight|recently
    )\b""",
    re.VERBOSE,
)
_VIOLENCE = (
    r"air ?strikes?|warplanes?|strikes?|struck|attack\w*|shell(?:ing|ed|s)|bomb\w*|bombard\w*|barrage"
    r"|artillery|kill\w*|wound\w*|injur\w*|casualt\w*"
    r"|massacres?|victims?|clash\w*|fighting|offensives?|assault\w*|raid\w*|battles?|campaign|seiz\w*|captur\w*|took"
    r" control|advanc\w*|grab"
    r"|besieg\w*|displac\w*|retaliat\w*|violence|escalat\w*|troops"
    r" killed|suicide|reinforcement|buildup|threat\w*"
)
_DIPLOMACY = (
    r"talks|meeting|meet|summit|negotiat\w*|agree\w*|ceasefire|truce|patrols?|delegation|communicat\w*|guarantors?|commitments?|statement"
    r"|coordinat\w*|protests?|cancel\w*|declared|denounced|vowing"
)
KINDS = {
    "violence": re.compile(rf"\b(?:{_VIOLENCE})\b", re.IGNORECASE),
    "diplomacy": re.compile(rf"\b(?:{_DIPLOMACY})\b", re.IGNORECASE),
}
_SENTENCE = re.compile(r"[^\n]*?(?:[.!?][”\"]?(?=\s|$)|$)", re.MULTILINE)


def detect(text: str) -> pd.DataFrame:
    """What a coder must account for in a text, in its order: kind (sentence, number, date, violence,
    diplomacy), text, char_start, char_end, line (from 1), context (the sentence, or its start).

    >>> detect("Talks ended on Friday. Two people were killed.")[["kind", "text", "char_start", "char_end"]]
            kind                     text  char_start  char_end
    0   sentence   Talks ended on Friday.           0        22
    1  diplomacy                    Talks           0         5
    2       date                   Friday          15        21
    3   sentence  Two people were killed.          23        46
    4     number                      Two          23        26
    5   violence                   killed          39        45
    """
    spans = [("sentence", *_trimmed(hit)) for hit in _SENTENCE.finditer(text) if hit.group().strip()]
    dates = [(hit.start(), hit.end()) for hit in DATES.finditer(text)]
    found = [*spans, *(("date", start, end) for start, end in dates)]
    found += [
        ("number", n.start, n.end)
        for n in numbers(text)
        if not any(
            start <= n.start
            and n.end <= end
            and re.match(rf"(?:{_DAY}[ ])?(?:{_MONTHS})|\d{{4}}\b|mid-", text[start:end])
            for start, end in dates
        )
    ]
    found += [
        (kind, hit.start(), hit.end()) for kind, pattern in KINDS.items() for hit in pattern.finditer(text)
    ]
    order = {"sentence": 0, "number": 1, "date": 2, "violence": 3, "diplomacy": 4}
    ends = [hit.start() for hit in re.finditer("\n", text)]
    begins = [start for _, start, _ in spans]

    def sentence(at: int) -> str:
        _, start, end = spans[max(bisect_right(begins, at) - 1, 0)] if spans else ("", 0, 0)
        return text[start:end] if start <= at < end else ""

    rows = [
        {
            "kind": kind,
            "text": text[start:end],
            "char_start": start,
            "char_end": end,
            "line": bisect_left(ends, start) + 1,
            "context": sentence(start),
        }
        for kind, start, end in sorted(found, key=lambda span: (span[1], order[span[0]], span[2]))
    ]
    return pd.DataFrame(rows, columns=COLUMNS[1:])


def _trimmed(hit: re.Match[str]) -> tuple[int, int]:
    said = hit.group()
    return hit.start() + len(said) - len(said.lstrip()), hit.end() - (len(said) - len(said.rstrip()))


def uncovered(text: str, claims: pd.DataFrame) -> pd.DataFrame:
    """The rows of `detect` that the claims of this text leave open.

    A sentence is covered by any claim in it. A word is covered by a claim around it. A number must moreover
    be the value or the bounds of such a claim: one quantity, one claim."""
    found = detect(text)
    coded = (
        claims[["char_start", "char_end", "low", "value", "high"]]
        .sort_values("char_start")
        .to_dict("records")
    )
    begins = [claim["char_start"] for claim in coded]
    longest = max((claim["char_end"] - claim["char_start"] for claim in coded), default=0)
    said = {(n.start, n.end): n for n in numbers(text)}

    def is_open(kind: str, start: int, end: int) -> bool:
        # all that can reach into it
        near = coded[bisect_left(begins, start - longest) : bisect_left(begins, end)]
        if kind == "sentence":
            return not any(claim["char_start"] < end and start < claim["char_end"] for claim in near)
        around = [claim for claim in near if claim["char_start"] <= start and end <= claim["char_end"]]
        if not around or kind != "number":
            return not around
        number = said[start, end]
        if number.bounds:
            return not any((claim["low"], claim["high"]) == number.bounds for claim in around)
        return number.value is None or not any(
            pd.notna(claim["value"]) and claim["value"] == number.value for claim in around
        )

    left = [is_open(*row) for row in zip(found["kind"], found["char_start"], found["char_end"], strict=True)]
    return found[left].reset_index(drop=True)


def unexplained(
    claims: pd.DataFrame, waivers: pd.DataFrame, documents: pd.DataFrame, root: Path
) -> list[str]:
    """A line for each thing in the seeds that is neither coded nor waived, and for each waiver that waives
    nothing."""
    lines = []
    used: set[str] = set()
    for document in documents.to_dict("records"):
        text = seed_text(root, document["file"])
        mine = claims[claims["document_id"] == document["document_id"]]
        waived = [
            {**w, "row": n}
            for n, w in enumerate(waivers.to_dict("records"), 2)
            if w["document_id"] == document["document_id"]
        ]
        for waiver in waived:
            stands = text[waiver["char_start"] : waiver["char_end"]]
            if stands != waiver["text"]:
                lines.append(
                    f"waivers.csv, row {waiver['row']} ({waiver['waiver_id']}), text: {waiver['text']!r} does"
                    f" not stand at {waiver['char_start']} to {waiver['char_end']}; there stands {stands!r}"
                )
        for hit in uncovered(text, mine).to_dict("records"):
            explained = [waiver["waiver_id"] for waiver in waived if _waives(waiver, hit)]
            used |= set(explained)
            if not explained:
                context = " ".join(str(hit["context"]).split())
                lines.append(
                    f"{document['file']}, line {hit['line']}, {hit['char_start']} to {hit['char_end']}:"
                    f" {hit['kind']} {hit['text'][:60]!r} is neither coded nor waived (…{context[:80]}…); add"
                    " a claim to claims.csv or a reason to waivers.csv"
                )
    idle = [waiver for waiver in waivers["waiver_id"] if waiver not in used]
    return lines + [f"waivers.csv ({waiver}): nothing is open there any more; take it out" for waiver in idle]


def _waives(waiver: Mapping[Hashable, Any], hit: Mapping[Hashable, Any]) -> bool:
    """Whether a waiver explains a place: the same one, or a sentence around it, which is waived with its
    words."""
    if waiver["kind"] == "sentence":
        return bool(waiver["char_start"] <= hit["char_start"] and hit["char_end"] <= waiver["char_end"])
    return (waiver["kind"], waiver["char_start"], waiver["char_end"]) == (
        hit["kind"],
        hit["char_start"],
        hit["char_end"],
    )


def account(claims: pd.DataFrame, waivers: pd.DataFrame, documents: pd.DataFrame, root: Path) -> pd.DataFrame:
    """How much of each seed is coded and how much waived: document_id, kind, n_found, n_coded, n_waived.
    Raises Refusal with every unexplained place."""
    lines = unexplained(claims, waivers, documents, root)
    if lines:
        raise Refusal(lines)
    rows = []
    for document in documents.to_dict("records"):
        text = seed_text(root, document["file"])
        found = detect(text)["kind"].value_counts()
        open_ = uncovered(text, claims[claims["document_id"] == document["document_id"]])[
            "kind"
        ].value_counts()
        for kind in ("sentence", "number", "date", "violence", "diplomacy"):
            n, left = int(found.get(kind, 0)), int(open_.get(kind, 0))
            rows.append(
                {
                    "document_id": document["document_id"],
                    "kind": kind,
                    "n_found": n,
                    "n_coded": n - left,
                    "n_waived": left,
                }
            )
    return pd.DataFrame(rows)
