"""Downloading the official file: from a server on this machine that cuts, dawdles, lies and sends the wrong
thing."""

import io
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from escalation import fetch
from escalation.counts import ucdp
from escalation.errors import Refusal

HEADER = ",".join(ucdp.REQUIRED) + "\n"


def packed(members: dict[str, str]) -> bytes:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return place.getvalue()


WHOLE = packed({"GEDEvent_v26_1.csv": HEADER + "1,1,A,B,C,1,2,2020-01-01,1,1,1\n" * 4000})


class Server(BaseHTTPRequestHandler):
    """Serves `content`; `fault` says what goes wrong, `times` how often."""

    content, fault, times = WHOLE, "", 0
    asked: list[str]

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""

    def do_GET(self) -> None:
        type(self).asked.append(self.headers.get("Range", ""))
        faulty = type(self).times > 0
        type(self).times -= 1
        start = (
            int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            if self.headers["Range"] and self.fault != "no ranges"
            else 0
        )
        body = self.content[start:]
        if faulty and self.fault in ("404", "503"):
            self.send_response(int(self.fault))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header(
            "Content-Length", str(len(body) + (1000 if faulty and self.fault == "wrong length" else 0))
        )
        self.end_headers()
        if faulty and self.fault in ("cut", "no ranges"):
            self.wfile.write(body[: len(body) // 2])
        elif faulty and self.fault == "slow":
            self.wfile.write(body[:10])
            self.wfile.flush()
            threading.Event().wait(1.5)
        else:
            self.wfile.write(body)
        self.close_connection = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[Server], str]]:
    """A handler class of this test's own, and its address. Waiting between tries is left out."""
    kind = type("Own", (Server,), {"asked": []})
    place = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=partial(place.serve_forever, poll_interval=0.05), daemon=True).start()
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    monkeypatch.setattr(fetch, "TIME_LIMIT", 0.5)
    yield kind, f"http://127.0.0.1:{place.server_port}/"
    place.shutdown()
    place.server_close()


def test_downloads_checks_and_records(server: tuple[type[Server], str], tmp_path: Path) -> None:
    """The first time it is downloaded and recorded; the second time the server is not asked; a spoilt file is
    fetched again."""
    kind, address = server
    found = fetch.ged(to=tmp_path, address=address)
    assert (tmp_path / "ged261-csv.zip", True, len(WHOLE)) == (found.file, found.is_new, found.size)
    assert found.sha256 in (tmp_path / "ged261-csv.zip.source.json").read_text()
    assert not fetch.ged(to=tmp_path, address=address).is_new
    assert 1 == len(kind.asked)
    found.file.write_bytes(b"spoilt")
    assert WHOLE == fetch.ged(to=tmp_path, address=address).file.read_bytes()
    assert ["ged261-csv.zip", "ged261-csv.zip.source.json"] == sorted(
        path.name for path in tmp_path.iterdir()
    )


@pytest.mark.parametrize("fault", ["cut", "slow", "wrong length", "no ranges", "503"])
def test_a_fault_that_passes_is_overcome(
    fault: str, server: tuple[type[Server], str], tmp_path: Path
) -> None:
    """After two faulty answers the third is whole, and so is the file."""
    kind, address = server
    kind.fault, kind.times = fault, 2
    assert WHOLE == fetch.ged(to=tmp_path, address=address).file.read_bytes()
    if fault == "cut":
        first, second = kind.asked[0], int(kind.asked[1].removeprefix("bytes=").rstrip("-"))
        assert "" == first
        assert 0 <= len(WHOLE) // 2 - second < fetch.BLOCK, "it went on where it had stopped"


@pytest.mark.parametrize("fault", ["cut", "slow", "wrong length", "503", "404"])
def test_a_fault_that_stays_is_said_in_one_line(
    fault: str, server: tuple[type[Server], str], tmp_path: Path
) -> None:
    """No file is left that looks whole, and the line says what to do."""
    kind, address = server
    kind.fault, kind.times = fault, 99
    with pytest.raises(Refusal) as refused:
        fetch.ged(to=tmp_path, address=address)
    assert 1 == len(refused.value.problems)
    assert ("has no such file (404)" if fault == "404" else "-p events_file=PATH") in refused.value.problems[
        0
    ]
    assert not (tmp_path / "ged261-csv.zip").exists()
    assert "\n" not in str(refused.value)


