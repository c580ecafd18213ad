"""docs/errors.md lists every error code that the code can raise, with its exit code, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from covgov_testing.docs_site.error_codes import raised

CHECKOUT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(?P<code>[a-z0-9-]+)` \| (?P<exit>\d+) \| (?P<when>.+) \|$", re.MULTILINE)


def documented() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in ROW.finditer((CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")):
        found.setdefault(row["code"], set()).add(int(row["exit"]))
    return found


def test_every_error_code_is_documented_with_its_exit_code_and_no_other_is() -> None:
    assert documented() == raised()


def test_codes_are_kebab_case_and_stand_in_order() -> None:
    rows = [row["code"] for row in ROW.finditer((CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8"))]
    assert rows == sorted(rows)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in rows)
