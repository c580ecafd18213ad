"""How covgov talks to servers."""
