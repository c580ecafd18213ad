from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from covgov.errors import CovgovError, UsageError
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE, PrincipalKind, RepositoryScope, principal
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.auth_service.tokens.request import TokenRequest
from covgov.hub.auth_service.tokens.text import checksum, make
from covgov.hub.store.schema import TOKENS
from covgov.hub.store.work import transaction
from covgov_testing.fakes.auth import DAY, NOON, AuthDesk, CountedBytes

HINTS = {
    "token-inactive": "issue a new token instead",
    "token-overlap": "revoke a leaked token instead of rotating it",
    "token-unknown": "see covgov hub token list",
}
SHOP = RepositoryScope(frozenset({"acme/shop"}))


def found(desk: AuthDesk, shown: str) -> tokens.Token:
    with transaction(desk.engine, write=False) as connection:
        return tokens.find(connection, shown, desk.clock.now)


def refusal(desk: AuthDesk, shown: str) -> str:
    with pytest.raises(AuthenticationRefusal) as caught:
        found(desk, shown)
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer realm="covgov"'}
    malformed = caught.value.code == "token-malformed"
    assert caught.value.hint == ("check that the whole token is copied" if malformed else "ask for a new one")
    return f"{caught.value.code}: {caught.value.message}"


def usage_fault(desk: AuthDesk, act: str, token_id: str, *more: object) -> str:
    with pytest.raises(UsageError) as caught, desk.work() as work:
        getattr(tokens, act)(work, token_id, *more)
    assert caught.value.hint == HINTS[caught.value.code]
    return f"{caught.value.code}: {caught.value.message}"


def test_an_issued_token_is_found_by_its_text(desk: AuthDesk) -> None:
    issued = desk.token(Role.UPLOADER, "acme/shop", "acme/open", lifetime=3 * DAY, name="CI of the shop")
    assert found(desk, issued.secret.text) == issued.token
    assert issued.token == tokens.Token(
        issued.secret.id,
        "CI of the shop",
        Role.UPLOADER,
        RepositoryScope(frozenset({"acme/shop", "acme/open"})),
        NOON,
        NOON + 3 * DAY,
        None,
        None,
        None,
    )


def test_the_principal_is_named_by_the_tokens_id_and_has_its_role_and_scope(desk: AuthDesk) -> None:
    token = desk.token(Role.MAINTAINER, "acme/shop").token
    assert token.principal() == principal(PrincipalKind.TOKEN, f"token:{token.id}", Role.MAINTAINER, SHOP)


def test_an_admins_token_without_repositories_reaches_everything(desk: AuthDesk) -> None:
    assert found(desk, desk.token(Role.ADMIN).secret.text).scope == EVERYWHERE


def test_an_admins_token_with_repositories_reaches_only_those(desk: AuthDesk) -> None:
    assert found(desk, desk.token(Role.ADMIN, "acme/shop").secret.text).scope == SHOP


def test_another_roles_row_without_repositories_reaches_nothing(desk: AuthDesk) -> None:
    issued = desk.token(Role.READER, "acme/shop")
    with desk.work() as work:
        work.connection.execute(TOKENS.update().values(scope="[]"))
    assert found(desk, issued.secret.text).scope == RepositoryScope()


@pytest.mark.security
def test_a_refused_request_leaves_no_token_and_no_audit_entry(desk: AuthDesk) -> None:
    with pytest.raises(UsageError, match="366 days"), desk.work() as work:
        tokens.issue(work, TokenRequest("x", Role.READER, SHOP, 400 * DAY), desk.secrets)
    with transaction(desk.engine, write=False) as connection:
        assert tokens.list_(connection) == []
    assert desk.audited() == []


def test_the_token_text_is_not_stored(desk: AuthDesk) -> None:
    issued = desk.token()
    with transaction(desk.engine, write=False) as connection:
        tables = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
        kept = str([connection.execute(text(f'select * from "{name}"')).all() for name in tables])
    assert issued.secret.digest() in kept
    assert issued.secret.text[31:74] not in kept


def test_creation_is_audited(desk: AuthDesk) -> None:
    token = desk.token(Role.READER, "b/b", "a/a", name="eyes", lifetime=DAY).token
    told = {"role": "reader", "name": "eyes", "scope": "a/a b/b", "expires": "2026-11-23T12:00:00Z"}
    assert desk.audited() == [("token-created", "local:root", {"token": token.id, **told})]


