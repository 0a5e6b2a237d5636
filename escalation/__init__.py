"""Talks and Strikes: from seeds and counts to the report. The modules stand in the order in which the data meet them (see README.md)."""

__version__ = "1.0.0"
