"""A report held against the sources that it is of."""
