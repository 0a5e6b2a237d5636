"""Claims and incidents → events, by merge decisions on record; nothing is joined or dropped that no row
says."""

import re
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from escalation.errors import Refusal
from escalation.evidence.anchors import cell_list
from escalation.evidence.hosts import WEAK, host_of
from escalation.evidence.origins import graded
from escalation.schema import nearest

EVENT_TYPES = {
    "strike": "airstrike", "shelling": "shelling", "ground_attack": "ground_offensive",
    "territory": "capture", "casualties": "casualty_milestone", "displacement": "displacement_milestone",
    "reinforcement": "reinforcement", "protest": "protest",
}  # fmt: skip
Record = dict[Hashable, Any]
COUNTED = ("reported", "claimed")
COLUMNS = [
    "event_id", "tier", "date_first", "date_last", "date_precision", "event_type", "actor_group",
    "place_id", "governorate", "lat", "lon", "geo_precision", "killed_low", "killed_best", "killed_high",
    "civilians_killed", "scope", "claim_ids", "incident_ids", "origins", "n_origins", "confidence",
    "merge_reason", "window_days",
]  # fmt: skip

SOURCES = [
    "event_id", "address", "document_id", "outlet", "kind", "grade", "published_first", "published_last",
    "date_basis", "member_ids",
]  # fmt: skip
CAPTURES = [
    "step", "incident_id", "event_id", "date_first", "date_last", "date_precision", "place_id", "place",
    "governorate", "taken_by", "scope",
    "summary", "confidence", "source_urls",
]  # fmt: skip


