"""Exports are read back to what went in, and nothing in them runs."""

import json
from pathlib import Path

import pandas as pd
import pytest

from escalation import cases, schema
from escalation.counts import ucdp
from escalation.evidence import link
from escalation.export import FORMATS, export
from escalation.export.spans import annotations, brat
from escalation.export.tables import (
    HXL,
    PLOVER_CLAIM,
    PLOVER_EVENT,
    PLOVER_TALK,
    ged,
    inert,
)

ROOT = Path(__file__).resolve().parent.parent
PLOVER = {
    "", "AGREE", "CONSULT", "SUPPORT", "CONCEDE", "COOPERATE", "AID", "RETREAT", "REQUEST", "ACCUSE",
    "REJECT", "THREATEN", "PROTEST",
    "SANCTION", "MOBILIZE", "COERCE", "ASSAULT",
}  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project exported once."""
    folder = tmp_path_factory.mktemp("export")
    export(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    """The events of the project."""
    return link(
        *(schema.read(name, ROOT) for name in ("claims", "incidents", "merges", "origins", "places")),
        tiers="all",
        actors=cases.read("idlib", ROOT).actors,
    )


def read_brat(ann: str) -> pd.DataFrame:
    """The spans of an .ann file: claim_id, claim_type, status, char_start, char_end, text."""
    found: dict[str, dict[str, object]] = {}
    for line in ann.splitlines():
        key, said, *rest = line.split("\t")
        if key.startswith("T"):
            kind, _, spans = said.partition(" ")
            ends = [int(number) for span in spans.split(";") for number in span.split()]
            found[key] = {"claim_type": kind, "char_start": ends[0], "char_end": ends[-1], "text": rest[0]}
        elif key.startswith("A"):
            _, target, status = said.split()
            found[target]["status"] = status
        else:
            found[said.split()[1]]["claim_id"] = rest[0]
    return pd.DataFrame(found.values())


def read_geojson(file: Path) -> pd.DataFrame:
    """The features as rows: event_id, lat, lon (missing without a point) and the properties."""
    rows = []
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        lon, lat = feature["geometry"]["coordinates"] if feature["geometry"] else (None, None)
        rows.append({"event_id": feature["id"], "lat": lat, "lon": lon, **feature["properties"]})
    return pd.DataFrame(rows)


def test_web_annotations_come_back_as_the_same_spans(out: Path) -> None:
    """Quote, surroundings, offsets, kind and status of every claim survive the way through JSON-LD, and stand
    in their documents."""
    page = json.loads((out / "claims.jsonld").read_text(encoding="utf-8"))
    claims = schema.read("claims", ROOT)
    for item, claim in zip(page["items"], claims.to_dict("records"), strict=True):
        quote, position = item["target"]["selector"]
        assert claim["claim_id"] == item["id"].partition("#claim-")[2]
        assert claim["document_id"] == item["target"]["source"]["dcterms:identifier"]
        assert (claim["quote"], claim["char_start"]) == (quote["exact"], position["start"])
        sides = {side: claim[side] for side in ("prefix", "suffix") if pd.notna(claim[side])}
        assert (sides, claim["char_end"]) == (
            {side: quote[side] for side in ("prefix", "suffix") if side in quote},
            position["end"],
        )
        assert [claim["claim_type"], claim["status"]] == [body["value"] for body in item["body"]]
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert {part["type"] for part in page["items"][0]["target"]["selector"]} == {
        "TextQuoteSelector",
        "TextPositionSelector",
    }
    assert len({item["id"] for item in page["items"]}) == len(claims)


def test_brat_comes_back_as_the_same_spans(out: Path) -> None:
    """Every .ann line points at the words it names in the .txt beside it, which is the seed byte for byte."""
    claims, documents = schema.read("claims", ROOT), schema.read("documents", ROOT)
    for document in documents.to_dict("records"):
        seed = (ROOT / document["file"]).read_bytes()
        assert (out / "brat" / f"{document['document_id']}.txt").read_bytes() == seed
        text = seed.decode()
        back = read_brat((out / "brat" / f"{document['document_id']}.ann").read_text(encoding="utf-8"))
        assert [text[a:b] for a, b in zip(back["char_start"], back["char_end"], strict=True)] == list(
            back["text"]
        )
        mine = claims[claims["document_id"] == document["document_id"]].set_index("claim_id")
        assert set(back["claim_id"]) == set(mine.index)
        same = mine.loc[back["claim_id"], ["claim_type", "status", "char_start", "char_end"]].reset_index(
            drop=True
        )
        pd.testing.assert_frame_equal(
            back[["claim_type", "status", "char_start", "char_end"]], same, check_dtype=False
        )


def test_a_quote_over_two_lines_is_a_split_span_in_brat() -> None:
    """brat allows no line end in a span: two pieces, joined by a blank, with the outer offsets kept."""
    claim = pd.DataFrame(
        {
            "claim_id": ["S900-01"],
            "quote": ["one\ntwo"],
            "char_start": [5],
            "char_end": [12],
            "claim_type": ["strike"],
            "status": ["reported"],
        }
    )
    assert brat(claim).splitlines()[0] == "T1\tstrike 5 8;9 12\tone two"
    (row,) = read_brat(brat(claim)).to_dict("records")
    assert (row["char_start"], row["char_end"], row["claim_id"], row["status"]) == (
        5,
        12,
        "S900-01",
        "reported",
    )


def test_our_own_reader_of_ged_reads_the_ged_view(out: Path, events: pd.DataFrame) -> None:
    """The GED-like file passes the reader that reads UCDP's files; its dead are those of the lethal incidents
    between the sides."""
    frame = ucdp.read(out / "events_ged.csv")
    view = ged(events, schema.read("incidents", ROOT), schema.read("places", ROOT), cases.read("idlib", ROOT))
    written = pd.read_csv(out / "events_ged.csv")
    assert len(frame) == len(view) == len(written)
    assert frame["date_precision"].between(1, 5).all()
    assert set(written["adm_1"]) <= {
        "Idlib Governorate",
        "Hamah Governorate",
        "Aleppo Governorate",
        "Latakia Governorate",
    }
    held = events.set_index("event_id").loc[written["relid"]]
    assert list(held["killed_best"]) == list(written["best"])
    assert (written["best"] > 0).all()
    assert not set(held["scope"]) & {"cumulative", "rate"}
    assert not set(held["tier"]) & {"seed"}
    parts = ["deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"]
    assert written["best"].tolist() == written[parts].sum(axis=1).tolist(), "GED's own sum"
    assert {"civilians", "others", "both", "not_told"} == set(written["dead"])
    assert not written["source_headline"].str.contains("Turkish soldiers? killed").any()
    assert "E-V182" not in set(written["relid"]), "34 soldiers of Turkey are no dead of the insurgents"


def test_the_spreadsheet_edition_is_the_tables(out: Path) -> None:
    """Every table with the mark that Excel looks for, cell by cell what the plain one holds; the plain one stays
    without it."""
    files = sorted((out / "spreadsheet").glob("*.csv"))
    assert {"coded_claims.csv", "coded_talks.csv", "series_ucdp_daily.csv"} <= {file.name for file in files}
    for file in files:
        plain = ROOT / "data" / file.name.replace("_", "/", 1)
        assert file.read_bytes().startswith(b"\xef\xbb\xbf") and not plain.read_bytes().startswith(b"\xef")
        same, mine = (pd.read_csv(each, dtype="str", keep_default_na=False) for each in (plain, file))
        cells = [
            cell.removeprefix("'") if cell[:2] in ("'=", "'+", "'-", "'@") else cell
            for cell in mine.to_numpy().ravel()
        ]
        assert cells == list(same.to_numpy().ravel()), file.name


def test_every_table_says_whose_it_is() -> None:
    """Sources and licences stand beside each table; the publishers' own terms beside their counts."""
    for table in schema.package(ROOT)["resources"]:
        assert table["sources"] and table["licenses"], table["name"]
        assert table["name"].startswith("ucdp") <= ("UCDP" in str(table["sources"]))
    assert "Airwars" in str(schema.resource("airwars_daily", ROOT)["licenses"])


