"""A small made-up root: three figures, two seeds, four claims that overlap, and a report notebook that shows
every block."""

import csv
import json
from pathlib import Path

import nbformat
import pandas as pd

from escalation.page import blocks

SEED = (
    "Talks ended on Friday without a statement.\n\nOnly 24 hours later, aircraft struck two towns, killing 14"
    " people.\n\nNobody commented."
)
HOSTILE = (
    "<script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\"> **bold**"
    ' [click](javascript:alert(1)) $\\frac{1}{2}$ #let x = 1 #link("https://x.example") \u202etxt.exe\u202c'
    " ]] `code` =1+1"
)
LONG = "x" * 10_000


def span(quote: str) -> dict[str, str]:
    start = SEED.index(quote)
    return {"quote": quote, "char_start": str(start), "char_end": str(start + len(quote))}


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, keys, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw(root: Path, name: str, *, alt: str = "", **facts: object) -> None:
    bars = "".join(
        f'<rect x="{40 + 60 * i}" y="{220 - 12.34567 * i}" width="40" height="{12.34567 * i}"'
        ' fill="#14597a"/>'
        for i in range(1, 9)
    )
    (root / "figures").mkdir(exist_ok=True)
    (root / "figures" / f"{name}.svg").write_text(
        f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 240" width="600" height="240"><style>rect{{stroke:none}}</style>'
        f'<line x1="20" y1="220" x2="580" y2="220" stroke="#545c65"/>{bars}</svg>\n', "utf-8")  # fmt: skip
    (root / "figures" / f"{name}.csv").write_text("date,events\n2019-04-26,3\n2019-04-27,7\n", "utf-8")
    told = {
        "name": name, "title": f"Events rose in {name}", "caption": f"Events a day, {name}; n = 10.",
        "source": "UCDP GED 25.1.",
        "alt": alt or f"Bars of events a day for {name}, rising from 3 on 26 April 2019 to 7 a day later; n = 10 events.",
        "description": f"Each bar is one day of {name}.", "notebook": "2_phases", "n": 10, "width_px": 600,
        "height_px": 240, **facts,
    }  # fmt: skip
    (root / "figures" / f"{name}.json").write_text(json.dumps(told), "utf-8")


