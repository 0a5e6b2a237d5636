"""Event files → `data/series`: the daily counts that the project embeds, each publisher with its source
record.

Only counts are written; the event files themselves never enter the project.
"""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from escalation import cases, schema
from escalation.cases import Case
from escalation.counts import airwars, names, series, ucdp
from escalation.errors import Refusal
from escalation.findings import counted, days

FOLDER = Path("data", "series")
SLACK_DAYS = 31  # an export of a small area need not have an event on its first and last day
SUNDBERG = (
    "Sundberg, Ralph and Erik Melander (2013). Introducing the UCDP Georeferenced Event Dataset. "
    "Journal of Peace Research 50(4)."
)
UCDP = {
    "publisher": (
        "Uppsala Conflict Data Program (UCDP), Department of Peace and Conflict Research, Uppsala University"
    ),
    "dataset": "UCDP Georeferenced Event Dataset (GED) Global",
    "version": "21.1",
    "address": "https://ucdp.uu.se/downloads/",
    "citation": (
        f"{SUNDBERG} "
        "Pettersson, Therése et al. (2021). Organized violence 1989–2020, with a special emphasis on Syria. "
        "Journal of Peace Research 58(4)."
    ),
    "credit": "UCDP GED 21.1 (Sundberg and Melander 2013; Pettersson et al. 2021; CC BY 4.0)",
    "licence": "CC BY 4.0",
    "limits": "UCDP counts lethal events, not strikes.",
}
AIRWARS = {
    "publisher": "Airwars",
    "dataset": "Incidents of alleged civilian harm, by day and governorate",
    "version": "counts as compiled for this project from the public archive",
    "address": "https://airwars.org/",
    "citation": "Airwars, civilian harm archive.",
    "credit": "Airwars (airwars.org)",
    "licence": "counts with attribution and a link",
    "limits": "Allegations, graded by Airwars. Not independent of UCDP, which cites it.",
}

# what a series counts and who counted it, where its record does not say it
SERIES = {
    ("ucdp", "events"): "Lethal events",
    ("ucdp", "fatalities"): "People killed",
    ("airwars", "events"): "Incidents of alleged civilian harm",
    ("airwars", "fatalities"): "Civilians alleged killed (minimum)",
}
SHORT = {"events": "events", "fatalities": "deaths"}
PUBLISHER = {"ucdp": "UCDP", "airwars": "Airwars"}
SERIES_SHORT = {
    "ucdp": "{} events of the war",
    "ucdp_all": "{} events of all kinds",
    "ucdp_deaths": "{} deaths",
    "airwars": "{} incidents",
    "airwars_graded": "{} fair or confirmed",
    "airwars_deaths": "{} civilians killed",
}


def embed(ucdp_file: Path, airwars_file: Path | None, *, case_name: str, root: Path) -> list[Path]:
    """Reads the event files, writes the tables that a case keeps (into its folder) and their source records;
    gives the files written. A case without a file of Airwars keeps none of its tables, one whose war was
    fought nowhere else no control. Raises Refusal before anything is written: from the readers, for names of
    the case that a file lacks, for a file that leaves the window or has no event of the war."""
    case = cases.read(case_name, root)
    every = ucdp.read(ucdp_file, case)
    covers(ucdp_file.name, every, case)
    events = series.in_area(every, case)
    war = events[series.of_the_war(events, case)]
    if war.empty:
        raise Refusal(no_war(ucdp_file.name, events, case, "ucdp"))
    counts = airwars.read(airwars_file) if airwars_file else None
    remarks = names.of_counts(airwars_file.name, counts, case) if airwars_file and counts is not None else []
    impossible(ucdp_file.name, war)  # how many there are is in the record
    control = series.ucdp_control_daily(every, case)
    tables = {
        "ucdp_daily": series.ucdp_daily(events, case),
        **({"ucdp_control_daily": control} if len(control) else {}),
        "ucdp_date_spans": series.ucdp_date_spans(events, case),
        "ucdp_cells": series.ucdp_cells(events, case),
        **({"airwars_daily": series.airwars_daily(counts, case)} if counts is not None else {}),
    }
    written = [schema.write(table, name, root, folder=case.series) for name, table in tables.items()]
    made = {file.name: _sha(file) for file in written}
    about = {**UCDP, **case.ucdp_about, "filter": ucdp_filter(case)}
    record = source_record(
        ucdp_file,
        rows_in=every.attrs["rows_in"],
        rows_used=len(events),
        doubtful=series.doubts(war),
        about=about,
    )
    record |= {"rows_of_the_war": len(war)}
    # the control has the publisher, version and licence of this record; its rows are others
    record |= {"rows_of_the_war_elsewhere": int(control["events"].sum())} if len(control) else {}
    record |= {"tables_sha256": {name: sha for name, sha in made.items() if name.startswith("ucdp")}}
    record |= remarked(every.attrs["remarks"])
    written.append(_write_record(record, "ucdp", root, case))
    if airwars_file and counts is not None:
        within = f"governorates {', '.join(case.areas)}; {case.start} to {case.end}"
        about = {**AIRWARS, **case.airwars_about, "filter": within}
        used = counts["governorate"].isin(case.parts_of(counts["governorate"].unique()))
        contested = {"contested incidents": int(counts["incidents_contested"].sum())}
        record = source_record(
            airwars_file, rows_in=len(counts), rows_used=int(used.sum()), doubtful=contested, about=about
        )
        record |= {
            "tables_sha256": {name: sha for name, sha in made.items() if name.startswith("airwars")},
            **remarked(remarks),
        }
        written.append(_write_record(record, "airwars", root, case))
    return written


