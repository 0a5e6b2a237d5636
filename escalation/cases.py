"""A case: which conflict, where, when, between whom. One small file in `data/cases`."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from escalation import paths
from escalation.errors import Refusal
from escalation.parameters import GENERAL_SETS, LATER_SETS
from escalation.spelling import fold, nearest, same_as

FOLDER = Path("data", "cases")
MOST_DAYS = 14_610  # of a case, its margin included: 40 years


class Sides(BaseModel):
    """Which rows of a UCDP file belong to the war: names of the conflict and of the second side. (As
    everywhere in a case, capitals, accents, punctuation and blanks are the file's own affair:
    `spelling.fold`.)"""

    model_config = ConfigDict(extra="forbid", frozen=True)
    conflict: tuple[str, ...] = Field(min_length=1)
    side_b: tuple[str, ...] = Field(min_length=1)


class Talks(BaseModel):
    """A set of talks that one case has: those of the primary set that are of one of these formats (of any,
    where none is named) and not `without` one of these talks. `name` in full, `short` on a figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    short: str = Field(min_length=1)
    formats: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_a_part(self) -> Self:
        if not (self.formats or self.without):
            raise ValueError("say which talks: formats, without, or both")
        return self


class LaterTalks(BaseModel):
    """What a case calls a set of talks that any case may have, defined after results had been seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    short: str = Field(min_length=1)


class Export(BaseModel):
    """What UCDP's columns hold for the war, in the export under their names: the government's side, the
    country with its number there, and which groups of actors (`events.actor_group`) fought it. Fighting
    between sides that are named only as reported counts where `reported` is one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    side_a: str
    reported: str
    country: str
    country_id: int
    region: str
    groups: tuple[str, ...] = Field(min_length=1)
    other_dead: str = ""  # events whose summary holds this pattern are not of this conflict in GED


class Actors(BaseModel):
    """Which rows of an ACLED export belong to the war: one of two named actors begins like one of these, and
    the event is of one of these types, as the export spells them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    actors: tuple[str, ...] = Field(min_length=1)
    event_types: tuple[str, ...] = Field(min_length=1)


class Wording(BaseModel):
    """How sentences name what differs from conflict to conflict."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    parties: str = "The parties"  # who met, as the subject of a sentence: "A, B and C"
    parties_ar: str = ""  # the same in Arabic, after a colon
    meetings: str = "meetings of the parties"  # the primary set of talks
    bound: str = "parties"  # who took duties upon themselves
    studied: str = "a whole country"  # where published work asked the same
    register_of_truces: str = ""  # the published list that truces.in_register refers to
    monitors: str = (
        ""  # who is behind abbreviated sources of the dead and displaced, a sentence without its stop
    )
    wanted: str = ""  # data that would change the answers, a sentence for the report
    truces: str = "truces"
    strikes: str = "strikes"  # those that the second source counts
    strikes_ar: str = "ضربات"
    # for the Arabic edition; without them it says less
    accused_ar: str = ""
    main_limits_ar: str = ""
    second_limits_ar: str = ""
    monitors_ar: str = ""
    wanted_ar: str = ""
    accused: str = "the accused party"  # to whom the second source lays them
    other_side: str = (
        ""  # where the main source puts strikes by a party, a clause: "strikes by … stand there under …"
    )


