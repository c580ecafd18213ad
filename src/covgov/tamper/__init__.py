"""What a change does to its own gate: loosenings, exclusions, coverage settings."""
