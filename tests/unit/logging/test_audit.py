"""The trail is written or the change is not; and every tampering with it is found."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, select, text, update

from covgov.errors import DeliveryFailed
from covgov.hub.eventlog import audit
from covgov.hub.eventlog.chain import EMPTY, GENESIS, AuditHead, digest
from covgov.hub.eventlog.vocabulary import AuditEvent
from covgov.hub.store.schema import AUDIT, AUDIT_HEAD
from covgov.hub.store.work import UnitOfWork
from covgov_testing.fakes.eventlog import ACTOR, NOON, fields_for, trail, write
from covgov_testing.laws import examples

SAID = st.text(st.characters(codec="utf-8"), max_size=30)
HUB = Path(audit.__file__).parents[1]


def stored(connection: Connection, count: int) -> None:
    for n in range(1, count + 1):
        write(connection, n)


def whats(connection: Connection, witness: AuditHead | None = None) -> list[tuple[int, str]]:
    return [(fault.sequence, fault.what) for fault in audit.verify(connection, witness)]


def test_an_empty_trail_is_whole() -> None:
    with trail() as connection:
        assert audit.verify(connection) == []
        assert audit.entries(connection) == []
        assert audit.head(connection) == EMPTY


def test_an_entry_has_time_actor_event_and_request() -> None:
    with trail() as connection:
        write(connection, 7)
        [entry] = audit.entries(connection)
        assert (entry.sequence, entry.at, entry.event, entry.actor, entry.request_id) == (
            1,
            "2026-11-22T12:00:00Z",
            "run-appended",
            ACTOR,
            "request-7",
        )
        assert entry.values() == {"repository": "value 7", "run": "value 7", "sequence": 7}
        assert entry.fields == '{"repository":"value 7","run":"value 7","sequence":7}'
        assert entry.previous == GENESIS
        assert entry.hash == digest(entry)


def test_audit_entries_carry_the_request_id() -> None:
    with trail() as connection:
        work = UnitOfWork(connection, NOON, "token:ada", "request-9")
        audit.account(work, AuditEvent.REPOSITORY_CHANGED, {"repository": "acme/shop", "private": False})
        [entry] = audit.entries(connection)
        assert (entry.at, entry.actor, entry.request_id) == ("2026-11-22T12:00:00Z", "token:ada", "request-9")
        assert (entry.event, entry.fields) == ("repository-changed", '{"private":false,"repository":"acme/shop"}')


def test_every_event_can_be_written_with_all_its_fields() -> None:
    with trail() as connection:
        for n, event in enumerate(AuditEvent):
            fields = fields_for(event, n, optional=True)
            audit.write(connection, event, at=NOON, actor=ACTOR, request_id="r", fields=fields)
        assert [entry.event for entry in audit.entries(connection)] == [event.value for event in AuditEvent]
        assert audit.verify(connection) == []


def test_each_entry_names_the_hash_of_the_one_before_it() -> None:
    with trail() as connection:
        stored(connection, 5)
        found = audit.entries(connection)
        assert [entry.previous for entry in found] == [GENESIS, *(entry.hash for entry in found[:-1])]
        assert audit.head(connection) == AuditHead(5, found[-1].hash)


@pytest.mark.reliability
def test_a_clock_that_goes_back_is_harmless() -> None:
    with trail() as connection:
        for year in (2026, 2019, 2031):
            at = NOON.replace(year=year)
            audit.write(
                connection, AuditEvent.REPOSITORY_CREATED, at=at, actor="a", request_id="", fields={"repository": "a/b"}
            )
        assert audit.verify(connection) == []


def test_entries_are_read_page_by_page() -> None:
    with trail() as connection:
        stored(connection, 7)
        assert [entry.sequence for entry in audit.entries(connection, 2, 3)] == [3, 4, 5]
        assert [entry.sequence for entry in audit.entries(connection, after=5)] == [6, 7]
        assert [entry.sequence for entry in audit.stream(connection)] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.security
def test_secrets_are_not_written_to_the_trail() -> None:
    with trail() as connection:
        fields = {"target": "postgresql://u:hunter22@db/hub"}
        context = {"actor": "Bearer hunter22A", "request_id": "cvg_hunter22"}
        audit.write(connection, AuditEvent.DATABASE_BACKED_UP, at=NOON, fields=fields, **context)
        [entry] = audit.entries(connection)
        assert "hunter22" not in str(entry)
        assert audit.verify(connection) == []


def entry_of(
    fields: dict[str, str], actor: str = ACTOR, event: AuditEvent = AuditEvent.UPLOAD_ACCEPTED
) -> tuple[str, str]:
    """Actor and fields as the trail keeps them."""
    with trail() as connection:
        said = {**fields_for(event), **fields}
        audit.write(connection, event, at=NOON, actor=actor, request_id="r", fields=said)
        [entry] = audit.entries(connection)
        assert audit.verify(connection) == []
    return entry.actor, entry.fields


@pytest.mark.security
@pytest.mark.parametrize("name", ["branch", "commit", "name", "repository", "suite", "tree"])
def test_a_name_like_a_secret_is_blanked_but_distinguishable(name: str) -> None:
    """An uploader chooses the branch: two that are blanked must not look like one."""
    one, other = ("sk-aaaaaaaaaaaa", "sk-bbbbbbbbbbbb")
    told = [json.loads(entry_of({name: text})[1])[name] for text in (one, other)]
    hashes = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in (one, other)]
    assert told == [f"[redacted] sha256:{shown}" for shown in hashes]
    assert entry_of({name: "main"})[1].count("sha256:") == 0


@pytest.mark.security
def test_an_actor_like_a_secret_is_blanked_but_distinguishable() -> None:
    actor = "oidc:acme/shop@refs/heads/sk-aaaaaaaaaaaa"
    shown = hashlib.sha256(actor.encode()).hexdigest()[:16]
    assert entry_of({}, actor)[0] == f"oidc:acme/shop@refs/heads/[redacted] sha256:{shown}"
    long = "x" * 170 + " sk-aaaaaaaaaaaa" + " " + "y" * 13
    shown = hashlib.sha256(long.encode()).hexdigest()[:16]
    assert len(long) == 200
    assert entry_of({}, long)[0] == f"{'x' * 170} [reda sha256:{shown}"


@pytest.mark.security
def test_blanked_secrets_in_other_fields_leave_no_hash() -> None:
    fields = {"target": "postgresql://u:hunter22@db/hub"}
    assert (
        json.loads(entry_of(fields, event=AuditEvent.DATABASE_BACKED_UP)[1])["target"]
        == "postgresql://[redacted]@db/hub"
    )


@pytest.mark.reliability
def test_an_undecodable_name_like_a_secret_is_refused() -> None:
    with pytest.raises(DeliveryFailed, match="surrogates not allowed"):
        entry_of({"branch": "\ud800 sk-aaaaaaaaaaaa \ud800"})


# what cannot be written raises


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fields": {"repository": "a/b"}}, "lacks run"),
        ({"fields": {**fields_for(AuditEvent.RUN_APPENDED), "colour": "red"}}, "does not know colour"),
        ({"fields": {**fields_for(AuditEvent.RUN_APPENDED), "sequence": "1"}}, "needs int for sequence"),
        ({"fields": {**fields_for(AuditEvent.RUN_APPENDED), "run": "\ud800"}}, "surrogates not allowed"),
        ({"at": datetime(2026, 11, 22)}, "needs a time with a zone"),
        ({"actor": ""}, "needs an actor"),
        ({"actor": "x" * 201}, "needs an actor"),
        ({"request_id": "x" * 65}, "needs a request id"),
    ],
)
def test_a_malformed_entry_raises_and_writes_nothing(change: dict[str, object], why: str) -> None:
    usual: dict[str, object] = {
        "at": NOON,
        "actor": ACTOR,
        "request_id": "r",
        "fields": fields_for(AuditEvent.RUN_APPENDED),
    }
    with trail() as connection:
        with pytest.raises(DeliveryFailed, match=why) as caught:
            audit.write(connection, AuditEvent.RUN_APPENDED, **{**usual, **change})  # type: ignore[arg-type]  # wrong on purpose
        assert caught.value.code == "audit-unwritable"
        assert caught.value.hint
        assert audit.entries(connection) == []
        assert audit.head(connection) == EMPTY


REFUSALS: dict[str, Callable[[Connection], object]] = {
    "no table": lambda connection: AUDIT.drop(connection),
    "no table for the newest entry": lambda connection: AUDIT_HEAD.drop(connection),
    "table refuses": lambda connection: connection.execute(
        text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    ),
    "number is taken": lambda connection: connection.execute(update(AUDIT_HEAD).values(sequence=0)),
    "database is read-only": lambda connection: connection.execute(text("PRAGMA query_only=ON")),
}


@pytest.mark.reliability
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_database_error_is_raised(refusal: str) -> None:
    with trail() as connection:
        write(connection)
        REFUSALS[refusal](connection)
        with pytest.raises(DeliveryFailed) as caught:
            write(connection, 2)
        assert caught.value.code == "audit-unwritable"
        connection.execute(text("PRAGMA query_only=OFF"))


@pytest.mark.reliability
def test_a_change_whose_entry_cannot_be_written_is_undone_with_it(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    AUDIT.create(engine)
    AUDIT_HEAD.create(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE change (what TEXT)"))
        write(connection)

    def change(run: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO change VALUES ('half')"))
            fields = {**fields_for(AuditEvent.RUN_APPENDED), "run": run}
            audit.write(connection, AuditEvent.RUN_APPENDED, at=NOON, actor=ACTOR, request_id="r", fields=fields)

    with pytest.raises(DeliveryFailed):
        change("x" * 5000)
    change("y")
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM change")).scalar_one() == 1
        assert [entry.sequence for entry in audit.entries(connection)] == [1, 2]
        assert audit.verify(connection) == []
    engine.dispose()


def test_an_undone_transaction_leaves_no_entry_and_no_gap(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    AUDIT.create(engine)
    AUDIT_HEAD.create(engine)
    with engine.connect() as connection:
        for n, kept in enumerate([True, False, True]):
            write(connection, n)
            (connection.commit if kept else connection.rollback)()
        assert [entry.sequence for entry in audit.entries(connection)] == [1, 2]
        assert audit.verify(connection) == []
    engine.dispose()


# tampering


COLUMNS = ["at", "event", "actor", "request_id", "fields", "previous", "hash"]


@pytest.mark.security
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_one_altered_value_is_located(sequence: int, column: str) -> None:
    with trail() as connection:
        stored(connection, 5)
        connection.execute(update(AUDIT).where(AUDIT.c.sequence == sequence).values({column: "f" * 64}))
        faults = audit.verify(connection)
        assert sequence in [fault.sequence for fault in faults]
        assert any("altered" in fault.what for fault in faults)


@pytest.mark.security
@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_an_entry_altered_together_with_its_hash_is_found(sequence: int) -> None:
    with trail() as connection:
        stored(connection, 5)
        connection.execute(update(AUDIT).where(AUDIT.c.sequence == sequence).values(actor="somebody else"))
        forged = audit.entries(connection)[sequence - 1]
        connection.execute(update(AUDIT).where(AUDIT.c.sequence == sequence).values(hash=digest(forged)))
        [(where, what)] = whats(connection)
        assert where == min(sequence + 1, 5)
        assert ("replaced" in what) if sequence < 5 else ("differs from the recorded head" in what)


@pytest.mark.security
@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ([1], [(2, "1 missing before it: 1")]),
        ([3], [(4, "1 missing before it: 3")]),
        ([2, 3, 4], [(5, "3 missing before it: 2 to 4")]),
        ([5], [(5, "the newest entries are missing: 5 to 5")]),
        ([4, 5], [(5, "the newest entries are missing: 4 to 5")]),
        ([1, 2, 3, 4, 5], [(5, "the newest entries are missing: 1 to 5")]),
    ],
)
def test_a_missing_entry_is_found(gone: list[int], expected: list[tuple[int, str]]) -> None:
    with trail() as connection:
        stored(connection, 5)
        connection.execute(delete(AUDIT).where(AUDIT.c.sequence.in_(gone)))
        assert whats(connection) == expected


@pytest.mark.security
def test_two_entries_in_each_other_s_place_are_found() -> None:
    with trail() as connection:
        stored(connection, 5)
        for old, new in [(2, 99), (3, 2), (99, 3)]:
            connection.execute(update(AUDIT).where(AUDIT.c.sequence == old).values(sequence=new))
        assert {where for where, _ in whats(connection)} >= {2, 3}


@pytest.mark.security
def test_a_gap_closed_by_renumbering_is_found() -> None:
    with trail() as connection:
        stored(connection, 5)
        connection.execute(delete(AUDIT).where(AUDIT.c.sequence == 2))
        for old in (3, 4, 5):
            connection.execute(update(AUDIT).where(AUDIT.c.sequence == old).values(sequence=old - 1))
        assert len(whats(connection)) >= 4


@pytest.mark.security
def test_a_forged_entry_at_the_end_is_found() -> None:
    with trail() as connection:
        stored(connection, 2)
        kept = audit.head(connection)
        write(connection, 3)
        connection.execute(update(AUDIT_HEAD).values(sequence=kept.sequence, hash=kept.hash))
        assert whats(connection) == [(3, "entries were added past the recorded newest one, 2")]


@pytest.mark.security
@pytest.mark.parametrize("sequence", [0, -4])
def test_an_entry_before_the_first_is_found(sequence: int) -> None:
    with trail() as connection:
        stored(connection, 2)
        connection.execute(text("PRAGMA ignore_check_constraints=ON"))
        values = dict(connection.execute(select(AUDIT)).mappings().first() or {})
        connection.execute(insert(AUDIT).values({**values, "sequence": sequence, "hash": "e" * 64}))
        assert (sequence, "was added before the first entry") in whats(connection)


@pytest.mark.security
def test_a_removed_record_of_the_newest_entry_is_found() -> None:
    with trail() as connection:
        stored(connection, 2)
        connection.execute(delete(AUDIT_HEAD))
        assert whats(connection) == [(2, "the record of the newest entry was removed")]


@pytest.mark.security
def test_a_noted_head_reveals_a_forged_trail() -> None:
    with trail() as connection:
        stored(connection, 4)
        noted = audit.head(connection)
        stored(connection, 2)
        assert whats(connection, noted) == []
        connection.execute(delete(AUDIT))
        connection.execute(delete(AUDIT_HEAD))
        assert whats(connection) == []
        for n in range(1, 7):
            write(connection, n, actor="somebody else")
        assert whats(connection) == []
        assert whats(connection, noted) == [(4, "the witness entry is not in this trail")]


def test_a_head_noted_before_the_first_entry_is_accepted() -> None:
    with trail() as connection:
        noted = audit.head(connection)
        stored(connection, 2)
        assert whats(connection, noted) == []


@pytest.mark.security
@settings(max_examples=examples(40), deadline=None)
@given(st.integers(1, 8), st.data())
def test_any_single_alteration_is_found(count: int, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from([*COLUMNS, "sequence"]))
    sequence = data.draw(st.integers(1, count))
    with trail() as connection:
        stored(connection, count)
        before = connection.execute(select(AUDIT.c[column]).where(AUDIT.c.sequence == sequence)).scalar_one()
        fresh = st.integers(count + 1, count + 50) if column == "sequence" else st.text(st.characters(codec="ascii"))
        value = data.draw(fresh.filter(lambda drawn: drawn != before))
        connection.execute(update(AUDIT).where(AUDIT.c.sequence == sequence).values({column: value}))
        assert audit.verify(connection)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(AuditEvent)), st.text(st.characters(codec="utf-8"), max_size=30)), max_size=12
    )
)
def test_every_written_trail_verifies(written: list[tuple[AuditEvent, str]]) -> None:
    with trail() as connection:
        for event, said in written:
            fields = {
                name: said if isinstance(value, str) else value
                for name, value in fields_for(event, optional=True).items()
            }
            audit.write(connection, event, at=NOON, actor=f"x{said}", request_id=said, fields=fields)
        assert audit.verify(connection) == []
        assert len(audit.entries(connection)) == len(written)


# structure


def sources() -> list[tuple[str, ast.Module]]:
    paths = sorted(HUB.rglob("*.py"))
    return [(path.relative_to(HUB).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


@pytest.mark.architecture
def test_diagnostic_events_are_literal_static_names() -> None:
    levels = ("debug", "info", "warning", "error", "critical", "exception")
    calls = [
        (f"{name}:{node.lineno}", node.args[0])
        for name, module in sources()
        if name != "eventlog/diagnostics.py"
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logger"
        and node.func.attr in levels
    ]
    assert len(calls) > 3
    assert [where for where, name in calls if not (isinstance(name, ast.Constant) and _kebab(name.value))] == []


def _kebab(name: object) -> bool:
    return isinstance(name, str) and all(part.isalnum() and part.islower() for part in name.split("-"))
