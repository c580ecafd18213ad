"""Zip archives of strangers: counted before they are listed, unpacked within what is left.

`zipfile` makes an object for each entry of the central directory before anyone can ask how many there are, and what the
archive says of their number need not be true. So the directory is walked first, and no further than the limit.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from covgov.errors import InputError
from covgov.hub.api.http.body_limits import too_large
from covgov.hub.api.http.problems import Problem
from covgov.hub.settings import Limits

CHUNK = 1024 * 1024

END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\x05\x06"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_MARK = b"PK\x06\x06"
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_MARK = b"PK\x06\x07"
ENTRY = struct.Struct("<4s24x3H12x")
ENTRY_MARK = b"PK\x01\x02"
LONGEST_COMMENT = 0xFFFF
"""The records of APPNOTE.TXT 6.3.10, 4.3.12 to 4.3.16."""

LARGEST_ENTRY = 5000
"""Bytes of an entry's names and notes at most: a path may have 4096."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory stands in the archive, in bytes."""

    start: int
    size: int


def unzip(body: bytes, limits: Limits) -> dict[str, bytes]:
    """The files of an archive by name. Raises InputError (`upload-damaged`), Problem (`body-too-large`,
    `files-too-many`)."""
    count(body, limits.files)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            found: dict[str, bytes] = {}
            left = limits.unpacked
            for member in archive.infolist():
                if not member.filename:  # `is_dir` of Python 3.11 would raise IndexError
                    raise _damaged("an entry without a name")
                if not member.is_dir():
                    found[member.filename] = _member(archive, member, left, limits.unpacked)
                    left -= len(found[member.filename])
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        raise _damaged(str(error)) from None
    return found


def count(body: bytes, most: int) -> int:
    """How many entries the archive has, folders too. Raises InputError (`upload-damaged`), Problem (`files-too-many`)
    after looking at `most` of them."""
    where = _directory(body)
    at, end, found = where.start, where.start + where.size, 0
    while at < end:
        if found == most:
            raise Problem(413, "files-too-many", f"an upload holds at most {most} files", hint="send it in parts")
        if end - at < ENTRY.size:
            raise _damaged("its directory is cut short")
        mark, *sizes = ENTRY.unpack_from(body, at)
        if mark != ENTRY_MARK or sum(sizes) > LARGEST_ENTRY:
            raise _damaged("its directory has an entry that is none")
        at += ENTRY.size + sum(sizes)
        found += 1
    return found


def _directory(body: bytes) -> Directory:
    """As `zipfile` finds it: by the last end record, and its zip64 form when that stands directly before."""
    end = len(body) - END.size
    if body[end : end + 4] != END_MARK or body[-2:] != b"\0\0":
        end = body.rfind(END_MARK, max(0, end - LONGEST_COMMENT))
    if end < 0 or len(body) - end < END.size:
        raise _damaged("it has no end")
    size = END.unpack_from(body, end)[5]
    locator = end - LOCATOR.size
    if locator >= 0 and body.startswith(LOCATOR_MARK, locator):
        end = locator - END64.size
        if end < 0 or not body.startswith(END64_MARK, end):
            raise _damaged("its zip64 end does not stand where it should")
        size = END64.unpack_from(body, end)[8]
    if size > end:
        raise _damaged("its directory would be larger than itself")
    return Directory(end - size, size)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, most: int) -> bytes:
    """Reads no more than `left` bytes, whatever the archive says of its sizes."""
    parts: list[bytes] = []
    with archive.open(member) as stream:
        while part := stream.read(CHUNK):
            left -= len(part)
            if left < 0:
                raise too_large(most, unpacked=True)
            parts.append(part)
    return b"".join(parts)


def _damaged(why: str) -> InputError:
    return InputError("upload-damaged", f"the upload is no zip archive that can be read: {why}")
