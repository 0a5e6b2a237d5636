"""What names one war stands in its case file and tables, and nowhere else: neither in code nor in a notebook
nor in the name of a built column."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation import cases, schema

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted(file.stem for file in (ROOT / cases.FOLDER).glob("*.toml"))
# words that names are made of, and that any war has
PLAIN = {"and", "central", "city", "coast", "democratic", "east", "eastern", "exact", "forces", "governorate",
         "government", "islamic", "islands", "march", "military", "new", "north", "northern", "of", "organization",
         "people", "province", "republic", "south", "southern", "state", "states", "the", "treaty", "union", "united",
         "west", "western"}  # fmt: skip
# where a word of a case is meant as such
MEANT = re.compile(
    r"with a special emphasis on Syria"  # the title of a paper that UCDP wants cited, whatever the war
    r'|^ *"northwest",'  # one of the quarters of the compass
    r'|^case(?:: str)? = "idlib"'  # the parameter that chooses the case
)


def names(case: cases.Case) -> set[str]:
    """The names in a case file: capitalised words of places, parties, actors and sets; and the names of its
    own sets and of the formats of its lanes."""
    actors = case.acled.actors if case.acled else ()
    texts = [case.title, case.place, case.words.parties, case.words.strikes, case.words.register_of_truces]
    texts += [*case.towns, *case.ucdp.conflict, *case.ucdp.side_b, *actors, *case.actors]
    for parts in (case.governorates, case.countries):
        texts += [*parts, *(spelling for spellings in parts.values() for spelling in spellings)]
    texts += [each.short for each in case.sets.values()]
    found = {word.lower() for text in texts for word in re.findall(r"\b[A-Z][A-Za-z]{2,}", text)} - PLAIN
    formats = {each.lower() for lane in case.lanes.values() for each in lane}
    return found | formats | {name.lower() for name in case.sets}


def ids(case: cases.Case) -> Iterator[str]:
    """The ids of a case's claims, talks and truces."""
    for table, column in (("claims", "claim_id"), ("talks", "talk_id"), ("truces", "truce_id")):
        yield from schema.read(table, ROOT, folder=case.tables)[column]


def places(case: cases.Case) -> list[str]:
    """The places of a case, in full."""
    return list(schema.read("places", ROOT, folder=case.tables)["name"])


def texts() -> Iterator[tuple[str, str]]:
    """Every line of the package (templates and scripts too) and of the notebooks, and every name of a built
    column, each with where it stands."""
    for file in sorted((ROOT / "escalation").rglob("*")):
        if file.suffix in {".py", ".j2", ".typ", ".js", ".css", ".html"}:
            where = str(file.relative_to(ROOT))
            for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{where}:{n}", line
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for line in "".join(cell["source"]).splitlines():
                yield f"{file.name}, {cell['id']}", line
    for resource in schema.package(ROOT)["resources"]:
        if resource["path"].startswith("built/"):
            for field in resource["schema"]["fields"]:
                yield resource["path"], field["name"]


@pytest.mark.parametrize("name", CASES)
def test_no_name_of_a_war(name: str) -> None:
    """No place, party, format, set or id of a case is named outside its own file and tables."""
    case = cases.read(name, ROOT)
    loose = "|".join(sorted(map(re.escape, names(case))))  # with endings too: Russia, Russian
    exact = "|".join(sorted(map(re.escape, {*ids(case), *places(case)})))
    either = re.compile(
        rf"(?<![a-z])(?:{loose})" + (rf"|(?-i:(?<!\w)(?:{exact})(?!\w))" if exact else ""), re.IGNORECASE
    )
    found = [
        f"{where}: {hit[0]}: {line.strip()[:160]}"
        for where, line in texts()
        for hit in [either.search(MEANT.sub("", line))]
        if hit
    ]
    assert [] == found


def test_the_search_finds_what_it_should() -> None:
    """Its words are taken from the case: places, parties, formats, sets."""
    assert {"idlib", "syria", "russia", "astana", "astana_round", "without_moscow_2020", "hts"} <= names(
        cases.read("idlib", ROOT)
    )
