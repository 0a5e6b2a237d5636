"""JupyterLab as people use it: a real server on a copy of the project, a real browser, every notebook run
from the menu."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from escalation.findings import counted
from tests.conftest import NEEDS_BROWSER
from tests.test_hand import WRONG, by_hand

ROOT = Path(__file__).resolve().parents[1]
BATCHES = (("1_dataset",), ("2_phases",), ("2b_toll", "3_timing"), ("4_report", "workbench"))
PARTS = (
    "seeds",
    "data/coded",
    "data/series",
    "data/cases",
    "data/datapackage.json",
    "data/specification.toml",
    "notebooks",
    ".jupyter",
)
# fewer draws, so that the test is quick: what is tested is that the cells run
QUICK = {"bootstrap_draws": 99, "power_draws": 50}
PATIENCE = 300_000  # milliseconds, for a machine with other work

browser_needed = [pytest.mark.browser, NEEDS_BROWSER]


def copied(folder: Path) -> Path:
    """The project's inputs in a folder of their own, with quick parameters."""
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, target)
    for path in (folder / "notebooks").glob("*.ipynb"):
        text = path.read_text("utf-8")
        for name, value in QUICK.items():
            text = re.sub(rf'"{name}: int = \d+', f'"{name}: int = {value}', text)
        path.write_text(text, "utf-8")
    return folder


