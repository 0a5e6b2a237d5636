"""A case: which conflict, where, when, between whom. One small file in `data/cases`."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from escalation import paths
from escalation.errors import Refusal

FOLDER = Path("data", "cases")


class Sides(BaseModel):
    """Which rows of a UCDP file belong to the war: names of the conflict and of the second side, as the file spells them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    conflict: tuple[str, ...] = Field(min_length=1)
    side_b: tuple[str, ...] = Field(min_length=1)


class Case(BaseModel):
    """One conflict: words, window, sides, and the governorates with every spelling that event files use."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    place: str
    war: str
    start: date
    end: date
    margin_start: date
    ucdp: Sides
    governorates: dict[str, tuple[str, ...]] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.margin_start <= self.start < self.end:
            raise ValueError("margin_start, start and end must stand in this order")
        return self

    def within(self, start: str, end: str) -> "Case":
        """The same case with a window inside its own. Raises Refusal where it leaves the counts."""
        first, last = date.fromisoformat(start), date.fromisoformat(end)
        if not self.margin_start <= first < last <= self.end:
            raise Refusal([f"window {start} to {end}; allowed: within {self.margin_start} to {self.end}, the first day before the last"])
        return self.model_copy(update={"start": first, "end": last})

    def governorate(self, spelling: str) -> str | None:
        """Our name for a spelling, or None outside the area."""
        return next((name for name, spellings in self.governorates.items() if spelling in spellings), None)


def read(name: str, root: Path | None = None) -> Case:
    """The case of that name. Raises Refusal with each problem of the file, or the cases there are."""
    folder = (root or paths.root()) / FOLDER
    if not re.fullmatch(r"[a-z0-9_-]+", name) or not (folder / f"{name}.toml").is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        raise Refusal([f"case {name!r}: no such file in {FOLDER}; there are: {there}"])
    file = f"{FOLDER / name}.toml"
    try:
        return Case.model_validate(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise Refusal([f"{file}: {error}"]) from None
    except ValidationError as error:
        raise Refusal([f"{file}, {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]) from None
