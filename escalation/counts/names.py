"""The names of a case against those of an event file: what the file does not have is refused, and never
counted as peace.

An area, conflict or side of the case is found in a file under any spelling that is the same when folded
(`escalation.spelling`). Refused, all at once: a conflict or side without a row; a part of the area without a
row, as long as the file has names that are nobody's (one of them may be it; in a file where every name is
known the zero is the file's own); and a name that is nearly one of the case's, or has its words among others
("Kivu, Congo"), in the same country or war. The case file says where this is truly so: `may_be_absent`,
`others`. Every other name that keeps an event from being counted is remarked with its number of rows: a name
in another script is like none of ours.

All functions take `found`, one row for each combination of names in the file: governorate, country, in_window
(bool, the counting window), box (the case's name or missing), rows (how many), and of UCDP conflict, side_b,
violence, of ACLED side_a, side_b, event_type.
"""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from escalation.cases import Case
from escalation.errors import Refusal
from escalation.findings import counted
from escalation.spelling import fold, near, nearest, resembles, same_as

SHOWN = 12  # names listed of each kind
LISTED = 100  # names listed of those that keep events from being counted
LONGEST = 100  # letters of a name that are shown
# ACLED's own list of types, whole
EVENT_TYPES = (
    "Battles", "Explosions/Remote violence", "Protests", "Riots", "Strategic developments",
    "Violence against civilians",
)  # fmt: skip


def with_spellings(found: pd.DataFrame, case: Case) -> Case:
    """The case with every spelling of its areas, of its war and of types of event that the file has."""

    def wider(
        column: str, declared: Mapping[str, Sequence[str]], *, units: bool = False
    ) -> dict[str, tuple[str, ...]]:
        same = same_as(_distinct(found[column]), declared, units=units)
        return {
            owner: (
                *spellings,
                *sorted(name for name, whose in same.items() if whose == owner and name not in spellings),
            )
            for owner, spellings in declared.items()
        }

    update: dict[str, object] = {
        "governorates": wider("governorate", case.governorates, units=True),
        "countries": wider("country", case.countries),
    }
    if "conflict" in found:
        named = {"conflict": case.ucdp.conflict, "side_b": case.ucdp.side_b}
        spelt = {
            column: tuple(
                dict.fromkeys(each for every in wider(column, _each(own)).values() for each in every)
            )
            for column, own in named.items()
        }
        update["ucdp"] = case.ucdp.model_copy(update=spelt)
    if case.acled is not None and "event_type" in found:
        types = wider("event_type", _each(case.acled.event_types))
        kinds = tuple(dict.fromkeys(name for spellings in types.values() for name in spellings))
        update["acled"] = case.acled.model_copy(update={"event_types": kinds})
    return case.model_copy(update=update)


def of_ucdp(file: str, found: pd.DataFrame, case: Case) -> list[str]:
    """Remarks on how the names of a case stand in a GED file. Raises Refusal as this module says."""
    conflicts = same_as(_distinct(found["conflict"]), _each(case.ucdp.conflict))
    sides = same_as(_distinct(found["side_b"]), _each(case.ucdp.side_b))
    of_conflict = found["conflict"].isin(conflicts)
    state = found["violence"] == "state"
    names = _Names(file, found, case)
    names.places("adm_1", of_conflict)
    inside = state & names.inside
    # UCDP names conflicts by their parts ("Mali: Government/Azawad"): more words are a misspelling only if
    # the sides are ours
    fought = names.window & state
    with_words = names.like(fought, "side_b", case.ucdp.side_b, sides)
    seen_in = inside if inside.any() else state
    names.declared(
        "conflict_name",
        "conflict",
        case.ucdp.conflict,
        conflicts,
        inside,
        seen_in=seen_in,
        near_in=inside,
        with_words=with_words,
    )
    within = of_conflict & state if (of_conflict & state).any() else inside
    near_in = names.like(fought, "conflict", case.ucdp.conflict, conflicts)
    names.declared(
        "side_b",
        "side_b",
        case.ucdp.side_b,
        sides,
        within,
        seen_in=within,
        near_in=near_in,
        with_words=near_in,
    )
    of_side = found["side_b"].isin(sides)
    not_the_war = "are not counted as the war's"
    other_conflict, other_side = inside & of_side & ~of_conflict, inside & of_conflict & ~of_side
    names.not_counted(
        "conflict_name", "conflict", other_conflict, "events in the area with a side of the war", not_the_war
    )
    names.not_counted("side_b", "side_b", other_side, "events of the conflict in the area", not_the_war)
    names.nowhere("adm_1", of_conflict & state & of_side)
    return names.done()


