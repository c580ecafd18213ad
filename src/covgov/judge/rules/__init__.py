"""The rules: one file each, facts in, findings out."""
