"""Names of a case are found however a file spells them; what a file does not have, or has nearly, is refused:
no event becomes peace."""

import re
from pathlib import Path

import pytest
from test_own import main
from test_readers import ACLED, GED, rows, text

from escalation import cases
from escalation.cases import Case
from escalation.counts import acled, names, sources, ucdp
from escalation.errors import Refusal

SOUTH = {"id": "south", "adm_1": "South Governorate", "date_start": "2020-01-12", "date_end": "2020-01-12"}


def ged(folder: Path, *changes: dict[str, str]) -> Path:
    """Events in the north with these changes, and one in the south."""
    file = folder / "ged.csv"
    file.write_text(
        text(rows(GED, *({"id": str(n), **each} for n, each in enumerate(changes)), SOUTH)), encoding="utf-8"
    )
    return file


def export(folder: Path, *changes: dict[str, str]) -> Path:
    file = folder / "export.csv"
    file.write_text(
        text(rows(ACLED, *({"event_id_cnty": str(n), **each} for n, each in enumerate(changes)))),
        encoding="utf-8",
    )
    return file


def changed(case: Case, **values: object) -> Case:
    return Case.model_validate({**case.model_dump(), **values})


def with_actors(case: Case, *actors: str, types: tuple[str, ...] = ("Battles",)) -> Case:
    return changed(case, acled={"actors": actors, "event_types": types})


def refusal(file: Path, case: Case) -> str:
    with pytest.raises(Refusal) as refused:
        (acled if file.name == "export.csv" else ucdp).read(file, case)
    return str(refused.value)


@pytest.mark.parametrize(
    "spelt",
    [
        "north governorate", "NORTH GOVERNORATE", "North  Governorate", "North\u00a0\u00a0Governorate",
        "Nórth Governorate", "North-Governorate", "North", "Nord Governorate", "ＮＯＲＤ",
    ],
)  # fmt: skip
def test_an_area_however_it_is_spelt(spelt: str, tmp_path: Path, case: Case) -> None:
    """Two events under another spelling beside one under the case's own are three, and the remark says how
    many were read so."""
    found = main(case, ged(tmp_path, {}, {"adm_1": spelt}, {"adm_1": spelt}), tmp_path)
    by_part = found.counts.groupby("governorate")["events_state"].sum()
    assert {"North": 3, "South": 1} == by_part.to_dict()
    (remark,) = found.record["remarks"]
    assert "(two rows in the window) is read as 'North'" in remark and remark in found.said


def test_units_of_two_levels_stay_apart(tmp_path: Path, case: Case) -> None:
    """The word for the unit may be lacking; another word is another unit, which the case has to allow."""
    assert "'North District' (one row in the window) is nearly 'North Governorate'" in refusal(
        ged(tmp_path, {"adm_1": "North District"}), case
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"adm_1": "Norht Governorate"},
            "column adm_1: 'Norht Governorate' (one row in the window) is nearly 'North Governorate'",
        ),
        ({"side_b": "Rebbels"}, "column side_b: 'Rebbels' (one row in the window) is nearly 'Rebels'"),
        (
            {"conflict_name": "A: Goverment"},
            "column conflict_name: 'A: Goverment' (one row in the window) is nearly 'A: Government'",
        ),
    ],
)
def test_what_is_nearly_a_name_is_refused(
    change: dict[str, str], said: str, tmp_path: Path, case: Case
) -> None:
    """Its event would be dropped, though it is most likely one of the war; both names are said, and what to
    write where it is not."""
    refused = refusal(ged(tmp_path, {}, change), case)
    assert said in refused
    name = next(iter(change.values()))
    assert f'others = ["{name}"]' in refused
    allowed = changed(case, others=(name,))
    assert 2 == main(allowed, ged(tmp_path, {}, change), tmp_path).counts["events_state"].sum()


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"adm_1": name}
            for name in (
                "North Govenorate", "North Gov.", "Governorate of North", "North, A", "Muhafazat North",
                "NorthGov",
            )
        ),
        {"side_b": "Rebels (United Front)"},
        {"side_b": "Rebels (United Front)", "adm_1": "South"},
        {"side_b": "Rebels (United Front)", "adm_1": "Elsewhere"},
        {"conflict_name": "A: Government (northern front)"},
        {"conflict_name": "A: Government (northern front)", "side_b": "The rebels"},
    ],
)  # fmt: skip
def test_a_name_with_words_around_it_is_refused(change: dict[str, str], tmp_path: Path, case: Case) -> None:
    """On every second row it would halve the war without a word. With the case's word that it is another, all
    others are counted."""
    said = refusal(ged(tmp_path, {}, change, {}, change), case)
    for name in change.values():
        assert name in ("South", "Elsewhere") or f'others = ["{name}"]' in said
    allowed = changed(case, others=tuple(change.values()))
    assert 3 == main(allowed, ged(tmp_path, {}, change, {}, change), tmp_path).counts["events_state"].sum()


