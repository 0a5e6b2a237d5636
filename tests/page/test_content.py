"""What the report notebook may hold, and what is refused."""

from pathlib import Path

import nbformat
import pytest
import toy

from escalation.errors import Refusal
from escalation.page import blocks, content, references, write


def problems(tmp_path: Path, *cells: nbformat.NotebookNode) -> list[str]:
    root = toy.make(tmp_path / "root")
    with pytest.raises(Refusal) as refused:
        write.render(root, {"4_report": toy.report(*cells)})
    assert not (root / "reports").exists()
    return refused.value.problems


def test_links_that_lead_nowhere_are_refused_with_the_nearest_name(tmp_path: Path) -> None:
    """A claim, a figure, a section and a scheme that are not there: one line each, nothing is written."""
    found = problems(tmp_path, toy.words("typos",
        "## Typos\n\n[a](claim:S000-1) [b](figure:phasis) [c](#nowhere) [d](javascript:alert(1)) [e](talk:DE-01)"),
                     toy.cell("more", blocks.figure("phazes"), blocks.claim_card("S00-01"),
                     blocks.seed_reader("S009")))  # fmt: skip
    said = "\n".join(found)
    assert "link claim:S000-1 is not there; did you mean claim:S000-01?" in said
    assert "link figure:phasis is not there; did you mean figure:phases?" in said
    assert "link talk:DE-01 is not there; did you mean talk:DE-001?" in said
    assert "link #nowhere: no section of that name" in said
    assert "link 'javascript:alert(1)': not a web address" in said
    assert "block figure:phazes is not there" in said
    assert "block claim:S00-01 is not there" in said
    assert "no document S009" in said


def test_a_figure_needs_words_of_its_own(tmp_path: Path) -> None:
    """A generic alt text, a missing caption, a missing file are refused."""
    root = toy.make(tmp_path / "root")
    toy.draw(root, "phases", alt="A figure of events.", caption="")
    (root / "figures" / "talks.csv").unlink()
    with pytest.raises(Refusal) as refused:
        write.render(root, toy.executed())
    said = str(refused.value)
    assert "figures/phases.json: no caption" in said
    assert "figures/phases.json: alt text 'A figure of events.' does not tell what this figure shows" in said
    assert "figures/talks.csv is not there" in said


def test_two_figures_do_not_share_an_alt_text(tmp_path: Path) -> None:
    """An alt text that fits two figures describes neither."""
    root = toy.make(tmp_path / "root")
    same = "Bars of events a day, rising from 3 on 26 April 2019 to 7 a day later; n = 10."
    toy.draw(root, "phases", alt=same)
    toy.draw(root, "talks", alt=same)
    with pytest.raises(Refusal, match="the same alt text as phases"):
        write.render(root, toy.executed())


def test_an_output_that_is_no_block_is_refused(tmp_path: Path) -> None:
    """A forgotten print, an error, a second title and a skipped heading level each have their line."""
    stray = toy.cell("stray")
    stray.outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="debug 42"),
        nbformat.v4.new_output("error", ename="KeyError", evalue="'n'", traceback=[]),
    ]
    said = "\n".join(problems(tmp_path, stray, toy.words("second", "# Another title\n\n#### Deep")))
    assert "cell stray: shows 'debug 42', which is no block" in said
    assert "cell stray: KeyError: 'n'" in said
    assert "a second title “Another title”" in said
    assert "heading “Deep” skips a level" in said


def test_sections_take_their_anchor_from_the_cell(tmp_path: Path) -> None:
    """A heading that states a finding may change; the link to it may not."""
    root = toy.make(tmp_path / "root")
    read = content.read(toy.executed(), references.load(root))
    assert {"phases", "evidence", "arabic"} <= {section.id for section in read.sections}
    assert "Talks and strikes, made up" == read.title
    assert ("2_phases",) == read.notebooks


def test_every_linked_claim_has_one_card_and_linked_records_are_shown(tmp_path: Path) -> None:
    """What the prose links to stands in the report, even if no cell placed it."""
    root = toy.make(tmp_path / "root")
    bare = nbformat.v4.new_notebook(
        cells=[toy.words("title", "# Bare\n\n[a](claim:S000-02) [b](talk:DE-001) [c](place:saraqib)")]
    )
    read = content.read({"4_report": bare}, references.load(root))
    assert ["evidence-cards", "records"] == [section.id for section in read.sections]
    assert ("S000-02",) == read.carded
    full = content.read(toy.executed(), references.load(root))
    cards = [
        name for block in full.blocks() if isinstance(block, blocks.ClaimCards) for name in block.claim_ids
    ]
    assert sorted(set(cards)) == sorted(cards) == ["S000-01", "S000-02", "S000-03", "S000-04"]


def test_code_stays_with_its_section(tmp_path: Path) -> None:
    """A cell whose output opens a section belongs to that section."""
    read = content.read(toy.executed(), references.load(toy.make(tmp_path / "root")))
    phases = next(section for section in read.sections if section.id == "phases")
    assert "figure('phases')  # <script>alert(1)</script>" in phases.code
