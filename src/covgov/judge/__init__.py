"""Facts in, one verdict out."""
