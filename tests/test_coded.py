"""The coded tables against the rules of CODING.md, and the gazetteer against UCDP's own places."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation import schema
from escalation.evidence.anchors import cell_list

ROOT = Path(__file__).resolve().parent.parent
CODED = [r["name"] for r in schema.package(ROOT)["resources"] if r["path"].startswith("coded/")]
UCDP = ROOT.parent / "shared" / "datasets" / "ucdp_ged_21.1_syria_2018-07_2020-12.csv"
GOVERNORATES = {"Idlib": "Idlib", "Hama": "Hamah", "Aleppo": "Aleppo", "Latakia": "Latakia"}
# Spellings UCDP uses where they share no beginning with ours.
SPELLED = """\
al-bara: Barah town; al-hamamiyat: Hamamiyat village; al-lataminah: Al Lataminah town; al-mallajah: Mallajah
village; al-rafah: Ar Ruffah village; al-rami: Rami village; al-sahharah: Al Sahharah village; al-tah: Tah
village; al-tamanah: Tamanaah town; al-ziyarah: Al Ziyara town; al-arbain: Arbain village; al-hakoura:
Hakoura village; al-eis: Al Eis/Ash Shaykh Isa town; ariha: Ariha town; atarib: Al Atarib town; balyun:
Balyun village; binnish: Binnish village; dana: Ad Dana town; darat-izza: Darat Izzah town; deir-sharqi:
Dayr ash Sharqi town; fuah: Foah village; hass: Has/Hassef town; hawash: Tall Hawash/Al Hawash village;
idlib-city: Idlib town; jabala: Jibala village; jarjanaz: Jarjanaz town; jisr-al-shughur: Jisr ash Shughur
town; kabani: Kabanah village; kafr-halab: Kafr Halab town; kafr-nabl: Kafr Nabl town; kafr-nabudah: Kafr
Nabudah town; kafr-zita: Kafr Zayta town; kafruma: Kafr Ruma town; kansafra: Kansafrah town; khan-shaykhun:
Khan Shaykhun town; khan-tuman: Khan Tuman town; maarat-al-numan: Maarat al-Numaan town; maarat-hurma: Maar
Tahroma/Maarat Hurmah village; maarat-misrin: Maarrat Misrin town; mardikh: Mardikh village; masasnah:
Masasinah village; masyaf: Masyaf town; morek: Morek town; muhambal: Muhambal town; nayrab: Nayrab village;
qah: Qah town; qalaat-al-madiq: Qalat al Madiq town; qatra: Qatrah village; rashidin: Al Rashidin 4 Sector;
saraqib: Saraqib town; sarmin: Sarmin town; shir-mughar: Sheir Maghar village; taftanaz: Taftanaz town;
tal-al-haddadah: Haddada village; tal-malah: Tall Mallah village; tal-uthman: Tall Othman/Tall Jifar"""
UCDP_NAMES = dict(pair.split(": ") for pair in SPELLED.replace("\n", " ").split("; "))


def km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two points of northwest Syria, flat enough at this scale."""
    return float(np.hypot((lat - other_lat) * 111.2, (lon - other_lon) * 111.2 * np.cos(np.radians(lat))))


@pytest.fixture(scope="module")
def ucdp() -> pd.DataFrame:
    """UCDP's named places of 2018-20 with the median point of their events."""
    if not UCDP.is_file():
        pytest.skip("needs ../shared/datasets with the UCDP file, which is never part of the project")
    events = pd.read_csv(UCDP, usecols=["where_coordinates", "adm_1", "latitude", "longitude"]).dropna(
        subset=["adm_1"]
    )
    return events


def test_points_agree_with_ucdp(ucdp: pd.DataFrame) -> None:
    """Every place that UCDP names lies within 3 km of UCDP's point."""
    points = ucdp.groupby("where_coordinates")[["latitude", "longitude"]].median()
    places = schema.read("places", ROOT).set_index("place_id")
    off = {}
    for place_id, name in UCDP_NAMES.items():
        place, point = places.loc[place_id], points.loc[name]
        distance = km(place["lat"], place["lon"], point["latitude"], point["longitude"])
        if distance > 3:
            off[place_id] = round(distance, 1)
    assert off == {}


def test_points_lie_in_their_governorate(ucdp: pd.DataFrame) -> None:
    """Most of UCDP's nine nearest events to each Syrian place bear its governorate."""
    places = schema.read("places", ROOT)
    held = places[
        places["governorate"].isin(GOVERNORATES)
        & places["lat"].notna()
        & places["kind"].isin(["town", "village"])
    ]
    wrong = []
    for place in held.to_dict("records"):
        far = np.hypot(ucdp["latitude"] - place["lat"], (ucdp["longitude"] - place["lon"]) * 0.81)
        nearest = ucdp.loc[far.nsmallest(9).index, "adm_1"].str.removesuffix(" Governorate")
        if (nearest == GOVERNORATES[place["governorate"]]).sum() < 5:
            wrong.append((place["place_id"], place["governorate"], nearest.mode().iloc[0]))
    assert wrong == []


def test_a_place_without_a_known_point_has_none() -> None:
    """Points are given for places and landscapes only, never for a whole governorate, region or unknown
    village."""
    places = schema.read("places", ROOT)
    bare = places["geo_precision"].isin(["governorate", "region", "unknown"])
    assert places.loc[bare, ["lat", "lon"]].isna().all(axis=None)
    assert (
        places.loc[
            ~bare & (places["place_id"] != "eastern-idlib") & (places["place_id"] != "m5-highway"),
            ["lat", "lon"],
        ]
        .notna()
        .all(axis=None)
    )


