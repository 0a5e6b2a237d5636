"""Everything at once that people read of the executed notebooks."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from escalation.page import arabic, archive, content, html, markdown, notebooks, pdf, references


def alone(root: Path, stem: str, notebook: Mapping[str, Any]) -> str:
    """The page of a report that was run by hand, with nothing beside it: `notebook` (cells with their outputs)
    read with the figures and tables under `root`. Raises Refusal as `render` does."""
    return html.render(content.read({stem: notebook}, references.load(root)), alone=True)


def render(root: Path, executed: Mapping[str, Any]) -> None:
    """Writes `reports/report.html`, `report.pdf`, `appendix.pdf` (if anything is folded), `report.md`, `data.zip`
    `report.ar.html` (if it is told in Arabic too) and `notebooks/<stem>.html` under `root` from the executed notebooks (stem → nbformat node; the last by name is the report). Raises `Refusal` with every
    dangling link, figure without words and output that is no block; nothing is written then."""
    known = references.load(root)
    read = content.read(executed, known)
    in_arabic = content.read_arabic(executed, known)
    # Typst works outside Python's lock, so the pages are drawn while it sets the books, the longer one first
    with ThreadPoolExecutor(2) as beside:
        books = {
            name: beside.submit(pdf.typeset, pdf.document(read, appendix=appendix), root)
            for name, appendix in (("appendix.pdf", True), ("report.pdf", False))
            if read.has_evidence or not appendix
        }
        data = archive.of_data(root)
        pages = {f"{stem}.html": notebooks.render(stem, executed[stem], read) for stem in read.notebooks}
        written = {
            "report.html": html.render(read, data=data, in_arabic=in_arabic is not None).encode(),
            **({arabic.NAME: arabic.render(in_arabic, english=read.blocks()).encode()} if in_arabic else {}),
            "report.md": markdown.render(read).encode(),
            archive.NAME: data,
            **{name: book.result() for name, book in books.items()},
        }
    folder = root / "reports"
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    for name, body in written.items():
        (folder / name).write_bytes(body)
    for name, text in pages.items():
        (folder / "notebooks" / name).write_bytes(text.encode())
