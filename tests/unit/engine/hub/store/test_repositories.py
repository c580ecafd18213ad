from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, LargeBinary, String, Table, func, insert, select

from covgov.errors import InputError
from covgov.history.format import layout
from covgov.hub.store import documents, repositories, uploads
from covgov.hub.store import engine as store_engine
from covgov.hub.store.documents import DocumentKind
from covgov.hub.store.repositories import NAME
from covgov.hub.store.schema import BLOBS, METADATA
from covgov.hub.store.uploads import Upload, UploadKey
from covgov.hub.store.work import transaction
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, run
from covgov_testing.hub.database import bytes_on_disk, database, history, make


def test_a_repository_is_found_by_its_name(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        with transaction(engine, write=False) as connection:
            assert repositories.get(connection, "acme", "shop") == made
            assert repositories.get(connection, "acme", "Shop") is None
            assert repositories.get(connection, "other", "shop") is None
    assert (made.full_name, made.default_branch, made.private, made.created_at) == ("acme/shop", "main", True, NOON)


@pytest.mark.security
@pytest.mark.parametrize(
    ("owner", "name", "branch"),
    [
        ("", "shop", "main"),
        ("acme", "", "main"),
        ("..", "shop", "main"),
        ("acme", ".", "main"),
        ("acme", "a/b", "main"),
        ("acme", "shop\n", "main"),
        ("acme", "<b>", "main"),
        ("acme", "x" * 101, "main"),
        ("acme", "shöp", "main"),
        ("acme", "shop", ""),
        ("acme", "shop", "two words"),
        ("acme", "shop", "x" * 256),
        ("acme", "shop", "main\n"),
    ],
)
def test_a_name_that_is_not_a_path_segment_is_refused(tmp_path: Path, owner: str, name: str, branch: str) -> None:
    with database(tmp_path / "hub.db") as engine, transaction(engine, write=True) as connection:
        with pytest.raises(InputError) as caught:
            repositories.create(connection, owner, name, at=NOON, default_branch=branch)
        assert caught.value.code == "repository-name-invalid"
        assert repositories.list_(connection) == []


def test_a_second_repository_of_the_same_name_is_refused(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        make(engine)
        with pytest.raises(InputError, match="acme/shop") as caught:
            make(engine)
    assert caught.value.code == "repository-exists"


@settings(max_examples=10, deadline=None)  # each example is a database on disk
@given(names=st.sets(st.from_regex(NAME, fullmatch=True), min_size=1, max_size=8), limit=st.integers(1, 4))
def test_pages_list_every_repository_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], limit: int
) -> None:
    full = sorted((owner, name) for owner in ("acme", "zeta") for name in names)
    path = tmp_path_factory.mktemp("hub") / "hub.db"
    with database(path) as engine, transaction(engine, write=True) as connection:
        for owner, name in full:
            repositories.create(connection, owner, name, at=NOON)
        seen: list[tuple[str, str]] = []
        after = ""
        while page := repositories.list_(connection, after=after, limit=limit):
            assert len(page) <= limit
            seen += [(found.owner, found.name) for found in page]
            after = page[-1].full_name
    assert seen == full


