from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.event import listen

from covgov.errors import CovgovError, UsageError
from covgov.hub.auth_service.authenticate import EXCHANGED_LIFE, USE_PATIENCE, authenticator
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Permission, Role
from covgov.hub.auth_service.principals import ANONYMOUS, PrincipalKind, RepositoryScope, may, principal
from covgov.hub.auth_service.refusals import AuthenticationRefusal
from covgov.hub.auth_service.tokens import tokens
from covgov.hub.deps import HubDeps
from covgov.hub.eventlog.diagnostics import configure
from covgov.hub.settings import HubSettings
from covgov.hub.store.schema import OIDC_BINDINGS, OIDC_SEEN, REPOSITORIES
from covgov.hub.store.work import PATIENCE, WRITE, stamp
from covgov_testing.fakes.auth import AUDIENCE, DAY, GITHUB, GITLAB, NOON, AuthDesk, Clock, unsigned

HINTS = {
    "authorization-malformed": "send Authorization: Bearer with a token of the hub",
    "oidc-malformed": "see docs/hub.md on tokens from CI",
    "oidc-replayed": "request a new token from the CI, or run the job again",
    "oidc-signature": "see docs/hub.md on tokens from CI",
    "oidc-unbound": "ask a maintainer to bind issuer, repository and ref pattern",
    "token-expired": "ask for a new one",
    "token-malformed": "check that the whole token is copied",
    "token-revoked": "ask for a new one",
}
SHOP = RepositoryScope(frozenset({"acme/shop"}))
SUBJECT = "repo:acme/shop:ref:refs/heads/main"


def refusal(desk: AuthDesk, *headers: str) -> str:
    with pytest.raises(AuthenticationRefusal) as caught:
        desk.authenticator.authenticate(headers, repository="acme/shop")
    assert caught.value.hint == HINTS[caught.value.code]
    return f"{caught.value.code}: {caught.value.message}"


def last_request(desk: AuthDesk) -> str:
    """The request id of the newest audit entry."""
    with desk.work() as work:
        query = text("select request_id from audit order by sequence desc limit 1")
        return str(work.connection.execute(query).scalar_one())


def bearer(token: str) -> list[str]:
    return [f"Bearer {token}"]


def test_a_request_without_header_is_anonymous(desk: AuthDesk) -> None:
    assert desk.authenticator.authenticate([]) == ANONYMOUS


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", " Bearer "])
def test_a_hub_token_gives_its_principal(desk: AuthDesk, scheme: str) -> None:
    issued = desk.token(Role.UPLOADER, "acme/shop")
    expected = principal(PrincipalKind.TOKEN, f"token:{issued.token.id}", Role.UPLOADER, SHOP)
    assert desk.authenticator.authenticate([scheme + issued.secret.text + " "]) == expected


@pytest.mark.security
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x", "cvg_x", "Bearer\tx", "BearerX y"]
)
def test_a_header_without_a_bearer_token_is_refused(desk: AuthDesk, header: str) -> None:
    expected = "authorization-malformed: the request needs exactly one Authorization header, with Bearer and a token"
    assert refusal(desk, header) == expected


@pytest.mark.security
def test_two_headers_are_refused_even_when_both_are_good(desk: AuthDesk) -> None:
    good = bearer(desk.token().secret.text)[0]
    assert refusal(desk, good, good).startswith("authorization-malformed")


@pytest.mark.security
def test_a_bad_token_is_refused_and_not_treated_as_anonymous(desk: AuthDesk) -> None:
    assert refusal(desk, "Bearer cvg_x").startswith("token-malformed")
    assert refusal(desk, "Bearer x").startswith("oidc-malformed")


