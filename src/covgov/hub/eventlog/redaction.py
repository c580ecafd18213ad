"""Secrets out of everything that is logged. Pure: a value in, a value of plain JSON types without secrets out.

Two nets. By name: whatever stands under a key that names a secret is dropped whole. By form: in any other text, and in
keys, what has the form of a credential is blanked. Text of no known form under a harmless name cannot be recognised,
which is why nobody logs requests or settings whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

GONE = "[redacted]"
DEEPEST = 8
LONGEST = 16_000
"""Characters of one text. It is shortened only after it was redacted: half a token is still a secret."""

SECRET_NAME = re.compile(
    r"authori[sz]ation|cookie|passw(or)?d|passphrase|secret|credential|api[-_ ]?key|private[-_ ]?key"
    r"|(^|[-_ .])(pwd|token|jwt|bearer|dsn)$|(access|refresh|id|job|auth|bearer|session|csrf|hub)[-_]?token$",
    re.IGNORECASE,
)
"""Keys whose values are dropped. `token_id` and `token_ids` stay: they name a token without being one."""

FORMS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), GONE),
    (re.compile(r"\bcvg_[\w-]+"), GONE),
    (re.compile(r"\b(gh[a-z]_|github_pat_|glpat-|gl[a-z]{2,5}-|xox[a-z]-|npm_|pypi-|sk-)[\w-]{10,}"), GONE),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), GONE),
    (re.compile(r"\bey[JI][\w-]{5,}\.[\w-]*\.?[\w.-]*"), GONE),
    (re.compile(r"(?i)\b(bearer|basic|digest|negotiate)\s+[\w+/=.~,:\"-]{6,}"), rf"\1 {GONE}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#@]*@(?=[^\s/])"), rf"\1{GONE}@"),
    (re.compile(r"(?i)(https?://hooks\.slack\.com/(services|workflows)/)\S+"), rf"\1{GONE}"),
    (
        re.compile(
            r"(?i)([\w.-]*(?:authorization|password|passwd|passphrase|secret|api[-_]?key|token|signature|cookie)"
            r"[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s&,;}\])]+)"
        ),
        rf"\1{GONE}",
    ),
)
"""(form, what takes its place): key blocks; tokens of covgov, forges and clouds; JWTs; HTTP schemes; the user part of a
URL; web hooks; `name=value` and `name: value` where the name is a secret's."""


def redact_text(text: str) -> str:
    """The text without anything that has the form of a credential, and shortened when it is very long."""
    for form, replacement in FORMS:
        text = form.sub(replacement, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}[... {len(text) - LONGEST} characters more]"


def redact(value: object, depth: int = 0) -> object:
    """The value as plain JSON types. Unknown types become their redacted `repr`; what lies too deep is not told."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact_text(value)
        case bytes() | bytearray() | memoryview():
            return redact_text(bytes(value).decode("utf-8", "replace"))
        case _ if depth >= DEEPEST:
            return "[too deep]"
        case Mapping():
            return {redact_text(str(key)): _under(str(key), item, depth) for key, item in value.items()}
        case list() | tuple() | Set():
            return _sequence(list(value), depth)
        case _:
            return redact_text(_shown(value))


def _under(key: str, value: object, depth: int) -> object:
    if SECRET_NAME.search(key) and value is not None and not isinstance(value, bool):
        return GONE
    return redact(value, depth + 1)


def _sequence(items: list[object], depth: int) -> list[object]:
    """A pair whose first half names a secret is a header or a form field: its second half goes as under a key."""
    match items:
        case [str() | bytes() as name, value]:
            key = name if isinstance(name, str) else name.decode("latin-1")
            return [redact_text(key), _under(key, value, depth)]
        case _:
            return [redact(item, depth + 1) for item in items]


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - any class may raise anything in its repr, and a log line must not
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
