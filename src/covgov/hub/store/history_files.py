"""The history of one repository in SQL: the layout of docs/history-format.md, a row per file.

A transaction holds the files and the rows of `runs` that are made from them, so a killed process leaves the old state
or the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, insert, select, update

from covgov.history import ledger
from covgov.history.format import layout
from covgov.history.format.reader import RunReader
from covgov.history.interface import (
    Addition,
    HistoryChange,
    HistoryFault,
    HistoryReplacement,
    HistoryView,
    Progress,
    RunChanges,
    RunSummary,
    silent,
)
from covgov.hub.store import blobs, projection, repositories
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import BLOBS, HISTORY_FILES
from covgov.hub.store.verify import admission, plausible
from covgov.hub.store.verify.admission import NOTHING, AdmittedRun, Judge
from covgov.hub.store.work import stamp, transaction
from covgov.model.run import RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Verdict
from covgov.policy.policy import Policy

T = TypeVar("T")


class SqlView:
    """The files of one repository. On a connection: as of its transaction; on an engine: as of each call."""

    def __init__(self, database: Engine | Connection, repository: HubRepository) -> None:
        self._database = database
        self._repository = repository

    def names(self, folder: str = "") -> Sequence[str]:
        with _reading(self._database, self._repository) as connection:
            found = connection.execute(self._named(folder)).scalars().all()
        return sorted(_below(folder, found))  # databases compare and sort text as they like

    def page(self, folder: str, after: str, most: int) -> tuple[Sequence[str], str | None]:
        """At most that many of the names, in the database's own order, and after which one the next page begins.

        after: "" for the first page. None: this is the last one.
        """
        query = self._named(folder).order_by(HISTORY_FILES.c.name).limit(most + 1)
        with _reading(self._database, self._repository) as connection:
            found = connection.execute(query.where(HISTORY_FILES.c.name > after)).scalars().all()
        return list(_below(folder, found[:most])), found[most - 1] if len(found) > most else None

    def _named(self, folder: str) -> Select[str]:
        query = select(HISTORY_FILES.c.name).where(HISTORY_FILES.c.repository_id == self._repository.id)
        return query.where(HISTORY_FILES.c.name.startswith(f"{folder}/", autoescape=True)) if folder else query

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """Bytes of each of the files that exist, without reading them."""
        with _reading(self._database, self._repository) as connection:
            return _of_blobs(connection, self._repository, names, func.length(BLOBS.c.data))

    def read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        with _reading(self._database, self._repository) as connection:
            return _of_blobs(connection, self._repository, names, BLOBS.c.data)

    def present(self, names: Sequence[str]) -> frozenset[str]:
        """Those of `names` that are files of this repository's history; no other repository is looked at."""
        with _reading(self._database, self._repository) as connection:
            return frozenset(_blob_ids(connection, self._repository, names))


def _head(view: SqlView) -> bytes | None:
    return view.read([layout.HEAD]).get(layout.HEAD)


