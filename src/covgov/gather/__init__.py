"""Gathers the facts that the rules judge: from the work tree, git, history and the register."""
