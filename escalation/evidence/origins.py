"""Who stands behind a report: an outlet that quotes a monitor is that monitor, and one monitor behind many
outlets is one origin."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

GRADES = {
    "high": "three independent origins or more, or two from opposite sides of the war",
    "medium": "two independent origins",
    "low": "one origin, or none that is named",
}


def independent(origin_ids: Iterable[str], origins: pd.DataFrame) -> list[str]:
    """The origins that count, each once, in the order of the table: named ones; if there is none, a single
    "press" or outlet.

    A page that names no origin may have copied any other, so it never adds to a named one. Raises KeyError
    for an unknown id."""
    return _independent(set(origin_ids), dict(zip(origins["origin_id"], origins["is_named"], strict=True)))


def _independent(given: set[str], is_named: Mapping[str, bool]) -> list[str]:
    unknown = given - set(is_named)
    if unknown:
        raise KeyError(f"no origin {', '.join(sorted(unknown))}")
    known = [origin for origin, named in is_named.items() if origin in given and named]
    return known or [origin for origin in is_named if origin in given][:1]


def confidence(origin_ids: Iterable[str], origins: pd.DataFrame) -> str:
    """The grade of an event, computed from its independent origins: high, medium or low (`GRADES`).

    >>> origins = pd.DataFrame({"origin_id": ["m1", "m2", "press"], "is_named": [True, True, False],
    ...     "side": ["government", "opposition", "none"]})
    >>> independent(["press", "m1"], origins)
    ['m1']
    >>> confidence(["m1", "press"], origins), confidence(["m1", "m2"], origins)
    ('low', 'high')
    """
    side = dict(zip(origins["origin_id"], origins["side"], strict=True))
    return _grade([side[origin] for origin in independent(origin_ids, origins)])


def _grade(sides: Sequence[str]) -> str:
    is_opposite = "government" in sides and len(set(sides) - {"none"}) == 2
    if len(sides) >= 3 or (len(sides) == 2 and is_opposite):
        return "high"
    return "medium" if len(sides) == 2 else "low"


def graded(cells: Iterable[Iterable[str]], origins: pd.DataFrame) -> list[tuple[list[str], str]]:
    """For each collection of origin ids, those that count and the grade: `independent` and `confidence` for
    many rows at once."""
    is_named = dict(zip(origins["origin_id"], origins["is_named"], strict=True))
    side = dict(zip(origins["origin_id"], origins["side"], strict=True))
    counted = [_independent(set(given), is_named) for given in cells]
    return [(ids, _grade([side[origin] for origin in ids])) for ids in counted]
