"""The text of a comment: the summary, the link to the run, and proposed register changes.

It is within the limits of the forges, cut only between lines, and nothing in a proposed diff can close its code block.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from covgov.publish.render.markdown import MARKER
from covgov.publish.render.parts.safe_text import markdown_block

MOST_BYTES = 65_535
"""GitHub's limit is in characters, of which there are never more than bytes. GitLab's is longer."""
MOST_SUMMARY_BYTES = MOST_BYTES - 8_192
"""Leaves room for the proposed changes of the register."""

STAMP = "<!-- covgov:at "
_STAMPED = re.compile(r"<!-- covgov:at (?P<at>[0-9T:Z-]{20}) -->")
_LINK = re.compile(r"https?://[^\s()<>\[\]]+")
_CUT = "\n\n(cut here: the text is too long for a comment)\n"
_DETAILS = ("<details", "</details>")


def marker(name: str, suite: str = "") -> str:
    """The hidden first line that identifies a comment in later runs. name: of the policy's table for the forge."""
    about = f"suite:{suite}" if suite else "summary"
    return f"<!-- covgov:{about} -->" if name == "covgov" else f"<!-- covgov:{about}:{name} -->"


def stamp(now: datetime) -> str:
    """The hidden second line: when the verdict was published (UTC, to the second)."""
    return f"{STAMP}{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} -->"


def stamped(body: str) -> datetime | None:
    """When the verdict in a comment was published, None without a stamp."""
    lines = body.lstrip().splitlines()[1:2]
    found = _STAMPED.fullmatch(lines[0].strip()) if lines else None
    try:
        return datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%S%z") if found else None
    except ValueError:
        return None


def bare(body: str) -> str:
    """A comment without its stamp and with plain line ends, for comparison."""
    return _STAMPED.sub("", body, count=1).replace("\r\n", "\n").strip()


def compose(head: str, summary: str, *, run_url: str = "", patch: str = "") -> str:
    """A whole comment. head: marker and stamp. A long one is cut: first the diff, then the summary's lists."""
    text = summary.replace(MARKER, "", 1).strip("\n")
    link = f"\n\n[The whole run]({run_url})\n" if _LINK.fullmatch(run_url) else ""
    proposed = f"\n\n{_proposal(patch)}" if patch else ""
    if _size(head, text, link, proposed) > MOST_BYTES:
        proposed = f"\n\n{_where_the_patch_is(patch)}\n" if patch else ""
    room = MOST_BYTES - _size(head, link, proposed) - 1
    return f"{head}\n{shortened(text, room)}{link}{proposed}"


def shortened(text: str, most: int) -> str:
    """Markdown of at most `most` bytes, cut between lines and before its foot; open details are closed."""
    if _size(text) <= most:
        return text
    body, rule, foot = text.rpartition("\n---\n")
    if not body or _size(foot) > most // 4:
        body, rule, foot = text, "", ""
    room = most - _size(rule, foot, _CUT, _DETAILS[1]) - 2
    kept = body if _size(body) <= room else _lines(body, room)
    closing = f"\n{_DETAILS[1]}" if kept.count(_DETAILS[0]) > kept.count(_DETAILS[1]) else ""
    return kept + closing + _CUT + rule + foot


def _lines(text: str, most: int) -> str:
    """Whole lines from the front."""
    return text.encode("utf-8", "replace")[: max(most, 0)].decode("utf-8", "ignore").rpartition("\n")[0]


def _proposal(patch: str) -> str:
    """Rows to paste, and the whole change."""
    rows = [line[1:] for line in patch.splitlines() if line.startswith("+|")]
    paste = f"Rows to paste:\n\n{markdown_block(chr(10).join(rows), 'markdown')}\n\n" if rows else ""
    return (
        "<details><summary>Proposed changes of the exception register</summary>\n\n"
        f"{paste}`covgov exceptions sync` makes this change:\n\n{markdown_block(patch, 'diff')}\n\n"
        "Save it, or download `exceptions.patch` from the run's artifacts, and `git apply` it. "
        "Nothing was committed.\n\n"
        "</details>"
    )


def _where_the_patch_is(patch: str) -> str:
    lines = patch.count("\n")
    return (
        f"The proposed changes of the exception register ({lines} lines) are too long for a comment. Download "
        "`exceptions.patch` from the run's artifacts and `git apply` it."
    )


def _size(*texts: str) -> int:
    return sum(len(text.encode("utf-8", "backslashreplace")) for text in texts)
