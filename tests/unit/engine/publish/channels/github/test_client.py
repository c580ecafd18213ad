from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import msgspec
import pytest

from covgov.errors import DeliveryFailed, NotConfigured
from covgov.http.client import LONGEST_WAIT, TransientFailure
from covgov.publish.channels.github.client import ATTEMPTS, GithubClient, connect, decode
from covgov_testing.fakes.github import API, TOKEN, FakeGithub, client_of, refusal

OUTAGE = refusal(503, "Service Unavailable")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Strict(msgspec.Struct):
    login: str


def ask(github: FakeGithub) -> httpx2.Response:
    client = client_of(github)
    return client.insist(lambda: client.once("GET", "/user"))


def failure(github: FakeGithub) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        ask(github)
    return caught.value


def human() -> FakeGithub:
    return FakeGithub(app=False, login="ana")


def test_a_request_sends_its_user_agent() -> None:
    github = human()
    ask(github)
    (asked,) = github.asked
    assert str(asked.url) == f"{API}/user"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["x-github-api-version"] == "2022-11-28"
    assert asked.headers["user-agent"].startswith("covgov/")


@pytest.mark.reliability
@pytest.mark.parametrize(
    "fault",
    [
        OUTAGE,
        refusal(500, "Server Error"),
        refusal(502, ""),
        httpx2.Response(504, content=b"<html>"),
        refusal(408, "slow"),
        refusal(429, "slow down", headers={"retry-after": "1"}),
        refusal(403, "You have exceeded a secondary rate limit", headers={"retry-after": "3"}),
        refusal(403, "You have exceeded a secondary rate limit. Please wait."),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
    ],
)
def test_a_transient_error_is_retried(fault: httpx2.Response | Exception) -> None:
    github = human()
    github.fail(fault, times=ATTEMPTS - 1)
    assert ask(github).status_code == 200
    assert len(github.asked) == ATTEMPTS


@pytest.mark.reliability
def test_a_lasting_error_ends_the_attempts() -> None:
    github = human()
    github.fail(OUTAGE, times=99)
    failed = failure(github)
    assert (failed.code, failed.exit_code) == ("github-unreachable", 5)
    assert failed.message == "GET /user: HTTP 503, Service Unavailable"
    assert len(github.asked) == ATTEMPTS


@pytest.mark.reliability
def test_an_unreachable_network_is_an_error() -> None:
    github = human()
    github.fail(httpx2.ConnectError("no route"), times=99)
    failed = failure(github)
    assert failed.code == "github-unreachable"
    assert failed.message == "GET /user: ConnectError: no route"


@pytest.mark.parametrize(
    ("answer", "code", "hint"),
    [
        (refusal(401, "Bad credentials"), "github-token-refused", "wrong, expired or revoked"),
        (refusal(403, "Resource not accessible by integration"), "github-forbidden", "from forks only read"),
        (refusal(404, "Not Found"), "github-refused", "404 when the token lacks access"),
        (refusal(410, "Gone"), "github-refused", ""),
        (refusal(422, "Validation Failed"), "github-refused", ""),
        (httpx2.Response(301, headers={"location": "https://elsewhere.example"}), "github-refused", ""),
    ],
)
def test_a_refusal_is_not_retried(answer: httpx2.Response, code: str, hint: str) -> None:
    github = human()
    github.fail(answer, times=99)
    failed = failure(github)
    assert failed.code == code
    assert hint in failed.hint
    assert len(github.asked) == 1


def test_githubs_error_message_is_shown() -> None:
    github = human()
    github.fail(refusal(422, "Validation Failed", [{"field": "sha", "code": "invalid"}]))
    assert failure(github).message == ('GET /user: HTTP 422, Validation Failed [{"field":"sha","code":"invalid"}]')


