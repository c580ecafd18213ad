#!/usr/bin/env python3
"""Write the coverage digest; the arguments are those of `covgov digest`."""

import sys

from covgov.cli.main import main
from covgov.cli.world import real_world

if __name__ == "__main__":
    sys.exit(main(["digest", *sys.argv[1:]], real_world()))