def test_a_conflict_with_more_parts_is_another(tmp_path: Path, case: Case) -> None:
    """UCDP names conflicts by what they are about, side by side: with other sides such a name is no
    misspelling of the case's."""
    file = ged(
        tmp_path,
        {},
        {"conflict_name": "A: Government/Eastland", "side_b": "Easterners"},
        {"side_b": "Government of A"},
    )
    assert 2 == main(case, file, tmp_path).counts["events_state"].sum()


def test_what_keeps_events_from_being_counted_is_listed(tmp_path: Path, case: Case) -> None:
    """Names like none of ours, such as those in another script, are remarked with their rows: places,
    conflicts and sides."""
    file = ged(
        tmp_path,
        *(
            {},
            {"adm_1": "الشمال"},
            {"adm_1": "الشمال"},
            {"adm_1": "East"},
            {"adm_1": "East", "side_b": "Militia"},
        ),
        *({"side_b": "Militia"}, {"side_b": ""}, {"conflict_name": "B"}),
    )
    said = main(case, file, tmp_path).record["remarks"]
    for line, told in zip(
        said,
        (
            "column conflict_name: events in the area .*: 'B' \\(one row\\)",
            "column side_b: events of the conflict .*: 'Militia' \\(one row\\)",
            "column side_b: events of the conflict .* without a name .*: one row",
            "column adm_1: events of the war .*: 'الشمال' \\(two rows\\); 'East' \\(one row\\)",
        ),
        strict=True,
    ):
        assert re.search(told, line)


def test_other_names_are_other_places(tmp_path: Path, case: Case) -> None:
    """Governorates, wars and sides that are not like the case's are not refused; neither is a near one in
    another time, and one like it in another country and war."""
    file = ged(
        tmp_path,
        {},
        {"adm_1": "East Governorate"},
        {"conflict_name": "A: Islamists"},
        {"side_b": "Militia"},
        {"adm_1": "Norht", "date_start": "2019-12-01", "date_end": "2019-12-01"},
        {"adm_1": "Norht", "country": "B", "conflict_name": "B: Border"},
    )
    assert 2 == main(case, file, tmp_path).counts["events_state"].sum()


def test_a_part_of_the_area_without_a_row(tmp_path: Path, case: Case) -> None:
    """Refused while the file has names that may be it: they are listed with counts, and the remedy. Where all
    names of the country are known the zero is the file's own, which is remarked. And the case may say that a
    part may be absent."""
    wrong = changed(case, governorates={"North": ("North Governorate",), "West": ("Ouest",)})
    file = ged(tmp_path, {}, {})
    said = refusal(file, wrong)
    assert (
        "no row of 'West', a part of the area of the case (spelt 'Ouest'); there are 'South Governorate' (one"
        " row)" in said
    )
    assert "nearest: 'South Governorate'" in said
    assert 'may_be_absent = ["West"]' in said
    assert 2 == main(changed(wrong, may_be_absent=("West",)), file, tmp_path).counts["events_state"].sum()
    more = changed(case, governorates={**case.governorates, "West": ("Ouest",)})
    found = main(more, file, tmp_path)
    assert ["ged.csv: has no row of West, and no name that could be one of them."] == found.record["remarks"]
    assert 3 == found.counts["events_state"].sum()


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ({"conflict": ("A: Government",), "side_b": ("Insurgents",)},
            "no row of 'Insurgents', a side b of the case; there are 'Rebels' (two rows)"),
        ({"conflict": ("A: Government",), "side_b": ("Rebels", "Insurgents")},
            "no row of 'Insurgents', a side b of the case"),
        ({"conflict": ("A: Territory",), "side_b": ("Rebels",)},
            "no row of 'A: Territory', a conflict of the case; there are 'A: Government'"),
        ({"conflict": ("A: Government", "A: Territory"), "side_b": ("Rebels",)},
            "no row of 'A: Territory', a conflict of the case"),
    ],
)  # fmt: skip
def test_a_side_or_conflict_without_a_row(
    sides: dict[str, tuple[str, ...]], said: str, tmp_path: Path, case: Case
) -> None:
    """Not one is passed over, whether others are found or not."""
    assert said in refusal(ged(tmp_path, {}), changed(case, ucdp=sides))


