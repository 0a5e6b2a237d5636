"""`escalation …`: build the report, prove it, and what else can be done with it. Heavy imports wait until
they are needed."""

import importlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from escalation import authoring, command, places
from escalation.build.graph import notebooks
from escalation.build.make import How
from escalation.build.progress import Progress
from escalation.build.project import Value
from escalation.command import project
from escalation.errors import Refusal
from escalation.paths import MARK, root

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=__doc__,
)

CASES = "escalation.counts.sources:check_cases"  # a build asks only after its own case

Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--parameter",
        metavar="NAME=VALUE",
        help="Another value for a parameter, in every notebook that has it.",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        help=(
            "fork: in processes that have their libraries, fast (Linux); kernel: ordinary Jupyter kernels."
            " Same bytes."
        )
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help=(
            "A folder for the results, instead of the project itself: a new or empty one, or one of an"
            " earlier build."
        )
    ),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="How many steps side by side (a processor each).")]
Limit = Annotated[float, typer.Option(min=1, help="Seconds a step may take.")]


def _engine(name: str | None) -> str:
    if name not in (None, "fork", "kernel"):
        raise Refusal(f"--engine {name}: is not fork or kernel")
    usual = "fork" if sys.platform == "linux" else "kernel"
    if name == "fork" != usual:
        raise Refusal("--engine fork: is for Linux; leave it out")
    return name or usual


@app.callback(help=__doc__)
def before_all() -> None:
    """Before any command: a swap that a killed build left unfinished is finished, so that nobody reads half a
    report."""
    command.mend()


@app.command(name="build")
def build_command(
    parameter: Pairs = None,
    scenario: Annotated[
        str | None, typer.Option(help="A named set of values: a file in scenarios/. -p goes over it.")
    ] = None,
    engine: Engine = None,
    force: Annotated[bool, typer.Option("--force", help="Run everything, whatever is stored.")] = False,
    jobs: Jobs = None,
    out: Out = None,
    time_limit: Limit = 900,
) -> None:
    """Make the report: run what has changed, publish the whole. Ends with the path of the page.

    With other values than the published ones the results go to out/, or to --out, and the published report
    stays.
    """
    folder = root()
    overrides = _overrides(scenario, parameter, folder)
    if overrides:
        _fit(folder, overrides)
    if overrides and out is None:
        out = folder / "out" / _label(scenario, parameter)
    how = How(engine=_engine(engine), jobs=jobs, force=force, time_limit=time_limit)
    command.build(project(folder), overrides=overrides, out=out, how=how)


def _fit(folder: Path, overrides: Mapping[str, Value]) -> None:
    """Raises Refusal for values that are each right by itself and do not go together, before any work."""
    from escalation import cases, parameters

    resolved = parameters.resolve_all(notebooks(folder), overrides).values()
    if problems := list(dict.fromkeys(line for values in resolved for line in cases.unfit(values, folder))):
        raise Refusal(problems)


def _overrides(name: str | None, pairs: list[str] | None, folder: Path) -> dict[str, Value]:
    overrides: dict[str, Value] = {}
    if name:
        from escalation.build import scenario

        overrides |= scenario.read(name, folder).parameters
    if pairs:
        from escalation.parameters import parse

        overrides |= parse(pairs)
    return overrides


def _label(name: str | None, pairs: list[str] | None) -> str:
    # of a file of the user's own the name is enough
    short = [re.sub(r"(_file=).*[\\/]", r"\1", pair) for pair in pairs or []]
    words = [*([name] if name else []), *(pair.replace(" ", "") for pair in short)]
    return re.sub(r"[^A-Za-z0-9=_+-]", "_", "+".join(words))[:80]


@app.command(name="verify")
def verify_command(
    copies: Annotated[
        list[Path] | None,
        typer.Argument(metavar="COPY", help="Downloaded files or folders: are they the published ones?"),
    ] = None,
    engine: Engine = None,
    jobs: Jobs = None,
    time_limit: Limit = 900,
) -> None:
    """Make the report again in a fresh copy, without stored results, and compare it with the published one
    byte for byte.

    With COPY nothing is made: those files are compared with the hashes of the published ones.
    """
    from escalation.build import verify

    if copies:
        result = verify.copies(root(), copies)
    else:
        how = How(engine=_engine(engine), jobs=jobs, cache=False, time_limit=time_limit)
        result = verify.verify(project(root()), how=how, progress=Progress())
    for line in result.differences:
        typer.echo(line)
    typer.echo(result.manner)
    typer.echo(result.summary)
    if result.differences:
        raise typer.Exit(1)


