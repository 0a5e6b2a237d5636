"""The commands that give what the workbench shows, letter for letter, for a terminal."""

import shlex
from collections.abc import Mapping

from escalation.parameters import Value
from escalation.workbench.answer import OWN, Choice


def changed(choice: Choice, published: Mapping[str, Value]) -> dict[str, Value]:
    """The values of the choice that differ from a notebook's own, of the names that it has."""
    values = choice.model_dump()
    return {name: values[name] for name in published if name in values and values[name] != published[name]}


def _papermill(stem: str, values: Mapping[str, Value]) -> str:
    pairs = [word for name, value in values.items() for word in ("-p", name, str(value))]
    return shlex.join(["papermill", f"notebooks/{stem}.ipynb", "out.ipynb", *pairs])


def commands(choice: Choice, published: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    """What the command does → the command, to be given in the project's folder. `published`: each notebook's
    own values (`Tables.published`).

    The first gives all that is shown. Then one for each of the report's notebooks whose numbers the choice
    changes, and the build of the whole report on the values that it knows (`area` is the workbench's
    alone), into a folder of its own: other values are not published."""
    said = {"this workbench": _papermill(OWN, changed(choice, published[OWN]))}
    whole: dict[str, Value] = {}
    for stem, own in published.items():
        values = changed(choice, own) if stem != OWN else {}
        whole |= values
        if values and "series" in own:
            said[f"notebook {stem} alone, after a build"] = _papermill(stem, values)
    pairs = [word for name, value in whole.items() for word in ("-p", f"{name}={value}")]
    return {
        **said,
        "the whole report": shlex.join(
            ["escalation", "build", *(("--out", "edition") if pairs else ()), *pairs]
        ),
    }


def unknown_to_report(choice: Choice) -> str:
    """A warning where the report cannot show what is shown, else nothing."""
    if choice.area == "all":
        return ""
    return "The report has no parameter area: only the first command gives what is shown."
