from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.api.http import limits
from covgov.hub.api.http.limits import RateLimiter
from covgov_testing.fakes.auth import Clock


def test_a_client_waits_once_its_bucket_is_empty() -> None:
    clock = Clock()
    buckets = RateLimiter(3, clock.monotonic)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 20]
    assert buckets.take("b") == 0
    clock.forward(19)
    assert buckets.take("a") == 1
    clock.forward(1)
    assert buckets.take("a") == 0


@given(st.lists(st.floats(0, 90), min_size=1, max_size=60))
def test_no_client_ever_gets_more_than_the_bucket_and_its_refill(pauses: list[float]) -> None:
    clock = Clock()
    buckets = RateLimiter(5, clock.monotonic)
    passed = 0
    for pause in pauses:
        clock.forward(pause)
        passed += buckets.take("a") == 0
    assert passed <= 5 + sum(pauses) * 5 / 60 + 1e-6


@given(st.integers(1, 500))
def test_waiting_for_the_given_seconds_is_enough(per_minute: int) -> None:
    clock = Clock()
    buckets = RateLimiter(per_minute, clock.monotonic)
    for _ in range(per_minute):
        buckets.take("a")
    clock.forward(buckets.take("a"))
    assert buckets.take("a") == 0


def test_the_least_recent_client_is_forgotten_first() -> None:
    buckets = RateLimiter(1, Clock().monotonic)
    assert buckets.take("first") == 0
    for number in range(limits.CLIENTS - 1):
        buckets.take(f"client{number}")
    assert buckets.take("first") > 0
    buckets.take("one more")
    assert buckets.take("first") > 0
    assert buckets.take("client0") == 0
