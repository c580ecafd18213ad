"""Two logs: diagnostics (may be lost) and the audit trail (may not)."""
