"""How many examples Hypothesis tries of a law.

coverage.py makes every example cost twice as much, and a quarter of them reach the same lines. So a measured run
tries fewer, and `make laws` (part of `make test`) tries all, without the measurement. In CI, where nothing else tries
them and nobody waits, a measured run tries all.
"""

from __future__ import annotations

import os

from covgov.pytest_plugin import active

USUAL = 100
MEASURED = active() is not None and not os.environ.get("CI")


def examples(usual: int = USUAL, *, measured: bool = MEASURED) -> int:
    return max(min(usual, 10), usual // 4) if measured else usual
