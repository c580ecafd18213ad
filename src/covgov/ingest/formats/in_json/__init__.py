"""Formats in JSON, read by `covgov.ingest.strict_json`."""
