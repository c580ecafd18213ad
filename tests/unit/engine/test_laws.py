from __future__ import annotations

import pytest

from covgov_testing.laws import examples


@pytest.mark.parametrize(("usual", "measured"), [(400, 100), (100, 25), (40, 10), (20, 10), (5, 5)])
def test_a_measured_run_tries_fewer_examples_of_a_law(usual: int, measured: int) -> None:
    assert (examples(usual, measured=False), examples(usual, measured=True)) == (usual, measured)
