from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import UsageError
from covgov.hub.auth_service.oidc import bindings
from covgov.hub.auth_service.oidc.bindings import Binding, ref_matches
from covgov.hub.auth_service.oidc.claims import CiIdentity
from covgov.hub.auth_service.principals import RepositoryScope
from covgov.hub.store.work import transaction
from covgov_testing.fakes.auth import GITHUB, GITLAB, AuthDesk, repository_id

MAIN = "refs/heads/main"
WORDS = st.text(alphabet="abcxyz019._-", min_size=1, max_size=8)


def shown(repository: str = "acme/shop", ref: str = MAIN, issuer: str = GITHUB.issuer) -> CiIdentity:
    return CiIdentity(issuer, "jti", "subject", repository, ref)


def opened(desk: AuthDesk, who: CiIdentity) -> RepositoryScope:
    with transaction(desk.engine, write=False) as connection:
        offers = bindings.offered(connection, who)
    return RepositoryScope(frozenset(one.repository for one in offers if one.binding.admits(who)))


def listed(desk: AuthDesk, repository: str = "acme/shop") -> list[Binding]:
    with desk.work() as work:
        return bindings.bound(work.connection, repository_id(work, repository))


def fault(issuer: str = "https://a", subject: str = "acme/shop", ref: str = MAIN) -> str:
    try:
        Binding(issuer, subject, ref).check()
    except UsageError as error:
        return f"{error.code}: {error.message} ({error.hint})"
    return ""


@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        (MAIN, MAIN),
        ("refs/heads/*", MAIN),
        ("refs/heads/**", "refs/heads/feature/a/b"),
        ("refs/heads/**", MAIN),
        ("refs/tags/v?.*", "refs/tags/v1.2"),
        ("refs/heads/release-*", "refs/heads/release-1.0"),
        ("refs/heads/*", "refs/heads/.hidden"),
        ("refs/**", "refs/merge-requests/1/head"),
    ],
)
def test_a_pattern_covers_the_ref(pattern: str, ref: str) -> None:
    assert ref_matches(ref, pattern)


@pytest.mark.security
@pytest.mark.parametrize(
    ("pattern", "ref"),
    [
        (MAIN, "refs/heads/main2"),
        (MAIN, "refs/heads/Main"),
        (MAIN, "refs/heads/main/x"),
        (MAIN, "x/refs/heads/main"),
        ("refs/heads/*", "refs/heads/feature/a"),
        ("refs/heads/release-*", "refs/heads/release-1/evil"),
        ("refs/heads/**", "refs/tags/main"),
        ("refs/heads/**", "refs/pull/1/merge"),
        ("refs/tags/v?", "refs/tags/v10"),
        ("refs/heads/a.b", "refs/heads/axb"),
    ],
)
def test_a_pattern_does_not_cover_another_ref(pattern: str, ref: str) -> None:
    assert not ref_matches(ref, pattern)


@given(WORDS, WORDS)
def test_a_ref_without_wildcards_covers_only_itself(one: str, other: str) -> None:
    assert ref_matches(f"refs/heads/{one}", f"refs/heads/{other}") == (one == other)


def test_a_ci_token_opens_its_bound_repository(desk: AuthDesk) -> None:
    desk.bind()
    assert opened(desk, shown()) == RepositoryScope(frozenset({"acme/shop"}))


@pytest.mark.security
@pytest.mark.parametrize(
    "who",
    [
        shown("acme/other"),
        shown("Acme/shop"),
        shown("acme/shop/sub"),
        shown(issuer=GITLAB.issuer),
        shown(ref="refs/tags/v1"),
        shown(ref="refs/pull/7/merge"),
    ],
)
def test_another_repository_issuer_or_ref_opens_nothing(desk: AuthDesk, who: CiIdentity) -> None:
    desk.bind(ref="refs/heads/**")
    assert opened(desk, who) == RepositoryScope()


@pytest.mark.security
def test_a_ci_token_without_a_binding_is_refused(desk: AuthDesk) -> None:
    assert opened(desk, shown()) == RepositoryScope()


def test_one_repository_of_ci_may_open_several_of_the_hub(desk: AuthDesk) -> None:
    desk.bind("acme/shop", ref=MAIN)
    desk.bind("acme/shop", ref="refs/heads/**")
    desk.bind("acme/open", ref="refs/heads/**")
    desk.bind("other/thing", ref="refs/tags/*")
    assert opened(desk, shown()) == RepositoryScope(frozenset({"acme/shop", "acme/open"}))


