"""Removes secrets from everything that is logged. Pure: any value -> plain JSON types without secrets.

By name: the whole value of a key that names a secret is dropped. By form: in any other text, and in
keys, everything in the form of a credential is blanked. Secrets of unknown form under a harmless name cannot be
recognised, so never log whole requests or settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

GONE = "[redacted]"
DEEPEST = 8
LONGEST = 8_000
"""Most characters of one text."""
MARGIN = 2_000
"""Characters read past LONGEST, so that a secret at the cut is recognised."""

SECRET_NAME = re.compile(
    r"authori[sz]ation|cookie|passw(or)?d|passphrase|secret|credential|api[-_ ]?key|private[-_ ]?key|signature"
    r"|(^|[-_ .])(pwd|token|jwt|bearer|dsn)$",
    re.IGNORECASE,
)
"""Keys whose values are dropped. `token_id` stays: it is not secret."""

TOKEN_ID = re.compile(r"[a-z2-7]{26}")
"""The id of a hub token, as in logs and the audit trail."""

FORMS = (
    (
        re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL),
        GONE,
    ),
    (re.compile(r"cvg_[\w-]+"), GONE),
    (re.compile(r"\b(gh[a-z]_|github_pat_|glpat-|gl[a-z]{2,5}-|xox[a-z]-|npm_|pypi-|sk-)[\w-]{10,}"), GONE),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), GONE),
    (re.compile(r"\bey[JI][\w-]{5,2000}\.[\w.-]*"), GONE),
    (re.compile(r"\b((?i:bearer|basic|negotiate))\s+(?=\S{0,2000}[0-9A-Z=+/])[\w+/=.~-]{6,}"), rf"\1 {GONE}"),
    (re.compile(r"\b((?i:digest))\s+\w+=[^\r\n]*"), rf"\1 {GONE}"),
    (
        re.compile(
            r"(?i)\b([a-z][a-z0-9+.-]{0,30}://)(?:[^\s/:@\"'<>]{0,200}:[^\s\"'<>]{0,500}|[^\s/?#\"'<>]{0,500})@"
        ),
        rf"\1{GONE}@",
    ),
    (re.compile(r"(?i)(https?://hooks\.slack\.com/(services|workflows)/)\S+"), rf"\1{GONE}"),
)
"""(form, replacement): key blocks; tokens of covgov, forges and clouds; JWTs; HTTP schemes; the user part of a
URL; webhooks. Repetitions are bounded to avoid quadratic time on hostile texts."""

HEADER = re.compile(r"(?i)((?:cookie|authori[sz]ation)[\"']?\s*[=:]\s*)(?!\[redacted\])(\"[^\"]*\"|'[^']*'|[^\r\n]+)")
"""A header's value ends at the end of its line: `Cookie: a=1; b=2`."""

ASSIGNMENT = re.compile(
    r"(?i)((?:passw(?:or)?d|passphrase|secret|credential|api[-_]?key|signature|token|jwt|\bpwd)"
    r"[\"']?\s*[=:]\s*)(?!\[redacted\]|[a-z2-7]{26}(?![\w-]))(\"[^\"]*\"|'[^']*'|[^\s&,;}\])]+)"
)
"""`name=value` and `name: value` where the name is, or ends in, that of a secret. A token's id can follow `token:`:
the audit trail names actors so."""


def redact_text(text: str) -> str:
    """The text without credentials and values of secret names, shortened when very long."""
    seen = HEADER.sub(rf"\1{GONE}", blank_credentials(text[: LONGEST + MARGIN]))
    seen = ASSIGNMENT.sub(rf"\1{GONE}", seen)
    if len(text) <= LONGEST:
        return seen
    return f"{seen[:LONGEST]}[shortened, had {len(text)} characters]"


def blank_credentials(text: str) -> str:
    """The text with everything in the form of a credential blanked, otherwise unchanged, for the audit trail."""
    for form, replacement in FORMS:
        text = form.sub(replacement, text)
    return text


def redact(value: object, depth: int = 0) -> object:
    """The value as plain JSON types. Unknown types become their redacted `repr`; deeply nested values are cut."""
    match value:
        case None | bool():
            return value
        case float():
            return float(value)
        case int():
            return int(value) if abs(value) < 2**63 else str(int(value))
        case str():
            return redact_text(value.encode("utf-8", "backslashreplace").decode())
        case bytes() | bytearray() | memoryview():
            return redact_text(bytes(value).decode("utf-8", "backslashreplace"))
        case _ if depth >= DEEPEST:
            return "[too deep]"
        case Mapping():
            return {redact_text(_name(key)): _under(_name(key), item, depth) for key, item in value.items()}
        case list() | tuple() | Set():
            return _sequence(list(value), depth)
        case _:
            return redact_text(_shown(value))


def _under(key: str, value: object, depth: int) -> object:
    harmless = value is None or isinstance(value, bool) or (isinstance(value, str) and TOKEN_ID.fullmatch(value))
    if SECRET_NAME.search(key) and not harmless:
        return GONE
    return redact(value, depth + 1)


def _name(key: object) -> str:
    text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
    return text.encode("utf-8", "backslashreplace").decode()


def _sequence(items: list[object], depth: int) -> list[object]:
    """A pair is treated as a header or form field: when the first item names a secret, the second is dropped."""
    match items:
        case [str() | bytes() as name, value]:
            return [redact_text(_name(name)), _under(_name(name), value, depth)]
        case _:
            return [redact(item, depth + 1) for item in items]


def _shown(value: object) -> str:
    try:
        return repr(value).encode("utf-8", "backslashreplace").decode()
    except Exception as error:  # noqa: BLE001 - a failing repr must not fail the log line
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
