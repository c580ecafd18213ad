from __future__ import annotations

import pytest
from sqlalchemy import event

from covgov.errors import CovgovError
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import RepositoryScope
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.auth_service.removal import remove
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.eventlog import audit
from covgov.hub.store import repositories
from covgov.hub.store.repositories import Deletion
from covgov.hub.store.work import stamp, transaction
from covgov_testing.fakes.auth import DAY, NOON, AuthDesk, repository_id

SHOP = "acme/shop"


def removed(desk: AuthDesk, owner: str = "acme", name: str = "shop") -> Deletion:
    with desk.work() as work:
        found = repositories.get(work.connection, owner, name)
        assert found is not None
        return remove(work, found)


def made_again(desk: AuthDesk) -> None:
    with desk.work() as work:
        repositories.create(work.connection, "acme", "shop", at=NOON)


def opens(desk: AuthDesk, issued: tokens.IssuedToken) -> RepositoryScope | str:
    try:
        return desk.authenticator.authenticate([f"Bearer {issued.secret.text}"]).repositories
    except AuthenticationRefusal as refused:
        return refused.code


def told(desk: AuthDesk) -> list[tuple[str, dict[str, object]]]:
    return [(name, fields) for name, _, fields in desk.audited() if name not in ("token-created", "token-rotated")]


@pytest.mark.security
@pytest.mark.parametrize("role", list(Role))
def test_a_token_for_a_deleted_repository_does_not_open_its_namesake(desk: AuthDesk, role: Role) -> None:
    """An admin's token of this one repository above all: with an empty scope it would reach every one."""
    issued = desk.token(role, SHOP)
    gone = removed(desk)
    made_again(desk)
    assert (gone.repository.full_name, gone.runs) == (SHOP, 0)
    assert opens(desk, issued) == "token-revoked"
    assert desk.token_now(issued.token.id).scope == RepositoryScope(frozenset({SHOP}))
    assert told(desk) == [
        ("token-revoked", {"token": issued.token.id, "name": "a name", "reason": "repository acme/shop deleted"}),
        ("repository-deleted", {"repository": SHOP, "files": 0, "runs": 0, "blobs": 0}),
    ]


@pytest.mark.security
def test_a_token_for_more_than_the_deleted_repository_keeps_the_rest(desk: AuthDesk) -> None:
    issued = desk.token(Role.UPLOADER, SHOP, "acme/open")
    removed(desk)
    made_again(desk)
    assert opens(desk, issued) == RepositoryScope(frozenset({"acme/open"}))
    assert told(desk)[0] == ("token-narrowed", {"token": issued.token.id, "repository": SHOP, "name": "a name"})
    removed(desk, "acme", "open")
    assert opens(desk, issued) == "token-revoked"


@pytest.mark.parametrize("names", [(), ("acme/Shop",), ("acme/shop2", "an-acme/shop"), ("acme/open",)])
def test_other_tokens_stay_as_they_are(desk: AuthDesk, names: tuple[str, ...]) -> None:
    issued = desk.token(Role.ADMIN, *names)
    removed(desk)
    assert desk.token_now(issued.token.id) == issued.token
    assert [name for name, _ in told(desk)] == ["repository-deleted"]


@pytest.mark.security
def test_a_name_with_a_wildcard_of_sql_takes_only_itself(desk: AuthDesk) -> None:
    with desk.work() as work:
        repositories.create(work.connection, "acme", "a_b", at=NOON)
    exact, other = desk.token(Role.READER, "acme/a_b"), desk.token(Role.READER, "acme/axb")
    removed(desk, "acme", "a_b")
    assert (opens(desk, exact), opens(desk, other)) == ("token-revoked", RepositoryScope(frozenset({"acme/axb"})))


@pytest.mark.security
def test_a_rotated_token_and_its_successor_are_both_revoked(desk: AuthDesk) -> None:
    old = desk.token(Role.UPLOADER, SHOP)
    with desk.work() as work:
        new = tokens.rotate(work, old.token.id, DAY, desk.secrets)
    removed(desk)
    assert (opens(desk, old), opens(desk, new)) == ("token-revoked", "token-revoked")


