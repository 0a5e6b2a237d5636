"""Files that were cut or garbled on their way: refused by name, and never published as if they were whole."""

import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.faults import cut, garbled
from escalation import cli, schema
from escalation.counts import sources
from escalation.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent
CODED = {
    r["name"]: f"data/{r['path']}"
    for r in schema.package(ROOT)["resources"]
    if r["path"].startswith("coded/")
}
MADE = [
    path.relative_to(ROOT).as_posix()
    for place in ("series", "cases/*")
    for path in sorted((ROOT / "data").glob(f"{place}/ucdp_*.csv"))
]
MADE.append("data/series/airwars_daily.csv")


def shorten(file: Path) -> tuple[int, int]:
    """Cut a table between two rows that stand on lines of their own; how many rows it had and has."""
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(cut(file.name, b"".join(lines)))
    return len(lines) - 1, len(file.read_bytes().splitlines()) - 1


@pytest.mark.parametrize("name", CODED)
def test_a_coded_table_cut_between_two_rows_is_refused(name: str, project: Path) -> None:
    """Every row that is left is in order, and yet the table is not whole: how many there are, how many there
    were, what to do."""
    before, now = shorten(project / CODED[name])
    said = (
        f"{CODED[name]}: has {now} rows, {before} are on record, as if it were cut short; if rows were meant"
        " to go: `escalation codebook`"
    )
    assert said in schema.check(project, [name])


def test_a_table_of_a_case_cut_between_two_rows_is_refused(project: Path) -> None:
    """As one of the report's own."""
    shorten(project / "data/cases/afghanistan/talks.csv")
    assert ["data/cases/afghanistan/talks.csv: has 6 rows, 14 are on record"] == [
        line.partition(", as if")[0] for line in sources.check_case("afghanistan", project)
    ]


def test_a_cut_in_the_midst_of_the_last_line_is_refused(project: Path) -> None:
    """Though what is left of the line is a row in order, with a shorter word in its last column; an empty
    file has no line at all."""
    file = project / CODED["duties"]
    file.write_bytes(file.read_bytes()[:-5])
    assert [
        "data/coded/duties.csv: its last line has no end, as if the file were cut short; if it is whole, end"
        " that line"
    ] == schema.check(project, ["duties"])
    file.write_bytes(b"")
    assert schema.check(project, ["duties"])[0].startswith("data/coded/duties.csv: its last line has no end")


def test_rows_may_be_added_and_changed_without_further_ado(project: Path) -> None:
    """Hands edit coded tables: neither a word changed nor a row more needs anything else."""
    file = project / CODED["duties"]
    *rest, last = file.read_text("utf-8").splitlines(keepends=True)
    identity = last.split(",")[0]
    file.write_text("".join([*rest, last, last.replace(identity, f"{identity}x", 1)]), "utf-8")
    assert [] == [line for line in schema.check(project, ["duties"]) if "rows" in line or "last line" in line]


