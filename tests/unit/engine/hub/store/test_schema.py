from __future__ import annotations

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from covgov.hub.store.schema import METADATA

LONGEST = postgresql.dialect().max_identifier_length  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@pytest.mark.architecture
@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=str)
def test_postgresql_takes_every_table_under_its_own_names(table: Table) -> None:
    """A longer name would be cut there, and then a migration would not find it."""
    names = [str(one.name) for one in [*table.constraints, *table.indexes, *table.columns]]
    assert [name for name in names if len(name) > LONGEST] == []
    assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # as above
