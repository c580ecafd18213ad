"""Write build/docs, the folder that `make docs` builds the documentation site from."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from covgov_testing.docs_site import sources  # noqa: E402 - after the path to it

if __name__ == "__main__":
    sources.write(ROOT / "build" / "docs")
