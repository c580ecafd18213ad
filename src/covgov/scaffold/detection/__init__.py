"""What a repository is made of, before anything is written. Pure."""
