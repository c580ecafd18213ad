"""Formats in XML, read by `covgov.ingest.strict_xml`."""
