"""GitHub's published description of its API, as a strict gate in front of a server: what it does not describe is
refused, and so is an answer of the fake that GitHub would not give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from covgov_testing.fakes.github import FakeGithub, Json, refusal

FETCHED = Path(__file__).resolve().parents[3] / ".cache" / "github-openapi" / "api.github.com.json"
PUBLIC = "https://api.github.com"

OPERATIONS = (
    ("get", "/user"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"),
    ("get", "/orgs/{org}/teams/{team_slug}/memberships/{username}"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("delete", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/check-runs"),
    ("post", "/repos/{owner}/{repo}/check-runs"),
    ("patch", "/repos/{owner}/{repo}/check-runs/{check_run_id}"),
    ("get", "/repos/{owner}/{repo}/actions/artifacts"),
    ("delete", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}"),
    ("get", "/repos/{owner}/{repo}/actions/runs/{run_id}"),
    ("get", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts"),
    ("get", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}"),
    ("get", "/repos/{owner}/{repo}/pulls"),
)
"""What covgov asks of GitHub. The description is read for these only: as a whole it takes a minute."""

EXAMPLES = {
    "comment": "issue-comment",
    "user": "simple-user",
    "status": "status",
    "check_run": "check-run",
    "artifact": "artifact",
    "me": "public-user-default-response",
    "pull": "pull-request",
    "pulls": "pull-request-simple",
    "run": "workflow-run",
    "review": "pull-request-review",
    "membership": "team-membership-response-if-user-is-a-team-maintainer",
}
"""Resource of the fake -> example of the description from which its answers are made."""


CORRECTED: dict[str, Json] = {
    "me": {"user_view_type": "public"},
    "pull": {"requested_teams": []},
    "pulls": {"requested_teams": []},
}
"""Where the description's own examples are not what its schemas ask for."""


def described(whole: Json) -> Json:
    """The description of OPERATIONS and all that they refer to; the rest is left out.

    One thing is changed: an enumeration that is `nullable` takes null, which is what GitHub means and answers.
    """
    paths: dict[str, Json] = {}
    for method, path in OPERATIONS:
        every = _at(whole, ("paths", path))
        paths.setdefault(path, {})[method] = every[method]
    kept: Json = {name: value for name, value in whole.items() if name not in ("paths", "components", "webhooks")}
    kept |= {"paths": paths, "components": {}}
    wanted, seen = list(_references(paths)), set[str]()
    while wanted:
        reference = wanted.pop()
        if reference in seen:
            continue
        seen.add(reference)
        _, _, kind, name = reference.split("/")
        value = _at(whole, ("components", kind))[name]
        components = kept["components"]
        assert isinstance(components, dict)
        components.setdefault(kind, {})[name] = _with_null(value)
        wanted += _references(value)
    return kept


def _at(document: object, keys: tuple[str, ...]) -> Json:
    for key in keys:
        assert isinstance(document, dict)
        document = document[key]
    assert isinstance(document, dict)
    return document


