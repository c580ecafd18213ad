"""History format 2: what a run is as files, and reading format 1."""