def test_a_binding_is_listed_with_its_repository_only(desk: AuthDesk) -> None:
    first, second = desk.bind(ref=MAIN), desk.bind(ref="refs/tags/*")
    desk.bind("acme/open")
    assert listed(desk) == [first, second]
    assert (first.issuer, first.subject_repository, first.ref_pattern) == (GITHUB.issuer, "acme/shop", MAIN)
    assert 0 < first.id < second.id


def test_bindings_are_listed_on_from_one_of_them(desk: AuthDesk) -> None:
    made = [desk.bind(ref=f"refs/heads/b{number}") for number in range(3)]
    with desk.work() as work:
        shop = repository_id(work, "acme/shop")
        for index, binding in enumerate(made):
            left = made[index + 1 :]
            assert bindings.bound(work.connection, shop, after=binding.id) == left
            assert bindings.bound(work.connection, shop, after=binding.id, limit=1) == left[:1]


def test_binding_again_changes_nothing(desk: AuthDesk) -> None:
    first = desk.bind(ref=MAIN)
    others = [desk.bind(ref="refs/**"), desk.bind(subject="acme/x", ref=MAIN), desk.bind(ref=MAIN, issuer="https://b")]
    assert desk.bind(ref=MAIN) == first
    assert listed(desk) == [first, *others]
    assert [event for event, _, _ in desk.audited()] == ["oidc-bound"] * 4


def test_binding_and_unbinding_are_audited(desk: AuthDesk) -> None:
    made = desk.bind(ref=MAIN)
    with desk.work("token:a") as work:
        assert bindings.unbind(work, repository_id(work, "acme/shop"), made.id) == made
    fields = {"repository": "acme/shop", "issuer": GITHUB.issuer, "subject": "acme/shop", "ref": MAIN, "binding": 1}
    assert desk.audited() == [("oidc-bound", "local:root", fields), ("oidc-unbound", "token:a", fields)]


@pytest.mark.security
def test_an_unbound_repository_refuses_its_former_ci(desk: AuthDesk) -> None:
    made, other = desk.bind(ref=MAIN), desk.bind(ref="refs/tags/*")
    with desk.work() as work:
        bindings.unbind(work, repository_id(work, "acme/shop"), made.id)
    assert opened(desk, shown()) == RepositoryScope()
    assert listed(desk) == [other]


@pytest.mark.security
def test_a_binding_of_another_repository_cannot_be_removed(desk: AuthDesk) -> None:
    made = desk.bind("other/thing")
    with pytest.raises(UsageError) as caught, desk.work() as work:
        bindings.unbind(work, repository_id(work, "acme/shop"), made.id)
    assert (caught.value.code, caught.value.message) == ("oidc-binding-unknown", f"there is no binding {made.id} here")
    assert caught.value.hint == "list the bindings"
    assert listed(desk, "other/thing") == [made]


@pytest.mark.parametrize("subject", ["acme/shop", "group/sub/project", "A.b_c-d/e", "a/" + "b" * 298])
def test_a_repository_claim_has_two_or_more_parts(subject: str) -> None:
    assert fault(subject=subject) == ""


@pytest.mark.security
@pytest.mark.parametrize("subject", ["", "acme", "acme/", "/shop", "acme/*", "acme/shop\n", "a//b", "a/" + "b" * 299])
def test_a_repository_claim_has_no_wildcards(subject: str) -> None:
    said = "oidc-binding: the repository claim is owner/name, or group/subgroup/project"
    assert fault(subject=subject) == f"{said} (see docs/hub.md on tokens from CI)"


@pytest.mark.parametrize("ref", [MAIN, "refs/**", "refs/heads/a+b@c#d=e,f", "refs/tags/v?", "refs/" + "x" * 295])
def test_a_ref_pattern_is_a_plain_glob(ref: str) -> None:
    assert fault(ref=ref) == ""


@pytest.mark.security
@pytest.mark.parametrize(
    "ref",
    ["", "main", "*", "**", "refs/", "refs/{a,b}", "refs/[ab]", "!refs/x", "refs/a|b", "refs/\\x", "refs/" + "x" * 296],
)
def test_a_ref_pattern_is_not_a_regular_expression(ref: str) -> None:
    said = "oidc-binding: a ref pattern starts with refs/, such as refs/heads/main or refs/heads/**"
    assert fault(ref=ref) == f"{said} (see docs/hub.md on tokens from CI)"


