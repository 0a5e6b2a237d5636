"""Events as tables others know: GED column names, a PLOVER class, an HXL tag row. Text that a spreadsheet
would run is made inert."""

from io import BytesIO

import pandas as pd

from escalation.cases import Case

# UCDP GED Codebook: where_prec 1 exact, 2 near, 4 governorate, 5 a line or landscape; date_prec 1 day, 2 two
# to six days, 3 a week, 4 up to a month, 5 longer.
WHERE = {"site": 1, "town": 1, "approximate": 2, "area": 5, "governorate": 4, "unknown": 4, "region": 5}
GED_COLUMNS = [
    "id", "relid", "year", "type_of_violence", "conflict_name", "side_a", "side_b", "number_of_sources",
    "source_article", "where_prec",
    "where_coordinates", "adm_1", "latitude", "longitude", "country", "country_id", "region", "event_clarity",
    "date_prec", "date_start",
    "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high", "low",
    "source_headline", "dead",
]  # fmt: skip


# PLOVER (Political Language Ontology for Verifiable Event Records): one of sixteen classes, blank where none
# fits.
PLOVER_EVENT = {
    "airstrike": "ASSAULT", "shelling": "ASSAULT", "ground_offensive": "ASSAULT", "clash": "ASSAULT",
    "capture": "ASSAULT", "suicide_bombing": "ASSAULT", "drone_attack": "ASSAULT",
    "armed_attack": "ASSAULT", "shootdown": "ASSAULT", "explosion": "", "chemical_allegation": "ACCUSE",
    "protest_dispersal": "COERCE", "protest": "PROTEST", "reinforcement": "MOBILIZE",
    "withdrawal": "RETREAT", "displacement_milestone": "", "casualty_milestone": "",
}  # fmt: skip
PLOVER_CLAIM = {
    "strike": "ASSAULT", "shelling": "ASSAULT", "ground_attack": "ASSAULT", "territory": "ASSAULT",
    "reinforcement": "MOBILIZE", "talks": "CONSULT", "agreement": "AGREE", "patrol": "COOPERATE",
    "protest": "PROTEST", "threat": "THREATEN", "casualties": "", "displacement": "", "statement": "",
    "metadata": "",
}  # fmt: skip
ACCUSING = ("denounced", "assailed", "complained")
PLOVER_TALK = {
    "summit": "CONSULT", "talks_round": "CONSULT", "leaders_meeting": "CONSULT", "ministerial": "CONSULT",
    "delegation": "CONSULT", "consultation": "CONSULT", "call": "CONSULT", "agreement": "AGREE",
    "patrol": "COOPERATE", "ceasefire": "AGREE", "ceasefire_collapse": "REJECT",
    "cancelled_talks": "REJECT", "unsc_meeting": "CONSULT", "unsc_vote": "", "statement": "",
    "announcement": "", "implementation": "",
}  # fmt: skip
HXL = {
    "event_id": "#event+id", "tier": "#meta+tier", "date_start": "#date+start", "date_end": "#date+end",
    "event_type": "#event+type", "plover": "#event+type+plover", "actor": "#org+actor",
    "adm1": "#adm1+name", "adm1_pcode": "#adm1+code", "place": "#loc+name", "lat": "#geo+lat",
    "lon": "#geo+lon", "geo_precision": "#geo+precision", "killed_low": "#affected+killed+min",
    "killed": "#affected+killed", "killed_high": "#affected+killed+max",
    "civilians_killed": "#affected+killed+civilians", "scope": "#meta+scope",
    "confidence": "#meta+confidence", "source": "#meta+source+url",
}  # fmt: skip


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """Text cells that a spreadsheet would take for a formula (starting with = + - @, tab or return) get an
    apostrophe in front; numbers and dates stay (OWASP, CSV injection).

    >>> inert(pd.DataFrame({"said": ["=1+1", "talks"], "n": [-1, 2]}))
        said  n
    0  '=1+1 -1
    1  talks  2
    """
    out = frame.copy()
    for column in out.columns:
        if not (
            pd.api.types.is_numeric_dtype(out[column]) or pd.api.types.is_datetime64_any_dtype(out[column])
        ):
            out[column] = [
                "'" + cell if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell
                for cell in out[column]
            ]
    return out


