"""The official GED file or candidate months, downloaded: `escalation fetch ucdp`.

pooch (a well-kept downloader) asks again and checks; what it lacks, going on where a cut download stopped, is
the small class below. A file is only put in its place when it is whole, is GED (a zip with one csv, or for
candidates a csv) by its columns, and is what it was the last time.
"""

import hashlib
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escalation.counts import ucdp
from escalation.counts.formats import only_member, opened
from escalation.errors import Refusal

ADDRESS = "https://ucdp.uu.se/downloads/ged/"
CANDIDATES = "https://ucdp.uu.se/downloads/candidateged/"
VERSION = "26.1"
VERSIONS = r"\d{2}\.[1-9]"
MONTHS = r"\d{2}\.0\.([1-9]|1[0-2])|(\d{2})\.(0[1-9]|1[0-2])\.\2\.(0[1-9]|1[0-2])"
TIME_LIMIT = 30.0  # seconds without a byte
TRIES = 4
MAX_BYTES = 2**30  # packed; the real one is a tenth of that
BLOCK = 2**13  # what is lost of a cut download is less than one


@dataclass(frozen=True)
class Fetched:
    """`file`: where it lies. `address`: where it came from. `sha256`, `size`: of the zip. `is_new`:
    downloaded just now."""

    file: Path
    address: str
    sha256: str
    size: int
    is_new: bool


def name_of(version: str) -> str:
    """How UCDP calls the file of a version: 26.1 is ged261-csv.zip; the candidates of April 2026, 26.0.4, are
    GEDEvent_v26_0_4.csv, and those of January to June, 26.01.26.06, GEDEvent_v26_01_26_06.csv. Raises Refusal for
    what is no version."""
    if re.fullmatch(VERSIONS, version):
        return f"ged{version.replace('.', '')}-csv.zip"
    if re.fullmatch(MONTHS, version):
        return f"GEDEvent_v{version.replace('.', '_')}.csv"
    raise Refusal(
        [
            f"version {version!r}: is no GED version (like {VERSION}), nor a month of candidates (26.0.4) or several"
            " (26.01.26.06)"
        ]
    )


def ged(
    version: str = VERSION, *, to: Path | None = None, sha256: str | None = None, address: str | None = None
) -> Fetched:
    """The file of a GED version in the folder `to` (the user's cache folder if none is told), downloaded if it
    is not there yet.

    Its hash is recorded beside it (NAME.source.json) and compared the next time, or with `sha256` if that is
    given. Raises Refusal, in one line with what to do, where there is no network, the server does not have it
    or cuts it short, or what comes is not that file.
    """
    import pooch  # type: ignore[import-untyped]  # 0.2 s, and only this command needs it

    name = name_of(version)
    address = address or (ADDRESS if name.endswith(".zip") else CANDIDATES)
    folder = to or Path(pooch.os_cache("escalation"))
    record = folder / f"{name}.source.json"
    known = sha256 or _recorded(record)
    there = (folder / name).is_file()
    if _recorded(record) is None:
        _not_ours(folder / name, record, sha256)
    part = folder / f"{name}.part"
    store = pooch.create(
        path=folder,
        base_url=address,
        registry={name: f"sha256:{known}" if known else None},
        retry_if_failed=TRIES - 1,
    )
    pooch.get_logger().setLevel("ERROR")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = Path(store.fetch(name, downloader=Resuming(part, name)))
    except ValueError:
        part.unlink(missing_ok=True)
        raise Refusal(
            [
                f"{name}: {address}{name} gives another file than the one recorded (sha256 {known}); if UCDP"
                f" replaced it, delete {record}"
            ]
        ) from None
    except OSError as error:  # requests' errors are OSErrors too
        raise Refusal([_unreachable(error, address + name, folder)]) from None
    try:
        _is_ged(file)
    except Refusal:
        if not there:
            file.unlink()
        raise
    found = Fetched(
        file, address + name, _sha256(file), file.stat().st_size, not there or _changed(record, file)
    )
    said = {"address": found.address, "version": version, "sha256": found.sha256, "bytes": found.size}
    record.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8", newline="\n")
    return found


