"""What covgov.toml says, as one set of types, and what follows from it: bars, scopes, globs."""