@pytest.mark.security
def test_a_servers_message_is_printable_and_bounded() -> None:
    github = human()
    github.fail(refusal(422, "\x1b[31m::error::\n" + "x" * 9000))
    message = failure(github).message
    assert message.isprintable()
    assert len(message) < 600


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "600"}, 600.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON.timestamp()) + 30)}, 31.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON.timestamp()) - 30)}, 1.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 60.0),
        ({"x-ratelimit-remaining": "0"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:00 GMT"}, 60.0),
    ],
)
def test_how_long_a_rate_limit_lasts_is_read_from_the_answer(headers: dict[str, str], waits: float) -> None:
    github = human()
    github.fail(refusal(403, "rate limit exceeded", headers={"date": format_datetime(NOON, usegmt=True), **headers}))
    with pytest.raises(TransientFailure) as caught:
        client_of(github).once("GET", "/user")
    assert caught.value.seconds == waits
    assert isinstance(caught.value.failure, DeliveryFailed)
    assert caught.value.failure.code == "github-rate-limited"


@pytest.mark.reliability
@pytest.mark.parametrize("name", [b"retry-after", b"x-ratelimit-reset"])
def test_a_non_ascii_digit_in_a_header_is_ignored(name: bytes) -> None:
    github = human()
    github.fail(httpx2.Response(429, headers={b"x-ratelimit-remaining": b"0", name: "²".encode("latin-1")}))
    with pytest.raises(TransientFailure) as caught:
        client_of(github).once("GET", "/user")
    assert caught.value.seconds == 60.0


@pytest.mark.reliability
@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": str(int(LONGEST_WAIT) + 1)},
        {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int((NOON + timedelta(hours=1)).timestamp())),
            "date": format_datetime(NOON, usegmt=True),
        },
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1", "date": "nonsense"},
    ],
)
def test_a_long_rate_limit_is_reported_not_awaited(headers: dict[str, str]) -> None:
    github = human()
    github.fail(refusal(403, "API rate limit exceeded", headers=headers), times=99)
    failed = failure(github)
    assert failed.code == "github-rate-limited"
    assert "deliver again later" in failed.hint
    assert len(github.asked) == 1


@pytest.mark.reliability
def test_a_step_of_several_requests_is_repeated_as_a_whole() -> None:
    github = human()
    client = client_of(github)
    github.fail(OUTAGE, method="POST")

    def step() -> str:
        client.once("GET", "/user")
        return client.once("POST", "/repos/acme/shop/statuses/abc", body={"state": "success"}).reason_phrase

    assert client.insist(step) == "Created"
    assert [one.method for one in github.asked] == ["GET", "POST", "GET", "POST"]


def test_an_error_that_is_not_githubs_is_not_swallowed() -> None:
    def step() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client_of(human()).insist(step)


def test_deleting_a_missing_object_succeeds() -> None:
    assert client_of(human()).once("DELETE", "/repos/acme/shop/issues/comments/7").status_code == 404


@pytest.mark.parametrize("content", [b"<html>login</html>", b"[]", b'{"login": 3}', b"\xff"])
def test_an_unexpected_answer_is_an_error(content: bytes) -> None:
    github = human()
    github.fail(httpx2.Response(200, content=content))
    with pytest.raises(DeliveryFailed) as caught:
        decode(ask(github), Strict)
    assert caught.value.code == "github-unexpected"
    assert "GITHUB_API_URL" in caught.value.hint


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("", "https://api.github.com/user"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/v3/user"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/v3/user"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/user"),
        ("http://localhost:8080", "http://localhost:8080/user"),
    ],
)
def test_the_api_address_comes_from_the_environment(address: str, asked: str) -> None:
    github = human()
    env = {"GITHUB_TOKEN": TOKEN, **({"GITHUB_API_URL": address} if address else {})}
    connect(env, transport=httpx2.MockTransport(github)).once("GET", "/user")
    assert str(github.asked[0].url) == asked


