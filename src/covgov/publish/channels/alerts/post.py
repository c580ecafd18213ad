"""Sends one message to one address through Apprise, whose own messages are never repeated: they can hold the address.

Apprise is the extra `notify` and is imported here only, when there is something to send.
"""

from __future__ import annotations

import logging
import re
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from covgov.errors import DeliveryFailed, UsageError

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, AppriseResult

CONNECT, READ, OVERALL = 5.0, 10.0, 30.0
"""Seconds: to connect; between two parts of an answer; in all, with the second attempt."""

RETRIES, PAUSE = 1, 0.5

TEMPLATED = {"slack": "slack", "workflows": "teams", "workflow": "teams"}
"""Schema of Apprise -> the field of the parcel that holds the whole message."""

_STATUS = re.compile(r"error=(\d{3})\b")


def post(address: str, subject: str, body: Mapping[str, str], destination: str, *, patience: float = OVERALL) -> str:
    """Send the message; returns the result. body: `text`, `severity`, and the forms of TEMPLATED.

    Raises UsageError (`notify-extra-missing`), DeliveryFailed (`notify-address-unusable`, `notify-refused`); neither
    they nor their causes hold the address. destination: its name in messages.
    """
    with tempfile.TemporaryDirectory(prefix="covgov-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # urllib3's warnings name the host
        service = _service(address, body, Path(folder) / "message.json")
        if service is None:
            raise DeliveryFailed(
                "notify-address-unusable",
                f"the value of {destination} is not an address that Apprise supports",
                hint="use slack://, workflows:// (Teams), mailtos://, jsons:// or others, see docs/alerts.md",
            )
        severity, text = body.get("severity", "info"), body.get("text", "")
        error = error_of(lambda: service.notify(text, subject, notify_type=severity, body_format="text"), patience)
    if error is not None:
        raise DeliveryFailed(
            "notify-refused",
            f"{destination} did not take the message ({error})",
            hint="check the address in the environment and whether this machine may reach it",
        )
    return "accepted"


def error_of(attempt: Callable[[], AppriseResult], patience: float) -> str | None:
    """The error of an attempt, None on success; never in Apprise's own words. patience: in seconds.

    Runs in a daemon thread: otherwise a server that answers a byte a minute would block the
    process for ever, as Apprise's own threads with a deadline do.
    """
    ended: list[str | None] = []

    def send() -> None:
        try:
            result = attempt()
            status = _status(entry.message for one in result for entry in one.logs())
            ended.append(None if result else status or "no usable answer")
        except Exception as error:  # noqa: BLE001 - its message may hold the address, its type does not
            ended.append(type(error).__name__)

    worker = threading.Thread(target=send, daemon=True)
    worker.start()
    worker.join(patience)
    return ended[0] if ended else f"no answer within {patience:g} seconds"


def _service(address: str, body: Mapping[str, str], template: Path) -> Apprise | None:
    """Apprise with this address, None if it is unusable."""
    try:
        from apprise import Apprise  # noqa: PLC0415 - from the extra `notify`
        from apprise.plugins import url_to_dict  # noqa: PLC0415 - from the extra `notify`
    except ModuleNotFoundError as error:
        raise UsageError(
            "notify-extra-missing",
            f"alerts need packages that are not installed ({error.name})",
            hint='pip install "covgov[notify]"',
        ) from error
    _hush()
    found = url_to_dict(address)  # type: ignore[no-untyped-call]  # Apprise leaves its parser without types
    if not found:
        return None
    form = body.get(TEMPLATED.get(found["schema"], ""), "")
    if form:
        template.write_text(form, encoding="utf-8")
        found["template"] = str(template)
    limits = {"cto": CONNECT, "rto": READ, "overflow": "truncate", "include_image": False, "include_footer": False}
    apprise = Apprise(asset=_asset())
    return apprise if apprise.add({**found, **limits}) else None


def _asset() -> AppriseAsset:
    from apprise import AppriseAsset  # noqa: PLC0415 - from the extra `notify`

    return AppriseAsset(
        app_id="covgov",
        app_desc="coverage governance",
        app_url="",
        async_mode=False,
        http_redirects=False,  # a message is sent to this address only
        storage_mode="memory",
        service_timeout=0,  # no deadline of Apprise's: see error_of
        default_service_retry=RETRIES,
        default_service_wait=PAUSE,
    )


class _StatusFilter(logging.Filter):
    """Reduces a log message to its HTTP status: the rest can hold an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = _STATUS.search(record.getMessage())
        record.msg, record.args, record.exc_info = status[0] if status else "(hidden)", (), None
        return True


_DISCREET, _NOWHERE = _StatusFilter(), logging.NullHandler()


def _hush() -> None:
    """Apprise and urllib3 log addresses. Keep only the status in Apprise's log, and silence urllib3's.

    Idempotent.
    """
    apprise = logging.getLogger("apprise")
    apprise.addFilter(_DISCREET)
    apprise.propagate = False
    apprise.addHandler(_NOWHERE)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


def _status(entries: Iterable[str]) -> str:
    """The last status, such as `HTTP 500`, else ""."""
    codes = [found[1] for entry in entries if (found := _STATUS.search(entry))]
    return f"HTTP {codes[-1]}" if codes else ""
