"""Nothing missed: every number, date word, act of violence or diplomacy and every sentence of a seed is coded or waived with a reason."""

import re
from pathlib import Path

import pandas as pd

from escalation.errors import Refusal
from escalation.evidence.anchors import seed_text
from escalation.evidence.quantities import numbers

COLUMNS = ["document_id", "kind", "text", "char_start", "char_end", "line", "context"]

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
DATES = re.compile(
    rf"""\b(?:
        (?:mid-|early[ ]|late[ ])?(?:{_MONTHS})(?:[ ]\d{{1,2}}\b)?(?:,?[ ]\d{{4}})?
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
    r"air ?strikes?|warplanes?|strikes?|struck|attack\w*|shell(?:ing|ed|s)|bomb\w*|bombard\w*|barrage|artillery|kill\w*|wound\w*|injur\w*|casualt\w*"
    r"|massacres?|victims?|clash\w*|fighting|offensives?|assault\w*|raid\w*|battles?|campaign|seiz\w*|captur\w*|took control|advanc\w*|grab"
    r"|besieg\w*|displac\w*|retaliat\w*|violence|escalat\w*|troops killed|suicide|reinforcement|buildup|threat\w*"
)
_DIPLOMACY = (
    r"talks|meeting|meet|summit|negotiat\w*|agree\w*|ceasefire|truce|patrols?|delegation|communicat\w*|guarantors?|commitments?|statement"
    r"|coordinat\w*|protests?|cancel\w*|declared|denounced|vowing"
)
KINDS = {"violence": re.compile(rf"\b(?:{_VIOLENCE})\b", re.IGNORECASE), "diplomacy": re.compile(rf"\b(?:{_DIPLOMACY})\b", re.IGNORECASE)}
_SENTENCE = re.compile(r"[^\n]*?(?:[.!?][”\"]?(?=\s|$)|$)", re.MULTILINE)


def detect(text: str) -> pd.DataFrame:
    """What a coder must account for in a text, in its order: kind (sentence, number, date, violence, diplomacy), text, char_start,
    char_end, line (from 1), context (the sentence, or its start)."""
    spans = [("sentence", *_trimmed(hit)) for hit in _SENTENCE.finditer(text) if hit.group().strip()]
    dates = [(hit.start(), hit.end()) for hit in DATES.finditer(text)]
    found = [*spans, *(("date", start, end) for start, end in dates)]
    found += [
        ("number", n.start, n.end)
        for n in numbers(text)
        if not any(start <= n.start and n.end <= end and re.match(_MONTHS + r"|\d{4}\b|mid-", text[start:end]) for start, end in dates)
    ]
    found += [(kind, hit.start(), hit.end()) for kind, pattern in KINDS.items() for hit in pattern.finditer(text)]
    order = {"sentence": 0, "number": 1, "date": 2, "violence": 3, "diplomacy": 4}
    rows = [
        {
            "kind": kind,
            "text": text[start:end],
            "char_start": start,
            "char_end": end,
            "line": text.count("\n", 0, start) + 1,
            "context": next((text[a:b] for _, a, b in spans if a <= start < b), ""),
        }
        for kind, start, end in sorted(found, key=lambda span: (span[1], order[span[0]], span[2]))
    ]
    return pd.DataFrame(rows, columns=COLUMNS[1:])


def _trimmed(hit: re.Match[str]) -> tuple[int, int]:
    said = hit.group()
    return hit.start() + len(said) - len(said.lstrip()), hit.end() - (len(said) - len(said.rstrip()))


def uncovered(text: str, claims: pd.DataFrame) -> pd.DataFrame:
    """The rows of `detect` that the claims of this text leave open.

    A sentence is covered by any claim in it. A word is covered by a claim around it. A number must moreover be the value or the bounds
    of such a claim: one quantity, one claim."""
    found = detect(text)
    spans = list(zip(claims["char_start"], claims["char_end"], strict=True))

    def is_open(row: pd.Series) -> bool:
        start, end = row["char_start"], row["char_end"]
        if row["kind"] == "sentence":
            return not any(a < end and start < b for a, b in spans)
        around = claims[[a <= start and end <= b for a, b in spans]]
        if around.empty or row["kind"] != "number":
            return bool(around.empty)
        (said,) = [n for n in numbers(text) if (n.start, n.end) == (start, end)]
        if said.bounds:
            return said.bounds not in list(zip(around["low"], around["high"], strict=True))
        return said.value is None or said.value not in [int(v) for v in around["value"].dropna()]

    return found[[is_open(row) for _, row in found.iterrows()]].reset_index(drop=True) if len(found) else found


def unexplained(claims: pd.DataFrame, waivers: pd.DataFrame, documents: pd.DataFrame, root: Path) -> list[str]:
    """A line for each thing in the seeds that is neither coded nor waived, and for each waiver that waives nothing."""
    lines = []
    used: set[str] = set()
    for document in documents.to_dict("records"):
        text = seed_text(root, document["file"])
        mine = claims[claims["document_id"] == document["document_id"]]
        waived = waivers[waivers["document_id"] == document["document_id"]]
        for row, waiver in waived.iterrows():
            if text[waiver["char_start"] : waiver["char_end"]] != waiver["text"]:
                lines.append(
                    f"waivers.csv, row {int(str(row)) + 2} ({waiver['waiver_id']}), text: {waiver['text']!r} does not stand at"
                    f" {waiver['char_start']} to {waiver['char_end']}; there stands {text[waiver['char_start'] : waiver['char_end']]!r}"
                )
        for hit in uncovered(text, mine).to_dict("records"):
            spot = (waived["char_start"] == hit["char_start"]) & (waived["char_end"] == hit["char_end"]) & (waived["kind"] == hit["kind"])
            whole = (waived["kind"] == "sentence") & (waived["char_start"] <= hit["char_start"]) & (hit["char_end"] <= waived["char_end"])
            same = waived[spot | whole]  # a sentence that is waived is waived with its words
            used |= set(same["waiver_id"])
            if same.empty:
                context = " ".join(str(hit["context"]).split())
                lines.append(
                    f"{document['file']}, line {hit['line']}, {hit['char_start']} to {hit['char_end']}: {hit['kind']} {hit['text'][:60]!r} is neither"
                    f" coded nor waived (…{context[:80]}…); add a claim to claims.csv or a reason to waivers.csv"
                )
    idle = [w for w in waivers["waiver_id"] if w not in used]
    lines += [f"waivers.csv ({waiver}): nothing is open there any more; take it out" for waiver in idle]
    return lines


def account(claims: pd.DataFrame, waivers: pd.DataFrame, documents: pd.DataFrame, root: Path) -> pd.DataFrame:
    """How much of each seed is coded and how much waived: document_id, kind, n_found, n_coded, n_waived. Raises Refusal with every
    unexplained place."""
    lines = unexplained(claims, waivers, documents, root)
    if lines:
        raise Refusal(lines)
    rows = []
    for document in documents.to_dict("records"):
        text = seed_text(root, document["file"])
        found = detect(text)["kind"].value_counts()
        open_ = uncovered(text, claims[claims["document_id"] == document["document_id"]])["kind"].value_counts()
        for kind in ("sentence", "number", "date", "violence", "diplomacy"):
            n, left = int(found.get(kind, 0)), int(open_.get(kind, 0))
            rows.append({"document_id": document["document_id"], "kind": kind, "n_found": n, "n_coded": n - left, "n_waived": left})
    return pd.DataFrame(rows)
