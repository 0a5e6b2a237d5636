"""Whose pages the coded tables rest on: each address by its host, with kind and grade; what may carry the
word "agrees", and what not."""

from collections.abc import Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

import pandas as pd

from escalation.evidence.anchors import cell_list

WEAK = "copy"  # mirrors, forums, wikis, blogs, aggregators, and hosts whose publisher is not known
ADDRESSES = ("source_urls", "address")


def host_of(address: str) -> str:
    """The host of an address without "www.".

    >>> host_of("https://www.example.org:443/a?b=c")
    'example.org'
    """
    return (urlsplit(address).hostname or "").removeprefix("www.")


def unlisted(tables: Mapping[str, pd.DataFrame], hosts: pd.DataFrame) -> list[str]:
    """A line for each host that occurs in a column of addresses and is not in hosts.csv, and for each one
    there that occurs nowhere. `tables`: text as the CSV has it, by name."""
    known = sorted(hosts["host"])
    seen: dict[str, str] = {}
    for name, table in tables.items():
        for column in [c for c in ADDRESSES if c in table.columns]:
            for row, cell in enumerate(table[column], 2):
                for address in cell_list(cell):
                    seen.setdefault(host_of(address), f"{name}.csv, row {row}, {column}")
    lines = []
    for host in sorted(set(seen) - set(known)):
        near = get_close_matches(host, known, n=1)
        said = f"; did you mean {near[0]!r}?" if near else ""
        lines.append(f"{seen[host]}: host {host!r} is not in hosts.csv{said}; add it with kind and grade")
    return lines + [
        f"hosts.csv ({host}): no address is of this host; take it out" for host in known if host not in seen
    ]


def unsupported(
    checks: pd.DataFrame, claims: pd.DataFrame, documents: pd.DataFrame, hosts: pd.DataFrame
) -> list[str]:
    """A line for each check that proves nothing: the address of the claim's own document held against it; two
    places of one document that are said to agree; "agrees" that no page carries, since all are copies or of
    the claim's own outlet; own knowledge for a reason."""
    grade = dict(zip(hosts["host"], hosts["grade"], strict=True))
    document_of = dict(zip(claims["claim_id"], claims["document_id"], strict=True))
    address_of = dict(zip(documents["document_id"], documents["address"], strict=True))
    lines = []
    for row, check in enumerate(checks.to_dict("records"), 2):
        where = f"checks.csv, row {row} ({check['check_id']})"
        addresses = cell_list(check["source_urls"])
        document = document_of.get(next(iter(cell_list(check["claim_id"])), ""))
        own = address_of.get(document, "")
        agrees = check["status"] == "agrees"
        if "own knowledge" in f"{check['reason']} {check['other_value']}".lower():
            lines.append(
                f"{where}, reason: rests on own knowledge; name a page that says so, or take the row out"
            )
        if check["against"] == "seed":
            others = {document_of.get(other) for other in cell_list(check["other_id"])}
            if agrees and others == {document}:
                lines.append(f"{where}, other_id: one document agrees with itself; that is no check")
            continue
        if own and own in addresses:
            lines.append(
                f"{where}, source_urls: the address of the claim's own document; a document cannot be held"
                " against itself"
            )
        outside = [a for a in addresses if not own or host_of(a) != host_of(own)]
        if agrees and not [a for a in outside if grade.get(host_of(a)) != WEAK]:
            lines.append(
                f"{where}, status: agrees, but no page carries it (only {WEAK} pages or the claim's own"
                f" outlet: {', '.join(sorted({host_of(a) for a in addresses})) or 'none'}); find another"
                " page, or cannot_tell"
            )
    return lines