def of_acled(file: str, found: pd.DataFrame, case: Case, *, violent: Sequence[str]) -> list[str]:
    """Remarks on how the names of a case stand in an ACLED export. `violent`: the types of event that are
    counted beside the case's own. An actor of the case without a row is only remarked while another has some:
    they name one party together, and the other party's names are nobody's in every export. Raises Refusal as
    this module says."""
    names = _Names(file, found, case)
    if case.acled is None:
        names.places("admin1", pd.Series(False, index=found.index))
        return names.done()
    types = (
        *case.acled.event_types,
        *(kind for kind in violent if fold(kind) not in set(map(fold, case.acled.event_types))),
    )
    kinds = same_as(_distinct(found["event_type"]), _each(types))
    of_type = found["event_type"].isin(same_as(kinds, _each(case.acled.event_types)))
    begins = {actor: fold(actor) for actor in case.acled.actors}
    seen = sorted({*_distinct(found["side_a"]), *_distinct(found["side_b"])})
    actors = {name: actor for actor, start in begins.items() for name in seen if fold(name).startswith(start)}
    of_actor = found["side_a"].isin(actors) | found["side_b"].isin(actors)
    names.places("admin1", of_type & of_actor)
    names.near("event_type", "event_type", types, kinds, names.inside)
    for kind in case.acled.event_types:
        if fold(kind) not in {*map(fold, kinds), *map(fold, EVENT_TYPES)}:
            names.problems.append(
                f"{file}: no row has the event_type {kind!r} of the case; ACLED has {', '.join(EVENT_TYPES)}"
            )
    for column, side in (("actor1", "side_a"), ("actor2", "side_b")):
        names.near(column, side, case.acled.actors, actors, of_type & names.inside, begins=True)
    lacking = [actor for actor in case.acled.actors if actor not in actors.values()]
    if lacking and not actors:
        rows = found[names.inside if names.inside.any() else pd.Series(True, index=found.index)]
        for actor in lacking:
            names.lacks("actor1", actor, "actor", _counts(rows, "side_a"))
    elif lacking:
        names.remarks.append(
            f"{file}: no actor is named like {_quoted(lacking)}, only like"
            f" {_quoted(sorted(set(actors.values())))}."
        )
    names.nowhere("admin1", of_type & of_actor)
    return names.done()


