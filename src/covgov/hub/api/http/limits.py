"""How often one client may ask: a bucket for each token that proved itself, else for each address (see `peers`), held
in memory and bounded in number."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

CLIENTS = 10_000
"""How many clients are remembered; the one that was quiet longest is forgotten first, and begins anew."""


@dataclass(slots=True)
class _Bucket:
    level: float
    filled: float


class RateLimiter:
    """`per_minute` requests at once, and as many again spread over each following minute.

    monotonic: seconds that never go back; a wall clock that jumps neither locks a client out nor lets it in.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._most = per_minute
        self._rate = per_minute / 60
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str) -> int:
        """0 when the request may proceed, else the whole seconds after which the next one may."""
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