@pytest.mark.security
def test_an_expired_token_is_revoked_as_well_since_a_clock_may_jump_back(desk: AuthDesk) -> None:
    issued = desk.token(Role.UPLOADER, SHOP, lifetime=DAY)
    desk.clock.forward(2 * DAY.total_seconds())
    removed(desk)
    desk.clock.now = NOON
    assert opens(desk, issued) == "token-revoked"


def test_token_changes_are_audited_in_order_of_ids(desk: AuthDesk) -> None:
    ids = [desk.token(Role.READER, SHOP).token.id for _ in range(6)]
    assert ids != sorted(ids), "the order they were made in is another"
    removed(desk)
    assert [fields["token"] for name, fields in told(desk) if name == "token-revoked"] == sorted(ids)


def test_revoking_again_keeps_the_first_time_and_is_not_audited(desk: AuthDesk) -> None:
    issued = desk.token(Role.UPLOADER, SHOP)
    with desk.work() as work:
        tokens.revoke(work, issued.token.id)
    desk.clock.forward(60)
    removed(desk)
    assert desk.token_now(issued.token.id).revoked_at == NOON
    assert [name for name, _ in told(desk)] == ["token-revoked", "repository-deleted"]


def signed(desk: AuthDesk, **claims: str) -> list[str]:
    """The Authorization header of a CI job."""
    return [f"Bearer {desk.issuer.sign(desk.issuer.github(**claims))}"]


@pytest.mark.security
def test_a_ci_job_s_token_and_its_binding_do_not_open_the_namesake(desk: AuthDesk) -> None:
    binding, kept = desk.bind(), desk.bind("acme/open", "acme/open")
    exchanged = desk.authenticator.exchange(signed(desk), "request-2", desk.secrets)
    removed(desk)
    made_again(desk)
    assert opens(desk, exchanged) == "token-revoked"
    with pytest.raises(AuthenticationRefusal, match="no repository of the hub is bound"):
        desk.authenticator.exchange(signed(desk, jti="another"), "request-3", desk.secrets)
    with desk.work() as work:
        assert bindings.bound(work.connection, repository_id(work, SHOP)) == []
        assert bindings.bound(work.connection, repository_id(work, "acme/open")) == [kept]
    unbound = next(fields for name, fields in told(desk) if name == "oidc-unbound")
    assert (unbound["repository"], unbound["binding"]) == (SHOP, binding.id)


def test_when_the_deletion_fails_every_token_and_binding_is_as_before(desk: AuthDesk) -> None:
    desk.bind()
    issued = desk.token(Role.UPLOADER, SHOP)
    before = desk.audited()

    def refuse(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM repositories"):
            raise CovgovError("test-refusal", "no")

    event.listen(desk.engine, "before_cursor_execute", refuse)
    with pytest.raises(CovgovError, match="no"):
        removed(desk)
    assert opens(desk, issued) == RepositoryScope(frozenset({SHOP}))
    assert desk.audited() == before
    with transaction(desk.engine, write=False) as connection:
        found = repositories.get(connection, "acme", "shop")
        assert found is not None
        assert len(bindings.bound(connection, found.id)) == 1


def test_a_removed_repository_cannot_be_removed_again(desk: AuthDesk) -> None:
    with desk.work() as work:
        found = repositories.get(work.connection, "acme", "shop")
        assert found is not None
        remove(work, found)
        with pytest.raises(CovgovError) as caught:
            remove(work, found)
    assert caught.value.code == "repository-unknown"
    assert [name for name, _ in told(desk)] == ["repository-deleted"]


def test_the_trail_names_the_actor_and_request_of_a_removal(desk: AuthDesk) -> None:
    removed(desk)
    with transaction(desk.engine, write=False) as connection:
        [entry] = audit.entries(connection)
    assert (entry.at, entry.actor, entry.request_id) == (stamp(NOON), "local:root", "request-1")
