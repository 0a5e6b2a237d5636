"""Blocks go through a notebook's JSON and come back; data in them is text."""

import json

import mistune
import pandas as pd
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st

from escalation.errors import Refusal
from escalation.page import blocks, markup


@pytest.mark.parametrize("cell", toy.report()["cells"], ids=lambda cell: cell["id"])
def test_a_block_comes_back_from_json(cell: dict) -> None:  # type: ignore[type-arg]
    """What a cell displayed is what the page is drawn from."""
    for output in cell.get("outputs", ()):
        bundle = output["data"][blocks.MIME]
        assert bundle == json.loads(json.dumps(blocks.read(bundle).bundle()))


def test_a_block_shows_itself_in_jupyter(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab gets HTML, the page gets the block; in a build nobody looks, so nothing is drawn for looking
    at."""
    bundle = blocks.say("Some *prose*.")._repr_mimebundle_()
    assert "<em>prose</em>" in bundle["text/html"]
    monkeypatch.setenv("ESCALATION_BLOCKS", "bundles")
    looked_at = ("text/html", "text/markdown")
    assert {name: shown for name, shown in bundle.items() if name not in looked_at} == blocks.say(
        "Some *prose*."
    )._repr_mimebundle_()
    assert {"block": "say", "markdown": "Some *prose*.", "lang": "en"} == bundle[blocks.MIME]


@given(st.text())
def test_escaped_data_is_never_read_as_markup(value: str) -> None:
    """Any text, escaped, is one paragraph of plain text that says the same."""
    tokens = markup.parse(f"x {blocks.text(value)} x")
    assert ["paragraph"] == [token["type"] for token in tokens]
    assert {"text"} == {child["type"] for child in tokens[0]["children"]}
    assert " ".join(f"x {blocks.plain(value)} x".split()) == " ".join(markup.words(tokens).split())


@pytest.mark.parametrize(("value", "shown"), [(1234, "1,234"), (0.12345, "0.123"), (12345.6, "12,346"), (None,
    ""), (float("nan"), ""), (pd.NA, ""), (pd.NaT, ""),
                                              (pd.Timestamp("2020-03-05"), "2020-03-05"), (True, "yes"),
                                                  ("a\u202eb\x00", "ab")])  # fmt: skip
def test_cells_as_a_reader_sees_them(value: object, shown: str) -> None:
    """Unknown is blank, dates are ISO dates, overrides and control characters are gone."""
    assert shown == blocks.plain(value)


def test_a_table_keeps_what_it_was_given() -> None:
    """Headings, order, numbers at the right, an apostrophe before what a spreadsheet would run."""
    frame = pd.DataFrame(
        {"place": ["Idlib", "=HYPERLINK(1)"], "killed": [1234, None], "change": ["-3.5", "+1"]}
    )
    made = blocks.table(
        frame,
        caption="Killed",
        columns={"killed": "Killed (people)", "place": "Place", "change": "Change"},
        formats={"killed": "{:.0f}"},
    )
    assert (("1234", "Idlib", "-3.5"), ("", "=HYPERLINK(1)", "+1")) == made.rows
    assert (True, False, False) == made.numeric
    assert "Killed (people),Place,Change\n1234,Idlib,-3.5\n,'=HYPERLINK(1),+1\n" == made.csv()


def test_all_that_is_wrong_with_a_table_is_said_at_once() -> None:
    """A typo in a column, an unknown kind of link, no caption: three lines."""
    with pytest.raises(Refusal) as refused:
        blocks.table(
            pd.DataFrame({"place": []}), caption="", columns={"plaze": "Place"}, links={"place": "webpage"}
        )
    assert 3 == len(refused.value.problems)
    assert "no column 'plaze'; there are place" in refused.value.problems[0]


def test_refusals_name_what_is_allowed() -> None:
    """A callout of no kind, a status of no kind, a finding without text, a block from nowhere."""
    for wrong in (lambda: blocks.callout("x", kind="alarm"), lambda: blocks.statuses([{"period": "May",
        "status": "bad"}]),
                  lambda: blocks.findings_list([{"n": 3}]),
                  lambda: blocks.read({"block": "video"})):  # fmt: skip
        with pytest.raises(Refusal):
            wrong()


def test_prose_written_as_markdown_reads_the_same() -> None:
    """The Markdown edition's source, read by an ordinary reader of Markdown, says what the prose says."""
    source = (
        "Some *prose* with `code`, [a link](https://example.org/) and 3 \\* 4 \\<i\\>.\n\n- one\n- two\n\n1."
        " first\n2. second\n\n> quoted\n\n| a | b |\n| --- | --: |\n| x | 1 |\n"
    )
    again = markup.markdown(markup.parse(source), lambda url: url)
    plain = mistune.create_markdown(plugins=["table"])
    assert plain(source) == plain(again)