@pytest.mark.security
@pytest.mark.parametrize(
    "address",
    [
        "http://ghe.example/api/v3",
        "ftp://ghe.example",
        "ghe.example",
        "https://user:pass@ghe.example",
        "https://ghe.example/?x=1",
        "https://ghe.example/#x",
        "https://[ghe",
        "https://ghe.example:0",
    ],
)
def test_a_token_is_not_sent_to_an_odd_or_unencrypted_address(address: str) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        connect({"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": address})
    assert caught.value.code == "github-api-address"
    assert TOKEN not in caught.value.message + caught.value.hint
    assert "pass" not in caught.value.message


def test_both_token_variables_work() -> None:
    github = human()
    connect({"GITHUB_TOKEN": " ", "GH_TOKEN": f"{TOKEN}\n"}, transport=httpx2.MockTransport(github)).once(
        "GET", "/user"
    )
    assert github.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("env", [{}, {"GITHUB_TOKEN": ""}, {"GITHUB_TOKEN": "a\nb"}, {"GITHUB_TOKEN": "gh\u00e4"}])
def test_without_a_token_nothing_is_sent(env: dict[str, str]) -> None:
    with pytest.raises(NotConfigured) as caught:
        connect(env)
    assert caught.value.code == "github-token-missing"


@pytest.mark.security
def test_no_error_repeats_the_token() -> None:
    for answer in (refusal(401, "Bad credentials"), refusal(403, "no"), OUTAGE, httpx2.ConnectError("no")):
        github = human()
        github.fail(answer, times=99)
        failed = failure(github)
        assert TOKEN not in failed.message + failed.hint


def stored(github: FakeGithub, most: int = 100) -> bytes:
    """What GitHub keeps elsewhere."""
    client, path = client_of(github), "/repos/acme/shop/actions/artifacts/1/zip"
    return client.insist(lambda: client.redirected(path, most))


def with_archive(data: bytes = b"data", storage: str = f"{API}/storage") -> FakeGithub:
    return FakeGithub(archives={1: data}, storage=storage)


def test_what_is_stored_elsewhere_is_fetched_without_the_token() -> None:
    github = with_archive()
    assert stored(github) == b"data"
    assert ["authorization" in one.headers for one in github.asked] == [True, False]


@pytest.mark.security
def test_of_more_than_was_asked_for_one_byte_is_read() -> None:
    assert (stored(with_archive(b"x" * 101)), stored(with_archive(b"x" * 9999))) == (b"x" * 101,) * 2


@pytest.mark.security
@pytest.mark.parametrize("storage", ["http://storage.example", "file:///etc", "ftp://storage.example", "/storage"])
def test_an_unencrypted_or_strange_place_is_not_asked(storage: str) -> None:
    github = with_archive(storage=storage)
    with pytest.raises(DeliveryFailed, match="not what GitHub documents"):
        stored(github)
    assert len(github.asked) == 1


@pytest.mark.parametrize("answer", [httpx2.Response(200, content=b"PK"), httpx2.Response(302)])
def test_an_answer_that_leads_nowhere_is_not_what_github_documents(answer: httpx2.Response) -> None:
    github = with_archive()
    github.fail(answer)
    with pytest.raises(DeliveryFailed, match="not what GitHub documents"):
        stored(github)


@pytest.mark.reliability
@pytest.mark.parametrize("number", [1, 2])
def test_a_storage_that_fails_is_asked_again(number: int) -> None:
    github = with_archive()
    calls: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(request.url.path)
        if len(calls) == 2 * number:
            return httpx2.Response(503, stream=httpx2.ByteStream(b"away")) if number == 1 else github(request)
        if number == 2 and len(calls) == 2:
            raise httpx2.ReadError("gone")
        return github(request)

    client = GithubClient(API, TOKEN, transport=httpx2.MockTransport(answer))
    assert client.insist(lambda: client.redirected("/repos/acme/shop/actions/artifacts/1/zip", 9)) == b"data"


def test_a_redirect_that_was_not_expected_is_no_answer() -> None:
    github = human()
    github.fail(httpx2.Response(302, headers={"location": API}))
    assert failure(github).code == "github-refused"
