"""Writing what was published to a folder. Each file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
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
            raise _unwritable(target, error, "; the verdict itself stands") from error


def remove_all(out: Path, names: Iterable[str]) -> None:
    """Remove these files below `out`, where they exist. Raises DeliveryFailed (`artifact-unwritable`)."""
    for name in names:
        target = out / name
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError, more: str = "") -> DeliveryFailed:
    return DeliveryFailed(
        "artifact-unwritable",
        f"{target} cannot be written: {error.strerror or error}",
        hint=f"check what lies at this path, the folder's permissions and the free space{more}",
    )


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
