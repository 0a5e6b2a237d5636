"""The page of the public functions, `docs/functions.md`: signatures, docstrings and examples as they stand in the code, grouped by step.

Only `ast` reads the modules, so nothing is imported, annotations stand as they were written, and every Python prints the same page.
"""

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PAGE = Path("docs", "functions.md")

# What somebody calls who tweaks a notebook or writes one of his own, in the order in which the data meet it. A package shows what its
# __all__ names, a module each function and class without an underscore that has a docstring.
STEPS = {
    "Declarations": ("cases", "parameters", "schema", "errors", "paths"),
    "Event files": ("readers.ucdp", "readers.acled", "readers.airwars", "readers.event_file", "fetch", "own"),
    "Documents and claims": (
        "evidence",
        "evidence.agreement",
        "evidence.articles",
        "evidence.changes",
        "evidence.check",
        "evidence.corrections",
        "evidence.amendments",
        "evidence.errata",
    ),
    "Counts by day": ("series", "daily", "events"),
    "Phases": ("phases",),
    "Timing": ("timing",),
    "Figures": (
        "figures.save",
        "figures.style",
        "figures.dataset",
        "figures.phases",
        "figures.places",
        "figures.timing",
        "figures.robustness",
        "figures.strips",
        "figures.absent",
    ),
    "Words and the report": ("findings", "prose", "sources", "page.blocks", "page"),
    "Export": ("export", "export.spans", "export.tables", "export.geojson"),
    "Building": (
        "build.project",
        "build.make",
        "build.verify",
        "build.compare",
        "build.scenario",
        "build.sweep",
        "build.manifest",
    ),
    "Workbench": ("workbench",),
}

HEAD = """# Functions

Printed from the docstrings by `escalation functions`, not by hand; no Sphinx, since the page then needs nothing that is not locked.
Commands are not on it: `escalation --help` lists them. Parameters of the notebooks stand in their first cells.

An example runs as it stands after `from MODULE import *`, where MODULE is the file that the function's heading leads to, such as
`escalation.timing.episodes`. All are run by `tests/test_doctests.py`. They use invented data.
"""


@dataclass(frozen=True)
class Entry:
    """One public name: how it is imported, the file it stands in, its declaration, its docstring, and the methods of a class."""

    name: str
    file: str
    declared: str
    words: str
    methods: list["Entry"] = field(default_factory=list)


def page() -> str:
    """The page as Markdown."""
    steps = {step: {module: entries(module) for module in modules} for step, modules in STEPS.items()}
    headings = ["Functions"]
    for step, modules in steps.items():
        headings.append(step)
        for module, found in modules.items():
            headings += [_title(module), *(entry.name for entry in found)]
    to = _anchors(headings)
    lines = [HEAD]
    for step, modules in steps.items():
        lines.append(f"- [{step}](#{to[step]}): " + ", ".join(f"[{module}](#{to[_title(module)]})" for module in modules))
    for step, modules in steps.items():
        lines += ["", f"## {step}"]
        for module, found in modules.items():
            names = " · ".join(f"[{entry.name.rpartition('.')[2]}](#{to[entry.name]})" for entry in found)
            lines += ["", f"### {_title(module)}", "", _prose(ast.get_docstring(_tree(_file(module))) or ""), "", names]
            for entry in found:
                lines += ["", *_shown(entry)]
    return "\n".join(lines).rstrip() + "\n"


def entries(module: str) -> list[Entry]:
    """The public names of a module of this package, in the order of its `__all__` or of its file.

    >>> [entry.name for entry in entries("errors")]
    ['errors.Refusal', 'errors.place_of']
    """
    tree = _tree(_file(module))
    exported = _exported(tree)
    if exported is None:
        there = [_entry(module, _file(module), node) for node in tree.body if _name(node) and not _name(node).startswith("_")]
        return [entry for entry in there if entry.words]
    homes = {
        alias.asname or alias.name: node.module.removeprefix("escalation.")
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("escalation.")
        for alias in node.names
    }
    found = []
    for name in exported:
        file = _file(homes.get(name, module))
        found.append(_entry(module, file, next(node for node in _tree(file).body if name in (_name(node), *_targets(node)))))
    return found


def _title(module: str) -> str:
    return f"escalation.{module}"


def _file(module: str) -> Path:
    plain = PACKAGE / Path(*module.split("."))
    return plain / "__init__.py" if plain.is_dir() else plain.with_suffix(".py")


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _name(node: ast.AST) -> str:
    return node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""


def _targets(node: ast.AST) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and _targets(node) == ["__all__"]:
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _entry(module: str, file: Path, node: ast.stmt) -> Entry:
    source = file.read_text(encoding="utf-8").splitlines()
    name, home = f"{module}.{_name(node) or _targets(node)[0]}", file.relative_to(PACKAGE.parent).as_posix()
    if isinstance(node, ast.FunctionDef):
        return Entry(name, home, _declaration(source, node), ast.get_docstring(node) or "")
    if isinstance(node, ast.ClassDef):
        fields = [line for part in node.body if isinstance(part, ast.AnnAssign) for line in source[part.lineno - 1 : part.end_lineno]]
        methods = [
            Entry(part.name, home, _declaration(source, part), ast.get_docstring(part) or "")
            for part in node.body
            if isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and ast.get_docstring(part)
        ]
        return Entry(name, home, "\n".join([_declaration(source, node), *fields]), ast.get_docstring(node) or "", methods)
    return Entry(name, home, "\n".join(source[node.lineno - 1 : node.end_lineno]), "")


def _declaration(source: list[str], node: ast.FunctionDef | ast.ClassDef) -> str:
    """What stands before the body, decorators too, without the colon; and what the words in it allow."""
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    lines = source[first - 1 : max(node.body[0].lineno - 1, node.lineno)]
    text = re.sub(r":\s*(# fmt: skip)?$", "", textwrap.dedent("\n".join(lines)).rstrip())
    meant = [f"# {name} = {allowed}" for name, allowed in _literals().items() if re.search(rf": {name}\b", text)]
    return "\n".join([text, *meant]) if isinstance(node, ast.FunctionDef) else text


@cache
def _literals() -> dict[str, str]:
    """Names that stand for a choice of words, such as `Edges`, and the choice."""
    found: dict[str, str] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in _tree(file).body:
            if isinstance(node, ast.Assign) and (said := ast.unparse(node.value)).startswith("Literal["):
                found |= {name: said.replace("'", '"') for name in _targets(node)}
    return found


def _shown(entry: Entry) -> Iterator[str]:
    yield from (f"#### {entry.name}", "", f"[`{entry.file}`](../{entry.file})", "", "```python", entry.declared, "```")
    if entry.words:
        yield from ("", _prose(entry.words))
    for method in entry.methods:
        yield from ("", "```python", method.declared, "```", "", _prose(method.words))


def _prose(words: str) -> str:
    """A docstring as Markdown: its examples fenced, signs that Markdown would take for itself escaped."""
    parts = re.split(r"\n\s*\n", words)
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>>") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    pieces = re.split(r"(`[^`]+`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*<\\]|(?<!\w)_|_(?!\w))", r"\\\1", piece) for piece in pieces)


def _anchors(headings: list[str]) -> dict[str, str]:
    """Where links to headings lead, as forges name them: small letters, and a number where two would be the same (`Figure`, `figure`)."""
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for heading in headings:
        plain = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        found[heading] = f"{plain}-{seen[plain]}" if seen[plain] else plain
        seen[plain] += 1
    return found
