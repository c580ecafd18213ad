"""GitHub: comments, statuses, check runs, artifacts and its own display of coverage."""
