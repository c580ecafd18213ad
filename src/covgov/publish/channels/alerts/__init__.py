"""What is worth an alert, whether it is news, and how it is told."""
