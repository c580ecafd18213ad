"""docs/secrets.md has every secret that a workflow reads or the policy names, with an owner and a cadence."""

from __future__ import annotations

import re

import pytest

from covgov.publish.channels.alerts.targets import variables
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import tables

TEXT = (CHECKOUT / "docs" / "secrets.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines())
    if re.fullmatch(r"`[A-Z_]+`", cells[0])
}


@pytest.mark.security
def test_every_secret_that_is_read_is_documented() -> None:
    targets = tables.policy().notify.targets.values()
    named = {name for listed in targets for target in listed for name in variables(target)}
    assert set(ROWS) == set(tables.secrets())
    assert named <= set(ROWS)


@pytest.mark.security
@pytest.mark.parametrize("name", ROWS)
def test_a_secret_has_an_owner_a_place_and_a_day_on_which_it_is_replaced(name: str) -> None:
    owner, opens, stored, rotated, how, without = ROWS[name]
    assert all((owner, opens, stored, how, without))
    days = re.match(r"every (\d+) days", rotated)
    assert days is not None
    assert int(days[1]) <= 180
