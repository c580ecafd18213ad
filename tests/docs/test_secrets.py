"""docs/secrets.md has every secret that a workflow reads or the policy names, with an owner and a cadence;
deploy/SECRETS.md has those of a hub.
"""

from __future__ import annotations

import re

import pytest

from covgov.hub.auth_service.permissions import Role
from covgov.publish.channels.alerts.targets import variables
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import tables

TEXT = (CHECKOUT / "docs" / "secrets.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines())
    if re.fullmatch(r"`[A-Z_]+`", cells[0])
}
HUB_COLUMNS = ["secret", "owner", "stored", "rotated", "how", "what breaks"]
HUB_TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (CHECKOUT / "deploy" / "SECRETS.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]


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


@pytest.mark.security
def test_what_a_hub_has_to_hide_is_told_in_every_column() -> None:
    columns, _, *rows = HUB_TABLE
    assert columns == HUB_COLUMNS
    assert len(rows) > 5
    assert [row for row in rows if len(row) != len(HUB_COLUMNS) or not all(row)] == []


@pytest.mark.security
@pytest.mark.parametrize("kind", [*Role, "OIDC", "TLS", "database", "backup"])
def test_every_kind_of_secret_of_a_hub_has_a_row(kind: str) -> None:
    assert any(kind in row[0] for row in HUB_TABLE[2:])


@pytest.mark.security
@pytest.mark.parametrize("row", [row for row in HUB_TABLE[2:] if "token" in row[0]], ids=lambda row: row[0])
def test_a_token_of_a_hub_has_a_cadence(row: list[str]) -> None:
    days = re.match(r"every (\d+) days", row[3])
    assert row[3] == "each job" or (days is not None and int(days[1]) <= 180)
