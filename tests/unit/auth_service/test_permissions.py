from __future__ import annotations

from itertools import pairwise

import pytest

from covgov.hub.auth_service.permissions import GRANTS, HARMLESS, INSTANCE, OPEN, Permission, Role

READER = {
    "badge:read",
    "coverage:read",
    "history:read",
    "metrics:read",
    "policy:read",
    "register:read",
    "repository:list",
    "repository:read",
    "run:read",
}
UPLOADER = {"history:append", "upload:create", "upload:read"}
MAINTAINER = {
    "binding:read",
    "binding:write",
    "history:prune",
    "policy:write",
    "register:write",
    "repository:update",
}
ADMIN = {
    "audit:read",
    "repository:create",
    "repository:delete",
    "token:create",
    "token:read",
    "token:revoke",
    "token:rotate",
}


def test_the_grants_are_exactly_these_so_that_widening_one_is_a_visible_change() -> None:
    assert {role.value: {one.value for one in granted} for role, granted in GRANTS.items()} == {
        "reader": READER,
        "uploader": READER | UPLOADER,
        "maintainer": READER | UPLOADER | MAINTAINER,
        "admin": READER | UPLOADER | MAINTAINER | ADMIN,
    }


def test_every_role_has_its_grants_and_every_permission_somebody_who_holds_it() -> None:
    assert set(GRANTS) == set(Role)
    assert GRANTS[Role.ADMIN] == set(Permission)


def test_each_role_holds_strictly_more_than_the_one_before_it() -> None:
    assert all(GRANTS[lower] < GRANTS[higher] for lower, higher in pairwise(Role))


def test_grants_cannot_be_changed_while_the_hub_runs() -> None:
    with pytest.raises(TypeError):
        GRANTS[Role.READER] = frozenset(Permission)  # type: ignore[index]  # this is the attempt


def test_open_permissions_only_read_one_repository() -> None:
    assert not OPEN & INSTANCE
    assert all(one.value.endswith(":read") for one in OPEN)
    assert GRANTS[Role.READER] > OPEN


def test_harmless_instance_permissions_only_read() -> None:
    assert {one.value for one in HARMLESS} == {"repository:list", "metrics:read"}
    assert HARMLESS < INSTANCE


def test_tokens_audit_and_creation_are_instance_permissions() -> None:
    assert {one.value for one in INSTANCE - HARMLESS} == ADMIN - {"repository:delete"}
