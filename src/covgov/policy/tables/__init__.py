"""The policy file as text: its tables, keys and faults."""
