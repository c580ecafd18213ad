from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from covgov.errors import UsageError
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.principals import EVERYWHERE, NOWHERE, RepositoryScope
from covgov.hub.auth_service.tokens.request import TokenRequest, checked_overlap

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


HINTS = {
    "token-lifetime": "rotate it before it expires",
    "token-name": "name its user or purpose",
    "token-scope": "name repositories as owner/name; only an admin's token can have all",
}


def scope(*names: str) -> RepositoryScope:
    return RepositoryScope(frozenset(names))


def fault(
    name: str = "ci", role: Role = Role.UPLOADER, reach: RepositoryScope | None = None, life: timedelta = DAY
) -> str:
    """code: message, and the hint when it is not the one for this code; empty when there is no fault."""
    wanted = TokenRequest(name, role, scope("acme/shop") if reach is None else reach, life)
    try:
        wanted.check()
    except UsageError as error:
        return f"{error.code}: {error.message}" + ("" if error.hint == HINTS[error.code] else f" ({error.hint})")
    return ""


@pytest.mark.parametrize("role", Role)
def test_every_role_can_be_held_over_named_repositories(role: Role) -> None:
    assert fault(role=role) == ""


@pytest.mark.security
def test_only_an_admin_can_reach_everything() -> None:
    assert fault(role=Role.ADMIN, reach=EVERYWHERE) == ""
    for role in (Role.READER, Role.UPLOADER, Role.MAINTAINER):
        assert fault(role=role, reach=EVERYWHERE) == f"token-scope: a token of role {role} cannot have every repository"


@pytest.mark.security
def test_everything_and_some_names_contradict_each_other() -> None:
    assert fault(role=Role.ADMIN, reach=RepositoryScope(frozenset({"a/b"}), everything=True)).startswith("token-scope")


@pytest.mark.security
@pytest.mark.parametrize("role", Role)
def test_no_role_is_given_for_no_repository_at_all(role: Role) -> None:
    assert fault(role=role, reach=NOWHERE) == f"token-scope: a token of role {role} needs 1 to 500 repositories"


@pytest.mark.security
def test_a_scope_has_at_most_500_repositories() -> None:
    names = [f"acme/r{number}" for number in range(501)]
    assert fault(reach=scope(*names[:500])) == ""
    assert fault(reach=scope(*names)) == "token-scope: a token of role uploader needs 1 to 500 repositories"


@pytest.mark.security
@pytest.mark.parametrize(
    "name", ["acme", "acme/", "/shop", "acme/shop/x", "acme/*", "*", "acme/shop\n", "a b/c", "a/" + "b" * 101]
)
def test_a_repository_is_named_owner_slash_name_without_wildcards(name: str) -> None:
    assert fault(reach=scope("acme/shop", name)) == f"token-scope: {name[:80]!r} is not a repository"


@pytest.mark.security
def test_the_first_wrong_name_is_reported() -> None:
    assert fault(reach=scope("z", "b", "c")) == "token-scope: 'b' is not a repository"


def test_names_of_a_hundred_characters_are_repositories() -> None:
    assert fault(reach=scope("a" * 100 + "/" + "b" * 100)) == ""


@pytest.mark.security
@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\x00", "a\x7f"])
def test_a_name_is_1_to_100_printable_characters(name: str) -> None:
    assert fault(name=name) == "token-name: a token's name has 1 to 100 printable characters"


@pytest.mark.parametrize("name", ["x", "x" * 100, "CI of acme/shop (main)", "Zoë"])
def test_token_names_are_free_text(name: str) -> None:
    assert fault(name=name) == ""


@pytest.mark.parametrize("life", [SECOND, 366 * DAY])
def test_a_token_lives_between_a_second_and_366_days(life: timedelta) -> None:
    assert fault(life=life) == ""


@pytest.mark.security
@pytest.mark.parametrize("life", [SECOND - timedelta(microseconds=1), timedelta(), -DAY, 366 * DAY + SECOND])
def test_a_tokens_lifetime_is_bounded(life: timedelta) -> None:
    assert fault(life=life) == "token-lifetime: a token is valid for at least a second and at most 366 days"


def test_the_audit_trail_shows_the_scope_as_text() -> None:
    assert TokenRequest("x", Role.ADMIN, EVERYWHERE, DAY).scope_words() == "everything"
    assert TokenRequest("x", Role.READER, scope("b/b", "a/a"), DAY).scope_words() == "a/a b/b"


def test_a_long_scope_is_logged_as_count_and_hash() -> None:
    others = [f"{letter}/" + "x" * 97 for letter in "bcdefghi"]
    exactly = scope("a/" + "x" * 98, *others)
    words = " ".join(sorted(exactly.names))
    assert len(words) == 900
    assert TokenRequest("x", Role.READER, exactly, DAY).scope_words() == words
    longer = scope("a/" + "x" * 99, *others)
    digest = hashlib.sha256(" ".join(sorted(longer.names)).encode()).hexdigest()
    assert TokenRequest("x", Role.READER, longer, DAY).scope_words() == f"9 repositories, sha256 {digest}"


@pytest.mark.parametrize("overlap", [timedelta(), timedelta(hours=1), 7 * DAY])
def test_an_overlap_is_0_to_7_days(overlap: timedelta) -> None:
    assert checked_overlap(overlap) == overlap


@pytest.mark.security
@pytest.mark.parametrize("overlap", [-SECOND, 7 * DAY + SECOND])
def test_an_old_token_does_not_go_on_for_longer(overlap: timedelta) -> None:
    with pytest.raises(UsageError, match=r"^the old token can stay valid for 0 to 7 days$") as caught:
        checked_overlap(overlap)
    assert (caught.value.code, caught.value.hint) == ("token-overlap", "revoke a leaked token instead of rotating it")


@pytest.mark.security
def test_names_with_the_ci_prefix_are_reserved() -> None:
    assert (
        fault(name="oidc:mine")
        == "token-name: names that begin with oidc: are reserved for CI jobs (choose another name)"
    )
    assert fault(name="my oidc: token") == ""
    job = CiJob("refs/heads/main")
    TokenRequest("oidc:acme/shop", Role.UPLOADER, scope("acme/shop"), DAY, job).check()
    with pytest.raises(UsageError, match="reserved for CI jobs"):
        TokenRequest("mine", Role.UPLOADER, scope("acme/shop"), DAY, job).check()
