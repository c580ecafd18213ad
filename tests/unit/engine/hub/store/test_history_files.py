from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from covgov.errors import DeliveryFailed, InputError
from covgov.history import ledger
from covgov.history.format import edits, layout
from covgov.history.interface import Addition, HistoryView, PortableStore, RunStore
from covgov.history.migrate import migrate
from covgov.history.stores.directory import DirStore
from covgov.history.transfer import export, import_
from covgov.hub.store import projection, repositories, runs
from covgov.hub.store.history_files import SqlHistory
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import BLOBS, HISTORY_FILES, REPOSITORIES, RUN_COMPONENTS, RUNS
from covgov.hub.store.work import transaction
from covgov.model.verdict import Outcome
from covgov.policy.policy import Policy
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.run import NOON, row, run, verdict
from covgov_testing.hub.database import database, forge, get, history, make

GOLDEN = Path(__file__).parents[4] / "golden"


def test_it_is_a_store_of_runs_that_can_be_carried(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store: RunStore = history(engine)
        assert isinstance(store, PortableStore)
        summary = store.append(run(), {"api.xml": b"<coverage/>"})
        assert (store.fetch(summary.id), list(store.list()), list(store.verify())) == (run(), [summary], [])


def test_the_files_are_those_of_the_directory_store(tmp_path: Path) -> None:
    """The same runs give the same names and bytes, so a history can move in and out of a hub."""
    beside = DirStore(tmp_path / "beside")
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        for number in range(3):
            record = run(f"c{number}", at=NOON + timedelta(hours=number))
            assert ledger_.append(record, {"x": b"1"}) == beside.append(record, {"x": b"1"})
        names = ledger_.view().names()
        assert names == beside.view().names()
        assert ledger_.view().read(names) == beside.view().read(names)


def test_names_are_listed_by_folder(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        ledger_.append(run())
        view = ledger_.view()
        assert [name.partition("/")[0] for name in view.names(layout.RUNS)] == ["runs"]
        assert view.names("run") == view.names("RUNS") == view.names("%") == []
        assert view.read(["nowhere", layout.HEAD]).keys() == {layout.HEAD}


@pytest.mark.security
def test_only_files_of_the_repository_itself_are_told_as_present(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        history(engine).append(run())
        names = history(engine).view().names()
        asked = [*names, *(f"objects/aa/{number:064x}" for number in range(600))]
        mine, sibling = history(engine).view(), history(engine, "acme/sibling").view()
        assert mine.present(asked) == frozenset(names)
        assert sibling.present(asked) == frozenset()
        assert mine.present([]) == frozenset()


def test_names_sizes_and_bytes_of_more_files_than_a_statement_may_name_agree(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        ledger_.append(run(), {"api.xml": b"<coverage/>"})
        view = ledger_.view()
        asked = [*(f"objects/aa/{number:064x}" for number in range(600)), *view.names()]
        data = view.read(asked)
        assert sorted(data) == view.names()
        assert view.sizes(asked) == {name: len(content) for name, content in data.items()}


def test_a_history_is_carried_in_and_out(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        first, second = history(engine, "acme/one"), history(engine, "acme/two")
        for number in range(3):
            first.append(run(f"c{number}", at=NOON + timedelta(hours=number)))
        assert export(first, tmp_path / "exported") == 3
        assert import_(tmp_path / "exported", second) == 3
        assert import_(tmp_path / "exported", second) == 0
        assert second.list() == first.list()
        with transaction(engine, write=False) as connection:
            made = repositories.get(connection, "acme", "two")
            assert made is not None
            assert [line.sequence for line in runs.list_runs(connection, made.id)] == [3, 2, 1]


def test_head_leaves_no_blob_behind_when_it_moves_on(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        for number in range(5):
            ledger_.append(run(f"c{number}"))
        with transaction(engine, write=False) as connection:
            used = connection.execute(select(func.count(HISTORY_FILES.c.blob_id.distinct()))).scalar_one()
            assert connection.execute(select(func.count()).select_from(BLOBS)).scalar_one() == used


@pytest.mark.reliability
def test_a_run_and_its_rows_appear_together_or_not_at_all(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        with pytest.raises(RuntimeError, match="audit"):
            append_and_raise(engine, made)
        with transaction(engine, write=False) as connection:
            tables = (HISTORY_FILES, BLOBS, RUNS, RUN_COMPONENTS)
            assert [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables] == [
                0
            ] * 4


def append_and_raise(engine: Engine, repository: HubRepository) -> None:
    with transaction(engine, write=True) as connection:
        inner = SqlHistory(connection, repository)
        inner.append(run(made=verdict(rows=[row("api", 9, 10)])))
        assert (len(inner.list()), inner.exists()) == (1, True)
        raise RuntimeError("the audit entry could not be written")


@pytest.mark.reliability
def test_what_is_refused_leaves_the_transaction_as_it_was(tmp_path: Path) -> None:
    """A caller may go on with its transaction after a refusal: nothing half-written is in it."""
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        with transaction(engine, write=True) as connection:
            inner = SqlHistory(connection, made)
            inner.append(run("c1"))
            twice = verdict(rows=[row("api", 1, 2), row("api", 2, 2)])
            with pytest.raises(InputError) as caught:
                inner.append(run("c2", made=twice))
            assert caught.value.code == "run-unprojectable"
        store = SqlHistory(engine, made)
        assert (len(store.list()), list(store.verify())) == (1, [])


@pytest.mark.reliability
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with database(path) as engine:
        ledger_ = history(engine)
        acknowledged = [ledger_.append(run("c1"))]
        with transaction(engine, write=False) as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        engine.dispose()
        event.listen(engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages + 8}"))
        chance = Random(4711)  # what is left of it when it is deflated still does not fit
        many = {f"src/f{number}.py": "".join(chance.choices("+-x ", k=900)) for number in range(500)}
        with pytest.raises(DeliveryFailed) as caught:
            ledger_.append(run("big", snapshots={"api": snap(many)}, at=NOON + timedelta(hours=1)))
        assert caught.value.code == "hub-storage-full"
        acknowledged.append(ledger_.append(run("c2", at=NOON + timedelta(hours=2))))
        assert list(ledger_.list()) == acknowledged
        assert list(ledger_.verify()) == []


@pytest.mark.reliability
def test_a_clock_that_jumps_back_does_not_change_the_order(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        stamps = [NOON, NOON - timedelta(days=400), NOON + timedelta(days=9000), NOON - timedelta(seconds=1)]
        made = [ledger_.append(run(f"c{number}", at=at)) for number, at in enumerate(stamps)]
        assert [found.sequence for found in ledger_.list()] == [1, 2, 3, 4]
        assert list(ledger_.verify()) == []
        with transaction(engine, write=False) as connection:
            assert projection.newest(connection, 1) == (4, made[-1].id)
            assert [line.recorded_at for line in runs.list_runs(connection, 1)] == stamps[::-1]


@pytest.mark.security
def test_verifying_does_not_trust_the_projections(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        summary = ledger_.append(run(outcome=Outcome.FAIL))
        with transaction(engine, write=True) as connection:
            connection.execute(RUNS.update().values(outcome="pass", commit_id="0" * 40))
        assert list(ledger_.list()) == [summary]
        assert ledger_.list()[0].outcome is Outcome.FAIL


def test_pruning_drops_artifacts_of_older_runs_and_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with database(path) as engine:
        ledger_ = history(engine)
        made = [
            ledger_.append(run(f"c{number}"), {"own.xml": f"planted-{number}".encode(), "same.html": b"same"})
            for number in range(3)
        ]
        assert ledger_.prune(1) == [f"{found.id}: own.xml" for found in made[:2]]
        assert ledger_.prune(1) == []
        assert len(ledger_.view().names(layout.ARTIFACTS)) == 2
        with transaction(engine, write=False) as connection:
            left = connection.execute(select(BLOBS.c.data)).scalars().all()
        assert [data for data in left if data.startswith(b"planted")] == [b"planted-2"]
        assert len(ledger_.prune(0)) == 4
        assert ledger_.view().names(layout.ARTIFACTS) == []
        assert (list(ledger_.verify()), len(ledger_.list())) == ([], 3)


def test_collecting_drops_what_no_run_refers_to(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        assert ledger_.collect(NOON) == []
        ledger_.append(run(), {"api.xml": b"kept"})
        leaving = layout.object_name(layout.digest_of(b"half of a push"))
        ledger_.update(lambda _: Addition({leaving: b"half of a push"}, NOON, "objects first"))
        before = ledger_.view().names()
        assert ledger_.collect(NOON) == [leaving]
        assert ledger_.view().names() == [name for name in before if name != leaving]
        assert list(ledger_.verify()) == []


def test_a_change_that_wants_nothing_adds_nothing(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        seen: list[bool] = []

        def change(view: HistoryView) -> None:
            seen.append(ledger.recorded(view))

        ledger_.update(change)
        assert (seen, ledger_.exists()) == ([False], False)


def test_a_push_may_come_in_parts_objects_first(tmp_path: Path) -> None:
    beside = DirStore(tmp_path / "beside")
    beside.append(run(), {"api.xml": b"<coverage/>"})
    view = beside.view()
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        for part in (
            [*view.names(layout.OBJECTS), *view.names(layout.ARTIFACTS)],
            [*view.names(layout.RUNS), layout.HEAD],
        ):
            files = dict(view.read(part))
            ledger_.update(lambda _, files=files: Addition(files, NOON, "part"))  # type: ignore[misc]
            ledger_.update(lambda _, files=files: Addition(files, NOON, "sent again"))  # type: ignore[misc]
        assert ledger_.list() == beside.list()
        assert list(ledger_.verify()) == []


def given(added: Addition, _: HistoryView) -> Addition:
    return added


@pytest.mark.security
def test_a_forged_file_in_the_database_is_found(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made = make(engine)
        store = SqlHistory(engine, made)
        for commit in ("c1", "c2"):
            store.append(run(commit))
        for name in store.view().names():
            sound = store.view().read([name])[name]
            for forged in (sound + b" ", None):
                forge(engine, made, name, forged)
                assert store.verify(), name
            forge(engine, made, name, sound)
        assert list(store.verify()) == []


def test_appending_the_same_record_again_writes_no_page(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with database(path) as engine:
        ledger_ = history(engine)
        first = ledger_.append(run())
        log = path.with_name("hub.db-wal")
        before = path.read_bytes() + log.read_bytes()
        assert ledger_.append(replace(run(), attempt=9)) == first
        assert path.read_bytes() + log.read_bytes() == before


@pytest.mark.reliability
def test_an_append_reads_the_runs_of_its_tree_and_those_that_the_newest_is_made_of(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        count = edits.LONGEST + 3
        made = [ledger_.append(run(f"c{number}", at=NOON + timedelta(hours=number))) for number in range(count)]
        whole = layout.read_manifest(ledger_.view(), count, made[-1].id)
        assert whole is not None
        assert count - whole.manifest.since < 20
        again = run("c2", at=NOON + timedelta(days=99))
        read = manifests_read(engine, lambda: made.append(ledger_.append(again)))
        expected = {made[number] for number in (2, *range(whole.manifest.since - 1, count))}
        assert read == {layout.manifest_name(found.sequence, found.id) for found in expected}
        assert (made[-1].sequence, made[-1].previous, made[-1].attempt) == (count + 1, made[-2].id, 2)
        assert ledger_.append(again) == made[-1]
        assert list(ledger_.verify()) == []


def manifests_read(engine: Engine, act: Callable[[], object]) -> set[str]:
    """Names of the manifests that were asked for by name and were there before."""
    asked: set[str] = set()
    before = set(history(engine).view().names(layout.RUNS))

    def note(_: object, __: object, ___: str, parameters: tuple[object, ...], *____: object) -> None:
        asked.update(name for name in parameters if isinstance(name, str))

    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked & before


@pytest.mark.security
def test_where_rows_and_files_disagree_an_append_looks_at_every_run(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        ledger_ = history(engine)
        made = [ledger_.append(run(f"c{number}", at=NOON + timedelta(hours=number))) for number in range(3)]
        with transaction(engine, write=True) as connection:
            connection.execute(RUNS.update().where(RUNS.c.sequence == 3).values(run_id="0" * 64))
        assert ledger_.append(run("c2", at=NOON + timedelta(hours=2))) == made[2]
        other = history(engine, "acme/other")
        first, _ = other.append(run("c1")), other.append(run("c2"))
        forge(engine, get(engine, "acme/other"), layout.manifest_name(1, first.id), None)
        with pytest.raises(InputError) as caught:
            other.append(run("c1", at=NOON + timedelta(hours=9)))
        assert caught.value.code == "history-damaged"


def test_a_migrated_history_is_listed_by_its_new_ids_and_stays_verified(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        made, ledger_ = make(engine), history(engine)
        import_(GOLDEN / "history-1", ledger_)
        with transaction(engine, write=True) as connection:
            connection.execute(RUNS.update().where(RUNS.c.sequence == 2).values(verified=True))
            before = kept_bytes(connection)
        assert migrate(ledger_) == 3
        with transaction(engine, write=False) as connection:
            rows = runs.list_runs(connection, made.id)
            after = kept_bytes(connection)
        assert [row.id for row in rows] == [found.id for found in ledger_.list()][::-1]
        assert [row.verified for row in rows] == [False, True, False]
        assert after < before


def kept_bytes(connection: Connection) -> int:
    return int(connection.execute(select(REPOSITORIES.c.bytes)).scalar_one())


def composed(store: SqlHistory, name: str) -> Addition:
    added, _ = ledger.addition(store.view(), run(name), {})
    assert added is not None
    return added


def test_what_was_admitted_before_is_added_while_nothing_changed(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store = history(engine)
        first = composed(store, "c1")
        store.update(lambda _: first, store.admit(lambda _: first))
        second = composed(store, "c2")
        store.update(lambda _: second, store.admit(lambda _: second))
        assert [found.commit for found in store.list()] == [run(name).commit for name in ("c1", "c2")]
        assert list(store.verify()) == []
        assert store.admit(lambda _: None) is None


@pytest.mark.security
def test_an_admission_does_not_count_for_other_files(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store = history(engine)
        added = composed(store, "c1")
        before = store.admit(lambda _: added)
        forged = {name: data + b" " if name.startswith("objects/") else data for name, data in added.files.items()}
        with pytest.raises(InputError, match="does not match its name"):
            store.update(lambda _: replace(added, files=forged), before)
        assert not store.exists()


@pytest.mark.security
def test_an_admission_does_not_count_after_another_run(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store = history(engine)
        store.append(run("c1"))
        added = composed(store, "c2")
        before = store.admit(lambda _: added)
        store.append(run("c3"))
        with pytest.raises(InputError, match="it is not the next run"):
            store.update(lambda _: added, before)
        assert len(store.list()) == 2


@pytest.mark.security
def test_an_admission_does_not_count_when_what_was_sent_ahead_is_gone(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        store = history(engine)
        added = composed(store, "c1")
        ahead = {name: data for name, data in added.files.items() if name.startswith("objects/")}
        rest = replace(added, files={name: data for name, data in added.files.items() if name not in ahead})
        store.update(lambda _: replace(added, files=ahead))
        before = store.admit(lambda _: rest)
        for name in ahead:
            forge(engine, get(engine), name, None)
        with pytest.raises(InputError, match="it is missing"):
            store.update(lambda _: rest, before)
        store.update(lambda _: added)
        assert len(store.list()) == 1


@pytest.mark.security
def test_an_admission_does_not_count_under_another_policy(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        added = composed(history(engine), "c1")
        before = history(engine).admit(lambda _: added)
        assert before is not None
        history(engine).update(lambda _: added, replace(before, policy=Policy(), admitted=()))
        with engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(RUNS)).scalar() == 1