def _below(folder: str, names: Sequence[str]) -> Iterator[str]:
    prefix = f"{folder}/" if folder else ""
    return (name for name in names if name.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Admission:
    """Runs that were admitted. files: what they are made of. head, policy: of the history and its repository then."""

    files: Mapping[str, bytes]
    head: bytes | None
    policy: Policy | None
    admitted: Sequence[AdmittedRun]


class SqlHistory:
    """A RunStore, and a PortableStore. On an engine each call is a transaction of its own, on a connection part of its
    transaction.

    judge: what a run that is added is held against.
    A repository that was deleted meanwhile, even if one of that name was made again: InputError (`repository-unknown`).
    """

    def __init__(self, database: Engine | Connection, repository: HubRepository, judge: Judge = NOTHING) -> None:
        self._database = database
        self._repository = repository
        self._judge = judge

    def view(self) -> SqlView:
        return SqlView(self._database, self._repository)

    def exists(self) -> bool:
        with self._read() as view:
            return ledger.recorded(view)

    def list(self) -> Sequence[RunSummary]:
        with self._read() as view:
            return ledger.summaries(view) if ledger.recorded(view) else []

    def fetch(self, run_id: str) -> RunRecord:
        with self._read() as view:
            return ledger.fetch(view, run_id)

    def verdicts(self, run_ids: Sequence[str]) -> Iterable[Verdict]:
        with self._read() as view:
            return list(ledger.verdicts(view, run_ids))

    def snapshots(self, run_ids: Sequence[str]) -> Iterable[Mapping[str, Snapshot]]:
        with self._read() as view:
            return list(ledger.snapshots(view, run_ids))

    def changes(self, base_id: str, head_id: str, paths: Collection[str]) -> RunChanges:
        with self._read() as view:
            return ledger.changes(view, base_id, head_id, paths)

    def append(self, record: RunRecord, artifacts: Mapping[str, bytes] | None = None) -> RunSummary:
        kept = artifacts or {}
        ids = {name: layout.digest_of(data) for name, data in kept.items()}
        with _writing(self._database, self._repository) as connection:
            added, summary = self._addition(connection, record, ids)
            if added is not None:
                bulk = {layout.artifact_name(ids[name]): data for name, data in kept.items()}
                self._add(connection, {**bulk, **added.files})
        return summary

    def _addition(
        self, connection: Connection, record: RunRecord, artifacts: Mapping[str, str]
    ) -> tuple[Addition | None, RunSummary]:
        """As `ledger.addition`, which reads every run: only the newest one, and those at the record's tree.

        The rows say which these are; where they and the files disagree, everything is read, and said what is wrong.
        """
        view = SqlView(connection, self._repository)
        newest = projection.newest(connection, self._repository.id)
        last = layout.read_manifest(view, *newest) if newest else None
        if last is None or view.read([layout.HEAD]).get(layout.HEAD) != layout.head_of(last):
            return ledger.addition(view, record, artifacts)
        listed = projection.of_tree(connection, self._repository.id, record.tree)
        same = [stored for stored in (layout.read_manifest(view, *one) for one in listed) if stored is not None]
        if len(same) < len(listed):
            return ledger.addition(view, record, artifacts)
        return ledger.continuation(view, last, same, record, artifacts)

    def admit(self, change: HistoryChange) -> Admission | None:
        """What `update` has to find out before it writes, without the lock that writers wait for; None = nothing to
        add. Raises as `update`."""
        with self._read() as view:
            added = change(view)
            if added is None:
                return None
            admitted = admission.admit(view, added.files, self._judge)
            return Admission(added.files, _head(view), self._judge.policy, admitted)

    def update(self, change: HistoryChange, before: Admission | None = None) -> None:
        """Raises InputError when what was to be added is no proper continuation (see `admission.admit`).

        before: counts when history and policy are still those that it was made for.
        """
        with _writing(self._database, self._repository) as connection:
            added = change(SqlView(connection, self._repository))
            if added is not None:
                self._add(connection, added.files, before)

    def rewrite(self, change: Callable[[HistoryView], HistoryReplacement | None]) -> None:
        """What takes the history's place is made here of what was admitted, so it is not judged again."""
        with _writing(self._database, self._repository) as connection:
            view = SqlView(connection, self._repository)
            wanted = change(view)
            if wanted is None:
                return
            self._drop(connection, wanted.gone)
            if wanted.added is not None:
                self._keep(connection, wanted.added.files)
                projection.rebuild(connection, self._repository.id, view)

    def prune(self, keep: int) -> Sequence[str]:
        with _writing(self._database, self._repository) as connection:
            view = SqlView(connection, self._repository)
            runs = ledger.chain(view) if ledger.recorded(view) else []
            cut = max(0, len(runs) - keep)
            needed = {artifact for stored in runs[cut:] for artifact in stored.manifest.artifacts.values()}
            present = {PurePosixPath(name).name: name for name in view.names(layout.ARTIFACTS)}
            gone = [
                f"{stored.id}: {name}"
                for stored in runs[:cut]
                for name, artifact in sorted(stored.manifest.artifacts.items())
                if artifact in present and artifact not in needed
            ]
            self._drop(connection, [name for artifact, name in present.items() if artifact not in needed])
        return gone

    def collect(self, before: datetime) -> Sequence[str]:
        """Drop objects and artifacts that no run refers to (left by a push that was never completed); their names.

        before: what came later stays, for its run may be on its way.
        """
        with _writing(self._database, self._repository) as connection:
            view = SqlView(connection, self._repository)
            runs = ledger.chain(view) if ledger.recorded(view) else []
            needed = {layout.HEAD, *ledger.references(runs, RunReader(view))}
            recent = self._added_since(connection, before)
            unneeded = [name for name in view.names() if name not in needed and name not in recent]
            self._drop(connection, unneeded)
        return unneeded

    def verify(self, progress: Progress = silent) -> Sequence[HistoryFault]:
        with self._read() as view:
            return ledger.verify(view, progress) if ledger.recorded(view) else []

    @contextmanager
    def _read(self) -> Iterator[SqlView]:
        with _reading(self._database, self._repository) as connection:
            yield SqlView(connection, self._repository)

    def _add(self, connection: Connection, files: Mapping[str, bytes], before: Admission | None = None) -> None:
        """Everything is checked before anything is written, for the caller's transaction may go on."""
        view = SqlView(connection, self._repository)
        if before is not None and self._valid(view, files, before):
            admitted = before.admitted
        else:
            admitted = admission.admit(view, files, self._judge)
        runs = [projection.project(one) for one in admitted]
        new_runs = [one.stored for one in admitted]
        trees = sorted({stored.manifest.run.tree for stored in new_runs})
        plausible.check_attempts(new_runs, projection.attempts(connection, self._repository.id, trees))
        self._keep(connection, files)
        for run in runs:
            projection.add(connection, self._repository.id, run)

    def _valid(self, view: SqlView, files: Mapping[str, bytes], before: Admission) -> bool:
        """Whether it is about these files, and nothing changed since. Objects that were sent ahead may have been
        dropped."""
        objects = {layout.object_name(one.stored.manifest.edits) for one in before.admitted} - files.keys()
        unchanged = (before.head, before.policy) == (_head(view), self._judge.policy)
        return files is before.files and unchanged and objects <= view.present(sorted(objects))

    def _keep(self, connection: Connection, files: Mapping[str, bytes]) -> None:
        present = _blob_ids(connection, self._repository, list(files))
        new = {name: data for name, data in files.items() if name not in present}
        size = sum(len(data) for data in new.values())
        repositories.take(connection, self._repository.id, size, self._judge.quota)
        head = [files[layout.HEAD]] if layout.HEAD in files else []
        ids = blobs.keep(connection, self._repository.owner, [*new.values(), *head])
        if new:
            mine = {"repository_id": self._repository.id, "added_at": self._judge.now and stamp(self._judge.now)}
            rows = [{**mine, "name": name, "blob_id": ids[layout.digest_of(data)]} for name, data in new.items()]
            connection.execute(insert(HISTORY_FILES), rows)
        if layout.HEAD in present:
            self._replace_head(connection, present[layout.HEAD], ids[layout.digest_of(files[layout.HEAD])])

    def _replace_head(self, connection: Connection, old: int, new: int) -> None:
        mine = (HISTORY_FILES.c.repository_id == self._repository.id) & (HISTORY_FILES.c.name == layout.HEAD)
        connection.execute(update(HISTORY_FILES).where(mine).values(blob_id=new))
        blobs.drop_unused(connection, [old])

    def _drop(self, connection: Connection, names: Sequence[str]) -> None:
        size = sum(SqlView(connection, self._repository).sizes(names).values())
        repositories.take(connection, self._repository.id, -size)
        ids = sorted(set(_blob_ids(connection, self._repository, names).values()))
        for batch in blobs.batches(names):
            mine = HISTORY_FILES.c.repository_id == self._repository.id
            connection.execute(delete(HISTORY_FILES).where(mine, HISTORY_FILES.c.name.in_(batch)))
        blobs.drop_unused(connection, ids)

    def _added_since(self, connection: Connection, moment: datetime) -> set[str]:
        query = select(HISTORY_FILES.c.name).where(HISTORY_FILES.c.repository_id == self._repository.id)
        return set(connection.execute(query.where(HISTORY_FILES.c.added_at >= stamp(moment))).scalars())


def _blob_ids(connection: Connection, repository: HubRepository, names: Sequence[str]) -> Mapping[str, int]:
    return _named(connection, repository, names, select(HISTORY_FILES.c.name, HISTORY_FILES.c.blob_id))


def _of_blobs(
    connection: Connection, repository: HubRepository, names: Sequence[str], what: ColumnElement[T]
) -> Mapping[str, T]:
    joined = select(HISTORY_FILES.c.name, what).join(BLOBS, BLOBS.c.id == HISTORY_FILES.c.blob_id)
    return _named(connection, repository, names, joined)


def _named(
    connection: Connection, repository: HubRepository, names: Sequence[str], query: Select[str, T]
) -> Mapping[str, T]:
    """Name -> second column of the query, for those of `names` that are files of this repository's history."""
    mine = query.where(HISTORY_FILES.c.repository_id == repository.id)
    found: dict[str, T] = {}
    for batch in blobs.batches(names):
        found |= dict(connection.execute(mine.where(HISTORY_FILES.c.name.in_(batch))).all())
    return found


@contextmanager
def _reading(database: Engine | Connection, repository: HubRepository) -> Iterator[Connection]:
    if isinstance(database, Connection):
        yield database
        return
    with transaction(database, write=False) as connection:
        found = repositories.get(connection, repository.owner, repository.name)
        if found is None or found.id != repository.id:
            raise repositories.unknown(repository.full_name)
        yield connection


@contextmanager
def _writing(database: Engine | Connection, repository: HubRepository) -> Iterator[Connection]:
    if isinstance(database, Connection):
        repositories.lock(database, repository)
        yield database
        return
    with transaction(database, write=True) as connection:
        repositories.lock(connection, repository)
        yield connection
