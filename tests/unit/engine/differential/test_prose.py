from __future__ import annotations

import pytest

from covgov.differential.prose import inert
from covgov.model.diff import Diff, FileDiff, Hunk

TEXT = b"""Title
words
>>> 1 + 1
2

~~~python
f()
~~~
more

    g()
"""
INDENTED = 11


def took(line: int, path: str = "README.rst") -> bool:
    """Whether a diff that removes one line of TEXT is inert."""
    return inert(Diff((FileDiff(path, path, (Hunk(line, 1, line - 1, 0),)),)), lambda _: TEXT)


@pytest.mark.security
@pytest.mark.parametrize("line", [3, 6, 7, 8, INDENTED])
def test_an_example_that_goes_may_have_been_a_test(line: int) -> None:
    assert not took(line)


@pytest.mark.parametrize("line", [1, 2, 9])
def test_words_are_no_test(line: int) -> None:
    assert took(line)
    assert not took(line, "module.py")


def test_what_is_only_added_takes_nothing_away() -> None:
    new, more = FileDiff(None, "a.md", (Hunk(0, 0, 1, 9),)), FileDiff("b.md", "b.md", (Hunk(3, 0, 4, 9),))
    assert inert(Diff((new, more)), lambda _: TEXT)
    assert inert(Diff(), lambda _: TEXT)


@pytest.mark.security
@pytest.mark.parametrize("after", [None, "other.md"])
def test_a_file_that_goes_takes_its_examples_along(after: str | None) -> None:
    gone = Diff((FileDiff("a.md", after),))
    assert not inert(gone, lambda _: TEXT)
    assert inert(gone, lambda _: b"words\nmore words\n")


def test_a_file_that_becomes_code_is_no_prose() -> None:
    assert not inert(Diff((FileDiff("a.md", "a.py"),)), lambda _: b"")
