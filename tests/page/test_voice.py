"""The report's own voice: neutral words, no cause where the data say after, no number typed by hand."""

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "reports" / "report.html"
NOTEBOOK = ROOT / "notebooks" / "4_report.ipynb"
VOID = {"img", "br", "hr", "meta", "input", "source", "wbr", "link"}
QUOTED = re.compile(r"“[^“”]*(?:“[^”]*”[^“”]*)*”|\"[^\"]*\"|‘[^’]*’")
CAUSE = re.compile(
    r"\b(caus(e|es|ed|ing)|trigger\w*|provok\w*|prompt(s|ed)|spark(s|ed)|led to|leads to|because of|due to|in"
    r" response to|in retaliation)\b",
    re.I,
)
DENIED = re.compile(r"\b(no|not|cannot|neither|nor|compatible with|never|without)\b", re.I)


class Words(HTMLParser):
    """The text of a page without what others wrote: quotes, seeds, cards, tables of data, code."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.blocks: list[str] = [""]
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = (dict(attrs).get("class") or "").split()
        foreign = tag in ("q", "blockquote", "script", "style", "pre", "code", "title") or bool(
            {"seed", "tip", "cards", "register", "sources"} & set(names)
        )
        if tag in ("p", "li", "td", "th", "dd", "dt", "h1", "h2", "h3", "figcaption", "summary", "section"):
            self.blocks.append("")
        if tag not in VOID:
            self.open.append((tag, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(foreign for _, foreign in self.open):
            self.blocks[-1] += data


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    if not PAGE.is_file():
        pytest.skip("no report has been built yet: make report")
    own = [QUOTED.sub("“…”", " ".join(block.split())) for block in Words(PAGE.read_text("utf-8")).blocks]
    return [sentence for block in own if block for sentence in re.split(r"(?<=[.!?;]) ", block)]


def test_the_test_itself_sees_what_it_should() -> None:
    """Our own words are read, others' words are not."""
    made = Words("<p>One <q>the regime</q> two</p><div class='seed'><p>regime</p></div><p>three<br> four</p>")
    assert ["One  two", "three four"] == [
        " ".join(block.split(" ")) for block in made.blocks if block.strip()
    ]
    assert CAUSE.search("The talks led to strikes.") and not CAUSE.search("Strikes came after talks.")


def test_parties_are_named_neutrally(sentences: list[str]) -> None:
    """“Regime” and “terrorist” stand within quotations only."""
    assert [] == [
        one
        for one in sentences
        if re.search(r"\b(regime|terroris\w*|rebels?|martyr\w*|liberat\w*)\b", one, re.I)
    ]


def test_no_cause_is_claimed_between_talks_and_strikes(sentences: list[str]) -> None:
    """A sentence that names both does not say that one made the other, unless it says that nobody can
    tell."""
    about = [
        one
        for one in sentences
        if re.search(r"\b(talk|meeting|summit|round|truce)", one, re.I)
        and re.search(r"\b(strike|violence|attack|shelling|event)", one, re.I)
    ]
    assert about
    assert [] == [one for one in about if CAUSE.search(one) and not DENIED.search(one)]


# cited works, anchors, code, ids, roads, licences, the document's phrase, a month and the ratio of no change are no
# results
NO_RESULT = re.compile(
    r"[^\n]*https?://[^\n]*|\b(January|February|March|April|May|June|July|August|September|October|November|December)"
    r" 20\d\d\b|\]\([^)]*\)|`[^`]*`|\bS0\d\d(-\d+)?\b|\bM[45]\b|CC BY 4\.0|\b24 hours\b|24 ساعة"
)
# a bound in words is a number too; "one" stands for a thing as often, and "two codings" are what there is
NUMBER_WORDS = re.compile(
    r"\b(?!two codings\b)(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|"
    r"sixty|hundred|thousand|half|thirds?|quarters?|fourth|fifth|sixth|seventh|tenth|\w+teenth|twentieth|fortnights?)\b",
    re.I,
)


def own_words(notebook: Path) -> dict[str, list[str]]:
    """A notebook's prose by cell, without what names put into it: Markdown, `%%say` cells, and the strings of code
    that are more than a word."""
    words: dict[str, list[str]] = {}
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            words[cell["id"]] = [source]
        elif source.startswith("%%say"):
            words[cell["id"]] = [re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", source.partition("\n")[2], flags=re.S)]
        elif not {"parameters", "interactive"} & set(tags):
            words[cell["id"]] = [
                node.value
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
            ]
    return {
        name: [NO_RESULT.sub("", QUOTED.sub("", text)) for text in texts] for name, texts in words.items()
    }


def test_no_number_in_prose_was_typed_by_hand() -> None:
    """Digits in the report's sentences come from findings, tables or quotes, and so do numbers in words: none stands
    in the notebook's own words."""
    assert [] == [
        f"{name}: {text.strip()[:100]}"
        for name, texts in own_words(NOTEBOOK).items()
        for text in texts
        if re.search(r"\d", text) or NUMBER_WORDS.search(text)
    ]


@pytest.mark.parametrize("name", ["2_phases", "3_timing"])
def test_no_number_in_a_sentence_of_a_working_notebook_was_typed_by_hand(name: str) -> None:
    """The same of what the cells of these notebooks say about results."""
    assert [] == [
        f"{cell}: {text.strip()[:100]}"
        for cell, texts in own_words(NOTEBOOK.with_name(f"{name}.ipynb")).items()
        for text in texts
        if cell.startswith("say-") and (re.search(r"\d", text) or NUMBER_WORDS.search(text))
    ]


def code_cells() -> list[tuple[str, str]]:
    """The report's cells that are neither sentences, parameters nor for hands: id and Python source."""
    cells = [
        (cell, "".join(cell["source"]))
        for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    return [
        (cell["id"], source)
        for cell, source in cells
        if not source.startswith("%%say")
        and not {"parameters", "interactive"} & set(cell["metadata"].get("tags", []))
    ]


def test_sentences_stand_in_markdown_and_code_is_short() -> None:
    """Nine in ten words of the report are edited as Markdown; no cell of code is longer than 15 lines."""
    of_python = [
        word
        for _, source in code_cells()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (" " in node.value or node.value[:1].isupper())
        for word in re.findall(r"[^\W\d_]+", node.value)
    ]
    written = "\n".join(
        re.sub(
            r"\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)",
            "",
            re.sub(r"^%%say.*\n", "", "".join(cell["source"])),
            flags=re.S,
        )
        for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
        if (cell["cell_type"] == "markdown" or "".join(cell["source"]).startswith("%%say"))
        and "interactive" not in cell["metadata"].get("tags", [])
    )
    assert 9 * len(of_python) <= len(re.findall(r"[^\W\d_]+", written))
    assert [] == [name for name, source in code_cells() if source.count("\n") >= 15]
