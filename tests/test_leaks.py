"""Nothing of the machine, the people or the hour it was made on stands in any file of the project, pictures
included."""

import base64
import getpass
import hashlib
import os
import re
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pypdf import PdfReader

from escalation.build.strip import strip

ROOT = Path(__file__).resolve().parent.parent
MADE = ("data/built", "figures", "reports")
SUFFIXES = ".cff .css .csv .geojson .html .ini .ipynb .j2 .js .json .md .py .svg .toml .txt .typ .yaml .yml"
TEXT = {"", *SUFFIXES.split()}
OWN = "tests/test_leaks.py"
DRAWING = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT", b"bKGD"}

# a folder that only one machine or person has; not the end of a web address, whose path follows a letter
# (the slash or colon comes first, since a search for a character is ten times as fast as one for what is before it)
NOT_AFTER = r"[\w.~%*)\]}-]"
FOLDERS = re.compile(
    rf"[/:](?:(?<!{NOT_AFTER}/)(?:home|Users|root|tmp|mnt|work|var/folders|private|old_root)/\w"
    rf"|(?<!{NOT_AFTER}[A-Za-z]:)(?<=[A-Za-z]:)\\+Users\\)"
)
CLOCK = re.compile(
    r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d+"
    r" \d\d:\d\d:\d\d 20\d\d"
)
RANDOM = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
MEMORY = re.compile(r"\bat 0x[0-9a-fA-F]{6,}\b")
ADDRESS = re.compile(r"https?://[^\s\"'<>|)]+")
# words that name what the project was written with, kept as hashes, since a list of them would be what it
# forbids
FORBIDDEN = {
    "ef5725f3", "264c3856", "829496e4", "30fe38ef", "0af23a89", "013aa663", "fa574124", "d2a493f8",
    "40827378", "20aea139",
}  # fmt: skip


@cache
def files() -> tuple[str, ...]:
    """Every file that is committed or would be, and every one a build makes."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout, so what is committed cannot be told")
    made = [path.relative_to(ROOT).as_posix() for folder in MADE for path in (ROOT / folder).rglob("*")]
    return tuple(sorted({name for name in (*listed.split("\0"), *made) if name and (ROOT / name).is_file()}))


@cache
def said(name: str) -> str:
    """What a file says, with what a page carries packed inside an attribute; "" for a file that is no
    text."""
    if Path(name).suffix in TEXT:
        text = (ROOT / name).read_bytes().decode("utf-8")
        packed = re.findall(r'"data:text/csv;charset=utf-8,([^"]*)"', text)
        return "\n".join([text, *(unquote(each) for each in packed)])
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(ROOT / name).pages)
    return ""


def texts(*, made: bool = False) -> Iterator[tuple[str, str]]:
    """Each text file of the project, or of what a build makes."""
    for name in files():
        if name != OWN and (name.startswith(MADE) or not made) and (text := said(name)):
            yield name, text


def found(pattern: re.Pattern[str], *, made: bool = False) -> list[str]:
    return [
        f"{name}, line {text.count(chr(10), 0, hit.start()) + 1}:"
        f" {text[max(0, hit.start() - 20) : hit.end() + 20]!r}"
        for name, text in texts(made=made)
        for hit in pattern.finditer(text)
    ]


def pictures() -> Iterator[tuple[str, bytes]]:
    """Each PNG, those carried inside pages among them."""
    for name in files():
        if name.endswith(".png"):
            yield name, (ROOT / name).read_bytes()
    for name, text in texts():
        for number, packed in enumerate(
            re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", text), start=1
        ):
            yield f"{name}, picture {number}", base64.b64decode(packed)


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        yield kind, png[place + 8 : place + 8 + length]
        place += 12 + length


def test_no_folder_of_a_machine() -> None:
    """A path says who made a file and where; none is there."""
    here = "|".join(
        re.escape(str(each)[1:])
        for each in {ROOT, Path.home(), Path(tempfile.gettempdir()).resolve()}
        if len(each.parts) > 1
    )
    assert [] == found(FOLDERS)
    assert [] == found(re.compile(rf"/(?<!{NOT_AFTER}/)(?:{here})(?![\w.-])"))


def test_no_name_of_a_machine_or_its_user() -> None:
    """Neither the name of this machine nor of who runs it stands in what a build makes; longer names stand
    nowhere at all."""
    names = {socket.gethostname(), socket.getfqdn(), getpass.getuser()} - {"localhost"}
    for name in sorted(names):
        word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        assert [] == (
            found(word)
            if len(name) >= 6
            else found(re.compile(rf"{re.escape(name)}@|/{re.escape(name)}/"), made=True)
        )


def test_no_registry() -> None:
    """Packages come from where the user's own pip looks: a lock that names a place would send everybody
    there."""
    assert [] == found(
        re.compile(r"^\s*(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b", re.MULTILINE)
    )
    told = [
        value
        for name, value in os.environ.items()
        if re.search(r"INDEX|PROXY|REGISTRY|MIRROR", name, re.IGNORECASE)
    ]
    hosts = {
        host
        for value in told
        for word in value.split()
        if (host := urlsplit(word).hostname) and host not in ("localhost", "127.0.0.1")
    }
    for host in sorted(hosts - {"pypi.org"}):
        assert [] == found(re.compile(re.escape(host)))


def test_no_clock_and_no_random_name() -> None:
    """What a build makes says when the violence was, never when the build was."""
    assert [] == found(CLOCK, made=True)
    assert [] == found(MEMORY, made=True)
    assert [] == [hit for hit in found(RANDOM, made=True) if not ADDRESS.search(hit)]


def test_pictures_hold_nothing_but_the_picture() -> None:
    """A PNG keeps its size and its points, and at most its title: no software, no time, no place."""
    problems = []
    for name, png in pictures():
        for kind, body in chunks(png):
            if kind not in DRAWING and not (kind == b"tEXt" and body.startswith(b"Title\0")):
                problems.append(f"{name}: {kind.decode('ascii', 'replace')} {body[:40]!r}")
    assert [] == problems


def test_drawings_say_neither_who_nor_when() -> None:
    """An SVG's metadata is its title and its type; matplotlib would add its version and the hour."""
    drawings = [(name, text) for name, text in texts() if name.endswith(".svg")]
    wrong = re.compile(
        r"<dc:(?:date|creator|publisher|rights|source)\b|<!--|sodipodi:|inkscape:|matplotlib v?\d",
        re.IGNORECASE,
    )
    assert [] == [f"{name}: {hit.group()}" for name, text in drawings for hit in wrong.finditer(text)]


