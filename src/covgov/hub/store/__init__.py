"""The hub's SQL store: one schema for SQLite and PostgreSQL."""
