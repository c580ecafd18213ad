"""The optional server: many repositories, one history. Needs the extra `covgov[hub]`."""
