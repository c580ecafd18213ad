"""Whether what keeps a run or a component from passing is enforced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Everything that is there already was enforced."""
    for table in ("runs", "run_components"):
        op.add_column(table, sa.Column("enforced", sa.Boolean, nullable=False, server_default="1"))


def downgrade() -> None:
    """What was only evaluated is no longer known."""
    for table in ("run_components", "runs"):
        op.drop_column(table, "enforced")