class Resuming:
    """A downloader for pooch: goes on where the `part` file of an earlier try ends, and knows a short file
    from a whole one."""

    def __init__(self, part: Path, name: str) -> None:
        self.part, self.name = part, name

    def __call__(self, url: str, output_file: str | Path, _: Any) -> None:
        """Download `url` to `output_file`. Raises requests' errors for pooch to try again, Refusal for what
        no second try mends."""
        import requests

        have = self.part.stat().st_size if self.part.is_file() else 0
        with requests.get(
            url,
            headers={"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})},
            stream=True,
            timeout=TIME_LIMIT,
        ) as answer:
            if answer.status_code == 416:
                # nothing is left to send, or the file has changed: from the start, once more
                self.part.unlink()
                raise requests.exceptions.ConnectionError(
                    f"{self.name}: cannot be gone on with; starting again"
                )
            if answer.status_code in (401, 403, 404, 410):
                raise Refusal(
                    [
                        f"{url}: the server has no such file ({answer.status_code}); a version comes in June,"
                        " candidates about three weeks after their month; see https://ucdp.uu.se/downloads/ for"
                        " those there are"
                    ]
                )
            answer.raise_for_status()
            goes_on = answer.status_code == 206
            sent = answer.headers.get("Content-Length")
            whole = (have if goes_on else 0) + int(sent) if sent and sent.isdigit() else None
            size = have if goes_on else 0
            with self.part.open("ab" if goes_on else "wb") as part:
                for block in answer.iter_content(BLOCK):
                    size += len(block)
                    if size > MAX_BYTES:
                        self.part.unlink()
                        raise Refusal([f"{url}: sends more than {MAX_BYTES:,} bytes; this is no GED file"])
                    part.write(block)
        if whole is not None and size != whole:
            raise requests.exceptions.ConnectionError(f"{self.name}: {size:,} of {whole:,} bytes came")
        # pooch owns the place; it checks the hash there before the file gets its name
        self.part.replace(output_file)


def _unreachable(error: OSError, url: str, folder: Path) -> str:
    reason = (
        re.sub(r"\s+", " ", str(error.strerror or error))[:120] if error.filename else type(error).__name__
    )
    return (
        f"{url}: could not be downloaded ({reason}); run this again to go on, or download it with a browser"
        " and build with -p events_file=PATH. The report itself needs no download: its counts are kept in"
        " data/" + (f" ({folder} cannot be written to)" if isinstance(error, PermissionError) else "")
    )


def _not_ours(file: Path, record: Path, sha256: str | None) -> None:
    """Raises Refusal if what stands there, and no download of ours put there, is not the file that is asked
    for: it is not ours to replace."""
    remedy = "move it, or name another folder with --to"
    if record.exists():
        raise Refusal([f"{record}: stands there already and is no record of a download; {remedy}"])
    if not file.exists():
        return
    if sha256 and (found := _sha256(file)) != sha256:
        raise Refusal([f"{file}: stands there already, with sha256 {found}, not {sha256}; {remedy}"])
    try:
        _is_ged(file)
    except Refusal:
        raise Refusal([f"{file}: stands there already and is not UCDP's file; {remedy}"]) from None


def _is_ged(file: Path) -> None:
    """Raises Refusal if a file is not a whole zip of one csv, or a csv, under GED's columns."""
    broken: str | None = None
    if file.suffix == ".csv":
        try:
            with opened(file) as candidates:
                columns = set(candidates.columns)
        except Refusal as refused:
            raise Refusal([f"{refused}; nothing was kept"]) from None
    else:
        try:
            with zipfile.ZipFile(file) as archive:
                member = only_member(archive, file.name)
                with archive.open(member) as table:
                    header = table.readline(2**16).decode("utf-8-sig", errors="replace")
                broken = archive.testzip()
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise Refusal(
                [f"{file.name}: what came is no zip, or a damaged one ({error}); nothing was kept"]
            ) from None
        columns = {cell.strip().strip('"').lower() for cell in header.split(",")}
    missing = [column for column in ucdp.REQUIRED if column not in columns]
    if broken or missing:
        raise Refusal(
            [
                f"{file.name}: {f'{broken} is damaged' if broken else f'has no column {missing[0]}'}; this is"
                " not GED; nothing was kept"
            ]
        )


def _recorded(record: Path) -> str | None:
    try:
        said = json.loads(record.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, str) and re.fullmatch(r"[0-9a-f]{64}", said) else None


def _changed(record: Path, file: Path) -> bool:
    return _recorded(record) not in (None, _sha256(file))


def _sha256(file: Path) -> str:
    with file.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()
