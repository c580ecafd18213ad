"""API tokens: their text, their requests, their table."""
