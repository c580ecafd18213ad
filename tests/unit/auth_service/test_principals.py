from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covgov.hub.auth_service.permissions import GRANTS, HARMLESS, INSTANCE, Permission, Role
from covgov.hub.auth_service.principals import (
    ANONYMOUS,
    EVERYWHERE,
    NOWHERE,
    Principal,
    PrincipalKind,
    RepositoryScope,
    may,
    principal,
    visible,
)

ROLES = st.sampled_from(list(Role))
PERMISSIONS = st.sampled_from(list(Permission))
NAMES = st.sampled_from(["acme/shop", "acme/open", "other/thing"])
ASKED = st.none() | NAMES
SCOPES = st.frozensets(NAMES).map(RepositoryScope) | st.just(EVERYWHERE)


@pytest.mark.security
@given(ROLES, SCOPES, PERMISSIONS, ASKED)
def test_no_role_may_what_the_grants_do_not_name(
    role: Role, scope: RepositoryScope, permission: Permission, asked: str | None
) -> None:
    asking = principal(PrincipalKind.TOKEN, "token:x", role, scope)
    assume(permission not in GRANTS[role])
    assert not may(asking, permission, asked)


@given(ROLES, SCOPES, PERMISSIONS, ASKED)
def test_a_principal_that_claims_every_permission_still_has_only_those_of_its_role(
    role: Role, scope: RepositoryScope, permission: Permission, asked: str | None
) -> None:
    claims_all = Principal(PrincipalKind.TOKEN, "token:x", role, scope, frozenset(Permission))
    assert may(claims_all, permission, asked) == may(
        principal(PrincipalKind.TOKEN, "token:x", role, scope), permission, asked
    )


@pytest.mark.security
@given(ROLES, st.frozensets(PERMISSIONS), PERMISSIONS, ASKED)
def test_a_principal_with_fewer_permissions_than_its_role_has_only_those(
    role: Role, held: frozenset[Permission], permission: Permission, asked: str | None
) -> None:
    assume(permission not in held)
    assert not may(Principal(PrincipalKind.TOKEN, "token:x", role, EVERYWHERE, held), permission, asked)


@given(ROLES, ROLES, SCOPES, PERMISSIONS, ASKED)
def test_may_grows_with_the_role(
    one: Role, other: Role, scope: RepositoryScope, permission: Permission, asked: str | None
) -> None:
    lower, higher = sorted([one, other], key=list(Role).index)
    if may(principal(PrincipalKind.TOKEN, "a", lower, scope), permission, asked):
        assert may(principal(PrincipalKind.TOKEN, "b", higher, scope), permission, asked)


@given(ROLES, st.frozensets(NAMES), st.frozensets(NAMES), PERMISSIONS, ASKED)
def test_may_grows_with_the_scope(
    role: Role, names: frozenset[str], more: frozenset[str], permission: Permission, asked: str | None
) -> None:
    if may(principal(PrincipalKind.TOKEN, "a", role, RepositoryScope(names)), permission, asked):
        assert may(principal(PrincipalKind.TOKEN, "b", role, RepositoryScope(names | more)), permission, asked)
        assert may(principal(PrincipalKind.TOKEN, "c", role, EVERYWHERE), permission, asked)


@pytest.mark.security
@given(PERMISSIONS, ASKED)
def test_access_is_denied_by_default(permission: Permission, asked: str | None) -> None:
    assert not may(ANONYMOUS, permission, asked)
    assert not may(Principal(PrincipalKind.TOKEN, "x", None, EVERYWHERE, frozenset(Permission)), permission, asked)


@pytest.mark.security
@given(ROLES, PERMISSIONS, NAMES)
def test_an_empty_scope_has_no_permissions(role: Role, permission: Permission, asked: str) -> None:
    assert not may(principal(PrincipalKind.TOKEN, "x", role, NOWHERE), permission, asked)


@pytest.mark.security
@given(ROLES, st.frozensets(NAMES), PERMISSIONS, NAMES)
def test_a_permission_holds_only_in_the_repositories_of_the_scope(
    role: Role, names: frozenset[str], permission: Permission, asked: str
) -> None:
    assume(asked not in names or permission in INSTANCE)
    assert not may(principal(PrincipalKind.TOKEN, "x", role, RepositoryScope(names)), permission, asked)


@pytest.mark.security
@given(ROLES, st.frozensets(NAMES), PERMISSIONS)
def test_instance_permissions_need_an_unlimited_scope(
    role: Role, names: frozenset[str], permission: Permission
) -> None:
    assume(permission not in HARMLESS)
    assert not may(principal(PrincipalKind.TOKEN, "x", role, RepositoryScope(names)), permission, None)


@pytest.mark.security
@pytest.mark.parametrize("permission", sorted(INSTANCE))
def test_an_unscoped_admin_holds_each_permission_over_the_hub_and_not_over_one_repository(
    permission: Permission,
) -> None:
    admin = principal(PrincipalKind.TOKEN, "x", Role.ADMIN, EVERYWHERE)
    assert may(admin, permission, None)
    assert not may(admin, permission, "acme/shop")


@pytest.mark.security
@pytest.mark.parametrize("permission", sorted(set(Permission) - INSTANCE))
def test_an_unscoped_admin_holds_each_permission_over_any_repository_and_not_over_none(permission: Permission) -> None:
    admin = principal(PrincipalKind.TOKEN, "x", Role.ADMIN, EVERYWHERE)
    assert may(admin, permission, "any/repository")
    assert not may(admin, permission, None)


@pytest.mark.security
def test_a_scoped_uploader_appends_there_and_nowhere_else() -> None:
    uploader = principal(PrincipalKind.TOKEN, "x", Role.UPLOADER, RepositoryScope(frozenset({"acme/shop"})))
    assert may(uploader, Permission.HISTORY_APPEND, "acme/shop")
    assert not may(uploader, Permission.HISTORY_APPEND, "acme/shop2")
    assert not may(uploader, Permission.HISTORY_APPEND, "acme")
    assert not may(uploader, Permission.REGISTER_WRITE, "acme/shop")


def test_a_principal_gets_its_roles_permissions() -> None:
    made = principal(PrincipalKind.OIDC, "oidc:acme/shop", Role.UPLOADER, EVERYWHERE)
    assert made == Principal(PrincipalKind.OIDC, "oidc:acme/shop", Role.UPLOADER, EVERYWHERE, GRANTS[Role.UPLOADER])


def test_anonymous_has_a_name_and_no_permissions() -> None:
    assert (ANONYMOUS.kind, ANONYMOUS.name, ANONYMOUS.role) == (PrincipalKind.ANONYMOUS, "anonymous", None)
    assert ANONYMOUS.repositories == NOWHERE
    assert ANONYMOUS.permissions == frozenset()


@pytest.mark.security
def test_a_list_shows_public_and_scoped_repositories_in_order() -> None:
    all_of_them = [("other/thing", True), ("acme/open", False), ("acme/shop", True)]
    reader = principal(PrincipalKind.TOKEN, "x", Role.READER, RepositoryScope(frozenset({"acme/shop"})))
    assert visible(reader, all_of_them) == ["acme/open", "acme/shop"]
    assert visible(ANONYMOUS, all_of_them) == ["acme/open"]
    assert visible(ANONYMOUS, [("other/thing", True), ("acme/shop", True)]) == []
    admin = principal(PrincipalKind.TOKEN, "x", Role.ADMIN, EVERYWHERE)
    assert visible(admin, all_of_them) == ["other/thing", "acme/open", "acme/shop"]