def make(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    (root / "data" / "datapackage.json").write_text('{"name": "toy", "version": "0.1.0"}', "utf-8")
    (root / "seeds").mkdir()
    (root / "seeds" / "S000.txt").write_bytes(SEED.encode())
    coded = root / "data" / "coded"
    write(coded / "documents.csv", [
        {"document_id": "S000", "publisher": "Example Post", "title": "Talks end",
        "address": "https://example.org/talks", "date_first": "2019-04-27",
         "date_last": "2019-04-28", "language": "en", "file": "seeds/S000.txt",
         "rights": "Quoted for review."},
    ])  # fmt: skip
    common = {
        "document_id": "S000",
        "speaker": "Rescue service",
        "speaker_type": "rescue",
        "date_precision": "day",
        "date_basis": "weekday",
    }
    write(coded / "claims.csv", [
        {"claim_id": "S000-01", **common, **span("Only 24 hours later, aircraft struck two towns"),
        "claim_type": "strike", "status": "reported", "actor": "Aircraft", "target": "towns",
         "date_first": "2019-04-26", "date_last": "2019-04-27"},
        {"claim_id": "S000-02", **common, **span("aircraft struck two towns, killing 14 people."),
        "claim_type": "casualties", "low": "14", "value": "14", "high": "15", "unit": "people",
        "qualifier": "about",
         "date_first": "2019-04-27", "date_last": "2019-04-27", "status": "reported"},
        {"claim_id": "S000-03", **common, **span("Talks ended on Friday without a statement.\n\nOnly"),
        "claim_type": "talks", "status": "reported"},
        {"claim_id": "S000-04", **common, "quote": HOSTILE, "char_start": "", "char_end": "",
        "claim_type": "other", "status": "opinion", "note": LONG},
    ])  # fmt: skip
    write(coded / "checks.csv", [
        {"check_id": "K01", "claim_id": "S000-02", "subject": "Civilians killed", "status": "differs",
        "our_value": "14", "other_value": "about 15", "reason": "Another monitor.",
         "source_urls": "https://example.org/a | https://www.example.com/b"},
    ])  # fmt: skip
    for name, table in {
        "talks": "talk_id,title,date_first,date_last,place,outcome,source_urls\n"
        "DE-001,Round 12,2019-04-25,2019-04-26,Nur-Sultan,no_statement,https://example.org/r\n",
        "truces": "truce_id,name,effective_date,parties,source_urls\nCF-1,Sochi,2018-09-17,Russia | Türkiye,\n",
        "places": "place_id,name,name_ar,kind,governorate,spellings\n"
        "saraqib,Saraqib,سراقب,town,Idlib,Saraqeb | Saraqib\n",
    }.items():
        (coded / f"{name}.csv").write_text(table, "utf-8")
    for name in ("phases", "talks", "truces"):
        draw(root, name)
    return root


def cell(identity: str, *shown: blocks.Block, source: str = "say(…)") -> nbformat.NotebookNode:
    made = nbformat.v4.new_code_cell(source, id=identity, execution_count=1)
    made.outputs = [
        nbformat.v4.new_output("display_data", data={blocks.MIME: json.loads(json.dumps(block.bundle()))})
        for block in shown
    ]
    return made


def words(identity: str, source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(source, id=identity)


def report(*extra: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Every block once, with hostile text wherever data can stand."""
    bad = pd.DataFrame(
        {
            "what": [HOSTILE, LONG, None],
            "killed": [1234, 5, None],
            "claim": ["S000-01 | S000-02", "", ""],
            "url": ["https://example.org/x", "javascript:alert(1)", ""],
        }
    )
    return nbformat.v4.new_notebook(cells=[
        words("title", "# Talks and strikes, made up\n\nA short standfirst."),
        cell("answers", blocks.answers([("Were there phases?", "Yes: [two](figure:phases)."),
            ("Did strikes follow talks?",
                "[14 people](claim:S000-02) were reported killed; the data cannot tell.")]),
             blocks.stamp({"Data version": "0.1.0", "Data up to": pd.Timestamp("2020-12-31")})),
        cell("findings", blocks.findings_list([{"text": "Events rose from [3](claim:S000-01) to 7.", "n": 10,
        "doubt": "wide interval", "figure": "phases", "claims": ["S000-01"]}, {"text": "Nothing else."}])),
        words("arabic-heading", "## Summary\n\nIn short."),
        cell("arabic", blocks.say("## In Arabic\n\nملخّص: محادثات وضربات في إدلب عام 2019.", lang="ar")),
        words("phases",
        "## The phases\n\n### Where they begin\n\nSee [the talks](talk:DE-001), [Sochi](truce:CF-1), [Saraqib](place:saraqib) and [the web](https://example.org/).\n\n- one\n- two\n\n1. first\n2. second\n\n> quoted\n\n| a | b |\n| --- | --: |\n| x | 1 |"),
        cell("phase-figure", blocks.figure("phases"), blocks.figure("talks"), blocks.figure("truces"),
        source="figure('phases')  # <script>alert(1)</script>"),
        cell("hostile",
            blocks.say(f"Data in prose: {blocks.text(HOSTILE)} and {blocks.text(LONG)} <b onclick=alert(1)>raw</b>"),
             blocks.table(bad, caption=f"Hostile {HOSTILE}", columns={"what": "What",
             "killed": "Killed (people)", "claim": "Claims", "url": "Source"}, links={"claim": "claim",
             "url": "url"}, note="Sorted as given.", name="hostile"),
             blocks.callout(f"A limit {blocks.text(HOSTILE)}", kind="limit"), blocks.callout("Checked.",
             kind="check", title="Checked against the record")),
        words("evidence", "## Evidence"),
        cell("cards", blocks.claim_card("S000-02"), blocks.seed_reader("S000"), blocks.claim_cards()),
        cell("rest", blocks.register(pd.DataFrame([{"check_id": "K01", "claim_id": "S000-02",
            "subject": "Civilians killed", "status": "differs", "our_value": "14", "other_value": HOSTILE,
            "reason": LONG, "source_urls": "https://example.org/a", "against": ""}])),
             blocks.glossary([{"term": "HTS", "meaning": "An armed opposition group.",
             "name_ar": "هيئة تحرير الشام", "spellings": "Tahrir al-Sham | HTS"}]),
             blocks.statuses([{"period": "May 2019", "status": "deteriorated",
             "reason": "More events a day."}, {"period": "March 2020", "status": "improved",
             "reason": HOSTILE}]),
             blocks.corrections([{"id": "E001", "kind": "number", "what": "Civilians killed",
             "date": "1 January 2021", "version": "0.1.0", "was": "14", "now": HOSTILE, "verdict": "",
             "reason": LONG}], version="0.1.2"),
             blocks.citation("Talks and strikes, version 0.1.0.", bibtex="@misc{toy,\n title = {Toy}\n}"),
             blocks.details("How", "By [counting](#phases).")),
        *extra,
    ])  # fmt: skip


def working() -> nbformat.NotebookNode:
    shown = cell("shown", blocks.figure("phases"), source="figure('phases')")
    shown.outputs += [
        nbformat.v4.new_output("stream", name="stdout", text="plain <b>text</b>\x1b[31m red\n"),
        nbformat.v4.new_output("display_data",
        data={"text/html": f"<table onclick='x()'><tr><td style='color:red'>{HOSTILE}</td></tr></table>"}),
        nbformat.v4.new_output("display_data",
        data={"image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}, metadata={"image/png": {"alt": "One blue dot for one event"}}),
    ]  # fmt: skip
    return nbformat.v4.new_notebook(
        cells=[words("title", "# Which phases?\n\n## Look\n\nSee [a claim](claim:S000-01)."), shown]
    )


def executed() -> dict[str, nbformat.NotebookNode]:
    return {"2_phases": working(), "4_report": report()}
