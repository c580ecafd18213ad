"""The exception register: the ledger of what may be below its bar."""
