"""What a target is told, before it is put into the form of a service: short lines without any markup.

Every text is one line of printable characters. Names come from outside (a component, a path, a branch may be called
anything), so each form has to show them as they are and nothing else.
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
    """lines: the first one is what it is about."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """link: an http(s) address of the run, or ""."""

    title: str
    severity: Severity
    lead: str
    paragraphs: tuple[Paragraph, ...]
    link: str = ""
