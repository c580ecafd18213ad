"""Adopt released projects of different shapes as a newcomer would: `strangers.py [NAME...]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from covgov_testing.strangers.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
