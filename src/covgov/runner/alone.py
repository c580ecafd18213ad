"""Lock: one `covgov run` at a time per output directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from covgov.errors import UsageError
from covgov.files import writing
from covgov.runner.artifacts import prepare_folder


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold `out/.data/.lock` inside the block. It is released with the process, however that ends.

    Raises UsageError (`run-in-progress`) when another process holds it, DeliveryFailed when `out` cannot be written.
    """
    prepare_folder(out)
    lock = out / ".data" / ".lock"
    held = FileLock(lock, blocking=False)
    with writing(lock):
        lock.parent.mkdir(exist_ok=True)
        try:
            held.acquire()
        except Timeout:
            raise UsageError(
                "run-in-progress",
                f"another `covgov run` is measuring into {out}",
                hint="wait until it ends, or stop it",
            ) from None
    try:
        yield
    finally:
        held.release()
