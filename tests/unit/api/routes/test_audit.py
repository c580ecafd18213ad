from __future__ import annotations

import json
from itertools import pairwise

import pytest

from covgov.hub.eventlog import audit
from covgov.hub.eventlog.chain import AuditEntry, digest
from covgov.hub.store.schema import AUDIT
from covgov.hub.store.work import transaction
from covgov_testing.hub.reading import ReadDesk

AUDIT_PATH = "/v1/audit"


def lines(text: str) -> list[AuditEntry]:
    return [AuditEntry(**json.loads(line)) for line in text.splitlines()]


def test_the_exported_trail_can_be_verified(hub: ReadDesk) -> None:
    answer = hub.get(AUDIT_PATH, hub.admin)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    found = lines(answer.text)
    assert [entry.sequence for entry in found] == list(range(1, len(found) + 1))
    assert all(digest(entry) == entry.hash for entry in found)
    assert all(one.hash == other.previous for one, other in pairwise(found))


def test_the_trail_is_read_in_pieces(hub: ReadDesk) -> None:
    first = lines(hub.get(AUDIT_PATH, hub.admin, limit=1).text)
    second = lines(hub.get(AUDIT_PATH, hub.admin, after=1, limit=1).text)
    assert [entry.sequence for entry in first + second] == [1, 2]
    assert hub.get(AUDIT_PATH, hub.admin, after=2**31 - 1).text == ""


@pytest.mark.security
def test_an_export_becomes_an_entry(hub: ReadDesk) -> None:
    hub.get(AUDIT_PATH, hub.admin, limit=1)
    with transaction(hub.engine, write=False) as connection:
        last = audit.entries(connection)[-1]
    assert (last.event, json.loads(last.fields)) == ("audit-exported", {"after": 0, "entries": 1})
    assert last.actor.startswith("token:")


@pytest.mark.security
def test_only_an_admin_reads_the_trail(hub: ReadDesk) -> None:
    assert hub.get(AUDIT_PATH).status_code == 403
    assert hub.get(AUDIT_PATH, {}).status_code == 401


@pytest.mark.reliability
def test_an_export_that_cannot_be_audited_fails(hub: ReadDesk) -> None:
    with transaction(hub.engine, write=True) as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER full BEFORE INSERT ON {AUDIT.name} BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    answer = hub.get(AUDIT_PATH, hub.admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "audit-unwritable")
