from __future__ import annotations

import pytest

from covgov.model.loosening import Loosening
from covgov.model.verdict import Effect
from covgov_testing.builders.policy import (
    found,
    good,
    knowing,
)


@pytest.mark.security
def test_each_loosening_fails() -> None:
    made = knowing(good(), loosenings=(Loosening("policy.max_drop", "raised from 2 to 3"),))
    (finding,) = found("loosened", made)
    assert (finding.effect, finding.message) == (Effect.FAIL, "policy.max_drop: raised from 2 to 3")