def of_counts(file: str, counts: pd.DataFrame, case: Case) -> list[str]:
    """The same for counts by day and governorate (Airwars: date, governorate). Raises Refusal too where the
    case tells a part of its area by country or box, which such counts cannot."""
    untold = [*case.countries, *case.boxes]
    if untold:
        raise Refusal(
            f"{file}: counts by governorate, and the case tells {', '.join(untold)} by country or box;"
            " leave it out"
        )
    window = counts["date"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    found = (
        counts.assign(in_window=window, country=None, box=None)
        .groupby(["governorate", "in_window"], as_index=False)
        .size()
    )
    names = _Names(file, found.rename(columns={"size": "rows"}).assign(country=None, box=None), case)
    every = pd.Series(True, index=found.index)
    names.places("governorate", every)
    names.nowhere("governorate", every, "days of counts")
    return names.done()


class _Names:
    """What there is to say of one file, gathered: problems and remarks."""

    def __init__(self, file: str, found: pd.DataFrame, case: Case) -> None:
        self.file, self.found, self.case = file, found, case
        self.problems: list[str] = []
        self.remarks: list[str] = []
        self.exempt = set(case.may_be_absent)
        self.others = {fold(name) for name in case.others}
        self.by_governorate = case.parts_of(_distinct(found["governorate"]))
        self.by_country = case.parts_of(_distinct(found["country"]), countries=True)
        self.in_part = (
            found["governorate"].isin(self.by_governorate)
            | found["country"].isin(self.by_country)
            | found["box"].notna()
        )
        self.window = found["in_window"].astype(bool)
        self.inside = self.in_part & self.window

    def places(self, column: str, of_war: pd.Series) -> None:
        """Parts of the area against governorates and countries. `of_war`: the rows of the war, wherever they
        lie."""
        found, case = self.found, self.case
        countries = set(found.loc[found["governorate"].isin(self.by_governorate), "country"].fillna(""))
        here = found["country"].fillna("").isin(countries)
        if case.governorates:
            # where nothing is found, the war says where to look
            looked = here if here.any() else of_war if of_war.any() else pd.Series(True, index=found.index)
            near_in = (looked | of_war) & ~self.in_part
            self._parts(
                column, "governorate", case.governorates, self.by_governorate, looked & ~self.in_part, near_in
            )
        if case.countries:
            self._parts(
                "country", "country", case.countries, self.by_country, ~self.in_part, of_war & ~self.in_part
            )
        for box in case.boxes:
            if box not in set(found["box"]) and box not in self.exempt:
                self.remarks.append(f"{self.file}: no event lies in the box {box}.")

    def _parts(
        self,
        column: str,
        name: str,
        declared: Mapping[str, Sequence[str]],
        same: Mapping[str, str],
        seen_in: pd.Series,
        near_in: pd.Series,
    ) -> None:
        spellings = {spelling: part for part, every in declared.items() for spelling in every}
        self.near(column, name, spellings, same, near_in & self.window, units=name == "governorate")
        strangers = _counts(self.found[seen_in], name, without=same, others=self.others)
        lacking = [part for part in declared if part not in same.values() and part not in self.exempt]
        for part in lacking if strangers else []:
            self.lacks(column, part, "part of the area", strangers, spellings=declared[part])
        if lacking and not strangers:
            self.remarks.append(
                f"{self.file}: has no row of {', '.join(lacking)}, and no name that could be one of them."
            )
        self._read_as(column, name, same, spellings)

    def declared(
        self,
        column: str,
        name: str,
        wanted: Sequence[str],
        same: Mapping[str, str],
        of: pd.Series,
        *,
        seen_in: pd.Series,
        near_in: pd.Series,
        with_words: pd.Series,
    ) -> None:
        """Names that a file must have: conflicts and sides."""
        self.near(column, name, wanted, same, near_in, with_words=with_words)
        for each in wanted:
            if each not in same.values() and each not in self.exempt:
                self.lacks(column, each, name.replace("_", " "), _counts(self.found[seen_in], name))
        self._read_as(column, name, same, wanted, of=of)

    def near(
        self,
        column: str,
        name: str,
        wanted: Iterable[str],
        same: Mapping[str, str],
        rows: pd.Series,
        *,
        with_words: pd.Series | None = None,
        begins: bool = False,
        units: bool = False,
    ) -> None:
        """Names in these rows that are nearly one of the case's, or in the rows `with_words` have its words
        among others: their events would be dropped without a word."""
        known = list(wanted)
        wider = rows if with_words is None else with_words
        looser = dict(_counts(self.found[wider], name, without=same, others=self.others))
        for seen, n in _counts(self.found[rows | wider], name, without=same, others=self.others):
            shortened = {
                each: " ".join(fold(seen).split()[: len(fold(each).split())]) if begins else seen
                for each in known
            }
            like, how, of = [each for each in known if near(each, shortened[each])], "is nearly", n
            if not like and seen in looser:
                like, how, of = (
                    [each for each in known if resembles(seen, each, units=units)],
                    "has the words of",
                    looser[seen],
                )
            if like:
                self.problems.append(
                    f"{self.file}, column {column}: {_short(seen)} ({counted(of, 'row')} in the window) {how}"
                    f" {nearest(seen, like)!r} of the case, and is not the same; if it is meant, add this"
                    f" spelling to the case file; if it is another, write others = [{_toml(seen)}] there"
                )

    def like(self, rows: pd.Series, name: str, wanted: Iterable[str], same: Mapping[str, str]) -> pd.Series:
        """Which of these rows have one of these names, under whatever spelling (bool, one a row of `found`)."""
        known = list(wanted)
        names = [
            each
            for each in _distinct(self.found.loc[rows, name])
            if each in same or any(resembles(each, one) for one in known)
        ]
        return rows & self.found[name].isin(names)

    def lacks(
        self,
        column: str,
        name: str,
        what: str,
        seen: Sequence[tuple[str, int]],
        *,
        spellings: Sequence[str] | None = None,
    ) -> None:
        """Writes down that no row has this name: what there is instead, and what is nearest."""
        listed = "; ".join(f"{_short(each)} ({counted(n, 'row')})" for each, n in seen[:SHOWN]) or "nothing"
        listed += f" and {len(seen) - SHOWN} more" if len(seen) > SHOWN else ""
        rated = nearest((spellings or [name])[0], [each for each, _ in seen])
        self.problems.append(
            f"{self.file}, column {column}: no row of {name!r}, {'an' if what[0] in 'aeiou' else 'a'} {what}"
            " of the case"
            + (f" (spelt {_quoted(spellings)})" if spellings else "")
            + f"; there are {listed}"
            + (f"; nearest: {_short(rated)}" if rated else "")
            + f"; correct the case file, or, if there truly is none, write may_be_absent = [{_toml(name)}]"
            " in it"
        )

    def _read_as(
        self,
        column: str,
        name: str,
        same: Mapping[str, str],
        declared: Iterable[str],
        *,
        of: pd.Series | None = None,
    ) -> None:
        """Remarks on spellings that the case does not have letter by letter."""
        verbatim = set(declared)
        rows = self.found[self.inside if of is None else self.inside & of]
        for seen, n in _counts(rows, name):
            if seen in same and seen not in verbatim:
                self.remarks.append(
                    f"{self.file}, column {column}: {_short(seen)} ({counted(n, 'row')} in the window) is"
                    f" read as {same[seen]!r}."
                )

    def nowhere(self, column: str, of_war: pd.Series, which: str = "events of the war") -> None:
        """Remarks on events of the war that lie in no part of the area: the names of their places, and how
        many have none."""
        outside = of_war & ~self.in_part
        if self.case.governorates:
            self.not_counted(column, "governorate", outside, which, "are counted in no part of the area")
        elif self.case.countries:
            self.not_counted("country", "country", outside, which, "are counted in no part of the area")

    def not_counted(self, column: str, name: str, rows: pd.Series, which: str, verdict: str) -> None:
        """Remarks on rows of the window that this name keeps from being counted: every name with its number
        of rows, and how many have none."""
        left_out = self.found[rows & self.window]
        begins = f"{self.file}, column {column}: {which} in the window"
        seen = _counts(left_out, name)
        listed = [f"{_short(each)} ({counted(n, 'row')})" for each, n in seen[:LISTED]]
        if len(seen) > LISTED:
            listed.append(
                f"{len(seen) - LISTED} more names ({counted(sum(n for _, n in seen[LISTED:]), 'row')})"
            )
        if seen:
            self.remarks.append(f"{begins} under other names {verdict}: {'; '.join(listed)}.")
        n = int(left_out.loc[left_out[name].isna(), "rows"].sum())
        if n:
            self.remarks.append(f"{begins} without a name {verdict}: {counted(n, 'row')}.")

    def done(self) -> list[str]:
        if self.problems:
            raise Refusal(dict.fromkeys(self.problems))
        return self.remarks


def _distinct(names: pd.Series) -> list[str]:
    return sorted(str(name) for name in names.dropna().unique())


def _each(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in names}


def _counts(
    found: pd.DataFrame, name: str, *, without: Iterable[str] = (), others: Iterable[str] = ()
) -> list[tuple[str, int]]:
    """Names with their numbers of rows, the most frequent first, without some."""
    rows = found.loc[found[name].notna() & ~found[name].isin(list(without)), [name, "rows"]]
    sums = {str(each): int(n) for each, n in rows.groupby(name)["rows"].sum().items()}
    left_out = set(others)
    return sorted(
        ((each, n) for each, n in sums.items() if fold(each) not in left_out),
        key=lambda pair: (-pair[1], pair[0]),
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _short(name: str) -> str:
    """A name out of a file in quotation marks, its unprintable signs written out; a cell may hold a
    megabyte."""
    return repr(name if len(name) <= LONGEST else name[:LONGEST] + "…")


def _toml(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
