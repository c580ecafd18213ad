"""The used endpoints of GitHub's API: one method each, with the used fields of the answers.

All but the last follow GitHub's published OpenAPI description; tests/integration/test_github_openapi.py checks
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from covgov.errors import DeliveryFailed
from covgov.publish.channels.github.client import GithubClient, decode, has_next

PER_PAGE = 100
MOST_PAGES = 100
"""Longer listings are refused."""

Json = Mapping[str, object]
PageT = TypeVar("PageT")


class GithubAnswer(msgspec.Struct, frozen=True):
    """Base of the answers; other fields are ignored."""


class GithubUser(GithubAnswer, frozen=True):
    login: str


class GithubComment(GithubAnswer, frozen=True):
    id: int
    body: str = ""
    user: GithubUser | None = None

    @property
    def author(self) -> str:
        return self.user.login if self.user else ""


class PullRequestHead(GithubAnswer, frozen=True):
    sha: str


class PullRequest(GithubAnswer, frozen=True):
    head: PullRequestHead
    user: GithubUser | None = None

    @property
    def author(self) -> str:
        return self.user.login if self.user else ""


class PullRequestReview(GithubAnswer, frozen=True):
    """state: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING. commit_id: None when the commit is gone."""

    state: str
    commit_id: str | None = None
    user: GithubUser | None = None

    @property
    def author(self) -> str:
        return self.user.login if self.user else ""


class TeamMembership(GithubAnswer, frozen=True):
    state: str


class GithubStatus(GithubAnswer, frozen=True):
    context: str
    created_at: datetime


class CheckRun(GithubAnswer, frozen=True):
    id: int
    name: str
    completed_at: datetime | None = None


class CheckRunList(GithubAnswer, frozen=True):
    check_runs: list[CheckRun]


class RunReference(GithubAnswer, frozen=True):
    id: int = 0


class WorkflowArtifact(GithubAnswer, frozen=True):
    id: int
    name: str
    created_at: datetime
    size_in_bytes: int = 0
    expired: bool = False
    workflow_run: RunReference | None = None

    def is_of(self, run: int) -> bool:
        """Whether GitHub says that this run uploaded it."""
        return self.workflow_run is not None and self.workflow_run.id == run


class WorkflowArtifactList(GithubAnswer, frozen=True):
    artifacts: list[WorkflowArtifact]


class RepositoryName(GithubAnswer, frozen=True):
    full_name: str


class WorkflowRun(GithubAnswer, frozen=True):
    """head_branch: named by who opened the pull request. head_repository: None when the fork is gone."""

    id: int
    event: str
    head_sha: str
    status: str | None = None
    head_branch: str | None = None
    html_url: str = ""
    head_repository: RepositoryName | None = None


class ChangeEnd(GithubAnswer, frozen=True):
    ref: str
    sha: str
    repo: RepositoryName | None = None


class ChangeOfRun(GithubAnswer, frozen=True):
    number: int
    head: ChangeEnd
    base: ChangeEnd


class UploadAnswer(GithubAnswer, frozen=True):
    """id: "" when GitHub does not process the report; message: why."""

    id: str | int = ""
    message: str = ""


class GithubApi:
    """Every method makes one request (or one per page) and raises what GithubClient.once raises."""

    def __init__(self, client: GithubClient, repository: str) -> None:
        self.client = client
        self._at = f"/repos/{repository}"

    def me(self) -> str:
        """Login of the token's user, "" for an app's token (as in workflows)."""
        try:
            return decode(self.client.once("GET", "/user"), GithubUser).login
        except DeliveryFailed as failed:
            if failed.code == "github-forbidden":
                return ""
            raise

    def pull(self, number: int) -> PullRequest:
        return decode(self.client.once("GET", f"{self._at}/pulls/{number}"), PullRequest)

    def reviews(self, number: int) -> Iterator[PullRequestReview]:
        """Of a pull request, oldest first."""
        for page in self._pages(f"{self._at}/pulls/{number}/reviews", list[PullRequestReview]):
            yield from page

    def is_member(self, organisation: str, team: str, login: str) -> bool:
        """Whether the user belongs to the team. Raises DeliveryFailed (`github-refused`) for one who does not."""
        path = f"/orgs/{quote(organisation)}/teams/{quote(team)}/memberships/{quote(login)}"
        return decode(self.client.once("GET", path), TeamMembership).state == "active"

    def comments(self, number: int) -> Iterator[GithubComment]:
        """Of a pull request, oldest first."""
        for page in self._pages(f"{self._at}/issues/{number}/comments", list[GithubComment]):
            yield from page

    def create_comment(self, number: int, body: str) -> GithubComment:
        path = f"{self._at}/issues/{number}/comments"
        return decode(self.client.once("POST", path, body={"body": body}), GithubComment)

    def edit_comment(self, comment: int, body: str) -> None:
        self.client.once("PATCH", f"{self._at}/issues/comments/{comment}", body={"body": body})

    def delete_comment(self, comment: int) -> None:
        self.client.once("DELETE", f"{self._at}/issues/comments/{comment}")

    def statuses(self, commit: str) -> list[GithubStatus]:
        """The newest hundred of a commit, newest first."""
        params = {"per_page": str(PER_PAGE)}
        return decode(
            self.client.once("GET", f"{self._at}/commits/{commit}/statuses", params=params), list[GithubStatus]
        )

    def create_status(self, commit: str, status: Json) -> None:
        self.client.once("POST", f"{self._at}/statuses/{commit}", body=status)

    def check_runs(self, commit: str, name: str) -> list[CheckRun]:
        """The newest check run of this name of each app."""
        params = {"check_name": name, "filter": "latest", "per_page": str(PER_PAGE)}
        path = f"{self._at}/commits/{commit}/check-runs"
        return decode(self.client.once("GET", path, params=params), CheckRunList).check_runs

    def create_check_run(self, run: Json) -> int:
        return decode(self.client.once("POST", f"{self._at}/check-runs", body=run), CheckRun).id

    def update_check_run(self, run: int, change: Json) -> None:
        self.client.once("PATCH", f"{self._at}/check-runs/{run}", body=change)

    def artifacts(self) -> Iterator[WorkflowArtifact]:
        """Of all workflow runs of the repository, in any order."""
        for page in self._pages(f"{self._at}/actions/artifacts", WorkflowArtifactList):
            yield from page.artifacts

    def run(self, number: int) -> WorkflowRun:
        return decode(self.client.once("GET", f"{self._at}/actions/runs/{number}"), WorkflowRun)

    def run_artifacts(self, run: int) -> Iterator[WorkflowArtifact]:
        """Of one workflow run, in any order."""
        for page in self._pages(f"{self._at}/actions/runs/{run}/artifacts", WorkflowArtifactList):
            yield from page.artifacts

    def archive(self, artifact: int, most: int) -> bytes:
        """The zip of an artifact; of a longer one than `most` bytes the first and one byte more."""
        return self.client.redirected(f"{self._at}/actions/artifacts/{artifact}/zip", most)

    def changes(self, head: str) -> Iterator[ChangeOfRun]:
        """The open pull requests from a branch, `OWNER:BRANCH`."""
        for page in self._pages(f"{self._at}/pulls", list[ChangeOfRun], state="open", head=head):
            yield from page

    def delete_artifact(self, artifact: int) -> None:
        self.client.once("DELETE", f"{self._at}/actions/artifacts/{artifact}")

    def upload_coverage(self, report: Json) -> UploadAnswer:
        """Not in the published description; the same request as GitHub's own upload action (docs/github.md)."""
        return decode(self.client.once("PUT", f"{self._at}/code-coverage/report", body=report), UploadAnswer)

    def _pages(self, path: str, kind: type[PageT], **asked: str) -> Iterator[PageT]:
        for page in range(1, MOST_PAGES + 1):
            params = {**asked, "per_page": str(PER_PAGE), "page": str(page)}
            response = self.client.once("GET", path, params=params)
            yield decode(response, kind)
            if not has_next(response):
                return
        raise DeliveryFailed(
            "github-too-many",
            f"GET {path}: more than {MOST_PAGES} pages of {PER_PAGE}",
            hint="covgov does not act on a partial list; delete old entries and try again",
        )
