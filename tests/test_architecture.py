"""The house as it is drawn: imports go down, the computing steps are pure, nothing keeps what it should
not."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "escalation"
PURE = [
    PACKAGE / "counts" / "daily.py",
    PACKAGE / "counts" / "series.py",
    *sorted((PACKAGE / "phases").glob("*.py")),
    *sorted((PACKAGE / "timing").glob("*.py")),
]
# what would make a result depend on something other than its arguments
IMPURE = {"open", "print", "input", "exec", "eval", "read_csv", "read_text", "read_bytes", "write_text",
    "write_bytes", "to_csv", "to_json",
          "read_parquet", "now", "today", "utcnow", "getenv", "seed", "RandomState"}  # fmt: skip
LONGEST = 520  # in lines of 110 letters; 420 while they had 140


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def called(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else node.func.id
                if isinstance(node.func, ast.Name)
                else ""
            )
            found.append((name, node))
    return found


def test_imports_go_down(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every contract in pyproject.toml is kept; the order of the layers is the order in which the data meet
    the modules."""
    monkeypatch.chdir(ROOT)
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert EXIT_STATUS_SUCCESS == code, capsys.readouterr().out


def test_no_module_needs_itself() -> None:
    """No module of the package imports, by way of others or inside a function or for its annotations, what
    imports it."""
    graph = grimp.build_graph("escalation", cache_dir=None)
    assert len(modules()) == len(graph.modules)
    circles = {
        name: {
            each for each in graph.find_modules_directly_imported_by(name) if graph.chain_exists(each, name)
        }
        for name in graph.modules
    }
    assert {} == {name: through for name, through in sorted(circles.items()) if through}


@pytest.mark.parametrize(
    "file", PURE, ids=lambda file: file.stem if file.stem != "__init__" else file.parent.name
)
def test_computing_is_pure(file: Path) -> None:
    """Phases, timing and series read no file, ask no clock and make no generator without a seed: frames in,
    frames out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    wrong = [f"line {call.lineno}: {name}()" for name, call in called(tree) if name in IMPURE]
    wrong += [
        f"line {call.lineno}: default_rng() without a seed"
        for name, call in called(tree)
        if name == "default_rng" and not call.args
    ]
    wrong += [f"line {node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert [] == wrong


def test_nothing_is_run_from_text() -> None:
    """No module turns text into code: no eval, no exec, no pickle, no shell, no YAML loader."""
    wrong = []
    for file in modules():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for name, call in called(tree):
            shell = any(
                word.arg == "shell" and getattr(word.value, "value", None) is not False
                for word in call.keywords
            )
            runs = name in {"eval", "exec", "system", "popen"} and not isinstance(call.func, ast.Attribute)
            if runs or shell:
                wrong.append(f"{file.relative_to(ROOT)}, line {call.lineno}: {name}")
        for node in ast.walk(tree):
            names = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            wrong += [
                f"{file.relative_to(ROOT)}: imports {name}"
                for name in names
                if name in {"pickle", "marshal", "shelve", "yaml", "dill", "cloudpickle"}
            ]
    assert [] == wrong


def test_no_module_grows_too_long() -> None:
    """A module that does two steps becomes a folder of the same name."""
    assert [] == [
        f"{file.relative_to(ROOT)}: {n}"
        for file in modules()
        if (n := len(file.read_text(encoding="utf-8").splitlines())) > LONGEST
    ]


def test_no_drawer_for_everything() -> None:
    """A file is named for its step; nothing is called utils, helpers or misc."""
    assert [] == [
        file.name
        for file in modules()
        if file.stem in {"utils", "helpers", "util", "misc", "common", "tools"}
    ]


def test_every_folder_of_tests_is_run(pytestconfig: pytest.Config) -> None:
    """By its own list pytest leaves out every folder called build, in silence."""
    left_out = pytestconfig.getini("norecursedirs")
    folders = [path.parent.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert [] == [name for name in folders if any(fnmatch(name, pattern) for pattern in left_out)]


@pytest.mark.slow
def test_types_hold() -> None:
    """The package keeps to its annotations in mypy's strict mode."""
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary"], cwd=ROOT, capture_output=True, text=True
    )
    assert "" == found.stdout, found.stdout
    assert 0 == found.returncode, found.stderr


def test_code_is_clean() -> None:
    """Ruff has nothing to say, of notebooks neither."""
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--quiet", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert "" == found.stdout, found.stdout
