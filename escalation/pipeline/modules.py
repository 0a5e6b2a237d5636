"""Which code a step runs: the modules of this package it imports, directly or through others, and the libraries they need.

The first decide whether a stored result still holds; the second are loaded once, before the notebooks are forked. Imports are
read from the syntax tree, nothing is run.
"""

import ast
import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import escalation
from escalation.pipeline.cache import Cache
from escalation.pipeline.graph import digest

PACKAGE = Path(escalation.__file__).parent
NAME = PACKAGE.name


@dataclass(frozen=True)
class Code:
    """`files`: path in the package to sha256. `libraries`: what is imported at once when it runs, in that order."""

    files: dict[str, str]
    libraries: tuple[str, ...]


class Imports:
    """Follows imports, and remembers by content what a file imports (parsing forty files costs more than a whole empty build)."""

    def __init__(self, cache: Cache | None) -> None:
        self._cache = cache
        self._known: dict[str, tuple[list[str], list[str], list[str]]] = cache.imports() if cache else {}
        self._new = False
        self._digests: dict[Path, str] = {}

    def of(self, source: str) -> Code:
        """The code that a text (a notebook's cells, or `import x`) reaches."""
        own, inside, outer = self._parsed(f"cells {hashlib.sha256(source.encode()).hexdigest()}", lambda: source)
        seen: dict[str, str] = {}
        found: dict[str, None] = dict.fromkeys(outer)
        todo, later = own[::-1], inside[:]
        visited: set[str] = set()
        at_once = True
        while todo or later:
            if not todo:
                # from here on only modules whose import stands inside a function
                todo, later, at_once = later, [], False
            module = todo.pop()
            if module in visited:
                continue
            visited.add(module)
            path = source_file(module)
            if path is None:
                continue
            parent = module.rpartition(".")[0]
            if parent:
                todo.append(parent)
            own, inside, outer = self._of_file(path, seen)
            todo += reversed(own)
            later += inside
            if at_once:
                found.update(dict.fromkeys(outer))
        if self._new and self._cache:
            self._cache.remember_imports(self._known)
            self._new = False
        return Code(dict(sorted(seen.items())), tuple(found))

    def _of_file(self, path: Path, seen: dict[str, str]) -> tuple[list[str], list[str], list[str]]:
        sha = self._digest(path)
        seen[path.relative_to(PACKAGE).as_posix()] = sha
        if path.name == "__init__.py" and path.parent != PACKAGE:
            # templates, styles and word lists beside a folder's modules are part of its code
            for other in sorted(path.parent.rglob("*")):
                if other.is_file() and other.suffix not in (".py", ".pyc"):
                    seen[other.relative_to(PACKAGE).as_posix()] = self._digest(other)
        package = ".".join([NAME, *path.relative_to(PACKAGE).parent.parts])
        return self._parsed(f"{path.relative_to(PACKAGE).as_posix()} {sha}", lambda: path.read_text("utf-8"), package)

    def _parsed(self, name: str, read: Callable[[], str], package: str = "") -> tuple[list[str], list[str], list[str]]:
        if name not in self._known:
            self._known[name] = _imports(read(), package)
            self._new = True
        return self._known[name]

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = digest(path)
        return self._digests[path]


def source_file(module: str) -> Path | None:
    """The file of a module of this package; None if it is none of ours or does not exist."""
    if module != NAME and not module.startswith(NAME + "."):
        return None
    place = PACKAGE.joinpath(*module.split(".")[1:])
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _imports(source: str, package: str = "") -> tuple[list[str], list[str], list[str]]:
    """(modules of ours, the same that are imported inside functions, libraries) named by import statements. Libraries at top level only:
    an import inside a function is there because most runs do without it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # the run will say so; until then everything counts
        return sorted(_all()), [], []
    top = {id(node) for node in _top(tree.body)}
    own: dict[str, None] = {}
    inside: dict[str, None] = {}
    libraries: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            first = name.split(".")[0]
            if first == NAME:
                (own if id(node) in top else inside)[name] = None
            elif id(node) in top and first not in sys.stdlib_module_names:
                libraries[name] = None
    return list(own), list(inside), list(libraries)


def _top(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.Try):
            yield from _top(node.body)


def _all() -> list[str]:
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    return [".".join([NAME, *(part for part in path.parts if part != "__init__")]) for path in paths]
