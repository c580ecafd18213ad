"""Repositories, their histories file by file, the projections of runs, policies and registers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """From no tables at all."""
    op.create_table(
        "blobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blobs"),
        sa.UniqueConstraint("owner", "sha256", name="uq_blobs_owner_sha256"),
    )
    op.create_table(
        "repositories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("default_branch", sa.String(length=255), server_default="main", nullable=False),
        sa.Column("private", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_repositories"),
        sa.UniqueConstraint("owner", "name", name="uq_repositories_owner_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "history_files",
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("blob_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name="fk_history_files_blob_id_blobs"),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repositories.id"],
            name="fk_history_files_repository_id_repositories",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_history_files"),
    )
    op.create_index("ix_history_files_blob_id", "history_files", ["blob_id"], unique=False)
    op.create_table(
        "policies",
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_policies_repository_id_repositories", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", name="pk_policies"),
    )
    op.create_table(
        "registers",
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_registers_repository_id_repositories", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", name="pk_registers"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("repository_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.String(length=64), nullable=False),
        sa.Column("tree", sa.String(length=64), nullable=False),
        sa.Column("branch", sa.String(length=255), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_runs_repository_id_repositories", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("repository_id", "run_id", name="uq_runs_repository_id_run_id"),
        sa.UniqueConstraint("repository_id", "sequence", name="uq_runs_repository_id_sequence"),
    )
    op.create_index(
        "ix_runs_repository_id_branch_sequence", "runs", ["repository_id", "branch", "sequence"], unique=False
    )
    op.create_index("ix_runs_repository_id_commit_id", "runs", ["repository_id", "commit_id"], unique=False)
    op.create_table(
        "run_components",
        sa.Column("run_pk", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=100), nullable=False),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("bar", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.id"], name="fk_run_components_run_pk_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "component", name="pk_run_components"),
    )


def downgrade() -> None:
    """To no tables at all: every history is gone, and the audit trail if 0002 was here and left it."""
    for name in ("audit_head", "audit"):
        if sa.inspect(op.get_bind()).has_table(name):
            op.drop_table(name)
    op.drop_table("run_components")
    op.drop_index("ix_runs_repository_id_commit_id", table_name="runs")
    op.drop_index("ix_runs_repository_id_branch_sequence", table_name="runs")
    op.drop_table("runs")
    op.drop_table("registers")
    op.drop_table("policies")
    op.drop_index("ix_history_files_blob_id", table_name="history_files")
    op.drop_table("history_files")
    op.drop_table("repositories")
    op.drop_table("blobs")
