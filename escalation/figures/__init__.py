"""Figures: a function each, tables in, a `save.Chart` out; `save` alone writes."""

NINE = ("phases", "areas", "map", "toll", "counted", "peri_event", "episodes", "coincidence", "truces")
"""Those of the report, in its order; all others stand among the methods."""
