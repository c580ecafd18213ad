#!/usr/bin/env python3
"""Print the coverage summary as Markdown, and append it to $GITHUB_STEP_SUMMARY when that is set.

The arguments and the exit code are those of `covgov check`, which reads the snapshots in coverage/.
"""

import sys

from covgov.cli.main import main
from covgov.cli.world import real_world

if __name__ == "__main__":
    sys.exit(main(["check", "--format", "markdown", *sys.argv[1:]], real_world()))
