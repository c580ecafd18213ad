"""Forwards log records of libraries (the HTTP server, SQLAlchemy) to the hub's diagnostics, with redaction."""

from __future__ import annotations

import logging

from covgov.hub.eventlog.diagnostics import LEVELS, logger

WRITERS = {
    "debug": logger.debug,
    "info": logger.info,
    "warning": logger.warning,
    "error": logger.error,
    "critical": logger.critical,
}


class ForwardingHandler(logging.Handler):
    """Each record becomes one line `library-message` with the fields `library` and `message`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a broken format string must not lose the message
            message = str(record.msg)
        error = {"exc_info": record.exc_info} if record.exc_info else {}
        WRITERS[_level(record.levelno)]("library-message", library=record.name, message=message, **error)


def _level(number: int) -> str:
    return max((name for name in LEVELS if LEVELS[name] <= number), key=LEVELS.__getitem__, default="debug")


def forward(*names: str, least: str = "info") -> None:
    """Send the records of these standard-library loggers, from level `least` on, to the diagnostics only.

    Idempotent. Raises KeyError for an unknown level.
    """
    for name in names:
        source = logging.getLogger(name)
        source.handlers = [ForwardingHandler()]
        source.propagate = False
        source.setLevel(LEVELS[least])