def test_fewer_rows_are_accepted_by_a_command_that_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`escalation codebook` puts the number on record and names it; `--check` fails as long as it differs."""
    monkeypatch.setenv("ESCALATION_ROOT", str(project))
    monkeypatch.setattr("escalation.authoring.root", lambda: project)
    (project / "data/CODEBOOK.md").write_text(schema.codebook(project), "utf-8")
    before, now = shorten(project / CODED["duties"])
    assert 1 == CliRunner().invoke(cli.app, ["codebook", "--check"]).exit_code
    assert schema.check(project, ["duties"])
    done = CliRunner().invoke(cli.app, ["codebook"])
    assert 0 == done.exit_code and f"data/coded/duties.csv: {now} rows, {before} on record" in done.output
    assert [] == schema.check(project, ["duties"])
    assert 0 == CliRunner().invoke(cli.app, ["codebook", "--check"]).exit_code
    assert now == schema.package(project)["rows"]["coded/duties.csv"]


def test_the_record_is_that_of_the_tables(root: Path) -> None:
    """As many rows are on record as there are, so that any cut shows."""
    assert schema.recorded(root) == (root / schema.DESCRIPTOR).read_text("utf-8"), "run `escalation codebook`"
    rows = schema.package(root)["rows"]
    assert {f"coded/{Path(path).name}" for path in CODED.values()} == {
        path for path in rows if path.startswith("coded/")
    }
    assert len(schema.read("claims", root)) == rows["coded/claims.csv"]


def checked(project: Path) -> list[str]:
    """What `escalation check` says of counts, of the project and of all cases."""
    return [*sources.check(project), *sources.check_cases(project)]


@pytest.mark.parametrize("path", MADE)
def test_counts_that_are_not_as_they_were_made_are_refused(path: str, project: Path) -> None:
    """One row less, one digit changed, the file gone: all in order by their declaration, and none what the
    source record says."""
    file = project / path
    whole = file.read_bytes()
    said = [
        f"{path}: is not as `escalation series` made it (cut, edited or missing); restore it, or make it"
        " again"
    ]
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert said == checked(project)
    file.write_bytes(whole[:-2] + (b"1" if whole[-2:-1] != b"1" else b"2") + b"\n")
    assert said == checked(project)
    file.unlink()
    assert said == checked(project)
    file.write_bytes(whole)
    assert [] == checked(project)


def test_counts_without_their_record_are_refused(project: Path) -> None:
    """A source record that was cut is named; one that is missing leaves its tables without a source."""
    record = project / "data/series/airwars.source.json"
    record.write_bytes(cut(record.name, record.read_bytes()))
    [line] = sources.check(project)
    assert line.startswith("data/series/airwars.source.json: is no source record (") and line.endswith(
        "`escalation series` makes it"
    )
    record.unlink()
    assert [
        "data/series/airwars_daily.csv: stands in no source record beside it; `escalation series` makes both"
    ] == sources.check(project)


def test_a_build_and_a_check_look_at_all_of_this(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at cases that are not the report's."""
    monkeypatch.setenv("ESCALATION_ROOT", str(project))
    cli.check_command()
    shorten(project / "data/cases/afghanistan/ucdp_cells.csv")
    case = project / "data/cases/afghanistan.toml"
    case.write_bytes(cut(case.name, case.read_bytes()))
    with pytest.raises(Refusal) as refused:
        cli.check_command()
    assert {"data/cases/afghanistan/ucdp_cells.csv", "data/cases/afghanistan.toml"} == {
        line.split(":")[0].split(",")[0] for line in refused.value.problems
    }


def test_a_garbled_declaration_is_one_line(project: Path) -> None:
    """Bytes that are no text, and text that is no JSON."""
    file = project / schema.DESCRIPTOR
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + b"\xff" + whole[41:])
    with pytest.raises(Refusal, match=r"data/datapackage\.json: is not UTF-8 text \(byte 40\)"):
        schema.package(project)
    assert (["data/datapackage.json: is not UTF-8 text (byte 40)"], []) == (
        schema.check(project),
        sources.check(project),
    )
    file.write_bytes(cut(file.name, whole))
    with pytest.raises(Refusal, match=r"data/datapackage\.json, line \d+: not valid JSON"):
        schema.package(project)


def test_random_bytes_do_not_pass_for_a_table(project: Path) -> None:
    """A table with one byte in 200 replaced is refused by name, whatever the bytes are."""
    chance = random.Random(3)
    for name, path in CODED.items():
        whole = (project / path).read_bytes()
        (project / path).write_bytes(garbled(whole, chance))
        lines = schema.check(project, [name])
        assert lines and all(line.startswith(path) for line in lines), name
        (project / path).write_bytes(whole)


def test_a_table_in_another_encoding_is_told_what_to_do(project: Path) -> None:
    """Not how a codec failed."""
    file = project / "data/coded/duties.csv"
    file.write_bytes(file.read_bytes() + b"\xe9\n")
    assert "data/coded/duties.csv: is not UTF-8 text; save it as UTF-8" in schema.check(project)
    with pytest.raises(Refusal, match=r"data/coded/duties\.csv: is not UTF-8 text; save it as UTF-8"):
        schema.read("duties", project)


def test_only_the_table_with_a_lone_surrogate_is_refused(project: Path) -> None:
    """And none of those that point at it."""
    file = project / "data/coded/claims.csv"
    file.write_bytes(file.read_bytes().replace(b"Photo caption", b"\xed\xa0\x80", 1))
    assert ["data/coded/claims.csv: is not UTF-8 text; save it as UTF-8"] == schema.check(project)
