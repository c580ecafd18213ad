"""How many bytes a repository keeps, so that its quota is looked up and not counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"

FILES = """
    SELECT COALESCE(SUM(LENGTH(blobs.data)), 0) FROM history_files JOIN blobs ON blobs.id = history_files.blob_id
    WHERE history_files.repository_id = repositories.id
"""
UPLOADS = "SELECT COALESCE(SUM(LENGTH(snapshot)), 0) FROM uploads WHERE uploads.repository_id = repositories.id"


def upgrade() -> None:
    """What is there is counted once."""
    op.add_column("repositories", sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(f"UPDATE repositories SET bytes = ({FILES}) + ({UPLOADS})")  # noqa: S608 - constants of this module


def downgrade() -> None:
    """Nothing counts any more."""
    op.drop_column("repositories", "bytes")
