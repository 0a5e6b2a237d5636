"""The cell magic `%%say`: Markdown with names in it, written by Jinja2, shown as a block of the report.

    %%say
    {{ truces.n | counted("truce") | capitalize }} took effect in the window.
    {% if truces.p < 0.05 %}
    Violence fell more after them than after other dates ([figure](figure:truces)).
    {% else %}
    Violence fell no more after them than after other dates.
    {% endif %}

A name is a finding, or a variable of the notebook. What a name puts into a sentence is data: it stands there
letter by letter and is never read as Markdown. The words after `%%say` may name a language and a kind of
block, and a title in quotation marks: `%%say ar`, `%%say limit "How this question was chosen"`, `%%say
details "Method"`, `%%say findings`, `%%say answers`.

A sentence that stands in several places is written once. Below `%%say sentences` each is named by a heading
(`### rising_sentence`); cells further down say it with `{{ rising_sentence }}`. Such a cell is tagged
`hidden`: the report does not print it, JupyterLab does. `%%say findings as first_findings` records the whole
of a cell as a finding of that name, besides showing it.
"""

import difflib
import inspect
import re
import shlex
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from typing import Any

import jinja2
import numpy as np
from IPython.core.getipython import get_ipython
from IPython.core.magic import no_var_expand
from jinja2 import meta, nodes
from jinja2.runtime import Undefined
from jinja2.utils import missing

from escalation import findings
from escalation.errors import Refusal
from escalation.page import blocks, markup

KINDS = (*blocks.KINDS_OF_CALLOUT, "details", "findings", "answers", "sentences")
LANGUAGES = ("en", "ar")
# what Jinja keeps apart from the page's text would be taken for data when it is printed
_APART = (nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)


class Markdown(str):
    """Words of our own with markup in them. Whatever is done to it makes it plain text again, which is
    data."""

    __slots__ = ()


_KNOWN: ContextVar[tuple[str, ...]] = ContextVar("the names that a cell may use", default=())


class _Unknown(jinja2.StrictUndefined):
    """A name that is nowhere, with the nearest that is."""

    @property
    def _undefined_message(self) -> str:
        of, name = self._undefined_obj, str(self._undefined_name)
        known = (
            _KNOWN.get()
            if of is missing
            else [str(key) for key in of]
            if isinstance(of, Mapping)
            else dir(of)
        )
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        where = "no finding and no variable is called" if of is missing else "this has no"
        few = f"there are {', '.join(known)}" if len(known) < 20 else "no name is like it"
        remedy = f"did you mean {near[0]!r}?" if near else few
        return f"{where} {name!r}; {remedy}"


@jinja2.pass_context  # so that nothing is written before the names are known
def _written(_: Any, value: Any) -> Any:
    """What `{{ value }}` writes: data as text, a fraction as a sentence shows it, a date in words."""
    if isinstance(value, Undefined | Markdown):
        return value
    if isinstance(value, float | np.floating):
        return blocks.text(findings.number(float(value)))
    if isinstance(value, date):
        return blocks.text(findings.day(value))
    if isinstance(value, str | int | np.integer) and not isinstance(value, bool):
        return blocks.text(value)
    is_finding = isinstance(value, findings.Finding)
    kind = "a finding: write .value, .low or another of its fields" if is_finding else type(value).__name__
    raise Refusal(f"a sentence shows words, numbers and dates; this is {kind}")


def _first_upper(value: object) -> str:
    """The first letter large, the others as they are: names keep theirs."""
    return str(value)[:1].upper() + str(value)[1:]


