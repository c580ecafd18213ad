"""Which CI is this, what does it build, and against what."""
