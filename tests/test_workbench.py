"""The workbench: the same numbers as the report for the same choices, other ones for others, and the evidence
behind each point."""

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

from escalation import events, parameters, schema, workbench
from escalation.errors import Refusal
from escalation.findings import counted
from escalation.workbench import Answer, Choice, Tables


def chosen(root: Path, **other: object) -> Choice:
    return workbench.choice(**{**parameters.defaults(root / "notebooks" / "workbench.ipynb"), **other})


@pytest.fixture(scope="module")
def tables(root: Path) -> Tables:
    return workbench.read(chosen(root), root)


@pytest.fixture(scope="module")
def answer(root: Path, tables: Tables) -> Answer:
    return workbench.ask(tables, chosen(root))


@pytest.mark.parametrize(("series", "measure"), list(workbench.answer.COLUMNS))
def test_the_whole_area_counts_what_the_report_counts(
    root: Path, tables: Tables, series: str, measure: str
) -> None:
    """All parts of the area together are the daily table of the first notebook, for each source and
    measure."""
    case = tables.case
    built = events.daily(schema.read("ucdp_daily", root), schema.read("airwars_daily", root), case)
    expected = events.counts(built, source=series, measure=measure, start=case.start, end=case.end)
    actual = workbench.ask(tables, chosen(root, series=series, measure=measure)).counts
    pd.testing.assert_series_equal(
        expected, actual, check_names=False, check_index_type=False, check_freq=False
    )


def test_an_anchor_reduces_each_meeting_to_one_day(root: Path, tables: Tables) -> None:
    """Counted from the first day, an episode of one meeting lasts a day; counted from both, as long as the
    meeting."""
    both, start, end = (workbench.ask(tables, chosen(root, anchor=name)) for name in ("both", "start", "end"))
    longest = both.talks.loc[(both.talks["date_last"] - both.talks["date_first"]).idxmax()]
    for answer, day in ((start, longest["date_first"]), (end, longest["date_last"])):
        row = answer.talks.set_index("talk_id").loc[longest["talk_id"]]
        assert [day, day] == [row["date_first"], row["date_last"]]
    assert start.measured.ratio != both.measured.ratio


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"window_days": 31}, "window_days = 31"),
        ({"anchor": "middle"}, "anchor = 'middle'"),
        ({"start": "2020-12-31", "end": "2018-09-01"}, "is not before"),
        ({"window": 3}, "workbench: window stands"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(root: Path, values: dict[str, object], said: str) -> None:
    """Each with its name, value and what is allowed."""
    with pytest.raises(Refusal, match=re.escape(said)):
        chosen(root, **values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"area": "Atlantis"}, "no such part; there are"),
        ({"talks_set": "secret"}, "allowed: primary"),
        ({"start": "2019-06-10", "end": "2019-07-10", "window_days": 7}, "no talks"),
        ({"start": "1999-01-01"}, "allowed: within"),
    ],
)
def test_a_choice_that_gives_no_answer_says_why(
    root: Path, tables: Tables, values: dict[str, object], said: str
) -> None:
    """In place of the chart, not as a traceback."""
    shown = workbench.show(tables, chosen(root, **values))
    assert "gives no answer" in shown.html
    assert said in shown.html
    assert said in shown.words


@pytest.mark.parametrize("view", workbench.VIEWS)
def test_every_view_is_readable_without_controls(
    root: Path, tables: Tables, answer: Answer, view: str
) -> None:
    """Sentence, n, ratio, interval, band and a picture with a text of its own, in HTML; the same without the
    picture in plain words."""
    shown = workbench.show(tables, chosen(root), view=view)
    ratio, test = answer.measured.ratio, answer.measured.test
    for told in (shown.html, shown.words.replace("\n", " ")):
        for value in (ratio.ratio, ratio.low, ratio.high, test.band_low, test.band_high):
            assert f"{value:.2f}" in told
        assert f"{ratio.n} with full windows" in told
        assert "papermill notebooks/workbench.ipynb" in told
    assert len(re.search(r' alt="([^"]+)"', shown.html).group(1)) > 60
    assert not re.search(r'(src|href)="?https?:[^>]*\.(js|css|png|svg)', shown.html)


