"""Untrusted zip archives: entries are counted before they are listed, and unpacked within limits.

`zipfile` creates an object for each entry of the central directory before their number is known, and the number in
the archive can be false. So the directory is walked first, up to the limit.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from covgov.errors import InputError
from covgov.hub.api.http.body_limits import too_large
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.settings import HubLimits

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
"""Most bytes of an entry's name, extra field and comment: a path can have 4096."""


@dataclass(frozen=True, slots=True)
class ZipDirectory:
    """Position of the central directory in the archive, in bytes."""

    start: int
    size: int


def unzip(body: bytes, limits: HubLimits) -> dict[str, bytes]:
    """The files of an archive by name. Raises InputError (`upload-damaged`), ApiProblem (`body-too-large`,
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
    """Number of entries of the archive, folders included.

    Raises InputError (`upload-damaged`), and ApiProblem (`files-too-many`) as soon as there are more than `most`.
    """
    where = _directory(body)
    at, end, found = where.start, where.start + where.size, 0
    while at < end:
        if found == most:
            raise ApiProblem(413, "files-too-many", f"an upload holds at most {most} files", hint="send it in parts")
        if end - at < ENTRY.size:
            raise _damaged("its directory is cut short")
        mark, *sizes = ENTRY.unpack_from(body, at)
        if mark != ENTRY_MARK or sum(sizes) > LARGEST_ENTRY:
            raise _damaged("its directory has an invalid entry")
        at += ENTRY.size + sum(sizes)
        found += 1
    return found


def _directory(body: bytes) -> ZipDirectory:
    """As `zipfile` finds it: by the last end record, or the zip64 record directly before it."""
    end = len(body) - END.size
    if body[end : end + 4] != END_MARK or body[-2:] != b"\0\0":
        end = body.rfind(END_MARK, max(0, end - LONGEST_COMMENT))
    if end < 0 or len(body) - end < END.size:
        raise _damaged("it has no end record")
    size = END.unpack_from(body, end)[5]
    locator = end - LOCATOR.size
    if locator >= 0 and body.startswith(LOCATOR_MARK, locator):
        end = locator - END64.size
        if end < 0 or not body.startswith(END64_MARK, end):
            raise _damaged("its zip64 end record is misplaced")
        size = END64.unpack_from(body, end)[8]
    if size > end:
        raise _damaged("its directory is larger than the archive")
    return ZipDirectory(end - size, size)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, most: int) -> bytes:
    """Reads at most `left` bytes, whatever size the archive claims."""
    parts: list[bytes] = []
    with archive.open(member) as stream:
        while part := stream.read(CHUNK):
            left -= len(part)
            if left < 0:
                raise too_large(most, unpacked=True)
            parts.append(part)
    return b"".join(parts)


def _damaged(why: str) -> InputError:
    return InputError("upload-damaged", f"the upload is not a readable zip archive: {why}")