@pytest.mark.security
def test_an_incomplete_token_is_malformed_not_unknown(desk: AuthDesk) -> None:
    shown = desk.token().secret.text
    assert refusal(desk, shown[:-1]) == "token-malformed: this is not a token of the hub"
    assert refusal(desk, "") == "token-malformed: this is not a token of the hub"


@pytest.mark.security
def test_a_well_formed_token_of_another_hub_is_unknown(desk: AuthDesk) -> None:
    desk.token()
    other = make(lambda size: b"\xff" * size)
    assert refusal(desk, other.text) == "token-unknown: the hub does not know this token"


@pytest.mark.security
def test_a_wrong_secret_is_unknown_even_for_inactive_tokens(desk: AuthDesk) -> None:
    issued = desk.token()
    body = issued.secret.text[:31] + "A" * 43
    with desk.work() as work:
        tokens.revoke(work, issued.token.id)
    assert refusal(desk, body + checksum(body)) == "token-unknown: the hub does not know this token"


@pytest.mark.security
def test_a_row_with_a_blank_digest_admits_nobody(desk: AuthDesk) -> None:
    issued = desk.token()
    with desk.work() as work:
        work.connection.execute(TOKENS.update().values(sha256=""))
    assert refusal(desk, issued.secret.text).startswith("token-unknown")


def test_the_digests_are_compared_in_constant_time() -> None:
    source = Path(tokens.__file__).read_text(encoding="utf-8")
    assert "hmac.compare_digest(kept, shown.digest())" in source
    assert "== shown.digest()" not in source


@pytest.mark.security
def test_a_token_works_until_the_second_before_it_expires(desk: AuthDesk) -> None:
    issued = desk.token(lifetime=DAY)
    desk.clock.now = NOON + DAY - timedelta(seconds=1)
    assert found(desk, issued.secret.text).id == issued.token.id
    desk.clock.now = NOON + DAY
    expected = f"token-expired: token {issued.token.id} expired at 2026-11-23T12:00:00Z"
    assert refusal(desk, issued.secret.text) == expected


@pytest.mark.security
def test_revocation_takes_effect_at_once_for_that_token_only(desk: AuthDesk) -> None:
    one, other = desk.token(name="one"), desk.token(name="other")
    with desk.work() as work:
        revoked = tokens.revoke(work, one.token.id)
    assert revoked.revoked_at == NOON
    assert not revoked.active(NOON)
    assert refusal(desk, one.secret.text) == f"token-revoked: token {one.token.id} was revoked"
    assert found(desk, other.secret.text).id == other.token.id
    assert desk.audited()[-1] == ("token-revoked", "local:root", {"token": one.token.id, "name": "one"})


def test_revoking_again_changes_nothing(desk: AuthDesk) -> None:
    token = desk.token().token
    with desk.work() as work:
        first = tokens.revoke(work, token.id)
    desk.clock.forward(60)
    with desk.work() as work:
        assert tokens.revoke(work, token.id) == first
    assert [event for event, _, _ in desk.audited()] == ["token-created", "token-revoked"]


@pytest.mark.security
def test_rotation_issues_a_new_token_with_an_overlap(desk: AuthDesk) -> None:
    old = desk.token(Role.UPLOADER, "acme/shop", lifetime=30 * DAY, name="CI")
    desk.clock.forward(3600)
    now = desk.clock.now
    with desk.work() as work:
        new = tokens.rotate(work, old.token.id, timedelta(hours=2), desk.secrets)
    assert found(desk, new.secret.text) == new.token
    assert (new.token.name, new.token.role, new.token.scope) == ("CI", Role.UPLOADER, SHOP)
    assert (new.token.created_at, new.token.expires_at) == (now, now + 30 * DAY)
    kept = desk.token_now(old.token.id)
    assert (kept.expires_at, kept.replaced_by) == (now + timedelta(hours=2), new.token.id)
    assert found(desk, old.secret.text).id == old.token.id
    desk.clock.forward(7200)
    assert refusal(desk, old.secret.text).startswith("token-expired")
    assert found(desk, new.secret.text).id == new.token.id


@pytest.mark.security
def test_rotation_without_overlap_ends_the_old_token_at_once(desk: AuthDesk) -> None:
    old = desk.token()
    with desk.work() as work:
        tokens.rotate(work, old.token.id, timedelta(), desk.secrets)
    assert refusal(desk, old.secret.text).startswith("token-expired")


