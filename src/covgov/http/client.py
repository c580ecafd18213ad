"""What holds for every server that covgov asks over HTTP: its words are shown harmlessly, its waits kept in bounds."""

from __future__ import annotations

import ipaddress

LONGEST_WAIT = 120.0
"""Seconds that one wait and all attempts of a request together may take; a longer wait is told, not waited."""

MOST_TOLD = 500


def loopback(host: str) -> bool:
    """Whether the host is this machine, so that what is sent to it unencrypted does not travel."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def one_line(text: str) -> str:
    """What a server says, fit for a terminal: one line, nothing that steers it, not endless."""
    return "".join(character if character.isprintable() else " " for character in text)[:MOST_TOLD]


def seconds(header: str) -> float | None:
    """A header's number of seconds, of a wait or since 1970; None for anything else, like a date."""
    return float(header) if header.isascii() and header.isdigit() else None


def pause(asked: float | None) -> bool | float:
    """Before another attempt: as long as the server asks, True when it does not say; False for no other attempt."""
    if asked is None:
        return True
    return asked if asked <= LONGEST_WAIT else False
