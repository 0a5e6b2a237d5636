"""A notebook run by hand, in papermill, JupyterLab, nbconvert or `jupyter execute`: its parameters are checked
before any work, and what it makes goes to a folder of its own. Only a build publishes.

That folder (`out`, by default scratch/) is laid out as the project is: inputs are copied there each time, and
of what earlier notebooks make, what they made there themselves where that still fits, else what is published.
It fits where parameters, code, inputs and the tables that it was made of in its turn are the same. So nothing
here reads a file that a build may be replacing, and nothing here can change one.
"""

import ast
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from IPython.core.getipython import get_ipython

from escalation import cases, findings, parameters, paths, places, prose
from escalation.build import code
from escalation.build.graph import Step, digest, discover, files, inputs, key, matching, notebooks
from escalation.errors import Refusal
from escalation.parameters import OUT, Value
from escalation.parameters.models import SCRATCH
from escalation.paths import HAND, not_plain

PUBLISHED = "published"
SKIPPED = "interactive"  # cells for hands, not for reports
INJECTED = "# Parameters"  # how papermill begins the cell that it puts below the parameters
APART = ("seed", OUT)  # parameters that two notebooks have, each with a value of its own


def begin(notebook: str) -> None:
    """The first cell after the parameters: `begin("3_timing")`.

    Checks the parameters, finds a place for what the notebook makes, says which tables are read from where,
    starts its record of findings and makes `%%say` known. In a build only the last two: it has done the
    others. Raises Refusal, a line a problem; nothing has been written then.
    """
    shell: Any = get_ipython()
    if shell is not None and not os.environ.get("ESCALATION_BUILD"):
        _prepare(notebook, shell)
    prose.begin(notebook)
    root, namespace = paths.root(), shell.user_ns if shell else {}
    own = parameters.departures(root, namespace) if (root / "data" / "specification.toml").is_file() else {}
    other = parameters.departures_of(root, without=notebook) | own
    findings.made_with({name: here for name, (here, _) in other.items()})


def _prepare(stem: str, shell: Any) -> None:
    project = paths.project()
    path = project / "notebooks" / f"{stem}.ipynb"
    values = parameters.check(path, shell.user_ns, _given(shell.user_ns, path))
    problems = [
        f"{name}: {problem}"
        for name, value in values.items()
        if name.endswith("_file") and value and (problem := not_plain(_file(str(value), project)))
    ]
    if problems := [*problems, *cases.unfit(values, project)]:
        raise Refusal(problems)
    if stem == "workbench":  # writes nothing
        return
    folder = _folder(str(values.get(OUT, SCRATCH)), project)
    steps = {step.name: step for step in discover(project)}
    run = _Run(project, folder, stem, values, steps)
    from_where = run.chosen()
    run.fill(from_where)
    paths.by_hand(folder)
    _Shown.of(shell)
    print("\n".join(_said(stem, run, from_where)))  # noqa: T201 (the cell's output)


def _given(namespace: Mapping[str, Any], notebook: Path) -> list[str]:
    """The names that the parameters cell assigns, and papermill's below it, as they were run just now."""
    published = {*parameters.defaults(notebook), OUT}
    found: list[str] = []
    for source in reversed(list(namespace.get("In", ()))[:-1]):
        names = _assigned(source)
        is_injected = source.startswith(INJECTED)
        if is_injected or len(published & set(names)) > len(published) / 2:
            found = [*names, *found]
            if not is_injected:
                break
    return list(dict.fromkeys(found))


def _assigned(source: str) -> list[str]:
    """The names that a cell of nothing but assignments assigns."""
    try:
        lines = ast.parse(source).body
    except SyntaxError:
        return []
    targets = [
        line.targets
        if isinstance(line, ast.Assign)
        else [line.target]
        if isinstance(line, ast.AnnAssign)
        else []
        for line in lines
    ]
    names = [[each.id for each in found if isinstance(each, ast.Name)] for found in targets]
    return [name for found in names for name in found] if all(names) else []


def _file(value: str, root: Path) -> Path:
    """A file that a parameter names: absolute, or from the project's folder."""
    return root / Path(value).expanduser()


