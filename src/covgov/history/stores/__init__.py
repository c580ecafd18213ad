"""Where runs are kept: one module or folder per kind of store."""