@pytest.mark.security
@pytest.mark.parametrize("end", ["expire", "revoke"])
def test_an_expired_or_revoked_token_is_refused(desk: AuthDesk, end: str) -> None:
    issued = desk.token(lifetime=DAY)
    if end == "expire":
        desk.clock.forward(86400)
    else:
        with desk.work() as work:
            tokens.revoke(work, issued.token.id)
    assert refusal(desk, *bearer(issued.secret.text)).startswith(f"token-{end}")
    assert desk.token_now(issued.token.id).last_used_at is None


def test_the_last_use_is_recorded_to_the_minute(desk: AuthDesk) -> None:
    issued = desk.token()
    desk.authenticator.authenticate(bearer(issued.secret.text))
    assert desk.token_now(issued.token.id).last_used_at == NOON
    desk.clock.forward(59)
    desk.authenticator.authenticate(bearer(issued.secret.text))
    assert desk.token_now(issued.token.id).last_used_at == NOON
    desk.clock.forward(1)
    desk.authenticator.authenticate(bearer(issued.secret.text))
    assert desk.token_now(issued.token.id).last_used_at == NOON + timedelta(seconds=60)


@pytest.mark.security
@pytest.mark.reliability
def test_a_last_use_that_cannot_be_recorded_is_logged_only(desk: AuthDesk) -> None:
    issued = desk.token()
    with desk.work() as work:
        trigger = "create trigger full before update on tokens begin select raise(abort, 'disk full'); end"
        work.connection.execute(text(trigger))
    lines = StringIO()
    configure(lines)
    try:
        assert desk.authenticator.authenticate(bearer(issued.secret.text)) == issued.token.principal()
    finally:
        configure(None)
    told = json.loads(lines.getvalue())
    assert (told["event"], told["level"], told["token"]) == ("token-use-unrecorded", "warning", issued.token.id)
    assert "disk full" in told["reason"]
    desk.clock.now = issued.token.expires_at
    assert refusal(desk, *bearer(issued.secret.text)).startswith("token-expired"), "a full disk prolongs no token"


@pytest.mark.security
def test_a_ci_token_makes_an_uploader_of_the_bound_repository(desk: AuthDesk) -> None:
    desk.bind("acme/shop")
    desk.bind("acme/open")
    asking = desk.authenticator.authenticate(bearer(desk.issuer.sign(desk.issuer.github())), "r", "acme/shop")
    job = CiJob("refs/heads/main")
    assert asking == principal(PrincipalKind.OIDC, "oidc:acme/shop@refs/heads/main", Role.UPLOADER, SHOP, job)
    assert may(asking, Permission.UPLOAD_CREATE, "acme/shop")
    assert not may(asking, Permission.UPLOAD_CREATE, "other/thing")
    assert not may(asking, Permission.POLICY_WRITE, "acme/shop")


def test_a_gitlab_token_works_too(desk: AuthDesk) -> None:
    desk.bind("acme/shop", "acme/web/shop", issuer=GITLAB.issuer)
    asking = desk.authenticator.authenticate(bearer(desk.issuer.sign(desk.issuer.gitlab())), "r", "acme/shop")
    assert (asking.name, asking.repositories) == ("oidc:acme/web/shop@refs/heads/main", SHOP)


@pytest.mark.security
def test_a_ci_token_can_be_used_once(desk: AuthDesk) -> None:
    desk.bind()
    token = desk.issuer.sign(desk.issuer.github())
    desk.authenticator.authenticate(bearer(token))
    assert (
        refusal(desk, *bearer(token))
        == "oidc-replayed: this CI token was used before, possibly by a request whose answer was lost"
    )
    again = desk.issuer.sign(desk.issuer.github(exp=int(NOON.timestamp()) + 301))
    assert refusal(desk, *bearer(again)).startswith("oidc-replayed")
    other = desk.issuer.sign(desk.issuer.github(jti="token-2"))
    assert desk.authenticator.authenticate(bearer(other)).kind is PrincipalKind.OIDC


