"""The rules: one file each, a policy's view of the facts in, findings out."""
