"""Values only: frozen, exact, no input or output."""
