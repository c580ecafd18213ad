"""The documentation site: which files it is built from, and the reference pages that are generated from the code."""
