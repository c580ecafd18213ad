"""One module per revision; the number says the order."""
