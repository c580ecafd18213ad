"""What a code host says of a change that people reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Approval(Struct, frozen=True):
    """by: who approved (`@alice`), "" for nobody; why: then the reason, as one line."""

    by: str = ""
    why: str = ""


NOT_ASKED = Approval()


class Approvals(Protocol):
    """Asks the code host whether one of the owners, other than the author, approved the change at this commit."""

    def __call__(self, head: str, owners: Sequence[str], /) -> Approval:
        """head: the newest commit of the change. owners: as CODEOWNERS names them. Never raises CovgovError."""
        ...
