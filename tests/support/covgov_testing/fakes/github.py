"""A GitHub in memory: what its API does with comments, statuses, check runs and artifacts, and how it fails.

It answers httpx2 requests, so it serves as the transport of a client and behind a real server (github_server.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import httpx2

from covgov.publish.channels.github.api import GithubApi
from covgov.publish.channels.github.client import GithubClient

BOT = "github-actions[bot]"
REPOSITORY = "acme/shop"
HEAD = "c0ffee" + "0" * 34
API = "https://api.github.example"
TOKEN = "ghs_" + "s3cr3t" * 6
NO_INTEGRATION = "Resource not accessible by integration"

Json = dict[str, object]
Answer = httpx2.Response | Exception


@dataclass
class Fault:
    """What happens to the next requests of a method. done: the request takes effect, and then the answer is lost."""

    method: str
    answer: Answer
    times: int
    done: bool


@dataclass
class FakeGithub:
    """login: whose token it is. app: the token has no user of its own, as in workflows. read_only: as for forks.

    full: resource -> a document that GitHub would answer with, whose fields are kept unless the fake knows better.
    """

    login: str = BOT
    app: bool = True
    read_only: bool = False
    head: str = HEAD
    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    full: Mapping[str, Json] = field(default_factory=dict)
    author: str = "author"
    reviews: list[Json] = field(default_factory=list)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    comments: dict[int, list[Json]] = field(default_factory=dict)
    statuses: dict[str, list[Json]] = field(default_factory=dict)
    check_runs: list[Json] = field(default_factory=list)
    artifacts: list[Json] = field(default_factory=list)
    runs: list[Json] = field(default_factory=list)
    open_pulls: list[Json] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    storage: str = f"{API}/storage"
    coverage: list[Json] = field(default_factory=list)
    coverage_answer: httpx2.Response | None = None
    asked: list[httpx2.Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        fault = next((one for one in self.faults if one.method in ("", request.method) and one.times), None)
        if fault is None:
            return self._answer(request)
        fault.times -= 1
        if fault.done:
            self._answer(request)
        if isinstance(fault.answer, Exception):
            raise fault.answer
        return httpx2.Response(fault.answer.status_code, headers=fault.answer.headers, content=fault.answer.content)

    def fail(self, answer: Answer, *, method: str = "", times: int = 1, done: bool = False) -> None:
        """The next `times` requests (of this method) are answered so."""
        self.faults.append(Fault(method, answer, times, done))

    def requests(self, method: str) -> list[str]:
        """Paths of the requests of one method, in order."""
        return [one.url.path for one in self.asked if one.method == method]

    def comment(self, number: int, body: str, login: str = BOT) -> int:
        """Somebody comments; the id."""
        made = self._made("comment", {"body": body, "user": self._user(login)})
        self.comments.setdefault(number, []).append(made)
        return int(str(made["id"]))

    def review(self, login: str, state: str = "APPROVED", commit: str = "") -> None:
        """Somebody reviews the pull request, by default its newest commit."""
        known: Json = {"state": state, "user": self._user(login), "commit_id": commit or self.head}
        self.reviews.append(self._made("review", known, timed=False))

    def artifact(self, name: str, day: int, *, expired: bool = False) -> int:
        """A workflow uploads; the id."""
        created = datetime(2026, 11, day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = self._made(
            "artifact", {"name": name, "created_at": created, "expired": expired, "size_in_bytes": 1000}, timed=False
        )
        self.artifacts.append(made)
        return int(str(made["id"]))

    def fork_run(self, head: str = "", *, fork: str = "mallory/shop", branch: str = "topic", **known: object) -> int:
        """A workflow run of a pull request's head; the id."""
        found: Json = {"event": "pull_request", "status": "completed", "head_sha": head or self.head, **known}
        found |= {"head_branch": branch, "html_url": "https://github.example/acme/shop/actions/runs/5"}
        repository = {**_part(self.full.get("run", {}), "head_repository"), "full_name": fork}
        self.runs.append(self._made("run", {**found, "head_repository": repository}, timed=False))
        return int(str(self.runs[-1]["id"]))

    def open_pull(self, number: int, head: str = "", *, base: str = "main", of: str = REPOSITORY) -> None:
        """A pull request of a fork."""
        document = deepcopy(self.full.get("pulls", {}))
        ends = {"head": {"ref": "topic", "sha": head or self.head}, "base": {"ref": base, "sha": "b" * 40}}
        for name, known in ends.items():
            repository = {**_part(_part(document, name), "repo"), "full_name": of}
            document[name] = {**_part(document, name), **known, "repo": repository}
        self.open_pulls.append({**document, "number": number})

    def uploaded(self, run: int, name: str, archive: bytes, *, size: int | None = None) -> int:
        """An artifact of a run, with its zip; the id."""
        found: Json = {"name": name, "created_at": self._time(), "expired": False}
        found |= {"size_in_bytes": len(archive) if size is None else size, "workflow_run": {"id": run}}
        made = self._made("artifact", found, timed=False)
        self.artifacts.append(made)
        self.archives[int(str(made["id"]))] = archive
        return int(str(made["id"]))

    def bodies(self, number: int) -> list[str]:
        """The comments of a pull request, oldest first."""
        return [str(one["body"]) for one in self.comments.get(number, [])]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        for method, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, request.url.path.removeprefix("/api/v3"))
            if found and method == request.method:
                if self.read_only and method != "GET":
                    return refusal(403, NO_INTEGRATION)
                return handle(self, request, found.groups())
        return refusal(404, "Not Found")

    def _made(self, kind: str, known: Json, *, timed: bool = True) -> Json:
        times = {"created_at": self._time()} if timed else {}
        return {**deepcopy(self.full.get(kind, {})), "id": next(self.numbers), **times, **known}

    def _time(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _user(self, login: str) -> Json:
        return {**deepcopy(self.full.get("user", {})), "login": login}

    def user(self, _request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        if self.app:
            return refusal(403, NO_INTEGRATION)
        return httpx2.Response(200, json={**deepcopy(self.full.get("me", {})), "login": self.login})

    def pull(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        document = deepcopy(self.full.get("pull", {}))
        head = document.setdefault("head", {})
        assert isinstance(head, dict)
        head["sha"] = self.head
        return httpx2.Response(200, json={**document, "number": int(found[0]), "user": self._user(self.author)})

    def list_reviews(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, self.reviews)

    def membership(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        team, login = found
        if login not in self.teams.get(team, ()):
            return refusal(404, "Not Found")
        known = {**deepcopy(self.full.get("membership", {})), "state": "active"}
        return httpx2.Response(200, json=known)

    def list_comments(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, self.comments.get(int(found[0]), []))

    def create_comment(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        body = str(_body(request)["body"])
        if len(body) > 65_536:
            return refusal(422, "Validation Failed", [{"message": "body is too long (maximum is 65536 characters)"}])
        self.comment(int(found[0]), body, self.login)
        return httpx2.Response(201, json=self.comments[int(found[0])][-1])

    def edit_comment(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        for one in (one for all_of in self.comments.values() for one in all_of if str(one["id"]) == found[0]):
            one["body"] = _body(request)["body"]
            return httpx2.Response(200, json=one)
        return refusal(404, "Not Found")

    def delete_comment(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        return _deleted(self.comments.values(), found[0])

    def list_statuses(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, list(reversed(self.statuses.get(found[0], []))))

    def create_status(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        made = self._made("status", _body(request))
        self.statuses.setdefault(found[0], []).append(made)
        return httpx2.Response(201, json=made)

    def list_check_runs(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        name = request.url.params.get("check_name", "")
        shown = [one for one in self.check_runs if (one["head_sha"], one["name"]) == (found[0], name)][-1:]
        return httpx2.Response(200, json={"total_count": len(shown), "check_runs": shown})

    def create_check_run(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        sent = _body(request)
        made = {
            **self._made("check_run", {}, timed=False),
            "status": "queued",
            "conclusion": None,
            "completed_at": None,
        }
        made["sent"] = []
        self.check_runs.append(made)
        return httpx2.Response(201, json=_checked(made, sent))

    def update_check_run(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        for run in (run for run in self.check_runs if str(run["id"]) == found[0]):
            return httpx2.Response(200, json=_checked(run, _body(request)))
        return refusal(404, "Not Found")

    def list_artifacts(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, self.artifacts, "artifacts")

    def get_run(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        for one in (one for one in self.runs if str(one["id"]) == found[0]):
            return httpx2.Response(200, json=one)
        return refusal(404, "Not Found")

    def list_run_artifacts(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, self.artifacts, "artifacts")

    def list_pulls(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        return _page(request, self.open_pulls)

    def zip_of(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        return httpx2.Response(302, headers={"location": f"{self.storage}/{found[0]}?signed=1"})

    def stored(self, request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        assert "authorization" not in request.headers, "the token went to the storage"
        return httpx2.Response(200, stream=httpx2.ByteStream(self.archives[int(found[0])]))

    def delete_artifact(self, _request: httpx2.Request, found: tuple[str, ...]) -> httpx2.Response:
        return _deleted([self.artifacts], found[0])

    def upload_coverage(self, request: httpx2.Request, _found: tuple[str, ...]) -> httpx2.Response:
        self.coverage.append(_body(request))
        return self.coverage_answer or httpx2.Response(202, json={"id": "report-1"})


Handler = Callable[[FakeGithub, httpx2.Request, tuple[str, ...]], httpx2.Response]
_AT = rf"/repos/{REPOSITORY}"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/user", FakeGithub.user),
    ("GET", rf"{_AT}/pulls/(\d+)", FakeGithub.pull),
    ("GET", rf"{_AT}/pulls/(\d+)/reviews", FakeGithub.list_reviews),
    ("GET", r"/orgs/acme/teams/([\w-]+)/memberships/([\w-]+)", FakeGithub.membership),
    ("GET", rf"{_AT}/issues/(\d+)/comments", FakeGithub.list_comments),
    ("POST", rf"{_AT}/issues/(\d+)/comments", FakeGithub.create_comment),
    ("PATCH", rf"{_AT}/issues/comments/(\d+)", FakeGithub.edit_comment),
    ("DELETE", rf"{_AT}/issues/comments/(\d+)", FakeGithub.delete_comment),
    ("GET", rf"{_AT}/commits/(\w+)/statuses", FakeGithub.list_statuses),
    ("POST", rf"{_AT}/statuses/(\w+)", FakeGithub.create_status),
    ("GET", rf"{_AT}/commits/(\w+)/check-runs", FakeGithub.list_check_runs),
    ("POST", rf"{_AT}/check-runs", FakeGithub.create_check_run),
    ("PATCH", rf"{_AT}/check-runs/(\d+)", FakeGithub.update_check_run),
    ("GET", rf"{_AT}/actions/artifacts", FakeGithub.list_artifacts),
    ("DELETE", rf"{_AT}/actions/artifacts/(\d+)", FakeGithub.delete_artifact),
    ("GET", rf"{_AT}/actions/runs/(\d+)", FakeGithub.get_run),
    ("GET", rf"{_AT}/actions/runs/(\d+)/artifacts", FakeGithub.list_run_artifacts),
    ("GET", rf"{_AT}/actions/artifacts/(\d+)/zip", FakeGithub.zip_of),
    ("GET", rf"{_AT}/pulls", FakeGithub.list_pulls),
    ("GET", r"/storage/(\d+)", FakeGithub.stored),
    ("PUT", rf"{_AT}/code-coverage/report", FakeGithub.upload_coverage),
)


def _part(document: Json, name: str) -> Json:
    """A copy of an object in a document."""
    found = document.get(name, {})
    assert isinstance(found, dict)
    return deepcopy(found)


def refusal(
    status: int, message: str, errors: list[Json] | None = None, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """An error as GitHub tells it."""
    body = {"message": message, **({"errors": errors} if errors else {}), "documentation_url": "https://docs.example"}
    return httpx2.Response(status, json=body, headers=dict(headers or {}))


def client_of(github: FakeGithub) -> GithubClient:
    """A client whose requests the fake answers."""
    return GithubClient(API, TOKEN, transport=httpx2.MockTransport(github))


def api_of(github: FakeGithub) -> GithubApi:
    return GithubApi(client_of(github), REPOSITORY)


def _body(request: httpx2.Request) -> Json:
    found = json.loads(request.content)
    assert isinstance(found, dict)
    return found


def _page(request: httpx2.Request, items: list[Json], named: str = "") -> httpx2.Response:
    """One page, with the Link header by which GitHub says that there are more."""
    params = request.url.params
    per_page, page = int(params.get("per_page", "30")), int(params.get("page", "1"))
    shown = items[(page - 1) * per_page : page * per_page]
    headers = {}
    if page * per_page < len(items):
        following = request.url.copy_set_param("page", str(page + 1))
        headers["link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
    return httpx2.Response(200, headers=headers, json={"total_count": len(items), named: shown} if named else shown)


def _checked(run: Json, sent: Json) -> Json:
    """A check run after a request; what was sent is kept apart, as the answers leave annotations out."""
    kept = run["sent"]
    assert isinstance(kept, list)
    kept.append(sent)
    run.update({name: value for name, value in sent.items() if name != "output"})
    return {name: value for name, value in run.items() if name != "sent"}


def _deleted(lists: Iterable[list[Json]], number: str) -> httpx2.Response:
    for items in lists:
        for one in [one for one in items if str(one["id"]) == number]:
            items.remove(one)
            return httpx2.Response(204)
    return refusal(404, "Not Found")
