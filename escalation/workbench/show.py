"""The answer as it stands in a notebook: sentence, numbers, one chart, commands; and the evidence behind any
point of it. All of it plain HTML, readable without widgets."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from escalation import evidence, phases, timing
from escalation.errors import Refusal
from escalation.evidence.anchors import cell_list
from escalation.figures import robustness, style, titles
from escalation.figures import timing as draw
from escalation.figures.save import Chart
from escalation.figures.timeline import timeline
from escalation.findings import (
    by_chance,
    counted,
    days,
    interval,
    is_known,
    listed_days,
    number,
    p_value,
    part,
)
from escalation.page import blocks, facts, fragments
from escalation.workbench.answer import Answer, Choice, Tables, ask
from escalation.workbench.command import commands, unknown_to_report
from escalation.workbench.left_out import NOTHING, talks_left_out

OUTER = Markup('<div class="escalation tex2jax_ignore mathjax_ignore">{}</div>')


@dataclass(frozen=True)
class Shown:
    """HTML for a notebook, with the same in plain words for whoever sees no HTML."""

    html: str
    words: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.words}


def _look(tables: Tables, answer: Answer) -> dict[str, Any]:
    choice, case = answer.choice, answer.case
    said = [
        "tables coded by this project",
        *(tables.records[name]["credit"] for name in [choice.series] if name in tables.records),
    ]
    return {
        "what": answer.what,
        "colour": style.MEANING[choice.series if choice.measure == "events" else "fatalities"],
        "source": (
            f"Source: {'; '.join(said)}. {', '.join(case.areas)}; {days(case.start, case.end)}. Workbench,"
            " not part of the report."
        ),
    }


def _episodes(tables: Tables, answer: Answer) -> Chart:
    found = answer.measured
    names = timing.episode_titles(answer.spans, answer.talks, whole=True)
    notice = timing.episode_labels(answer.spans, answer.talks, column="scheduled")
    rows = found.contrasts.assign(name=names, notice=notice)
    said = titles.rising_title(answer.found["ratio"], answer.found["rising"])
    return draw.episodes(
        rows,
        found.ratio,
        found.test,
        said=said,
        window_days=answer.choice.window_days,
        **_look(tables, answer),
    )


def _calendar(tables: Tables, answer: Answer) -> Chart:
    weeks = phases.weekly(answer.counts, anchor=0)
    breaks = answer.breaks.assign(is_possible=False)
    named = pd.DataFrame({"label": [], "date": []})
    lanes = answer.case.lanes
    return timeline(
        weeks,
        None,
        breaks,
        answer.phases,
        answer.talks,
        answer.truces,
        named,
        lanes_of=lanes,
        **_look(tables, answer),
    )


def _shifts(tables: Tables, answer: Answer) -> Chart:
    found = answer.measured
    said = titles.placebo_title(found.test.p, found.test.n_shifts)
    return draw.placebo(found.shifts, found.test, said=said, detectable=None, **_look(tables, answer))


def _course(tables: Tables, answer: Answer) -> Chart:
    spans = answer.spans
    return draw.peri_event(
        timing.peri_event(answer.counts_around, spans),
        timing.peri_median(answer.counts_around, spans, answer.choice.design),
        {},
        said=answer.title,
        **_look(tables, answer),
    )


def _left_out(tables: Tables, answer: Answer) -> Chart:
    found = talks_left_out(tables, answer.choice)
    rows = (
        found.dropna(subset=["ratio"])
        .rename(columns={"kind": "group", "left_out": "label", "n_episodes": "n"})
        .reset_index(drop=True)
    )
    rows = rows.assign(
        label=rows["label"].mask(rows["group"] == NOTHING, "as shown"),
        group=rows["group"].replace(NOTHING, "nothing left out"),
    )
    least, most = rows["ratio"].min(), rows["ratio"].max()
    return robustness.forest(
        rows,
        said=f"Leaving one thing out gives ratios from {number(least)} to {number(most)}",
        subtitle=(
            f"{answer.what}: ratio after to before with one episode, publisher or part of the area left out;"
            " 90 % interval; n = episodes"
        ),
        caption="A publisher is left out with the talks that stand on its pages alone.",
        colour=_look(tables, answer)["colour"],
        source=_look(tables, answer)["source"],
    )


VIEWS: Mapping[str, Callable[[Tables, Answer], Chart]] = {
    "episodes": _episodes,
    "talks and phases": _calendar,
    "shifted calendars": _shifts,
    "day by day": _course,
    "one left out": _left_out,
}


def picture(chart: Chart) -> Markup:
    """A chart as HTML: title, drawing with its alt text, caption."""
    drawing = chart.svg(style.STANDARD, name="workbench")
    return Markup(
        '<figure style="margin:0"><p style="line-height:1.4"><b>{}</b><br>{}</p><img style="width:100%;max-width:45rem"'
        ' src=\'{}\' alt="{}"><figcaption style="line-height:1.4">{}</figcaption></figure>'
    ).format(chart.title, chart.subtitle, fragments.svg_uri(drawing), chart.alt, chart.caption)


def _table(rows: list[tuple[str, str]]) -> Markup:
    cells = Markup("").join(
        Markup(
            '<tr><th scope="row" style="text-align:left">{}</th><td style="text-align:left">{}</td></tr>'
        ).format(*row)
        for row in rows
    )
    return Markup('<table style="line-height:1.4">{}</table>').format(cells)


def numbers(answer: Answer) -> list[tuple[str, str]]:
    """The numbers of an answer, each with its name."""
    found = answer.measured
    meetings = (
        f"{counted(len(answer.talks), 'meeting')} in {counted(len(answer.spans), 'episode')}, {found.ratio.n}"
        " with full windows"
    )
    shifts = (
        f"{number(found.test.band_low)} to {number(found.test.band_high)} (n = {found.test.n_shifts} shifts,"
        f" exact p = {p_value(found.test.p)})"
    )
    changes = f": {listed_days(answer.breaks['date'])}" if len(answer.breaks) else ""
    return [
        ("Talks", meetings),
        ("Ratio, after to before", f"{number(found.ratio.ratio)} ({interval(found.ratio._asdict())})"),
        ("Episodes that rose", answer.said("rising_sentence")),
        ("Shifted calendars, nine in ten", shifts),
        ("Against similar days", f"{number(found.adjusted.ratio)} (p = {p_value(found.adjusted.p)})"),
        ("The phases alone would give", number(answer.from_phases)),
        ("Changes of level", f"{len(answer.breaks)}{changes}"),
        (
            "Counted",
            (
                f"{number(float(answer.counts.sum()))} {answer.what.lower()}, {', '.join(answer.case.areas)},"
                f" {days(answer.case.start, answer.case.end)}"
            ),
        ),
    ]


def findings_of(answer: Answer) -> list[tuple[str, str]]:
    """What becomes of each of the report's five findings: its question, and the answer in words."""
    changes = f": {listed_days(answer.breaks['date'])}" if len(answer.breaks) else ""
    return [
        ("When did the violence change?", f"{counted(len(answer.breaks), 'change').capitalize()}{changes}"),
        ("Did it move with the talks?", answer.title),
        ("Is the day after talks like any other?", _day_after(answer.next_day)),
        ("What became of the truces?", _after_truces(answer)),
        (
            "What do the documents see?",
            f"Not computed here: it goes by the documents and by {days(answer.case.start, answer.case.end)}",
        ),
    ]


