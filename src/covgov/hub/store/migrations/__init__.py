"""How the tables came to be: one file per revision, forwards and back. Run by `covgov.hub.store.engine.migrate`."""
