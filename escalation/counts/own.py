"""The main series of a run: the daily counts that the case keeps, or those of an event file of the user's
own.

Of an own file only counts go on from here, with the record of where they come from:
`data/built/sources.json`, which every source line reads.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from escalation import paths, schema
from escalation.cases import Case
from escalation.counts import acled, series, sources, ucdp
from escalation.counts.columns import no_events
from escalation.counts.formats import EventFile, opened
from escalation.errors import Refusal
from escalation.findings import counted, number

RECORDS = Path("data", "built", "sources.json")


@dataclass(frozen=True)
class MainSeries:
    """`counts`, `spans`, `cells`: as `series.ucdp_daily`, `ucdp_date_spans` and `ucdp_cells` give them, a row
    for each day and part of the area, for each inexact date, for each day and cell. `record`: where they come
    from. `left_out`: how many events of the war within the window are dated too inexactly, of `n`. The counts
    begin before the window where the file does: windows around talks read that margin."""

    counts: pd.DataFrame
    spans: pd.DataFrame
    cells: pd.DataFrame
    record: dict[str, Any]
    n: int
    left_out: int

    @property
    def said(self) -> str:
        """One paragraph for the reader of the notebook: what is counted, how many, what was left out, who is
        to be named, how names were read."""
        dated = (
            f"; {counted(self.left_out, 'event')} of {number(self.n)} left out, since their dates are less"
            " exact"
            if self.left_out
            else ""
        )
        said = (
            f"{self.record['name']}: {counted(self.n - self.left_out, 'event')} of the war{dated}."
            f" {self.record['credit']}."
        )
        return " ".join([said, *self.record.get("remarks", ())])


def main_series(
    case: Case, *, events_file: str, accessed: str, max_date_precision: int, root: Path
) -> MainSeries:
    """The counts that phases and timing stand on.

    `events_file`: a UCDP or ACLED file (known by its columns), absolute or from the project folder; "" for
    the counts that the case keeps. `accessed`: the day on which an ACLED export was downloaded.
    `max_date_precision`: the least exact date that counts, by UCDP's code (1 day, 2 up to six days, 3 week, 4
    month, 5 all). Raises Refusal where the file is none of these, leaves the counting window, has no event of
    the war, or lacks a name of the case; and where the counts that the case keeps are of other parts of the
    area.
    """
    if events_file:
        return _of_file(
            paths.beside(root) / Path(events_file).expanduser(), case, accessed, max_date_precision
        )
    kept = schema.read("ucdp_daily", root, folder=case.series)
    if kept.empty:
        raise Refusal(f"data/{case.series}: keeps no ucdp_daily.csv; give a file of your own as events_file")
    spans, cells = (schema.read(name, root, folder=case.series) for name in ("ucdp_date_spans", "ucdp_cells"))
    if problems := sources.other_parts(kept, "ucdp_daily", case):
        raise Refusal(problems)
    counts = series.without_inexact(kept, spans, max_date_precision)
    spans, cells = (
        table[series.precision_of(table["span_days"]) <= max_date_precision].reset_index(drop=True)
        for table in (spans, cells)
    )
    inside = kept["date"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    n, left = int(kept.loc[inside, "events_state"].sum()), int(counts.loc[inside, "events_state"].sum())
    return MainSeries(
        counts, spans, cells, {**sources.kept_records(root, case)["ucdp"], **_names("ucdp")}, n, n - left
    )


def _of_file(file: Path, case: Case, accessed: str, max_date_precision: int) -> MainSeries:
    with opened(file) as found:
        publisher = _publisher(found)
        if publisher == "acled":
            _may_use_acled(found.name, case, accessed)
        every = (ucdp if publisher == "ucdp" else acled).of(found, case)
    sources.covers(file.name, every, case, publisher)
    events = series.in_area(every, case)
    war = series.of_the_war(events, case)
    exact = series.dated_within(events, max_date_precision)
    inside = war & events["date_first"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    if not inside.any():
        raise Refusal(sources.no_war(file.name, events, case, publisher))
    counted_events = events[exact].reset_index(drop=True)
    spans, cells = series.ucdp_date_spans(counted_events, case), series.ucdp_cells(counted_events, case)
    about = (
        {**ucdp_about(file.name), "filter": sources.ucdp_filter(case)}
        if publisher == "ucdp"
        else _acled_about(case, accessed)
    )
    record = sources.source_record(
        file,
        rows_in=every.attrs["rows_in"],
        rows_used=int(exact.sum()),
        doubtful=series.doubts(events[war]),
        about=about,
    )
    record |= {
        "rows_of_the_war": int(war.sum()),
        **_names(publisher),
        **sources.remarked([*every.attrs["remarks"], *sources.impossible(file.name, events[war])]),
    }
    n, left_out = int(inside.sum()), int((inside & ~exact).sum())
    counts = series.ucdp_daily(counted_events, case)
    # before its first event a file may not have looked: such a margin would be peace that nobody recorded
    counts = counts[counts["date"] >= min(every.attrs["first_day"], pd.Timestamp(case.start))].reset_index(
        drop=True
    )
    return MainSeries(counts, spans, cells, record, n, left_out)


def _publisher(file: EventFile) -> str:
    has = set(file.columns)
    if (
        "bd_best" not in has
        and "intensity_level" not in has
        and {"type_of_violence", "side_b"} & has
        and not {"event_type", "actor1"} & has
    ):
        return "ucdp"
    if {"event_type", "actor1"} & has:
        return "acled"
    no_events(file)
    raise Refusal(
        f"{file.name}: neither a UCDP GED file (no column type_of_violence) nor an ACLED export (no"
        " column event_type)"
    )


def _may_use_acled(name: str, case: Case, accessed: str) -> None:
    problems = []
    if case.acled is None:
        problems.append(
            f"{name}: is an ACLED export, and the case has no [acled] section that says whose events belong"
            " to the war"
        )
    try:
        date.fromisoformat(accessed)
    except ValueError:
        problems.append(
            f"{name}: ACLED asks for the day of access beside its data; give it as accessed=YYYY-MM-DD (now"
            f" {accessed!r})"
        )
    if problems:
        raise Refusal(problems)


CANDIDATE = {
    "dataset": "UCDP Candidate Events Dataset",
    "citation": (
        "Hegre, Håvard, Mihai Croicu, Kristine Eck and Stina Högbladh (2020). Introducing the UCDP Candidate"
        " Events Dataset. Research & Politics 7(3)."
    ),
    "limits": (
        "Candidate events are not yet vetted: some will not stand in the yearly GED, and others will be added."
        " UCDP counts lethal events, not strikes."
    ),
}


def ucdp_about(name: str) -> dict[str, str]:
    """What a file of UCDP is, by its name: `v26_1` a yearly version, `v26_0_4` a candidate month, `v26_01_26_06`
    several of them, `652.1601.1911` the special release of a country with its first and last month."""
    said = {**sources.UCDP, "citation": sources.SUNDBERG}
    short, by = "UCDP GED", "Sundberg and Melander 2013"
    if special := re.search(r"(?<!\d)\d{2,3}[._]\d{4}[._]\d{4}(?!\d)", name):
        version = special[0].replace("_", ".")
        said["dataset"] = "UCDP Georeferenced Event Dataset (GED), special release of one country"
        short = "UCDP GED special release"
    elif candidate := re.search(
        r"(?:ged|v)[-_]?(\d{2}[._]0[._]\d{1,2}|(?:\d{2}[._]){3}\d{2})(?!\d)", name, re.IGNORECASE
    ):
        version = candidate[1].replace("_", ".")
        said |= CANDIDATE
        short, by = "UCDP Candidate Events", "Hegre et al. 2020"
    else:
        yearly = re.search(r"(?:ged|v)[-_]?(\d{2})[._]?(\d)(?![\d._]*\d)", name, re.IGNORECASE)
        if not yearly:  # no name of UCDP's: whose file it is, its user knows
            return {
                **said,
                "publisher": "not known: the file has the columns of UCDP GED, its name is none of UCDP's",
                "dataset": "event file of the user's own",
                "version": f"as in {name}",
                "credit": f"event file {name} of the user's own, in the columns of UCDP GED",
            }
        version = ".".join(yearly.groups())
    return {
        **said,
        "version": version,
        "citation": f"{said['citation']} {short} version {version}.",
        "credit": f"{short} {version} ({by}; CC BY 4.0)",
    }


def _acled_about(case: Case, accessed: str) -> dict[str, str]:
    said = acled.attribution(accessed=accessed, case=case)
    return {
        "publisher": "Armed Conflict Location & Event Data (ACLED)",
        "dataset": "ACLED export of the user's own",
        "version": f"accessed {accessed}",
        "address": "https://acleddata.com/",
        "citation": f"{acled.CITATION} {said}",
        "credit": said.rstrip("."),
        "licence": "rows may not be passed on; counts with attribution",
        "limits": (
            "ACLED counts recorded events, lethal or not; deaths are one reported number an event. An inexact"
            " date stands as one day."
        ),
        "filter": f"{', '.join(case.areas)}; {case.margin_start} to {case.end}",
    }


def _names(publisher: str) -> dict[str, Any]:
    """How labels call the series."""
    if publisher == "acled":
        return {
            "name": "ACLED",
            "counts": {"events": "Recorded events of violence", "fatalities": "People reported killed"},
        }
    return {
        "name": sources.PUBLISHER[publisher],
        "counts": {measure: sources.SERIES[publisher, measure] for measure in ("events", "fatalities")},
    }


def write(main: MainSeries, case: Case, root: Path) -> None:
    """The main series into `data/built`: areas.csv, spans.csv, cells.csv, and the records in sources.json; in
    case.json what the page needs to know of the case: its title, where its tables and series are, and its
    names in Arabic."""
    for name, table in (("areas_daily", main.counts), ("area_spans", main.spans), ("area_cells", main.cells)):
        schema.write(table, name, root)
    write_records(main, case, root)
    about = {
        "title": case.title,
        "tables": case.tables,
        "series": case.series,
        **({"arabic": case.arabic} if case.arabic else {}),
    }
    (root / RECORDS.parent / "case.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def write_records(main: MainSeries, case: Case, root: Path) -> dict[str, dict[str, Any]]:
    """`data/built/sources.json`: the records of the main series (under "ucdp", the place it takes) and of the
    others the case keeps."""
    kept = {
        name: {**record, **_names(name)}
        for name, record in sources.kept_records(root, case).items()
        if name != "ucdp"
    }
    records = {"ucdp": main.record, **kept}
    file = root / RECORDS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return records
