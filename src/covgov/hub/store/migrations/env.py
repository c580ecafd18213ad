"""Runs the revisions on the connection that `migrate` hands over; its transaction holds all of them."""

from __future__ import annotations

from alembic import context

from covgov.hub.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
