from __future__ import annotations

import gzip
import json

import httpx2
import msgspec
import pytest

from covgov.errors import DeliveryFailed, PolicyInvalid, Undetermined
from covgov.history.interface import PortableStore, PushableStore, SharedStore, WriteGuardedStore
from covgov.history.stores.hub import client as hub_client
from covgov.history.stores.hub import store as hub_store
from covgov.history.stores.hub.client import HubAddress, HubClient, HubRefusal, parse
from covgov.history.stores.hub.store import HubStore
from covgov.history.stores.hub.wire import FileNames, NameListing
from covgov_testing.builders.run import run

ADDRESS = HubAddress("https://hub.example", "acme", "shop")
TOKEN = "cvg_" + "s3cr3t" * 12


class Nothing(msgspec.Struct):
    pass


class Hub:
    """Answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def client(hub: Hub, token: str = TOKEN) -> HubClient:
    return HubClient(ADDRESS, token, transport=httpx2.MockTransport(hub))


def ok(body: object = None) -> httpx2.Response:
    return httpx2.Response(200, json={} if body is None else body)


def problem(status: int, code: str = "some-code", **headers: str) -> httpx2.Response:
    body = {"code": code, "detail": "what is wrong", "hint": "what to do"}
    return httpx2.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


EMPTY = ok({"names": [], "head": None, "next": None})


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://hub.example/acme/shop", "https://hub.example"),
        ("https://hub.example:8443/some/where/acme/shop/", "https://hub.example:8443/some/where"),
        ("http://127.0.0.1:8399/acme/shop", "http://127.0.0.1:8399"),
        ("http://[::1]:8399/acme/shop", "http://[::1]:8399"),
        ("http://localhost/acme/shop", "http://localhost"),
    ],
)
def test_an_address_names_a_hub_and_a_repository(text: str, base: str) -> None:
    assert parse(text) == HubAddress(base, "acme", "shop")
    assert str(parse(text)) == f"{base}/acme/shop"


@pytest.mark.security
@pytest.mark.parametrize(
    "text",
    [
        "",
        "hub.example/acme/shop",
        "ftp://hub.example/acme/shop",
        "https://hub.example/shop",
        "https://hub.example/acme/../shop",
        "https://user:pass@hub.example/acme/shop",
        "https://hub.example/acme/shop?token=x",
        "https://hub.example/acme/shop#x",
        "https://hub.example:no/acme/shop",
        "https://[hub/acme/shop",
    ],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse(text)
    assert caught.value.code == "history-store-unknown"
    assert "pass" not in caught.value.message


@pytest.mark.parametrize("base", ["https://hub.example", "https://hub.example:8443/some/where"])
def test_an_address_of_the_api_is_refused_with_the_one_that_is_meant(base: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse(f"{base}/v1/repositories/acme/shop")
    assert caught.value.code == "history-store-unknown"
    assert caught.value.hint == f"use hub:{base}/acme/shop"


@pytest.mark.security
def test_a_token_never_travels_unencrypted() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse("http://hub.example/acme/shop")
    assert caught.value.code == "history-store-insecure"


def test_a_body_is_sent_compressed_and_with_the_token() -> None:
    hub = Hub(ok())
    client(hub).post("read", FileNames(("a",)), Nothing)
    (asked,) = hub.asked
    assert json.loads(gzip.decompress(asked.content)) == {"names": ["a"]}
    assert asked.headers["content-encoding"] == "gzip"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert str(asked.url) == "https://hub.example/v1/repositories/acme/shop/history/read"


def test_without_a_token_nothing_is_shown() -> None:
    hub = Hub(ok())
    client(hub, "").get("names", Nothing, {})
    assert "authorization" not in hub.asked[0].headers


@pytest.mark.reliability
@pytest.mark.parametrize("status", sorted(hub_client.TRANSIENT))
def test_what_may_pass_is_tried_again(status: int) -> None:
    hub = Hub(problem(status), problem(status, retry_after="1"), ok())
    client(hub).get("names", Nothing, {})
    assert len(hub.asked) == 3


@pytest.mark.reliability
def test_a_lost_connection_is_tried_again() -> None:
    hub = Hub(httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow"), ok())
    client(hub).get("names", Nothing, {})
    assert len(hub.asked) == 3


@pytest.mark.reliability
def test_trying_ends() -> None:
    busy = Hub(problem(503, "hub-database-busy"))
    with pytest.raises(HubRefusal) as caught:
        client(busy).get("names", Nothing, {})
    assert (caught.value.status, caught.value.code, len(busy.asked)) == (503, "hub-database-busy", hub_client.ATTEMPTS)
    gone = Hub(httpx2.ConnectError("refused"))
    with pytest.raises(HubRefusal, match="no answer") as caught:
        client(gone).get("names", Nothing, {})
    assert (caught.value.status, len(gone.asked)) == (0, hub_client.ATTEMPTS)


def test_a_wait_beyond_patience_is_told_and_not_waited() -> None:
    hub = Hub(problem(429, "rate-limited", retry_after="3600"))
    with pytest.raises(HubRefusal) as caught:
        client(hub).get("names", Nothing, {})
    assert len(hub.asked) == 1
    assert "3600 s" in caught.value.hint


@pytest.mark.reliability
@pytest.mark.parametrize("header", ["²".encode("latin-1"), b"9" * 5000])
def test_a_wait_that_no_clock_could_tell_is_a_refusal_like_any_other(header: bytes) -> None:
    hub = Hub(httpx2.Response(429, headers={b"retry-after": header}))
    with pytest.raises(HubRefusal) as caught:
        client(hub).get("names", Nothing, {})
    assert caught.value.status == 429


@pytest.mark.security
@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 409, 413, 500])
def test_every_other_refusal_is_final_and_redirects_are_not_followed(status: int) -> None:
    hub = Hub(problem(status, location="https://evil.example/"))
    with pytest.raises(HubRefusal) as caught:
        client(hub).get("names", Nothing, {})
    assert (caught.value.status, len(hub.asked)) == (status, 1)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"{"])
def test_an_answer_that_is_no_hub_s_is_told_so(content: bytes) -> None:
    with pytest.raises(HubRefusal, match="not a hub's"):
        client(Hub(httpx2.Response(200, content=content))).get("names", NameListing, {})
    with pytest.raises(HubRefusal, match="HTTP 500"):
        client(Hub(httpx2.Response(500, content=content))).get("names", NameListing, {})


@pytest.mark.security
def test_what_a_server_says_cannot_steer_a_terminal() -> None:
    body = {"code": "x", "detail": "\x1b[2Jgone\n::error::" + "x" * 9999, "hint": "\r\n"}
    with pytest.raises(HubRefusal) as caught:
        client(Hub(httpx2.Response(500, json=body))).get("names", Nothing, {})
    assert caught.value.message.isprintable()
    assert len(caught.value.message) <= 500


def test_a_ci_s_own_token_is_exchanged_once() -> None:
    hub = Hub(ok({"token": TOKEN}), ok())
    one = client(hub, "header.claims.signature")
    one.get("names", Nothing, {})
    one.get("names", Nothing, {})
    assert hub.asked[0].url.path == "/v1/tokens/exchange"
    assert dict(hub.asked[0].url.params) == {"repository": "acme/shop"}
    shown = [request.headers["authorization"] for request in hub.asked]
    assert shown == ["Bearer header.claims.signature", f"Bearer {TOKEN}", f"Bearer {TOKEN}"]


@pytest.mark.security
def test_a_token_that_was_not_exchanged_is_refused_the_same_way_by_every_later_request() -> None:
    hub = Hub(problem(401, "oidc-token-refused"), EMPTY)
    store = HubStore(client(hub, "header.claims.signature"))
    for call in (store.exists, store.list, store.exists):
        with pytest.raises(Undetermined, match="oidc-token-refused"):
            call()
    with pytest.raises(DeliveryFailed, match="oidc-token-refused"):
        store.push()
    assert len(hub.asked) == 1


@pytest.mark.security
@pytest.mark.parametrize("token", ["garbage", "a.b", "a..c", "a.b.c.d", "a.b.c\n", "cvg_a\n", "h\u00e4.b.c"])
def test_what_can_be_no_token_is_told_so_and_sent_nowhere(token: str) -> None:
    hub = Hub(EMPTY)
    store = HubStore(client(hub, token))
    for call in (store.exists, store.exists):
        with pytest.raises(Undetermined, match="not a token of a hub, nor a CI's") as caught:
            call()
        assert hub_client.TOKEN in caught.value.hint
        assert token not in caught.value.message + caught.value.hint
    assert hub.asked == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_reader_learns_which_variable_holds_the_token(status: int) -> None:
    store = HubStore(client(Hub(problem(status))))
    for call in (store.exists, store.list, store.verify, store.fetch_remote, lambda: store.fetch("x")):
        with pytest.raises(Undetermined) as caught:
            call()
        assert caught.value.code == "history-unreachable"
        assert hub_client.TOKEN in caught.value.hint
        assert TOKEN not in caught.value.message + caught.value.hint


@pytest.mark.security
def test_a_run_that_cannot_be_recorded_is_not_delivered_and_no_message_holds_the_token() -> None:
    for hub in (Hub(problem(500)), Hub(httpx2.ConnectError(f"refused {ADDRESS}")), Hub(EMPTY, EMPTY, problem(507))):
        store = HubStore(client(hub))
        with pytest.raises(DeliveryFailed) as caught:
            store.append(run())
        assert caught.value.code == "history-push-failed"
        assert TOKEN not in repr(caught.value) + caught.value.message + caught.value.hint


def test_pushing_and_fetching_ask_whether_the_hub_answers() -> None:
    HubStore(client(Hub(EMPTY))).push()
    HubStore(client(Hub(EMPTY))).fetch_remote()
    with pytest.raises(DeliveryFailed) as caught:
        HubStore(client(Hub(problem(500)))).push()
    assert caught.value.code == "history-push-failed"


def test_an_answer_that_leaves_out_everything_is_no_hub_s() -> None:
    named = ok({"names": ["runs/00000001-x.json"], "head": None, "next": None})
    store = HubStore(client(Hub(named, ok({"files": {}, "left": ["runs/00000001-x.json"]}))))
    with pytest.raises(Undetermined, match="requested files are missing"):
        store.list()


def listing(names: list[str], head: str | None, following: str | None) -> httpx2.Response:
    return ok({"names": names, "head": head, "next": following})


def test_names_are_read_to_the_last_page() -> None:
    hub = Hub(listing(["b", "a"], None, "X"), listing(["c"], None, "Y"), listing(["d"], None, None))
    assert HubStore(client(hub)).view().names("runs") == ["a", "b", "c", "d"]
    assert [request.url.params.get("after") for request in hub.asked] == [None, "X", "Y"]
    assert {request.url.params["folder"] for request in hub.asked} == {"runs"}


@pytest.mark.reliability
def test_a_run_that_comes_in_between_two_pages_begins_the_listing_again() -> None:
    torn = [listing(["a"], "b25l", "X"), listing(["b"], "dHdv", "Y")]
    hub = Hub(*torn, listing(["a", "b"], "dHdv", "Z"), listing(["c"], "dHdv", None))
    view = HubStore(client(hub)).view()
    assert view.names() == ["a", "b", "c"]
    assert view.read(["head.json"]) == {"head.json": b"two"}
    assert [request.url.params.get("after") for request in hub.asked] == [None, "X", None, "Z"]


@pytest.mark.reliability
@pytest.mark.parametrize("last", ["Y", None])
def test_a_listing_that_is_never_of_one_moment_is_given_up(last: str | None) -> None:
    hub = Hub(*[listing(["a"], "b25l", "X"), listing(["b"], "dHdv", last)] * 100)
    with pytest.raises(Undetermined, match="kept changing") as caught:
        HubStore(client(hub)).list()
    assert caught.value.code == "history-unreachable"
    assert len(hub.asked) == 2 * hub_store.LISTINGS


@pytest.mark.parametrize("page", [listing([], None, "Y"), listing(["b"], None, "X")])
def test_pages_that_lead_nowhere_are_no_hub_s(page: httpx2.Response) -> None:
    with pytest.raises(Undetermined, match="lead nowhere"):
        HubStore(client(Hub(listing(["a"], None, "X"), page))).list()


def test_only_outside_ci_a_missing_token_is_no_fault() -> None:
    silent = Hub(EMPTY)
    assert HubStore(client(silent)).unwritable() == ""
    assert HubStore(client(silent, ""), in_ci=True).unwritable() == ""
    assert hub_client.TOKEN in HubStore(client(silent, "")).unwritable()


@pytest.mark.architecture
def test_a_hub_store_can_be_carried_pushed_and_kept_from_writing() -> None:
    store = HubStore(client(Hub(EMPTY)))
    assert isinstance(store, PortableStore)
    assert isinstance(store, PushableStore)
    assert isinstance(store, WriteGuardedStore)
    assert isinstance(store, SharedStore)


@pytest.mark.reliability
def test_a_history_that_never_holds_still_is_given_up() -> None:
    class Restless(Hub):
        def __call__(self, request: httpx2.Request) -> httpx2.Response:
            self.asked.append(request)
            if request.url.path.endswith("/names"):
                return ok({"names": [], "head": None, "next": None})
            if request.url.path.endswith("/missing"):
                return ok({"missing": []})
            return problem(409, "history-contended")

    hub = Restless(EMPTY)
    store = HubStore(client(hub), tries=3, pause=0.0)
    with pytest.raises(DeliveryFailed) as caught:
        store.append(run())
    assert caught.value.code == "history-contended"
    assert sum(request.url.path.endswith("/additions") for request in hub.asked) == 3


def test_what_is_too_much_for_one_request_goes_ahead_in_parts() -> None:
    files = {f"objects/{n:02}": b"x" * 3 for n in range(7)}
    assert [len(part) for part in hub_store.parts(files, count=3, size=100)] == [3, 3, 1]
    assert [len(part) for part in hub_store.parts(files, count=100, size=6)] == [2, 2, 2, 1]
    assert [len(part) for part in hub_store.parts(files, count=100, size=1)] == [1] * 7
    assert list(hub_store.parts({}, count=1, size=1)) == []
