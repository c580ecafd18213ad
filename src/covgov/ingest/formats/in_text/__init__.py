"""Formats in lines of text."""
