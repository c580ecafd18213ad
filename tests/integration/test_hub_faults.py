"""What docs/hub-faults.md promises, against real server processes: each fault has one documented answer, nothing that
was acknowledged is lost, nothing is half-visible. Full disks, clocks and administrators have files of their own beside
this one.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from covgov.history.format import layout
from covgov.history.interface import Addition
from covgov.history.stores.hub.wire import MAX_NAMES
from covgov.hub.store.work import transaction
from covgov_testing import appender
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub import database as hub_database
from covgov_testing.hub.serve import Setup
from covgov_testing.hub.server import COMMIT, LCOV, SOURCES, TREE, HubServer, at_once, refused, running, whole

SOAK = "SOAK_ROUNDS" in os.environ
ROUNDS, RUNS = int(os.environ.get("SOAK_ROUNDS", "2")), 3
"""How often the server is killed, and how many runs are being recorded per kill; `make soak` takes its time."""

UNPACKED = 20_000_000
STRICT = Setup({"body": 4_000_000, "unpacked": UNPACKED, "body_seconds": 1.0}, busy_seconds=0.5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub that loses its patience soon."""
    with running(tmp_path_factory.mktemp("strict"), STRICT) as one:
        yield one


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub with the limits that it has when nobody sets any."""
    with running(tmp_path_factory.mktemp("usual")) as one:
        yield one


@pytest.fixture
def shop(server: HubServer) -> str:
    return server.repository()


def runs(server: HubServer, shop: str) -> int:
    return whole(server.engine, shop)[0]


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
    assert raw(server, shop, "Content-Length: 5000", LCOV, finish=True) == b""
    assert runs(server, shop) == 0
    assert server.upload(shop, LCOV).status_code == 201


@pytest.mark.reliability
def test_a_slow_client_is_told_and_let_go(server: HubServer, shop: str) -> None:
    told = raw(server, shop, "Content-Length: 5000", LCOV, finish=False)
    assert told.startswith(b"HTTP/1.1 408")
    assert b"body-slow" in told
    assert runs(server, shop) == 0


@pytest.mark.reliability
def test_wrong_gzip_is_refused(server: HubServer, shop: str) -> None:
    refused(server.upload(shop, b"no gzip", {"Content-Encoding": "gzip"}), 400, "body-damaged")
    refused(server.upload(shop, gzip.compress(LCOV)[:-5], {"Content-Encoding": "gzip"}), 400, "body-damaged")
    assert runs(server, shop) == 0


@pytest.mark.security
def test_a_body_over_the_limit_is_refused(server: HubServer, shop: str) -> None:
    refused(server.upload(shop, b"x" * 4_000_001), 413, "body-too-large")
    assert runs(server, shop) == 0


@pytest.mark.security
def test_bombs_are_refused_in_bounded_memory(server: HubServer, shop: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a.info", bytes(400_000_000))
    bomb = gzip.compress(bytes(400_000_000), 1)
    assert len(bomb) < 4_000_000
    memory = Path(f"/proc/{server.process.pid}")
    (memory / "clear_refs").write_text("5", encoding="ascii")  # what it needed before is not asked
    before = peak(memory)
    refused(server.upload(shop, packed.getvalue()), 413, "body-too-large")
    refused(server.upload(shop, bomb, {"Content-Encoding": "gzip"}), 413, "body-too-large")
    refused(server.upload(shop, bomb), 413, "body-too-large")
    assert peak(memory) - before < 5 * UNPACKED, "a few times the limit on unpacked bytes, however much bombs hold"
    assert runs(server, shop) == 0


def peak(memory: Path) -> int:
    """The most bytes that a process had in memory."""
    lines = (memory / "status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.reliability
def test_a_report_of_200_mb_is_read_within_the_usual_limits(usual: HubServer) -> None:
    """Mostly one long line, as minified code makes them; in a soak, twenty million lines."""
    shop, packed = usual.repository(), io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        written = sum(map(stream.write, many_lines() if SOAK else long_lines()))
    assert written > 200_000_000
    answer = usual.upload(shop, packed.getvalue(), {"Content-Encoding": "gzip"}, seconds=600)
    assert answer.status_code == 201, answer.text
    assert runs(usual, shop) == 1


def long_lines() -> Iterator[bytes]:
    yield b"TN:" + b"x" * 200_000_000 + b"\n"
    yield b"SF:src/a.py\n" + b"".join(b"DA:%d,0\n" % line for line in range(1, 1000)) + b"end_of_record\n"


def many_lines() -> Iterator[bytes]:
    body = b"".join(b"DA:%d,%d\n" % (line, line % 3) for line in range(1, 20_001))
    for number in range(1000):
        yield b"SF:src/f%d.py\n%send_of_record\n" % (number, body)


@pytest.mark.reliability
def test_ten_thousand_files_in_one_report(usual: HubServer) -> None:
    shop, record = usual.repository(), "SF:src/f%d.py\nDA:1,1\nDA:%d,0\nend_of_record\n"
    report = "TN:\n" + "".join(record % (n, n + 2) for n in range(10_000))
    packed = gzip.compress(report.encode())
    assert usual.upload(shop, packed, {"Content-Encoding": "gzip"}, seconds=600).status_code == 201
    store = usual.store(shop)
    (recorded,) = store.list()
    assert len(store.fetch(recorded.id).snapshots["api"].files) == 10_000
    again = run("c2", snapshots={"api": snap({f"src/g{n}.py": "+" * (n % 50 + 1) for n in range(3000)})})
    assert store.append(again).sequence == 2


@pytest.mark.reliability
def test_ten_thousand_objects_are_sent_in_parts_and_listed_in_pages(usual: HubServer) -> None:
    shop = usual.repository()
    store = usual.store(shop)
    data = [b"object %d" % number for number in range(2 * MAX_NAMES + 1)]
    added = Addition({layout.object_name(layout.digest_of(one)): one for one in data}, NOON, "objects first")
    store.update(lambda _: added)
    names = store.view().names()
    assert len(names) > 2 * MAX_NAMES, "more than two pages"
    assert names == hub_database.history(usual.engine, shop).view().names() == sorted(added.files)


@pytest.mark.reliability
def test_a_replayed_upload_and_six_writers_at_once_make_one_run(usual: HubServer) -> None:
    shop = usual.repository()
    answers = at_once(*[lambda: usual.upload(shop, LCOV)] * 6)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["run"] for answer in answers}) == 1
    assert runs(usual, shop) == 1


@pytest.mark.reliability
def test_a_locked_database_lets_readers_in_and_tells_writers_to_wait(server: HubServer, shop: str) -> None:
    unused = server.issue()
    with server.client(unused) as client, transaction(server.engine, write=True):
        assert client.get(f"/v1/repositories/{shop}").status_code == 200
        busy = server.upload(shop, LCOV)
    refused(busy, 503, "hub-database-busy")
    assert int(busy.headers["retry-after"]) >= 1
    assert runs(server, shop) == 0
    assert server.upload(shop, LCOV).status_code == 201


@pytest.mark.reliability
def test_what_was_acknowledged_survives_kill_9_and_nothing_else_is_half_visible(tmp_path: Path) -> None:
    """Two clients go on while the hub dies again and again: one records runs, one uploads reports by plain HTTP."""
    with running(tmp_path) as doomed:
        shop, other = doomed.repository(), doomed.repository()
        confirmed: list[str] = []
        with uploading(doomed, other) as uploaded, recording(doomed, shop, tmp_path) as writer:
            assert writer.stdout is not None
            for _ in range(ROUNDS):
                confirmed += [writer.stdout.readline().strip() for _ in range(random.randint(1, RUNS))]
                time.sleep(random.uniform(0, 0.1))  # so that it dies in the middle of something else each time
                doomed.kill()
                doomed.start()
            rest = writer.stdout.read()  # not communicate(): that leaves what readline() has read ahead
        assert writer.returncode == 0, "the writer tries again, and composes on what it finds"
        confirmed += rest.split()
        assert [one.id for one in doomed.store(shop).list()] == confirmed
        assert len(confirmed) == ROUNDS * RUNS
        assert [one.id for one in doomed.store(other).list()] == uploaded
        assert whole(doomed.engine, shop, other) == [len(confirmed), len(uploaded)]


def recording(doomed: HubServer, shop: str, root: Path) -> subprocess.Popen[str]:
    """A process that records ROUNDS * RUNS runs and prints the id of each once it is acknowledged."""
    url = f"hub:{doomed.base}/{shop}"
    command = [sys.executable, appender.__file__, url, str(root), "k", str(ROUNDS * RUNS)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(SOURCES), "COVGOV_HUB_TOKEN": doomed.token}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


@contextmanager
def uploading(doomed: HubServer, shop: str) -> Iterator[list[str]]:
    """The runs of reports that are uploaded one after the other meanwhile, each again until it is acknowledged."""
    ended = threading.Event()
    confirmed: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        uploaded = pool.submit(insist, doomed, shop, confirmed, ended)
        try:
            yield confirmed
        finally:
            ended.set()
        uploaded.result()


def insist(doomed: HubServer, shop: str, confirmed: list[str], ended: threading.Event) -> None:
    while not ended.is_set():
        number = len(confirmed) + 1
        try:
            answer = doomed.upload(shop, LCOV, tree=f"{number:040}", commit=f"{number:040}")
        except httpx2.TransportError:
            time.sleep(0.05)
            continue
        assert answer.status_code in (200, 201), answer.text
        confirmed.append(answer.json()["run"])
