"""Everything that must hold of the evidence before a build begins."""

from pathlib import Path

from escalation import schema
from escalation.evidence.anchors import problems


def check(root: Path) -> list[str]:
    """Every problem of the coded evidence under `root`, a line each; empty when all is well."""
    return problems(schema.read("claims", root), schema.read("documents", root), schema.read("places", root), root)