def test_branch_and_visibility_can_be_changed(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made, other = make(engine), make(engine, "acme/other")
        with transaction(engine, write=True) as connection:
            changed = repositories.change(connection, made, default_branch="trunk", private=False)
            assert (changed.id, changed.default_branch, changed.private) == (made.id, "trunk", False)
            assert repositories.get(connection, "acme", "other") == other
            with pytest.raises(InputError) as caught:
                repositories.change(connection, made, default_branch="no good", private=False)
    assert caught.value.code == "repository-name-invalid"


def test_a_deleted_repository_cannot_be_changed(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        with transaction(engine, write=True) as connection:
            repositories.delete(connection, made)
            with pytest.raises(InputError) as changed:
                repositories.change(connection, made, default_branch="main", private=True)
            with pytest.raises(InputError) as deleted:
                repositories.delete(connection, made)
    assert {changed.value.code, deleted.value.code} == {"repository-unknown"}


@pytest.mark.security
def test_deleting_a_repository_leaves_no_row_and_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    planted = {"src/planted-path-4711.py": "+-"}
    with database(path) as engine:
        ledger = history(engine)
        ledger.append(run("planted-commit", snapshots={"api": snap(planted)}), {"api.xml": b"planted-artifact-4711"})
        with transaction(engine, write=True) as connection:
            made = repositories.get(connection, "acme", "shop")
            assert made is not None
            documents.put(
                connection, DocumentKind.POLICY, made.id, path="covgov.toml", text="# planted-policy-4711", at=NOON
            )
            documents.put(
                connection, DocumentKind.REGISTER, made.id, path="r.md", text="planted-register-4711", at=NOON
            )
            waiting = Upload(UploadKey("main", "t", "api", "n", 1), "c", (), "0" * 64, b"planted-upload-4711", NOON)
            uploads.add(connection, made.id, waiting)
        [edits] = ledger.view().names(layout.OBJECTS)
        needles = [ledger.view().read([edits])[edits][2:60], b"planted-artifact-4711"]
        needles += [b"planted-policy-4711", b"planted-register-4711", b"planted-upload-4711"]
        assert all(needle in bytes_on_disk(path) for needle in needles)
        with transaction(engine, write=True) as connection:
            gone = repositories.delete(connection, made)
        store_engine.erase(engine)
        assert [needle for needle in [*needles, b"acme"] if needle in bytes_on_disk(path)] == []
        assert (gone.runs, gone.files, gone.blobs, gone.shared) == (1, 4, 4, 0)
        with transaction(engine, write=False) as connection:
            left = {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in METADATA.tables.items()
            }
    assert {name for name, rows in left.items() if rows} == set()


@pytest.mark.security
@pytest.mark.parametrize("table", [table for table in METADATA.sorted_tables if "repository_id" in table.c], ids=str)
def test_every_tables_rows_are_deleted_with_the_repository(tmp_path: Path, table: Table) -> None:
    """Whoever adds a table for something of a repository is held to this."""
    path = tmp_path / "hub.db"
    with database(path) as engine:
        made = make(engine)
        with transaction(engine, write=True) as connection:
            if "blob_id" in table.c:
                connection.execute(insert(BLOBS).values(id=1, owner="acme", sha256="0" * 64, data=b"planted-4711"))
            values = {column.name: planted(column) for column in table.c if column.name != "id"}
            connection.execute(insert(table).values({**values, "repository_id": made.id, **blob(table)}))
        assert b"planted-4711" in bytes_on_disk(path)
        with transaction(engine, write=True) as connection:
            repositories.delete(connection, made)
            assert connection.execute(select(func.count()).select_from(BLOBS)).scalar_one() == 0
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
        store_engine.erase(engine)
        assert b"planted-4711" not in bytes_on_disk(path)


def planted(column: Column[object]) -> str | bytes | int:
    match column.type:
        case LargeBinary():
            return b"planted-4711"
        case String():
            return "planted-4711"
        case _:
            return 1


def blob(table: Table) -> dict[str, int]:
    return {"blob_id": 1} if "blob_id" in table.c else {}


@pytest.mark.security
def test_deleting_one_of_two_repositories_keeps_what_they_share(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        shop, copy = history(engine), history(engine, "acme/copy")
        shop.append(run("c1"), {"x": b"only the shop has this"})
        kept = copy.append(run("c1"))
        with transaction(engine, write=True) as connection:
            made = repositories.get(connection, "acme", "shop")
            assert made is not None
            gone = repositories.delete(connection, made)
        assert (gone.blobs, gone.shared) == (3, 1), "artifact, manifest and head; the edits are shared"
        assert (copy.fetch(kept.id), list(copy.verify())) == (run("c1"), [])


@pytest.mark.security
def test_the_same_bytes_of_two_owners_are_two_blobs(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        history(engine, "acme/shop").append(run())
        history(engine, "acme/copy").append(run())
        history(engine, "rival/shop").append(run())
        with transaction(engine, write=False) as connection:
            counted = connection.execute(select(BLOBS.c.owner, func.count()).group_by(BLOBS.c.owner)).all()
    assert {row[0]: row[1] for row in counted} == {"acme": 3, "rival": 3}


@pytest.mark.security
def test_a_deleted_repository_does_not_resolve_to_its_namesake(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger = history(engine)
        ledger.append(run())
        with transaction(engine, write=True) as connection:
            made = repositories.get(connection, "acme", "shop")
            assert made is not None
            repositories.delete(connection, made)
        assert make(engine).id > made.id
        for call in (ledger.list, ledger.verify, lambda: ledger.append(run("c2"))):
            with pytest.raises(InputError) as caught:
                call()
            assert caught.value.code == "repository-unknown"
