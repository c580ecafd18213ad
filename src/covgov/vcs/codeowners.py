"""CODEOWNERS as GitHub and GitLab read it: the last pattern that matches a path names its owners.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

LOCATIONS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Possible paths; only the first that exists is read."""

_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s+\S+)*)\s*$")
_FIELD = re.compile(r"(?:\\.|\S)+")


class OwnerRule(Struct, frozen=True):
    """One line. depth: the only depth at which a pattern like `docs/*` matches, None for any."""

    section: str
    pattern: GitIgnoreSpec
    depth: int | None
    owners: tuple[str, ...]

    def matches(self, path: str) -> bool:
        deep_enough = self.depth is None or path.count("/") == self.depth
        return deep_enough and self.pattern.match_file(path)


class Codeowners(Struct, frozen=True):
    rules: tuple[OwnerRule, ...] = ()

    def owner_of(self, path: str) -> str:
        """Owners of a repository-relative path, separated by blanks; "" when it has none.

        A pattern without owners removes ownership. The owners of all sections of a GitLab file are joined.
        """
        by_section: dict[str, tuple[str, ...]] = {}
        for rule in self.rules:
            if rule.matches(path):
                by_section[rule.section] = rule.owners
        return " ".join(dict.fromkeys(owner for owners in by_section.values() for owner in owners))


def find(read: Callable[[str], bytes | None]) -> Codeowners:
    """The project's CODEOWNERS; empty when it has none. Bytes that are not UTF-8 are replaced."""
    found = next((data for data in map(read, LOCATIONS) if data is not None), b"")
    return parse(found.decode("utf-8", errors="replace"))


def parse(text: str) -> Codeowners:
    """Parse the file; lines that the hosts skip (negations, unreadable patterns) are skipped too."""
    return Codeowners(tuple(_rules(text.removeprefix("\ufeff").splitlines())))


def _rules(lines: Iterable[str]) -> Iterable[OwnerRule]:
    section, default = "", ()  # type: tuple[str, tuple[str, ...]]
    for line in lines:
        if header := _SECTION.match(line):
            section, default = header["name"].casefold(), tuple(header["owners"].split())
            continue
        pattern, *rest = _fields(line) or [""]
        compiled = _compiled(pattern)
        if compiled is not None:
            yield OwnerRule(section, compiled, _depth(pattern), tuple(rest) or default)


def _fields(line: str) -> list[str]:
    """Pattern and owners up to a comment; blanks and `#` can be escaped in the pattern."""
    fields: list[str] = _FIELD.findall(line)
    comment = next((i for i, field in enumerate(fields) if field.startswith("#")), len(fields))
    return fields[:comment]


def _compiled(pattern: str) -> GitIgnoreSpec | None:
    if not pattern or pattern.startswith("!"):
        return None
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - not for a project without owners

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about `[[` in a regular expression
            return GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return None


def _depth(pattern: str) -> int | None:
    """`docs/*` matches files directly in `docs` only, unlike in a .gitignore."""
    if not pattern.endswith("/*") or "**" in pattern:
        return None
    return pattern.strip("/").count("/")
