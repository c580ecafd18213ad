#!/usr/bin/env python3
"""Fail when coverage drops by more than `max_drop` points or a component is under its bar: `covgov check`."""

import sys

from covgov.cli.main import main
from covgov.cli.world import real_world

if __name__ == "__main__":
    sys.exit(main(["check", *sys.argv[1:]], real_world()))
