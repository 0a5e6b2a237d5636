"""Events as GeoJSON (RFC 7946): a point where a place is known, none where only a region is, and always how
exact it is."""

from typing import Any

import pandas as pd

POINTED = ("site", "town", "approximate", "area")
PROPERTIES = [
    "tier", "event_type", "actor_group", "governorate", "geo_precision", "scope", "confidence",
    "killed_low", "killed_best", "killed_high",
]  # fmt: skip


def geojson(events: pd.DataFrame, places: pd.DataFrame) -> dict[str, Any]:
    """A FeatureCollection with one feature an event; geometry is null where no point is known, and no point
    is finer than its source."""
    names = places.set_index("place_id")["name"]
    pcodes = places[places["kind"] == "governorate"].set_index("governorate")["pcode"].dropna()
    features = []
    for event in events.to_dict("records"):
        is_known = not pd.isna(event["lat"]) and event["geo_precision"] in POINTED
        properties = {column: None if pd.isna(event[column]) else event[column] for column in PROPERTIES}
        features.append(
            {
                "type": "Feature",
                "id": event["event_id"],
                "geometry": (
                    {"type": "Point", "coordinates": [event["lon"], event["lat"]]} if is_known else None
                ),
                "properties": {
                    "place": None if pd.isna(event["place_id"]) else names[event["place_id"]],
                    "adm1_pcode": pcodes.get(event["governorate"]),
                    "date_first": f"{event['date_first']:%Y-%m-%d}",
                    "date_last": f"{event['date_last']:%Y-%m-%d}",
                    **{
                        column: int(value) if column.startswith("killed") and value is not None else value
                        for column, value in properties.items()
                    },
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}