def test_plover_knows_every_kind() -> None:
    """Each kind of claim, event and talk has a PLOVER class or a blank, none is forgotten, and only PLOVER's
    sixteen occur."""
    tables = {
        name: schema.resource(name, ROOT)["schema"]["fields"] for name in ("claims", "incidents", "talks")
    }

    def enum(table: str, column: str) -> set[str]:
        return set(next(f for f in tables[table] if f["name"] == column)["constraints"]["enum"])

    assert enum("claims", "claim_type") == set(PLOVER_CLAIM)
    assert enum("incidents", "event_type") | {"protest"} == set(PLOVER_EVENT)
    assert enum("talks", "kind") == set(PLOVER_TALK)
    assert {*PLOVER_CLAIM.values(), *PLOVER_EVENT.values(), *PLOVER_TALK.values()} <= PLOVER


def test_hxl_has_its_tags_under_the_headings(out: Path, events: pd.DataFrame) -> None:
    """The tag row follows the headings; read back by tag, numbers are the events' and blanks stay blank."""
    raw = pd.read_csv(out / "events_hxl.csv", dtype="str", keep_default_na=False)
    assert raw.iloc[0].to_dict() == HXL
    body = raw.iloc[1:].set_axis(raw.iloc[0], axis=1)
    assert list(body["#event+id"]) == list(events["event_id"])
    assert list(body["#affected+killed"]) == ["" if pd.isna(n) else str(n) for n in events["killed_best"]]
    assert set(body["#adm1+code"]) <= {"", "SY02", "SY05", "SY06", "SY07"}


