"""The digest as Markdown and JSON."""