_SAYING = (
    findings.number, findings.percent, findings.day, findings.days, findings.counted, findings.part,
    findings.listed, findings.listed_days, findings.arabic_day, findings.p_value, findings.interval,
    findings.by_chance, findings.window, findings.change, findings.spelt, findings.usual_range,
    findings.percentile, findings.arabic_interval, findings.arabic_counted, findings.arabic_range,
    findings.arabic_by_chance, findings.arabic_change, findings.arabic_percent, findings.dates_said,
)  # fmt: skip
FILTERS: dict[str, Any] = {
    **{each.__name__: each for each in _SAYING},
    "capitalize": _first_upper,
    "markdown": Markdown,
}


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(undefined=_Unknown, finalize=_written)  # noqa: S701 (_written escapes)
    made.trim_blocks = made.lstrip_blocks = True  # lines of {% … %} leave no line
    made.globals.clear()
    made.filters.update(FILTERS)
    del made.filters["random"]
    return made


ENVIRONMENT = _environment()


def names_in(template: str) -> set[str]:
    """The names that a cell's Markdown uses, in all its branches. Raises Refusal where it is no template."""
    return set(_compiled(template)[1])


@lru_cache(
    maxsize=128
)  # a cell is read for its names and then written; the workbench writes the same one again and again
def _compiled(template: str) -> tuple[jinja2.Template, frozenset[str]]:
    try:
        tree = ENVIRONMENT.parse(template)
        apart = next(tree.find_all(_APART), None)
        used = meta.find_undeclared_variables(tree)
    except jinja2.TemplateSyntaxError as error:  # a filter that is not there is one too
        wrong = re.search(r"No filter named '(\w+)'", error.message or "")
        near = difflib.get_close_matches(wrong[1], ENVIRONMENT.filters, n=1) if wrong else []
        fraction = " (a fraction is 0.05, not .05)" if error.message == "unexpected '.'" else ""
        remedy = f" Did you mean {near[0]!r}?" if near else fraction
        raise Refusal(f"%%say, line {error.lineno + 1}: {error.message}{remedy}") from None
    if apart is not None:
        allowed = "{% if %}, {% for %}, {% set x = … %}"
        raise Refusal(
            f"%%say, line {apart.lineno + 1}: write the sentence where it is said; there are {allowed}"
        )
    return ENVIRONMENT.from_string(tree), frozenset(used)