def _day_after(day: Mapping[str, Any]) -> str:
    if not day["n"]:
        return "No meeting has a day after it in the window"
    said = f"After {part(day['value'], day['n'], 'meeting')} something was recorded on the next day"
    return f"{said}; other dates give {by_chance(day)}" if is_known(day["expected"]) else said


def _after_truces(answer: Answer) -> str:
    found = answer.of_truces
    if found is None:
        return "No truce took effect in the window"
    size = {"value": found.ratio.ratio, "low": found.ratio.low, "high": found.ratio.high}
    about = {**size, "window_days": answer.choice.window_days, "what": answer.what}
    return titles.talks_title(found.verdict, about, of="truces")


def beside(now: Answer, first: Answer) -> str:
    """The five findings with the choices that the notebook began with and with these, side by side, as HTML."""
    rows = Markup("").join(
        Markup(
            '<tr><th scope="row" style="text-align:left">{}</th><td style="text-align:left">{}</td>'
            '<td style="text-align:left">{}</td></tr>'
        ).format(question, before, "the same" if after == before else after)
        for (question, before), (_, after) in zip(findings_of(first), findings_of(now), strict=True)
    )
    return OUTER.format(
        Markup(
            '<details open><summary>What becomes of the five findings</summary><table class="findings"'
            ' style="line-height:1.4"><tr><th scope="col">Question</th><th scope="col">As the notebook began</th>'
            '<th scope="col">With these choices</th></tr>{}</table></details>'
        ).format(rows)
    )


