"""A seed's text cut into runs at the edges of its coded spans, which may overlap, nest or cross a
paragraph."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from escalation.page.references import Row


@dataclass(frozen=True)
class Run:
    """A stretch of text that the same claims cover. `starts` and `ends` are the claims whose span begins or
    ends here."""

    text: str
    claims: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    is_told: bool = False  # our words for a stretch that is not quoted


def paragraphs(text: str, claims: Sequence[Row]) -> list[list[Run]]:
    """The paragraphs of `text` as runs; joined, they are the text without its line breaks. Offsets count
    Unicode code points, the end excluded."""
    spans = sorted(
        (int(row["char_start"]), int(row["char_end"]), row["claim_id"])
        for row in claims
        if row.get("char_start") and row.get("char_end")
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
        out[-1].append(
            Run(
                piece,
                tuple(name for start, end, name in spans if start <= first and last <= end),
                starts,
                ends,
            )
        )
    return [runs for runs in out if runs]


_LEFT_OUT = "\0"  # no claim has this id


def excerpt(
    text: str, claims: Sequence[Row], sentences: Sequence[tuple[int, int]], *, quoted: Container[str]
) -> list[list[Run]]:
    """The paragraphs of `text` with the sentences that hold a claim in `quoted` (ids); of the others it is
    told in brackets how many there are. Places of all claims stay, so that links find them. `sentences`:
    first letter and the one after the last, in order."""
    spans = [
        (int(row["char_start"]), int(row["char_end"]))
        for row in claims
        if row["claim_id"] in quoted and row.get("char_start")
    ]
    apart = [
        (first, last)
        for first, last in sentences
        if not any(start < last and first < end for start, end in spans)
    ]
    marks = [
        {"claim_id": _LEFT_OUT, "char_start": str(first), "char_end": str(last)} for first, last in apart
    ]
    out: list[list[Run]] = []
    left_out: list[Run] = []  # over blanks and line breaks, until something is quoted again
    for runs in paragraphs(text, [*claims, *marks]):
        kept: list[Run] = []
        for run in runs:
            if _LEFT_OUT in run.claims or (left_out and not run.text.strip()):
                left_out.append(run)
                continue
            if left_out:
                kept.append(_told(left_out))
                left_out = []
            kept.append(run)
        if kept and left_out:
            kept.append(_told(left_out))
            left_out = []
        if kept:
            out.append(kept)
    return [*out, [_told(left_out)]] if left_out else out


def _told(left_out: Sequence[Run]) -> Run:
    n = sum(run.starts.count(_LEFT_OUT) for run in left_out)
    starts, ends = (
        tuple(dict.fromkeys(name for names in sides for name in names if name != _LEFT_OUT))
        for sides in ([run.starts for run in left_out], [run.ends for run in left_out])
    )
    return Run(
        f"[{n} {'sentence' if n == 1 else 'sentences'} not quoted: views, background or headings] ",
        (),
        starts,
        ends,
        is_told=True,
    )


def coded_share(text: str, claims: Sequence[Row]) -> float:
    """The share of the letters that lie inside a coded span."""
    runs = [run for runs in paragraphs(text, claims) for run in runs]
    letters = sum(len(run.text) for run in runs)
    return sum(len(run.text) for run in runs if run.claims) / letters if letters else 0.0
