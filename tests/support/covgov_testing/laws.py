"""How many examples Hypothesis tries of a law.

coverage.py makes every example cost twice as much, and a quarter of them reach the same lines. So a measured run
tries fewer, and `make laws` (part of `make test`) tries all, without the measurement.
"""

from __future__ import annotations

from covgov.pytest_plugin import active

USUAL = 100
MEASURED = active() is not None


def examples(usual: int = USUAL, *, measured: bool = MEASURED) -> int:
    return max(min(usual, 10), usual // 4) if measured else usual
