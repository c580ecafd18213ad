"""The channel `github-coverage`: a Cobertura report for GitHub's own display of coverage.

The endpoint is not in GitHub's published description of its API. The request is that of GitHub's upload action
(actions/upload-code-coverage, July 2026) and was never tested against GitHub itself (docs/github.md).
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from covgov.ci.interface import CiEvent
from covgov.policy.policy import Policy
from covgov.publish.channels.github.fields import REPOSITORY, GithubConnector, ParcelFields, connect
from covgov.publish.channels.interface import COMMIT, NUMBER, Parcel, Publication

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi


@dataclass(frozen=True, slots=True)
class GithubCoverageChannel:
    connect: GithubConnector = connect
    name: ClassVar[str] = "github-coverage"

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        """One parcel for a pull request or the default branch, which GitHub compares."""
        wanted = publication.policy.publish.github_coverage
        report = publication.file(wanted.report)
        if self.silence(publication) or report is None:
            return ()
        target = _target(publication)
        body = {
            "repository": publication.repository,
            "commit": publication.commit,
            "language": wanted.language,
            "label": wanted.label,
            **target,
            "sha256": sha256(report).hexdigest(),
            "report": report.decode("utf-8", "replace"),
        }
        subject = f"{wanted.report} ({len(report)} bytes) of {publication.commit[:12]} for {' '.join(target.values())}"
        return (Parcel(self.name, self.name, subject, body, wanted.required),)

    def silence(self, publication: Publication, /) -> str:
        if publication.ci.system != "github" or not REPOSITORY.fullmatch(publication.repository):
            return "this is not a GitHub workflow"
        if not COMMIT.fullmatch(publication.commit):
            return "there is no commit"
        if not _target(publication):
            return "GitHub accepts coverage of pull requests and the default branch only"
        report = publication.policy.publish.github_coverage.report
        return f"there is no coverage/{report}" if publication.file(report) is None else ""

    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        """A report replaces the one with the same language and label, so these must be the policy's."""
        wanted = policy.publish.github_coverage
        own = (parcel.body.get("language"), parcel.body.get("label")) == (wanted.language, wanted.label)
        return "" if own else "its language or label is not the one in [publish.github_coverage]"

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        """Raises DeliveryFailed, NotConfigured (no token) and UsageError (`http-extra-missing`)."""
        fields = ParcelFields(parcel)
        report = fields.text("report").encode()
        body: dict[str, object] = {
            "commit_oid": fields.commit(),
            "language_name": fields.text("language"),
            "label": fields.text("label"),
            "coverage_report": b64encode(gzip.compress(report, mtime=0)).decode(),
        }
        if "number" in parcel.body:
            body["pull_request_number"] = fields.number("number")
        else:
            body["ref"] = fields.text("ref")
        return _uploaded(self.connect(env, fields.repository(env)), body)


GITHUB_COVERAGE = GithubCoverageChannel()


def _uploaded(api: GithubApi, body: Mapping[str, object]) -> str:
    accepted = api.client.insist(lambda: api.upload_coverage(body))
    if accepted.id:
        return f"report {accepted.id} accepted, GitHub processes it later"
    return f"GitHub ignored the report: {accepted.message[:200] or 'no reason given'}"


def _target(publication: Publication) -> Mapping[str, str]:
    """The report's pull request or ref, as fields; empty when GitHub cannot show it."""
    ci = publication.ci
    if ci.event is CiEvent.PULL_REQUEST and NUMBER.fullmatch(ci.pull_request):
        return {"number": ci.pull_request}
    if ci.event is not CiEvent.PULL_REQUEST and ci.on_default_branch:
        return {"ref": f"refs/heads/{ci.branch}"}
    return {}
