"""What a notebook can be told: one typed model a notebook, checked before any work.

The defaults live in one place, the cell tagged `parameters` of each notebook: one literal a line. They are
read as literals (never run), and the `models` say which values make sense. A model has no defaults, so a
parameter that a notebook lost, or one that no model knows, is named here and not found out later by a wrong
figure.
"""

import ast
import difflib
import json
import math
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError, create_model

from escalation.errors import Refusal
from escalation.parameters.models import GENERAL_SETS as GENERAL_SETS
from escalation.parameters.models import LATER_SETS as LATER_SETS
from escalation.parameters.models import MODELS, SCRATCH, Meaning, Model, Out
from escalation.spelling import nearest

Value = str | int | float | bool
OUT = "out"  # where a run by hand writes: a parameter of notebooks, and none of a build


def cell(notebook: Path) -> str:
    """The source of the cell tagged `parameters`, "" if there is none. Raises Refusal if the file is no
    notebook."""
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        for each in cells:
            if each["cell_type"] == "code" and "parameters" in each["metadata"].get("tags", []):
                return "".join(each["source"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal(f"{notebook.name}: is no notebook ({error})") from None
    return ""


def defaults(notebook: Path) -> dict[str, Value]:
    """The published values, name to literal, in the order of the cell (without `out`, which is no build's).
    Raises Refusal at a line that is not `name = literal` or `name: type = literal`."""
    found: dict[str, Value] = {}
    problems = []
    source = cell(notebook)
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise Refusal(
            f"{notebook.name}: the parameters cell is no Python (line {error.lineno}: {error.msg})"
        ) from None
    for line in lines:
        text = ast.get_source_segment(source, line) or ""
        match line:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=said)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as said)
            ):
                try:
                    value = ast.literal_eval(said)
                except ValueError:
                    value = None
                if not isinstance(value, str | int | float):
                    problems.append(
                        f"{notebook.name}: {text!r} in the parameters cell is not a word, a number, True or"
                        " False"
                    )
                elif name in found:
                    problems.append(f"{notebook.name}: {name} stands twice in the parameters cell")
                else:
                    found[name] = value
            case _:
                problems.append(f"{notebook.name}: {text!r} in the parameters cell is not `name = value`")
    if problems:
        raise Refusal(problems)
    found.pop(OUT, None)
    return found


def remark(stem: str, name: str) -> str:
    """What stands beside a parameter in its notebook and in `papermill --help-notebook`: what it is, and all
    that it may be, from the model that checks it.

    >>> remark("3_timing", "window_days")
    'days compared before and after an episode of talks, 1 to 30'
    >>> remark("1_dataset", "tiers")
    'which records: all or seeds (only what the documents say)'
    """
    field = MODELS[stem].model_fields[name]
    said = field.description or ""
    if get_origin(field.annotation) is Literal:
        means = next((each.of for each in field.metadata if isinstance(each, Meaning)), {})
        *first, last = [
            f"{value} ({means[value]})" if value in means else value for value in get_args(field.annotation)
        ]
        return f"{said}: {', '.join(first)} or {last}"
    ends = [getattr(each, end) for end in ("ge", "le") for each in field.metadata if hasattr(each, end)]
    return f"{said}, {ends[0]} to {ends[1]}" if ends else said


def written(stem: str, values: Mapping[str, Value]) -> str:
    """The parameters cell of a notebook that has a model: a line each, with type, value and remark."""
    lines = []
    for name, field in MODELS[stem].model_fields.items():
        value = values.get(name, field.default)
        shown = json.dumps(value, ensure_ascii=False)
        lines.append(f"{name}: {type(value).__name__} = {shown}  # {remark(stem, name)}")
    return "\n".join(lines)


def parse(pairs: Iterable[str]) -> dict[str, Value]:
    """`name=value` words from a command line as values: numbers, True and False as such, everything else as
    text. Nothing is run.

    >>> parse(["window_days=3", "seed=7", "start=2019-04-27"])
    {'window_days': 3, 'seed': 7, 'start': '2019-04-27'}
    """
    values: dict[str, Value] = {}
    problems = []
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign or not name.isidentifier():
            problems.append(f"-p {pair}: write name=value")
            continue
        if name in values:
            problems.append(f"-p {pair}: {name} is given twice")
        values[name] = _literal(text.strip())
    if problems:
        raise Refusal(problems)
    return values


