"""Bring the exception register in step with the coverage that is measured now: update_exceptions.py [--dry-run]."""

import sys

from covgov.cli.main import main
from covgov.cli.world import real_world

if __name__ == "__main__":
    sys.exit(main(["exceptions", "sync", *sys.argv[1:]], real_world()))