def test_a_country_without_a_row(tmp_path: Path, case: Case) -> None:
    """An area told by country: a wrong name is refused with those that are there; a near one counts only in
    the same war."""
    by_country = changed(case, governorates={}, countries={"All": ("AA",)})
    assert (
        "column country: no row of 'All', a part of the area of the case (spelt 'AA'); there are 'A' (two"
        " rows)" in refusal(ged(tmp_path, {}), by_country)
    )
    niger = changed(case, governorates={}, countries={"Niger": ("Niger",)})
    file = ged(tmp_path, {"country": "Niger"}, {"country": "Nigeria"})
    assert "column country: 'Nigeria' (one row in the window) is nearly 'Niger' of the case" in refusal(
        file, niger
    )
    file = ged(tmp_path, {"country": "Niger"}, {"country": "Nigeria", "conflict_name": "B: Border"})
    assert 1 == main(niger, file, tmp_path).counts["events_state"].sum()


def test_a_box_without_an_event_and_events_without_a_place(tmp_path: Path, case: Case) -> None:
    """Both are remarked with their number: a box has no name that could be misspelt, an event without a
    governorate lies nowhere."""
    boxes = changed(
        case, governorates={}, boxes={"Here": (1.0, 5.0, 2.0, 6.0), "There": (50.0, 5.0, 52.0, 6.0)}
    )
    assert ["ged.csv: no event lies in the box There."] == main(boxes, ged(tmp_path, {}), tmp_path).record[
        "remarks"
    ]
    assert [
        "ged.csv, column adm_1: events of the war in the window without a name are counted in no part of the"
        " area: two rows."
    ] == main(case, ged(tmp_path, {}, {"adm_1": ""}, {"adm_1": ""}), tmp_path).record["remarks"]


def test_acled_names(tmp_path: Path, case: Case) -> None:
    """Areas, actors and types of event of an export under other spellings are found; what is nearly one of
    them is refused."""
    war = with_actors(case, "Military Forces of A", "Military Forces of B")
    odd = {"admin1": "NORTH", "actor1": "MILITARY FORCES of A (2000-)", "event_type": "battles"}
    found = main(
        war,
        export(tmp_path, {}, odd, {"admin1": "Elsewhere", "country": "B"}),
        tmp_path,
        accessed="2026-01-01",
    )
    assert 2 == found.counts["events_state"].sum()
    assert ["has no row of South", "'NORTH' (one row", "no actor is named like", "events of the war"] == [
        next(
            word
            for word in (
                "has no row of South",
                "'NORTH' (one row",
                "no actor is named like",
                "events of the war",
            )
            if word in line
        )
        for line in found.record["remarks"]
    ]
    for change, name in (
        ({"admin1": "Norht"}, "Norht"),
        ({"actor1": "Militery Forces of A (2000-)"}, "Militery Forces of A (2000-)"),
        ({"actor1": "X", "actor2": "Militery Forces of A"}, "Militery Forces of A"),
        ({"event_type": "Violence against civilian"}, "Violence against civilian"),
    ):
        said = f"column {list(change)[-1]}: '{name}' (one row in the window) is nearly"
        assert said in refusal(export(tmp_path, {}, change), war)
    assert "column actor1: no row of 'Army', an actor of the case; there are" in refusal(
        export(tmp_path, {}), with_actors(case, "Army")
    )
    assert "no row has the event_type 'Shelling' of the case; ACLED has Battles" in refusal(
        export(tmp_path, {}), with_actors(case, "Military Forces of A", types=("Battles", "Shelling"))
    )


