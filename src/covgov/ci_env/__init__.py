"""Which CI is this, and what does it ask."""
