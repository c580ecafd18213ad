"""What a CI job was started for stays with its token, and uploads of different branches never mix."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

OLD = "uq_uploads_repository_id_tree_suite_name_attempt"
NEW = "uq_uploads_repository_id_branch_tree_suite_name_attempt"


def upgrade() -> None:
    """Tokens that CI jobs hold at this moment know no ref; they end within minutes."""
    op.add_column("tokens", sa.Column("ref", sa.String(length=300), nullable=True))
    op.add_column("tokens", sa.Column("sha", sa.String(length=64), nullable=True))
    with op.batch_alter_table("uploads") as uploads:
        uploads.drop_constraint(OLD, type_="unique")
        uploads.create_unique_constraint(NEW, ["repository_id", "branch", "tree", "suite", "name", "attempt"])


def downgrade() -> None:
    """Uploads that only their branch told apart cannot be kept: those that came later go. Their runs stay.

    So do tokens from CI jobs: without their ref they could write everywhere.
    """
    op.execute("DELETE FROM tokens WHERE ref IS NOT NULL")
    same = "repository_id, tree, suite, name, attempt"
    op.execute(f"DELETE FROM uploads WHERE id NOT IN (SELECT MIN(id) FROM uploads GROUP BY {same})")  # noqa: S608 - ours
    with op.batch_alter_table("uploads") as uploads:
        uploads.drop_constraint(NEW, type_="unique")
        uploads.create_unique_constraint(OLD, ["repository_id", "tree", "suite", "name", "attempt"])
    with op.batch_alter_table("tokens") as tokens:
        tokens.drop_column("sha")
        tokens.drop_column("ref")
