"""A hub whose wall clock jumps, and clients that are told to wait: real server processes, issuers that really sign."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import stamina

from covgov.history.stores.hub.client import HubClient, parse
from covgov.history.stores.hub.store import HubStore
from covgov_testing.builders.run import run
from covgov_testing.fakes import auth as fakes_auth
from covgov_testing.fakes.auth import Clock, LocalIssuer, rsa_key
from covgov_testing.hub.serve import Setup
from covgov_testing.hub.server import LCOV, HubServer, refused, running, whole

HOUR, DAY = 3600, 86400
REF = {"issuer": fakes_auth.GITHUB.issuer, "repository": "acme/shop", "ref": "refs/heads/main"}


@dataclass(frozen=True)
class Jumpy:
    """A server and its clock's file; the issuer signs at whatever time it is told."""

    server: HubServer
    file: Path
    issuer: LocalIssuer

    def jump(self, seconds: float) -> None:
        """From now on the server's wall clock is off by this much."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds), encoding="ascii")
        new.replace(self.file)

    def ask(self, token: str, path: str = "/v1/repositories") -> httpx2.Response:
        with self.server.client(token) as client:
            return client.get(path)

    def signed(self, name: str, *, at: float = 0, life: float = 300) -> str:
        """A CI's token, issued when the machine's clock is off by `at`. Bound to what `bound` made."""
        self.issuer.clock.now = datetime.now(UTC) + timedelta(seconds=at)
        issued = int(self.issuer.clock.now.timestamp())
        return self.issuer.sign(self.issuer.github(jti=name, exp=issued + int(life)))

    def exchange(self, token: str, repository: str) -> httpx2.Response:
        with self.server.client(token) as client:
            return client.post("/v1/tokens/exchange", params={"repository": repository})


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jumpy]:
    root = tmp_path_factory.mktemp("hub")
    issuer = LocalIssuer(Clock())
    clock, keys = root / "clock", root / "keys.json"
    clock.write_text("0", encoding="ascii")
    keys.write_text(json.dumps({"keys": [rsa_key("k1").as_dict(private=False)]}), encoding="ascii")
    setup = Setup(
        {"requests_per_minute": 600_000},
        clock=str(clock),
        keys=str(keys),
        issuers=(("github", fakes_auth.GITHUB.issuer),),
        audience=fakes_auth.AUDIENCE,
    )
    with running(root, setup) as server:
        yield Jumpy(server, clock, issuer)


@pytest.fixture
def hub(started: Jumpy) -> Iterator[Jumpy]:
    started.jump(0)
    yield started
    started.jump(0)


@pytest.fixture
def shop(hub: Jumpy) -> str:
    return hub.server.repository()


@pytest.fixture
def bound(hub: Jumpy, shop: str) -> str:
    """A repository that CI jobs of acme/shop may upload to."""
    with hub.server.client() as client:
        assert client.post(f"/v1/repositories/{shop}/bindings", json=REF).status_code == 201
    return shop


@pytest.mark.security
def test_a_token_expires_by_the_wall_clock_and_holds_again_when_the_clock_is_put_right(hub: Jumpy) -> None:
    token = hub.server.issue()
    assert hub.ask(token).status_code == 200
    hub.jump(2 * DAY)
    refused(hub.ask(token), 401, "token-expired")
    hub.jump(0)
    assert hub.ask(token).status_code == 200
    hub.jump(-2 * DAY)
    assert hub.ask(token).status_code == 200


@pytest.mark.security
def test_a_revoked_token_stays_revoked_whatever_time_it_is(hub: Jumpy) -> None:
    token = hub.server.issue()
    with hub.server.client() as client:
        listed = client.get("/v1/tokens").json()["items"]
        newest = [one["id"] for one in listed if one["id"] in token]
        assert client.post(f"/v1/tokens/{newest[0]}/revoke").status_code == 200
    for seconds in (0, HOUR, -DAY):
        hub.jump(seconds)
        refused(hub.ask(token), 401, "token-revoked")


@pytest.mark.security
def test_the_last_use_of_a_token_never_moves_back(hub: Jumpy) -> None:
    token = hub.server.issue()

    def last_used() -> str:
        items = hub.ask(hub.server.token, "/v1/tokens").json()["items"]
        return next(str(one["last_used_at"]) for one in items if one["id"] in token)

    hub.jump(2 * HOUR)
    assert hub.ask(token).status_code == 200
    ahead = last_used()
    assert ahead > datetime.now(UTC).isoformat()
    hub.jump(-HOUR)
    assert hub.ask(token).status_code == 200
    assert last_used() == ahead


@pytest.mark.security
def test_a_ci_token_is_taken_within_the_skew_and_not_beyond(hub: Jumpy, bound: str) -> None:
    for number, seconds in enumerate((30, -30, 330)):
        hub.jump(seconds)
        assert hub.exchange(hub.signed(f"near-{bound}-{number}"), bound).status_code == 201, seconds
    hub.jump(400)
    refused(hub.exchange(hub.signed(f"late-{bound}"), bound), 401, "oidc-expired")
    hub.jump(-400)
    refused(hub.exchange(hub.signed(f"early-{bound}"), bound), 401, "oidc-claims")


@pytest.mark.security
def test_a_ci_token_is_good_once_also_when_the_clock_went_ahead_and_back(hub: Jumpy, bound: str) -> None:
    token = hub.signed(f"long-{bound}", life=DAY)
    assert hub.exchange(token, bound).status_code == 201
    for seconds in (23 * HOUR, DAY, 10 * DAY):
        hub.jump(seconds)  # whoever comes now has what seems to be over forgotten, if he is let in at all
        other = hub.exchange(hub.signed(f"other-{bound}-{seconds}", life=DAY), bound)
        assert other.status_code == (201 if seconds <= DAY else 401)
        hub.jump(0)
        refused(hub.exchange(token, bound), 401, "oidc-replayed")


@pytest.mark.security
def test_a_clock_far_ahead_costs_nobody_a_token_that_was_meant_to_last(hub: Jumpy, bound: str) -> None:
    assert hub.exchange(hub.signed(f"first-{bound}"), bound).status_code == 201
    hub.jump(400 * DAY)
    assert hub.exchange(hub.signed(f"far-{bound}", at=400 * DAY), bound).status_code == 201
    refused(hub.ask(hub.server.token), 401, "token-expired")
    hub.jump(0)
    assert hub.ask(hub.server.token).status_code == 200


@pytest.mark.reliability
def test_runs_and_audit_keep_the_order_in_which_they_were_recorded(hub: Jumpy, shop: str) -> None:
    found = []
    for number, seconds in enumerate((12 * HOUR, 0, -DAY), start=1):
        hub.jump(seconds)
        answer = hub.server.upload(shop, LCOV, tree=f"{number:040}", commit=f"{number:040}")
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["run"])
    with hub.server.client() as client:
        shown = client.get(f"/v1/repositories/{shop}/runs").json()["items"]
        trail = [json.loads(line) for line in client.get("/v1/audit").text.splitlines()]
    assert [one["id"] for one in shown] == found[::-1], "newest first, by number"
    assert [one.id for one in hub.server.store(shop).list()] == found
    assert [one["sequence"] for one in trail] == list(range(1, len(trail) + 1))
    times = [one["at"] for one in trail]
    assert times != sorted(times), "the trail tells the times that the clock told"
    assert whole(hub.server.engine, shop) == [3]


@pytest.mark.reliability
def test_a_body_that_is_under_way_is_not_cut_by_a_jump(hub: Jumpy, shop: str) -> None:
    def slowly() -> Iterator[bytes]:
        for part in (LCOV[:9], LCOV[9:]):
            yield part
            hub.jump(5 * HOUR)

    with hub.server.client() as client:
        about = {"suite": "api", "commit": "c" * 40, "tree": "d" * 40, "branch": "main"}
        answer = client.post(f"/v1/repositories/{shop}/uploads", params=about, content=slowly())
    assert answer.status_code == 201, answer.text


@pytest.mark.reliability
def test_the_rate_is_kept_by_a_clock_that_does_not_jump_and_clients_wait_as_told(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0", encoding="ascii")
    with running(tmp_path, Setup({"requests_per_minute": 120}, clock=str(clock))) as limited:
        hub, shop = Jumpy(limited, clock, LocalIssuer(Clock())), limited.repository()
        with limited.client() as client:

            def exhausted() -> httpx2.Response:
                answers = (client.get(f"/v1/repositories/{shop}") for _ in range(1000))
                return next(answer for answer in answers if answer.status_code != 200)

            for seconds in (0, 2 * HOUR, -2 * HOUR):
                hub.jump(seconds)
                last = exhausted()
                refused(last, 429, "rate-limited")
                assert last.headers["retry-after"] == "1"
            time.sleep(1.0)
            assert client.get(f"/v1/repositories/{shop}").status_code == 200
            exhausted()
        stamina.set_testing(False)  # this client waits as it is told
        store = HubStore(HubClient(parse(f"{limited.base}/{shop}"), limited.token))
        store.append(run("c1"))
        assert whole(limited.engine, shop) == [1]
