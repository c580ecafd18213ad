from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from covgov.hub.store import documents
from covgov.hub.store.documents import DocumentKind, StoredDocument
from covgov.hub.store.work import transaction
from covgov_testing.builders.run import NOON
from covgov_testing.hub.database import database, make


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_new_document_replaces_the_old_one(tmp_path: Path, kind: DocumentKind) -> None:
    later = NOON + timedelta(days=1)
    with database(tmp_path / "hub.db") as engine:
        mine, other = make(engine), make(engine, "acme/other")
        with transaction(engine, write=True) as connection:
            assert documents.get(connection, kind, mine.id) is None
            documents.put(connection, kind, mine.id, path="a", text="one", at=NOON)
            documents.put(connection, kind, other.id, path="o", text="other's", at=NOON)
            put = documents.put(connection, kind, mine.id, path="b", text="two\nlines ✓\n", at=later)
            assert put == documents.get(connection, kind, mine.id) == StoredDocument("b", "two\nlines ✓\n", later)
            assert documents.get(connection, kind, other.id) == StoredDocument("o", "other's", NOON)


def test_policy_and_register_are_kept_apart(tmp_path: Path) -> None:
    with database(tmp_path / "hub.db") as engine:
        mine = make(engine)
        with transaction(engine, write=True) as connection:
            documents.put(connection, DocumentKind.POLICY, mine.id, path="covgov.toml", text="", at=NOON)
            assert documents.get(connection, DocumentKind.REGISTER, mine.id) is None
            assert not documents.drop(connection, DocumentKind.REGISTER, mine.id)
            assert documents.drop(connection, DocumentKind.POLICY, mine.id)
            assert documents.get(connection, DocumentKind.POLICY, mine.id) is None
