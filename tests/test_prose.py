"""`%%say`, `find` and `show` as an analyst uses them: in a kernel, by plain papermill, in a build's own
shell."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from papermill.execute import execute_notebook

from escalation import findings
from escalation.build.graph import _read, notebooks
from escalation.build.strip import stripped
from escalation.errors import Refusal
from escalation.figures.save import show
from escalation.page import blocks, markup
from escalation.prose.check import said as said_by_name
from escalation.prose.check import sentences, unknown
from escalation.prose.say import block, named, names, written

ROOT = Path(__file__).resolve().parent.parent
BEGIN = 'from escalation.prose import begin, find\n\nbegin("7_weekday")'
SAID = """%%say
# Days

{{ ratio.n | counted("episode") | capitalize }} ([claim](claim:{{ claim }})), {{ ratio.value }} times.
{% if ratio.p < 0.05 %}
It stands out.
{% else %}
It does not stand out.
{% endif %}"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/datapackage.json").write_text("{}")
    monkeypatch.setenv("ESCALATION_ROOT", str(tmp_path))
    return tmp_path


def notebook(folder: Path, *sources: str, name: str = "7_weekday") -> Path:
    """A notebook of these code cells, the first its parameters."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    cells[0]["metadata"]["tags"] = ["parameters"]
    made = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}
    )
    made["metadata"]["escalation"] = {"reads": [], "writes": [f"data/built/findings/{name}.json"]}
    path = folder / f"{name}.ipynb"
    nbformat.write(made, path)
    return path


def said(path: Path) -> list[dict[str, Any]]:
    """The blocks that the executed notebook shows."""
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", ())]
    return [output["data"][blocks.MIME] for output in outputs if blocks.MIME in output.get("data", {})]


@pytest.mark.parametrize("engine", ["kernel", "fork"])
def test_a_sentence_runs_in_every_shell(engine: str, folder: Path) -> None:
    """The same `%%say` cell gives the same block in an ordinary kernel under plain papermill and in a build's
    own shell, after the parameter that papermill put in; and the finding stands in the notebook's file."""
    record = 'ratio = find("ratio", 2 / 3, n=7, p=p, unit="times")\nclaim = "S000-02"'
    path = notebook(folder, "p = 0.5", BEGIN, record, SAID)
    if engine == "kernel":
        execute_notebook(str(path), str(folder / "out.ipynb"), parameters={"p": 0.01}, progress_bar=False)
    else:
        program = (
            "import sys\nfrom pathlib import Path\nfrom escalation.build.engine import"
            " run\nprint(run(Path(sys.argv[1]), Path(sys.argv[2]), engine='fork', root=Path(sys.argv[3]),"
            " parameters={'p': 0.01}, time_limit=60, tell=lambda *a, **k: None))"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, path, folder / "out.ipynb", folder],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "None\n" == ran.stdout
    expected = "# Days\n\nSeven episodes ([claim](claim:S000\\-02)), 0\\.67 times.\nIt stands out."
    assert [{"block": "say", "markdown": expected, "lang": "en"}] == said(folder / "out.ipynb")
    assert {"ratio": {"value": 0.6666666667, "n": 7, "p": 0.01, "unit": "times"}} == json.loads(
        (folder / "data/built/findings/7_weekday.json").read_text("utf-8")
    )


def test_lab_shows_a_sentence_at_once(folder: Path) -> None:
    """By hand the cell's output is also HTML and Markdown, which JupyterLab and a forge show; run again from
    the top, it is the same."""
    path = notebook(
        folder,
        "n = 2",
        BEGIN,
        "%%say\n**{{ n | counted('talk') }}**\n",
        BEGIN,
        "%%say\n**{{ n | counted('talk') }}**\n",
    )
    execute_notebook(str(path), str(folder / "out.ipynb"), progress_bar=False)
    shown = [
        cell.outputs[0].data for cell in nbformat.read(folder / "out.ipynb", 4).cells if cell.get("outputs")
    ]
    assert 2 == len(shown)
    assert shown[0] == shown[1]
    assert "<strong>two talks</strong>" in shown[0]["text/html"]
    assert "**two talks**" == shown[0]["text/markdown"]


