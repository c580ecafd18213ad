"""Where the files of a report are in the repository."""
