"""Writing what was published to a folder. Each file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from covgov.errors import DeliveryFailed

_MODE = 0o644


def write_all(out: Path, files: Mapping[str, bytes]) -> None:
    """Write every file (name -> bytes, `/` parts folders) below `out`, which is created.

    Raises DeliveryFailed (`artifact-unwritable`) naming the first path that could not be written; files before it stay
    written, and no file is ever left half-written.
    """
    for name in sorted(files):
        target = out / name
        try:
            _replace(target, files[name])
        except OSError as error:
            raise DeliveryFailed(
                "artifact-unwritable",
                f"{target} cannot be written: {error.strerror or error}",
                hint="check the folder's permissions and the free space; the verdict itself stands",
            ) from error


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(_MODE)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
