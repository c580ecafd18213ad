"""What other tools' settings say of bars: one file per tool, and `readers` that lists them."""
