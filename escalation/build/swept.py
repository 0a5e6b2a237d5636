"""What a sweep found: one table, a row a set, and one page that says which conclusions hold in how many of
the runs."""

import csv
import io
import os
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation.build.compare import is_conclusion
from escalation.build.store import write
from escalation.errors import Refusal

if TYPE_CHECKING:
    from escalation.build.project import Value
    from escalation.build.scenario import Grid

PAGE, TABLE = "sweep.html", "results.csv"
TEMPLATE = Path(__file__).with_name("sweep.html")
MARK, HEAD = (
    b'<meta name="generator" content="escalation sweep">',
    500,
)  # stands in the first bytes of the page


def write_results(
    out: Path, grid: "Grid", runs: Sequence[Mapping[str, Any]], *, published: Mapping[str, "Value"]
) -> None:
    """`sweep.html` and `results.csv` in `out`. The same runs give the same bytes, in whatever order they
    came."""
    rows = [_row(run) for run in runs]
    parameters = list(dict.fromkeys(name for run in runs for name in run["set"]))
    columns = [
        *parameters,
        "problem",
        *sorted({name for row in rows for name in row} - {*parameters, "problem"}),
    ]
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {
            name: _cell(value)
            for name, value in ({name: published.get(name) for name in parameters} | row).items()
        }
        for row in rows
    )
    # the page first: `may_take` knows a sweep by it
    write(out / PAGE, _page(grid, runs, rows, parameters, published))
    write(out / TABLE, table.getvalue())


def may_take(out: Path) -> None:
    """Raises Refusal if the table or the page of a sweep would replace in `out` what no sweep wrote."""
    page, problems = out / PAGE, []
    try:
        is_ours = page.is_file() and _begins(page)
    except OSError as error:
        raise Refusal(f"{page}: cannot be read ({error.strerror}); name another folder with --out") from None
    if not is_ours:
        problems = [
            f"{out / name}: stands there already and is of no sweep; move it, or name another folder "
            "with --out"
            for name in (PAGE, TABLE)
            if os.path.lexists(out / name)
        ]
    if problems:
        raise Refusal(problems)


def _begins(page: Path) -> bool:
    with page.open("rb") as file:
        return MARK in file.read(HEAD)


def _row(run: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters, and every finding that is one value, with its range and n."""
    row: dict[str, Any] = dict(run["set"])
    row["problem"] = " | ".join(run.get("problems", ()))
    for notebook, found in run.get("findings", {}).items():
        for name, finding in found.items():
            for part in ("value", "low", "high", "n"):
                if part in finding and not isinstance(finding[part], list | dict):
                    row[f"{notebook}.{name}" + ("" if part == "value" else f".{part}")] = finding[part]
    return row


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else value


def _page(
    grid: "Grid",
    runs: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    parameters: Sequence[str],
    published: Mapping[str, "Value"],
) -> str:
    from jinja2 import Environment

    good = [row for run, row in zip(runs, rows, strict=True) if "problems" not in run]
    names = sorted({name for row in good for name in row} - {*parameters, "problem"})
    values = {name: [row[name] for row in good if row.get(name) is not None] for name in names}
    said = {
        name: Counter(map(_text, found)).most_common()
        for name, found in values.items()
        if found and all(map(is_conclusion, found))
    }
    counted = {
        name: _spread(found)
        for name, found in values.items()
        if found and name not in said and all(map(_is_number, found))
    }
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text("utf-8")
    )
    return template.render(
        grid=grid,
        n=len(good),
        total=len(grid.sets),
        varied={
            name: list(dict.fromkeys(_text(row.get(name, published.get(name))) for row in rows))
            for name in parameters
        },
        said={name: counts for name, counts in said.items() if len(counts) > 1},
        agreed={name: counts[0][0] for name, counts in said.items() if len(counts) == 1},
        counted={name: spread for name, spread in counted.items() if spread["least"] != spread["most"]},
        failed=[(_set(run["set"]), "; ".join(run["problems"])) for run in runs if "problems" in run],
        missing=len(grid.sets) - len(runs),
    )


def _spread(found: Iterable[float]) -> dict[str, str]:
    ordered = sorted(found)
    parts = {"least": ordered[0], "middle": statistics.median(ordered), "most": ordered[-1]}
    return {name: f"{value:.4g}" for name, value in parts.items()} | {"n": str(len(ordered))}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _set(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in values.items()) or "as published"
