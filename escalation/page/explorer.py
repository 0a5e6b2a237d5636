"""What the page needs to answer a reader's choice: the sentence and the numbers of each, packed. The page looks
them up and computes nothing but sums of days."""

import itertools
import json
import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from escalation.page import blocks

AXES = ("counts", "talks_set", "anchor", "statistic", "window_days")  # outermost first, as the rows stand
DRAWN = ("ratio", "low", "high", "band_low", "band_high")
DIGITS = string.digits + string.ascii_lowercase
ORIGIN = 648
SLOT = "\x01"
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?! %)(?![\d.,]*\d)")


def explorer(
    grid: pd.DataFrame,
    sentences: Sequence[str],
    *,
    labels: Mapping[str, Mapping[Any, str]],
    published: Mapping[str, Any],
    window: tuple[str, str],
    days: Mapping[str, pd.Series],
    episodes: Mapping[tuple[str, str, int], Sequence[tuple[int, int]]],
) -> blocks.Explorer:
    """The block for all choices.

    `grid`: the table `choices`, with a column counts ("ucdp events" …); `sentences`: one a row, in plain words,
    as Python wrote them for that choice. `labels`: for each of `AXES` but window_days the words of each value;
    a value without words is not offered. `published`: the value of each axis that stands in the report. `window`:
    first and last day (ISO) of the stretch that is counted before a reader chooses another. `days`:
    daily counts by name, all to the same last day. `episodes`: by talks_set, anchor and window_days, as
    `timing.spans` gives them for the days from the first of all counts. Raises KeyError for a published choice that is not in the grid."""
    rows = grid.assign(sentence=list(sentences))
    offered = {axis: [value for value in labels[axis] if (rows[axis] == value).any()] for axis in AXES[:-1]}
    offered["window_days"] = sorted(int(value) for value in rows["window_days"].unique())
    whole = rows[rows["left_out"].isna()].set_index(list(AXES))
    every = pd.MultiIndex.from_product([offered[axis] for axis in AXES], names=list(AXES))
    whole = whole.loc[every]
    apart = rows[rows["left_out"].notna() & (rows["anchor"] == published["anchor"])]
    apart = apart.sort_values(["statistic", "window_days", "left_out"], kind="stable")
    words = _Words()
    first = min(series.index[0] for series in days.values())
    keys = whole["verdict"].unique().tolist()
    spans = {key: _spans(each) for key, each in episodes.items()}
    calendars = list(dict.fromkeys(spans.values()))
    told = {
        "axes": {axis: [[value, labels[axis][value]] for value in offered[axis]] for axis in AXES[:-1]},
        "windows": offered["window_days"],
        "published": [offered[axis].index(published[axis]) for axis in AXES],
        "window": window,
        "said": "\n".join(
            _shorter([words.packed(one) for one in whole["sentence"]], len(offered["window_days"]))
        ),
        "drawn": _places(whole),
        "verdicts": "".join(str(keys.index(key)) for key in whole["verdict"]),
        "without": "\n".join(
            f"{row['statistic']} {row['window_days']} {row['left_out']}|{words.packed(row['sentence'])}"
            for row in apart.to_dict("records")
        ),
        "without_drawn": _places(apart),
        "first_day": f"{first:%Y-%m-%d}",
        "days": {
            name: [None] * int((series.index[0] - first).days) + [int(n) for n in series]
            for name, series in days.items()
        },
        "calendars": calendars,
        "episodes": [
            calendars.index(spans[key])
            for key in itertools.product(offered["talks_set"], offered["anchor"], offered["window_days"])
        ],
        "pieces": list(words.pieces),
        "sentences": list(words.sentences),
    }
    return blocks.Explorer(json.dumps(told, separators=(",", ":"), ensure_ascii=False))


class _Words:
    """The words of all sentences without their numbers, each piece kept once."""

    def __init__(self) -> None:
        self.pieces: dict[str, int] = {}
        self.sentences: dict[str, int] = {}

    def packed(self, said: str) -> str:
        """Which pieces, and the numbers that stand between them: `12|.78|.56`."""
        pieces = [one + ". " for one in _NUMBER.sub(SLOT, said).split(". ")]
        pieces[-1] = pieces[-1][:-2]
        which = " ".join(str(self.pieces.setdefault(one, len(self.pieces))) for one in pieces)
        numbers = (
            number.removeprefix("0") if number.startswith("0.") else number
            for number in _NUMBER.findall(said)
        )
        return "|".join([str(self.sentences.setdefault(which, len(self.sentences))), *numbers])


def unpacked(packed: str, pieces: Sequence[str], sentences: Sequence[str]) -> str:
    """The sentence that was packed; what the page's script does, for the tests."""
    which, *numbers = packed.split("|")
    parts = "".join(pieces[int(one)] for one in sentences[int(which)].split()).split(SLOT)
    whole = ("0" + number if number.startswith(".") else number for number in numbers)
    return parts[0] + "".join(number + part for number, part in zip(whole, parts[1:], strict=True))


def _shorter(lines: list[str], apart: int) -> list[str]:
    """Packed sentences with a blank for each number that stands alike in the one `apart` lines before, the same
    choice by the other statistic: what does not hang on it is kept once."""
    out = lines[:apart]
    for before, line in zip(lines, lines[apart:], strict=False):
        old, new = before.split("|")[1:], line.split("|")
        if len(old) == len(new) - 1:
            new[1:] = ["" if one == other else one for one, other in zip(new[1:], old, strict=True)]
        out.append("|".join(new))
    return out


def whole_lines(lines: Sequence[str], apart: int) -> list[str]:
    """What `_shorter` shortened, as it was; what the page's script does, for the tests."""
    out: list[str] = []
    for place, line in enumerate(lines):
        which, *numbers = line.split("|")
        if "" in numbers:
            old = out[place - apart].split("|")[1:]
            numbers = [one or other for one, other in zip(numbers, old, strict=True)]
        out.append("|".join([which, *numbers]))
    return out


def _spans(episodes: Sequence[tuple[int, int]]) -> str:
    """Episodes as days from the first, with their lengths where they are longer than a day: `68 150:2`."""
    return " ".join(f"{start}:{length}" if length > 1 else str(start) for start, length in episodes)


def _places(rows: pd.DataFrame) -> str:
    """Two letters for each of `DRAWN` in each row: 100 times its natural logarithm, whole, from `ORIGIN` below
    zero and in base 36; `--` where there is none. Places on an axis, not numbers to read. With too few episodes for
    a test no interval is drawn."""
    tested = rows["verdict"] != "too_few"
    rows = rows.assign(low=rows["low"].where(tested), high=rows["high"].where(tested))
    with np.errstate(divide="ignore"):
        logs = 100 * np.log(rows[list(DRAWN)].to_numpy(dtype=float))
    places = np.where(np.isfinite(logs), np.clip(np.round(logs) + ORIGIN, 0, 36**2 - 1), -1).astype(int)
    return "".join(
        "--" if one < 0 else DIGITS[one // 36] + DIGITS[one % 36] for one in places.ravel().tolist()
    )
