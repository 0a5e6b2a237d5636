"""A fourth article: what the template holds, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from escalation import schema
from escalation.errors import Refusal
from escalation.evidence.articles import METADATA, add_document

ROOT = Path(__file__).resolve().parent.parent
TEXT = "Jets struck twice on Monday, killing 5.\nHe smiled.\nTalks in Sochi ended.\n"
META = dict.fromkeys(METADATA, "x") | {
    "address": "https://example.org/fourth",
    "language": "en",
    "date_first": "2019-05-01",
    "date_last": "2019-05-02",
}


def tables() -> tuple[pd.DataFrame, list[str]]:
    """The documents, and the columns of the claims."""
    return schema.read("documents", ROOT), list(schema.read("claims", ROOT).columns)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Missing metadata, an unknown name, an impossible date and a used id come together."""
    path = tmp_path / "fourth.txt"
    path.write_text(TEXT, encoding="utf-8")
    bad = {**META, "document_id": "S001", "date_first": "1 May", "colour": "red", "publisher": ""}
    bad |= {"address": "example", "language": "English"}
    with pytest.raises(Refusal) as refused:
        add_document(path, bad, *tables())
    assert refused.value.problems == [
        "publisher: missing; a document needs it",
        f"colour: unknown; allowed: {', '.join((*METADATA, 'author', 'document_id'))}",
        "address: 'example' is no address like https://example.org/article",
        "language: 'English' is no ISO 639 code like en or ar",
        "date_first: '1 May' is no date like 2019-04-27",
        "document_id: S001 is used already; leave it out for the next free one",
    ]
    with pytest.raises(Refusal, match="date_first: 2019-05-03 is after date_last 2019-05-02"):
        add_document(path, META | {"date_first": "2019-05-03"}, *tables())


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "no text in it"), (b"\xff\xfe bad", "not UTF-8 \\(byte 0\\)")],
)
def test_a_text_that_cannot_be_coded_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    """A missing, an empty and an undecodable file are named."""
    path = tmp_path / "fourth.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refusal, match=message):
        add_document(path, META, *tables())


def test_a_seed_is_not_added_twice() -> None:
    """The text of a seed is recognised by its SHA-256."""
    documents, columns = tables()
    with pytest.raises(Refusal, match="this text stands in documents"):
        add_document(ROOT / documents.loc[0, "file"], META, documents, columns)
