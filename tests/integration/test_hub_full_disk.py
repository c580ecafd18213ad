"""A hub whose storage is really full, and then no longer: what it answers, what it keeps, who is served meanwhile."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov.errors import DeliveryFailed
from covgov.history.stores.hub.client import HubClient, parse
from covgov.history.stores.hub.store import HubStore
from covgov_testing import small_disk
from covgov_testing.builders.run import run
from covgov_testing.hub import database as hub_database
from covgov_testing.hub.server import LCOV, policy, refused, running, whole
from covgov_testing.small_disk import SmallDiskServer


def report(number: int) -> bytes:
    """Different each time, and too large to fit beside what is there already."""
    lines = b"".join(b"DA:%d,%d\n" % (line, (line * number) % 7 % 2) for line in range(1, 2000))
    return b"TN:\nSF:src/a%d.py\n%send_of_record\n" % (number, lines)


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[SmallDiskServer]:
    if not small_disk.possible(tmp_path):
        pytest.skip("this machine gives its users no namespaces, so no disk can be filled without root")
    with running(tmp_path, kind=SmallDiskServer) as server:
        assert isinstance(server, SmallDiskServer)
        yield server


@pytest.mark.reliability
def test_a_full_disk_is_told_keeps_nothing_of_the_request_and_serves_readers(
    cramped: SmallDiskServer, tmp_path: Path
) -> None:
    with cramped.client() as client:
        made = client.post("/v1/repositories", json={"owner": "acme", "name": "shop"})
        reader = client.post("/v1/tokens", json={"name": "r", "role": "reader", "repositories": ["acme/shop"]}).json()
        assert made.status_code == 201
        kept = [cramped.upload("acme/shop", report(1), tree="1" * 40).json()["run"]]
        cramped.fill()
        number = 1
        while (answer := cramped.upload("acme/shop", report(number := number + 1), tree=f"{number:040}")).is_success:
            kept.append(answer.json()["run"])  # what SQLite's log had room for already
            assert number < 100, "the disk is not full"
        refused(answer, 507, "hub-storage-full")
        here = "/v1/repositories/acme/shop"
        refused(client.put(f"{here}/policy", json=policy(50, 20_000)), 507, "hub-storage-full")
        refused(client.delete(here, headers={"Authorization": f"Bearer {reader['token']}"}), 507, "hub-storage-full")
        with pytest.raises(DeliveryFailed) as caught:
            cramped.store("acme/shop").append(run("c1"), {"api.xml": bytes(200_000)})
        assert (caught.value.code, "hub-storage-full" in caught.value.message) == ("history-push-failed", True)
        for path in (f"{here}/runs", f"{here}/history/names", "/v1/tokens", "/readyz", "/healthz"):
            assert client.get(path).status_code == 200, path
        readers = HubStore(HubClient(parse(f"{cramped.base}/acme/shop"), reader["token"]))
        assert [found.id for found in readers.list()] == kept
        assert readers.verify() == []
        cramped.make_room()
        assert client.get(f"{here}/policy").status_code == 404
        again = cramped.upload("acme/shop", report(number), tree=f"{number:040}")
        assert again.status_code == 201, again.text
        assert client.put(f"{here}/policy", json=policy(50, 20_000)).status_code == 200
    kept += [again.json()["run"], cramped.store("acme/shop").append(run("c1")).id]
    with hub_database.database(cramped.copy(tmp_path / "copy.db")) as engine:
        assert whole(engine, "acme/shop") == [len(kept)]
        assert [found.id for found in hub_database.history(engine, "acme/shop").list()] == kept


@pytest.mark.reliability
def test_a_file_that_may_not_grow_is_told_and_the_hub_goes_on_when_it_may(tmp_path: Path) -> None:
    """As with a quota, the system refuses to write although the disk has room."""
    with running(tmp_path) as server:
        shop = server.repository()
        assert server.upload(shop, report(1), tree="1" * 40).status_code == 201
        log = server.path.with_name(server.path.name + "-wal").stat().st_size
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (log, resource.RLIM_INFINITY))
        refused(server.upload(shop, report(2), tree="2" * 40), 503, "hub-database-unavailable")
        assert len(server.store(shop).list()) == 1
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        assert server.upload(shop, report(2), tree="2" * 40).status_code == 201
        assert server.upload(shop, LCOV).status_code == 201
        assert whole(server.engine, shop) == [3]
