"""Writes files atomically."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from covgov.errors import DeliveryFailed

READABLE = 0o644


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError in the block into DeliveryFailed (`artifact-unwritable`) for `path`."""
    try:
        yield
    except OSError as error:
        raise DeliveryFailed(
            "artifact-unwritable",
            f"{path} cannot be written: {error.strerror or error}",
            hint="check this path, the folder's permissions and the free space",
        ) from error


def write(path: Path, data: bytes) -> Path:
    """Write a file atomically and create its directory. Raises DeliveryFailed (`artifact-unwritable`)."""
    with writing(path):
        place(path, data)
    return path


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file (name -> bytes, `/` parts folders) below a folder, which is created.

    Raises DeliveryFailed (`artifact-unwritable`) naming the first path that failed; files before it stay
    written.
    """
    for name in sorted(files):
        write(folder / name, files[name])


def remove(path: Path) -> None:
    """Remove a file if it exists. Raises DeliveryFailed (`artifact-unwritable`)."""
    with writing(path):
        path.unlink(missing_ok=True)


def remove_all(folder: Path, names: Iterable[str]) -> None:
    """`remove` these files below a folder."""
    for name in names:
        remove(folder / name)


def place(path: Path, data: bytes, mode: int = READABLE) -> None:
    """`write` for callers with their own error message. Raises OSError, also for a device or pipe, which is kept."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "it is not a regular file")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
