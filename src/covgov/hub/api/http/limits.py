"""Rate limit: a token bucket per authenticated token, else per address (see `peers`), held
in memory and bounded in number."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

CLIENTS = 10_000
"""Most clients in memory; the least recent one is dropped first."""


@dataclass(slots=True)
class _Bucket:
    level: float
    filled: float


class RateLimiter:
    """Allows `per_minute` requests at once, and as many again per minute.

    monotonic: seconds that never go back, so that a jumping wall clock has no effect.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._most = per_minute
        self._rate = per_minute / 60
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str) -> int:
        """0 when the request is allowed, else the whole seconds until the next one is."""
        with self._lock:
            now = self._monotonic()
            bucket = self._buckets.setdefault(client, _Bucket(self._most, now))
            self._buckets.move_to_end(client)
            if len(self._buckets) > CLIENTS:
                self._buckets.popitem(last=False)
            bucket.level = min(self._most, bucket.level + (now - bucket.filled) * self._rate)
            bucket.filled = now
            if bucket.level < 1:
                return max(1, math.ceil((1 - bucket.level) / self._rate))
            bucket.level -= 1
            return 0
