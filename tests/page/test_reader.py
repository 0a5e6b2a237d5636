"""Coded spans overlap, nest and cross paragraphs; the reader still sees every letter once."""

from hypothesis import given
from hypothesis import strategies as st

from escalation.page import reader


def claim(name: str, first: int, last: int) -> dict[str, str]:
    return {"claim_id": name, "char_start": str(first), "char_end": str(last)}


def test_overlapping_spans_are_cut_where_they_begin_and_end() -> None:
    """Two claims that share a word give three runs, the middle one covered by both."""
    runs = reader.paragraphs("one two three", [claim("A", 0, 7), claim("B", 4, 13)])[0]
    assert [("one ", ("A",)), ("two", ("A", "B")), (" three", ("B",))] == [
        (run.text, run.claims) for run in runs
    ]
    assert [("A",), ("B",), ()] == [run.starts for run in runs]
    assert [(), ("A",), ("B",)] == [run.ends for run in runs]


def test_a_span_over_a_paragraph_break_stands_in_both_paragraphs() -> None:
    """The claim starts in the first paragraph and ends in the second."""
    first, second = reader.paragraphs("one\n\ntwo", [claim("A", 2, 6)])
    assert ["on", "e"] == [run.text for run in first]
    assert ("A",) == first[1].starts
    assert ("A",) == second[0].ends


def test_a_span_that_begins_with_a_line_break_begins_with_the_next_letter() -> None:
    """Nothing is lost when an offset falls on a line break."""
    _, second = reader.paragraphs("one\ntwo", [claim("A", 3, 7)])
    assert (("A",), ("A",)) == (second[0].starts, second[0].ends)


@given(st.text("ab \n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_every_letter_stands_once(text: str, pairs: list[tuple[int, int]]) -> None:
    """Whatever the spans, the runs joined are the text without its line breaks."""
    spans = [claim(f"C{number}", min(pair), max(pair)) for number, pair in enumerate(pairs)]
    assert text.replace("\n", "") == "".join(
        run.text for runs in reader.paragraphs(text, spans) for run in runs
    )
    assert 0.0 <= reader.coded_share(text, spans) <= 1.0


def test_a_sentence_of_views_is_told_and_its_links_still_land() -> None:
    """Sentences without a quoted claim become one note with their number, over a paragraph's end too; the
    place of each claim stays."""
    text = "Heading\n\nShells fell. They think so.\n\nHe feels it. Two died."
    sentences = [(0, 7), (9, 21), (22, 36), (38, 50), (51, 60)]
    claims = [claim("A", 9, 20), claim("B", 22, 35), claim("C", 51, 59)]
    runs = reader.excerpt(text, claims, sentences, quoted={"A", "C"})
    assert ["[1 sentence not quoted", "Shells fell"] == [run.text.split(":")[0] for run in runs[0][:2]]
    shown = "".join(run.text for paragraph in runs for run in paragraph)
    assert "They think so" not in shown and "He feels it" not in shown
    assert "Shells fell." in shown and "Two died." in shown
    assert ["A", "B", "C"] == [name for paragraph in runs for run in paragraph for name in run.starts]
    assert ["A", "B", "C"] == [name for paragraph in runs for run in paragraph for name in run.ends]


def test_a_text_whose_every_sentence_is_quoted_is_whole() -> None:
    """Nothing is told where nothing is left out, and everything where nothing is quoted."""
    text, sentences = "One fell.\nTwo fell.", [(0, 9), (10, 19)]
    both = [claim("A", 0, 9), claim("B", 10, 19)]
    assert reader.paragraphs(text, both) == reader.excerpt(text, both, sentences, quoted={"A", "B"})
    ((note,),) = reader.excerpt(text, both, sentences, quoted=())
    assert note.text.startswith("[2 sentences not quoted")