def surroundings(folder: Path) -> dict[str, str]:
    """No settings of the user's, no project named from outside: what is found is found from the working
    directory."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "ESCALATION", "MPL", "IPYTHON"))
    }
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "run",
        "IPYTHONDIR": "ipython",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    scripts = str(Path(sys.executable).parent)
    return {
        **kept,
        **{name: str(folder / ".surroundings" / place) for name, place in own.items()},
        "PATH": f"{scripts}:{kept['PATH']}",
    }


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Lab:
    """A running server: its project folder, its address, its token."""

    folder: Path
    address: str
    token: str

    def open(self, notebook: str) -> str:
        return f"{self.address}lab/workspaces/{notebook}/tree/notebooks/{notebook}.ipynb?token={self.token}&reset"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`make lab`'s command without a browser of its own: a free port of loopback, its own token."""
    folder = copied(tmp_path_factory.mktemp("lab"))
    command = (
        re.search(
            r"^lab:.*\n\t@.*\$\(BIN\)/jupyter (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
        )
        .group(1)
        .split()
    )
    own = surroundings(folder) | {"JUPYTER_CONFIG_PATH": str(folder / ".jupyter")}
    Path(own["JUPYTER_RUNTIME_DIR"]).mkdir(parents=True)
    shutil.copy(ROOT / ".gitattributes", folder)
    (folder / ".gitignore").write_text("/scratch/\n.surroundings/\n.ipynb_checkpoints/\n")
    git(folder, "init")
    git(folder, "config", "filter.notebook.clean", f"'{sys.executable}' -m escalation.cli strip --filter")
    git(folder, "add", ".")
    options = [
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        "--ServerApp.allow_root=True",
        "--LabApp.expose_app_in_browser=True",
    ]
    log = (folder / ".surroundings" / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", *command, *options],
        cwd=folder,
        env=own,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield _answering(server, folder, Path(own["JUPYTER_RUNTIME_DIR"]))
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _answering(server: subprocess.Popen[bytes], folder: Path, runtime: Path) -> Lab:
    for _ in range(600):
        for file in runtime.glob("jpserver-*.json"):
            if file.stat().st_size:
                known = json.loads(file.read_text("utf-8"))
                return Lab(folder, known["url"], known["token"])
        if server.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail((folder / ".surroundings" / "log").read_text("utf-8")[-3000:])


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield made
    made.close()


@dataclass
class Page:
    """A tab with a notebook, and every request that left the machine and every error of the page."""

    tab: Any
    abroad: list[str]
    errors: list[str]


def opened(context: Any, lab: Lab, notebook: str) -> Page:
    page = Page(context.new_page(), [], [])
    local = (lab.address, lab.address.replace("http", "ws"), "data:", "blob:", "about:")
    page.tab.on(
        "request", lambda asked: None if asked.url.startswith(local) else page.abroad.append(asked.url)
    )
    page.tab.on("pageerror", lambda error: page.errors.append(str(error)))
    page.tab.set_default_timeout(PATIENCE)
    page.tab.goto(lab.open(notebook))
    page.tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.tab.wait_for_function(READY, polling=200)
    return page


def run_all(page: Page) -> None:
    """Run → Run All Cells, from the menu."""
    page.tab.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.tab.click('.lm-Menu-itemLabel:text-is("Run All Cells")')


# JupyterLab draws only the cells near the screen, so what ran is read from the notebook's model and not from
# the page
MODEL = """
const found = [...window.jupyterapp.shell.widgets('main')].find(widget => widget.content?.model?.cells);
if (!found) return false;
const cells = [...found.content.model.cells].filter(cell => cell.type === 'code');
const outputs = cells.map(cell => [cell.id, cell.sharedModel.outputs, cell.sharedModel.execution_count]);
"""
# earlier than this, Run All asks which kernel to take
READY = f"""() => {{ {MODEL} return found.sessionContext.isReady && found.sessionContext.session?.kernel?.status === 'idle'; }}"""
# every cell has its number and the kernel rests, or one has failed
RUN_THROUGH = f"""() => {{ {MODEL}
    if (outputs.some(([id, made]) => made.some(one => one.output_type === 'error'))) return true;
    return outputs.every(([id, made, count]) => count) && found.sessionContext.session?.kernel?.status === 'idle';
}}"""
FAILED = f"""() => {{ {MODEL}
    return outputs.flatMap(([id, made]) => made.filter(one => one.output_type === 'error').map(one => `${{id}}: ${{one.ename}}: ${{one.evalue}}`));
}}"""
# the parameters' cell with another line, and the cell that checks it, run; what the latter says
TRY = f"""async ([line, name]) => {{ {MODEL}
    const all = [...found.content.model.cells], of = id => all.findIndex(cell => cell.id === id);
    const parameters = all[of('parameters')].sharedModel, before = parameters.getSource();
    const lines = before.split('\\n'), at = lines.findIndex(one => new RegExp('^' + name + '\\\\b').test(one));
    lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line);
    parameters.setSource(lines.join('\\n'));
    for (const id of ['parameters', 'check']) {{
        found.content.activeCellIndex = of(id);
        await window.jupyterapp.commands.execute('notebook:run-cell');
    }}
    parameters.setSource(before);
    return all[of('check')].sharedModel.outputs.map(one => one.evalue ?? one.text ?? '').join('');
}}"""
SAYS = "text => document.querySelector('.widget-html .conclusion')?.innerText.includes(text)"
SPOKEN = f"""() => {{ {MODEL}
    return outputs.flatMap(([id, made]) => made.filter(one => one.output_type === 'stream' && one.name === 'stderr').map(one => `${{id}}: ${{one.text}}`));
}}"""


@pytest.fixture(scope="module")
def pages(lab: Lab, context: Any) -> Iterator[dict[str, Page]]:
    """Every notebook run through, in the order in which a reader would: each needs what those before it have
    written."""
    pages: dict[str, Page] = {}
    try:
        for side_by_side in BATCHES:
            for name in side_by_side:
                pages[name] = opened(context, lab, name)
                run_all(pages[name])
            for name in side_by_side:
                # each look copies all outputs, so not at every frame
                pages[name].tab.wait_for_function(RUN_THROUGH, polling=1000)
        yield pages
    finally:
        if folder := os.environ.get("LAB_PICTURES"):  # to look at what the test saw
            for name, page in pages.items():
                page.tab.screenshot(path=f"{folder}/lab-{name}.png")


class TestLab:
    """What a reader sees who has nothing but the requirements installed."""

    pytestmark = browser_needed

    @pytest.mark.parametrize("name", [name for batch in BATCHES for name in batch])
    def test_run_all(self, pages: dict[str, Page], name: str) -> None:
        """Every cell runs, those for hands too, without an error, a warning, or a request that leaves the
        machine."""
        page = pages[name]
        assert [] == page.tab.evaluate(FAILED)
        assert [] == page.tab.evaluate(SPOKEN)
        assert [] == page.errors
        assert [] == page.abroad

    def test_the_report_is_beside_the_project(self, pages: dict[str, Page], lab: Lab) -> None:
        """Run by hand, the last notebook leaves a page to look at."""
        assert (lab.folder / "scratch" / "report.html").is_file()

    def test_what_running_leaves_is_no_change_for_git(self, pages: dict[str, Page], lab: Lab) -> None:
        """Saved with all its outputs, a notebook is as git keeps it; with another parameter it is a change."""
        page, file = pages["2_phases"], lab.folder / "notebooks/2_phases.ipynb"

        def save() -> None:
            times = file.stat().st_mtime_ns
            page.tab.click('.lm-MenuBar-itemLabel:text-is("File")')
            page.tab.click('.lm-Menu-itemLabel:text-is("Save Notebook")')
            for _ in range(200):
                if file.stat().st_mtime_ns != times and '"image/png"' in file.read_text("utf-8"):
                    break
                time.sleep(0.1)
            time.sleep(2)  # what comes after the save

        save()
        assert "" == git(lab.folder, "diff", "--name-only") == git(lab.folder, "ls-files", "--modified")
        page.tab.evaluate(
            f"""() => {{ {MODEL} const cell = cells.find(cell => cell.id === 'parameters');
            cell.sharedModel.setSource(cell.sharedModel.getSource().replace('= 4', '= 6')); }}"""
        )
        save()
        assert "notebooks/2_phases.ipynb\n" == git(lab.folder, "diff", "--name-only")

    def test_a_control_moves_the_chart(self, pages: dict[str, Page]) -> None:
        """In the workbench, another window gives another sentence and another picture; evidence opens for a
        claim."""
        page = pages["workbench"]
        tab = page.tab
        # what is far from the screen has no text yet
        tab.locator(".widget-slider").first.scroll_into_view_if_needed()
        tab.wait_for_function(SAYS, arg=f"in the {counted(7, 'day')} after")
        picture = tab.locator(".widget-html figure img").first
        before = picture.get_attribute("src")
        handle = tab.locator(".widget-slider .noUi-handle").first
        handle.focus()
        handle.press("ArrowLeft")
        tab.wait_for_function(SAYS, arg=f"in the {counted(6, 'day')} after")
        tab.wait_for_function(
            "src => document.querySelector('.widget-html figure img')?.getAttribute('src') !== src",
            arg=before,
        )
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        assert "-p window_days 6" in tab.locator(".widget-html pre").first.inner_text()
        claim = tab.locator("option", has_text=re.compile("^S000-02")).first
        tab.locator("select", has=claim).select_option(label=claim.text_content())
        tab.wait_for_selector(".widget-html #claim-S000-02 blockquote")
        assert [] == page.errors + page.abroad

    @pytest.mark.parametrize("row", {row[0]: row for row in reversed(WRONG)}.values(), ids=lambda row: row[0])
    def test_a_wrong_value_is_refused(
        self, pages: dict[str, Page], lab: Lab, row: tuple[str, str, Any]
    ) -> None:
        """By the line that papermill and a build have for it, from the cell after the parameters; no file more.
        One of each notebook: tests/test_hand.py has the other values."""
        made = written(lab.folder)
        stem, name, value = row
        said = pages[stem].tab.evaluate(TRY, [f"{name} = {value!r}", name])
        assert by_hand(stem, name, value)[0] == said.strip()
        assert made == written(lab.folder)


def written(folder: Path) -> dict[Path, int]:
    """Every file with its time, but notebooks, which JupyterLab saves by itself, and what programs leave to
    themselves."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".ipynb"
        and not {".build", ".git", "__pycache__", ".ipynb_checkpoints", ".surroundings"} & {*path.parts}
    }


@pytest.mark.slow
def test_plain_papermill(tmp_path: Path) -> None:
    """`papermill` alone runs a notebook from the project's folder, and the next, which needs it, from notebooks/;
    the inputs are as they were. That every notebook runs in an ordinary kernel is held by TestLab."""
    folder = copied(tmp_path / "copy")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for place, source in ((".", "notebooks/1_dataset.ipynb"), ("notebooks", "2_phases.ipynb")):
        executed = tmp_path / Path(source).name
        done = subprocess.run(
            [sys.executable, "-m", "papermill", source, str(executed), "--no-progress-bar"],
            cwd=folder / place,
            env=surroundings(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr[-3000:]
        cells = json.loads(executed.read_text("utf-8"))["cells"]
        counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
        assert list(range(1, len(counts) + 1)) == counts
    left = {path for path in folder.rglob("*") if path.is_file()}
    assert set(before) == {path for path in left if "scratch" not in path.parts} < left
    assert before == {path: path.read_bytes() for path in before}
