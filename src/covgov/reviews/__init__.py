"""Reads approvals of a change from the API of the code host that the CI belongs to."""