def _commands(choice: Choice, tables: Tables) -> Markup:
    lines = Markup("").join(
        Markup("<dt>{}</dt><dd><pre>{}</pre></dd>").format(*pair)
        for pair in commands(choice, tables.published).items()
    )
    return Markup(
        "<details open><summary>Commands that give this</summary><dl>{}</dl><p>{}</p></details>"
    ).format(lines, unknown_to_report(choice))


def concluded(answer: Answer) -> str:
    """The sentence that follows from an answer, as HTML: what a control changes first."""
    return OUTER.format(
        Markup('<p class="conclusion" style="line-height:1.4"><b>{}.</b> {}</p>').format(
            answer.title, answer.said("verdict_paragraph")
        )
    )


def below(tables: Tables, answer: Answer, *, view: str) -> str:
    """What stands below the sentence, as HTML: the chart of that view, the numbers, the commands. Raises Refusal
    for a view that there is not."""
    if view not in VIEWS:
        raise Refusal([f"view {view!r}; there are: {', '.join(VIEWS)}"])
    return OUTER.format(
        Markup(
            '<div style="display:flex;flex-wrap:wrap;gap:1em"><div style="flex:3 1 26em">{}</div><div'
            ' style="flex:2 1 18em">{}</div></div>{}'
        ).format(
            picture(VIEWS[view](tables, answer)), _table(numbers(answer)), _commands(answer.choice, tables)
        )
    )


def drawn(tables: Tables, answer: Answer, *, view: str) -> Shown:
    """An answer as a notebook shows it: sentence, numbers, the chart of that view, commands."""
    sentence = textwrap.wrap(answer.said("verdict_paragraph"), 100)
    plain = [f"{answer.title}.", *sentence, *(f"{name}: {value}" for name, value in numbers(answer))]
    words = "\n".join([*plain, *commands(answer.choice, tables.published).values()])
    return Shown(concluded(answer) + below(tables, answer, view=view), words)


def refused(refusal: Refusal) -> Shown:
    """What stands there instead when a choice leads nowhere."""
    said = Markup("<br>").join(refusal.problems)
    return Shown(
        OUTER.format(Markup("<p><b>This choice gives no answer.</b> {}</p>").format(said)),
        f"No answer. {refusal}",
    )


def show(tables: Tables, choice: Choice, *, view: str = "episodes") -> Shown:
    """`drawn` for a choice; one that leads nowhere says why instead."""
    try:
        return drawn(tables, ask(tables, choice), view=view)
    except Refusal as refusal:
        return refused(refusal)


def points(answer: Answer, tables: Tables) -> dict[str, dict[str, str]]:
    """What there is evidence for: "episodes" (number → label, as in the chart) and "claims" (id → its first
    words)."""
    episodes = dict(
        zip(
            answer.spans["episode"].astype("str"),
            timing.episode_titles(answer.spans, answer.talks),
            strict=True,
        )
    )
    quotes = tables.coded["claims"].set_index("claim_id")["quote"]
    return {
        "episodes": episodes,
        "claims": {
            str(name): f"{name}: {textwrap.shorten(quote, 60, placeholder=' …')}"
            for name, quote in quotes.items()
        },
    }


