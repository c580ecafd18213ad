"""Repository and ref of a CI token, from the documented claims of GitHub Actions and GitLab CI.

GitHub: https://docs.github.com/actions/reference/openid-connect-reference
GitLab: https://docs.gitlab.com/ci/secrets/id_token_authentication
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.tokens.request import EXCHANGED

LONGEST_CLAIM: Final = 300
LONGEST_NAME: Final = 200

_IMMUTABLE_ID: Final = re.compile(r"@[0-9]+(?=/|$)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KINDS: Final = {"branch": "refs/heads/", "tag": "refs/tags/"}


class ClaimFault(ValueError):
    """A claim is missing or contradicts another."""


@dataclass(frozen=True, slots=True)
class CiIdentity:
    """repository: as the issuer names it, `acme/shop` or `group/sub/project`. ref: full, `refs/heads/main`.

    sha: the job's commit, "" if not in the token.
    """

    issuer: str
    token_id: str
    subject: str
    repository: str
    ref: str
    sha: str = ""

    @property
    def job(self) -> CiJob:
        """The ref and commit of the job."""
        return CiJob(self.ref, self.sha)

    @property
    def name(self) -> str:
        """Its name in the audit trail, at most 200 characters."""
        return f"{EXCHANGED}{self.repository}@{self.ref}"[:LONGEST_NAME]


def identity(kind: str, claims: Mapping[str, object]) -> CiIdentity:
    """The identity in a token's verified claims. kind: `github` or `gitlab`. Raises ClaimFault."""
    match kind:
        case "github":
            repository, ref = text(claims, "repository"), text(claims, "ref")
            _check_subject(claims, "repo", repository)
        case "gitlab":
            repository, ref = text(claims, "project_path"), _gitlab_ref(claims)
            _check_subject(claims, "project_path", repository)
        case _:
            raise ClaimFault(f"an issuer of kind {kind!r} is not known")
    if not ref.startswith("refs/"):
        raise ClaimFault(f"the ref {ref!r} is not a full name")
    return CiIdentity(text(claims, "iss"), text(claims, "jti"), text(claims, "sub"), repository, ref, _sha(claims))


def text(claims: Mapping[str, object], name: str) -> str:
    """A claim that must be a text of 1 to 300 printable characters. Raises ClaimFault."""
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_CLAIM or not value.isprintable():
        raise ClaimFault(f"the claim {name} is missing or not a text of 1 to {LONGEST_CLAIM} characters")
    return value


def _sha(claims: Mapping[str, object]) -> str:
    if "sha" not in claims:
        return ""
    sha = text(claims, "sha")
    if _COMMIT.fullmatch(sha) is None:
        raise ClaimFault("the claim sha is not a commit id")
    return sha


def _gitlab_ref(claims: Mapping[str, object]) -> str:
    """`ref_path` if present (GitLab 16.0 and later): in merge request pipelines the other claims name the branch."""
    if "ref_path" in claims:
        return text(claims, "ref_path")
    kind = text(claims, "ref_type")
    if kind not in _KINDS:
        raise ClaimFault(f"the claim ref_type is {kind!r}, neither branch nor tag")
    return _KINDS[kind] + text(claims, "ref")


def _check_subject(claims: Mapping[str, object], label: str, repository: str) -> None:
    """A subject that names a repository must name the same one. Owners can define other subjects.

    GitHub appends immutable ids to both names: `repo:octocat@123456/my-repo@456789:ref:refs/heads/main`.
    """
    head, _, rest = text(claims, "sub").partition(":")
    if head == label and _IMMUTABLE_ID.sub("", rest.partition(":")[0]) != repository:
        raise ClaimFault("the claim sub names another repository than the repository claim")