def test_the_next_run_goes_on(server: tuple[type[Server], str], tmp_path: Path) -> None:
    """What came before all tries were used up is not asked for again."""
    kind, address = server
    kind.fault, kind.times = "cut", fetch.TRIES
    with pytest.raises(Refusal):
        fetch.ged(to=tmp_path, address=address)
    have = (tmp_path / "ged261-csv.zip.part").stat().st_size
    assert have > len(WHOLE) // 2
    assert WHOLE == fetch.ged(to=tmp_path, address=address).file.read_bytes()
    assert f"bytes={have}-" == kind.asked[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>not found</html>", "no zip"),
        (WHOLE[:200] + b"\0" * 200 + WHOLE[400:], "damaged"),
        (packed({"../GEDEvent.csv": HEADER}), "a path and not a plain name"),
        (packed({"a.csv": HEADER, "b.csv": HEADER}), "exactly one csv"),
        (packed({"other.csv": "a,b\n1,2\n"}), "has no column id; this is not GED"),
    ],
)
def test_what_is_not_the_file_is_not_kept(
    content: bytes, said: str, server: tuple[type[Server], str], tmp_path: Path
) -> None:
    """A page, a damaged zip, a zip with a path in it, two tables, another table."""
    kind, address = server
    kind.content = content
    with pytest.raises(Refusal, match=said):
        fetch.ged(to=tmp_path, address=address)
    assert [] == list(tmp_path.iterdir())


def test_candidate_months(
    server: tuple[type[Server], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One month, or several, under UCDP's own address and as a plain csv; a month that is not out yet is said in
    one line, and a page in its place is not kept."""
    kind, address = server
    assert "https://ucdp.uu.se/downloads/candidateged/" == fetch.CANDIDATES
    monkeypatch.setattr(fetch, "CANDIDATES", address)
    kind.content = (HEADER + "1,1,A,B,C,1,2,2026-04-01,1,1,1\n").encode()
    for version, name in (("26.0.4", "GEDEvent_v26_0_4.csv"), ("26.01.26.06", "GEDEvent_v26_01_26_06.csv")):
        found = fetch.ged(version, to=tmp_path)
        assert (name, address + name, True) == (found.file.name, found.address, found.is_new)
        assert 1 == len(ucdp.read(found.file))
    kind.content = b"<html>soon</html>"
    with pytest.raises(Refusal, match=r"a page of HTML .*nothing was kept"):
        fetch.ged("26.0.5", to=tmp_path)
    kind.fault, kind.times = "404", 99
    with pytest.raises(
        Refusal, match=r"has no such file .404.; .* about three weeks after their month"
    ) as refused:
        fetch.ged("26.0.12", to=tmp_path)
    assert 1 == len(refused.value.problems)
    assert 4 == len(list(tmp_path.iterdir())), "two files and their records"


def test_another_file_than_the_last_time(server: tuple[type[Server], str], tmp_path: Path) -> None:
    """A file that changed on the server is not taken in silence."""
    kind, address = server
    fetch.ged(to=tmp_path, address=address).file.unlink()
    kind.content = packed({"GEDEvent_v26_1.csv": HEADER + "1,1,A,B,C,1,2,2020-01-02,1,1,1\n"})
    with pytest.raises(Refusal, match="another file than the one recorded"):
        fetch.ged(to=tmp_path, address=address)
    with pytest.raises(Refusal, match="another file"):
        fetch.ged(to=tmp_path / "new", address=address, sha256="0" * 64)


def test_a_file_that_was_not_downloaded_here_is_never_replaced(
    server: tuple[type[Server], str], tmp_path: Path
) -> None:
    """Under the name of the official file may stand anything of the user's: only that very file is taken,
    nothing else is touched."""
    kind, address = server
    file, record = tmp_path / "ged261-csv.zip", tmp_path / "ged261-csv.zip.source.json"
    file.write_bytes(b"mine")
    with pytest.raises(
        Refusal,
        match=(
            r"ged261-csv\.zip: stands there already and is not UCDP's file; move it, or name another folder"
            r" with --to"
        ),
    ):
        fetch.ged(to=tmp_path, address=address)
    with pytest.raises(Refusal, match=r"ged261-csv\.zip: stands there already, with sha256 .*, not 0000"):
        fetch.ged(to=tmp_path, address=address, sha256="0" * 64)
    assert b"mine" == file.read_bytes() and not record.exists()
    file.write_bytes(WHOLE)
    record.write_text("my notes")
    with pytest.raises(Refusal, match=r"source\.json: stands there already and is no record of a download"):
        fetch.ged(to=tmp_path, address=address)
    assert "my notes" == record.read_text()
    record.unlink()
    assert not fetch.ged(to=tmp_path, address=address).is_new and [] == kind.asked


def test_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: one line, with what to do instead."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    with pytest.raises(Refusal, match=r"could not be downloaded .*counts are kept"):
        fetch.ged(to=tmp_path, address="http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "version", ["26", "26.1/../x", "latest", "", "26.1.123", "26.0.13", "26.01.25.03", "26.13.26.14"]
)
def test_versions(version: str) -> None:
    """Only what looks like a version becomes part of an address."""
    assert "ged261-csv.zip" == fetch.name_of("26.1")
    with pytest.raises(Refusal, match="is no GED version"):
        fetch.name_of(version)
