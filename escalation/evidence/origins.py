"""Who stands behind a report: an outlet that quotes a monitor is that monitor, and one monitor behind many outlets is one origin."""

from collections.abc import Iterable

import pandas as pd

GRADES = {
    "high": "three independent origins or more, or two from opposite sides of the war",
    "medium": "two independent origins",
    "low": "one origin, or none that is named",
}
OPPOSITE = (frozenset({"government", "opposition"}), frozenset({"government", "turkey"}))


def independent(origin_ids: Iterable[str], origins: pd.DataFrame) -> list[str]:
    """The origins that count, each once, in the order of the table: named ones; if there is none, a single "press" or outlet.

    A page that names no origin may have copied any other, so it never adds to a named one. Raises KeyError for an unknown id."""
    named = origins.set_index("origin_id")["is_named"].to_dict()
    given = set(origin_ids)
    unknown = given - set(named)
    if unknown:
        raise KeyError(f"no origin {', '.join(sorted(unknown))}")
    known = [o for o in named if o in given and named[o]]
    return known or [o for o in named if o in given][:1]


def confidence(origin_ids: Iterable[str], origins: pd.DataFrame) -> str:
    """The grade of an event, computed from its independent origins: high, medium or low (`GRADES`)."""
    counted = independent(origin_ids, origins)
    sides = set(origins.set_index("origin_id")["side"].reindex(counted))
    if len(counted) >= 3 or (len(counted) == 2 and any(pair <= sides for pair in OPPOSITE)):
        return "high"
    return "medium" if len(counted) == 2 else "low"
