"""What the plan names ran: `make proven`, after the tiers that leave the records."""

from __future__ import annotations

import os

import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import proof

PLAN = CHECKOUT / "tests" / "docs" / "test_framework_upgrades" / "phase_r5_plan.md"


@pytest.mark.skipif(
    os.environ.get("COVGOV_PROVE") != "proven", reason="`make test` asks for it when all other tests have run"
)
def test_every_test_that_the_plan_names_ran_and_passed() -> None:
    wanted = [test for claim in proof.claims(PLAN.read_text(encoding="utf-8")) for test in claim.tests]
    there = proof.collected(sorted({module for module, _ in wanted}), CHECKOUT)
    assert proof.unproven(wanted, CHECKOUT, there) == {}
