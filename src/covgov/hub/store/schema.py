"""The tables. SQLAlchemy Core, no SQLite-only SQL; times are UTC ISO 8601 text with seconds, ids are text.

The history of a repository is the layout of docs/history-format.md, file by file: `history_files` maps a name to a
blob, `blobs` are content-addressed within one owner (never across owners). `runs` and `run_components` are projections
of the manifests, written in the same transaction, for listing and querying; `verify` never trusts them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

REPOSITORIES = Table(
    "repositories",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("default_branch", String(255), nullable=False, server_default="main"),
    Column("private", Boolean, nullable=False, server_default="1"),
    Column("created_at", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False, server_default="0"),  # of its history's files and its uploads
    UniqueConstraint("owner", "name"),
    sqlite_autoincrement=True,  # as PostgreSQL does: the id of a deleted repository is never given to another
)

BLOBS = Table(
    "blobs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("owner", "sha256"),
)

HISTORY_FILES = Table(
    "history_files",
    METADATA,
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("blob_id", ForeignKey("blobs.id"), nullable=False, index=True),
    Column("added_at", String(32)),  # NULL: before this was noted, or without a clock
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("commit_id", String(64), nullable=False),
    Column("tree", String(64), nullable=False),
    Column("branch", String(255), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("recorded_at", String(32), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("dirty", Boolean, nullable=False),
    Column("policy_hash", String(64), nullable=False),
    Column("verified", Boolean, nullable=False, server_default="0"),  # its figures were computed again when it came
    Column("enforced", Boolean, nullable=False, server_default="1"),
    UniqueConstraint("repository_id", "sequence"),
    UniqueConstraint("repository_id", "run_id"),
    Index(None, "repository_id", "branch", "sequence"),
    Index(None, "repository_id", "commit_id"),
)

RUN_COMPONENTS = Table(
    "run_components",
    METADATA,
    Column("run_pk", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("component", String(100), primary_key=True),
    Column("metric", String(16), nullable=False),
    Column("covered", Integer),
    Column("total", Integer),
    Column("bar", String(32)),
    Column("outcome", String(16), nullable=False),
    Column("enforced", Boolean, nullable=False, server_default="1"),
)

REGISTERS = Table(
    "registers",
    METADATA,
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String(500), nullable=False),
    Column("text", Text, nullable=False),
    Column("updated_at", String(32), nullable=False),
)

POLICIES = Table(
    "policies",
    METADATA,
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String(500), nullable=False),
    Column("text", Text, nullable=False),
    Column("updated_at", String(32), nullable=False),
)

TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(26), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("scope", Text, nullable=False),  # JSON list of "owner/name"; "[]" with role admin = everything
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
    Column("last_used_at", String(32)),
    Column("replaced_by", String(26)),
    Column("ref", String(300)),  # of the CI job that it was given to; it writes the runs of this ref only
    Column("sha", String(64)),  # the commit of that job, if its token has it
)

OIDC_BINDINGS = Table(
    "oidc_bindings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("issuer", String(300), nullable=False),
    Column("subject_repository", String(300), nullable=False),  # the repository claim, e.g. "acme/shop"
    Column("ref_pattern", String(300), nullable=False),  # glob over the ref claim, e.g. "refs/heads/*"
    UniqueConstraint("repository_id", "issuer", "subject_repository", "ref_pattern", name="uq_oidc_bindings_all"),
)

OIDC_SEEN = Table(
    "oidc_seen",
    METADATA,
    Column("issuer", String(300), primary_key=True),
    Column("token_id", String(300), primary_key=True),  # the jti claim: a token is good once
    Column("expires_at", String(32), nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("event", String(64), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("fields", Text, nullable=False),  # canonical JSON
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    CheckConstraint("sequence > 0", name="positive"),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),  # of the newest entry: how a removed newest entry is found
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="single"),
)

UPLOADS = Table(
    "uploads",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repositories.id", ondelete="CASCADE"), nullable=False),
    Column("commit_id", String(64), nullable=False),
    Column("tree", String(64), nullable=False),
    Column("branch", String(255), nullable=False),
    Column("suite", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("expected", Text, nullable=False),  # JSON list of suite names
    Column("sha256", String(64), nullable=False),  # of what was uploaded: the same again is the same upload
    Column("snapshot", LargeBinary, nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("run_id", String(64)),  # the run it became part of
    UniqueConstraint("repository_id", "branch", "tree", "suite", "name", "attempt"),
)
