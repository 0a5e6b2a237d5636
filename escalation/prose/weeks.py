"""The weeks of the main drawing: what was counted in each, and which records speak of it."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from escalation import events, phases
from escalation.cases import Case
from escalation.counts import sources
from escalation.findings import days, number, window
from escalation.page import blocks


def weeks_block(
    by_day: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    case: Case,
    *,
    records: Mapping[str, Mapping[str, Any]],
    published: Mapping[str, Any],
) -> blocks.Explorer:
    """The controls with which a reader asks for a week. `by_day`: the table `daily`; `tables`: built_talks,
    built_truces, events, episodes, by name; `published`: the parameters of 3_timing. What a record says stands
    in its row or card of the page, which is named here."""
    start, end = str(published["start"])[:10], str(published["end"])[:10]
    counted = [(published["series"], published["measure"])]
    counted += [
        (other, "events")
        for other in ("ucdp", "airwars")
        if other != counted[0][0] and events.has(by_day, other)
    ]
    anchor = int(published["week_anchor"])
    by_week = [
        phases.weekly(
            events.counts(by_day, source=name, measure=measure, start=start, end=end), anchor=anchor
        )
        for name, measure in counted
    ]
    what = [sources.of_series(*pair, records=records) for pair in counted]
    inside = by_day.set_index("date").loc[start:end]
    killed = {
        name: phases.weekly(inside[f"main_fatalities_{name}"].astype(float), anchor=anchor)
        for name in ("low", "best", "high")
    }
    each = list(zip(what, by_week, strict=True))
    is_killed = counted[0] == ("ucdp", "fatalities")  # people killed are told at the end, with their range
    first, weeks = pd.Timestamp(start), pd.DatetimeIndex(by_week[0].index)
    said = []
    for at, week in enumerate(weeks):
        parts = [f"{name} {number(one.iloc[at])}" for name, one in each[is_killed:]]
        low, best, high = (number(killed[name].iloc[at]) for name in ("low", "best", "high"))
        when = days(week, week + pd.Timedelta(days=6))
        said.append(f"{when}: {'; '.join([*parts, f'people killed {best} ({low} to {high})'])}.")
    found = _records(tables, window_days=published["window_days"])
    found = found[(found["date_last"] >= weeks[0]) & (found["date_first"] < weeks[-1] + pd.Timedelta(days=7))]
    span = found["date_last"] - found["date_first"]
    found = found.assign(span=span).sort_values(
        ["kind", "span", "date_first", "id"], kind="stable", ignore_index=True
    )
    ends = {
        name: ((found[name] - weeks[0]).dt.days // 7).clip(0, len(weeks) - 1)
        for name in ("date_first", "date_last")
    }
    told = {
        "first_week": int((weeks[0] - first).days),
        "n_days": int((pd.Timestamp(end) - first).days) + 1,
        "peak": int(by_week[0].to_numpy().argmax()),
        "said": said,
        "records": [
            list(row)
            for row in zip(
                ends["date_first"].tolist(),
                ends["date_last"].tolist(),
                found["id"],
                found["words"],
                strict=True,
            )
        ],
        "go": [
            [kind, list(rows.sort_values("date_first", kind="stable")["name"].items())]
            for kind, rows in found.dropna(subset=["name"]).groupby("kind", sort=False, observed=True)
        ],
    }
    return blocks.Explorer(json.dumps(told, separators=(",", ":"), ensure_ascii=False), "weeks")


def _records(tables: Mapping[str, pd.DataFrame], *, window_days: int) -> pd.DataFrame:
    """What is known by day: kind, id (of the row or card in the page), words, name (of what can be asked for by it),
    date_first, date_last."""
    truces, talks, spans = tables["built_truces"], tables["built_talks"], tables["episodes"]
    happened, in_days = tables["events"], window(window_days)
    told_spans = [
        f"Episode {row['episode']} of talks: {number(row['n_before'])} in the {in_days} before,"
        f" {number(row['n_after'])} in the {in_days} after"
        for row in spans.to_dict("records")
    ]
    by_id = {
        name: happened.assign(name=happened[name].str.split(" | ", regex=False))
        .explode("name")
        .dropna(subset="name")
        for name in ("incident_ids", "claim_ids")
    }
    parts = {
        "Truces": truces.rename(columns={"effective_date": "date_first"}).assign(
            id="truce-" + truces["truce_id"]
        ),
        "Talks": talks.assign(id="talk-" + talks["talk_id"], name=talks["title"]),
        "Episodes of talks": spans.assign(id="table-episodes", words=told_spans, name=told_spans),
        "Incidents": by_id["incident_ids"].assign(
            id=lambda rows: "incident-" + rows["name"].astype("str"), name=None
        ),
        "Claims": by_id["claim_ids"].assign(id=lambda rows: "claim-" + rows["name"].astype("str"), name=None),
    }
    for kind, rows in parts.items():
        if kind != "Episodes of talks":
            when = [days(*pair) for pair in zip(rows["date_first"], rows["date_last"], strict=True)]
            parts[kind] = rows.assign(words=[f"{kind.removesuffix('s')}, {each}" for each in when])
    columns = ["kind", "id", "words", "name", "date_first", "date_last"]
    order = pd.CategoricalDtype(list(parts), ordered=True)
    held = [rows.assign(kind=kind)[columns] for kind, rows in parts.items() if len(rows)]
    return pd.concat(held or [pd.DataFrame(columns=columns)]).astype({"kind": order})
