from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.oidc.claims import CiIdentity, ClaimFault, identity, text
from covgov_testing.fakes.auth import GITHUB, GITLAB, LocalIssuer


def fault(kind: str, claims: dict[str, object]) -> str:
    with pytest.raises(ClaimFault) as caught:
        identity(kind, claims)
    return str(caught.value)


def test_github_names_repository_and_full_ref(issuer: LocalIssuer) -> None:
    shown = identity("github", issuer.github())
    subject = "repo:acme/shop:ref:refs/heads/main"
    assert shown == CiIdentity(GITHUB.issuer, "token-1", subject, "acme/shop", "refs/heads/main")
    assert shown.name == "oidc:acme/shop@refs/heads/main"


def test_gitlab_names_project_path_and_ref_path(issuer: LocalIssuer) -> None:
    shown = identity("gitlab", issuer.gitlab())
    subject = "project_path:acme/web/shop:ref_type:branch:ref:main"
    assert shown == CiIdentity(GITLAB.issuer, "token-1", subject, "acme/web/shop", "refs/heads/main")


def test_in_a_merge_request_gitlabs_ref_path_counts_and_not_the_branch_of_that_name(issuer: LocalIssuer) -> None:
    claims = issuer.gitlab(ref="main", ref_path="refs/merge-requests/7/head")
    assert identity("gitlab", claims).ref == "refs/merge-requests/7/head"


def test_a_name_is_cut_to_what_the_audit_trail_carries(issuer: LocalIssuer) -> None:
    ref = "refs/heads/" + "x" * 280
    shown = identity("github", issuer.github(ref=ref))
    assert shown.ref == ref
    assert shown.name == f"oidc:acme/shop@{ref}"[:200]


@pytest.mark.parametrize(("kind", "full"), [("branch", "refs/heads/v1"), ("tag", "refs/tags/v1")])
def test_an_older_gitlab_distinguishes_branch_and_tag(issuer: LocalIssuer, kind: str, full: str) -> None:
    assert identity("gitlab", issuer.gitlab(ref="v1", ref_type=kind, ref_path=None)).ref == full


@pytest.mark.security
def test_a_ref_of_unknown_type_is_refused(issuer: LocalIssuer) -> None:
    claims = issuer.gitlab(ref_type="stash", ref_path=None)
    assert fault("gitlab", claims) == "the claim ref_type is 'stash', neither branch nor tag"


@pytest.mark.parametrize("subject", ["repo:acme/shop@456:ref:x", "repo:acme@1/shop:ref:x", "repo:acme@12/shop@34:x"])
def test_githubs_immutable_subjects_name_the_same_repository(issuer: LocalIssuer, subject: str) -> None:
    assert identity("github", issuer.github(sub=subject)).subject == subject


@pytest.mark.security
@pytest.mark.parametrize(
    "subject",
    ["repo:evil/shop:ref:x", "repo:acme/shop2:ref:x", "repo:acme@x/shop:ref:x", "repo:acme/shop@1x:r", "repo:", "repo"],
)
def test_a_subject_that_names_another_repository_is_refused(issuer: LocalIssuer, subject: str) -> None:
    expected = "the claim sub names another repository than the repository claim"
    assert fault("github", issuer.github(sub=subject)) == expected


@pytest.mark.security
def test_gitlabs_subject_must_name_the_project(issuer: LocalIssuer) -> None:
    assert "another repository" in fault("gitlab", issuer.gitlab(sub="project_path:evil/shop:ref_type:branch:ref:main"))


@pytest.mark.parametrize("subject", ["environment:production", "repository_owner_id:7:x", "job_workflow_ref:a/b"])
def test_a_custom_subject_is_not_checked(issuer: LocalIssuer, subject: str) -> None:
    assert identity("github", issuer.github(sub=subject)).subject == subject


@pytest.mark.security
@pytest.mark.parametrize("claim", ["repository", "ref", "sub", "jti", "iss"])
def test_every_claim_of_github_is_needed(issuer: LocalIssuer, claim: str) -> None:
    expected = f"the claim {claim} is missing or not a text of 1 to 300 characters"
    assert fault("github", issuer.github(**{claim: None})) == expected


@pytest.mark.security
@pytest.mark.parametrize("claim", ["project_path", "sub", "jti", "iss"])
def test_every_claim_of_gitlab_is_needed(issuer: LocalIssuer, claim: str) -> None:
    assert fault("gitlab", issuer.gitlab(**{claim: None})).startswith(f"the claim {claim} is missing")


@pytest.mark.security
@pytest.mark.parametrize("claim", ["ref", "ref_type"])
def test_an_older_gitlab_must_say_ref_and_its_type(issuer: LocalIssuer, claim: str) -> None:
    assert fault("gitlab", issuer.gitlab(ref_path=None, **{claim: None})).startswith(f"the claim {claim} is missing")


@pytest.mark.security
@pytest.mark.parametrize("ref", ["main", "heads/main", "REFS/heads/main", "/refs/heads/main"])
def test_a_ref_must_be_a_full_name(issuer: LocalIssuer, ref: str) -> None:
    assert fault("github", issuer.github(ref=ref)) == f"the ref {ref!r} is not a full name"


@pytest.mark.security
def test_a_token_is_read_by_its_issuers_kind(issuer: LocalIssuer) -> None:
    assert "project_path" in fault("gitlab", issuer.github())
    assert "repository" in fault("github", issuer.gitlab())
    assert fault("jenkins", issuer.github()) == "an issuer of kind 'jenkins' is not known"


@pytest.mark.security
@given(st.none() | st.booleans() | st.integers() | st.lists(st.text()) | st.just("") | st.just("x" * 301))
def test_a_claim_that_is_not_short_text_is_refused(value: object) -> None:
    with pytest.raises(ClaimFault):
        text({"ref": value}, "ref")


@pytest.mark.security
@pytest.mark.parametrize("value", ["a\nb", "a\x00", "\u202eevil", "a\x1b[31m"])
def test_a_claim_cannot_hold_deceptive_characters(value: str) -> None:
    with pytest.raises(ClaimFault):
        text({"repository": value}, "repository")


@pytest.mark.parametrize("value", ["x", "x" * 300])
def test_a_claim_has_1_to_300_characters(value: str) -> None:
    assert text({"jti": value}, "jti") == value


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("sha", ["c" * 40, "0123456789abcdef" * 4])
def test_the_signed_commit_is_kept(issuer: LocalIssuer, kind: str, sha: str) -> None:
    claims = issuer.github(sha=sha) if kind == "github" else issuer.gitlab(sha=sha)
    assert identity(kind, claims).job == CiJob("refs/heads/main", sha)


def test_without_a_commit_there_is_no_status(issuer: LocalIssuer) -> None:
    assert identity("github", issuer.github()).job == CiJob("refs/heads/main", "")


@pytest.mark.security
@pytest.mark.parametrize("sha", ["C" * 40, "c" * 39, "c" * 41, "main", "g" * 40])
def test_an_invalid_commit_is_refused(issuer: LocalIssuer, sha: str) -> None:
    assert fault("github", issuer.github(sha=sha)) == "the claim sha is not a commit id"


@pytest.mark.security
def test_a_commit_that_is_not_text_is_refused(issuer: LocalIssuer) -> None:
    assert fault("github", issuer.github(sha=7)) == "the claim sha is missing or not a text of 1 to 300 characters"
