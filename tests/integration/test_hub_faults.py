"""What docs/hub-faults.md promises, against a real server process: each fault has one documented answer, nothing that
was acknowledged is lost, nothing is half-visible."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from covgov.history.hub_client import HubClient, parse
from covgov.history.hub_store import HubStore
from covgov.hub.store.work import transaction
from covgov_testing import appender, hub_database
from covgov_testing.builders import snap
from covgov_testing.builders_run import run
from covgov_testing.hub_server import SOURCES, HubServer, running

COMMIT, TREE = "c" * 40, "d" * 40
LIMITS: dict[str, float] = {"body": 4_000_000, "unpacked": 260_000_000, "body_seconds": 1.5}
ROUNDS, RUNS = int(os.environ.get("SOAK_ROUNDS", "2")), 6
"""How often the server is killed, and how many runs are being recorded meanwhile; `make soak` takes its time."""

LCOV = b"TN:\nSF:src/a.py\nDA:1,1\nDA:2,0\nend_of_record\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with running(tmp_path_factory.mktemp("hub"), LIMITS) as one:
        yield one


@pytest.fixture
def shop(server: HubServer) -> str:
    return server.repository()


def upload(
    server: HubServer, shop: str, body: bytes, headers: dict[str, str] | None = None, **about: str
) -> httpx2.Response:
    said = {"suite": "api", "commit": COMMIT, "tree": TREE, "branch": "main", **about}
    with server.client() as client:
        return client.post(f"/v1/repositories/{shop}/uploads", params=said, content=body, headers=headers)


def runs(server: HubServer, shop: str) -> int:
    history = hub_database.history(server.engine, shop)
    assert list(history.verify()) == []
    return len(history.list())


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def raw(server: HubServer, shop: str, head: str, body: bytes, *, finish: bool) -> bytes:
    """Bytes on a socket, as no well-behaved client would send them; what came back."""
    host, port = server.socket.getsockname()
    path = f"/v1/repositories/{shop}/uploads?suite=api&commit={COMMIT}&tree={TREE}&branch=main"
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {server.token}", head, "", ""]
    with socket.create_connection((host, port), timeout=20) as wire:
        wire.sendall("\r\n".join(lines).encode() + body)
        if finish:
            wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.reliability
def test_a_truncated_body_is_never_taken_for_a_whole_one(server: HubServer, shop: str) -> None:
    raw(server, shop, "Content-Length: 5000", LCOV, finish=True)
    assert runs(server, shop) == 0
    assert upload(server, shop, LCOV).status_code == 201


@pytest.mark.reliability
def test_a_slow_client_is_told_and_let_go(server: HubServer, shop: str) -> None:
    told = raw(server, shop, "Content-Length: 5000", LCOV, finish=False)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"body-slow" in told
    assert runs(server, shop) == 0


@pytest.mark.reliability
def test_wrong_gzip_is_refused(server: HubServer, shop: str) -> None:
    refused(upload(server, shop, b"no gzip", {"Content-Encoding": "gzip"}), 400, "body-damaged")
    refused(upload(server, shop, gzip.compress(LCOV)[:-5], {"Content-Encoding": "gzip"}), 400, "body-damaged")
    assert runs(server, shop) == 0


@pytest.mark.security
def test_a_body_over_the_limit_is_refused(server: HubServer, shop: str) -> None:
    refused(upload(server, shop, b"x" * 4_000_001), 413, "body-too-large")
    assert runs(server, shop) == 0


@pytest.mark.security
def test_bombs_are_refused_in_bounded_memory(server: HubServer, shop: str) -> None:
    zeros = b"\0" * 1_000_000
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.info", "w") as member:
        for _ in range(300):
            member.write(zeros)
    refused(upload(server, shop, packed.getvalue()), 413, "body-too-large")
    squeezed = io.BytesIO()
    with gzip.GzipFile(fileobj=squeezed, mode="wb", compresslevel=9) as stream:
        for _ in range(300):
            stream.write(zeros)
    bomb = squeezed.getvalue()
    refused(upload(server, shop, bomb, {"Content-Encoding": "gzip"}), 413, "body-too-large")
    refused(upload(server, shop, bomb), 413, "body-too-large")
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < 1_200_000, "kB: a few times the limit on unpacked bytes, however much the bombs hold"
    assert runs(server, shop) == 0


@pytest.mark.reliability
def test_a_report_of_200_mb_is_read_when_the_limits_allow_it(server: HubServer, shop: str) -> None:
    line = b"DA:%d,0\n"
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(b"TN:padding" + b"x" * 200_000_000 + b"\n")
        stream.write(b"SF:src/a.py\n" + b"".join(line % n for n in range(1, 1000)) + b"end_of_record\n")
    answer = upload(server, shop, packed.getvalue(), {"Content-Encoding": "gzip"})
    assert answer.status_code == 201, answer.text
    assert runs(server, shop) == 1


@pytest.mark.reliability
def test_ten_thousand_files_in_one_report(server: HubServer, shop: str) -> None:
    record = "SF:src/f%d.py\nDA:1,1\nDA:%d,0\nend_of_record\n"
    report = "TN:\n" + "".join(record % (n, n + 2) for n in range(10_000))
    assert upload(server, shop, gzip.compress(report.encode()), {"Content-Encoding": "gzip"}).status_code == 201
    store = HubStore(HubClient(parse(f"{server.base}/{shop}"), server.token))
    (recorded,) = store.list()
    assert len(store.fetch(recorded.id).snapshots["api"].files) == 10_000
    again = run("c2", snapshots={"api": snap({f"src/g{n}.py": "+" * (n % 50 + 1) for n in range(3000)})})
    assert store.append(again).sequence == 2


@pytest.mark.reliability
def test_a_replayed_upload_and_two_writers_at_once_make_one_run(server: HubServer, shop: str) -> None:
    answers: list[httpx2.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(upload(server, shop, LCOV))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["run"] for answer in answers}) == 1
    assert runs(server, shop) == 1


@pytest.mark.reliability
def test_writers_beyond_the_rate_wait_as_long_as_they_are_told(tmp_path: Path) -> None:
    with running(tmp_path, {"requests_per_minute": 30}) as limited:
        shop = limited.repository()
        with limited.client() as client:
            [client.get(f"/v1/repositories/{shop}") for _ in range(29)]
        store = HubStore(HubClient(parse(f"{limited.base}/{shop}"), limited.token))
        store.append(run("c1"))
        assert runs(limited, shop) == 1
        with limited.client() as client:
            last = [client.get(f"/v1/repositories/{shop}") for _ in range(5)][-1]
        refused(last, 429, "rate-limited")
        assert int(last.headers["retry-after"]) >= 1


@pytest.mark.reliability
def test_a_locked_database_lets_readers_in_and_tells_writers_to_wait(server: HubServer, shop: str) -> None:
    with server.client() as client, transaction(server.engine, write=True):
        assert client.get(f"/v1/repositories/{shop}").status_code == 200
        busy = upload(server, shop, LCOV)
    refused(busy, 503, "hub-database-busy")
    assert int(busy.headers["retry-after"]) >= 1
    assert runs(server, shop) == 0


@pytest.mark.reliability
def test_what_was_acknowledged_survives_kill_9_and_nothing_else_is_half_visible(tmp_path: Path) -> None:
    with running(tmp_path) as doomed:
        shop = doomed.repository()
        confirmed: list[str] = []
        for number in range(ROUNDS):
            url = f"hub:{doomed.base}/{shop}"
            command = [sys.executable, appender.__file__, url, str(tmp_path), f"k{number}", str(RUNS)]
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES), "COVGOV_HUB_TOKEN": doomed.token}
            writer = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
            assert writer.stdout is not None
            confirmed += [writer.stdout.readline().strip() for _ in range(1 + number % RUNS)]
            doomed.kill()
            doomed.start()
            rest, _ = writer.communicate(timeout=60)
            assert writer.returncode == 0, "the writer tries again, and composes on what it finds"
            confirmed += rest.split()
        known = {found.id for found in hub_database.history(doomed.engine, shop).list()}
        assert set(confirmed) == known
        assert runs(doomed, shop) == ROUNDS * RUNS
        with doomed.client() as client:
            audit = client.get("/v1/audit", params={"limit": "1"})
        assert audit.status_code == 200, json.dumps(audit.json())