def covers(name: str, events: pd.DataFrame, case: Case, publisher: str = "ucdp") -> None:
    """Raises Refusal if the file ends before the window does or begins after it: days nobody recorded would
    be zeros."""
    first, last, slack = events.attrs["first_day"], events.attrs["last_day"], pd.Timedelta(days=SLACK_DAYS)
    start, end = pd.Timestamp(case.start), pd.Timestamp(case.end)
    if first <= start + slack and last >= end - slack:
        return
    since, until = max(first, start), min(last, end)
    remedy = (
        f"{since:%Y-%m-%d} to {until:%Y-%m-%d} (-p start={since:%Y-%m-%d} -p end={until:%Y-%m-%d}, or in the case"
        " file)"
        if since < until
        else f"the case has no two of its days, so {_begin_another(name, events, case, publisher)}"
    )
    raise Refusal(
        f"{name}: has events from {days(first, last)}, the window is {days(case.start, case.end)};"
        f" choose start and end within the file: {remedy}"
    )


def _begin_another(name: str, events: pd.DataFrame, case: Case, publisher: str) -> str:
    """What to do with a file of other years than the case's."""
    if publisher != "ucdp":
        return (
            "copy the case's file in data/cases under another name (-p case=NAME), write start, end and margin_start"
            f" from {events.attrs['first_day']:%Y-%m-%d} to {events.attrs['last_day']:%Y-%m-%d} into it, and take"
            " tables, series, [report] and [sets] out, which are of the other days"
        )
    options = {
        "--conflict": case.ucdp.conflict,
        "--side-b": case.ucdp.side_b,
        "--country": events.attrs["spelt"]["country"],
        "--province": events.attrs["spelt"]["governorate"],
    }
    asked = " ".join(f"{option} {shlex.quote(each)}" for option, names in options.items() for each in names)
    return (
        f"begin another case of the same war: escalation new-case NAME --events {shlex.quote(name)} {asked}"
    )


def no_war(name: str, events: pd.DataFrame, case: Case, publisher: str) -> str:
    """A line that says so, with the wars that the area has in the file most."""
    columns = ["conflict", "side_b"] if publisher == "ucdp" else ["side_a"]
    found = events[columns].fillna("").value_counts().head(3)
    named = [
        (" / ".join(str(part) for part in key if part), n) for key, n in zip(found.index, found, strict=True)
    ]
    there = "; ".join(f"{name} ({counted(n, 'event')})" for name, n in named) or "no event at all"
    return (
        f"{name}: no event of the war in the area and window of the case ({', '.join(case.areas)};"
        f" {days(case.start, case.end)}); there are: {there}"
    )


