"""What the page answers to a reader's choice, against papermill runs of the notebooks with the same parameters; how
long it takes to answer, and what it weighs. The page is the published one: `escalation build` comes first.

Not compared, since no notebook has such a parameter: one part of the area alone, and an episode left out.
"""

import gzip
import json
import shutil
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from bench.build import PAPERMILL
from bench.measure import run
from escalation import parameters, schema
from escalation.findings import number
from escalation.phases import WHOLE
from escalation.prose.check import sentences
from escalation.prose.choices import plain_sentence

TITLE = "A reader's choices"
SEED = 17
LIMIT_MS, SLOWED = 100, 4
LIMIT_BYTES, LIMIT_GZIPPED = 3_000_000, 900_000
PROJECT = Path(__file__).parents[1]
# of each form: its notebook, the cell that has its sentence, and the last cell of the notebook that records
# what the sentence says or keeps what the table shows
FORMS = {
    "explorer": ("3_timing", "choice", "single"),
    "phase-explorer": ("2_phases", "phase-choice", "extremes"),
}
QUICK = {"3_timing": {"power_draws": 50}, "2_phases": {"bootstrap_draws": 99}}
Choice = dict[str, Any]

OFFERED = """form => Object.fromEntries([...form.elements].filter(each => each.name && each.type !== "date").map(each =>
    [each.name, each.options ? [...each.options].map(one => one.value) : [each.min, each.max]]))"""
# all controls at once, as one input; the layout is asked for, so that it is in the time
ANSWER = """(form, choice) => {
    for (const [name, value] of Object.entries(choice)) form.elements[name].value = value;
    const began = performance.now();
    form.dispatchEvent(new Event("input", { bubbles: true }));
    form.getBoundingClientRect();
    const took = performance.now() - began;
    const rows = [...form.querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll("td")].map(one => one.textContent));
    return { took, said: form.querySelector(".said").textContent, rows };
}"""


def offered(page: Page, form: str) -> dict[str, list[Any]]:
    """The values of each control that a notebook has a parameter for."""
    found = page.locator(f"form#{form}").evaluate(OFFERED)
    for name in ("window_days", "min_weeks"):
        if name in found:
            least, most = map(int, found[name])
            found[name] = list(range(least, most + 1))
    if "area" in found:
        found["area"] = [WHOLE]
    return {name: values for name, values in found.items() if name not in ("without", "phase")}


def drawn(values: Mapping[str, Sequence[Any]], at_random: int, published: Choice) -> list[Choice]:
    """All first values, all last ones, the published choice and it at each end of its range of days or weeks; and
    so many others, drawn without a look."""
    found = [{name: of[end] for name, of in values.items()} for end in (0, -1)]
    found += [published]
    for name in {"window_days", "min_weeks"} & set(values):
        found += [published | {name: values[name][end]} for end in (0, -1)]
    every = int(np.prod([len(of) for of in values.values()]))
    for place in np.random.default_rng(SEED).choice(every, min(at_random, every), replace=False):
        places = np.unravel_index(place, [len(of) for of in values.values()])
        found.append({name: of[at] for (name, of), at in zip(values.items(), places, strict=True)})
    return [one for n, one in enumerate(found) if one not in found[:n]]


def asked(stem: str, choice: Choice) -> Choice:
    """A choice as parameters of a notebook."""
    series, measure = choice["counts"].split()
    rest = {name: value for name, value in choice.items() if name not in ("counts", "area")}
    return {"series": series, "measure": measure, **rest, **QUICK[stem]}


def papermill(root: Path, stem: str, values: Choice, out: Path) -> None:
    """One run by papermill's command. Left out are drawings and all cells below the last that is compared, which
    change nothing of what stands above them."""
    last = next(last for name, _, last in FORMS.values() if name == stem)
    notebook = json.loads((root / "notebooks" / f"{stem}.ipynb").read_text("utf-8"))
    names = [cell["id"] for cell in notebook["cells"]]
    upper = notebook["cells"][: names.index(last) + 1]
    notebook["cells"] = [cell for cell in upper if not cell["id"].startswith("figure-")]
    out.parent.mkdir(parents=True, exist_ok=True)
    cut = out.with_name(f"{out.name}-{stem}.ipynb")
    cut.write_text(json.dumps(notebook), "utf-8")
    given = [
        word
        for name, value in {**values, "out": str(out)}.items()
        for word in ("-p", name, json.dumps(value) if not isinstance(value, str) else value)
    ]
    run([PAPERMILL, "--no-progress-bar", cut, cut.with_suffix(".done.ipynb"), *given], cwd=root)


