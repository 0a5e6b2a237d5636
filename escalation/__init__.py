"""Talks and Strikes: from seeds and counts to the report. The modules stand in the order in which the data
meet them (see README.md)."""

import csv

__version__ = "1.1.0"

# pandas and DuckDB read cells of any length; Python's own reader, left alone, stops at 131,072 letters
csv.field_size_limit(2**31 - 1)