@pytest.mark.security
def test_a_replay_is_audited(desk: AuthDesk) -> None:
    desk.bind()
    token = desk.issuer.sign(desk.issuer.github())
    desk.authenticator.authenticate(bearer(token))
    assert [event for event, _, _ in desk.audited()] == ["oidc-bound"]
    with pytest.raises(AuthenticationRefusal, match="used before"):
        desk.authenticator.authenticate(bearer(token), "request-2", "acme/shop")
    fields = {"issuer": GITHUB.issuer, "token_id": "token-1", "repository": "acme/shop", "subject": SUBJECT}
    assert desk.audited()[1:] == [("oidc-replayed", "oidc:acme/shop@refs/heads/main", fields)]
    assert last_request(desk) == "request-2"
    with pytest.raises(AuthenticationRefusal, match="used before"):
        desk.authenticator.exchange(bearer(token), "request-3", desk.secrets)
    assert [event for event, _, _ in desk.audited()] == ["oidc-bound", "oidc-replayed", "oidc-replayed"]
    assert last_request(desk) == "request-3"
    refusal(desk, *bearer(token))
    assert last_request(desk) == "", "nobody gave it a number"


@pytest.mark.reliability
def test_only_writing_transactions_take_the_write_lock(desk: AuthDesk) -> None:
    desk.bind()
    shown = desk.token().secret.text
    begun: list[bool] = []
    listen(desk.engine, "begin", lambda connection: begun.append(connection.get_execution_options()[WRITE]))
    desk.authenticator.authenticate(bearer(shown))
    assert begun == [False, True]
    desk.authenticator.authenticate(bearer(shown))
    assert begun == [False, True, False]
    desk.authenticator.authenticate(bearer(desk.issuer.sign(desk.issuer.github())))
    assert begun == [False, True, False, False, True]
    desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github(jti="2"))), "r", desk.secrets)
    assert begun == [False, True, False, False, True, False, True]
    desk.authenticator.record_refusal(ANONYMOUS, "r", {"permission": "run:read", "reason": "forbidden"})
    assert begun == [False, True, False, False, True, False, True, True]


@pytest.mark.reliability
def test_recording_the_last_use_does_not_wait_for_writers(desk: AuthDesk) -> None:
    issued = desk.token()
    waits: list[object] = []

    def note(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN"):
            waits.append(connection.get_execution_options()[PATIENCE])

    listen(desk.engine, "before_cursor_execute", note)
    with desk.work():
        assert desk.authenticator.authenticate(bearer(issued.secret.text)) == issued.token.principal()
    assert waits == [None, None, USE_PATIENCE]
    assert desk.token_now(issued.token.id).last_used_at is None
    desk.authenticator.authenticate(bearer(issued.secret.text))
    assert desk.token_now(issued.token.id).last_used_at == NOON


@pytest.mark.security
def test_a_ci_token_of_another_repository_is_refused_and_not_used_up(desk: AuthDesk) -> None:
    token = desk.issuer.sign(desk.issuer.github(repository="evil/fork", sub="repo:evil/fork:ref:refs/heads/main"))
    expected = "oidc-unbound: no repository of the hub is bound to evil/fork at refs/heads/main"
    desk.bind()
    assert refusal(desk, *bearer(token)) == expected
    desk.bind(subject="evil/fork")
    assert desk.authenticator.authenticate(bearer(token)).kind is PrincipalKind.OIDC


@pytest.mark.security
def test_a_ci_token_of_another_ref_is_refused(desk: AuthDesk) -> None:
    desk.bind(ref="refs/heads/main")
    token = desk.issuer.sign(desk.issuer.github(ref="refs/heads/evil"))
    assert refusal(desk, *bearer(token)).startswith("oidc-unbound")


@pytest.mark.security
def test_a_forged_ci_token_leaves_no_trace_and_uses_nothing_up(desk: AuthDesk) -> None:
    desk.bind()
    forged = unsigned({"alg": "none", "kid": "k1"}, desk.issuer.github())
    assert refusal(desk, *bearer(forged)).startswith("oidc-signature")
    assert desk.authenticator.authenticate(bearer(desk.issuer.sign(desk.issuer.github()))).kind is PrincipalKind.OIDC


@pytest.mark.security
def test_a_ci_token_is_exchanged_once_for_a_short_token_of_the_hub(desk: AuthDesk) -> None:
    desk.bind()
    token = desk.issuer.sign(desk.issuer.github())
    issued = desk.authenticator.exchange(bearer(token), "request-7", desk.secrets)
    assert (issued.token.role, issued.token.scope) == (Role.UPLOADER, SHOP)
    assert issued.token.expires_at == NOON + EXCHANGED_LIFE == NOON + timedelta(minutes=15)
    for _ in range(2):
        assert desk.authenticator.authenticate(bearer(issued.secret.text)) == issued.token.principal()
    with pytest.raises(AuthenticationRefusal, match="used before"):
        desk.authenticator.exchange(bearer(token), "request-8", desk.secrets)


def test_an_exchange_is_audited_with_issuer_and_subject(desk: AuthDesk) -> None:
    desk.bind()
    issued = desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github())), "request-7", desk.secrets)
    event, actor, fields = desk.audited()[-1]
    assert (event, actor) == ("token-created", "oidc:acme/shop@refs/heads/main")
    assert fields["token"] == issued.token.id
    assert fields["name"] == "oidc:acme/shop@refs/heads/main"
    assert (fields["issuer"], fields["subject"]) == (GITHUB.issuer, SUBJECT)
    assert last_request(desk) == "request-7"


