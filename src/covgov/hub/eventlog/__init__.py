"""Two logs: diagnostics, which can lose lines, and the audit trail, which cannot."""
