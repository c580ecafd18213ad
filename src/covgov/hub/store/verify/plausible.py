"""What no covgov writes, and what would harm whoever reads it: refused before it is kept.

A run stays for good and is read by badges, digests, comparisons and every clone. So a figure that takes minutes to
print, a time that hides all others, or an attempt after which none can follow is refused here, in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite

import msgspec

from covgov.errors import InputError
from covgov.history.format.layout import StoredManifest
from covgov.history.format.wire import RunBody
from covgov.model.ratio import MOST_PLACES, Ratio
from covgov.model.verdict import Verdict

SKEW = timedelta(hours=1)
"""How far the clock of whoever recorded a run may be ahead of the hub's."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
MAX_ATTEMPT = 1_000_000
ATTEMPTS_AHEAD = 1000
"""A CI may count attempts that recorded nothing, but not until none is left for those that come after."""

MAX_FIGURE = 2**53
MAX_PATH = 4096
BRANCH = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,255}")
"""A branch's name, as git lets it be."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")


def check_run(stored: StoredManifest, now: datetime | None) -> None:
    """What a manifest says of itself. now: of the hub's clock; None: it is held against none.

    Raises InputError (`run-implausible`).
    """
    run = stored.manifest.run
    fault = next(_faults(run, LATEST if now is None else now + SKEW), "")
    if fault:
        raise implausible(stored.name, fault)


def check_verdict(stored: StoredManifest, verdict: Verdict) -> None:
    """Every figure of a verdict. Raises InputError (`run-implausible`)."""
    for value in _figures(verdict):
        fault = _figure_fault(value)
        if fault:
            raise implausible(stored.name, f"its verdict holds {fault}")


def check_paths(stored: StoredManifest, paths: Iterable[str]) -> None:
    """The paths of a suite's files. Raises InputError (`run-implausible`)."""
    for path in paths:
        if not is_path(path):
            raise implausible(stored.name, f"{path[:100]!r} is not a path in a repository")


def check_attempts(runs: Sequence[StoredManifest], highest: Mapping[str, int]) -> None:
    """highest: tree -> the attempt that was counted last, of those in `runs` too where there were any before.

    Raises InputError (`run-implausible`).
    """
    reached = dict(highest)
    for stored in runs:
        run = stored.manifest.run
        most = min(reached.get(run.tree, 0) + ATTEMPTS_AHEAD, MAX_ATTEMPT)
        if not 1 <= run.attempt <= most:
            raise implausible(stored.name, f"its attempt {run.attempt} is not in 1..{most}")
        reached[run.tree] = max(reached.get(run.tree, 0), run.attempt)


def is_path(path: str) -> bool:
    """Whether this can be a file of a repository, as git names it: relative, without detours, printable."""
    if not 0 < len(path) <= MAX_PATH or _CONTROL.search(path) or _DRIVE.match(path):
        return False
    return not {"", ".", ".."} & set(path.split("/"))


def implausible(where: str, what: str) -> InputError:
    """The error for a run that no covgov writes."""
    return InputError("run-implausible", f"{where}: {what}", hint="no covgov writes such a run; nothing was kept")


def _faults(run: RunBody, latest: datetime) -> Iterator[str]:
    at = run.recorded_at
    if at.utcoffset() is None:
        yield "its time has no zone"
    elif not EARLIEST <= at <= latest:
        yield f"its time {at.isoformat()} is not between {EARLIEST.isoformat()} and {latest.isoformat()}"
    if run.branch and not BRANCH.fullmatch(run.branch):
        yield f"{run.branch[:100]!r} is no branch"
    for name in (run.commit, run.tree, run.policy_hash, *run.expected, *run.snapshots):
        if _CONTROL.search(name):
            yield f"the name {name[:100]!r} holds a control character"


def _figures(value: object) -> Iterator[int | float | Decimal | Fraction]:
    """Every number in a value, however deep."""
    if isinstance(value, int | float | Decimal | Fraction):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _figures(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _figures(one)
    elif isinstance(value, Ratio):
        yield value.total  # which is no less than what is covered
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _figures(getattr(value, name))


def _figure_fault(value: float | Decimal | Fraction) -> str:
    """In words that do not repeat the figure, which may be as long as it likes; "" when it is sound."""
    if isinstance(value, Decimal):
        return "" if _is_bar(value) else f"a bar that is not in 0..100 with at most {MOST_PLACES} decimals"
    if isinstance(value, float):
        return "" if isfinite(value) and abs(value) <= MAX_FIGURE else "a number that is not finite"
    return "" if abs(value) <= MAX_FIGURE else f"a figure beyond {MAX_FIGURE}"


def _is_bar(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -MOST_PLACES <= exponent <= 2 and 0 <= value <= 100