def test_an_exchanged_token_can_be_named_after_a_very_long_ref(desk: AuthDesk) -> None:
    desk.bind()
    ref = "refs/heads/" + "x" * 200
    token = desk.issuer.sign(desk.issuer.github(ref=ref))
    issued = desk.authenticator.exchange(bearer(token), "r", desk.secrets)
    assert issued.token.name == f"oidc:acme/shop@{ref}"[:100]


def test_an_exchange_deletes_expired_exchange_tokens(desk: AuthDesk) -> None:
    desk.bind()
    desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github())), "r", desk.secrets)
    desk.clock.forward(2 * 86400)
    desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github(jti="2"))), "r", desk.secrets)
    with desk.work() as work:
        assert [one.created_at for one in tokens.list_(work.connection)] == [NOON + 2 * DAY]


@pytest.mark.security
@pytest.mark.parametrize("shown", ["cvg_x", "a.b.c"])
def test_only_a_ci_token_can_be_exchanged(desk: AuthDesk, shown: str) -> None:
    with pytest.raises(AuthenticationRefusal) as caught:
        desk.authenticator.exchange(bearer(shown), "r", desk.secrets)
    assert caught.value.code == "oidc-malformed"


@pytest.mark.reliability
def test_an_exchange_that_cannot_be_audited_fails(desk: AuthDesk) -> None:
    desk.bind()
    with desk.work() as work:
        work.connection.execute(text("drop table audit"))
    with pytest.raises(CovgovError) as caught:
        desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github())), "r", desk.secrets)
    assert caught.value.code == "audit-unwritable"
    with desk.work() as work:
        assert tokens.list_(work.connection) == []
        assert work.connection.execute(select(OIDC_SEEN)).all() == [], "the job may try again"


@pytest.mark.security
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], "authentication-required"),
        (["Basic eDp5"], "authorization-malformed"),
        (["Bearer "], "authorization-malformed"),
        (["Bearer a.b.c", "Bearer a.b.c"], "authorization-malformed"),
    ],
)
def test_a_refused_exchange_is_logged(desk: AuthDesk, headers: list[str], code: str) -> None:
    lines = StringIO()
    configure(lines)
    try:
        with pytest.raises(AuthenticationRefusal) as caught:
            desk.authenticator.exchange(headers, "r", desk.secrets)
    finally:
        configure(None)
    assert caught.value.code == json.loads(lines.getvalue())["code"] == code


