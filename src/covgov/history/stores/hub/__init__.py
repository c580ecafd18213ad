"""Runs in a hub, over HTTP."""
