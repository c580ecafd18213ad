from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.ingest.texts.docstrings import drop_docstrings
from covgov.model import lines
from covgov_testing.builders.coverage import cov

SOURCE = '''"""Module."""
class A:
    """Class
    of two lines."""
    x = 1
    async def f(self):
        """F."""
'''


def test_exactly_the_docstrings_are_dropped() -> None:
    listed = replace(cov("+++++++"), attributes=(("security", lines.of([1, 2])),))
    settled = drop_docstrings(listed, 4, SOURCE)
    assert settled is not None
    assert lines.spell(settled.covered) == lines.spell(settled.statements) == "2,5-6"
    assert lines.spell(settled.attribute("security")) == "2"


def test_docstrings_that_were_not_listed_stay_where_they_are() -> None:
    settled = drop_docstrings(cov("+-+.++."), 2, SOURCE)
    assert settled is not None
    assert lines.spell(settled.statements) == "2,5-6"
    assert lines.spell(settled.covered) == "5-6"


@pytest.mark.parametrize("surplus", [1, 3, 9])
def test_another_number_of_docstrings_settles_nothing(surplus: int) -> None:
    assert drop_docstrings(cov("+++++++"), surplus, SOURCE) is None


@pytest.mark.parametrize("source", ["def (", "\0", "x = 1\n"])
def test_text_that_does_not_explain_it_settles_nothing(source: str) -> None:
    assert drop_docstrings(cov("+"), 1, source) is None