@pytest.mark.security
def test_rotation_never_prolongs_the_old_token(desk: AuthDesk) -> None:
    old = desk.token(lifetime=DAY)
    with desk.work() as work:
        tokens.rotate(work, old.token.id, 7 * DAY, desk.secrets)
    assert desk.token_now(old.token.id).expires_at == NOON + DAY
    desk.clock.now = NOON + DAY
    assert refusal(desk, old.secret.text).startswith("token-expired")


def test_rotation_is_audited_once(desk: AuthDesk) -> None:
    old = desk.token(name="CI", lifetime=30 * DAY).token
    with desk.work() as work:
        new = tokens.rotate(work, old.id, timedelta(hours=1), desk.secrets).token
    fields = {
        "token": old.id,
        "replaced_by": new.id,
        "name": "CI",
        "overlap": "2026-11-22T13:00:00Z",
        "expires": "2026-12-22T12:00:00Z",
    }
    assert desk.audited()[1:] == [("token-rotated", "local:root", fields)]


@pytest.mark.security
def test_a_token_is_rotated_once(desk: AuthDesk) -> None:
    token = desk.token().token
    with desk.work() as work:
        tokens.rotate(work, token.id, DAY, desk.secrets)
    expected = f"token-inactive: token {token.id} is expired, revoked or already rotated"
    assert usage_fault(desk, "rotate", token.id, DAY, desk.secrets) == expected


@pytest.mark.security
def test_neither_a_revoked_nor_an_expired_token_is_brought_back_by_rotation(desk: AuthDesk) -> None:
    revoked, expired = desk.token().token, desk.token(lifetime=DAY).token
    with desk.work() as work:
        tokens.revoke(work, revoked.id)
    desk.clock.forward(86400)
    for token in (revoked, expired):
        assert usage_fault(desk, "rotate", token.id, DAY, desk.secrets).startswith("token-inactive")


@pytest.mark.security
def test_a_refused_overlap_changes_nothing(desk: AuthDesk) -> None:
    token = desk.token().token
    assert usage_fault(desk, "rotate", token.id, 8 * DAY, desk.secrets).startswith("token-overlap")
    assert desk.token_now(token.id) == token


@pytest.mark.security
@pytest.mark.parametrize("act", ["rotate", "revoke"])
def test_a_missing_document_cannot_be_changed_conditionally(desk: AuthDesk, act: str) -> None:
    more = (DAY, desk.secrets) if act == "rotate" else ()
    assert usage_fault(desk, act, "x" * 50, *more) == "token-unknown: there is no token " + "x" * 40


def test_tokens_are_listed_oldest_first_whatever_their_state(desk: AuthDesk) -> None:
    first = desk.token(name="first").token
    desk.clock.forward(1)
    second = desk.token(name="second").token
    with desk.work() as work:
        tokens.revoke(work, second.id)
        assert [one.name for one in tokens.list_(work.connection)] == ["first", "second"]
        assert tokens.list_(work.connection)[0] == first


def test_tokens_of_one_second_are_listed_by_id(desk: AuthDesk) -> None:
    made = sorted(desk.token().token.id for _ in range(5))
    with desk.work() as work:
        assert [one.id for one in tokens.list_(work.connection)] == made


def test_last_use_is_due_at_first_and_after_a_minute(desk: AuthDesk) -> None:
    token = desk.token().token
    assert tokens.use_is_due(token, NOON)
    with desk.work() as work:
        tokens.record_use(work.connection, token.id, NOON)
    used = desk.token_now(token.id)
    assert used.last_used_at == NOON
    assert not tokens.use_is_due(used, NOON + timedelta(seconds=59))
    assert tokens.use_is_due(used, NOON + timedelta(seconds=60))


def test_last_use_only_moves_forward(desk: AuthDesk) -> None:
    token, other = desk.token().token, desk.token().token
    with desk.work() as work:
        tokens.record_use(work.connection, token.id, NOON + DAY)
        tokens.record_use(work.connection, token.id, NOON)
    assert desk.token_now(token.id).last_used_at == NOON + DAY
    assert desk.token_now(other.id).last_used_at is None
    with desk.work() as work:
        tokens.record_use(work.connection, token.id, NOON + 2 * DAY)
    assert desk.token_now(token.id).last_used_at == NOON + 2 * DAY


