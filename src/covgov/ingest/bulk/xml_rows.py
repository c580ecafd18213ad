"""Runs of XML elements in the canonical spelling whose attributes are all numbers, read as a whole.

`extract` takes them out of the document, and a reader finds their numbers where the first of them was. All that is not
canonical stays in the document (docs/decisions/0044, 0053).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from covgov.errors import InputError
from covgov.ingest.bulk.cobertura_lines import untouchable
from covgov.ingest.interface import ParsedReport

MARK = "covgov-rows"
"""The attribute that stands for a run: its index. A report that has this text is left as it is."""

LONGEST = 4096
"""Most elements of a run."""

_DIGITS_ALONE = bytes(byte if 48 <= byte <= 57 else 32 for byte in range(256))


def run_of(name: str, *attributes: str, also: str = "") -> re.Pattern[bytes]:
    """A run of these elements. also: attributes that are the same in all, after the first one."""
    first, *rest = (rf'{attribute}="(?:0|[1-9]\d{{0,8}})"' for attribute in attributes)
    element = " ".join((f"<{name}", first, *([also] if also else []), *rest))
    # Python before 3.11.5 matches a possessive group wrongly (python/cpython#106052), and a greedy one remembers each
    # element: so the length has a limit, and a longer run is several.
    return re.compile(rf"(?:{element}\s?/>\s*){{1,{LONGEST}}}".encode())


Rows = Sequence[list[int]]
"""Runs: the numbers of their elements, one after the other."""

RowParser = Callable[[bytes, Rows], ParsedReport]


def faster(data: bytes, run: re.Pattern[bytes], name: str, parse: RowParser) -> ParsedReport:
    """`parse` of the document without its runs. Where that is refused, of the whole one: this is the definition, also
    of what is wrong. Raises InputError."""
    rest, rows = extract(data, run, name)
    if rows:
        with suppress(InputError):
            return parse(rest, rows)
    return parse(data, ())


def extract(data: bytes, run: re.Pattern[bytes], name: str) -> tuple[bytes, Rows]:
    """The document with `<NAME covgov-rows="INDEX"/>` for each run, and the runs."""
    if untouchable(data):
        return data, []
    rows: list[list[int]] = []

    def take(found: re.Match[bytes]) -> bytes:
        rows.append(list(map(int, found[0].translate(_DIGITS_ALONE).split())))
        return b'<%b %b="%d"/>' % (name.encode(), MARK.encode(), len(rows) - 1)

    document = run.sub(take, data)
    return (document, rows) if document.count(MARK.encode()) == len(rows) else (data, [])
