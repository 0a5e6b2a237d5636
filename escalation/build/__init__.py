"""How a report is made, whatever it is about: a file a verb.

`make` runs the notebooks in order and publishes what they wrote; `verify` does it again in a copy and
compares; `compare` says what changed between two builds; `sweep` runs a grid of them. Nothing in here knows
the subject.
"""
