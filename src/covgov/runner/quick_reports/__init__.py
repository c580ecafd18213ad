"""What makes `reporter.py` quick. Standalone as it is, and imported from beside it."""
