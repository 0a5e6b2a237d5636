"""`escalation new-case`: the file and the tables of another conflict, begun from a UCDP GED file.

What the event file knows is filled in: names of conflict, sides and parts of the area as it spells them, the
counts. What a person has to say is left at a plain default and listed.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from escalation import cases, paths, schema
from escalation.counts import own, sources, ucdp
from escalation.counts.formats import separator
from escalation.errors import Refusal
from escalation.findings import counted, days, number
from escalation.spelling import UNITS, fold, nearest, resembles, same_as

SHOWN = 12  # names listed of each kind
YEARS = 3  # of the window, where no talks say which years are asked about
MARGIN = timedelta(days=62)  # counted before the window, for windows around the first talks
EMPTY = {"talks": "date,title\n", "truces": "date,name\n"}


@dataclass(frozen=True)
class Asked:
    """What the user chose: names as the event file has them (capitals and accents do not matter); blank where
    it is left to the file."""

    countries: Sequence[str] = ()
    conflicts: Sequence[str] = ()
    sides: Sequence[str] = ()
    provinces: Sequence[str] = ()
    start: str = ""
    end: str = ""
    talks: Path | None = None
    truces: Path | None = None


def new_case(name: str, events_file: Path, asked: Asked, root: Path) -> list[str]:
    """Writes `data/cases/NAME.toml` and, in `data/cases/NAME`, the tables of talks and truces and the daily
    counts. Gives what was found and what is left to do, a line each. Raises Refusal, and leaves nothing
    behind, for a name that is taken, names that the file does not have (with those it has), tables that do not
    hold."""
    toml, folder = root / cases.FOLDER / f"{name}.toml", root / cases.FOLDER / name
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise Refusal(f"{name!r}: a case is named in small letters, digits, - and _")
    if toml.exists() or folder.exists():
        raise Refusal(f"{cases.FOLDER / name}: is there already; choose another name, or remove it first")
    files = {"talks": asked.talks, "truces": asked.truces}
    given = {kind: _table(file, kind) for kind, file in files.items()}
    every = ucdp.survey(events_file)
    war, lines = _war(every, asked, events_file.name)
    area, more = _area(war, asked, events_file.name)
    start, end = _window(war, every, asked, given["talks"])
    if not war["date_first"].between(pd.Timestamp(start), pd.Timestamp(end)).any():
        seen = days(war["date_first"].min(), war["date_first"].max())
        raise Refusal(
            f"{events_file.name}: no event of this war in the window, {days(start, end)}; the file has them from"
            f" {seen}: give --start and --end, or --conflict for another war"
        )
    others = _others(every, war)
    # before its first event a file may not have looked
    margin = min(start, max(start - MARGIN, every.attrs["first_day"].date()))
    text = _toml(war, area, (margin, start, end), others, events_file.name)
    try:
        folder.mkdir(parents=True)
        toml.write_text(text, encoding="utf-8", newline="\n")
        for kind, table in given.items():
            (folder / f"{kind}.csv").write_text(table, encoding="utf-8", newline="\n")
        case = cases.read(name, root)
        if problems := schema.check_case(root, f"cases/{name}"):
            # told by the names of the files that the user has
            given_as = {f"data/cases/{name}/{kind}.csv": file.name for kind, file in files.items() if file}
            raise Refusal([_by_their_names(line, given_as) for line in problems])
        sources.embed(events_file, None, case_name=name, root=root)
    except BaseException:
        toml.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    counts = schema.read("ucdp_daily", root, folder=case.series)
    inside = counts[counts["date"].between(pd.Timestamp(start), pd.Timestamp(end))]
    lines += [
        *more,
        f"counted: {counted(int(inside['events_state'].sum()), 'event')} of the war,"
        f" {number(int(inside['fatalities_best'].sum()))} people killed (best estimate), {days(start, end)}",
        *json.loads((folder / "ucdp.source.json").read_text(encoding="utf-8")).get("remarks", ()),
        *(f"written: {file.relative_to(root).as_posix()}" for file in (toml, *sorted(folder.iterdir()))),
    ]
    return lines + _left_to_do(name, case, root)


def _table(file: Path | None, kind: str) -> str:
    """A table that the user gave, as text with commas and its headings in small letters, or an empty one."""
    if file is None:
        return EMPTY[kind]
    if problem := paths.not_plain(file, most=2**24):
        raise Refusal(problem)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"{file.name}: is not UTF-8 text (byte {error.start}); save it as CSV UTF-8") from None
    apart = separator(next(iter(text.splitlines()), ""))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=apart, strict=True))
    except csv.Error as error:
        raise Refusal(f"{file.name}: is no table ({error}); save it as CSV UTF-8") from None
    rows[:1] = [[name.strip().lower() for name in row] for row in rows[:1]]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _by_their_names(line: str, names: Mapping[str, str]) -> str:
    for written, given in names.items():
        line = line.replace(written, given)
    return line


def _chosen(
    wanted: Iterable[str], seen: pd.Series, what: str, file: str, *, units: bool = False
) -> list[str]:
    """The names of the file that are those wanted. Raises Refusal for one that it does not have."""
    there = seen.dropna().value_counts()
    found: list[str] = []
    problems = []
    for each in wanted:
        same = same_as([str(name) for name in there.index], {each: [each]}, units=units)
        if not same:
            near = nearest(each, map(str, there.index))
            problems.append(
                f"{file}: no {what} {each!r}{f'; nearest: {near!r}' if near else ''}; there are {_listed(there)}"
            )
        found += sorted(same)
    if problems:
        raise Refusal(problems)
    return found


def _listed(n_by_name: pd.Series) -> str:
    shown = "; ".join(f"{name} ({number(int(n))})" for name, n in n_by_name.head(SHOWN).items())
    more = len(n_by_name) - SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def _war(every: pd.DataFrame, asked: Asked, file: str) -> tuple[pd.DataFrame, list[str]]:
    """The events of one war: those of the conflict and second side with most events among what was asked for,
    unless it was asked for by name. Second: what there was to choose from."""
    rows = every[every["violence"] == "state"]
    if not asked.countries and not asked.conflicts:
        raise Refusal(
            [
                f"{file}: give --country or --conflict; countries, with their state-based events: {_listed(rows['country'].value_counts())}",
                f"{file}: conflicts, the same: {_listed(rows['conflict'].value_counts())}",
            ]
        )
    if asked.countries:
        rows = rows[rows["country"].isin(_chosen(asked.countries, rows["country"], "country", file))]
    if asked.conflicts:
        rows = rows[rows["conflict"].isin(_chosen(asked.conflicts, rows["conflict"], "conflict", file))]
    if rows.empty:
        raise Refusal(f"{file}: that conflict has no event in that country")
    conflicts = rows["conflict"].value_counts()
    lines = [f"conflicts in the file (--conflict): {_listed(conflicts)}"]
    chosen = list(conflicts.index if asked.conflicts else conflicts.index[:1])
    rows = rows[rows["conflict"].isin(chosen)]
    sides = rows["side_b"].value_counts()
    lines.append(f"second sides of {' and '.join(chosen)} (--side-b): {_listed(sides)}")
    own_sides = (
        _chosen(asked.sides, rows["side_b"], "second side", file) if asked.sides else list(sides.index[:1])
    )
    lines.append(f"chosen: {' and '.join(chosen)}, against {' and '.join(own_sides)}")
    return rows[rows["side_b"].isin(own_sides)], lines


def _area(war: pd.DataFrame, asked: Asked, file: str) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    """The parts of the area as the case file has them: the country with most of its events, or the provinces
    that were asked for. Second: what there was to choose from."""
    lines = [f"countries of this war in the file (--country): {_listed(war['country'].value_counts())}"]
    provinces = war["governorate"].dropna().value_counts()
    if len(provinces):
        lines.append(f"provinces of this war in the file (--province): {_listed(provinces)}")
    elif not asked.provinces:
        lines.append(f"{file} knows no provinces, so the area is told by country")
    if asked.provinces:
        found = _chosen(asked.provinces, war["governorate"], "province", file, units=True)
        return {"governorates": {_without_unit(name): [name] for name in found}}, lines
    told = war["country"].value_counts()
    if told.empty:
        raise Refusal(f"{file}: has no names of countries; give --province")
    wanted = (
        _chosen(asked.countries, war["country"], "country", file) if asked.countries else [str(told.index[0])]
    )
    return {"countries": {name: [name] for name in wanted}}, lines


def _without_unit(name: str) -> str:
    words = name.split()
    return " ".join(words[:-1] if len(words) > 1 and fold(words[-1]) in UNITS else words)


def _window(war: pd.DataFrame, every: pd.DataFrame, asked: Asked, talks: str) -> tuple[date, date]:
    """The days asked for; else the years of the talks with one before and one after, else the years in which
    the war has most events."""
    first, last = every.attrs["first_day"].date(), every.attrs["last_day"].date()
    rows = list(csv.DictReader(io.StringIO(talks)))
    found = [row.get("date") or row.get("date_first") or "" for row in rows]
    dates = sorted(day for text in found if (day := _day(text)))
    by_year = war["date_first"].dt.year.value_counts().sort_index()
    worst = max(by_year.index, key=lambda year: (by_year.loc[year : year + YEARS - 1].sum(), year))
    years = (dates[0].year - 1, dates[-1].year + 1) if dates else (worst, worst + YEARS - 1)
    problems = [
        f"--{what} {text!r}: write 2019-04-25"
        for what, text in (("start", asked.start), ("end", asked.end))
        if text and not _day(text)
    ]
    if problems:
        raise Refusal(problems)
    # a file need not have an event on its first and last day
    begin, finish, slack = date(years[0], 1, 1), date(years[1], 12, 31), timedelta(days=sources.SLACK_DAYS)
    start = _day(asked.start) or (begin if first <= begin + slack else first)
    end = _day(asked.end) or (finish if last >= finish - slack else last)
    if not start < end:
        raise Refusal(
            f"the window {start} to {end} is empty: the file has {days(first, last)}; give --start and --end"
        )
    return start, end


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _others(every: pd.DataFrame, war: pd.DataFrame) -> list[str]:
    """Names in the file that look like one of the case's and are another: all are names of the file, so none is
    a misspelling that has to be asked about."""
    found: set[str] = set()
    for column in ("conflict", "side_b", "country", "governorate"):
        own_names = {str(name) for name in war[column].dropna().unique()}
        units = column == "governorate"
        for name in set(map(str, every[column].dropna().unique())) - own_names:
            if any(resembles(name, each, units=units) for each in own_names):
                found.add(name)
    return sorted(found)


def _toml(
    war: pd.DataFrame,
    area: dict[str, dict[str, list[str]]],
    window: tuple[date, date, date],
    others: list[str],
    file: str,
) -> str:
    def said(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    [(kind, parts)] = area.items()
    place = " and ".join(parts)
    margin, start, end = window
    side_a, side_b = (" and ".join(_names(war, column)) for column in ("side_a", "side_b"))
    about = own.ucdp_about(file)
    lines = [
        "# Begun by `escalation new-case`. What each line means: ANOTHER-CONFLICT.md.",
        f"title = {said(place)}",
        f"place = {said(place)}  # as sentences name it",
        f"war = {said(f'the war in {place} ({side_a} against {side_b})')}",
        f"start = {said(start.isoformat())}",
        f"end = {said(end.isoformat())}",
        f"margin_start = {said(margin.isoformat())}  # counted from here, for windows around the first talks",
        *([f"others = {said(others)}  # look like names of the case and are others"] if others else []),
        "",
        "[ucdp]",
        f"conflict = {said(_names(war, 'conflict'))}",
        f"side_b = {said(_names(war, 'side_b'))}",
        "",
        "[ucdp_about]",
        *(f"{key} = {said(about[key])}" for key in ("version", "citation", "credit")),
        "",
        "[words]  # how sentences name what differs from conflict to conflict",
        'parties = "The parties"  # who met',
        'meetings = "meetings of the parties"',
        "",
        f"[{kind}]  # the area: our name, then every spelling in the event files",
        *(f"{said(name)} = {said(spellings)}" for name, spellings in parts.items()),
    ]
    return "\n".join(lines) + "\n"


def _names(war: pd.DataFrame, column: str) -> list[str]:
    return [str(name) for name in war[column].value_counts().index]


def _left_to_do(name: str, case: cases.Case, root: Path) -> list[str]:
    folder = f"data/cases/{name}"
    rows = {kind: schema.read(kind, root, folder=case.tables) for kind in ("talks", "truces")}
    out = int((~rows["talks"]["date_first"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))).sum())
    todo = [
        f"{folder}/talks.csv: {counted(len(rows['talks']), 'talk')}"
        + (f", {out} of them outside the window" if out else "")
        + "; a row needs date and title; further columns as in data/CODEBOOK.md (talks), as far as they are known",
        f"{folder}/truces.csv: {counted(len(rows['truces']), 'truce')}; a row needs date and name",
        f"{folder}.toml: who met ([words] parties, meetings), the window, and place and war as sentences name them",
        "whether each talk was announced a week ahead (column scheduled: yes, no), and what came of it (outcome):"
        " until then no set but the main one holds it",
        "no outline of coast and borders is drawn on the map: there is none in this package; a file"
        f" {folder}.outline.geojson with lines adds one",
    ]
    todo.append("escalation codebook, which records how many rows these tables have")
    return [*(f"still to do: {line}" for line in todo), f"then: escalation build -p case={name} --out {name}"]
