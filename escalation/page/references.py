"""What the blocks refer to: figures, claims with their documents and checks, talks, truces and places, read
as they stand in the files."""

import csv
import difflib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from escalation import schema
from escalation.errors import Refusal

Row = dict[str, str]

ANCHORS = {"claim": "claim-", "figure": "fig-", "talk": "talk-", "truce": "truce-", "place": "place-"}
GENERIC = ("figure", "image", "chart", "plot", "graph", "picture")


@dataclass(frozen=True)
class Drawing:
    """One figure of `figures/`: its JSON, its SVG, the rows it draws."""

    name: str
    facts: Mapping[str, Any]
    folder: Path

    def fact(self, key: str) -> str:
        return str(self.facts.get(key) or "")

    @cached_property
    def svg(self) -> str:
        return (self.folder / f"{self.name}.svg").read_text("utf-8")

    @property
    def says_title(self) -> bool:
        """Whether the picture holds title and source itself."""
        return float(self.fact("head_px") or 0) > 0

    @cached_property
    def sheets(self) -> dict[str, str]:
        """The drawing for narrow and wide screens ("narrow", "", "wide"), where it was drawn to stand inside a
        page; empty where it is one picture."""
        found = {
            size: self.folder / f"{self.name}{'.' if size else ''}{size}.svg"
            for size in ("narrow", "", "wide")
        }
        if not self.facts.get("sizes"):
            return {}
        return {size: path.read_text("utf-8") for size, path in found.items() if path.is_file()}

    @cached_property
    def csv(self) -> str:
        return (self.folder / f"{self.name}.csv").read_text("utf-8")

    @cached_property
    def rows(self) -> list[list[str]]:
        """Heading row first."""
        return list(csv.reader(io.StringIO(self.csv, newline="")))

    @property
    def notebook(self) -> str:
        return self.fact("notebook").removesuffix(".ipynb").rsplit("/", 1)[-1]

    def problems(self) -> list[str]:
        """What a reader would miss: files, caption, source line, an alt text of its own."""
        where = f"figures/{self.name}.json"
        missing = [
            f"figures/{self.name}.{end} is not there"
            for end in ("svg", "csv")
            if not (self.folder / f"{self.name}.{end}").is_file()
        ]
        missing += [f"{where}: no {key}" for key in ("title", "caption", "source") if not self.fact(key)]
        alt = self.fact("alt").strip()
        first = (
            alt.lower()
            .removeprefix("a ")
            .removeprefix("an ")
            .removeprefix("the ")
            .split(" ", 1)[0]
            .strip(".:,")
        )
        if len(alt) < 40 or alt == self.fact("title") or (first in GENERIC and len(alt) < 80):
            missing.append(
                f"{where}: alt text {alt[:60]!r} does not tell what this figure shows; say trend, extremes"
                " and n in 40 characters or more"
            )
        return missing


@dataclass(frozen=True)
class References:
    """Everything a link or a block of the report can name."""

    root: Path
    figures: dict[str, Drawing] = field(default_factory=dict)
    claims: dict[str, Row] = field(default_factory=dict)
    documents: dict[str, Row] = field(default_factory=dict)
    checks: dict[str, list[Row]] = field(default_factory=dict)
    talks: dict[str, Row] = field(default_factory=dict)
    truces: dict[str, Row] = field(default_factory=dict)
    places: dict[str, Row] = field(default_factory=dict)

    def known(self, scheme: str) -> dict[str, Any]:
        """The ids a link of this scheme may name."""
        tables: dict[str, dict[str, Any]] = {
            "claim": self.claims,
            "figure": self.figures,
            "talk": self.talks,
            "truce": self.truces,
            "place": self.places,
        }
        return tables[scheme]

    def missing(self, scheme: str, name: str) -> str | None:
        """Why a link leads nowhere, with the nearest name that is there."""
        known = self.known(scheme)
        if name in known:
            return None
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        return f"{scheme}:{name} is not there" + (
            f"; did you mean {scheme}:{near[0]}?" if near else f"; no {scheme} is known by a name like it"
        )

    def seed(self, document_id: str) -> str:
        """A seed's text, character for character: claims point into it by offset."""
        file = self.documents[document_id]["file"]
        path = self.root / file if (self.root / file).is_file() else self.root / "seeds" / file
        if Path(file).is_absolute() or ".." in Path(file).parts:
            raise Refusal([f"documents.csv, {document_id}, file: {file!r} leads out of the project"])
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()


def load(root: Path) -> References:
    """Figures from `figures/`, tables from the folder of the case that was built (`data/built/case.json`;
    `data/coded/` without one); a table that is not there is empty."""
    figures = {
        path.stem: Drawing(path.stem, json.loads(path.read_text("utf-8")), path.parent)
        for path in sorted((root / "figures").glob("*.json"))
    }
    checks: dict[str, list[Row]] = defaultdict(list)
    for row in _table(root, "checks"):
        for claim in row.get("claim_id", "").split(" | "):
            checks[claim].append(row)
    return References(
        root=root,
        figures=figures,
        claims=_keyed(_table(root, "claims"), "claim_id"),
        documents=_keyed(_table(root, "documents"), "document_id"),
        checks=dict(checks),
        talks=_keyed(_table(root, "talks"), "talk_id"),
        truces=_keyed(_table(root, "truces"), "truce_id"),
        places=_keyed(_table(root, "places"), "place_id"),
    )


def _table(root: Path, name: str) -> list[Row]:
    """Rows of strings: the page shows what the file says, so nothing is parsed and printed again."""
    built = root / "data" / "built" / "case.json"
    folder = json.loads(built.read_text("utf-8"))["tables"] if built.is_file() else "coded"
    path = root / "data" / folder / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if folder == "coded" or not rows:
        return rows
    # a case's own table may lack columns
    whole = schema.completed(pd.DataFrame(rows, dtype="str"), schema.resource(name, root)["schema"]["fields"])
    return [{str(key): str(cell) for key, cell in row.items()} for row in whole.fillna("").to_dict("records")]


def _keyed(rows: Iterable[Row], key: str) -> dict[str, Row]:
    return {row[key]: row for row in rows}