class Report(BaseModel):
    """Which documents and claims the report speaks of one by one; each blank in a case that has none.
    `headline`: what the claim that the question comes from says, in words; `headline_checks`: the claims
    whose checks stand below it; `lag_…`: the talk and the claims between which days are counted, the day on
    which other sources have the first strike, and who they say it was; `signs_in`: the document whose
    reported signs are listed, and what they were signs of."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    headline: str = ""
    headline_ar: str = ""
    headline_claim: str = ""
    headline_checks: tuple[str, ...] = ()
    lag_talk: str = ""
    lag_claims: tuple[str, ...] = ()
    lag_recorded: date | None = None
    lag_recorded_as: str = ""
    signs_in: str = ""
    signs_of: str = ""


class Case(BaseModel):
    """One conflict: words, window, sides, and its areas, each told by governorate (every spelling that event
    files use), by country, or by box (south, west, north, east in degrees). `may_be_absent`: names of parts,
    conflicts and sides that an event file need not have; `others`: names in event files that look like one of
    the case's and are another place or side; `sets`: sets of talks that this case alone has; `lanes`: the
    formats of talks that share a lane of the main drawing, by its name; `named`: what it calls
    events, by the id of their talk, truce or incident; `wider`: areas of coded tallies that reach beyond the case;
    `actors`: the group of each actor, as
    claims spell it; `arabic`: its names on the drawings, in Arabic."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    place: str
    place_ar: str = ""
    war: str
    start: date
    end: date
    margin_start: date
    ucdp: Sides
    ucdp_about: dict[str, str] = {}  # what the source record says otherwise of the UCDP file that was counted
    airwars_about: dict[str, str] = {}  # the same of Airwars
    acled: Actors | None = None
    words: Wording = Wording()
    report: Report = Report()
    tables: str = ""  # folder under data/ with its coded tables; data/cases/NAME by default
    series: str = ""  # folder under data/ with its daily counts; data/cases/NAME by default
    governorates: dict[str, tuple[str, ...]] = {}
    countries: dict[str, tuple[str, ...]] = {}
    boxes: dict[str, tuple[float, float, float, float]] = {}
    towns: tuple[str, ...] = ()
    sets: dict[str, Talks] = {}
    later_sets: dict[str, LaterTalks] = {}
    actors: dict[str, str] = {}
    export: Export | None = None
    lanes: dict[str, tuple[str, ...]] = {}
    named: dict[str, str] = {}
    arabic: dict[str, str] = {}
    wider: tuple[str, ...] = ()
    may_be_absent: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.margin_start <= self.start < self.end:
            raise ValueError("margin_start, start and end must stand in this order")
        if (n_days := (self.end - self.margin_start).days + 1) > MOST_DAYS:
            raise ValueError(
                f"{self.margin_start} to {self.end} are {n_days:,} days; {MOST_DAYS:,} (40 years) are the most,"
                " since changes of level are looked for in a time that grows with the square of the weeks"
            )
        return self

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if not self.areas:
            raise ValueError("an area is needed: [governorates], [countries] or [boxes]")
        if len(set(self.areas)) < len(self.areas):
            raise ValueError("two areas have the same name")
        for name, (south, west, north, east) in self.boxes.items():
            if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
                raise ValueError(
                    f"boxes, {name}: give south, west, north, east in degrees, south below north and west"
                    " below east"
                )
        for folder in (self.tables, self.series):
            if not re.fullmatch(r"([a-z0-9_-]+(/[a-z0-9_-]+)*)?", folder):
                raise ValueError(f"{folder!r} is no folder below data/")
        for parts in (self.governorates, self.countries):
            whose: dict[str, str] = {}
            for name, spelling in (
                (name, spelling) for name, spellings in parts.items() for spelling in spellings
            ):
                if whose.setdefault(fold(spelling), name) != name:
                    raise ValueError(
                        f"{spelling!r} is a spelling of two areas, {whose[fold(spelling)]} and {name}"
                    )
        return self

    @model_validator(mode="after")
    def _exceptions_are_names(self) -> Self:
        declared = [
            *self.areas,
            *self.ucdp.conflict,
            *self.ucdp.side_b,
            *(self.acled.actors if self.acled else ()),
        ]
        for name in self.may_be_absent:
            if name not in declared:
                raise ValueError(
                    f"may_be_absent: {name!r} is no area, conflict or side of this case; nearest:"
                    f" {nearest(name, declared)}"
                )
        return self

    @model_validator(mode="after")
    def _sets_are_its_own(self) -> Self:
        for name in self.sets:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in (*GENERAL_SETS, *LATER_SETS):
                raise ValueError(
                    f"sets: {name!r} is no name of a set; give small letters, digits and _, and none of"
                    f" {', '.join((*GENERAL_SETS, *LATER_SETS))}"
                )
        for name in self.later_sets:
            if name not in LATER_SETS:
                raise ValueError(f"later_sets: {name!r} has no rule; allowed: {', '.join(LATER_SETS)}")
        return self

    @property
    def areas(self) -> list[str]:
        """Our names of the parts of the area, in the order of the file."""
        return [*self.governorates, *self.countries, *self.boxes]

    @property
    def talks_sets(self) -> dict[str, tuple[str, str]]:
        """The sets of talks that this case has, each with its name in full and on a figure: those of any
        case, its own, and those defined later."""
        own = {name: (each.name, each.short) for name, each in (self.sets | self.later_sets).items()}
        return GENERAL_SETS | own

    def within(self, start: str, end: str) -> "Case":
        """The same case with a window inside its own. Raises Refusal where it leaves the counts."""
        first, last = date.fromisoformat(start), date.fromisoformat(end)
        if not self.margin_start <= first < last <= self.end:
            raise Refusal(
                [
                    f"start {start}, end {end}; allowed: within {self.margin_start} to {self.end}, the first"
                    " day before the last"
                ]
            )
        return self.model_copy(update={"start": first, "end": last})

    def parts_of(self, spellings: Iterable[str], *, countries: bool = False) -> dict[str, str]:
        """Our names of the parts of the area for those of these spellings of governorates (or countries) that
        lie in one."""
        return same_as(spellings, self.countries if countries else self.governorates, units=not countries)