def _literal(text: str) -> Value:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, str | int | float) else text


def _model(stem: str, published: Mapping[str, Value]) -> type[Model]:
    """The model of a notebook; one that nobody wrote a model for keeps the types of its defaults."""
    if stem in MODELS:
        return MODELS[stem]
    fields: dict[str, Any] = {name: (type(value), ...) for name, value in published.items()}
    return create_model(stem, __base__=Model, out=(Out, SCRATCH), **fields)


def resolve(notebook: Path, overrides: Mapping[str, Value]) -> dict[str, Value]:
    """The values a run of this notebook uses: its defaults with `overrides` put over them, in the order of
    its cell.

    Raises Refusal, a line a problem: a name it does not have (with the nearest one it has), a wrong type, a
    value out of range or not in the list, a set of talks that its case does not have, a start that is not
    before its end.
    """
    published = defaults(notebook)
    values = {name: overrides.get(name, value) for name, value in published.items()}
    _check(notebook, values, published, overrides)
    return values


def check(notebook: Path, namespace: Mapping[str, Any], given: Iterable[str]) -> dict[str, Value]:
    """The parameters of a notebook that runs, with the values that they have in its `namespace`. `given`: the
    names that its parameters cell, and papermill's own below it, assign.

    Raises Refusal, a line a problem, as `resolve` does and in the same words."""
    published = defaults(notebook)
    model = MODELS.get(notebook.stem)
    names = list(model.model_fields) if model else [*published, *([OUT] if OUT in namespace else [])]
    values = {name: namespace[name] for name in names if name in namespace}
    _check(notebook, values, published, [name for name in given if name not in names])
    return values


def _check(
    notebook: Path, values: Mapping[str, Value], published: Mapping[str, Value], given: Iterable[str]
) -> None:
    stem = notebook.stem
    problems = [_unknown(name, published, stem) for name in given if name not in published]
    try:
        _model(stem, published).model_validate(values)
    except ValidationError as error:
        problems += plain(stem, error)
    problems += _no_set(notebook, values)
    if problems:
        raise Refusal(problems)


def _own_window(
    notebooks: list[Path], published: Mapping[str, Mapping[str, Value]], overrides: Mapping[str, Value]
) -> dict[str, Value]:
    """The window of another case than the published one, as its file has it."""
    usual = {name: value for values in published.values() for name, value in values.items()}
    case = overrides.get("case")
    if case in (None, usual.get("case")) or not {"start", "end"} <= set(usual):
        return {}
    declared = _declared(notebooks[0], case)
    return {name: str(declared[name]) for name in ("start", "end") if name in declared}


def _declared(notebook: Path, case: Value | None) -> dict[str, Any]:
    """What the file of a case says; nothing of one that is missing or cannot be read, which is refused where it
    is read whole."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", str(case)):
        return {}
    try:
        file = notebook.parent.parent / "data" / "cases" / f"{case}.toml"
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _no_set(notebook: Path, values: Mapping[str, Value]) -> list[str]:
    """A line where `talks_set` is none that the case has."""
    given, case = values.get("talks_set"), values.get("case")
    declared = _declared(notebook, case)
    if not isinstance(given, str) or not declared:
        return []
    own = [name for part in ("sets", "later_sets") for name in dict(declared.get(part) or {})]
    allowed = [*GENERAL_SETS, *own]
    if given in allowed:
        return []
    said = f"talks_set = {given!r} is no set of talks of the case {case}"
    return [f"{notebook.stem}: {said}; nearest: {nearest(given, allowed)}; allowed: {', '.join(allowed)}"]


def resolve_all(notebooks: Iterable[Path], overrides: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Stem to values for several notebooks: an override goes to every notebook that has its name.

    Raises Refusal as `resolve` does, and for a name that no notebook has, or that two publish with different
    values.
    """
    notebooks = list(notebooks)
    published = {each.stem: defaults(each) for each in notebooks}
    overrides = {**_own_window(notebooks, published, overrides), **overrides}
    known = {name: value for values in published.values() for name, value in values.items()}
    problems = [_unknown(name, known, None) for name in overrides if name not in known]
    for name in known:
        given = {stem: values[name] for stem, values in published.items() if name in values}
        if len({(type(value), value) for value in given.values()}) > 1:
            said = ", ".join(f"{value!r} in {stem}" for stem, value in given.items())
            problems.append(f"{name}: is one parameter, but its default is {said}")
    resolved = {}
    for each in notebooks:
        try:
            resolved[each.stem] = resolve(
                each, {name: overrides[name] for name in overrides if name in published[each.stem]}
            )
        except Refusal as refusal:
            problems += refusal.problems
    if problems:
        # the same wrong value in three notebooks is one mistake
        raise Refusal(_once(problems))
    return resolved