@pytest.mark.parametrize(
    ("template", "cause"),
    [
        (
            "One.\n{{ ratoi.value }}",
            "%%say, line 3: no finding and no variable is called 'ratoi'; did you mean 'ratio'?",
        ),
        ("{{ ratio.vlaue }}", "%%say, line 2: this has no 'vlaue'; did you mean 'value'?"),
        ("{{ ratio }}", "%%say, line 2: a sentence shows words, numbers and dates; this is a finding"),
        ("{{ blank }}", "%%say, line 2: a sentence shows words, numbers and dates; this is NoneType"),
        (
            "{% if ratio.value < .5 %}x{% endif %}",
            "%%say, line 2: unexpected '.' (a fraction is 0.05, not .05)",
        ),
        ("{{ ratio.value | numbr }}", "Did you mean 'number'?"),
        ("{% if ratio.value %}", "%%say, line 2: Unexpected end of template"),
    ],
)
def test_a_wrong_name_is_one_line_with_the_nearest(template: str, cause: str) -> None:
    """A name that is nowhere, a field that is none, a blank, a filter that is none: the cell fails with its
    line and the remedy."""
    with pytest.raises(Refusal) as refused:
        written(template, {"ratio": findings.Finding("ratio", {"value": 0.5}), "blank": None})
    assert 1 == len(refused.value.problems)
    assert cause in str(refused.value)


HOSTILE = [
    "**b** [l](http://evil.example)",
    "<script>alert(1)</script>",
    "# h\n\n- x\n1. y",
    "`c` ~~s~~ | t | ![i](u)",
    "{{ 7*7 }}{% if %}",
]


@pytest.mark.parametrize("data", HOSTILE)
@pytest.mark.parametrize(
    "template",
    [
        "{{ x }}",
        "{{ x | capitalize }}",
        "{{ '**' ~ x }}",
        "{% set y = [x] %}{{ y | listed }}",
        "{{ [x, x] | join(' ') }}",
    ],
)
def test_data_in_a_sentence_is_text(template: str, data: str) -> None:
    """Whatever a name holds, and whatever a filter does to it, the page reads one paragraph of plain text."""
    tokens = markup.parse(written(template, {"x": data}))
    assert ["paragraph"] == [token["type"] for token in tokens]
    assert {"text"} == {token["type"] for token in tokens[0]["children"]}
    assert "".join(data.split()).lower() in "".join(markup.words(tokens).split()).lower()


def test_a_per_cent_sign_stays_with_its_number() -> None:
    """The space before it is one at which no line breaks, on the page too."""
    assert "A share of 68\u00a0%." == markup.words(
        markup.parse(written("A share of {{ x | percent }}.", {"x": 0.68}))
    )


def test_kinds_of_blocks() -> None:
    """`%%say limit "…"`, `details`, `ar`, `answers` and `findings` give the blocks of the report that the
    functions of `blocks` give."""
    assert blocks.callout("x", kind="limit", title="How it was chosen") == block(
        'limit "How it was chosen"', "x"
    )
    assert blocks.details("More", "x") == block('details "More"', "x")
    assert blocks.say("x", lang="ar") == block("ar", "x")
    assert blocks.answers([("When?", "Often."), ("Why?", "We do not know.")]) == block(
        "answers", "### When?\n\nOften.\n\n### Why?\nWe do not know."
    )
    data = written(
        "- {{ x }}\n\n  n = {{ n }} · {{ x }} · [c](claim:{{ c }})",
        {"x": "1.5 - *a*", "n": 2000, "c": "S0-1"},
    )
    kept = {"text": blocks.text("1.5 - *a*"), "n": "2,000", "doubt": "1.5 - *a*", "claims": ["S0-1"]}
    assert blocks.findings_list([kept]) == block("findings", data)
    with pytest.raises(Refusal, match="'limt' is not one of en, ar, limit"):
        block("limt", "x")


def test_one_name_is_one_thing(folder: Path) -> None:
    """A finding of this run goes before a module of its name; a variable of its name that is another number
    is refused."""
    findings.begin("7_weekday")
    kept = findings.find("phases", 6)
    assert 6 == names({"phases": findings}, ["phases"])["phases"].value
    assert 6 == names({"phases": kept}, ["phases"])["phases"].value
    with pytest.raises(Refusal, match="'phases' is a finding, and another thing in this notebook"):
        names({"phases": 5}, ["phases"])


def test_sentences_know_only_what_came_before(folder: Path) -> None:
    """A notebook sees the findings of notebooks before it and its own of this run, not those that an earlier
    run or a later one left."""
    for stem, key in (("1_dataset", "days"), ("7_weekday", "stale"), ("8_after", "later")):
        findings.write({key: {"value": 1}}, stem)
    findings.begin("7_weekday")
    findings.find("ratio", 0.5)
    assert ["days", "ratio"] == sorted(findings.known())
    findings.find("days", 2)
    with pytest.raises(Refusal, match="finding 'days' stands in another notebook too"):
        findings.known()


