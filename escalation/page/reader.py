"""A seed's text cut into runs at the edges of its coded spans, which may overlap, nest or cross a paragraph."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from escalation.page.references import Row


@dataclass(frozen=True)
class Run:
    """A stretch of text that the same claims cover. `starts` and `ends` are the claims whose span begins or ends here."""

    text: str
    claims: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


def paragraphs(text: str, claims: Sequence[Row]) -> list[list[Run]]:
    """The paragraphs of `text` as runs; joined, they are the text without its line breaks. Offsets count Unicode code
    points, the end excluded."""
    spans = sorted(
        (int(row["char_start"]), int(row["char_end"]), row["claim_id"]) for row in claims if row.get("char_start") and row.get("char_end")
    )
    edges = {0, len(text), *(at for start, end, _ in spans for at in (start, end))}
    breaks = [at for at, letter in enumerate(text) if letter in "\r\n"]
    edges |= {at for place in breaks for at in (place, place + 1)}
    cuts = sorted(at for at in edges if 0 <= at <= len(text))
    out: list[list[Run]] = [[]]
    waiting: tuple[str, ...] = ()
    for first, last in pairwise(cuts):
        piece = text[first:last]
        starts = waiting + tuple(name for start, _, name in spans if start == first)
        ends = tuple(name for _, end, name in spans if end == last)
        if piece in ("\n", "\r"):
            # a span that begins with a line break begins, for the reader, with the next letter
            waiting = starts
            if ends and out[-1]:
                before = out[-1].pop()
                out[-1].append(Run(before.text, before.claims, before.starts, before.ends + ends))
            if out[-1]:
                out.append([])
            continue
        waiting = ()
        out[-1].append(Run(piece, tuple(name for start, end, name in spans if start <= first and last <= end), starts, ends))
    return [runs for runs in out if runs]


def coded_share(text: str, claims: Sequence[Row]) -> float:
    """The share of the letters that lie inside a coded span."""
    runs = [run for runs in paragraphs(text, claims) for run in runs]
    letters = sum(len(run.text) for run in runs)
    return sum(len(run.text) for run in runs if run.claims) / letters if letters else 0.0
