"""Runs of `<line>` in Cobertura XML in the canonical spelling, read as a whole instead of element by element.

`extract` takes them out of the document, so that the parser of `covgov.ingest.formats.in_xml.cobertura` sees the small
rest and decides what each run belongs to. All that is not canonical stays in the document (docs/decisions/0044).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from covgov.errors import InputError
from covgov.ingest import building, strict_xml
from covgov.model.snapshot import CountedExits

MARK = "covgov-lines"
"""The attribute that stands for a run: its index. A report that has this text is left as it is."""

_MARK = MARK.encode()
_START, _END = b"<lines>", b"</lines>"
_LINE = b'<line number="'
_SPACE = b" \t\r\n"
_OTHER_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]*?encoding\s*=\s*[\"'](?!(?i:utf-8)[\"'])")
_BRANCH = b'" branch="true" condition-coverage="'
_CAPITAL = b'" branch="True" condition-coverage="'
_CONDITIONS = re.compile(rb'([0-9.]{1,9}% \([0-9]{1,9}/[0-9]{1,9}\))"(?: missing-branches="([\w ,.:()+-]*)")?')
_SINGLE = re.compile(
    rb'(\([0-9]{1,9}/[0-9]{1,9}\)"(?: missing-branches="[^"<]*")?)\s*>\s*<conditions>'
    rb'(?:\s*<condition number="[0-9]{1,9}" type="\w{1,40}" coverage="[0-9.]{1,9}%?"\s?/>)+\s*</conditions>\s*</line>'
)
"""The conditions of a line whose number of exits is known, which are not read."""
_NO_BRANCH = (b'" />', b'" branch="false"/>', b'" branch="False"/>')


@dataclass(frozen=True, slots=True)
class LineRun:
    """The lines of a `<lines>` element, and their branch exits. conditions: whether single conditions were left out."""

    statements: int
    covered: int
    counted: dict[int, CountedExits]
    conditions: bool


Exits = Callable[[int, str, str], CountedExits]
"""Of a line number, its condition-coverage and its missing-branches. Raises InputError."""


Known = dict[tuple[bytes, bytes], tuple[int, CountedExits]]
"""(line, its branch attributes) -> the line and its exits: the same ones come again in many files."""


def extract(data: bytes, exits: Exits) -> tuple[bytes, list[LineRun]]:
    """The document with `<lines covgov-lines="INDEX"/>` for each canonical run, and the runs."""
    if untouchable(data):
        return data, []
    runs: list[LineRun] = []
    rest: list[bytes] = []
    known: Known = {}
    done = total = 0
    while (start := data.find(_START, done)) >= 0 and (end := data.find(_END, start)) >= 0:
        run = _run(data[start + len(_START) : end].strip(_SPACE), exits, known)
        after = end + len(_END)
        if run is None:
            rest.append(data[done:after])
        else:
            total += run.statements.bit_length()
            rest += (data[done:start], b'<lines %b="%d"/>' % (_MARK, len(runs)))
            runs.append(run)
        if total > building.MAX_LINES_IN_REPORT:
            return data, []
        done = after
    rest.append(data[done:])
    document = b"".join(rest)
    return (document, runs) if document.count(_MARK) == len(runs) else (data, [])


def untouchable(data: bytes) -> bool:
    """Whether elements of the document may be others than they look like."""
    declared = strict_xml.declarations(data)
    return b"<!ATTLIST" in declared or b"<!ENTITY" in declared or _OTHER_ENCODING.match(data) is not None


def _run(body: bytes, exits: Exits, known: Known) -> LineRun | None:
    if not (body.startswith(_LINE) and body.endswith((b"/>", b"</line>"))):
        return None
    return _canonical_run(body, exits, known, conditions=False) or _other_run(body, exits, known)


def _other_run(body: bytes, exits: Exits, known: Known) -> LineRun | None:
    """In the other spellings."""
    body, conditions = _SINGLE.subn(rb"\1/>", body) if b"<conditions>" in body else (body, 0)
    body = body.replace(_CAPITAL, _BRANCH)
    for spelling in _NO_BRANCH:
        body = body.replace(spelling, b'"/>')
    return _canonical_run(body, exits, known, conditions=conditions > 0)


def _canonical_run(body: bytes, exits: Exits, known: Known, *, conditions: bool) -> LineRun | None:
    try:
        plain, counted = _without_branches(body, exits, known)
    except (InputError, ValueError):
        return None
    sets = _line_sets(plain)
    return None if sets is None else LineRun(*sets, counted, conditions)


def _without_branches(body: bytes, exits: Exits, known: Known) -> tuple[bytes, dict[int, CountedExits]]:
    plain, *branches = body.split(_BRANCH)
    texts, counted = [plain], dict[int, CountedExits]()
    for branch in branches:
        line = texts[-1].rpartition(b'number="')[2].partition(b'"')[0]
        conditions, _, rest = branch.partition(b"/>")
        key = (line, conditions)
        if key not in known:
            known[key] = _read_exits(line, conditions, exits)
        number, counted_exits = known[key]
        counted[number] = counted_exits
        texts.append(rest)
    if len(known) > _MOST_KNOWN:
        known.clear()
    return b'"/>'.join(texts), counted


_MOST_KNOWN = 1 << 17


def _read_exits(line: bytes, conditions: bytes, exits: Exits) -> tuple[int, CountedExits]:
    found = _CONDITIONS.fullmatch(conditions)
    if found is None:
        raise ValueError("not the canonical attributes of a branch")
    number = int(line)
    return number, exits(number, found[1].decode(), (found[2] or b"").decode())


def _line_sets(plain: bytes) -> tuple[int, int] | None:
    first = plain.find(b'"/>')
    second = plain.find(_LINE, first)
    following = plain[first : second + len(_LINE)] if second > 0 else b'"/>' + _LINE
    if following[3 : -len(_LINE)].strip(_SPACE) or not plain.endswith(b'"/>'):
        return None
    return building.line_sets(plain[len(_LINE) : -3], b'" hits="', following, b"h<")