@pytest.mark.security
def test_an_exchange_without_a_token_gets_a_hint(desk: AuthDesk) -> None:
    with pytest.raises(AuthenticationRefusal, match=r"^send the CI's OIDC token$") as caught:
        desk.authenticator.exchange([], "r", desk.secrets)
    assert caught.value.hint == "send it as Authorization: Bearer"


@pytest.mark.security
@pytest.mark.parametrize("way", ["authenticate", "exchange"])
def test_failed_authentication_is_logged_not_audited(desk: AuthDesk, way: str) -> None:
    issued = desk.token()
    with desk.work() as work:
        tokens.revoke(work, issued.token.id)
    before = desk.audited()
    ways: dict[str, Callable[[], object]] = {
        "authenticate": lambda: desk.authenticator.authenticate(bearer(issued.secret.text)),
        "exchange": lambda: desk.authenticator.exchange(bearer(issued.secret.text), "r", desk.secrets),
    }
    lines = StringIO()
    configure(lines)
    try:
        with pytest.raises(AuthenticationRefusal) as caught:
            ways[way]()
    finally:
        configure(None)
    told = json.loads(lines.getvalue())
    assert (told["event"], told["level"]) == ("authentication-refused", "info")
    assert (told["code"], told["reason"]) == (caught.value.code, caught.value.message)
    assert issued.secret.text not in lines.getvalue()
    assert desk.audited() == before


@pytest.mark.security
def test_an_application_authenticates_by_its_settings(desk: AuthDesk, clock: Clock) -> None:
    settings = HubSettings("sqlite:///x", audience=AUDIENCE, issuers=(GITHUB,), clock_skew=7)
    deps = HubDeps(desk.engine, clock.read, desk.issuer.fetch, monotonic=clock.monotonic)
    made = authenticator(settings, deps)
    desk.bind()
    assert made.engine is desk.engine
    assert made.now() == NOON
    token = desk.issuer.sign(desk.issuer.github())
    clock.forward(307)
    with pytest.raises(AuthenticationRefusal, match="expired"):
        made.authenticate(bearer(token))
    clock.forward(-1)
    assert made.authenticate(bearer(token), "r", "acme/shop").repositories == SHOP
    with pytest.raises(AuthenticationRefusal, match="issuer is not configured"):
        made.authenticate(bearer(desk.issuer.sign(desk.issuer.gitlab())))


def test_key_caching_uses_the_monotonic_clock(desk: AuthDesk, clock: Clock) -> None:
    settings = HubSettings("sqlite:///x", audience=AUDIENCE, issuers=(GITHUB,))
    made = authenticator(settings, HubDeps(desk.engine, clock.read, desk.issuer.fetch, monotonic=clock.monotonic))
    desk.bind()
    made.authenticate(bearer(desk.issuer.sign(desk.issuer.github())))
    clock.elapsed += 3600
    made.authenticate(bearer(desk.issuer.sign(desk.issuer.github(jti="2"))))
    assert len(desk.issuer.fetches) == 2


@pytest.mark.security
def test_a_ci_token_reaches_no_other_repository_that_is_bound_to_its_ci(desk: AuthDesk) -> None:
    for name in ("acme/shop", "other/thing"):
        desk.bind(name)
    for number, repository in enumerate(["acme/open", None]):
        token = desk.issuer.sign(desk.issuer.github(jti=f"t{number}"))
        assert desk.authenticator.authenticate(bearer(token), "r", repository).repositories == RepositoryScope()


def test_an_exchanged_token_reaches_only_what_was_asked_for(desk: AuthDesk) -> None:
    desk.bind("acme/shop")
    desk.bind("other/thing")
    for number, (wanted, reached) in enumerate([(None, "acme/shop"), ("other/thing", "other/thing")]):
        token = desk.issuer.sign(desk.issuer.github(jti=f"t{number}"))
        issued = desk.authenticator.exchange(bearer(token), "r", desk.secrets, wanted)
        assert issued.token.scope == RepositoryScope(frozenset({reached}))


