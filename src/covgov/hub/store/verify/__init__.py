"""What the hub proves of a run before it keeps it."""
