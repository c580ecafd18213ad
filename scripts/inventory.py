"""The list of test modules stands in tests/inventory.txt, so that a deleted module is a difference, not a silence.

`inventory.py` compares, `inventory.py --write` accepts what is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INVENTORY = ROOT / "tests" / "inventory.txt"
COLLECTED = ("test_*.py", "*_test.py")  # what pytest takes for a module of tests; pytest.ini says nothing else


def present() -> list[str]:
    found = {path for pattern in COLLECTED for path in (ROOT / "tests").rglob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def main(argv: list[str]) -> int:
    found = present()
    if argv == ["--write"]:
        INVENTORY.write_text("".join(f"{name}\n" for name in found), encoding="utf-8")
        return 0
    listed = INVENTORY.read_text(encoding="utf-8").split()
    for name in sorted(set(listed) - set(found)):
        sys.stderr.write(
            f"{name} is listed in tests/inventory.txt and gone: restore it, or `make inventory` and say why\n"
        )
    for name in sorted(set(found) - set(listed)):
        sys.stderr.write(f"{name} is not listed in tests/inventory.txt: `make inventory`\n")
    return 0 if found == listed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
