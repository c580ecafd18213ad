"""Diagnostics: one JSON object per line, for operators. A line that cannot be written is lost without an error.

Events have static names in kebab case (`request-answered`); data goes into fields. Every line has `event`, `level` and
`at`, and inside a request `request_id`. Secrets are removed from every field, see `redaction`. Nothing is written
before `configure`: a library that is only imported is silent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TextIO

import msgspec
import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars, reset_contextvars

from covgov.hub.eventlog.redaction import redact

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
STATIC_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

Fields = MutableMapping[str, object]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DiagnosticSink:
    """The output stream. lost: lines that failed since the last written one; the next line reports them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.stream: TextIO | None = None
        self.least = LEVELS["info"]
        self.now: Callable[[], datetime] = _utc_now
        self.lost = 0

    def msg(self, line: str) -> None:
        """Write one line. Raises what the stream raises; the caller then calls `lose`."""
        with self._lock:
            if self.stream is None:
                return
            owed = f'{{"event":"diagnostics-lost","level":"warning","lines":{self.lost}}}\n' if self.lost else ""
            self.stream.write(f"{owed}{line}\n")
            self.stream.flush()
            self.lost = 0

    def lose(self) -> None:
        """Count a line that could not be written."""
        with self._lock:
            self.lost += 1


SINK = DiagnosticSink()


def _named(_logger: object, level: str, fields: Fields) -> Fields:
    """A dynamic event name becomes data of the event `event-name-not-static`."""
    name = str(fields.pop("event", ""))
    if not STATIC_NAME.fullmatch(name):
        fields["message"] = name
        name = "event-name-not-static"
    at = SINK.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**fields, "event": name, "level": level, "at": at}


def redacted(_logger: object, _level: str, fields: Fields) -> Fields:
    """A processor that removes secrets from every field and converts values to plain JSON types."""
    head = {name: fields.pop(name) for name in ("at", "level", "event")}
    clean = redact(fields)
    return {**head, **clean} if isinstance(clean, dict) else head


def _line(_logger: object, _level: str, fields: Fields) -> str:
    return msgspec.json.encode(fields).decode()


PROCESSORS = (merge_contextvars, structlog.processors.format_exc_info, _named, redacted, _line)


class DiagnosticLogger(structlog.BoundLoggerBase):
    """structlog's bound logger with a fixed set of levels. No method raises."""

    def debug(self, event: str, /, **fields: object) -> None:
        self._write("debug", event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._write("error", event, fields)

    def critical(self, event: str, /, **fields: object) -> None:
        self._write("critical", event, fields)

    def exception(self, event: str, /, **fields: object) -> None:
        """An error with the traceback of the current exception."""
        self._write("error", event, {"exc_info": True, **fields})

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if SINK.stream is None or LEVELS[level] < SINK.least:
            return
        try:
            words, _ = self._process_event(level, event, fields)
            SINK.msg(str(words[0]))
        except Exception:  # noqa: BLE001 - a diagnostic line must never fail a request
            SINK.lose()


logger = DiagnosticLogger(SINK, PROCESSORS, {})
"""The hub's diagnostics: `logger.info("upload-stored", suite="api", bytes=n)`."""


def configure(stream: TextIO | None, level: str = "info", *, now: Callable[[], datetime] = _utc_now) -> None:
    """Write lines of `level` (a key of LEVELS) and above to `stream`; None for no output.

    Raises KeyError for an unknown level. The count of lost lines is reset.
    """
    SINK.least = LEVELS[level]
    SINK.stream, SINK.now, SINK.lost = stream, now, 0


class bind:  # noqa: N801 - read as a verb: `with bind(request_id=...)`
    """Add fields to every line of this context (request, thread); as a context manager, until its end."""

    def __init__(self, **fields: object) -> None:
        self._tokens = bind_contextvars(**fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        reset_contextvars(**self._tokens)