def chosen(notebook: str, namespace: Mapping[str, Any]) -> dict[str, Value]:
    """A notebook's parameters with the values that they have in it: `chosen("3_timing", globals())`."""
    return {name: namespace[name] for name in MODELS[notebook].model_fields if name != OUT}


def write_down(values: Mapping[str, Value], file: Path) -> None:
    """The parameters that a table was made with, as JSON beside it."""
    file.write_text(
        json.dumps(dict(values), indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def made_alike(file: Path, notebook: Path, asked: Mapping[str, Value]) -> dict[str, Value]:
    """What `write_down` wrote into `file` beside the table that `notebook` makes.

    Raises Refusal, in one line with the command that puts it right, where there is no such file, or where the
    table was made with other values than those `asked` for by the notebook that reads it (parameters that
    only one of the two has are no matter)."""
    try:
        made: dict[str, Value] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{file.name}: not there yet; first run: {_command(notebook, asked)}") from None
    differ = [name for name in asked if name in made and made[name] != asked[name]]
    if differ:
        said = ", ".join(f"{name} = {made[name]!r} (here {asked[name]!r})" for name in differ)
        wanted = {**made, **{name: asked[name] for name in differ}}
        raise Refusal(f"{notebook.stem} was last run with {said}; first run: {_command(notebook, wanted)}")
    return made


def _command(notebook: Path, wanted: Mapping[str, Value]) -> str:
    """A run by hand with these values; it starts from the published ones."""
    published = defaults(notebook)
    given = [
        f"-p {name} {shlex.quote(str(wanted[name]))}"
        for name, value in published.items()
        if wanted.get(name, value) != value
    ]
    return " ".join(["papermill", f"notebooks/{notebook.name}", "out.ipynb", *given])


# where each notebook that others read from writes down what its tables were made with
RECORDS = {
    "1_dataset": "dataset.json",
    "2_phases": "phases.json",
    "2b_toll": "toll.json",
    "3_timing": "timing.json",
}
BUILT = Path("data", "built")


def keep(root: Path, stem: str, values: Mapping[str, Value]) -> None:
    """Writes down what the tables of the notebook `stem` were made with: its parameters, and those of the
    tables that it read; of a path the name alone."""
    plain = {
        name: Path(str(value)).name if name.endswith("_file") else value for name, value in values.items()
    }
    write_down(plain, root / BUILT / RECORDS[stem])


def kept(root: Path, stem: str, asked: Mapping[str, Value]) -> dict[str, Value]:
    """What the tables of the notebook `stem` were made with. Raises Refusal as `made_alike` does."""
    return made_alike(root / BUILT / RECORDS[stem], root / "notebooks" / f"{stem}.ipynb", asked)


def _once(problems: Iterable[str]) -> list[str]:
    said: dict[str, str] = {}
    for line in problems:
        where, _, what = line.partition(": ")
        said[what] = f"{said[what]}, {where}" if what in said else where
    return [f"{where}: {what}" for what, where in said.items()]


def _unknown(name: str, known: Iterable[str], where: str | None) -> str:
    if name == OUT:
        return f"{OUT}: is for notebooks run by hand; a build takes --out DIR"
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    return (
        f"{name}: {where} has no such parameter; {advice}"
        if where
        else f"{name}: no notebook has such a parameter; {advice}"
    )


def plain(stem: str, error: ValidationError) -> list[str]:
    """What pydantic found, a line each, with advice."""
    return [_plain(stem, dict(each)) for each in error.errors()]


def _plain(stem: str, error: dict[str, Any]) -> str:
    """One pydantic error as one line of advice."""
    name = ".".join(str(part) for part in error["loc"])
    limits, given = error.get("ctx", {}), error["input"]
    match error["type"]:
        case "missing":
            return f"{stem}: the parameters cell lacks {name}"
        case "extra_forbidden":
            return f"{stem}: {name} stands in the parameters cell but not in escalation/parameters/models.py"
        case "literal_error":
            what = f"is not one of {limits['expected']}"
        case "greater_than_equal":
            what = f"is below {limits['ge']}"
        case "less_than_equal":
            what = f"is above {limits['le']}"
        case "string_pattern_mismatch":
            what = "is no name (small letters, digits, - and _)"
        case "value_error" if not name:
            return f"{stem}: {str(error['msg']).removeprefix('Value error, ')}"
        case "value_error":
            what = "is no day (write YYYY-MM-DD)"
        case "finite_number":
            what = "is not a finite number"
        case kind if kind.endswith("_type"):
            what = f"is not {_TYPES.get(kind.removesuffix('_type'), kind)}"
        case _:
            what = str(error["msg"])
    shown = repr(given) if not (isinstance(given, float) and not math.isfinite(given)) else str(given)
    return f"{stem}: {name} = {shown if len(shown) <= 60 else shown[:57] + '…'} {what}"


_TYPES = {"int": "a whole number", "float": "a number", "string": "text", "bool": "True or False"}


def departures(root: Path, values: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
    """Those of `values` that are not the published ones (`specification`): name → (here, published)."""
    fixed = {name: value for part in specification(root).values() for name, value in part.items()}
    return {
        name: (value, fixed[name])
        for name, value in values.items()
        if name in fixed and (type(value), value) != (type(fixed[name]), fixed[name])
    }


def departures_of(root: Path, *, without: str = "") -> dict[str, tuple[Value, Value]]:
    """The same of what the tables under `root` were made with; nothing where there is no record or no
    specification. `without`: this notebook and those after it."""
    if not (root / "data" / "specification.toml").is_file():
        return {}
    records = [root / BUILT / name for stem, name in RECORDS.items() if not without or stem < without]
    made = [json.loads(file.read_text(encoding="utf-8")) for file in records if file.is_file()]
    return departures(root, {name: value for each in made for name, value in each.items()})


def unpublished(root: Path, values: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """Why these values, of each notebook by its stem, may not be published: a line for each that is not the
    specification's, and for each that no amendment tells of though the last build published another. `root`:
    the project; nothing is said where it has no specification."""
    if not (root / "data" / "specification.toml").is_file():
        return []
    lines = [
        f"{stem}: {name} = {here!r}, but {there!r} is published, so nothing was built. To see it beside the report:"
        f" escalation build -p {name}={here}; to keep the published value, put {there!r} back; to publish it:"
        " data/specification.toml and a row in data/coded/amendments.csv"
        for stem, given in values.items()
        for name, (here, there) in departures(root, given).items()
    ]
    manifest, amendments = root / "reports" / "manifest.json", root / "data" / "coded" / "amendments.csv"
    if lines or not manifest.is_file():
        return _once(lines)
    before = json.loads(manifest.read_text(encoding="utf-8")).get("parameters", {})
    told = amendments.read_text(encoding="utf-8") if amendments.is_file() else ""
    return _once(
        f"{stem}: {name} = {here!r}, published was {was!r}; that takes an amendment: a row in"
        f" data/coded/amendments.csv with “{name} = {here}” as its value_after"
        for stem, given in values.items()
        for name, here in given.items()
        if (was := before.get(stem, {}).get(name, here)) != here and f"{name} = {here}" not in told
    )


def specification(root: Path) -> dict[str, dict[str, Value]]:
    """The values of the published edition, `data/specification.toml`: frozen (fixed before talks and counts
    met) and published (the others). Raises Refusal where the file is missing or is no TOML."""
    file = root / "data" / "specification.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal("data/specification.toml: the file is missing") from None
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"data/specification.toml: {error}") from None
