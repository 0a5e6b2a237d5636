"""Facts about the rendered report: anchors, words, nothing that runs or loads."""

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import toy
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["report.html", "notebooks/2_phases.html"]


class Reader(HTMLParser):
    """Collects tags, ids and addresses of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def page(root: Path, name: str) -> tuple[str, Reader]:
    source = (root / "reports" / name).read_text("utf-8")
    return source, Reader(source)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_and_nothing_runs_but_ours(rendered: Path, name: str) -> None:
    """No address that a browser would fetch, no handler, no script but the page's own, which its policy names
    by hash."""
    _, read = page(rendered, name)
    for tag, attrs in read.tags:
        assert not [key for key in attrs if key.startswith("on") or key == "style"], (tag, attrs)
        for key in ("src", "srcset", "data", "poster"):
            assert key not in attrs or str(attrs[key]).startswith("data:image/"), (tag, attrs)
        assert tag != "link" or (
            attrs["rel"] == "icon" and str(attrs["href"]).startswith("data:image/svg+xml,")
        )
        assert tag not in ("iframe", "object", "embed", "form", "base")
        assert not str(attrs.get("href", "")).startswith("javascript")
    running = [attrs for attrs in read.named("script") if attrs.get("type") != "application/ld+json"]
    assert (1 if name == "report.html" else 0) == len(running)
    policies = [
        str(attrs["content"])
        for attrs in read.named("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert 1 == len(policies)
    assert policies[0].startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policies[0]


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_and_links_inside_lead_somewhere(rendered: Path, name: str) -> None:
    """Every anchor exists once, and every link within the page has its anchor."""
    _, read = page(rendered, name)
    ids = [str(attrs["id"]) for _, attrs in read.tags if "id" in attrs]
    assert sorted(set(ids)) == sorted(ids)
    inside = {
        str(attrs["href"])[1:] for attrs in read.named("a") if str(attrs.get("href", "")).startswith("#")
    }
    assert inside <= set(ids)


def test_anchors_are_readable_and_permanent(rendered: Path) -> None:
    """Figures, claims, talks, truces, places, sections and tables have the names that links from outside
    use."""
    _, read = page(rendered, "report.html")
    ids = {attrs.get("id") for _, attrs in read.tags}
    assert {
        "fig-phases",
        "claim-S000-02",
        "talk-DE-001",
        "truce-CF-1",
        "place-saraqib",
        "phases",
        "table-hostile",
        "seed-S000-02",
        "check-K01",
    } <= ids


def test_the_page_is_one_document_for_everyone(rendered: Path) -> None:
    """Language, title, one h1, no skipped level, landmarks, a skip link, alt text, captions and scopes."""
    source, read = page(rendered, "report.html")
    assert [{"lang": "en"}] == read.named("html")
    assert "<title>Talks and strikes, made up</title>" in source
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert 1 == levels.count(1) and 1 == levels[0]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert [1, 1, 1] == [len(read.named(tag)) for tag in ("main", "nav", "footer")]
    assert "skip" == read.named("a")[0]["class"]
    alts = [attrs["alt"] for attrs in read.named("img")]
    assert all(alt and len(alt) > 40 for alt in alts) and len(set(alts)) == len(alts) == 3
    assert all(attrs.get("scope") for attrs in read.named("th"))
    regions = [attrs["aria-label"] for attrs in read.named("div") if attrs.get("role") == "region"]
    assert len(set(regions)) == len(regions)
    assert all(attrs.get("tabindex") == "0" for attrs in read.named("div") if attrs.get("role") == "region")


def test_evidence_is_one_step_away(rendered: Path) -> None:
    """A number links to its claim's card, says the quote in a tooltip it names, and card and seed text link
    both ways."""
    source, _ = page(rendered, "report.html")
    assert re.search(
        r'<span class="ev"><a href="#claim-S000-02" aria-describedby="(tip-\d+)"[^>]*>14 people</a><span'
        r' class="tip" role="tooltip" id="\1">',
        source,
    )
    assert '<a href="#seed-S000-02">Example Post (S000)' in source
    assert '<a href="#claim-S000-02" aria-label="Claim S000-02">02</a>' in source
    assert "≠ Differs" in source


def test_corrections_stand_at_the_top(rendered: Path) -> None:
    """A reader of an earlier edition sees at once that a number changed, and is led to what, on the page and
    in Markdown."""
    source, _ = page(rendered, "report.html")
    assert source.index("<h1>") < source.index('class="banner"') < source.index("<h2")
    said = "Data version 0.1.0 corrects one published result."
    assert (
        f'<b>Corrected.</b> {said} <a href="#corrections-log">' in source
        and '<ol class="register" id="corrections-log">' in source
    )
    assert '<li id="erratum-E001">' in source
    markdown = (rendered / "reports" / "report.md").read_text("utf-8")
    assert markdown.split("\n\n")[1] == f"> **Corrected.** {said} [Before, after and why](#corrections-log)"
    assert '<a id="corrections-log"></a>' in markdown and "  \n  Before: 14  \n  After: " in markdown


def test_arabic_is_set_from_right_to_left(rendered: Path) -> None:
    """Summary, heading and names in Arabic carry language and direction."""
    source, _ = page(rendered, "report.html")
    assert '<div lang="ar" dir="rtl" class="foreign">' in source
    assert '<bdi lang="ar" dir="rtl">هيئة تحرير الشام</bdi>' in source
    assert re.search(r'<h2 id="arabic-title" lang="ar" dir="rtl" ', source)


def test_the_markdown_edition_holds_the_findings_and_figures(rendered: Path) -> None:
    """Findings, figures by relative path, anchors for what they link to."""
    source = (rendered / "reports" / "report.md").read_text("utf-8")
    assert source.startswith("# Talks and strikes, made up\n")
    assert (
        "1. Events rose from [3](#claim-S000-01) to 7. (n = 10; wide interval; [figure 1](#fig-phases);"
        " [S000-01](#claim-S000-01))" in source
    )
    assert "](../figures/phases.svg)" in source
    for anchor in re.findall(r"\]\(#([^)]+)\)", source):
        assert f'id="{anchor}"' in source, anchor


def test_the_same_content_gives_the_same_bytes(rendered: Path, tmp_path: Path) -> None:
    """Another folder, another hash seed, time zone and locale: no byte differs, in the page or the PDF."""
    program = (
        f"import sys; sys.path.insert(0, {str(Path(toy.__file__).parent)!r}); import pathlib, toy; from"
        f" escalation.page import write; write.render(toy.make(pathlib.Path({str(tmp_path / 'other')!r})),"
        " toy.executed())"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=tmp_path,
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Damascus", "LC_ALL": "C", "PATH": ""},
    )
    names = [
        path.relative_to(rendered) for path in sorted((rendered / "reports").rglob("*.*")) if path.is_file()
    ]
    assert 6 == len(names)
    for name in names:
        assert (rendered / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_a_phone_gets_the_narrow_picture_if_there_is_one(tmp_path: Path) -> None:
    """`NAME.phone.svg` stands for `NAME.svg` on narrow screens."""
    from escalation.page import write

    root = toy.make(tmp_path / "root")
    (root / "figures" / "talks.phone.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300"/>', "utf-8"
    )
    write.render(root, toy.executed())
    source, read = page(root, "report.html")
    assert ["(max-width: 40rem)"] == [attrs["media"] for attrs in read.named("source")]
    assert source.count("one-size") - source.count(".one-size") == 2


def test_a_figure_shown_where_it_is_made_is_the_drawing_itself(tmp_path: Path) -> None:
    """A notebook that saves a figure shows a bitmap of it; its page holds the SVG, with a link into the
    report."""
    from escalation.page import write

    root = toy.make(tmp_path / "root")
    executed = toy.executed()
    shown = {"image/png": "iVBORw0KGgo=", "text/plain": "figure phases: Bars of events a day"}
    executed["2_phases"].cells[1].outputs = [toy.nbformat.v4.new_output("display_data", data=shown)]
    write.render(root, executed)
    source, _ = page(root, "notebooks/2_phases.html")
    assert "data:image/svg+xml" in source and "image/png" not in source
    assert '<a href="../report.html#fig-phases">In the report</a>' in source


def test_tables_of_the_notebooks_have_their_headings_over_their_columns(tmp_path: Path) -> None:
    """A frame's heading row has a cell for each of its columns and one over the index, in their order; no
    cell shows markup; the corner, which names nothing, is no heading. So does one whose index is named, which
    has a heading row of its own."""
    from escalation.page import write

    root, executed = toy.make(tmp_path / "root"), toy.executed()
    frame = pd.DataFrame({"events": [3, 7], "killed": ["<td></td>", "14"]}, index=["April", "May"])
    executed["2_phases"].cells[1].outputs = [
        toy.nbformat.v4.new_output("display_data", data={"text/html": shown.to_html()})
        for shown in (frame, frame.rename_axis("month"))
    ]
    write.render(root, executed)
    plain, named = tables(page(root, "notebooks/2_phases.html")[0])
    body = [[("th", "April"), ("td", "3"), ("td", "<td></td>")], [("th", "May"), ("td", "7"), ("td", "14")]]
    assert [[("td", ""), ("th", "events"), ("th", "killed")], *body] == plain
    assert [
        [("td", ""), ("th", "events"), ("th", "killed")],
        [("th", "month"), ("td", ""), ("td", "")],
        *body,
    ] == named


def test_the_built_notebooks_tables_are_whole() -> None:
    """In every table of the pages that are published each row, headings too, covers as many columns; none
    shows markup as text."""
    found = {
        path.name: tables(path.read_text("utf-8"))
        for path in sorted((ROOT / "reports" / "notebooks").glob("*.html"))
    }
    assert {"1_dataset.html", "2_phases.html", "2b_toll.html", "3_timing.html"} == set(found)
    for name, every in found.items():
        assert every, name
        for table in every:
            assert 1 == len({len(row) for row in table}), (name, table[:2])
            assert not [cell for row in table for _, cell in row if re.search(r"</?t[dhr]\b", cell)], (
                name,
                table[:2],
            )


def tables(source: str) -> list[list[list[tuple[str, str]]]]:
    """The tables of a page, each row a list of cells, tag and text; a cell over several columns or rows
    stands in each."""
    found = []
    for table in BeautifulSoup(source, "html.parser").find_all("table"):
        rows: list[list[tuple[str, str]]] = [[] for _ in table.find_all("tr")]
        for number, row in enumerate(table.find_all("tr")):
            for cell in row.find_all(["td", "th"]):
                for down in range(int(cell.get("rowspan", 1))):
                    rows[number + down] += [(cell.name, cell.get_text().strip())] * int(
                        cell.get("colspan", 1)
                    )
        found.append([row for row in rows if row])
    return found


def test_differences_are_counted_and_the_sharpest_come_first(tmp_path: Path) -> None:
    """What no public source decides is folded away, not left out."""
    from escalation.page import blocks, write

    root = toy.make(tmp_path / "root")
    rows = [{"check_id": f"K{n}", "claim_id": "S000-01", "subject": f"Subject {n}", "status": status,
        "our_value": "1", "other_value": "2", "reason": "", "source_urls": ""}
            for n, status in enumerate(["cannot_tell"] * 5 + ["differs", "contradicted"])]  # fmt: skip
    write.render(
        root,
        {
            "4_report": toy.nbformat.v4.new_notebook(
                cells=[toy.words("title", "# Differences"), toy.cell("register", blocks.register(rows))]
            )
        },
    )
    source, read = page(root, "report.html")
    assert source.index("Subject 6") < source.index("Subject 5") < source.index("Subject 0")
    assert "? Cannot tell: 5 statements" in source
    other = (root / "reports" / "report.md").read_text("utf-8")
    assert (
        "- ✕ Contradicted: **Subject 6** ([S000-01](#claim-S000-01)). Here: 1. Elsewhere: 2.\n- ≠ Differs:"
        " **Subject 5**" in other
    )
    assert {f"check-K{n}" for n in range(7)} <= {attrs.get("id") for _, attrs in read.tags}


def test_a_phone_sees_a_title_once(tmp_path: Path) -> None:
    """Where title and source stand beside the picture as text, the parts of the picture that hold them are
    cut off, and the policy allows that."""
    from escalation.page import write

    root = toy.make(tmp_path / "root")
    about = root / "figures" / "talks.json"
    about.write_text(
        json.dumps(
            json.loads(about.read_text("utf-8"))
            | {
                "width_px": 500,
                "height_px": 400,
                "head_px": 100,
                "foot_px": 50,
            }
        ),
        "utf-8",
    )
    write.render(root, toy.executed())
    source, _ = page(root, "report.html")
    assert 1 == source.count("#fig-talks.one-size img { margin-block: -20.0% -10.0%; }")
    sheet = source[source.index("<style>") + 7 : source.index("</style>")]
    assert (
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'"
        in html.unescape(source)
    )


def test_the_page_names_the_data_and_figures_it_is_made_of(rendered: Path) -> None:
    """By the hash of each and one hash for all, as `grep -F ../ SHA256SUMS | sha256sum` gives it."""
    source, _ = page(rendered, "report.html")
    listed = html.unescape(
        source.partition('aria-label="Hashes of data and figures">')[2].partition("</pre>")[0]
    )
    files = [
        file
        for folder in ("data/built", "figures")
        for file in (rendered / folder).rglob("*")
        if file.is_file()
    ]
    assert len(files) > 3
    assert {
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  ../{file.relative_to(rendered).as_posix()}"
        for file in files
    } == set(listed.splitlines())
    assert f'<code class="hash">{hashlib.sha256(listed.encode()).hexdigest()}</code>' in source
