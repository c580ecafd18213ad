"""No line of the hub can change or remove an entry of the audit trail: held against every module's syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov.hub.eventlog import audit

HUB = Path(audit.__file__).parents[1]
SOURCES = {path.relative_to(HUB).as_posix(): path.read_text(encoding="utf-8") for path in sorted(HUB.rglob("*.py"))}

TABLES = ("AUDIT", "AUDIT_HEAD")
WRITER, SCHEMA = "eventlog/audit.py", "store/schema.py"
ALL_TABLES = (SCHEMA, "store/migrations/env.py")
"""Who may name the collection of all tables, through which the trail could be reached without its name."""

NAMED = {
    SCHEMA,
    "store/migrations/versions/0001_histories.py",  # going back to no tables at all drops it
    "store/migrations/versions/0002_access.py",  # makes it
    "api/routes/audit.py",  # a tag
}
"""Who may have the tables' names as text."""

CHANGING = ("update", "delete", "drop")
SQL = re.compile(
    r"\b(delete\s+from|update|drop\s+table(\s+if\s+exists)?|alter\s+table|truncate(\s+table)?|(insert\s+or\s+)?replace\s+into)"
    r"\s+\W?audit(_head)?\b",
    re.IGNORECASE,
)


def changes(name: str, source: str) -> Iterator[str]:
    """What in a module changes the trail, or could without being seen here."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(names=names) if any(one.name in TABLES and one.asname for one in names):
                yield "another name for a table"
            case ast.Name(id=used) | ast.Attribute(attr=used) if used in TABLES and name not in (WRITER, SCHEMA):
                yield used
            case ast.Name(id="METADATA") | ast.Attribute(attr="METADATA") if name not in ALL_TABLES:
                yield "METADATA"
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in CHANGING:
                yield from (f"{called} {used}" for used in _tables(node) if used == "AUDIT")
            case ast.Constant(value=str(text)) if SQL.search(text) or (name not in NAMED and text.upper() in TABLES):
                yield repr(text)


def _tables(call: ast.Call) -> Iterator[str]:
    for node in ast.walk(call):
        match node:
            case ast.Name(id=used) | ast.Attribute(attr=used) if used in TABLES:
                yield used


@pytest.mark.architecture
@pytest.mark.parametrize("name", SOURCES)
def test_no_code_changes_or_removes_audit_entries(name: str) -> None:
    assert list(changes(name, SOURCES[name])) == []


@pytest.mark.architecture
@pytest.mark.parametrize(
    "line",
    [
        "connection.execute(update(AUDIT).values(actor='x'))",
        "connection.execute(delete(AUDIT).where(AUDIT.c.sequence == 1))",
        "connection.execute(sqlalchemy.delete(schema.AUDIT))",
        "connection.execute(AUDIT.delete())",
        "connection.execute(schema.AUDIT.update().values(actor='x'))",
        "AUDIT.drop(connection)",
        "from covgov.hub.store.schema import AUDIT as TRAIL",
        "connection.execute(METADATA.tables['audit'].delete())",
        "for table in schema.METADATA.sorted_tables: connection.execute(table.delete())",
        "connection.exec_driver_sql('DELETE FROM audit')",
        "connection.execute(text('update \"audit\" set actor = 1'))",
        "connection.execute(text(f'delete  from audit where sequence > {last}'))",
        "op.drop_table('audit_head')",
        "op.execute('DROP TABLE IF EXISTS audit')",
    ],
)
def test_every_change_of_an_entry_is_found(line: str) -> None:
    assert list(changes(WRITER, line))


@pytest.mark.architecture
def test_only_the_event_log_writes_the_trail() -> None:
    assert list(changes("api/routes/audit.py", "connection.execute(insert(AUDIT).values(row))")) == ["AUDIT"]
    assert list(changes(WRITER, "connection.execute(update(AUDIT_HEAD).values(moved))")) == []
