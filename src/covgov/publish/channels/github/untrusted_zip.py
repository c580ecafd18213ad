"""One file out of a zip that a stranger wrote. Nothing is written to disk, and no name in it is a path here."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from lzma import LZMAError
from zipfile import BadZipFile, ZipFile, ZipInfo

MOST_ENTRIES = 10_000
MOST_BYTES = 64 * 2**20
"""Of one file, unpacked."""

DAMAGED = (BadZipFile, EOFError, LZMAError, NotImplementedError, OSError, RuntimeError, struct.error, zlib.error)
"""What zipfile raises for an archive that is none, is encrypted, or is packed in a way that it does not know."""


def member(archive: bytes, name: str, *, most: int = MOST_BYTES) -> bytes:
    """The file of exactly this name. Raises ValueError with the reason why there is no such file to read."""
    try:
        with ZipFile(BytesIO(archive)) as opened:
            return _read(opened, _entry(opened, name), most)
    except DAMAGED as error:
        raise ValueError(f"the archive cannot be read: {error}") from None


def _entry(opened: ZipFile, name: str) -> ZipInfo:
    entries = opened.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"the archive has {len(entries)} files, more than {MOST_ENTRIES}")
    unsafe = [one.filename for one in entries if _leaves_its_folder(one.filename)]
    if unsafe:
        raise ValueError(f"the archive has a file that leaves its folder: {unsafe[0]!r}")
    found = [one for one in entries if one.filename == name]
    if len(found) != 1:
        raise ValueError(f"the archive has {len(found)} files {name!r} instead of one")
    return found[0]


def _leaves_its_folder(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _read(opened: ZipFile, entry: ZipInfo, most: int) -> bytes:
    """What the entry says of its own size is not believed."""
    with opened.open(entry) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{entry.filename!r} is larger than {most} bytes")
    return data
