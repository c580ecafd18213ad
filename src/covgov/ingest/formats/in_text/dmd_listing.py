"""The listing of the D compilers (`dmd -cov`, `ldc2 -cov`): `COUNT|TEXT` per line, and at the end the file's name and
percentage."""

from __future__ import annotations

import re
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

_LINE = re.compile(r" *(\d{0,20})\|", re.ASCII)
_LAST = re.compile(r"(.+) (?:is (\d{1,3})% covered|has no code)", re.ASCII)


class DmdListing:
    """Lines exactly; no branches."""

    name: Final = "dlst"
    capabilities: Final = frozenset({"lines"})

    def recognises(self, head: bytes, /) -> bool:
        return re.match(rb"(?:\xef\xbb\xbf)?(?=[ \d]{7})(?: {7}|0{7}| *[1-9]\d{0,19})\|", head) is not None

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        # the text is the source's, whatever encoding that has
        *lines, last = [line.rstrip("\r") for line in data.decode("utf-8-sig", "replace").rstrip().split("\n")]
        end = _LAST.fullmatch(last)
        if end is None or "\ufffd" in end[1]:
            raise damaged(where, "it is cut short: its last line does not say how much of which file is covered")
        builder = FileBuilder()
        for number, line in enumerate(lines, start=1):
            _count(line, number, builder, f"{where}:{number}")
        path = building.file_path(end[1], where)
        parsed = building.report(self.name, "dmd", {path: builder}, where)
        _check(parsed, path, end[2], where)
        return parsed


def _count(line: str, number: int, builder: FileBuilder, at: str) -> None:
    found = _LINE.match(line)
    if found is None:
        raise damaged(at, f"not a line of a listing (COUNT|TEXT): {line[:60]!r}")
    if found[1]:
        builder.hit(building.line_number(number, at), int(found[1]) > 0)


def _check(parsed: ParsedReport, path: str, percent: str | None, where: str) -> None:
    """The compilers round down."""
    file = parsed.files[path]
    covered, total = file.covered.bit_count(), file.statements.bit_count()
    if (str(100 * covered // total) if total else None) != percent:
        raise damaged(where, f"it says {percent or 'no'}% and lists {covered} of {total} lines covered")
