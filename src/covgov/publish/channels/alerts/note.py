"""A message before it is formatted for a service: short lines without markup.

Every text is one line of printable characters. Names come from outside (components, paths, branches can have
any name), so each form must show them literally.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """As Apprise spells them."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """lines: the first one is the heading."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """link: an http(s) address of the run, or ""."""

    title: str
    severity: Severity
    lead: str
    paragraphs: tuple[Paragraph, ...]
    link: str = ""
