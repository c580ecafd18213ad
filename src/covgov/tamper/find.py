"""In which ways does this change weaken the gate: policy, exclusion settings, exclusion pragmas."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from covgov.model.loosening import Loosening
from covgov.policy.policy import Policy
from covgov.tamper import exclusions
from covgov.tamper.loosening import loosenings

Read = Callable[[str], bytes | None]


def find(
    policies: tuple[Policy | None, Policy],
    reads: tuple[Read, Read],
    *,
    renames: Mapping[str, str],
    changed: Mapping[str, int],
    files: Collection[str],
    kinds: Collection[str] = (),
    rcfile: str | None = None,
) -> tuple[Loosening, ...]:
    """policies, reads: (where the change starts, head). Nothing can be loosened that was not there: () without a start.

    changed: added or modified head lines by path, measured source files only. files: every path at head. kinds:
    endings of measured files.
    rcfile: the environment's COVERAGE_RCFILE, which decides the configuration file on both sides.
    """
    start, head = policies
    if start is None:
        return ()
    read_start, read_head = reads
    settings = exclusions.load_settings(read_head, rcfile)
    return (
        *loosenings(start, head, renames=renames, files=files, kinds=kinds),
        *exclusions.widened(exclusions.load_settings(read_start, rcfile), settings),
        *_pragmas(read_head, changed, settings),
    )


def _pragmas(read: Read, changed: Mapping[str, int], settings: exclusions.CoverageSettings) -> Iterator[Loosening]:
    for path, bits in sorted(changed.items()):
        data = read(path)
        if data is None:
            continue
        loosening = exclusions.new_pragmas(path, exclusions.decoded(data), bits, settings)
        yield from (one for one in (loosening, exclusions.disguised(path, data)) if one is not None)