def test_cells_are_checked_without_running(folder: Path) -> None:
    """A misspelt name in any branch of any `%%say` cell is told with notebook, cell and nearest name; what
    cells set, import and record is known."""
    path = notebook(
        folder, "p = 1", "import math as m\n%matplotlib inline\nfind('ratio', 1)",
        "%%say\n{% if p %}{{ ratio.value }}{% else %}{{ raito }}{% endif %}{{ m }}{{ old }}"
    )  # fmt: skip
    assert ["7_weekday, cell cell-2: nothing is called 'raito'; did you mean 'ratio'?"] == unknown(
        [path], ["old"]
    )


def test_published_sentences_name_what_there_is() -> None:
    """Every name in the `%%say` cells of the published notebooks is a finding or a variable."""
    assert [] == unknown(notebooks(ROOT), findings.read(ROOT))


def test_tools_take_a_cell_of_prose_for_no_python(folder: Path) -> None:
    """What a notebook imports is read past its `%%say` cells; stripping leaves it as it is."""
    path = notebook(folder, "p = 1", "from escalation import daily", SAID)
    problems: list[str] = []
    step = _read(path, problems)
    assert [] == problems
    assert step is not None
    assert "p = 1\nfrom escalation import daily" == step.source
    stripped_once = stripped(path.read_text("utf-8"), name="x")
    assert SAID.partition("\n")[2].split("\n")[0] == next(iter(sentences(path).values())).split("\n")[0]
    assert json.loads(stripped_once)["cells"][2]["source"] == SAID.splitlines(keepends=True)


def test_a_plain_figure_can_be_shown(folder: Path) -> None:
    """A figure made with matplotlib alone is saved under this notebook's name with its title, its words and
    the points it draws, the same bytes each time; words that lack are asked for at once."""
    findings.begin("7_weekday")
    alt = (
        "A line from 1 to 3 and back to 2 over three weekdays, 6 events in all, the most on the second of"
        " them."
    )

    def drawn() -> Any:
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3], [1, 3, 2])
        axes.set_title("Tuesdays have most")
        axes.set_ylabel("events")
        return figure

    with pytest.raises(Refusal) as refused:
        show(drawn(), "weekday")
    assert ["figure weekday: no caption", "figure weekday: no alt"] == refused.value.problems[:2]
    show(drawn(), "weekday", caption="Each point is a weekday.", alt=alt, source="made up")
    first = (folder / "figures/weekday.svg").read_bytes()
    show(drawn(), "weekday", caption="Each point is a weekday.", alt=alt, source="made up")
    assert first == (folder / "figures/weekday.svg").read_bytes()
    assert b"Tuesdays" not in first.split(b"aria-label")[1].split(b">", 1)[1]  # the page says it above
    assert [1.0, 3.0, 2.0] == pd.read_csv(folder / "figures/weekday.csv")["y"].tolist()
    about = json.loads((folder / "figures/weekday.json").read_text("utf-8"))
    assert ("Tuesdays have most", "7_weekday", 3) == (about["title"], about["notebook"], about["n"])
    plt.close("all")


def test_a_sentence_is_written_once_and_said_in_two_places(folder: Path) -> None:
    """A named sentence is said by cells further down and by code outside the notebook, with the same words;
    with other findings, with theirs. A cell recorded under a name is a finding."""
    shared = (
        "%%say sentences\n### risen\n{% if n > 2 %}**Most** rose.{% else %}Few rose.{% endif %}\n\n###"
        " fallen\nNone fell."
    )
    path = notebook(folder, "n = 3", BEGIN, shared, "%%say findings as first\n- {{ risen }} {{ fallen }}")
    path.write_text(
        path.read_text("utf-8").replace(
            '"cell-2",\n   "metadata": {}', '"cell-2",\n   "metadata": {"tags": ["hidden"]}'
        )
    )
    execute_notebook(str(path), str(folder / "out.ipynb"), progress_bar=False)
    assert "**Most** rose. None fell." == said(folder / "out.ipynb")[1]["items"][0]["text"]
    recorded = json.loads((folder / "data/built/findings/7_weekday.json").read_text("utf-8"))
    assert {"first": {"value": "- **Most** rose. None fell."}} == recorded
    assert {"risen": "Few rose.", "fallen": "None fell."} == said_by_name(path, "cell-2", known={"n": 1})
    assert [] == unknown([path])


@pytest.mark.parametrize(
    ("markdown", "cause"),
    [
        ("Words.\n### one\nTwo.", "each begins with its name"),
        ("### two words\nTwo.", "'two words' is no name"),
        ("### one\nA.\n\n### one\nB.", "'one' stands there twice"),
    ],
)
def test_sentences_without_one_name_each_are_refused(markdown: str, cause: str) -> None:
    """Words before the first name, a name that no cell could say, one name for two sentences."""
    with pytest.raises(Refusal, match=cause):
        named(markdown)