def event_claims(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims that tell of an event: reported or claimed, of a violent kind, and no mere state on the day
    of writing. Plans, opinions, cancelled things and context never enter."""
    told = (
        claims["status"].isin(COUNTED)
        & claims["claim_type"].isin(EVENT_TYPES)
        & (claims["date_precision"] != "as_of")
    )
    return claims[told].reset_index(drop=True)


def _members(
    claims: pd.DataFrame, incidents: pd.DataFrame, places: pd.DataFrame, actors: Mapping[str, str]
) -> pd.DataFrame:
    points = places.set_index("place_id")[["governorate", "lat", "lon", "geo_precision"]]
    seed = event_claims(claims)
    first_place = pd.Series(
        [next(iter(cell_list(cell)), None) for cell in seed["place_ids"]], index=seed.index, dtype="str"
    )
    from_seed = pd.DataFrame(
        {
            "member_id": seed["claim_id"],
            "tier": "seed",
            "date_first": seed["date_first"],
            "date_last": seed["date_last"],
            "date_precision": seed["date_precision"],
            "event_type": seed["claim_type"].map(EVENT_TYPES),
            "actor_group": seed["actor"].fillna("").map(dict(actors)),
            "place_id": first_place,
            "governorate": first_place.map(points["governorate"]),
            "lat": first_place.map(points["lat"]),
            "lon": first_place.map(points["lon"]),
            "geo_precision": first_place.map(points["geo_precision"]),
            "scope": seed["scope"].where(seed["scope"].isin(["cumulative", "rate"]), "incident"),
            "origins": seed["origin_id"],
        }
    )
    unnamed = seed.loc[from_seed["actor_group"].isna(), ["claim_id", "actor"]]
    if len(unnamed):
        raise Refusal(
            [
                f"claims.csv ({c}), actor: {a!r} has no group; allowed: {', '.join(map(repr, actors))}"
                for c, a in unnamed.to_numpy()
            ]
        )
    kept = [c for c in COLUMNS if c in incidents.columns]
    from_record = incidents[kept].assign(member_id=incidents["incident_id"], tier="curated")
    return pd.concat([from_seed, from_record], ignore_index=True)


def link(
    claims: pd.DataFrame,
    incidents: pd.DataFrame,
    merges: pd.DataFrame,
    origins: pd.DataFrame,
    places: pd.DataFrame,
    *,
    tiers: str,
    actors: Mapping[str, str],
) -> pd.DataFrame:
    """One row an event (`COLUMNS`), by date and id: merged ones by the rows of `merges`, every other claim
    and incident by itself.

    The first member on record gives date, kind, actor and place; killed are those of its first incident and
    blank for seeds, whose numbers stay with their claims (`claim_ids`). tier is seed, curated, or "seed and
    curated". `tiers` "seeds" leaves the incidents out. `actors`: the group of each actor, as
    claims spell it (`cases.Case.actors`). Raises Refusal for an unknown or twice used member, or
    one further from the first than the window on record."""
    record = incidents if tiers == "all" else incidents.iloc[:0]
    members: dict[str, Record] = {
        row["member_id"]: row for row in _members(claims, record, places, actors).to_dict("records")
    }
    joined = merges[merges["kind"] == "event"]
    lines: list[str] = []
    groups: list[tuple[str, list[Record], str | None, int | None]] = []
    taken: dict[str, str] = {}
    silent = set(claims["claim_id"]) - set(members)
    everyone = set(claims["claim_id"]) | set(incidents["incident_id"])
    for row in joined.to_dict("records"):
        where = f"merges.csv ({row['event_id']}), member_ids"
        ids = cell_list(row["member_ids"])
        lines += [
            f"{where}: {m!r} is no claim or incident{nearest(m, sorted(everyone))}"
            for m in ids
            if m not in everyone
        ]
        lines += [f"{where}: {m} already belongs to {taken[m]}" for m in ids if m in taken]
        lines += [f"{where}: {m} tells of no event (status or kind); take it out" for m in ids if m in silent]
        taken |= dict.fromkeys(ids, row["event_id"])
        here = [m for m in ids if m in members]
        for m in here[1:]:
            gap = _gap(members[here[0]], members[m])
            if gap > row["window_days"]:
                lines.append(
                    f"{where}: {m} is {gap} days from {here[0]}; allowed by window_days: {row['window_days']}"
                )
        if here:
            groups.append((row["event_id"], [members[m] for m in here], row["reason"], row["window_days"]))
    if lines:
        raise Refusal(lines)
    groups += [(f"E-{m}", [row], None, None) for m, row in members.items() if m not in taken]
    behind = graded(
        [[o for member in rows for o in cell_list(member["origins"])] for _, rows, _, _ in groups], origins
    )
    events = pd.DataFrame(
        [_event(*group, *grade) for group, grade in zip(groups, behind, strict=True)], columns=COLUMNS
    )
    whole = ["killed_low", "killed_best", "killed_high", "civilians_killed", "n_origins", "window_days"]
    return events.astype(dict.fromkeys(whole, "Int64")).sort_values(
        ["date_first", "date_last", "event_id"], ignore_index=True
    )


def _gap(first: Any, second: Any) -> int:
    """Days between two intervals; 0 if they touch or overlap."""
    return max(
        0,
        int((second["date_first"] - first["date_last"]).days),
        int((first["date_first"] - second["date_last"]).days),
    )


def _event(
    event_id: str,
    members: list[Record],
    reason: str | None,
    window: int | None,
    origins: list[str],
    grade: str,
) -> dict[str, object]:
    lead = members[0]
    seeds, record = ([m for m in members if m["tier"] == tier] for tier in ("seed", "curated"))
    from_lead = (
        "date_first", "date_last", "date_precision", "event_type", "actor_group", "place_id",
        "governorate", "lat", "lon", "geo_precision",
    )  # fmt: skip
    deaths = ("killed_low", "killed_best", "killed_high", "civilians_killed")
    return {
        "event_id": event_id,
        "tier": " and ".join(tier for tier, part in (("seed", seeds), ("curated", record)) if part),
        **{column: lead[column] for column in from_lead},
        **{column: record[0][column] if record else pd.NA for column in deaths},
        "scope": "cumulative" if any(m["scope"] == "cumulative" for m in members) else lead["scope"],
        "claim_ids": " | ".join(m["member_id"] for m in seeds) or None,
        "incident_ids": " | ".join(m["member_id"] for m in record) or None,
        "origins": " | ".join(origins),
        "n_origins": len(origins),
        "confidence": grade,
        "merge_reason": reason,
        "window_days": window,
    }


def told_by(events: pd.DataFrame) -> pd.DataFrame:
    """Which claims tell of which event, a row each: event_id, claim_id. `events` as `link` gives them.

    >>> told_by(pd.DataFrame({"event_id": ["E-1", "E-2"], "claim_ids": ["A-1 | A-2", None]}))
      event_id claim_id
    0      E-1      A-1
    1      E-1      A-2
    """
    rows = [
        (event, claim)
        for event, cell in zip(events["event_id"], events["claim_ids"], strict=True)
        for claim in cell_list(cell)
    ]
    return pd.DataFrame(rows, columns=["event_id", "claim_id"])


_IN_ADDRESS = re.compile(r"(?<!\d)(20[12]\d)([-/]?)(0[1-9]|1[0-2])(?:\2(0[1-9]|[12]\d|3[01]))?(?!\d)")


def dated_by_address(address: str) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last possible day of publication that an address gives, as a day or a month with its year;
    None if it gives neither.

    >>> [f"{day:%Y-%m-%d}" for day in dated_by_address("https://example.org/2019/04/a-title/")]
    ['2019-04-01', '2019-04-30']
    """
    for hit in _IN_ADDRESS.finditer(address):
        year, between, month, day = hit.groups()
        if day is None and between == "":
            continue  # six digits are a number as likely as a month
        try:
            first = pd.Timestamp(int(year), int(month), int(day or 1))
        except ValueError:
            continue
        return first, first if day else first + pd.offsets.MonthEnd()
    return None


def sources_of(
    events: pd.DataFrame,
    claims: pd.DataFrame,
    incidents: pd.DataFrame,
    documents: pd.DataFrame,
    hosts: pd.DataFrame,
) -> pd.DataFrame:
    """The documents and pages behind each event, a row an event and an address: event_id, address,
    document_id (blank for pages), outlet (publisher of a document, host of a page), kind and grade of the
    host, published_first and published_last with date_basis, and member_ids (the claims and incidents that
    rest on it). The day of a page is what its address gives; other pages have none. A host that is not listed
    is of unknown kind; `check` asks for it."""
    document = {row["document_id"]: row for row in documents.to_dict("records")}
    of_claim = dict(zip(claims["claim_id"], claims["document_id"], strict=True))
    of_incident = {
        name: cell_list(cell)
        for name, cell in zip(incidents["incident_id"], incidents["source_urls"], strict=True)
    }
    graded_host = hosts.set_index("host")[["kind", "grade"]].to_dict("index")
    rows = []
    for event in events.to_dict("records"):
        behind: dict[str, tuple[str | None, list[str]]] = {}
        for claim in cell_list(event["claim_ids"]):
            name = of_claim[claim]
            behind.setdefault(str(document[name]["address"]), (name, []))[1].append(claim)
        for incident in cell_list(event["incident_ids"]):
            for address in of_incident[incident]:
                behind.setdefault(address, (None, []))[1].append(incident)
        for address, (name, members) in behind.items():
            found = dated_by_address(address)
            if name is not None:
                days, basis = (document[name]["date_first"], document[name]["date_last"]), "document"
            else:
                days, basis = (found, "address") if found else ((pd.NaT, pd.NaT), "none")
            rows.append(
                {
                    "event_id": event["event_id"],
                    "address": address,
                    "document_id": name,
                    "outlet": document[name]["publisher"] if name else host_of(address),
                    **graded_host.get(host_of(address), {"kind": "unknown", "grade": WEAK}),
                    "published_first": days[0],
                    "published_last": days[1],
                    "date_basis": basis,
                    "member_ids": " | ".join(members),
                }
            )
    return pd.DataFrame(rows, columns=SOURCES)


def captures(events: pd.DataFrame, incidents: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Places that changed hands as dated steps (`CAPTURES`), by date and id: the incidents of type capture,
    with the event each belongs to and its grade. Totals of a week keep their scope: they hold other steps."""
    event_of = {
        name: (event, grade)
        for event, grade, cell in zip(
            events["event_id"], events["confidence"], events["incident_ids"], strict=True
        )
        for name in cell_list(cell)
    }
    taken = incidents[incidents["event_type"] == "capture"].sort_values(
        ["date_first", "date_last", "incident_id"], ignore_index=True
    )
    names = places.set_index("place_id")["name"]
    return taken.rename(columns={"actor_group": "taken_by"}).assign(
        step=pd.Series(range(1, len(taken) + 1), dtype="Int64"),
        event_id=pd.Series([event_of[name][0] for name in taken["incident_id"]], dtype="str"),
        confidence=pd.Series([event_of[name][1] for name in taken["incident_id"]], dtype="str"),
        place=taken["place_id"].map(names),
    )[CAPTURES]


def talk_claims(claims: pd.DataFrame, talks: pd.DataFrame, merges: pd.DataFrame) -> pd.DataFrame:
    """Which claims tell of which diplomatic event: talk_id, claim_id, status, claim_type, days_first and
    days_last (days from the talk's last day to the first and last day the claim gives). Raises Refusal for an
    unknown id or a claim outside the window on record."""
    said: dict[str, Record] = {row["claim_id"]: row for row in claims.to_dict("records")}
    held: dict[str, Record] = {row["talk_id"]: row for row in talks.to_dict("records")}
    lines, rows = [], []
    for row in merges[merges["kind"] == "talk"].to_dict("records"):
        where = f"merges.csv ({row['event_id']})"
        if row["event_id"] not in held:
            lines.append(f"{where}, event_id: no such talk{nearest(row['event_id'], held)}")
            continue
        talk = held[row["event_id"]]
        for member in cell_list(row["member_ids"]):
            if member not in said:
                lines.append(f"{where}, member_ids: {member!r} is no claim{nearest(member, said)}")
                continue
            claim = said[member]
            if _gap(talk, claim) > row["window_days"]:
                lines.append(
                    f"{where}, member_ids: {member} is {_gap(talk, claim)} days away; allowed by window_days:"
                    f" {row['window_days']}"
                )
            rows.append(
                {
                    "talk_id": row["event_id"],
                    "claim_id": member,
                    "status": claim["status"],
                    "claim_type": claim["claim_type"],
                    "days_first": (claim["date_first"] - talk["date_last"]).days,
                    "days_last": (claim["date_last"] - talk["date_last"]).days,
                }
            )
    if lines:
        raise Refusal(lines)
    return pd.DataFrame(
        rows, columns=["talk_id", "claim_id", "status", "claim_type", "days_first", "days_last"]
    )


def total(rows: pd.DataFrame, column: str) -> int:
    """The sum of a number over incidents or events, unknown ones left out. Raises Refusal if a row is a total
    or a rate: it may hold the others, and adding it counts the dead twice. A part of a total may be added, as
    long as the total is not."""
    wrong = rows[rows["scope"].isin(["cumulative", "rate"])]
    if len(wrong):
        key = next(c for c in ("event_id", "incident_id", "claim_id") if c in rows.columns)
        raise Refusal(
            [
                f"{row[key]}: scope {row['scope']}, so its {column} cannot be added to others"
                for _, row in wrong.iterrows()
            ]
        )
    return int(rows[column].sum())


def by_actor(events: pd.DataFrame) -> pd.DataFrame:
    """Events by who acted and kind, tiers apart: tier, actor_group, event_type, n_events. Counts of what was
    coded, no frequency."""
    return (
        events.groupby(["tier", "actor_group", "event_type"])
        .size()
        .rename("n_events")
        .reset_index()
        .sort_values(
            ["tier", "n_events", "actor_group", "event_type"],
            ascending=[True, False, True, True],
            ignore_index=True,
        )
    )
