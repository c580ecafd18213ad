"""A badge in the form that shields.io's endpoint badge reads (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from covgov.hub.api.badge import COLOURS, Badge
from covgov.hub.api.wire.figures import WireModel
from covgov.model.verdict import Outcome


class ShieldsBadge(WireModel):
    """Names and version are shields.io's."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    label: str
    message: str
    color: str
    is_error: bool = Field(alias="isError")
    cache_seconds: int = Field(alias="cacheSeconds")


def shields(badge: Badge, cache_seconds: int) -> ShieldsBadge:
    """The same badge, drawn by shields.io."""
    return ShieldsBadge(
        schemaVersion=1,
        label=badge.label,
        message=badge.message,
        color=COLOURS[badge.outcome].removeprefix("#"),
        isError=badge.outcome is Outcome.FAIL,
        cacheSeconds=cache_seconds,
    )
