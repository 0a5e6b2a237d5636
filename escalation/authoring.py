"""`escalation series · codebook · readme · add-talk · add-claim`: what maintainers add or make again by hand."""

import json
from pathlib import Path
from typing import Annotated

import typer

from escalation.build.store import write
from escalation.errors import Refusal
from escalation.paths import root

FIRST, LAST = "<!-- findings: written by `escalation readme`, not by hand -->", "<!-- end of findings -->"
PICTURES = """![Weekly counts and phases](figures/phases.png)

![Talks and what followed them](figures/peri_event.png)

![Truces and how long they held](figures/truces.png)"""

Cells = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="COLUMN=VALUE", help="A cell; what is missing is asked for, all at once."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    app.command(name="series")(series_command)
    app.command(name="codebook")(codebook_command)
    app.command(name="readme")(readme_command)
    app.command(name="add-talk")(add_talk_command)
    app.command(name="add-claim")(add_claim_command)
    app.command(name="declare")(declare_command)


def series_command(
    ucdp: Annotated[Path, typer.Option(help="A UCDP GED file.")],
    airwars: Annotated[
        Path | None, typer.Option(help="Airwars counts by day and governorate (csv), if the case has them.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="The case whose area, window and sides count (that of the notebooks).")
    ] = None,
) -> None:
    """Make the daily counts that a case keeps again from whole event files, with their source records;
    nothing of the files themselves."""
    from escalation.counts.sources import embed
    from escalation.parameters import defaults

    name = case or str(defaults(root() / "notebooks" / "1_dataset.ipynb")["case"])
    for file in embed(ucdp, airwars, case_name=name, root=root()):
        typer.echo(file.relative_to(root()))
        record = json.loads(file.read_text(encoding="utf-8")) if file.suffix == ".json" else {}
        doubtful = [f"{name}: {n:,} rows" for name, n in record.get("rows_doubtful", {}).items() if n]
        if doubtful:
            typer.echo(f"{record['input']}: counted as they stand: {'; '.join(doubtful)}", err=True)
        for remark in record.get("remarks", ()):
            typer.echo(remark, err=True)


def codebook_command(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if it is stale.")] = False,
) -> None:
    """Record in data/datapackage.json how many rows the coded tables have, and print data/CODEBOOK.md from
    it."""
    from escalation.schema import DESCRIPTOR, codebook, package, recorded

    text, before = recorded(root()), package(root()).get("rows", {})
    for file, rows in json.loads(text)["rows"].items():
        if rows != before.get(file):
            typer.echo(f"data/{file}: {rows} rows, {before.get(file, 'none')} on record", err=True)
    _fresh(root() / DESCRIPTOR, text, check=check, remedy="escalation codebook")
    _fresh(root() / "data" / "CODEBOOK.md", codebook(root()), check=check, remedy="escalation codebook")


def readme_command(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if it is stale.")] = False,
) -> None:
    """Write the findings into README.md."""
    file = root() / "README.md"
    _fresh(file, readme(file.read_text(encoding="utf-8"), root()), check=check, remedy="escalation readme")


def add_talk_command(cells: Cells = None) -> None:
    """Append a talk to data/coded/talks.csv, checked with all tables, or say all that is missing or wrong."""
    from escalation.newrow import add_talk

    _added(add_talk(_told(cells), root()))


def add_claim_command(cells: Cells = None) -> None:
    """Append a claim, with its first coding, or say all that is missing or wrong. Offsets follow from the quote."""
    from escalation.newrow import add_claim

    _added(add_claim(_told(cells), root()))


def _told(pairs: list[str] | None) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in pairs or ())


def _added(files: list[Path]) -> None:
    for file in files:
        typer.echo(f"added to {file.relative_to(root())}")
    typer.echo(
        "then: escalation codebook; escalation build; escalation readme, if the first screen has changed"
    )


def declare_command(
    notebook: Annotated[str, typer.Argument(help="Its name, like 3b_weekday.")],
    into: Annotated[bool, typer.Option("--write", help="Put it into the notebook's metadata.")] = False,
) -> None:
    """Run a notebook once in a copy, and say what it reads and writes: what its metadata are to declare."""
    from escalation.build.observe import declaration

    stem = Path(notebook).name.removesuffix(".ipynb")
    declared = declaration(stem, root())
    if into:
        file = root() / "notebooks" / f"{stem}.ipynb"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["metadata"]["escalation"] = declared
        write(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    typer.echo(json.dumps({"escalation": declared}))


def readme(text: str, project: Path) -> str:
    """The README's text with the answers and findings of the report's first screen between its marks, their
    links led to pictures and report, and everything else as it is. Raises Refusal where the marks are
    missing."""
    from escalation import findings
    from escalation.page import markup

    if FIRST not in text or LAST not in text:
        raise Refusal([f"README.md: the marks {FIRST!r} and {LAST!r} are missing"])

    def address(url: str) -> str:
        named = markup.scheme_of(url)
        return (
            url
            if not named
            else (
                f"figures/{named[1]}.png"
                if named[0] == "figure"
                else f"reports/report.md#{named[0]}-{named[1]}"
            )
        )

    found = findings.read(project)
    parts = [
        markup.markdown(markup.parse(found[key].value), address).strip() for key in ("answers", "findings")
    ]
    before, rest = text.split(FIRST, 1)
    return "\n\n".join([before + FIRST, *parts, PICTURES, LAST + rest.split(LAST, 1)[1]])


def _fresh(file: Path, text: str, *, check: bool, remedy: str) -> None:
    stale = not file.is_file() or file.read_text(encoding="utf-8") != text
    if check and stale:
        typer.echo(f"{file.name} is stale; run `{remedy}`", err=True)
        raise typer.Exit(1)
    if stale:
        file.parent.mkdir(exist_ok=True)
        write(file, text)
    typer.echo(f"{file.name}: {'written' if stale else 'fresh'}")
