"""The whole evidence check on the project and on copies with one thing wrong."""

from pathlib import Path

import pytest

from escalation.evidence.check import check

ROOT = Path(__file__).resolve().parent.parent


# file, what stands there, what is put in its place, what is said of it
WRONG = [
    ("seeds/002_c6dfe3cbd9227532.txt", "36 Turkish", "38 Turkish",
     "sha256: seeds/002_c6dfe3cbd9227532.txt has changed"),
    ("seeds/002_c6dfe3cbd9227532.txt", "36 Turkish", "38 Turkish", "(S002-26), quote: not in its document"),
    ("claims.csv", "said 14 civilians", "said 41 civilians", "(S000-13), quote: not in its document"),
    ("merges.csv", "V036 | S000-10", "V936 | S000-10", "member_ids: 'V936' is no claim or incident"),
    ("merges.csv", "DE-2019-04-25-017,", "DE-2019-04-25-018,",
     "merges.csv (DE-2019-04-25-018), event_id: no such talk"),
    ("waivers.csv", "W001,S000,number,24,800", "W001,S000,number,24,801", "waivers.csv, row 2 (W001), text"),
    ("incidents.csv", ",sohr,", ",sorh,", "origins: 'sorh' is not in origins.csv"),
    ("claims.csv", ",ea-worldview,", ",ea-worldviews,",
     "origin_id: 'ea-worldviews' is not in origins.csv; allowed: aid-agencies"),
    ("corrections.csv", ",low,21,20,", ",low,21,22,",
     "claims S000-08 low should be '22', but '20' stands there"),
    ("hosts.csv", "airwars.org,", "airwar.org,",
     "host 'airwars.org' is not in hosts.csv; did you mean 'airwar.org'?"),
    ("hosts.csv", "airwars.org,", "airwar.org,", "hosts.csv (airwar.org): no address is of this host"),
    ("hosts.csv", "business-standard.com,newspaper,reporting", "business-standard.com,newspaper,copy",
     "(K003), status: agrees, but no page carries it"),
    ("checks.csv", "https://www.syriahr.com/en/118832/",
     "https://eaworldview.com/2019/04/another-article/",
     "(K020), status: agrees, but no page carries it (only copy pages or the claim's own outlet: eaworldview.com)"),
    ("checks.csv", "https://www.arknews.net/en/node/9557",
     "https://eaworldview.com/2019/04/syria-daily-russia-renews-airstrikes-northwest-regime-troops-killed-by-islamists/",
     "(K023), source_urls: the address of the claim's own document; a document cannot be held against itself"),
    ("checks.csv", "K108,S000-23,S001-04,", "K108,S000-23,S000-02,",
     "(K108), other_id: one document agrees with itself"),
    ("checks.csv", "Other sources say the opposite", "Our own knowledge says",
     "(K014), reason: rests on own knowledge"),
    ("claims.csv", "idlib-governorate | northern-hama", "idlib-governorate | nothern-hama",
     "did you mean 'northern-hama'?"),
]  # fmt: skip


def test_the_evidence_is_in_order() -> None:
    """Nothing is wrong with the tables in the repository."""
    assert check(ROOT) == []


@pytest.mark.parametrize("links", [False, True])
def test_everything_wrong_is_named(project: Path, links: bool) -> None:
    """A changed character in a seed, a digit in a quote, an id in a table: all at once, each in a line that a coder
    understands. What joins claims, and what coding left out, is looked at where the claims are in order."""
    wrong = [row for row in WRONG if (row[0] in ("merges.csv", "waivers.csv")) == links]
    for file, old, new in dict.fromkeys(row[:3] for row in wrong):
        path = project / file if file.startswith("seeds/") else project / "data" / "coded" / file
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())
    lines = check(project)
    assert [] == [message for *_, message in wrong if not any(message in line for line in lines)]
    assert all("\n" not in line for line in lines)


def test_more_claims_than_can_be_looked_for_are_refused_at_once(project: Path) -> None:
    """In one line: what else is wrong with them is not looked for."""
    path = project / "data" / "coded" / "claims.csv"
    heading, first, *_ = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([heading, *[first] * 10_001, ""]), "utf-8")
    (line,) = check(project)
    assert line.startswith("claims.csv: has 10,001 claims; 10,000 are the most")
