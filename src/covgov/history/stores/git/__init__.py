"""Runs in a branch of the repository, written with plumbing commands only."""
