"""Path patterns: repository-relative POSIX paths against globs. `*` stays in a directory, `**` crosses them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from wcmatch import glob

FLAGS = glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX
MAGIC = "*?["


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether any pattern matches the whole path. Case matters everywhere; names with a leading dot are not special."""
    return any(_match(path, pattern) for pattern in patterns)


def too_many_wildcards(pattern: str) -> bool:
    """Whether a path could be made that takes minutes to compare: the matcher tries every split between wildcards.

    Two `**` before the last part and three `*` within a part stay quick on the longest path.
    """
    parts = pattern.split("/")
    return parts[:-1].count("**") > 2 or any(part.count("*") > 3 for part in parts)


def specificity(pattern: str) -> tuple[int, int]:
    """How narrowly a pattern aims, for comparison: its longest literal prefix first, then its length."""
    literal = next((i for i, character in enumerate(pattern) if character in MAGIC), len(pattern))
    return literal, len(pattern)


def literally(path: str) -> str:
    """The pattern that matches this one path only."""
    return glob.escape(path, unix=True)


@lru_cache(maxsize=2**16)
def _match(path: str, pattern: str) -> bool:
    """Remembered: a judgement asks the same of each file a dozen times."""
    return _compiled(pattern).match(path)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> glob.WcMatcher[str]:
    return glob.compile(pattern, flags=FLAGS)
