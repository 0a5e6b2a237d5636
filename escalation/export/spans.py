"""Quotes as spans: W3C Web Annotation (JSON-LD) and brat stand-off."""

from typing import Any

import pandas as pd

CONTEXT = "http://www.w3.org/ns/anno.jsonld"


def annotations(claims: pd.DataFrame, documents: pd.DataFrame) -> dict[str, Any]:
    """The claims as one W3C AnnotationPage: each annotation points at its document by a TextQuoteSelector and
    a TextPositionSelector in Unicode code points, two ways to the same words (Web Annotation Data Model,
    sections 4.2.4 and 4.2.5)."""
    address = documents.set_index("document_id")["address"]
    return {
        "@context": CONTEXT,
        "id": "claims.jsonld",
        "type": "AnnotationPage",
        "startIndex": 0,
        "items": [_annotation(claim, address[claim["document_id"]]) for claim in claims.to_dict("records")],
    }


def _annotation(claim: dict[Any, Any], address: str) -> dict[str, Any]:
    quote = {"type": "TextQuoteSelector", "exact": claim["quote"]}
    quote |= {side: claim[side] for side in ("prefix", "suffix") if not pd.isna(claim[side])}
    tags = [(claim["claim_type"], "classifying"), (claim["status"], "assessing")]
    return {
        "id": f"claims.jsonld#claim-{claim['claim_id']}",
        "type": "Annotation",
        "motivation": "classifying",
        "body": [
            {"type": "TextualBody", "value": value, "purpose": purpose, "format": "text/plain"}
            for value, purpose in tags
        ],
        "target": {
            "id": f"claims.jsonld#target-{claim['claim_id']}",
            "type": "SpecificResource",
            "source": {"id": address, "type": "Text", "dcterms:identifier": claim["document_id"]},
            "selector": [
                quote,
                {
                    "type": "TextPositionSelector",
                    "start": int(claim["char_start"]),
                    "end": int(claim["char_end"]),
                },
            ],
        },
    }


def brat(claims: pd.DataFrame) -> str:
    """The claims of one document as brat stand-off (.ann): a T line a claim with type and offsets, an A line
    with its status, a note with its id. Offsets count code points, as brat does. brat knows no line ends
    within a span: there the span is split and the text joined by a blank."""
    lines = []
    for number, claim in enumerate(
        claims.sort_values(["char_start", "char_end", "claim_id"]).to_dict("records"), 1
    ):
        start, pieces = int(claim["char_start"]), []
        for piece in str(claim["quote"]).split("\n"):
            if piece:
                pieces.append((start, start + len(piece), piece))
            start += len(piece) + 1
        spans = ";".join(f"{first} {last}" for first, last, _ in pieces)
        lines.append(f"T{number}\t{claim['claim_type']} {spans}\t{' '.join(text for _, _, text in pieces)}")
        lines.append(f"A{number}\tStatus T{number} {claim['status']}")
        lines.append(f"#{number}\tAnnotatorNotes T{number}\t{claim['claim_id']}")
    return "".join(f"{line}\n" for line in lines)


def brat_configuration(claim_types: list[str], statuses: list[str]) -> str:
    """The annotation.conf that brat needs beside the .ann files."""
    kinds = "\n".join(claim_types)
    return (
        f"[entities]\n{kinds}\n\n[relations]\n\n[events]\n\n[attributes]\nStatus\tArg:<ENTITY>,"
        f" Value:{'|'.join(statuses)}\n"
    )