@app.command(name="compare")
def compare_command(
    first: Annotated[Path, typer.Argument(help="A folder with a build: . or out/NAME.")],
    second: Annotated[Path, typer.Argument(help="Another.")],
) -> None:
    """Say in words which parameters, conclusions, numbers and figures differ between two builds."""
    from escalation.build.compare import compare

    for line in compare(first, second).lines():
        typer.echo(line)


@app.command(name="sweep")
def sweep_command(
    grid: Annotated[
        Path,
        typer.Argument(
            help=(
                "A TOML file with [grid], a list of values for each parameter, and perhaps scenarios and"
                " notebooks."
            )
        ),
    ],
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A Dask scheduler, such as tcp://host:8786; without it, workers on this machine.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where results go, and from where a stopped sweep goes on (out/sweep-NAME)."),
    ] = None,
    jobs: Jobs = None,
    time_limit: Limit = 900,
) -> None:
    """Run all combinations of a grid of parameters; ends with the path of a page that says what holds in how
    many runs."""
    from escalation.build import sweep as sweeping

    folder = root()
    read = sweeping.read(grid, folder)
    target = out or folder / "out" / f"sweep-{read.name}"
    swept = sweeping.sweep(
        project(folder),
        read,
        out=target,
        scheduler=scheduler,
        jobs=jobs,
        time_limit=time_limit,
        progress=Progress(),
    )
    for run in swept.runs:
        if "problems" in run:
            typer.echo(f"{run['set']}: {'; '.join(run['problems'])}", err=True)
    typer.echo(swept.folder / "sweep.html")
    if swept.failed:
        raise typer.Exit(1)


