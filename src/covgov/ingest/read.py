"""Reads report files: limits, format detection by content, strict parsing."""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from covgov.errors import InputError
from covgov.ingest import known as known_formats
from covgov.ingest.interface import HEAD_BYTES, Analyse, ParsedReport
from covgov.ingest.registry import FORMATS, detect

MAX_BYTES = 512 * 1024 * 1024
"""Limit of a report's size, also after decompression."""

DATA = "coveragepy-data"


def read_report(path: Path, analyse: Analyse, *, limit: int = MAX_BYTES) -> ParsedReport:
    """One report of any known format, plain or gzip.

    Raises InputError naming the path: `report-missing`, `report-empty`, `report-unreadable`, `report-too-large`,
    `report-unknown-format`, `report-damaged`, and what `analyse` raises.
    """
    return read_reports([path], analyse, limit=limit)[0][1]


def read_reports(
    paths: Sequence[Path], analyse: Analyse, *, limit: int = MAX_BYTES
) -> tuple[tuple[Path, ParsedReport], ...]:
    """Several reports, in order; coverage.py's data files are combined into one, which comes first."""
    with _uncollected():
        return _read_all(paths, analyse, limit)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of reference cycles: a report is many small objects without any, looked at for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_all(paths: Sequence[Path], analyse: Analyse, limit: int) -> tuple[tuple[Path, ParsedReport], ...]:
    loaded = [(path, _load(path, limit)) for path in paths]
    databases = [path for path, data in loaded if FORMATS[DATA].recognises(data[:HEAD_BYTES])]
    parsed = []
    if databases:
        where = ", ".join(str(path) for path in databases)
        parsed.append((databases[0], FORMATS[DATA].parse(analyse(databases), where)))
    return (*parsed, *((path, _parse(path, data)) for path, data in loaded if path not in databases))


def _parse(path: Path, data: bytes) -> ParsedReport:
    known = detect(data[:HEAD_BYTES])
    if known is None or known.name == DATA:
        named = known_formats.named(data[:HEAD_BYTES])
        if named is not None:
            raise InputError("report-unknown-format", f"{path}: covgov does not read {named.what}", hint=named.instead)
        raise InputError(
            "report-unknown-format",
            f"{path}: not a report in a format that covgov reads ({', '.join(FORMATS)})",
            hint="docs/formats has the option of each tool that writes one; coverage.py's is `coverage json`",
        )
    return known.parse(data, str(path))


def _load(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise InputError(
            "report-missing",
            f"{path}: there is no such file",
            hint="check that the tests ran and wrote their report there",
        ) from None
    except (OSError, ValueError) as error:
        raise InputError("report-unreadable", f"{path}: cannot be read: {error}") from None
    if data.startswith(b"\x1f\x8b"):
        data = _gunzip(path, data, limit)
    if len(data) > limit:
        raise _too_large(path, limit)
    if not data or data.isspace():
        raise InputError(
            "report-empty", f"{path}: the file is empty", hint="check that the tool that writes it finished"
        )
    return data


def _gunzip(path: Path, data: bytes, limit: int) -> bytes:
    expander = zlib.decompressobj(wbits=31)
    try:
        plain = expander.decompress(data, limit + 1)
    except zlib.error as error:
        raise InputError("report-damaged", f"{path}: damaged gzip data: {error}") from None
    if len(plain) > limit:
        raise _too_large(path, limit)
    if not expander.eof or expander.unused_data:
        raise InputError("report-damaged", f"{path}: gzip data is truncated, or followed by other data")
    return plain


def _too_large(path: Path, limit: int) -> InputError:
    return InputError(
        "report-too-large",
        f"{path}: more than {limit} bytes (after decompression)",
        hint="`coverage json --show-contexts` can be this large; use the .coverage file instead",
    )
