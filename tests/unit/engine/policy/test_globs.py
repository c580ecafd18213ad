from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.policy.globs import literally, matches, specificity, too_many_wildcards

NAMES = st.text("ab.*[", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@pytest.mark.security
@pytest.mark.parametrize(
    ("pattern", "refused"),
    [
        ("src/**", False),
        ("**/src/**/gen/**", False),
        ("a/*b*c*/d", False),
        ("**/a/**/b/**/c", True),
        ("a/*b*c*d*", True),
    ],
)
def test_a_pattern_that_could_be_compared_for_minutes_is_told(pattern: str, refused: bool) -> None:
    assert too_many_wildcards(pattern) is refused


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("src/a.py", "src/**", True),
        ("src/x/y/.hidden/a.py", "src/**", True),
        ("src/x/a.py", "src/*.py", False),
        ("src/x/a.py", "src/**/*.py", True),
        ("src/a.py", "src/**/*.py", True),
        ("SRC/a.py", "src/**", False),
        ("srcs/a.py", "src/**", False),
        ("a.py", "**", True),
        ("a.py", "[ab].py", True),
        ("!a.py", "!a.py", True),
    ],
)
def test_patterns_match_whole_paths(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, [pattern]) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches("a.py", [])


def test_a_longer_literal_prefix_is_more_specific_than_a_longer_pattern() -> None:
    ranked = sorted(["src/a/b.py", "src/**/very_long_name_*.py", "src/a/**", "**"], key=specificity)
    assert ranked == ["**", "src/**/very_long_name_*.py", "src/a/**", "src/a/b.py"]


@given(PATHS)
def test_a_literal_pattern_matches_its_own_path(path: str) -> None:
    assert matches(path, [literally(path)])


@given(PATHS, PATHS)
def test_a_literal_pattern_matches_no_other_path(path: str, other: str) -> None:
    assert matches(other, [literally(path)]) is (path == other)