@pytest.mark.security
def test_an_issuer_is_named_in_1_to_300_characters() -> None:
    for issuer in ("", "x" * 301):
        why = "the issuer is missing or too long"
        assert fault(issuer=issuer) == f"oidc-binding: {why} (see docs/hub.md on tokens from CI)"
    assert (fault(issuer="x"), fault(issuer="x" * 300)) == ("", "")


@pytest.mark.security
def test_a_refused_binding_is_not_stored(desk: AuthDesk) -> None:
    with pytest.raises(UsageError):
        desk.bind(ref="main")
    assert listed(desk) == []
    assert desk.audited() == []


CLIMBING = "refs/" + "**/a/" * 10 + "x"


@pytest.mark.security
@pytest.mark.parametrize("ref", [CLIMBING, "refs/**/a/**/b/**/x", "refs/heads/" + "*a" * 4, "refs/heads/" + "*a" * 40])
def test_a_ref_pattern_that_could_take_minutes_to_compare_is_refused(desk: AuthDesk, ref: str) -> None:
    said = "oidc-binding: a ref pattern has at most two ** before its last part, and three * within a part"
    assert fault(ref=ref) == f"{said} (see docs/hub.md on tokens from CI)"
    with pytest.raises(UsageError):
        desk.bind(ref=ref)
    assert listed(desk) == []


@pytest.mark.parametrize("ref", ["refs/**", "refs/heads/**/release/**/v*", "refs/heads/*-*-*"])
def test_a_ref_pattern_may_have_some_wildcards(ref: str) -> None:
    assert fault(ref=ref) == ""


@pytest.mark.security
def test_a_stored_pattern_with_too_many_wildcards_admits_nobody() -> None:
    deep = "refs/" + "a/" * 40
    assert not ref_matches(deep + "b", CLIMBING)
    assert not ref_matches(deep.replace("a/", "") + "a/" * 10 + "x", CLIMBING), "not even what it would cover"


@pytest.mark.security
def test_a_repository_has_a_bounded_number_of_bindings(desk: AuthDesk) -> None:
    made = [desk.bind(ref=f"refs/heads/b{number}") for number in range(bindings.MOST)]
    with pytest.raises(UsageError) as caught:
        desk.bind(ref=MAIN)
    assert (caught.value.code, caught.value.message) == (
        "oidc-bindings-too-many",
        "a repository has at most 100 bindings",
    )
    assert caught.value.hint == "remove one, or bind with a ref pattern that covers several refs"
    assert desk.bind(ref="refs/heads/b7") == made[7], "what is bound stays so"
    assert listed(desk) == made
    assert desk.bind("acme/open").id > 0, "another repository has its own"


def chosen(names: set[str], wanted: str | None, own: str = "acme/shop") -> set[str]:
    scope = bindings.chosen(frozenset(names), shown(own), wanted)
    assert not scope.everything
    return set(scope.names)


@pytest.mark.security
def test_a_token_is_exchanged_for_the_repository_that_the_job_names() -> None:
    assert chosen({"acme/shop", "evil/x", "evil/y"}, "evil/y") == {"evil/y"}
    assert chosen({"acme/shop"}, "evil/y") == set()


def test_an_unnamed_exchange_gets_the_repository_of_the_same_name() -> None:
    others = {f"evil/{number}" for number in range(600)}
    assert chosen({"acme/shop", *others}, None) == {"acme/shop"}


def test_an_unnamed_exchange_gets_the_only_bound_repository() -> None:
    assert chosen({"acme/shop"}, None, own="group/sub/shop") == {"acme/shop"}


@pytest.mark.security
def test_an_ambiguous_exchange_is_refused_without_names() -> None:
    with pytest.raises(UsageError) as caught:
        chosen({"acme/secret", "evil/y"}, None, own="group/sub/shop")
    told = caught.value
    assert (told.code, told.message) == (
        "oidc-repository-unnamed",
        "several repositories of the hub are bound to group/sub/shop",
    )
    assert told.hint == "name one: POST /v1/tokens/exchange?repository=OWNER/NAME"
