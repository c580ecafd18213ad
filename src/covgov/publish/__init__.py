"""Verdict and digest -> text, files and channels."""