def test_the_command_gives_what_is_shown(root: Path, tables: Tables) -> None:
    """Its values put over the published ones are the choice, whatever they hold."""
    choice = chosen(
        root,
        area=" | ".join(tables.case.areas[:2]),
        anchor="start",
        window_days=3,
        measure="fatalities",
        criterion="BIC",
    )
    said = workbench.commands(choice, tables.published)
    words = shlex.split(said["this workbench"])
    assert ["papermill", "notebooks/workbench.ipynb", "out.ipynb"] == words[:3]
    given = parameters.parse(f"{name}={value}" for name, value in zip(words[4::3], words[5::3], strict=True))
    assert choice == chosen(root, **given)
    assert (
        "escalation build --out edition -p measure=fatalities -p criterion=BIC -p window_days=3 -p anchor=start"
        == said["the whole report"]
    )
    assert "area" in workbench.command.unknown_to_report(choice)
    alone = shlex.split(said["notebook 3_timing alone, after a build"])
    assert {"measure": "fatalities", "window_days": "3", "anchor": "start"} == dict(
        zip(alone[4::3], alone[5::3], strict=True)
    )


def test_there_is_evidence_for_every_point(tables: Tables, answer: Answer) -> None:
    """Each episode shows its talks and their counts; each claim its quote, speaker and document."""
    there = workbench.points(answer, tables)
    talks = tables.coded["talks"].set_index("talk_id")
    for number, span in zip(there["episodes"], answer.spans.to_dict("records"), strict=True):
        shown = workbench.evidence_of(tables, answer, number)
        assert all(talks.loc[name, "title"] in shown.words for name in span["talk_ids"].split(" | "))
        assert "before and after" in shown.html
    for name in there["claims"]:
        shown = workbench.evidence_of(tables, answer, name)
        assert f'id="claim-{name}"' in shown.html
        assert "Said by" in shown.html
    assert "Differs" in workbench.evidence_of(tables, answer, "S000-02").html
    with pytest.raises(Refusal, match="no claim and no episode"):
        workbench.evidence_of(tables, answer, "S999-01")


def test_hostile_text_in_a_table_is_inert(root: Path, tables: Tables, answer: Answer) -> None:
    """A script in a talk's title is shown, never run."""
    talks = tables.coded["talks"].assign(
        title="<script>alert(1)</script>", summary="<img src=x onerror=alert(1)>"
    )
    spoiled = Tables(
        tables.root,
        tables.case,
        tables.daily,
        tables.records,
        {**tables.coded, "talks": talks},
        tables.published,
    )
    for html in (
        workbench.evidence_of(spoiled, answer, "1").html,
        workbench.show(spoiled, chosen(root)).html,
    ):
        assert "<script" not in html
        assert "onerror=alert(1)>" not in html


def test_a_moved_control_changes_everything_below_it(root: Path, tables: Tables) -> None:
    """Sentence, chart and commands follow a control at once, and the points on offer follow the episodes."""
    panel = workbench.panel(tables, chosen(root))
    said, shown, point = (panel.controls[name] for name in ("said", "shown", "point"))
    before, offered = said.value, point.options
    assert panel.controls["findings"].value.count("the same") == 5
    panel.controls["window_days"].value = 3
    assert before != said.value
    assert f"times the {counted(3, 'day')} before" in said.value
    assert panel.controls["findings"].value.count("the same") < 5
    assert "-p window_days 3" in shown.value
    assert offered != point.options
    panel.controls["area"].value = tables.case.areas[:1]
    assert f"-p area {tables.case.areas[0]}" in shown.value
    panel.controls["end"].value = panel.controls["start"].value
    assert "gives no answer" in said.value
    for name in ("shown", "findings", "behind"):
        assert "" == panel.controls[name].value, "what stood there belongs to another choice"
    panel.controls["end"].value = tables.case.end
    panel.controls["view"].value = "shifted calendars"
    assert "Histogram of" in shown.value
    point.value = "S000-02"
    assert "claim-S000-02" in panel.controls["behind"].value
    assert "" == panel.controls["busy"].value


def test_without_widgets_the_answer_stands_there(
    root: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front end that shows no widget gets the HTML; an environment without ipywidgets a word on what to
    do."""
    bundle = workbench.panel(tables, chosen(root))._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(bundle)
    assert "papermill" in bundle["text/plain"]
    monkeypatch.setattr(sys.modules["escalation.workbench.panel"], "find_spec", lambda name: None)
    plain = workbench.panel(tables, chosen(root))
    assert "ipywidgets is not installed" in plain._repr_mimebundle_()["text/html"]
