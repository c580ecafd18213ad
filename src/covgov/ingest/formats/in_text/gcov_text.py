"""gcov's annotated source (`gcov FILE`): `COUNT:LINE:TEXT`, with branches below their line where `-b` asked for them.

The code of templates follows once more per instance, after the sum of all; a line ran if one of them did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from covgov.ingest import building
from covgov.ingest.building import FileBuilder, damaged
from covgov.ingest.interface import ParsedReport

_LINE = re.compile(
    r"\s*(-|#####|=====|\$\$\$\$\$|%%%%%|\d{1,20}(?:\.\d{1,9})?[kMGTPEZY]?\*?):\s*(\d{1,9}):(.*)", re.ASCII
)
_BLOCK = re.compile(r"\s*\S+:\s*\d+-block\s+\d+.*", re.ASCII)
_BRANCH = re.compile(r"branch\s+\d+\s+(?:never executed|taken (\d{1,20})%?)(?: \(.*\))?\s*", re.ASCII)
_OTHER = re.compile(r"(?:function|call|unconditional|condition|path)\b.*|-+|\S.*:|:?", re.ASCII)
NEVER = ("#####", "=====")
NOT_CODE = ("-", "$$$$$", "%%%%%")


@dataclass(slots=True)
class _Listing:
    """taken: whether each exit below the current line was taken."""

    path: str = ""
    builder: FileBuilder = field(default_factory=FileBuilder)
    line: int = 0
    taken: list[bool] = field(default_factory=list)

    def finish(self) -> None:
        """The exits of the line before."""
        self.builder.count_all({self.line: self.taken})
        self.taken = []


class GcovText:
    """Lines exactly; branch exits by number per line."""

    name: Final = "gcov-text"
    capabilities: Final = frozenset({"lines", "branches"})

    def recognises(self, head: bytes, /) -> bool:
        return re.match(rb"(?:\xef\xbb\xbf)?\s*-:\s*0:Source:", head) is not None

    def parse(self, data: bytes, where: str, /) -> ParsedReport:
        if not data.endswith(b"\n"):
            raise damaged(where, "it is cut short: its last line does not end")
        listing = _Listing()
        # the text is the source's, whatever encoding that has
        for number, text in enumerate(data.decode("utf-8-sig", errors="replace").split("\n"), start=1):
            _record(text.rstrip("\r"), listing, f"{where}:{number}")
        listing.finish()
        if not listing.path:
            raise damaged(where, "no `0:Source:` says which file it is of")
        parsed = building.report(self.name, "gcov", {listing.path: listing.builder}, where)
        return replace(parsed, dropped=("functions and calls",))


def _record(text: str, listing: _Listing, at: str) -> None:
    if found := _LINE.fullmatch(text):
        listing.finish()
        _count(found[1], int(found[2]), found[3], listing, at)
    elif found := _BRANCH.fullmatch(text):
        if not listing.line:
            raise damaged(at, "a branch before the first line")
        listing.taken.append(found[1] is not None and int(found[1]) > 0)
    elif not (_BLOCK.fullmatch(text) or _OTHER.fullmatch(text)):
        raise damaged(at, f"not a line of gcov's listing: {text[:60]!r}")


def _count(count: str, line: int, text: str, listing: _Listing, at: str) -> None:
    if line == 0:
        kind, _, value = text.partition(":")
        if kind == "Source":
            path = building.file_path(value.strip(), at)
            if listing.path not in ("", path) or "\ufffd" in path:
                raise damaged(at, f"a second source, or one that is not UTF-8: {path[:60]!r}")
            listing.path = path
        return
    listing.line = building.line_number(line, at)
    if count not in NOT_CODE:
        listing.builder.hit(line, count not in NEVER and float(count.rstrip("*kMGTPEZY")) > 0)