@pytest.mark.security
@pytest.mark.parametrize("wanted", ["acme/open", "no/where"])
def test_an_unbound_exchange_is_refused_without_using_the_ci_token(desk: AuthDesk, wanted: str) -> None:
    desk.bind("acme/shop")
    token = desk.issuer.sign(desk.issuer.github())
    with pytest.raises(AuthenticationRefusal) as caught:
        desk.authenticator.exchange(bearer(token), "r", desk.secrets, wanted)
    assert caught.value.code == "oidc-unbound"
    assert caught.value.message == f"no repository {wanted} is bound to acme/shop at refs/heads/main"
    assert desk.authenticator.exchange(bearer(token), "r", desk.secrets).token.scope == SHOP


@pytest.mark.security
def test_a_job_can_name_its_repository_with_the_same_ci_token(desk: AuthDesk) -> None:
    for name in ("acme/shop", "other/thing"):
        desk.bind(name, "acme/web/shop", issuer=GITLAB.issuer)
    token = desk.issuer.sign(desk.issuer.gitlab())
    with pytest.raises(UsageError, match="several repositories of the hub"):
        desk.authenticator.exchange(bearer(token), "r", desk.secrets)
    assert desk.authenticator.exchange(bearer(token), "r", desk.secrets, "acme/shop").token.scope == SHOP


def test_bindings_of_other_repositories_do_not_break_an_exchange(desk: AuthDesk) -> None:
    desk.bind("acme/shop")
    with desk.work() as work:
        for number in range(501):
            made = {"owner": "evil", "name": f"n{number}", "private": True, "created_at": stamp(NOON)}
            evil = work.connection.execute(insert(REPOSITORIES).values(made).returning(REPOSITORIES.c.id)).scalar_one()
            bindings.bind(work, evil, bindings.Binding(GITHUB.issuer, "acme/shop", "refs/**"))
    issued = desk.authenticator.exchange(bearer(desk.issuer.sign(desk.issuer.github())), "r", desk.secrets)
    assert issued.token.scope == SHOP


@pytest.mark.security
@pytest.mark.parametrize("way", ["authenticate", "exchange"])
def test_a_binding_removed_during_the_comparison_admits_nobody(desk: AuthDesk, way: str) -> None:
    made = desk.bind()
    token = desk.issuer.sign(desk.issuer.github())
    gone: list[str] = []

    def unbind(connection: Connection) -> None:
        if connection.get_execution_options()[WRITE] and not gone:
            gone.append("once")
            connection.execute(delete(OIDC_BINDINGS).where(OIDC_BINDINGS.c.id == made.id))

    listen(desk.engine, "begin", unbind)
    ways: dict[str, Callable[[], object]] = {
        "authenticate": lambda: desk.authenticator.authenticate(bearer(token), "r", "acme/shop"),
        "exchange": lambda: desk.authenticator.exchange(bearer(token), "r", desk.secrets),
    }
    with pytest.raises(AuthenticationRefusal, match="no repository of the hub is bound"):
        ways[way]()
    assert gone == ["once"]


def test_a_token_that_was_exchanged_knows_its_ref_and_commit(desk: AuthDesk) -> None:
    desk.bind(ref="refs/**")
    job = CiJob("refs/pull/7/merge", "c" * 40)
    token = desk.issuer.sign(desk.issuer.github(ref=job.ref, sha=job.sha, sub="repo:acme/shop:pull_request"))
    issued = desk.authenticator.exchange(bearer(token), "r", desk.secrets)
    assert desk.authenticator.authenticate(bearer(issued.secret.text)).job == job
    other = desk.issuer.sign(desk.issuer.github(ref=job.ref, sha=job.sha, jti="2", sub="repo:acme/shop:pull_request"))
    assert desk.authenticator.authenticate(bearer(other), "r", "acme/shop").job == job
