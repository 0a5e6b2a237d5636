"""Cells that a choice or a case has no use for stay out of the report, with their headings and code."""

import nbformat

from escalation.page import blocks, content, references


def cell(block: blocks.Block, name: str, *tags: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", data=block._repr_mimebundle_())
    made = nbformat.v4.new_code_cell("pass", outputs=[output], id=name)
    made.metadata["tags"] = list(tags)
    return made


def test_tagged_cells_after_the_mark_are_left_out(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The tagged cell before the mark and the untagged ones stay; tagged ones after it go."""
    heading = nbformat.v4.new_markdown_cell("## Counts", id="counts", metadata={"tags": ["series"]})
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title", id="title"),
            cell(blocks.say("early"), "early", "series"),
            cell(blocks.leave_out("series"), "mark"),
            heading,
            cell(blocks.say("late"), "late", "series"),
            cell(blocks.say("always"), "always"),
        ]
    )
    read = content.read({"4_report": notebook}, references.load(tmp_path))
    said = [" ".join(str(item) for item in section.items) for section in read.all()]
    assert not read.sections or [s for s in read.sections if s.words == "Counts"] == []
    assert "early" in said[0] and "always" in said[0] and "late" not in said[0]
