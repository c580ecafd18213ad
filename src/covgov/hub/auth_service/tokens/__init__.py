"""API tokens: text, requests, table."""
