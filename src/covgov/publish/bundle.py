"""Several files as one zip, byte for byte the same for the same files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The zip format's own zero time."""

_UNIX = 3
_REGULAR_FILE_644 = 0o100644 << 16


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A deflated zip of the files in sorted order, without times, owners or the writing system's name.

    Raises ValueError for a name that would leave the folder it is unpacked in.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name], ZIP_DEFLATED, 9)
    return buffer.getvalue()


def _entry(name: str) -> ZipInfo:
    if name.startswith("/") or "\\" in name or "\0" in name or {"", ".", ".."} & set(name.split("/")):
        raise ValueError(f"not a plain relative path: {name!r}")
    entry = ZipInfo(name, EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = _REGULAR_FILE_644
    entry.compress_type = ZIP_DEFLATED
    return entry