def spreadsheet(table: bytes) -> bytes:
    """A table of the project as Excel opens it right by a double click: with the mark by which it knows UTF-8
    (else Arabic and curly quotes are garbled), and no cell that it would run. `table`: CSV in UTF-8."""
    frame = pd.read_csv(BytesIO(table), dtype="str", keep_default_na=False)
    numbers = [
        name for name in frame if pd.to_numeric(frame[name].replace("", "0"), errors="coerce").notna().all()
    ]
    safe = inert(frame).assign(**{str(name): frame[name] for name in numbers})
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _date_precision(events: pd.DataFrame) -> pd.Series:
    days = (events["date_last"] - events["date_first"]).dt.days
    return pd.cut(days, [-1, 0, 5, 6, 30, 100_000], labels=False).astype("Int64") + 1


def ged(events: pd.DataFrame, incidents: pd.DataFrame, places: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Events of the curated tier under GED column names, those with a known number of killed only: GED holds
    lethal events. Totals and rates are left out, so the rows may be added; so are events between sides other
    than government and insurgents, of unknown authors, or left out by the case. GED's own sum holds: best =
    deaths_a + deaths_b + deaths_civilians + deaths_unknown, the last holding all who are not known to be
    civilians, since reports seldom part the fighters of two sides. Two columns more say whose dead they are:
    `source_headline`, our summary of the event, and `dead`: civilians, others (no civilian among them), both,
    or not_told. Our event id is in `relid`. Sides, country and units are named as the case names them for
    UCDP; it needs [export]. Raises ValueError for a case without."""
    if case.export is None:
        raise ValueError("a case without [export]")
    war = case.export
    known = events[
        (events["tier"] != "seed")
        & events["scope"].isin(["incident", "part"])
        & (events["killed_best"] > 0).fillna(False)
    ]
    coded = incidents.set_index("incident_id")
    first = known["incident_ids"].str.split(" | ", regex=False).str[0]
    reported, summary = first.map(coded["actor_as_reported"]), first.map(coded["summary"])
    is_war = known["actor_group"].isin(war.groups) | (
        known["actor_group"].eq("mutual") & reported.str.contains(war.reported, regex=False)
    )
    other = summary.str.contains(war.other_dead) if war.other_dead else False
    lethal = known[is_war & ~other]
    civilians, others = lethal["civilians_killed"], lethal["killed_best"] - lethal["civilians_killed"]
    dead = pd.Series("both", index=lethal.index).mask(civilians == 0, "others").mask(others == 0, "civilians")
    names = places.set_index("place_id")["name"]
    return pd.DataFrame(
        {
            "id": range(1, len(lethal) + 1),
            "relid": lethal["event_id"],
            "year": lethal["date_first"].dt.year,
            "type_of_violence": 1,
            "conflict_name": case.ucdp.conflict[0],
            "side_a": war.side_a,
            "side_b": case.ucdp.side_b[0],
            "number_of_sources": lethal["n_origins"],
            "source_article": first.map(coded["source_urls"]),
            "where_prec": lethal["geo_precision"].map(WHERE),
            "where_coordinates": lethal["place_id"].map(names),
            "adm_1": lethal["governorate"].map(
                {name: spellings[0] for name, spellings in case.governorates.items()}
            ),
            "latitude": lethal["lat"],
            "longitude": lethal["lon"],
            "country": war.country,
            "country_id": war.country_id,
            "region": war.region,
            "event_clarity": 1,
            "date_prec": _date_precision(lethal),
            "date_start": lethal["date_first"],
            "date_end": lethal["date_last"],
            "deaths_a": 0,
            "deaths_b": 0,
            "deaths_civilians": civilians.fillna(0),
            "deaths_unknown": others.fillna(lethal["killed_best"]),
            "best": lethal["killed_best"],
            "high": lethal["killed_high"],
            "low": lethal["killed_low"],
            "source_headline": summary,
            "dead": dead.mask(civilians.isna(), "not_told"),
        },
        index=lethal.index,
        columns=GED_COLUMNS,
    ).reset_index(drop=True)


def plover(claims: pd.DataFrame, events: pd.DataFrame, talks: pd.DataFrame) -> pd.DataFrame:
    """Claims, events and talks with a PLOVER class: kind, id, date_first, date_last, type, status, plover
    (blank where none fits), and of talks the id of their agreement in the PA-X database."""
    accusing = claims["reporting_verb"].isin(ACCUSING) & (claims["claim_type"] == "statement")
    of_claims = (
        claims["claim_type"]
        .map(PLOVER_CLAIM)
        .mask(accusing, "ACCUSE")
        .mask(claims["status"] == "cancelled", "REJECT")
    )
    vetoed = talks["kind"].eq("unsc_vote") & talks["title"].str.contains("vetoed|rejected")
    adopted = talks["kind"].eq("unsc_vote") & ~vetoed
    of_talks = talks["kind"].map(PLOVER_TALK).mask(vetoed, "REJECT").mask(adopted, "AGREE")
    parts = [
        ("claim", claims["claim_id"], claims, claims["claim_type"], claims["status"], of_claims),
        (
            "event",
            events["event_id"],
            events,
            events["event_type"],
            events["tier"],
            events["event_type"].map(PLOVER_EVENT),
        ),
        ("talk", talks["talk_id"], talks, talks["kind"], talks["outcome"], of_talks),
    ]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "kind": kind,
                    "id": ids,
                    "date_first": frame["date_first"],
                    "date_last": frame["date_last"],
                    "type": types,
                    "status": status,
                    "plover": classes,
                    "pax_id": frame.get("pax_id"),
                }
            )
            for kind, ids, frame, types, status, classes in parts
        ],
        ignore_index=True,
    )


def hxl(events: pd.DataFrame, incidents: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """All events under plain headings, with the HXL tags as the first row (HXL 1.1: the tag row follows the
    headings). All cells text."""
    sources = incidents.set_index("incident_id")["source_urls"]
    first = events["incident_ids"].str.split(" | ", regex=False).str[0]
    names = places.set_index("place_id")["name"]
    pcodes = places[places["kind"] == "governorate"].set_index("governorate")["pcode"]
    body = pd.DataFrame(
        {
            "event_id": events["event_id"],
            "tier": events["tier"],
            "date_start": events["date_first"].dt.strftime("%Y-%m-%d"),
            "date_end": events["date_last"].dt.strftime("%Y-%m-%d"),
            "event_type": events["event_type"],
            "plover": events["event_type"].map(PLOVER_EVENT),
            "actor": events["actor_group"],
            "adm1": events["governorate"],
            "adm1_pcode": events["governorate"].map(pcodes),
            "place": events["place_id"].map(names),
            "lat": events["lat"],
            "lon": events["lon"],
            "geo_precision": events["geo_precision"],
            "killed_low": events["killed_low"],
            "killed": events["killed_best"],
            "killed_high": events["killed_high"],
            "civilians_killed": events["civilians_killed"],
            "scope": events["scope"],
            "confidence": events["confidence"],
            "source": first.map(sources),
        }
    )
    text = body.apply(
        lambda column: column.map(
            lambda cell: "" if pd.isna(cell) else f"{cell:.10g}" if isinstance(cell, float) else str(cell)
        )
    )
    return pd.concat([pd.DataFrame([HXL]), inert(text)], ignore_index=True)[list(HXL)]
