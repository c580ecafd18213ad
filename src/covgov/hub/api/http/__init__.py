"""What every request passes: limits, conditions, problems, paging."""
