"""Write the documents' evidence anew: `evidence.py`; `weekly` for the rehearsed weeks alone; `own` to judge this
repository in a clone, whose figures the memo shows."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from covgov_testing.evidence import renew  # noqa: E402 - after the path to it

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(renew.main(sys.argv[1:], Path(folder)))