@app.command(name="fetch")
def fetch_command(
    publisher: Annotated[str, typer.Argument(metavar="ucdp", help="Whose event file: ucdp.")],
    version: Annotated[
        str | None,
        typer.Option(
            help="The GED version, like 26.1 (the newest this project knows), or candidates: 26.0.4, 26.01.26.06."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder to put it in, instead of the user's cache.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="What the file has to be.")] = None,
) -> None:
    """Download the official event file, check it, and say how to build on it. Only the path goes to standard
    output."""
    from escalation import fetch

    if publisher != "ucdp":
        raise Refusal(
            f"{publisher}: only ucdp can be fetched; an ACLED export comes from your own account there"
        )
    found = fetch.ged(version or fetch.VERSION, to=to, sha256=sha256)
    typer.echo(
        f"{'downloaded' if found.is_new else 'already there'}: {found.size:,} bytes, sha256 {found.sha256}",
        err=True,
    )
    typer.echo(f"build on it: escalation build -p events_file={found.file}", err=True)
    typer.echo(found.file)


@app.command(name="new-case")
def new_case_command(
    name: Annotated[
        str, typer.Argument(help="What the case is to be called: small letters, digits, - and _.")
    ],
    events: Annotated[Path, typer.Option(help="A UCDP GED file (csv, csv.gz or zip).")],
    country: Annotated[list[str] | None, typer.Option(help="A country, as the file names it.")] = None,
    conflict: Annotated[list[str] | None, typer.Option(help="A conflict, as the file names it.")] = None,
    side_b: Annotated[list[str] | None, typer.Option(help="The second side of the war.")] = None,
    province: Annotated[list[str] | None, typer.Option(help="A province, if not the whole country.")] = None,
    start: Annotated[str, typer.Option(help="First day of the window (ISO date).")] = "",
    end: Annotated[str, typer.Option(help="Last day of the window (ISO date).")] = "",
    talks: Annotated[Path | None, typer.Option(help="A table of talks; date,title is enough.")] = None,
    truces: Annotated[Path | None, typer.Option(help="A table of truces; date,name is enough.")] = None,
) -> None:
    """Begin another conflict: its file, its counts, its tables, and a list of what is still to be coded.

    Names that can be chosen are printed with their numbers of events; without a choice the one with most is
    taken. Every option for a name may stand several times.
    """
    from escalation.newcase import Asked, new_case

    asked = Asked(
        countries=country or (),
        conflicts=conflict or (),
        sides=side_b or (),
        provinces=province or (),
        start=start,
        end=end,
        talks=talks,
        truces=truces,
    )
    for line in new_case(name, events, asked, root()):
        typer.echo(line)


@app.command(name="check")
def check_command() -> None:
    """Check tables and evidence, and say everything that is wrong."""
    problems: list[str] = []
    for call in (*project(root()).checks, CASES):
        module, _, function = call.partition(":")
        problems += getattr(importlib.import_module(module), function)(root())
    if problems:
        raise Refusal(problems)
    typer.echo("the tables are in order")


@app.command(name="strip")
def strip_command(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks; all in notebooks/ if none is named.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if one is not stripped.")
    ] = False,
    through: Annotated[
        bool,
        typer.Option("--filter", help="One notebook from standard input to standard output, for git."),
    ] = False,
) -> None:
    """Take outputs, counts and traces of use out of the notebooks, as they are kept in git."""
    from escalation.build.strip import filtered, strip

    if through:
        sys.stdout.buffer.write(filtered(sys.stdin.buffer.read()))
        return
    paths = notebooks or sorted((root() / "notebooks").glob("*.ipynb"))
    found = strip(paths, check=check)
    if found and check:
        raise Refusal([f"{path.name}: is not stripped; run `escalation strip`" for path in found])
    for path in found:
        typer.echo(f"{path.name}: stripped")


@app.command(name="export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="A folder to write into.")],
    format: Annotated[
        list[str] | None,
        typer.Option(help="annotations, brat, ged, plover, hxl or geojson; all if none is named."),
    ] = None,
    tiers: Annotated[str, typer.Option(help="all, or seeds: only what the documents say.")] = "all",
) -> None:
    """Write the evidence in the formats that others read."""
    from escalation.export import FORMATS, export

    if tiers not in ("all", "seeds"):
        raise Refusal(f"--tiers {tiers}: is not all or seeds")
    for path in export(root(), folder, formats=format or FORMATS, tiers=tiers):
        typer.echo(path)


@app.command(name="add-document")
def add_document_command(
    text: Annotated[Path, typer.Argument(help="The article, as a UTF-8 text.")],
    about: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="publisher, title, address, date_first … (all are asked for)."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the drafts go (out/NAME of the text).")] = None,
) -> None:
    """Prepare a further article for coding: its row, a template of claims with every place filled in, and
    what was found in it."""
    from escalation import schema
    from escalation.evidence.articles import add_document, write_article

    told = dict(pair.partition("=")[::2] for pair in about or ())
    target = places.outside(out or root() / "out" / text.stem, root())
    article = add_document(
        text, told, schema.read("documents", root()), list(schema.read("claims", root()).columns)
    )
    for path in write_article(article, target):
        typer.echo(path)


@app.command(name="changelog")
def changelog_command(
    before: Annotated[
        Path | None,
        typer.Argument(
            help=(
                "The project as it was: a checkout of an earlier version (the last one kept in"
                " data/versions)."
            )
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Before publishing: put the tables by as this version, for the change log of the next.",
        ),
    ] = False,
) -> None:
    """Say cell by cell what changed in the coded tables since the version before, as a section for a change
    log."""
    from escalation import schema
    from escalation.evidence import changes

    if keep:
        typer.echo(changes.keep(root()))
        return
    if before and not (before / MARK).is_file():
        raise Refusal(f"{before}: is no project (no {MARK.as_posix()})")
    old = before or changes.earlier(root())
    typer.echo(
        changes.changelog(
            changes.changes(changes.read_version(old), changes.read_version(root())),
            before=schema.package(old)["version"],
            version=schema.package(root())["version"],
            date=changes.released(root()),
        )
    )


authoring.register(app)


def main() -> None:
    """The command line: refusals as lines and exit code 2, a failed build 1, an interrupt 130."""
    command.run(app)


if __name__ == "__main__":
    main()
