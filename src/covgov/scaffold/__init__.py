"""`covgov init`: what a repository is made of, and the files that make covgov run there."""