def test_incidents_bear_the_point_of_their_place() -> None:
    """The point, its precision and the governorate of an incident are those of the gazetteer."""
    places = schema.read("places", ROOT).set_index("place_id")
    incidents = schema.read("incidents", ROOT)
    for column in ("lat", "lon", "geo_precision"):
        same = incidents[column].to_numpy() == places.loc[incidents["place_id"], column].to_numpy()
        blank = (
            incidents[column].isna().to_numpy() & places.loc[incidents["place_id"], column].isna().to_numpy()
        )
        assert (same | blank).all(), column


@pytest.mark.parametrize("name", CODED)
def test_dates_are_in_order_and_every_row_has_an_address(name: str) -> None:
    """No first day lies after a last, and nothing from outside the seeds stands without the page that says
    it."""
    table = schema.read(name, ROOT)
    if {"date_first", "date_last"} <= set(table.columns):
        assert (table["date_first"] <= table["date_last"]).all()
    if "source_urls" in table.columns and name not in ("checks", "corrections"):
        addresses = [address for cell in table["source_urls"] for address in cell_list(cell)]
        assert table["source_urls"].notna().all()
        assert not [a for a in addresses if not re.match(r"https?://[^\s|]+$", a)]


@pytest.mark.parametrize("name", CODED)
def test_our_own_voice_is_neutral(name: str) -> None:
    """The words regime and terrorist stand only within quotation marks, in quotes of the seeds, titles and
    addresses."""
    quoted = {"quote", "prefix", "suffix", "title", "address", "source_urls", "text", "spellings"}
    table = schema.read(name, ROOT)
    for column in [c for c in table.columns if c not in quoted and table[c].dtype == "str"]:
        ours = table[column].fillna("").str.replace(r"“.*”|'[^']*'|https?://\S+", "", regex=True)
        assert not list(ours[ours.str.contains("regime|terrorist", case=False)]), column


def test_killed_are_in_order() -> None:
    """Low, best and high of an incident never cross, and civilians are never more than the most killed."""
    incidents = schema.read("incidents", ROOT)
    known = incidents.dropna(subset=["killed_low", "killed_high"])
    assert (known["killed_low"] <= known["killed_high"]).all()
    best = known.dropna(subset=["killed_best"])
    assert (best["killed_best"].between(best["killed_low"], best["killed_high"])).all()
    civil = known.dropna(subset=["civilians_killed"])
    assert (civil["civilians_killed"] <= civil["killed_high"]).all()


def test_meetings_have_two_guarantors_and_a_coding() -> None:
    """A meeting has at least two of the three guarantors, a coded outcome, agenda and announcement with
    reasons; nothing else has."""
    talks = schema.read("talks", ROOT)
    meetings = talks[talks["is_meeting"]]
    assert (meetings["parties"].str.split(" | ", regex=False).str.len() >= 2).all()
    assert meetings[["scheduled_reason", "outcome_reason"]].notna().all(axis=None)
    assert not meetings["scheduled"].eq("not_applicable").any()
    others = talks[~talks["is_meeting"]]
    assert set(others["outcome"]) == {"not_applicable", "cancelled"}
    assert set(others.loc[others["outcome"] == "cancelled", "kind"]) == {"cancelled_talks"}


def test_a_week_ahead_means_a_dated_page() -> None:
    """Each meeting coded as scheduled names in its reason when it was announced."""
    talks = schema.read("talks", ROOT)
    scheduled = talks[talks["scheduled"] == "yes"]
    assert scheduled["scheduled_reason"].str.contains(r"20(?:18|19|20)|joint statement", regex=True).all()


def test_every_duty_of_the_guarantors_has_evidence() -> None:
    """The ids behind each duty are rows of our tables, and a duty that was not kept has at least one."""
    tables = {"incident_id": "incidents", "talk_id": "talks", "truce_id": "truces", "claim_id": "claims"}
    known = {value for column, name in tables.items() for value in schema.read(name, ROOT)[column]}
    duties = schema.read("duties", ROOT)
    assert not [e for cell in duties["evidence_ids"] for e in cell_list(cell) if e not in known]
    four = {
        "DE-2018-09-17-003",
        "DE-2019-08-01-028",
        "DE-2020-01-09-051",
        "DE-2020-01-12-053",
        "DE-2020-03-05-068",
    }
    assert set(duties["talk_id"]) == four  # January 2020 has a Russian and a Turkish account
    assert {party for cell in duties["parties"] for party in cell_list(cell)} == {"RU", "TR", "SY", "OP"}


def test_numbers_of_no_seed_stand_in_the_curated_tier() -> None:
    """No incident rests on a seed: the addresses of the seeds are in none of them."""
    addresses = set(schema.read("documents", ROOT)["address"])
    incidents = schema.read("incidents", ROOT)
    assert not [
        i
        for i, cell in zip(incidents["incident_id"], incidents["source_urls"], strict=True)
        if addresses & set(cell_list(cell))
    ]


def test_civilians_are_no_more_than_the_best_count() -> None:
    """Who is counted as civilian is among those the best count has."""
    known = schema.read("incidents", ROOT).dropna(subset=["civilians_killed", "killed_best"])
    assert not list(known.loc[known["civilians_killed"] > known["killed_best"], "incident_id"])