def written(template: str, known: Mapping[str, Any]) -> str:
    """The Markdown of a cell, its names looked up in `known`. Raises Refusal in one line: the line of the
    cell, the cause, the nearest name.

    >>> written("{{ n | counted('truce') | capitalize }} held, **{{ name }}** too.", {"n": 2, "name": "*x*"})
    'Two truces held, **\\\\*x\\\\*** too.'
    """
    compiled, _ = _compiled(template)
    _KNOWN.set(tuple(sorted(known)))
    try:
        return compiled.render(known).strip()
    except (Refusal, jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        lines, trace = [0], error.__traceback__
        while trace:
            lines += [trace.tb_lineno] if trace.tb_frame.f_code.co_filename == "<template>" else []
            trace = trace.tb_next
        raise Refusal(f"%%say, line {lines[-1] + 1}: {' '.join(str(error).split())}") from None


def block(line: str, markdown: str) -> blocks.Block:
    """The block that the words after `%%say` ask for. Raises Refusal for a word that is none of them."""
    try:
        *words, title = shlex.split(line if '"' in line else line + ' ""')
    except ValueError as error:
        raise Refusal(f"%%say {line}: {error}") from None
    language, kind = "en", ""
    if words[-2:-1] == ["as"]:
        words = words[:-2]
    for word in words:
        if word in LANGUAGES:
            language = word
        elif word in KINDS and not kind:
            kind = word
        else:
            raise Refusal(f"%%say {line}: {word!r} is not one of {', '.join((*LANGUAGES, *KINDS))}")
    match kind:
        case "":
            return blocks.say(markdown, lang=language)
        case "findings":
            return _findings(markdown)
        case "answers":
            return _answers(markdown)
        case "sentences":
            return blocks.details("Sentences that cells below use", markdown)
        case "details":
            return blocks.details(title, markdown)
        case _:
            return blocks.callout(markdown, kind=kind, title=title)


def named(markdown: str) -> dict[str, Markdown]:
    """The sentences of a `%%say sentences` cell by their names: what stands below each heading (### name); a
    blank one is kept too. Raises Refusal for words outside of them, a name that is none, and a name given
    twice."""
    before, *parts = re.split(r"^### +(.*)$", markdown, flags=re.M)
    keys = [key.strip() for key in parts[::2]]
    problems = (
        ["%%say sentences: each begins with its name (### name)"] if before.strip() or not parts else []
    )
    problems += [
        f"%%say sentences: {key!r} is no name; letters, digits and _"
        for key in keys
        if not key.isidentifier()
    ]
    problems += [
        f"%%say sentences: {key!r} stands there twice"
        for key in sorted({key for key in keys if keys.count(key) > 1})
    ]
    if problems:
        raise Refusal(problems)
    return {key: Markdown(said.strip()) for key, said in zip(keys, parts[1::2], strict=True)}


def _answers(markdown: str) -> blocks.Answers:
    """`### Question`, and below it the answer."""
    before, *parts = re.split(r"^#+ +(.*)$", markdown, flags=re.M)
    if before.strip() or not parts:
        raise Refusal("%%say answers: each question is a heading (### …) with its answer below")
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return blocks.answers(
        (markup.words(markup.parse(question)), answer.strip()) for question, answer in pairs
    )


def _findings(markdown: str) -> blocks.Findings:
    """A list. The first paragraph of an item is the finding; a second may say, between ` · `, the n that it
    rests on (`n = …`), its doubt, and links to its figure and claims."""
    items = []
    for item in re.split(r"^(?:\d+\.|-) +", markdown, flags=re.M)[1:]:
        said, _, about = item.partition("\n\n")
        found: dict[str, Any] = {"text": " ".join(said.split()), "claims": []}
        for part in " ".join(about.split()).split(" · "):
            tokens = markup.parse(part)
            named = [link for url in markup.links(tokens) if (link := markup.scheme_of(url))]
            words = markup.words(tokens)
            if named:
                found["claims"] += [name for scheme, name in named if scheme == "claim"]
                found["figure"] = next(
                    (name for scheme, name in named if scheme == "figure"), found.get("figure")
                )
            elif words.startswith("n = "):
                found["n"] = words.removeprefix("n = ")
            elif words:
                found["doubt"] = words
        items.append(found)
    return blocks.findings_list(items)


def names(variables: Mapping[str, Any], used: Iterable[str]) -> dict[str, Any]:
    """What a cell's names mean: findings before variables. Raises Refusal for a used name that is both and
    not the same, so that one name means one thing."""
    known: Mapping[str, Any] = findings.known()
    own = {name: value for name, value in variables.items() if not name.startswith("_")}
    both = sorted(known.keys() & own.keys() & set(used))
    problems = [
        f"%%say: {name!r} is a finding, and another thing in this notebook; give the variable another name"
        for name in both
        if not _is_tool(own[name])
        and not (isinstance(own[name], findings.Finding) and dict(own[name]) == dict(known[name]))
    ]
    if problems:
        raise Refusal(problems)
    return {**own, **known}


def _is_tool(value: object) -> bool:
    return inspect.ismodule(value) or callable(value)


@no_var_expand
def cell(line: str, cell: str) -> blocks.Block | None:
    """`%%say`: the cell's Markdown as a block; nothing where its conditions leave nothing to say."""
    shell = get_ipython()
    variables = shell.user_ns if shell else {}
    markdown = written(cell, names(variables, names_in(cell)))
    shown = block(line, markdown) if markdown else None
    if line.split()[:1] == ["sentences"]:
        variables.update(named(markdown))
    if key := recorded_as(line):
        findings.find(key, markdown)
    return shown


def recorded_as(line: str) -> str:
    """The name under which a cell is recorded as a finding, or blank. `line`: the words after `%%say`."""
    wanted = re.search(r"(?:^| )as (\w+)$", line.strip())
    return wanted[1] if wanted else ""