def test_geojson_says_how_exact_each_point_is(out: Path, events: pd.DataFrame) -> None:
    """Points are longitude first, lie in or near Syria's northwest, and an event known by governorate only
    has none."""
    back = read_geojson(out / "events.geojson").set_index("event_id")
    assert list(back.index) == list(events["event_id"])
    pointed = back[back["lat"].notna()]
    assert pointed["lat"].between(34.5, 37).all()
    assert pointed["lon"].between(35.5, 38.5).all()
    assert set(pointed["geo_precision"]) <= {"site", "town", "approximate", "area"}
    assert back.loc[back["geo_precision"] == "governorate", "lat"].isna().all()
    pd.testing.assert_series_equal(
        back["killed_best"], events.set_index("event_id")["killed_best"], check_dtype=False
    )


def test_formula_like_cells_are_inert() -> None:
    """A cell a spreadsheet would run gets an apostrophe; numbers, dates and other text stay."""
    frame = pd.DataFrame(
        {"text": ["=1+1", "+49", "-1", "@cmd", "\tx", "safe", None], "number": [-1, 2, 3, 4, 5, 6, 7]}
    )
    out = inert(frame)
    assert list(out["text"])[:6] == ["'=1+1", "'+49", "'-1", "'@cmd", "'\tx", "safe"]
    assert list(out["number"]) == [-1, 2, 3, 4, 5, 6, 7]
    assert frame["text"].iloc[0] == "=1+1"


def test_no_exported_csv_holds_a_formula(out: Path) -> None:
    """No text cell of any exported table starts like a formula."""
    for path in sorted(out.glob("*.csv")):
        cells = pd.read_csv(path, dtype="str", keep_default_na=False).to_numpy().ravel()
        assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]


def test_seeds_alone_and_chosen_formats(tmp_path: Path) -> None:
    """One format writes one file; without the curated tier the map holds seeds only."""
    (path,) = export(ROOT, tmp_path, formats=["geojson"], tiers="seeds")
    assert set(read_geojson(path)["tier"]) == {"seed"}


def test_the_same_bytes_twice(out: Path, tmp_path: Path) -> None:
    """A second export is the first, byte for byte."""
    again = export(ROOT, tmp_path)
    assert [path.relative_to(tmp_path) for path in again] == sorted(
        path.relative_to(out) for path in out.rglob("*") if path.is_file()
    )
    assert all(path.read_bytes() == (out / path.relative_to(tmp_path)).read_bytes() for path in again)
    assert len(FORMATS) == 7
    assert annotations(schema.read("claims", ROOT).head(0), schema.read("documents", ROOT))["items"] == []
