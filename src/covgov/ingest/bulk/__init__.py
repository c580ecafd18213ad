"""Reports in the canonical spelling of their writers, read by a few calls instead of element by element.

Whatever is not canonical is left to the strict readers in `covgov.ingest.formats`, which define the result.
"""
