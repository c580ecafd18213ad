"""Base and head snapshots -> the twelve categories -> attribution and guard."""