def _folder(out: str, project: Path) -> Path:
    """The folder for what is made. A relative one lies in the project, or, where the working folder is not in
    a project, in the working folder: a kernel does not know where its notebook lies."""
    here = Path.cwd().resolve()
    base = project if here.is_relative_to(project) else here
    try:
        folder = places.outside(base / Path(out).expanduser(), project, option="-p out")
        others = folder.is_dir() and any(folder.iterdir()) and not (folder / HAND).is_file()
    except (Refusal, RuntimeError, OSError) as error:
        raise Refusal(
            f"{OUT} = {out!r}: {line}" for line in getattr(error, "problems", [str(error)])
        ) from None
    if others:
        raise Refusal(
            f"{OUT} = {out!r}: holds files, and not those of runs by hand; name a folder of its own"
        )
    return folder


class _Run:
    """One notebook about to run: where from, where to, with which values."""

    def __init__(
        self, project: Path, folder: Path, stem: str, values: Mapping[str, Value], steps: Mapping[str, Step]
    ) -> None:
        self.project, self.folder, self.stem, self.steps = project, folder, stem, steps
        self.values = {name: value for name, value in values.items() if name != OUT}
        # what a notebook that the project does not have may read: all that come before it by name
        own = steps.get(stem)
        self.before = own.after if own else tuple(name for name in steps if name < stem)
        self.code = code.named(code.package())
        self.runs: dict[str, Any] = {}
        if (folder / HAND).is_file():
            try:
                self.runs = json.loads((folder / HAND).read_text("utf-8"))["runs"]
            except (ValueError, KeyError, TypeError):
                self.runs = {}

    def chosen(self) -> dict[str, str]:
        """Of each notebook before this one, whose tables are read: PUBLISHED, or the key of its run by hand.
        Raises Refusal where neither fits, with the command that makes them."""
        try:
            return self._choose(by_hand=True)
        except Refusal as refusal:
            try:
                return self._choose(by_hand=False)
            except Refusal:
                raise refusal from None

    def _choose(self, *, by_hand: bool) -> dict[str, str]:
        found: dict[str, str] = {}
        asked = {name: value for name, value in self.values.items() if name not in APART}
        for name in (name for name in self.steps if name in self.before):
            step = self.steps[name]
            if by_hand and self._stands(step, found) and self._fits(self.folder, step, asked):
                found[name] = str(self.runs[name]["key"])
                place = self.folder
            else:
                found[name] = PUBLISHED
                place = self.project
            if name in parameters.RECORDS:
                notebook = self.project / "notebooks" / f"{name}.ipynb"
                made = parameters.made_alike(
                    place / parameters.BUILT / parameters.RECORDS[name], notebook, asked
                )
                asked |= {name: value for name, value in made.items() if name not in APART}
        return found

    def _stands(self, step: Step, found: Mapping[str, str]) -> bool:
        """Whether what a run by hand made is whole, and is what the same run would make now."""
        run = self.runs.get(step.name)
        if not run or run["key"] != self._key(step, run["parameters"], run["from"]):
            return False
        if any(found.get(name, where) != where for name, where in run["from"].items()):
            return False
        there = files(self.folder, ("data", "figures"))
        return all(matching(there, [pattern]) for pattern in step.writes)

    def _fits(self, place: Path, step: Step, asked: Mapping[str, Value]) -> bool:
        if step.name not in parameters.RECORDS:
            return True
        try:
            file = place / parameters.BUILT / parameters.RECORDS[step.name]
            parameters.made_alike(file, self.project / "notebooks" / f"{step.name}.ipynb", asked)
        except Refusal:
            return False
        return True

    def _key(self, step: Step | None, values: Mapping[str, Value], sources: Mapping[str, str]) -> str:
        """A name for all that decides what a run makes."""
        given = inputs(self.project, step.reads) if step else {}
        for name, value in values.items():
            if name.endswith("_file") and value and (file := _file(str(value), self.project)).is_file():
                given[name] = digest(file)
        # of its parameters the values count, which may not be saved yet
        cells = (
            [cell for cell in step.cells if "parameters" not in cell["metadata"].get("tags", [])]
            if step
            else []
        )
        told = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
        return key(values=dict(values), given=given, cells=told, code=self.code, sources=dict(sources))

    def fill(self, from_where: Mapping[str, str]) -> None:
        """Put into the folder what the notebook may read, and take out what an earlier run of it made."""
        own = self.steps.get(self.stem)
        every = [pattern for step in self.steps.values() for pattern in step.reads]
        wanted = [
            *inputs(self.project, every),
            *(f"notebooks/{path.name}" for path in notebooks(self.project)),
        ]
        stale: list[str] = []
        there = files(self.folder, ("data", "figures")) if self.folder.is_dir() else []
        made = files(
            self.project, [name for name in ("data/built", "figures") if (self.project / name).is_dir()]
        )
        for name, where in from_where.items():
            if where == PUBLISHED:
                published = matching(made, self.steps[name].writes)
                stale += set(matching(there, self.steps[name].writes)) - set(published)
                wanted += published
                self.runs.pop(name, None)
        stale += matching(there, own.writes) if own else []
        self.runs[self.stem] = {
            "key": self._key(own, self.values, from_where),
            "parameters": self.values,
            "from": dict(from_where),
        }
        about = {"about": "made by hand, by notebooks; nothing here is published", "runs": self.runs}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(about, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            _put(self.folder / HAND, text.encode())
            for path in wanted:
                _copy(self.project / path, self.folder / path)
            for path in stale:
                (self.folder / path).unlink(missing_ok=True)
        except OSError as error:
            raise Refusal(
                f"{OUT}: {self.folder}: cannot be written to ({error.strerror or error}); name another folder"
            ) from None


class _Shown:
    """What the cells of this kernel have shown since `begin`, for the page."""

    cells: ClassVar[list[tuple[str, str, list[dict[str, Any]]]]] = []  # id if known, source, outputs

    @classmethod
    def of(cls, shell: Any) -> None:
        """Begin to keep it."""
        if not cls.cells:
            shell.events.register("pre_run_cell", cls.starts)
            for way in (shell.display_pub, shell.displayhook):
                if hasattr(way, "register_hook"):
                    way.register_hook(cls.shows)
        cls.cells[:] = [("", str(shell.user_ns["In"][-1]).strip(), [])]

    @classmethod
    def starts(cls, info: Any) -> None:
        cls.cells.append((info.cell_id or "", (info.raw_cell or "").strip(), []))

    @classmethod
    def shows(cls, message: dict[str, Any]) -> dict[str, Any]:
        if message["header"]["msg_type"] in ("display_data", "execute_result"):
            cls.cells[-1][2].append({"output_type": "display_data", "data": message["content"]["data"]})
        return message

    @classmethod
    def in_place(cls, cell: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """What a cell showed when it was last run; None if it was not."""
        source = "".join(cell["source"]).strip()
        ran = (outputs for name, text, outputs in reversed(cls.cells) if name == cell["id"] or text == source)
        return next(ran, None)


def page() -> str:
    """Writes `report.html` into the folder of this run, from what the cells have shown, and says where it is.

    The last cell of the report, for hands: a build makes its pages when all notebooks are done. Raises Refusal
    for a cell that was not run, or not as it is saved."""
    from escalation.page import write as pages

    stem = findings.notebook()
    notebook = json.loads((paths.root() / "notebooks" / f"{stem}.ipynb").read_text("utf-8"))
    problems = []
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code" and SKIPPED not in cell["metadata"].get("tags", []):
            cell["outputs"] = _Shown.in_place(cell)
            if cell["outputs"] is None and "parameters" not in cell["metadata"].get("tags", []):
                problems.append(
                    f"{stem}, cell {cell['id']}: was not run as it is saved; save, then run all cells"
                )
            cell["outputs"] = cell["outputs"] or []
    if problems:
        raise Refusal(problems)
    file = paths.root() / "report.html"
    _put(file, pages.alone(paths.root(), stem, notebook).encode())
    return f"The page: {os.path.relpath(file)}"


def _copy(source: Path, target: Path) -> None:
    _put(target, source.read_bytes())


def _put(target: Path, content: bytes) -> None:
    if not (target.is_file() and target.read_bytes() == content):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}")  # another notebook may be reading it
        part.write_bytes(content)
        part.replace(target)


def _said(stem: str, run: _Run, from_where: Mapping[str, str]) -> Iterator[str]:
    """What goes where and comes from where, for whoever ran the cell."""
    name = os.path.relpath(run.folder)
    yield f"{stem} writes to {name}; nothing that is published changes."
    for before, where in from_where.items():
        values = run.runs[before]["parameters"] if where != PUBLISHED else {}
        other = parameters.departures(run.project, values)
        with_ = f" ({', '.join(f'{key} = {here!r}' for key, (here, _) in other.items())})" if other else ""
        yield f"Tables of {before}: {f'from {name}{with_}' if where != PUBLISHED else 'the published ones'}."


__all__ = ["begin", "page"]
