"""Claims, incidents, talks and truces → the built tables that the questions are asked of.

Tiers stay apart in every table: seed (the documents), curated (coded by machine-assisted reading of
other public sources), series (event datasets).
"""

from collections.abc import Collection, Mapping

import pandas as pd

from escalation.cases import Case
from escalation.counts import series
from escalation.errors import Refusal
from escalation.spelling import nearest

NEW = ("ceasefire_text", "new_commitment")
NOT_NEW = ("no_new_commitment", "no_statement")
MOST_TALKS = 400


def talks(coded: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The meetings within the window with one flag for each general set of talks (true/false), and
    `case_sets`: the names of the case's own sets that a meeting is in ("a | b", blank for none).

    primary: meetings of the parties with the area as a main subject, the set fixed before talks and counts
    met (relevance_frozen; in a table without frozen values, relevance); the others are parts of it: scheduled
    (announced a week ahead or more), reactive (at shorter notice), new_commitment and no_new_commitment (by
    documents of the three days after), and those of the case, by format and by talk (`cases.Talks`). Two are
    wider: agenda is every meeting with the area on its agenda, whatever else it dealt with; complete is the
    primary set by the rule that was written down later (relevance), with the meetings found later. Raises
    Refusal where a set of the case names a format or a talk that no row has, and for more than MOST_TALKS
    meetings."""
    _known(coded, case)
    inside = coded["date_first"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    if (n := int((inside & coded["is_meeting"].fillna(False)).sum())) > MOST_TALKS:
        raise Refusal(
            f"talks.csv: {n:,} meetings in the window; {MOST_TALKS:,} are the most, since each is left out in turn"
            " and compared with every day"
        )
    meetings = coded[inside & coded["is_meeting"].fillna(False)].sort_values(
        ["date_first", "talk_id"], ignore_index=True
    )
    frozen = coded["relevance_frozen"].notna().any()
    primary = meetings["relevance_frozen" if frozen else "relevance"].fillna("") == "primary"
    return meetings[
        [
            "talk_id",
            "title",
            "format",
            "date_first",
            "date_last",
            "scheduled",
            "on_agenda",
            "outcome",
            "place",
            "relevance",
        ]
    ].assign(
        in_primary=primary,
        in_scheduled=primary & (meetings["scheduled"] == "yes"),
        in_reactive=primary & (meetings["scheduled"] == "no"),
        in_agenda=meetings["on_agenda"] == "yes",
        in_new_commitment=primary & meetings["outcome"].isin(NEW),
        in_no_new_commitment=primary & meetings["outcome"].isin(NOT_NEW),
        in_complete=meetings["relevance"] == "primary",
        case_sets=_own_sets(meetings[primary], case).reindex(meetings.index),
    )


def _known(coded: pd.DataFrame, case: Case) -> None:
    lines = [
        f"case {case.title}, sets.{name}, {key}: {value!r} is in no row of talks.csv; nearest:"
        f" {nearest(value, set(coded[column].dropna()))}"
        for name, own in case.sets.items()
        for key, column, values in (("formats", "format", own.formats), ("without", "talk_id", own.without))
        for value in values
        if value not in set(coded[column])
    ]
    if lines:
        raise Refusal(lines)


def _own_sets(primary: pd.DataFrame, case: Case) -> pd.Series:
    held = pd.Series("", index=primary.index, dtype="str")
    for name, own in case.sets.items():
        is_in = ~primary["talk_id"].isin(own.without)
        if own.formats:
            is_in &= primary["format"].isin(own.formats)
        held = held.mask(is_in, held + " | " + name)
    return held.str.removeprefix(" | ").replace("", None)


def with_truces(built: pd.DataFrame, coded_truces: pd.DataFrame) -> pd.DataFrame:
    """The talks with truce_within_3_days (true/false): whether a truce (is_truce) was announced, by whomever,
    from the first day of a meeting to three days after its last. A truce may follow several meetings, and
    says nothing of their texts: see outcome."""
    announced = coded_truces.loc[coded_truces["is_truce"].fillna(False), "announced_date"]
    after = [
        bool(announced.between(first, last + pd.Timedelta(days=3)).any())
        for first, last in zip(built["date_first"], built["date_last"], strict=True)
    ]
    return built.assign(truce_within_3_days=pd.Series(after, index=built.index, dtype="bool"))


def talks_of(built: pd.DataFrame, talks_set: str, case: Case) -> pd.DataFrame:
    """The rows of `talks` that belong to a set. Raises Refusal, with the nearest and all that this case has,
    for another."""
    if talks_set not in case.talks_sets:
        allowed = ", ".join(case.talks_sets)
        raise Refusal(
            [f"talks_set {talks_set!r}; nearest: {nearest(talks_set, case.talks_sets)}; allowed: {allowed}"]
        )
    if talks_set in case.sets:
        is_in = [talks_set in str(cell).split(" | ") for cell in built["case_sets"]]
        return built[is_in].reset_index(drop=True)
    return built[built[f"in_{talks_set}"]].reset_index(drop=True)


def truces(coded: pd.DataFrame, case: Case) -> pd.DataFrame:
    """One row a truce arrangement that took effect within the window: truce_id, name, effective_date,
    announced_by, collapse_first, date_last (last day its sources give for the collapse, or the end of the
    window), is_open (no collapse by then), collapse_as_reported, in_register, n_accounts (versions of one
    arrangement; the earliest stands for it)."""
    real = coded[
        coded["is_truce"].fillna(False)
        & coded["effective_date"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    ]
    accounts = real.groupby("arrangement")["truce_id"].transform("size")
    first = (
        real.assign(n_accounts=accounts)
        .sort_values(["effective_date", "truce_id"])
        .drop_duplicates("arrangement")
        .reset_index(drop=True)
    )
    return first[["truce_id", "name", "effective_date", "announced_by", "collapse_first"]].assign(
        date_last=first["collapse_last"].fillna(pd.Timestamp(case.end)),
        is_open=first["collapse_last"].isna(),
        collapse_as_reported=first["collapse_as_reported"],
        in_register=first["in_register"],
        n_accounts=first["n_accounts"].astype("Int64"),
    )


def named(case: Case, talks: pd.DataFrame, truces: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """The events that the case names on its main drawing, in order: label, row_id, date (the first day, or the
    day a truce took effect), those of the window. The last three arguments are the coded tables. Raises Refusal
    for an id that none of them has."""
    of_tables = [
        (talks, "talk_id", "date_first"),
        (truces, "truce_id", "effective_date"),
        (incidents, "incident_id", "date_first"),
    ]
    known = {
        row_id: day
        for table, key, column in of_tables
        for row_id, day in zip(table[key], table[column], strict=True)
    }
    if strange := [row_id for row_id in case.named if row_id not in known]:
        raise Refusal(
            [
                f"data/cases, named: {row_id!r} is no talk, truce or incident of the coded tables; nearest: "
                f"{nearest(row_id, list(known))}"
                for row_id in strange
            ]
        )
    rows = [(label, row_id, known[row_id]) for row_id, label in case.named.items()]
    frame = pd.DataFrame(rows, columns=["label", "row_id", "date"]).astype({"date": "datetime64[us]"})
    inside = frame["date"].between(pd.Timestamp(case.start), pd.Timestamp(case.end))
    return frame[inside].sort_values("date", kind="stable", ignore_index=True)


def daily(ucdp: pd.DataFrame, airwars: pd.DataFrame, case: Case) -> pd.DataFrame:
    """One row a day over the whole area: date, main_events, main_events_inexact, main_events_all,
    main_fatalities_best/low/high, main_civilians (missing where unknown), main_civilians_known and
    main_fatalities_known (of events whose split is known), second_incidents, second_fair_or_confirmed,
    second_civilians_min/max (missing for a case without them). The columns main_… hold the main series,
    whoever published it."""
    return _by_day(ucdp, airwars, pd.date_range(case.start, case.end), is_margin=False)


def margin(ucdp: pd.DataFrame, airwars: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The days that are counted before the window begins, in the columns of `daily`; blank where a series
    begins later. Windows around talks and truces read them; they are part of no total, no phase and no
    shifted calendar."""
    first = min(table["date"].min() for table in (ucdp, airwars) if len(table))
    return _by_day(
        ucdp, airwars, pd.date_range(first, pd.Timestamp(case.start), inclusive="left"), is_margin=True
    )


def _by_day(
    ucdp: pd.DataFrame, airwars: pd.DataFrame, days: pd.DatetimeIndex, *, is_margin: bool
) -> pd.DataFrame:
    columns = {
        "main_events": (ucdp, "events_state"),
        "main_events_inexact": (ucdp, "events_state_inexact"),
        "main_events_all": (ucdp, "events_all"),
        "main_fatalities_best": (ucdp, "fatalities_best"),
        "main_fatalities_low": (ucdp, "fatalities_low"),
        "main_fatalities_high": (ucdp, "fatalities_high"),
        "main_civilians": (ucdp, "civilians"),
        "main_civilians_known": (ucdp, "civilians_known"),
        "main_fatalities_known": (ucdp, "fatalities_known"),
        "second_incidents": (airwars, "incidents"),
        "second_fair_or_confirmed": (airwars, "incidents_fair_or_confirmed"),
        "second_civilians_min": (airwars, "civilians_killed_min"),
        "second_civilians_max": (airwars, "civilians_killed_max"),
    }
    nothing = pd.Series(pd.NA, index=days, dtype="Int64")

    def of_days(table: pd.DataFrame, column: str) -> pd.Series:
        # within the window every day has to be counted, or `total` refuses
        known = days[days >= table["date"].min()] if is_margin and len(table) else days
        if table.empty or known.empty:
            return nothing
        return series.total(table, column, start=known[0], end=known[-1]).reindex(days)

    built = pd.DataFrame(
        {name: of_days(table, column) for name, (table, column) in columns.items()}, index=days
    ).astype("Int64")
    return built.rename_axis("date").reset_index()


def has(built: pd.DataFrame, source: str) -> bool:
    """Whether the case has counts of this source ("ucdp": the main series, "airwars") at all."""
    return bool(built[{"ucdp": "main_events", "airwars": "second_incidents"}[source]].notna().any())


def counts(built: pd.DataFrame, *, source: str, measure: str, start: object | None, end: object) -> pd.Series:
    """One daily series out of `daily`: source "ucdp" or "airwars", measure "events" or "fatalities" (UCDP's
    best estimate; of Airwars the minimum of civilians alleged killed). A gapless DatetimeIndex, float.
    Without `start`: from the first day that is counted, which in `margin` and `daily` together may lie before
    the window. Raises Refusal for an unknown choice or a window that leaves the table."""
    columns = {
        ("ucdp", "events"): "main_events",
        ("ucdp", "fatalities"): "main_fatalities_best",
        ("airwars", "events"): "second_incidents",
        ("airwars", "fatalities"): "second_civilians_min",
    }
    if (source, measure) not in columns:
        raise Refusal(
            [
                f"no series {source!r} of {measure!r}; there are:"
                f" {', '.join(' '.join(pair) for pair in columns)}"
            ]
        )
    by_day = built.set_index("date")[columns[source, measure]]
    if by_day.isna().all():
        raise Refusal([f"no series {source!r}: this case has none"])
    window = pd.date_range(str(by_day.first_valid_index() if start is None else start), str(end))
    if window.empty or window[0] < by_day.index[0] or window[-1] > by_day.index[-1]:
        raise Refusal(
            [
                f"window {start} to {end} leaves the daily counts ({by_day.index[0]:%Y-%m-%d} to"
                f" {by_day.index[-1]:%Y-%m-%d})"
            ]
        )
    return by_day.reindex(window).astype("float64")


def column(built: pd.DataFrame, name: str, *, end: object) -> pd.Series:
    """One column of `margin` and `daily` together, from the first day that is counted to `end`: a
    DatetimeIndex, float."""
    by_day = built.set_index("date")[name]
    return by_day.loc[by_day.first_valid_index() : pd.Timestamp(str(end))].astype("float64")


# the counts that other specifications are tried on, and where they stand in `daily`
SERIES = {
    "ucdp": "main_events",
    "ucdp_all": "main_events_all",
    "ucdp_deaths": "main_fatalities_best",
    "airwars": "second_incidents",
    "airwars_graded": "second_fair_or_confirmed",
    "airwars_deaths": "second_civilians_min",
}


def every_series(built: pd.DataFrame, sources: Collection[str], *, end: object) -> dict[str, pd.Series]:
    """Each of the counts of `SERIES` that these sources publish, as `column` gives it."""
    return {name: column(built, of, end=end) for name, of in SERIES.items() if name.split("_")[0] in sources}


def known_dead(built: pd.DataFrame, *, start: object, end: object) -> tuple[dict[str, pd.Series], str]:
    """Combatants and civilians killed a day, of events for which the split is known, and the last day of the
    window with such an event; no series, and the first day, where there is none."""
    inside = built["date"].between(pd.Timestamp(str(start)), pd.Timestamp(str(end)))
    known = built.loc[inside & (built["main_fatalities_known"] > 0), "date"]
    if known.empty:
        return {}, str(start)
    until = f"{known.max():%Y-%m-%d}"
    civilians, killed = (
        column(built, f"main_{name}_known", end=until) for name in ("civilians", "fatalities")
    )
    return {"combatants": (killed - civilians).clip(lower=0), "civilians": civilians.clip(lower=0)}, until


def dead_by_month(built: pd.DataFrame) -> pd.DataFrame:
    """People killed by month as the two sources count them: month (its first day), civilians, others (both of
    events for which the main source splits them), unknown (killed in its other events), second_min, second_max
    (civilians, by the second source; blank where there is none)."""
    own = built.set_index("date")
    days = pd.DataFrame(
        {
            "civilians": own["main_civilians_known"],
            "others": (own["main_fatalities_known"] - own["main_civilians_known"]).clip(lower=0),
            "unknown": (own["main_fatalities_best"] - own["main_fatalities_known"]).clip(lower=0),
            "second_min": own["second_civilians_min"],
            "second_max": own["second_civilians_max"],
        }
    ).astype("float64")
    return days.resample("MS").sum(min_count=1).rename_axis("month").reset_index()


def panels(
    built: pd.DataFrame, sources: Collection[str], *, start: object, end: object
) -> dict[str, pd.Series]:
    """Who strikes and who is hit, by day: lethal events, Airwars incidents where it counts the case, and
    combatants and civilians killed as long as the split is known (`known_dead`)."""
    found = {"lethal events": column(built, "main_events", end=end)}
    if "airwars" in sources:
        found["Airwars incidents"] = column(built, "second_incidents", end=end)
    dead, _ = known_dead(built, start=start, end=end)
    return found | {f"{name} killed": counts for name, counts in dead.items()}


def control(
    kept: pd.DataFrame, records: Mapping[str, Mapping[str, object]], *, series: str, measure: str, end: object
) -> pd.Series | None:
    """Daily counts of the same war outside the area, to `end`; None where there are none that could be
    compared: a case without a control (`kept` has no rows), an event file of the user's own, Airwars (which
    was counted in the area alone)."""
    if kept.empty or series != "ucdp" or "rows_of_the_war_elsewhere" not in records["ucdp"]:
        return None
    by_day = kept.set_index("date")["events" if measure == "events" else "fatalities_best"]
    return by_day.loc[: pd.Timestamp(str(end))].astype("float64")


def distinct(sets: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The sets of talks without those that hold the same meetings as one before them: no second look."""
    first: dict[tuple[str, ...], str] = {}
    for name, held in sets.items():
        first.setdefault(tuple(held["talk_id"]), name)
    return {name: sets[name] for name in first.values()}


def coverage(
    claims: pd.DataFrame, incidents: pd.DataFrame, built_daily: pd.DataFrame, case: Case
) -> pd.DataFrame:
    """For each day of the window, who speaks of it: date, n_seed (claims dated to it), n_curated (incidents),
    n_main, n_second (recorded events), is_silent (none of them). Claims and incidents count on a day only if
    they are dated to at most a week."""
    window = pd.date_range(case.start, case.end)
    dated = claims[~claims["status"].isin(["opinion", "planned"])]

    def per_day(rows: pd.DataFrame) -> pd.Series:
        short = rows[(rows["date_last"] - rows["date_first"]).dt.days < 7]
        days = [
            day
            for first, last in zip(short["date_first"], short["date_last"], strict=True)
            for day in pd.date_range(first, last)
        ]
        return (
            pd.Series(days, dtype="datetime64[ns]")
            .value_counts()
            .reindex(window, fill_value=0)
            .astype("Int64")
        )

    spoken = pd.DataFrame({"n_seed": per_day(dated), "n_curated": per_day(incidents)}, index=window)
    recorded = built_daily.set_index("date")[["main_events", "second_incidents"]].reindex(window)
    spoken = spoken.assign(n_main=recorded["main_events"], n_second=recorded["second_incidents"])
    return spoken.assign(is_silent=(spoken.fillna(0) == 0).all(axis=1)).rename_axis("date").reset_index()