def _with_null(value: object) -> object:
    if isinstance(value, list):
        return [_with_null(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _with_null(inner) for name, inner in value.items()}
    choices = kept.get("enum")
    if kept.get("nullable") is True and isinstance(choices, list) and None not in choices:
        kept["enum"] = [*choices, None]
    return kept


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


class Asked:
    """A request in the words of openapi-core, as if it had gone to GitHub itself."""

    def __init__(self, request: httpx2.Request) -> None:
        self.host_url = PUBLIC
        self.path = request.url.path
        self.method = request.method.lower()
        query = ImmutableMultiDict(request.url.params.multi_items())
        self.parameters = RequestParameters(query=query, header=Headers(request.headers.multi_items()))
        self.content_type = request.headers.get("content-type", "")
        self.body = request.content or None


class Answered:
    """An answer in the words of openapi-core."""

    def __init__(self, response: httpx2.Response) -> None:
        self.data = response.content
        self.status_code = response.status_code
        self.content_type = response.headers.get("content-type", "")
        self.headers = Headers(response.headers.multi_items())


@dataclass
class Gate:
    """Refuses what the description does not allow. used: the operations that passed. unchecked: where paths begin that
    are not the API's.

    wrong: answers of the fake that the description does not allow; they are passed on.
    """

    whole: Json
    github: FakeGithub
    used: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    unchecked: str = ""

    def __post_init__(self) -> None:
        self._kept = described(self.whole)
        self._openapi = OpenAPI.from_dict(self._kept)
        named = _at(self.whole, ("components", "examples"))
        found = {kind: _at(named, (name, "value")) for kind, name in EXAMPLES.items()}
        self.github.full = {kind: {**found[kind], **CORRECTED.get(kind, {})} for kind in EXAMPLES}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.unchecked and request.url.path.startswith(self.unchecked):
            return self.github(request)
        asked = Asked(request)
        try:
            self._openapi.validate_request(asked)
        except OpenAPIError as error:
            return refusal(422, f"GitHub does not describe this: {_told(error)}")
        operation = _operation(request)
        unknown = sorted(_given(request) - self._known(operation))
        if unknown:
            return refusal(422, f"GitHub does not describe this: {', '.join(unknown)}")
        self.used.add(operation)
        answer = self.github(request)
        try:
            self._openapi.validate_response(asked, Answered(answer))
        except OpenAPIError as error:
            self.wrong.append(f"{operation}: {_told(error)}")
        return answer

    def _known(self, operation: tuple[str, str]) -> set[str]:
        """Names of the parameters and fields that may be sent: the schemas allow others, GitHub ignores them."""
        method, path = operation
        entry = _at(self._kept, ("paths", path, method))
        listed = entry.get("parameters", [])
        assert isinstance(listed, list)
        parameters = {str(self._resolved(one)["name"]) for one in listed}
        if "requestBody" not in entry:
            return parameters
        body = _at(entry, ("requestBody", "content", "application/json", "schema"))
        return parameters | _fields(body, "")

    def _resolved(self, value: Json) -> Json:
        reference = value.get("$ref")
        return _at(self._kept, tuple(reference.split("/")[1:])) if isinstance(reference, str) else value


def _fields(schema: Json, prefix: str) -> set[str]:
    """Dotted names of all fields of an object, those of objects in lists included."""
    found = set()
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    for name, inner in properties.items():
        found |= {f"{prefix}{name}", *_fields(inner.get("items", inner), f"{prefix}{name}.")}
    return found


def _given(request: httpx2.Request) -> set[str]:
    """Names of everything that a request carries."""
    return {*request.url.params, *(_names(json.loads(request.content), "") if request.content else ())}


def _names(value: object, prefix: str) -> set[str]:
    if isinstance(value, dict):
        inner = {name for key, item in value.items() for name in _names(item, f"{prefix}{key}.")}
        return {f"{prefix}{key}" for key in value} | inner
    return {name for item in value for name in _names(item, prefix)} if isinstance(value, list) else set()


def _operation(request: httpx2.Request) -> tuple[str, str]:
    """The one of OPERATIONS that a request is of, which has been checked before."""
    method = request.method.lower()
    for known, path in OPERATIONS:
        if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.url.path):
            return known, path
    raise AssertionError(f"{request.method} {request.url.path} passed and is not among OPERATIONS")


def _told(error: BaseException) -> str:
    """The innermost reason of an error, which says what of the value does not fit."""
    while error.__cause__ is not None:
        error = error.__cause__
    found = getattr(error, "schema_errors", None)
    return ("; ".join(f"{list(one.absolute_path)}: {one.message}" for one in found) if found else str(error))[-1000:]


def load() -> Json:
    """The description as it was fetched (`make setup-openapi`)."""
    found = json.loads(FETCHED.read_bytes())
    assert isinstance(found, dict)
    return found