@pytest.mark.security
def test_only_tokens_from_ci_that_expired_a_day_ago_are_forgotten(desk: AuthDesk) -> None:
    desk.token(Role.ADMIN, lifetime=DAY, name="an oidc: of people")
    with desk.work() as work:
        wanted = TokenRequest("oidc:acme/shop@refs/heads/main", Role.UPLOADER, SHOP, DAY, CiJob("refs/heads/main"))
        issued = tokens.issue(work, wanted, desk.secrets)
        tokens.forget_exchanged(work.connection, NOON + 2 * DAY)
        assert len(tokens.list_(work.connection)) == 2
        tokens.forget_exchanged(work.connection, NOON + 2 * DAY + timedelta(seconds=1))
        assert [one.name for one in tokens.list_(work.connection)] == ["an oidc: of people"]
    assert refusal(desk, issued.secret.text).startswith("token-unknown")


@pytest.mark.reliability
def test_a_token_whose_audit_entry_cannot_be_written_was_never_issued(desk: AuthDesk) -> None:
    with desk.work() as work:
        work.connection.execute(text("drop table audit"))
    with pytest.raises(CovgovError) as caught:
        desk.token()
    assert caught.value.code == "audit-unwritable"
    with transaction(desk.engine, write=False) as connection:
        assert connection.execute(select(func.count()).select_from(TOKENS)).scalar_one() == 0


@pytest.mark.security
@pytest.mark.reliability
def test_two_admins_who_rotate_one_token_do_not_both_succeed(desk: AuthDesk) -> None:
    token = desk.token().token
    with desk.work("token:one") as work:
        tokens.rotate(work, token.id, DAY, desk.secrets)
    with pytest.raises(UsageError, match="already rotated"), desk.work("token:two") as work:
        tokens.rotate(work, token.id, DAY, CountedBytes())
    with transaction(desk.engine, write=False) as connection:
        assert len(tokens.list_(connection)) == 2


def of_ci(desk: AuthDesk, job: CiJob) -> tokens.IssuedToken:
    with desk.work() as work:
        return tokens.issue(work, TokenRequest("oidc:x@y", Role.UPLOADER, SHOP, DAY, job), desk.secrets)


@pytest.mark.parametrize("job", [CiJob("refs/pull/7/merge", "c" * 40), CiJob("refs/heads/main")])
def test_a_ci_token_keeps_its_job_through_rotations(desk: AuthDesk, job: CiJob) -> None:
    issued = of_ci(desk, job)
    assert issued.token.job == job
    assert desk.token_now(issued.token.id).principal().job == job
    with desk.work() as work:
        successor = tokens.rotate(work, issued.token.id, DAY, desk.secrets)
    assert successor.token.job == job
    with desk.work() as work:
        assert tokens.find(work.connection, successor.secret.text, NOON).principal().job == job


def test_a_personal_token_has_no_job(desk: AuthDesk) -> None:
    issued = desk.token()
    assert issued.token.job is None
    assert issued.token.principal().job is None


@pytest.mark.security
def test_revoking_a_token_lists_its_active_successors(desk: AuthDesk) -> None:
    first = desk.token()
    with desk.work() as work:
        second = tokens.rotate(work, first.token.id, DAY, desk.secrets)
        third = tokens.rotate(work, second.token.id, DAY, desk.secrets).token
        gone = tokens.revoke(work, first.token.id)
        assert tokens.successors(work.connection, gone, NOON) == [second.token.id, third.id]
    assert refusal(desk, first.secret.text).startswith("token-revoked")
    assert found(desk, second.secret.text).id == second.token.id
    with desk.work() as work:
        tokens.revoke(work, second.token.id)
        assert tokens.successors(work.connection, gone, NOON) == [third.id]
        assert tokens.successors(work.connection, third, NOON) == []
        assert tokens.successors(work.connection, gone, third.expires_at) == []
    assert refusal(desk, second.secret.text).startswith("token-revoked")


def test_token_pages_continue_within_a_second(desk: AuthDesk) -> None:
    for number in range(3):
        desk.token(name=f"n{number}")
    desk.clock.forward(1)
    desk.token(name="later")
    with desk.work() as work:
        everything = tokens.list_(work.connection)
        assert everything[-1].name == "later"
        for index, token in enumerate(everything):
            left = everything[index + 1 :]
            assert tokens.list_(work.connection, after=tokens.place(token)) == left
            assert tokens.list_(work.connection, after=tokens.place(token), limit=1) == left[:1]
