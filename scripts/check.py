"""Every static check of the repository; all of them run, the first failing exit code is returned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    (str(BIN / "ruff"), "format", "--check", "--quiet", "."),
    (str(BIN / "ruff"), "check", "--quiet", "."),
    (str(BIN / "mypy"),),
    (str(BIN / "lint-imports"), "--no-timing"),
    (str(BIN / "deptry"), "src"),
    (sys.executable, "scripts/inventory.py"),
)


def main() -> int:
    codes = []
    for command in CHECKS:
        name = Path(command[0]).name if command[0] != sys.executable else Path(command[1]).name
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        sys.stdout.write(f"check {name}: {'ok' if code == 0 else f'exit code {code}'}\n")
        sys.stdout.flush()
        codes.append(code)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