def impossible(name: str, war: pd.DataFrame) -> list[str]:
    """Sentences on events that contradict themselves; they count as they stand. Raises Refusal where they would
    turn a sum around: fewer people killed by the best estimate than by the low one, or than by the high one."""
    said, problems = [], []
    for less, more in (("low", "best"), ("best", "high")):
        odd = war[war[less] > war[more]]
        of_all = (int(war[less].sum()), int(war[more].sum()))
        named = f"{', '.join(odd['event_id'].head(5))}{' and others' if len(odd) > 5 else ''}"
        if of_all[0] > of_all[1]:
            problems.append(
                f"{name}, columns {less} and {more}: {of_all[0]:,} and {of_all[1]:,} people killed in all, though"
                f" {less} is never above {more}; so it is in {counted(len(odd), 'event')} ({named}); correct them"
            )
        elif len(odd):
            said.append(
                f"{name}: {counted(len(odd), 'event')} of the war with {less} above {more} ({named}), counted as"
                " they stand."
            )
    if problems:
        raise Refusal(problems)
    return said


def remarked(remarks: Sequence[str]) -> dict[str, list[str]]:
    """For a source record: sentences on how the names of the case were found in the file; nothing where all
    stand as the case has them."""
    return {"remarks": list(remarks)} if remarks else {}


def source_record(
    file: Path, *, rows_in: int, rows_used: int, doubtful: Mapping[str, int], about: Mapping[str, str]
) -> dict[str, Any]:
    """What a series was made of: publisher, version, citation, licence, filter (from `about`), the input's
    name and sha256, rows in and used, and doubtful rows by reason (they are used as they stand)."""
    return {
        **about,
        "input": file.name,
        "input_sha256": _sha(file),
        "rows_in": rows_in,
        "rows_used": rows_used,
        "rows_doubtful": dict(doubtful),
    }


def _sha(file: Path) -> str:
    with file.open("rb") as raw:  # in pieces: a whole GED has hundreds of megabytes
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _write_record(record: dict[str, Any], name: str, root: Path, case: Case) -> Path:
    file = root / "data" / case.series / f"{name}.source.json"
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return file


def ucdp_filter(case: Case) -> str:
    """Which rows of a GED file a case counts, as its source record says it."""
    told: dict[tuple[str, str], Mapping[str, object]] = {
        ("governorate", "governorates"): case.governorates,
        ("country", "countries"): case.countries,
        ("box", "boxes"): case.boxes,
    }
    area = "; ".join(f"{words[len(parts) > 1]} {', '.join(parts)}" for words, parts in told.items() if parts)
    sides = f"conflict {' or '.join(case.ucdp.conflict)}, side B {' or '.join(case.ucdp.side_b)}"
    return f"{area}; {case.margin_start} to {case.end}; the war: state-based, {sides}"


def credit(root: Path, case: Case, *publishers: str, documents: bool = False) -> str:
    """The source line of a figure: whose data, where, when, and the version of this project's data."""
    known = records(root)
    has_documents = documents and not schema.read("documents", root, folder=case.tables).empty
    tables = (
        "documents and tables coded by this project"
        if has_documents
        else "the case's tables of talks and truces"
    )
    said = [tables] if documents else []
    said += [known[name]["credit"] for name in publishers if name in known]
    window = f"{', '.join(case.areas)}; {days(case.start, case.end)}"
    return (
        f"Source: {'; '.join(said)}. {window}. {schema.package(root)['title']}, data version"
        f" {schema.package(root)['version']}."
    )


def records(root: Path) -> dict[str, dict[str, Any]]:
    """The source records of this run by publisher (ucdp: the main series, whoever published it; airwars), as
    the first notebook wrote them; before that, those of the series that the project keeps."""
    built = root / "data" / "built" / "sources.json"
    if built.is_file():
        return dict(json.loads(built.read_text(encoding="utf-8")))
    return _records(root / FOLDER)


def kept_records(root: Path, case: Case) -> dict[str, dict[str, Any]]:
    """The source records of the daily counts that a case keeps, by publisher; none where it keeps none."""
    return _records(root / "data" / case.series)


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        f.name.split(".")[0]: json.loads(f.read_text(encoding="utf-8"))
        for f in sorted(folder.glob("*.source.json"))
    }


