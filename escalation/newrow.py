"""One more talk or claim: its row completed as far as it can be known, checked with all tables as they would then be,
and appended."""

import csv
import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from escalation import schema
from escalation.build.store import write
from escalation.errors import Refusal
from escalation.evidence.agreement import CLAIM_FIELDS
from escalation.evidence.anchors import find_all, seed_text
from escalation.evidence.check import check

NEVER = {"relevance_frozen": "stays blank: the first main set was fixed before talks and counts met"}
TALK_FIELDS = ("scheduled", "on_agenda", "outcome")  # coded twice, of meetings
# what is completed from other cells
FOLLOWS = {"talk_id", "date_last", "n_sources", "claim_id", "char_start", "char_end"}
Row = dict[str, str]


def add_talk(told: Mapping[str, str], root: Path) -> list[Path]:
    """Appends a row to data/coded/talks.csv, and of a meeting, held or cancelled, the first coder's values to
    data/coded/talk_codings.csv; gives the files.

    `told`: values by column. What is not told is completed: `talk_id` (the next number), `date_last` and
    `date_precision` (a talk of one day), `place_id` (where `place` begins with the name of one), `n_sources` and
    `confidence` (by the addresses). Raises Refusal, with nothing
    written, naming at once every column that is missing with what it may hold, and all that `escalation check` would
    find wrong with the row."""
    row, day = dict(told), told.get("date_first", "")
    number = schema.read("talks", root)["talk_id"].str[-3:].astype(int).max() + 1
    row.setdefault("talk_id", f"DE-{day}-{number:03d}")
    row.setdefault("date_last", day)
    row.setdefault("date_precision", "day" if row["date_last"] == day else "range")
    addresses = [each for each in row.get("source_urls", "").split("|") if each.strip()]
    row.setdefault("n_sources", str(len(addresses)))
    row.setdefault("confidence", "confirmed_2plus" if len(addresses) > 1 else "one_source")
    places = schema.read("places", root)
    of_name = dict(zip(places["name"], places["place_id"], strict=True))
    row.setdefault("place_id", of_name.get(row.get("place", "").split(",")[0].strip(), ""))
    lines = [] if addresses else ["source_urls: missing; an address at least"]
    if row.get("is_meeting") == "true":
        fields = {field["name"]: field for field in schema.resource("talks", root)["schema"]["fields"]}
        few = ["parties"] if sum(bool(one.strip()) for one in row.get("parties", "").split("|")) < 2 else []
        gone = [name for name in ("scheduled_reason", "outcome_reason") if not row.get(name)]
        lines += [f"{name}: a meeting has two at least; {_asks(fields[name])}" for name in few]
        lines += [f"{name}: missing, of a meeting; {_asks(fields[name])}" for name in gone]
    rows = {"talks": [row]}
    if row.get("is_meeting") == "true" or row.get("kind") == "cancelled_talks":
        rows["talk_codings"] = [
            {
                "talk_id": row["talk_id"],
                "coder": "A",
                "field": field,
                "value": row.get(field, ""),
                "reason": row.get(f"{field}_reason", ""),
            }
            for field in TALK_FIELDS
        ]
    return _append(rows, told, root, lines=lines)


def add_claim(told: Mapping[str, str], root: Path) -> list[Path]:
    """Appends a row to data/coded/claims.csv, and the first coder's to data/coded/claim_codings.csv; gives both files.

    `told`: values by column, of which `document_id` and `quote` say where the claim stands; offsets and `claim_id` (the
    next free one of the document) follow from them. Raises Refusal as `add_talk` does, and for a claim that is there
    under another id: the same words of the same document with the same type and value."""
    row, lines = dict(told), []
    claims, documents = schema.read("claims", root), schema.read("documents", root)
    document = row.get("document_id", "")
    numbers = [int(name.split("-")[1]) for name in claims["claim_id"] if name.startswith(f"{document}-")]
    row.setdefault("claim_id", f"{document}-{max(numbers, default=0) + 1:02d}")
    files = documents.loc[documents["document_id"] == document, "file"]
    if len(files) and row.get("quote") and "char_start" not in row:
        before = row.get("prefix", "")
        at = find_all(seed_text(root, files.iloc[0]), before + row["quote"] + row.get("suffix", ""))
        start = at[0] + len(before) if at else 0
        row |= {"char_start": str(start), "char_end": str(start + len(row["quote"]))}
        lines += _twice(row, claims)
    coding = {name: row.get(name, "") for name in ("claim_id", *CLAIM_FIELDS)} | {"coder": "A"}
    return _append({"claims": [row], "claim_codings": [coding]}, told, root, lines=lines)


