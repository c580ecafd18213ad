"""What keeps another database possible: only one module knows which one it is, and no SQL is written by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov import hub

HUB = Path(hub.__file__).parent
ENGINE = "store/engine.py"
SOURCES = {
    path.relative_to(HUB).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(HUB.rglob("*.py"))
    if path != HUB / ENGINE
}

ALLOWED = {
    ("store/faults.py", "sqlite3"),  # says which of the driver's errors means what
    ("store/backup.py", "'sqlite:///'"),  # a backup is one file, whatever the hub keeps its tables in
    ("store/schema.py", "sqlite_autoincrement"),  # read by SQLite only: the others do so anyway
    ("store/migrations/versions/0001_histories.py", "sqlite_autoincrement"),
    ("store/migrations/versions/0003_ci_refs.py", "op.execute"),  # what the tables were then is not in the schema
    ("store/migrations/versions/0006_bytes.py", "op.execute"),
}
BY_HAND = ("text", "literal_column", "TextClause", "DDL")
PAST_SQLALCHEMY = ("exec_driver_sql", "raw_connection", "driver_connection", "prefix_with", "suffix_with")
ITS_OWN = (
    "on_conflict_do_nothing",
    "on_conflict_do_update",
    "ifnull",
    "group_concat",
    "strftime",
    "julianday",
    "rowid",
)
"""Names under which SQLAlchemy offers what SQLite has, and some others have not or otherwise."""


def _found(name: str) -> set[tuple[str, str]]:
    errors = "'sqlite" if name == "store/faults.py" else "no such name"
    return {(name, fault) for fault in faults(SOURCES[name]) if not fault.lower().startswith(errors)}


def faults(source: str) -> Iterator[str]:
    """What in a module is SQL by hand, or SQLite's."""
    module = ast.parse(source)
    told = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if "sqlite" in one.name)
            case ast.ImportFrom(module=str(origin), names=names) if origin.startswith(("sqlalchemy", "sqlite")):
                yield from (origin for _ in names if "sqlite" in origin)
                yield from (one.name for one in names if one.name in (*BY_HAND, "sqlite"))
            case ast.Attribute(value=ast.Name(id="sa" | "sqlalchemy"), attr=used) if used in BY_HAND:
                yield used
            case ast.Attribute(value=ast.Name(id="op"), attr="execute"):
                yield "op.execute"
            case ast.Attribute(attr=used) if used in (*PAST_SQLALCHEMY, *ITS_OWN):
                yield used
            case ast.keyword(arg=str(used)) if used.startswith("sqlite"):
                yield used
            case ast.Constant(value=str(words)) if "sqlite" in words.lower() and id(node) not in told:
                yield repr(words)


@pytest.mark.architecture
@pytest.mark.parametrize("name", SOURCES)
def test_no_module_but_one_knows_which_database_it_is(name: str) -> None:
    assert _found(name) <= ALLOWED


@pytest.mark.architecture
def test_every_exception_is_needed() -> None:
    assert {fault for name in SOURCES for fault in _found(name)} == ALLOWED


@pytest.mark.architecture
@pytest.mark.parametrize(
    "line",
    [
        "import sqlite3",
        "from sqlite3 import OperationalError",
        "from sqlalchemy import select, text",
        "from sqlalchemy.dialects import sqlite",
        "from sqlalchemy.dialects.sqlite import insert",
        "connection.execute(sqlalchemy.text('PRAGMA optimize'))",
        "connection.exec_driver_sql('VACUUM')",
        "insert(RUNS).prefix_with('OR IGNORE')",
        "insert(RUNS).on_conflict_do_nothing()",
        "select(func.strftime('%Y', RUNS.c.recorded_at))",
        "Table('x', METADATA, sqlite_strict=True)",
        "op.execute('UPDATE runs SET branch = 1')",
        "if connection.dialect.name == 'sqlite': pass",
    ],
)
def test_database_specific_imports_are_found(line: str) -> None:
    assert list(faults(line))
