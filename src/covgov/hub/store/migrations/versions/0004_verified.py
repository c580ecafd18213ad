"""Whether the hub computed a run's figures again when it came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Runs that are there already were taken at their word."""
    op.add_column("runs", sa.Column("verified", sa.Boolean(), server_default="0", nullable=False))


def downgrade() -> None:
    """What was verified is no longer known."""
    op.drop_column("runs", "verified")
