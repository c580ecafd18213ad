"""Where a verdict goes after it was reached: forges, chat, mail, dashboards."""