def phases_first(root: Path, choice: Choice, out: Path) -> None:
    """The phases of the counts of a choice, from which 3_timing takes what the phases alone would give: once for
    each count, and not for the published one, whose phases are published."""
    values = {name: asked("2_phases", choice)[name] for name in ("series", "measure")}
    published = parameters.defaults(root / "notebooks" / "2_phases.ipynb")
    if out.is_dir() or all(published[name] == value for name, value in values.items()):
        return
    papermill(root, "2_phases", values | QUICK["2_phases"], out)
    # 3_timing asks that the run be whole, and reads nothing of what was left out
    for folder in ("data/built", "figures"):
        for file in (root / folder).rglob("*"):
            there = out / file.relative_to(root)
            if file.is_file() and not there.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, there)


def wanted(root: Path, form: str, choice: Choice, folder: Path) -> tuple[str, list[list[str]]]:
    """Sentence and table as a run of the notebook has them."""
    stem, cell, _ = FORMS[form]
    out = folder / (choice["counts"].replace(" ", "-") if form == "explorer" else "phases")
    if form == "explorer":
        phases_first(root, choice, out)
    papermill(root, stem, asked(stem, choice), out)
    found = json.loads((out / f"data/built/findings/{stem}.json").read_text("utf-8"))
    said = plain_sentence(sentences(root / "notebooks" / "4_report.ipynb")[cell], found)
    rows = schema.read("episodes" if form == "explorer" else "phases_found", out).to_dict("records")
    if form == "explorer":
        return said, [
            [f"{row[side]:.0f}" for side in ("n_before", "n_after")] if row["is_full_window"] else ["cut"]
            for row in rows
        ]
    return said, [
        [
            row["level"],
            f"{row['total']:,.0f} ({number(row['per_day'])})",
            "{fatalities_best:,.0f} ({fatalities_low:,.0f} to {fatalities_high:,.0f})".format(**row),
        ]
        for row in rows
    ]


def rows_of(form: str, shown: Mapping[str, Any]) -> list[list[str]]:
    """The table of the page; of an episode whose days are cut on one side, only that they are."""
    return [["cut"] if form == "explorer" and "cut" in row else row for row in shown["rows"]]


def report(root: Path, rounds: int, *, choices: int = 200) -> Iterator[str]:
    """The section of the results. `choices`: how many are drawn at random, a quarter of them of phases. Each is
    asked for `rounds` times on a slowed processor."""
    for folder in ("data/built", "figures"):
        shutil.copytree(PROJECT / folder, root / folder, dirs_exist_ok=True)
    counts = {"explorer": choices - choices // 4, "phase-explorer": choices // 4}
    file = PROJECT / "reports" / "report.html"
    unlike: list[str] = []
    took: list[float] = []
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(file.as_uri())
        shown: dict[str, list[tuple[Choice, Any]]] = {}
        for form, (stem, _, _) in FORMS.items():
            values = offered(page, form)
            own = parameters.defaults(root / "notebooks" / f"{stem}.ipynb")
            own |= {"counts": f"{own['series']} {own['measure']}", "area": WHOLE}
            asked_for = drawn(values, counts[form], {name: own[name] for name in values})
            page.reload()
            shown[form] = [(one, page.locator(f"form#{form}").evaluate(ANSWER, one)) for one in asked_for]
            slowed = page.context.new_cdp_session(page)
            slowed.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
            for one in asked_for * rounds:
                took.append(page.locator(f"form#{form}").evaluate(ANSWER, one)["took"])
            slowed.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        browser.close()
    for form, answers in shown.items():
        alike = 0
        for n, (choice, answer) in enumerate(answers):
            said, table = wanted(root, form, choice, root / "runs")
            problems = []
            if said != answer["said"]:
                problems.append(f"said {answer['said']!r}, run {said!r}")
            if table != rows_of(form, answer):
                problems.append(f"table {answer['rows']}, run {table}")
            unlike += [f"- {form} {choice}: {problem}" for problem in problems]
            alike += not problems
            print(f"{form} {n + 1} of {len(answers)}: {choice}: {problems or 'alike'}", flush=True)
        rows.append(f"| {FORMS[form][0]} | {len(answers)} | {alike} |")
    yield (
        "Sentence and table that Chromium shows for a choice, against a papermill run of the notebook with the"
        f" same parameters: drawn at random (seed {SEED}), the published one, and those at the ends of the ranges.\n"
    )
    yield "| notebook | choices | alike |"
    yield "|---|---:|---:|"
    yield from rows
    yield from ["", *unlike] if unlike else []
    text = file.read_bytes()
    weight, packed, middle = len(text), len(gzip.compress(text)), statistics.median(took)
    yield "\n| budget | reached | |"
    yield "|---|---:|---|"
    for said, reached, limit in (
        (f"choice to drawing, processor slowed {SLOWED} times, median ≤ {LIMIT_MS} ms", middle, LIMIT_MS),
        (f"page ≤ {LIMIT_BYTES:,} bytes", weight, LIMIT_BYTES),
        (f"gzipped ≤ {LIMIT_GZIPPED:,} bytes", packed, LIMIT_GZIPPED),
    ):
        yield f"| {said} | {reached:,.0f} | {'kept' if reached <= limit else 'missed'} |"