def read(name: str, root: Path | None = None) -> Case:
    """The case of that name. Raises Refusal with each problem of the file, or the cases there are."""
    folder = (root or paths.root()) / FOLDER
    if not re.fullmatch(r"[a-z0-9_-]+", name) or not (folder / f"{name}.toml").is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        raise Refusal([f"case {name!r}: no such file in {FOLDER}; there are: {there}"])
    file = f"{FOLDER / name}.toml"
    try:
        case = Case.model_validate(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")))
        own = f"cases/{name}"
        return case.model_copy(update={"tables": case.tables or own, "series": case.series or own})
    except UnicodeDecodeError as error:
        raise Refusal([f"{file}: is not UTF-8 text (byte {error.start})"]) from None
    except ValidationError as error:
        raise Refusal(
            [
                f"{file}, {'.'.join(map(str, e['loc'])) or 'file'}:"
                f" {str(e['msg']).removeprefix('Value error, ')}"
                for e in error.errors()
            ]
        ) from None
    except (ValueError, RecursionError) as error:  # brackets without end, numbers of thousands of digits
        raise Refusal([f"{file}: cannot be read ({error})"]) from None


def unfit(values: Mapping[str, Any], root: Path) -> list[str]:
    """What of a notebook's parameters, each right by itself, does not go together: a case that is not there, a
    window that leaves it; a line each."""
    try:
        if "case" in values:
            case = read(str(values["case"]), root)
            if "start" in values and "end" in values:
                case.within(str(values["start"]), str(values["end"]))
    except Refusal as refusal:
        return refusal.problems
    return []


def of_tables(folder: str, root: Path | None = None) -> Case:
    """The case whose coded tables lie in this folder below data/. Raises Refusal where none is."""
    for file in sorted(((root or paths.root()) / FOLDER).glob("*.toml")):
        case = read(file.stem, root)
        if case.tables == folder:
            return case
    raise Refusal(
        [f'{FOLDER}: no case has its tables in data/{folder}; write tables = "{folder}" in its file']
    )


def outline(name: str, root: Path | None = None) -> dict[str, Any] | None:
    """Coast and border lines for a map as GeoJSON (`data/cases/NAME.outline.geojson`), or None for a case
    without."""
    file = (root or paths.root()) / FOLDER / f"{name}.outline.geojson"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None
