"""`covgov hub`: start and administer the server."""
