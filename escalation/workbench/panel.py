"""The controls: move one, and sentence, numbers, chart and commands follow. Without ipywidgets, or in a page
that has no kernel behind it, the same answer stands there without controls."""

from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any

from escalation import events
from escalation.errors import Refusal
from escalation.workbench.answer import ANCHORS, WHOLE, Answer, Choice, Tables, ask
from escalation.workbench.answer import choice as checked
from escalation.workbench.show import (
    VIEWS,
    Shown,
    below,
    beside,
    concluded,
    evidence_of,
    points,
    refused,
    show,
)

SIZE = {"style": {"description_width": "8em"}, "layout": {"width": "27em"}}


@dataclass(frozen=True)
class Panel:
    """The controls by name and the `box` that holds them; for front ends without widgets the first answer
    stands in their place."""

    box: Any
    first: Shown
    controls: dict[str, Any]

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**self.box._repr_mimebundle_(**options), **self.first._repr_mimebundle_()}


def panel(tables: Tables, choice: Choice) -> Panel | Shown:
    """Controls set to the choice, over what follows from it; without ipywidgets the answer alone, with a word
    on how to change it."""
    first = show(tables, choice)
    if find_spec("ipywidgets") is None:
        note = (
            "There are no controls, since ipywidgets is not installed: change the parameters cell and run"
            " again."
        )
        return Shown(f"<p>{note}</p>{first.html}", f"{note}\n{first.words}")
    import ipywidgets as widgets  # type: ignore[import-untyped]

    case = tables.case
    wanted = case.areas if choice.area == WHOLE else [name.strip() for name in choice.area.split("|")]
    # sets that this case has; the main one by the case's own words
    every = events.talks(tables.coded["talks"], case)
    sets = [
        (case.words.meetings if name == "primary" else said, name)
        for name, (said, _) in case.talks_sets.items()
        if name == choice.talks_set or len(events.talks_of(every, name, case))
    ]
    controls: dict[str, Any] = {
        "window_days": widgets.IntSlider(
            choice.window_days, 1, 30, description="window, days", continuous_update=False, **SIZE
        ),
        "anchor": widgets.Dropdown(
            options=[(said, name) for name, said in ANCHORS.items()],
            value=choice.anchor,
            description="counted from",
            **SIZE,
        ),
        "talks_set": widgets.Dropdown(options=sets, value=choice.talks_set, description="talks", **SIZE),
        "statistic": widgets.Dropdown(
            options=[("each episode alike", "typical"), ("all days together", "pooled")],
            value=choice.statistic,
            description="average",
            **SIZE,
        ),
        "series": widgets.Dropdown(
            options=[
                (said, name)
                for said, name in (("UCDP", "ucdp"), ("Airwars", "airwars"))
                if len(tables.daily[name])
            ],
            value=choice.series,
            description="counts",
            **SIZE,
        ),
        "measure": widgets.Dropdown(
            options=[("events", "events"), ("people killed", "fatalities")],
            value=choice.measure,
            description="measure",
            **SIZE,
        ),
        "criterion": widgets.Dropdown(
            options=[("few (strict criterion)", "LWZ"), ("more (generous criterion)", "BIC")],
            value=choice.criterion,
            description="changes",
            **SIZE,
        ),
        "min_weeks": widgets.IntSlider(
            choice.min_weeks, 2, 12, description="shortest phase", continuous_update=False, **SIZE
        ),
        "start": widgets.DatePicker(value=date.fromisoformat(choice.start), description="first day", **SIZE),
        "end": widgets.DatePicker(value=date.fromisoformat(choice.end), description="last day", **SIZE),
        "area": widgets.SelectMultiple(
            options=case.areas, value=wanted, rows=len(case.areas), description="area", **SIZE
        ),
    }
    view = widgets.ToggleButtons(options=list(VIEWS), value="episodes", style={"button_width": "12em"})
    said, shown, findings, busy = (widgets.HTML() for _ in range(4))
    point = widgets.Dropdown(
        description="evidence for", style={"description_width": "11em"}, layout={"width": "58em"}
    )
    behind = widgets.HTML()

    def chosen() -> Choice:
        values = {name: control.value for name, control in controls.items()}
        parts = (
            case.areas
            if not values["area"] or len(values["area"]) == len(case.areas)
            else list(values["area"])
        )
        days = {
            name: values[name].isoformat() if values[name] else getattr(choice, name)
            for name in ("start", "end")
        }
        return checked(
            **{
                **choice.model_dump(),
                **values,
                **days,
                "area": WHOLE if parts == case.areas else " | ".join(parts),
            }
        )

    answers: list[Answer] = []

    def look(change: Any) -> None:
        busy.value = "Computing …"
        try:
            if change["owner"] is not view:
                answers[1:] = [ask(tables, chosen())]  # after the first, with which the notebook began
                said.value = concluded(answers[-1])  # before all else, since the picture takes longer
                findings.value = beside(answers[-1], answers[0])
            shown.value = below(tables, answers[-1], view=view.value)
            offer()
        except Refusal as refusal:
            said.value, shown.value, findings.value = refused(refusal).html, "", ""
            point.options, behind.value = [], ""  # evidence for another choice would stand there
        busy.value = ""

    def offer() -> None:
        there, kept = points(answers[-1], tables), point.value
        options = [(f"talks: {label}", name) for name, label in there["episodes"].items()]
        options += [(label, name) for name, label in there["claims"].items()]
        if tuple(options) != tuple(point.options):
            point.options = options
            point.value = kept if kept in [name for _, name in options] else options[0][1]
        open_evidence()

    def open_evidence(_: Any = None) -> None:
        behind.value = evidence_of(tables, answers[-1], point.value).html if point.value else ""

    look({"owner": None})
    for control in (*controls.values(), view):
        control.observe(look, names="value")
    point.observe(open_evidence, names="value")
    names = list(controls)
    columns = widgets.HBox(
        [widgets.VBox([controls[name] for name in names[at : at + 4]]) for at in (0, 4, 8)]
    )
    parts = {"view": view, "busy": busy, "said": said, "findings": findings, "shown": shown, "point": point}
    box = widgets.VBox([columns, busy, said, findings, view, shown, point, behind])
    return Panel(box, first, {**controls, **parts, "behind": behind})
