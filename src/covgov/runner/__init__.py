"""Runs a suite under coverage in the suite's own interpreter."""
