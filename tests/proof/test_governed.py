"""The main job ran every unit and contract test: `make governed`, in place of running them a second time."""

from __future__ import annotations

import os

import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import proof


@pytest.mark.skipif(
    os.environ.get("COVGOV_PROVE") != "governed", reason="`make test GOVERNED=1` asks for it after `make govern`"
)
def test_every_unit_and_contract_test_ran_and_passed() -> None:
    there = proof.collected(["tests/unit", "tests/contracts"], CHECKOUT)
    listed = (CHECKOUT / "tests" / "inventory.txt").read_text(encoding="utf-8").split()
    assert {module for module, _ in there} == {
        one for one in listed if one.startswith(("tests/unit/", "tests/contracts/"))
    }
    assert proof.unproven(sorted(there), CHECKOUT, there) == {}