def _twice(row: Row, claims: pd.DataFrame) -> list[str]:
    """A line for each claim on record that shares words with this one, and says the same kind of thing and number."""
    start, end = int(row["char_start"]), int(row["char_end"])
    same = claims[
        (claims["document_id"] == row["document_id"])
        & (claims["char_start"] < end)
        & (claims["char_end"] > start)
        & (claims["claim_type"] == row.get("claim_type", ""))
        & (claims["value"].astype("str").fillna("") == row.get("value", ""))
    ]
    return [
        f"quote: {each['claim_id']} has it already, with the same type and value: {each['quote']!r}"
        for each in same.to_dict("records")
    ]


def _append(
    rows: Mapping[str, list[Row]], told: Mapping[str, str], root: Path, *, lines: list[str]
) -> list[Path]:
    """Writes rows at the end of their tables, all or none. First: the table of the row that was told."""
    first, (row, *_) = next(iter(rows.items()))
    for name, why in NEVER.items():
        if told.get(name):
            lines.append(f"{name}: {why}")
    columns = {field["name"]: field for field in schema.resource(first, root)["schema"]["fields"]}
    lines += [
        f"{name}: is not a column of {first}{schema.nearest(name, columns)}"
        for name in told
        if name not in columns
    ]
    gaps = [
        name
        for name, field in columns.items()
        if field.get("constraints", {}).get("required") and not row.get(name)
    ]
    lines += [f"{name}: missing; {_asks(columns[name])}" for name in gaps if name not in FOLLOWS]
    files: dict[Path, str] = {}
    for name, more in rows.items():
        file = root / "data" / schema.resource(name, root)["path"]
        before = file.read_text(encoding="utf-8")
        text = io.StringIO()
        heading = next(csv.reader(before.splitlines()))
        csv.DictWriter(text, heading, extrasaction="ignore", lineterminator="\n").writerows(more)
        files[file] = before + text.getvalue()
    # a gap is said above, and what follows from it would be said a second time
    quiet = {*gaps, *(FOLLOWS - set(told) if lines else ())}
    said = tuple(f"{before}{name}:" for name in quiet for before in ("column ", ", "))
    wrong = [line for line in _checked(files, root) if not any(each in line for each in said)]
    # a key that leads nowhere is told by the schema and, with the nearest one, by the evidence's own check
    wrong = [
        line
        for line in wrong
        if not any(f'for "{name}": ' in line and f", {name}: " in " ".join(wrong) for name in columns)
    ]
    own = [line for line in wrong if f"{first}.csv" in line]
    lines += own or wrong
    if lines:
        raise Refusal(
            [f"nothing was written to {next(iter(files)).relative_to(root)}:", *dict.fromkeys(lines)]
        )
    for file, written in files.items():
        write(file, written)
    return list(files)


def _asks(field: Mapping[str, Any]) -> str:
    """What a column holds, for whoever left it out."""
    of_kind = ["true", "false"] if field["type"] == "boolean" else None
    allowed = field.get("constraints", {}).get("enum", of_kind)
    said = field["description"].rstrip(".")
    return f"{said}; allowed: {', '.join(map(str, allowed))}" if allowed else said


def _checked(files: Mapping[Path, str], root: Path) -> list[str]:
    """What `escalation check` says of the tables and the evidence with these files as they would be."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("data/coded", "data/series", "data/cases", "seeds"):
            shutil.copytree(root / part, copy / part)
        for name in (schema.DESCRIPTOR, Path("notebooks/1_dataset.ipynb")):
            (copy / name).parent.mkdir(exist_ok=True)
            shutil.copy(root / name, copy / name)
        for file, text in files.items():
            (copy / file.relative_to(root)).write_text(text, encoding="utf-8", newline="")
        return [*schema.check(copy), *check(copy)]
