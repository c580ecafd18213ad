"""Channels that publish a verdict: forges, chat, mail, dashboards."""
