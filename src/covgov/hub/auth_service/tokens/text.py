"""The text of a token: `cvg_<id>_<secret><checksum>`, 80 characters.

id: 128 random bits in base32 (26 characters, lower case), not secret. secret: 256 random bits in base64url (43
characters). checksum: CRC-32 of the text before it in base 62 (6 characters), so that a scanner can recognise a token
and a mistyped one is noticed without the database. It does not protect anything; the secret does.
"""

from __future__ import annotations

import base64
import hashlib
import re
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

PREFIX: Final = "cvg_"
_SHAPE: Final = re.compile(r"(cvg_([a-z2-7]{26})_[A-Za-z0-9_-]{43})([0-9A-Za-z]{6})")
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token with its text, which is shown once, when it is issued, and never in a repr."""

    id: str
    text: str = field(repr=False)

    def digest(self) -> str:
        """The stored SHA-256, hexadecimal."""
        return hashlib.sha256(self.text.encode("ascii")).hexdigest()


def make(secrets: Callable[[int], bytes]) -> TokenText:
    """A new token. secrets: returns that many random bytes."""
    identity = base64.b32encode(secrets(16)).decode("ascii").rstrip("=").lower()
    secret = base64.urlsafe_b64encode(secrets(32)).decode("ascii").rstrip("=")
    body = f"{PREFIX}{identity}_{secret}"
    return TokenText(identity, body + checksum(body))


def read(text: str) -> TokenText | None:
    """The token, None when its shape or checksum is wrong."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or checksum(shape[1]) != shape[3]:
        return None
    return TokenText(shape[2], text)


def checksum(body: str) -> str:
    """CRC-32 in base 62, padded to six digits."""
    rest = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(6):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
