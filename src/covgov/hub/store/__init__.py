"""What the hub keeps, in SQL: one schema for SQLite and PostgreSQL."""
