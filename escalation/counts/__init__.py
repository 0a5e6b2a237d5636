"""One module a format; each gives the same event frame.

Event frame, one row an event: event_id, date_first, date_last (datetime64), date_precision (UCDP codes 1 to
5, missing where the file has none), governorate and country (as the file spells them), lat, lon, conflict,
side_a, side_b, violence (state, non_state, one_sided; UCDP), event_type (ACLED), best, low, high, civilians
(people; missing is unknown), has_place (false where the coordinates stand for a province, a country or a
line, and where there are none).
"""
