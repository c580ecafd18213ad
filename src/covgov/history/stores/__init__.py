"""Stores of runs: one module or folder per kind."""