def _cards(claim_ids: list[str]) -> Markup:
    # S704: the report's own template, which escapes what it draws
    return Markup(fragments.for_jupyter(blocks.claim_cards(claim_ids))) if claim_ids else Markup("")  # noqa: S704


def _pages(cell: Any) -> Markup:
    links = (
        Markup('<a href="{}">{}</a>').format(address, facts.host(address))
        for address in cell_list(cell)
        if address.startswith("http")
    )
    return Markup(", ").join(links)


def _talk(talk: dict[Any, Any]) -> Markup:
    words_of = {
        "where": "place",
        "who": "participants",
        "outcome": "outcome_as_reported",
        "what happened": "summary",
        "sources differ": "conflicts",
    }
    rows = [("when", days(talk["date_first"], talk["date_last"]))]
    rows += [(name, str(talk[column])) for name, column in words_of.items() if not pd.isna(talk[column])]
    return Markup("<h4>{} ({})</h4>{}<p>Pages: {}</p>").format(
        talk["title"], talk["talk_id"], _table(rows), _pages(talk["source_urls"])
    )


def evidence_of(tables: Tables, answer: Answer, point: str) -> Shown:
    """Behind an episode (its number) the record of each of its talks with their pages, the coded incidents of
    its two windows, and the claims that tell of it; behind a claim (its id) its card: quote, speaker,
    document, checks. Raises Refusal for neither."""
    if point in set(tables.coded["claims"]["claim_id"]):
        claim = tables.coded["claims"].set_index("claim_id").loc[point]
        return Shown(OUTER.format(_cards([point])), f"{point}, {claim['speaker']}: {claim['quote']}")
    found = answer.measured.contrasts
    row = found[found["episode"].astype(str) == point]
    if row.empty:
        raise Refusal(
            [
                f"{point!r}: no claim and no episode; there are episodes 1 to {len(found)} and"
                f" {counted(len(tables.coded['claims']), 'claim')}"
            ]
        )
    span = {**row.iloc[0].to_dict(), "talk_ids": answer.spans.loc[row.index[0], "talk_ids"]}
    reach = pd.Timedelta(days=answer.choice.window_days)
    talks = tables.coded["talks"].set_index("talk_id", drop=False).loc[span["talk_ids"].split(" | ")]
    incidents = tables.coded["incidents"]
    near = incidents[
        (incidents["date_last"] >= span["date_first"] - reach)
        & (incidents["date_first"] <= span["date_last"] + reach)
    ]
    told = evidence.talk_claims(tables.coded["claims"], tables.coded["talks"], tables.coded["merges"])
    cards = told.loc[told["talk_id"].isin(talks["talk_id"]), "claim_id"].tolist()
    if span["is_full_window"]:
        line = (
            f"{number(span['n_before'])} → {number(span['n_after'])} ({answer.what.lower()} before and"
            f" after), ratio {number(span['ratio'])}"
        )
    else:
        line = "one of its windows leaves the counts, so it is not counted"
    items = Markup("").join(
        Markup("<li>{}: {} {}</li>").format(
            days(each["date_first"], each["date_last"]), each["summary"], _pages(each["source_urls"])
        )
        for each in near.sort_values(["date_first", "incident_id"]).to_dict("records")
    )
    html = Markup(
        "<p><b>{}</b></p>{}<h4>Coded incidents in these days ({})</h4><p>Dated examples, never counted as a"
        " frequency.</p><ul>{}</ul><h4>Claims of the documents ({})</h4>{}"
    ).format(
        line,
        Markup("").join(_talk(talk) for talk in talks.to_dict("records")),
        len(near),
        items,
        len(cards),
        _cards(cards),
    )
    return Shown(
        OUTER.format(html),
        "\n".join(
            [line, *talks["title"], f"{len(near)} coded incidents, claims: {', '.join(cards) or 'none'}"]
        ),
    )
