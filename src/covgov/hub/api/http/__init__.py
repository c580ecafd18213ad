"""Shared parts of all routes: limits, conditional requests, problem documents, paging."""
