"""Addresses of changed lines in the diff that a forge shows of a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from covgov.ci.interface import CiContext

LineLink = Callable[[str, str], str]
"""path, a range of lines ("40" or "52-58") -> address, "" for none."""

ADDRESS = re.compile(r"https?://[\w.:/~%+@-]+", re.ASCII)
"""What a link may be made of: nothing in it can end the link or the line."""


def no_link(_path: str, _piece: str, /) -> str:
    """For a verdict that is about no change, or for a forge whose addresses are unknown."""
    return ""


def diff_links(ci: CiContext) -> LineLink:
    """To the diff of the pull request that is judged."""
    return github(ci.change_url) if ci.system == "github" and ADDRESS.fullmatch(ci.change_url) else no_link


def github(change_url: str) -> LineLink:
    """GitHub names the place of a file by the SHA-256 of its path, and lines of its new side by `R`."""

    def link(path: str, piece: str) -> str:
        place = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{change_url}/files#diff-{place}R{piece.replace('-', '-R')}"

    return link
