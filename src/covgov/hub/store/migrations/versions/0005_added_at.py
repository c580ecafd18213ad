"""When a file of a history came, so that a sweep leaves a push alone that is still under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Files that are there already count as old."""
    op.add_column("history_files", sa.Column("added_at", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """When files came is no longer known."""
    op.drop_column("history_files", "added_at")