def test_pdf_says_neither_who_nor_when() -> None:
    """The PDF's own record names its title and what typeset it, and no date."""
    for name in (each for each in files() if each.endswith(".pdf")):
        told = PdfReader(ROOT / name).metadata or {}
        assert set(told) <= {"/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer"}, name
        assert not CLOCK.search(" ".join(map(str, told.values()))), name
        raw = (ROOT / name).read_bytes()
        assert not re.search(rb"/(?:CreationDate|ModDate)|xmp:(?:CreateDate|ModifyDate)", raw), name


def test_notebooks_are_stripped() -> None:
    """In git a notebook has no outputs, no counts, and nothing that opening it changed."""
    assert [] == strip([ROOT / name for name in files() if name.endswith(".ipynb")], check=True)


def test_no_forbidden_word() -> None:
    """The project speaks of its subject, not of what it was written with."""
    problems = []
    for name, text in texts():
        words = set(re.findall(r"[a-z][a-z_]{3,}", text.lower()))
        problems += [
            f"{name}: {word}"
            for word in sorted(words)
            if hashlib.blake2b(word.encode(), digest_size=4).hexdigest() in FORBIDDEN
        ]
    assert [] == problems


@pytest.mark.parametrize(
    ("pattern", "leak"),
    [
        (FOLDERS, "saved to /home/" + "someone/report"),
        (FOLDERS, '"file:/' + '//Users/someone/x"'),
        (FOLDERS, "C:\\Users\\someone"),
        (CLOCK, "2026-01-02T03:04:05"),
        (CLOCK, "Fri Jan  2 03:04:05 2026"),
        (RANDOM, "9f1c7d0e-3b52-4c7e-9a51-0c2f6f0b9d3e"),
        (MEMORY, "<object at 0x7f3a5c1d2e80>"),
    ],
)
def test_the_net_holds(pattern: re.Pattern[str], leak: str) -> None:
    """A planted leak of each kind is caught."""
    assert pattern.search(leak)
