from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from covgov.history.format import layout
from covgov.history.stores.hub.wire import FileContents
from covgov.hub.api.routes import history as routes_history
from covgov.hub.auth_service.permissions import Role
from covgov.hub.store.history_files import SqlView
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub import database as hub_database
from covgov_testing.hub.reading import Template
from covgov_testing.hub.write_desk import HISTORY, WriteDesk, proposal, write_desk, zipped


def second() -> timedelta:
    return timedelta(hours=1)


def test_an_addition_appends_the_run_and_is_audited(desk: WriteDesk) -> None:
    answer = desk.add(run("c1"))
    (recorded,) = desk.history().list()
    assert (answer.status_code, answer.json()["runs"]) == (201, [recorded.id])
    assert desk.trail() == [("history-added", "token"), ("run-appended", "token")]
    assert answer.json()["head"] == layout.digest_of(layout.head_bytes(1, recorded.id))


def test_names_and_head_are_consistent_and_files_are_unchanged(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    listing = desk.ask("GET", f"{HISTORY}/names").json()
    assert listing["names"] == list(desk.history().view().names())
    assert base64.b64decode(listing["head"]) == desk.history().view().read([layout.HEAD])[layout.HEAD]
    only = desk.ask("GET", f"{HISTORY}/names", params={"folder": "runs"}).json()
    assert only["names"] == [name for name in listing["names"] if name.startswith("runs/")]
    read = desk.ask("POST", f"{HISTORY}/read", json={"names": [*listing["names"], "runs/none"]}).json()
    assert {name: base64.b64decode(data) for name, data in read["files"].items()} == desk.history().view().read(
        listing["names"]
    )
    assert read["left"] == []


def test_unchanged_names_answer_304(desk: WriteDesk) -> None:
    known = {"If-None-Match": desk.ask("GET", f"{HISTORY}/names").headers["etag"]}
    assert desk.ask("GET", f"{HISTORY}/names", headers=known).status_code == 304
    desk.add(run("c1"))
    assert desk.ask("GET", f"{HISTORY}/names", headers=known).status_code == 200


def test_an_empty_history_has_no_names_and_no_head(desk: WriteDesk) -> None:
    assert desk.ask("GET", f"{HISTORY}/names", Role.READER).json() == {"names": [], "head": None, "next": None}


@pytest.mark.parametrize("folder", ["", "runs", "objects", "artifacts"])
@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_names_come_page_by_page_each_once_with_the_head_of_the_moment(
    desk: WriteDesk, folder: str, limit: int
) -> None:
    for number in range(3):
        desk.add(run(f"c{number}", at=NOON + number * second()))
    pages = desk.pages(f"{HISTORY}/names?folder={folder}&limit={limit}", Role.READER)
    bodies = [page.json() for page in pages]
    assert [name for body in bodies for name in body["names"]] == list(desk.history().view().names(folder))
    assert all(len(body["names"]) == limit for body in bodies[:-1])
    assert [body["next"] is None for body in bodies] == [False] * (len(bodies) - 1) + [True]
    assert len({body["head"] for body in bodies}) == 1
    assert len({page.headers["etag"] for page in pages}) == len(pages)


def test_a_page_after_a_new_run_has_the_new_head(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    first = desk.ask("GET", f"{HISTORY}/names", params={"limit": "1"}).json()
    desk.add(run("c2", at=NOON + second()))
    second_page = desk.ask("GET", f"{HISTORY}/names", params={"limit": "1", "after": first["next"]}).json()
    assert second_page["head"] not in (first["head"], None)


def test_a_cursor_of_another_folder_or_repository_is_refused(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    cursor = desk.ask("GET", f"{HISTORY}/names", params={"limit": "1"}).json()["next"]
    for path, folder in ((f"{HISTORY}/names", "runs"), ("/v1/repositories/acme/empty/history/names", "")):
        answer = desk.ask("GET", path, params={"after": cursor, "folder": folder})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


def test_a_full_answer_names_the_remaining_files(desk: WriteDesk) -> None:
    desk.add(run("c1", snapshots={"api": snap({f"f{n}.py": "+" * (n + 1) for n in range(60)})}))
    view = desk.history().view()
    assert routes_history.fill(view, view.names()) == FileContents(dict(view.read(view.names())), ())
    found: dict[str, bytes] = {}
    left: Sequence[str] = view.names()
    while left:
        answer = routes_history.fill(view, left, most=500)
        assert len(answer.files) == 1 or sum(map(len, answer.files.values())) <= 500
        assert [*answer.files, *answer.left] == list(left)
        found |= answer.files
        left = answer.left
    assert found == view.read(view.names())


@pytest.mark.security
def test_no_more_is_read_than_the_answer_holds(desk: WriteDesk) -> None:
    class Watched(SqlView):
        """Counts the bytes that it hands out."""

        handed = 0

        def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
            found = super().read(names)
            self.handed += sum(map(len, found.values()))
            return found

    desk.add(run("c1", snapshots={"api": snap({f"f{n}.py": "+" * (n + 1) for n in range(60)})}))
    view = Watched(desk.engine, hub_database.get(desk.engine, "acme/shop"))
    names = desk.history().view().names()
    largest = max(names, key=lambda name: view.sizes([name])[name])
    assert routes_history.fill(view, ["objects/none", largest, *names], most=1).left == tuple(names)
    assert view.handed == view.sizes([largest])[largest]


def test_missing_files_are_reported_per_repository(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    names = desk.ask("GET", f"{HISTORY}/names").json()["names"]
    asked = {"names": [*names, layout.object_name("a" * 64)]}
    assert desk.ask("POST", f"{HISTORY}/missing", json=asked).json() == {"missing": [layout.object_name("a" * 64)]}
    elsewhere = desk.ask("POST", "/v1/repositories/acme/empty/history/missing", json={"names": names})
    assert elsewhere.json() == {"missing": names}


def test_an_addition_composed_for_an_older_head_is_refused_and_changes_nothing(desk: WriteDesk) -> None:
    stale = proposal(desk.history().view(), run("c1"))
    desk.add(run("c2"))
    before = desk.history().view().names()
    answer = desk.ask("POST", f"{HISTORY}/additions", json=stale)
    assert (answer.status_code, answer.json()["code"]) == (409, "history-contended")
    assert desk.history().view().names() == before


def test_objects_can_arrive_before_their_run(desk: WriteDesk) -> None:
    whole = proposal(desk.history().view(), run("c1"))
    files = whole["files"]
    assert isinstance(files, dict)
    ahead = {name: data for name, data in files.items() if name.startswith("objects/")}
    assert desk.ask("POST", f"{HISTORY}/additions", json={**whole, "files": ahead}).json() == {"head": "", "runs": []}
    assert list(desk.history().list()) == []
    rest = {name: data for name, data in files.items() if name not in ahead}
    assert desk.ask("POST", f"{HISTORY}/additions", json={**whole, "files": rest}).status_code == 201
    assert list(desk.history().verify()) == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../../etc/passwd", "history-foreign"),
        ("notes.txt", "history-foreign"),
        (f"objects/aa/{'a' * 64}", "history-damaged"),
        ("head.json", "history-damaged"),
    ],
)
def test_a_file_that_does_not_prove_itself_is_refused(desk: WriteDesk, name: str, code: str) -> None:
    body = {**proposal(desk.history().view(), run("c1")), "files": {name: base64.b64encode(b"x").decode()}}
    answer = desk.ask("POST", f"{HISTORY}/additions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert list(desk.history().view().names()) == []
    assert desk.trail() == []


@pytest.mark.security
def test_a_run_cannot_take_another_s_place(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    desk.add(run("c2"))
    before = desk.history().view().read(desk.history().view().names())
    forged = proposal(desk.history("acme/empty").view(), run("c9"))
    head = layout.digest_of(before[layout.HEAD])
    answer = desk.ask("POST", f"{HISTORY}/additions", json={**forged, "expected_head": head})
    assert answer.status_code == 422
    assert desk.history().view().read(desk.history().view().names()) == before


@pytest.mark.security
@pytest.mark.parametrize("path", ["additions", "missing", "prune"])
def test_a_reader_cannot_write(desk: WriteDesk, path: str) -> None:
    answer = desk.ask("POST", f"{HISTORY}/{path}", Role.READER, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")
    assert desk.ask("POST", f"{HISTORY}/{path}", None, json={}).status_code == 401


@pytest.mark.security
def test_a_repository_out_of_a_tokens_scope_is_not_found(desk: WriteDesk) -> None:
    there = desk.ask("GET", "/v1/repositories/other/private/history/names")
    assert (there.status_code, there.json()["code"]) == (404, "repository-unknown")


def test_too_many_files_at_once_are_refused(desk: WriteDesk) -> None:
    files = {layout.object_name(f"{n:064x}"): "" for n in range(20_001)}
    body = {**proposal(desk.history().view(), run("c1")), "files": files}
    answer = desk.ask("POST", f"{HISTORY}/additions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "files-too-many")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"names": 1}',
        b'{"names": ["' + b"x" * 300 + b'"]}',
        b'{"names": [], "more": 1}',
        b"[" * 100_000,
    ],
)
def test_an_invalid_body_names_the_place(desk: WriteDesk, body: bytes) -> None:
    answer = desk.ask("POST", f"{HISTORY}/read", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_a_compressed_body_is_read(desk: WriteDesk) -> None:
    answer = desk.ask("POST", f"{HISTORY}/read", Role.UPLOADER, **zipped(b'{"names": []}'))
    assert answer.json() == {"files": {}, "left": []}


def test_pruning_drops_artifacts_and_is_audited(desk: WriteDesk) -> None:
    for number in range(2):
        record = replace(run(f"c{number}"), recorded_at=NOON + number * second())
        desk.history().append(record, {"api.xml": b"%d" % number})
    answer = desk.ask("POST", f"{HISTORY}/prune", Role.MAINTAINER, json={"keep": 1})
    first = desk.history().list()[0]
    assert answer.json() == {"dropped": [f"{first.id}: api.xml"]}
    assert desk.trail() == [("history-pruned", "token")]
    assert list(desk.history().verify()) == []


@pytest.mark.reliability
def test_an_unwritable_audit_entry_fails_the_request(desk: WriteDesk) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    answer = desk.add(run("c1"))
    assert (answer.status_code, answer.json()["code"]) == (500, "audit-unwritable")
    assert list(desk.history().view().names()) == []


@pytest.mark.reliability
@pytest.mark.security
def test_a_repository_cannot_exceed_its_quota(read_template: Template, tmp_path: Path) -> None:
    with write_desk(read_template, tmp_path, repository=20_000) as small:
        assert small.add(run("c1")).status_code == 201
        kept = len(small.history().view().names())
        bulk = b"x" * 20_000
        ahead = {layout.artifact_name(layout.digest_of(bulk)): base64.b64encode(bulk).decode()}
        sent = {**proposal(small.history().view(), run("c2", at=NOON + second())), "files": ahead}
        refused = small.ask("POST", f"{HISTORY}/additions", json=sent)
        assert (refused.status_code, refused.json()["code"]) == (507, "repository-full")
        assert "retry-after" not in refused.headers
        assert len(small.history().view().names()) == kept
        lcov = b"SF:src/a.py\n" + b"".join(b"DA:%d,1\n" % line for line in range(1, 120_000)) + b"end_of_record\n"
        assert small.upload(lcov).json()["code"] == "repository-full"
        assert small.add(run("c3", at=NOON + second())).status_code == 201
