"""Event files → `data/series`: the daily counts that the project embeds, each publisher with its source record.

Only counts are written; the event files themselves never enter the project.
"""

import json
from pathlib import Path
from typing import Any

from escalation import cases, schema, series
from escalation.cases import Case
from escalation.findings import days
from escalation.readers import airwars, ucdp

FOLDER = Path("data", "series")
UCDP = {
    "publisher": "Uppsala Conflict Data Program (UCDP), Department of Peace and Conflict Research, Uppsala University",
    "dataset": "UCDP Georeferenced Event Dataset (GED) Global",
    "version": "21.1",
    "address": "https://ucdp.uu.se/downloads/",
    "citation": "Sundberg, Ralph and Erik Melander (2013). Introducing the UCDP Georeferenced Event Dataset. "
    "Journal of Peace Research 50(4). "
    "Pettersson, Therése et al. (2021). Organized violence 1989–2020, with a special emphasis on Syria. "
    "Journal of Peace Research 58(4).",
    "credit": "UCDP GED 21.1 (Sundberg and Melander 2013; Pettersson et al. 2021; CC BY 4.0)",
    "licence": "CC BY 4.0",
    "limits": "The copy used keeps events known to town or district level only; about 7 % of events and deaths are missing. "
    "Date precision and civilian deaths are known only for events that also stand in the Syria special release, to 30 November 2019. "
    "Governorates after that day were read off coordinates. UCDP counts lethal events, not strikes.",
}
AIRWARS = {
    "publisher": "Airwars",
    "dataset": "Incidents of alleged civilian harm involving the Russian military in Syria, by day and governorate",
    "version": "counts as compiled for this project from the public archive",
    "address": "https://airwars.org/",
    "citation": "Airwars, civilian harm archive: Russian military in Syria.",
    "credit": "Airwars, Russian military in Syria (airwars.org)",
    "licence": "counts with attribution and a link",
    "limits": "Allegations, graded by Airwars; strikes by Syrian government forces alone are not in it. "
    "Not independent of UCDP, which cites it.",
}


def embed(ucdp_file: Path, airwars_file: Path, *, case_name: str, root: Path) -> list[Path]:
    """Reads both event files, writes the four tables of `data/series` and the two source records; gives the files written.
    Raises Refusal from the readers before anything is written."""
    case = cases.read(case_name, root)
    every = ucdp.read(ucdp_file)
    events = series.in_area(every, case)
    counts = airwars.read(airwars_file)
    war = events[series.of_the_war(events, case)]
    daily = series.ucdp_daily(events, case)
    incidents = series.airwars_daily(counts, case)
    written = [
        schema.write(daily, "ucdp_daily", root),
        schema.write(series.ucdp_date_spans(events, case), "ucdp_date_spans", root),
        schema.write(series.ucdp_cells(events, case), "ucdp_cells", root),
        schema.write(incidents, "airwars_daily", root),
    ]
    area = ", ".join(case.areas)
    about = {
        **UCDP,
        "filter": f"governorates {area}; {case.margin_start} to {case.end}; the war: state-based, conflict "
        f"{' or '.join(case.ucdp.conflict)}, side B {' or '.join(case.ucdp.side_b)}",
    }
    record = series.source_record(ucdp_file, rows_in=len(every), rows_used=len(events), doubtful=series.doubts(war), about=about)
    written.append(_write_record({**record, "rows_of_the_war": len(war)}, "ucdp", root))
    about = {**AIRWARS, "filter": f"governorates {area}; {case.start} to {case.end}"}
    used = counts["governorate"].map(lambda spelling: case.governorate(str(spelling))).notna()
    record = series.source_record(
        airwars_file,
        rows_in=len(counts),
        rows_used=int(used.sum()),
        doubtful={"contested incidents": int(counts["incidents_contested"].sum())},
        about=about,
    )
    written.append(_write_record(record, "airwars", root))
    return written


def _write_record(record: dict[str, Any], name: str, root: Path) -> Path:
    file = root / FOLDER / f"{name}.source.json"
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return file


def credit(root: Path, case: Case, *publishers: str, documents: bool = False) -> str:
    """The source line of a figure: whose data, where, when, and the version of this project's data."""
    known = records(root)
    said = ["documents and tables coded by this project"] if documents else []
    said += [known[name]["credit"] for name in publishers if name in known]
    window = f"{', '.join(case.areas)}; {days(case.start, case.end)}"
    return f"Source: {'; '.join(said)}. {window}. {schema.package(root)['title']}, data version {schema.package(root)['version']}."


def records(root: Path) -> dict[str, dict[str, Any]]:
    """The source records of the embedded series by publisher: ucdp, airwars; none where a case embeds none."""
    return {f.name.split(".")[0]: json.loads(f.read_text(encoding="utf-8")) for f in sorted((root / FOLDER).glob("*.source.json"))}