def other_parts(kept: pd.DataFrame, table: str, case: Case) -> list[str]:
    """What is wrong with the parts of the area in counts that a case keeps: they have to be those of its
    file, each and no other."""
    there, wanted = {str(name) for name in kept["governorate"].unique()}, set(case.areas)
    if there == wanted:
        return []
    told = [f"not there: {', '.join(sorted(wanted - there))}"] if wanted - there else []
    told += [f"no part of the case: {', '.join(sorted(there - wanted))}"] if there - wanted else []
    return [
        f"data/{case.series}/{table}.csv: {'; '.join(told)}; `escalation series` makes the counts of the"
        " case's own parts"
    ]


def check(root: Path) -> list[str]:
    """What is wrong with the daily counts in `data/series`, a line each; empty when all is well. Counts are
    made and never edited, so each has to be what its source record says."""
    return _kept(root / FOLDER, root)


def check_cases(root: Path) -> list[str]:
    """The same for every case: its file, outline, tables and counts."""
    files = sorted((root / cases.FOLDER).glob("*.toml"))
    return [line for file in files for line in check_case(file.stem, root)]


def check_case(name: str, root: Path) -> list[str]:
    """The same for one case. A build asks it of its own case alone, so that no case stops another."""
    lines = []
    try:
        case = cases.read(name, root)
        cases.outline(name, root)
    except Refusal as refused:
        lines += refused.problems
    except ValueError as error:
        lines.append(f"{cases.FOLDER / name}.outline.geojson: is no JSON ({error})")
    folder = root / cases.FOLDER / name
    lines += schema.check_case(root, f"cases/{name}") + (_kept(folder, root) if folder.is_dir() else [])
    if lines:  # a table that is cut has been said
        return lines
    for table in ("ucdp_daily", "airwars_daily"):
        if (root / "data" / case.series / f"{table}.csv").is_file():
            lines += other_parts(schema.read(table, root, folder=case.series), table, case)
    return lines


def sound(name: str, root: Path) -> Case:
    """The case of that name, once all it keeps is sound. Raises Refusal with every problem of it."""
    if problems := check_case(name, root):
        raise Refusal(problems)
    return cases.read(name, root)


def _kept(folder: Path, root: Path) -> list[str]:
    """The counts in one folder against their source records."""
    try:
        tables = [
            Path(r["path"]).name for r in schema.package(root)["resources"] if r["path"].startswith("series/")
        ]
    except Refusal:  # which schema.check says
        return []
    place = folder.relative_to(root).as_posix()
    lines: list[str] = []
    made: dict[str, str] = {}
    for file in sorted(folder.glob("*.source.json")):
        try:
            made |= dict(json.loads(file.read_text(encoding="utf-8")).get("tables_sha256", {}))
        except (ValueError, TypeError, AttributeError) as error:
            lines.append(f"{place}/{file.name}: is no source record ({error}); `escalation series` makes it")
    for table in tables:
        there = (folder / table).is_file()
        if not lines and there and table not in made:
            lines.append(
                f"{place}/{table}: stands in no source record beside it; `escalation series` makes both"
            )
        elif table in made and not (there and made[table] == _sha(folder / table)):
            lines.append(
                f"{place}/{table}: is not as `escalation series` made it (cut, edited or missing); restore"
                " it, or make it again"
            )
    return lines


def publisher_of(source: str, records: Mapping[str, Mapping[str, Any]]) -> str:
    """Whose counts stand under the name of a source, by its record: UCDP, or ACLED where its export was
    counted instead."""
    return str(records.get(source, {}).get("name", PUBLISHER[source]))


def series_short(records: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """A short label for each series of the specifications, with the publisher's name."""
    return {
        name: label.format(publisher_of(name.split("_")[0], records)) for name, label in SERIES_SHORT.items()
    }


def of_series(
    source: str,
    measure: str,
    *,
    publisher: bool = False,
    records: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """What a series counts, as a label: "Lethal events", with `publisher` "UCDP events"; by the source
    records where they say it."""
    record = (records or {}).get(source, {})
    if publisher:
        return f"{publisher_of(source, records or {})} {SHORT[measure]}"
    return str(record.get("counts", {}).get(measure, SERIES[source, measure]))


def noun_of(source: str, measure: str) -> str:
    """What a series counts, in a word after a number: events, deaths, incidents."""
    return "incidents" if (source, measure) == ("airwars", "events") else SHORT[measure]
