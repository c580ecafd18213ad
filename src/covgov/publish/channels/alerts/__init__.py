"""Conditions worth an alert, their changes, and the messages."""
