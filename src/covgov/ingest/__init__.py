"""Bytes of a coverage report -> Snapshot."""
