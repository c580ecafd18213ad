"""Detects the CI system, and what it builds against which base."""
