"""The exception register: a Markdown table that people and covgov edit, each their own columns."""