def test_airwars_counts(case: Case) -> None:
    """A governorate that no row has is refused while other names are there, and so is a near one; a case told
    by boxes cannot use them."""
    import pandas as pd

    def of(*places: str, area: Case = case) -> list[str]:
        counts = pd.DataFrame({"date": pd.Timestamp("2020-01-04"), "governorate": places})
        return names.of_counts("counts.csv", counts, area)

    assert [] == of("Nord", "South Governorate")
    assert ["counts.csv, column governorate: 'SOUTH' (one row in the window) is read as 'South'."] == of(
        "Nord", "SOUTH"
    )
    with pytest.raises(
        Refusal, match=r"no row of 'South', a part of the area .* there are 'Sud' \(one row\); nearest: 'Sud'"
    ):
        of("Nord", "Sud")
    with pytest.raises(Refusal, match=r"'Suoth' .* is nearly 'South Governorate'"):
        of("Nord", "South", "Suoth")
    with pytest.raises(Refusal, match="the case tells Box by country or box"):
        of("Nord", area=changed(case, boxes={"Box": (1.0, 5.0, 2.0, 6.0)}))


def test_a_case_that_contradicts_itself(case: Case) -> None:
    """One spelling of two areas, and an exception for a name that the case does not have, are mistakes of the
    case file."""
    with pytest.raises(ValueError, match="'NORD' is a spelling of two areas, North and South"):
        changed(case, governorates={"North": ("Nord",), "South": ("NORD",)})
    with pytest.raises(
        ValueError, match="may_be_absent: 'Suoth' is no area, conflict or side of this case; nearest: South"
    ):
        changed(case, may_be_absent=("Suoth",))


def test_counts_of_other_parts_are_refused(project: Path) -> None:
    """An area renamed in the case file is not in the counts that the case keeps: said by the check and before
    they are counted."""
    file = project / "data/cases/idlib.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Latakia = [", "Coast = ["), encoding="utf-8")
    said = (
        "data/series/ucdp_daily.csv: not there: Coast; no part of the case: Latakia; `escalation series`"
        " makes"
    )
    assert any(line.startswith(said) for line in sources.check_case("idlib", project))
    with pytest.raises(Refusal, match="not there: Coast"):
        main(cases.read("idlib", project), "", project)


def test_series_with_a_wrong_side_writes_nothing(project: Path, tmp_path: Path, case: Case) -> None:
    """No table of zeros: the counts that the case keeps stay as they were, byte for byte. The same where the
    file has no event of the war, and where it ends before the window."""
    toml = (project / "data/cases/idlib.toml").read_text(encoding="utf-8")
    area = {
        "adm_1": "Idlib Governorate",
        "country": "Syria",
        "conflict_name": "Syria: Government",
        "side_b": "Syrian insurgents",
    }
    first, last = (
        {**area, "id": day, "date_start": day, "date_end": day} for day in ("2018-09-01", "2020-12-31")
    )
    file = tmp_path / "wrong.csv"
    before = {path: path.read_bytes() for path in sorted((project / "data").rglob("*")) if path.is_file()}
    for changes, side, said in (
        (
            [first, last],
            "Syrian insurgent",
            "no row of 'Syrian insurgent', a side b of the case; there are 'Syrian insurgents'",
        ),
        (
            [{**first, "type_of_violence": "2"}, {**last, "type_of_violence": "2"}],
            "Syrian insurgents",
            "no event of the war",
        ),
        ([first], "Syrian insurgents", "choose start and end within the file"),
    ):
        (project / "data/cases/other.toml").write_text(
            toml.replace("Syrian insurgents", side), encoding="utf-8"
        )
        file.write_text(text(rows(GED, *changes)), encoding="utf-8")
        with pytest.raises(Refusal, match=said):
            sources.embed(file, None, case_name="other", root=project)
        assert before == {path: path.read_bytes() for path in before}
    assert not (project / "data/cases/other").exists()
