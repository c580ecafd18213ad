"""What happened before: stores, baseline choice, digest."""
